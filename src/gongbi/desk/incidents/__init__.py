"""Incidents at the desk: the page that a duty leader works from, plans, stock, alerts, the review."""
