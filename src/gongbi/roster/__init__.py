"""Duty rosters: who stands when, swaps and stand-ins, what is handed on, who is reachable now."""
