"""Duty at the desk: who is on duty now, the week, rosters, turns, swaps, calendar addresses."""
