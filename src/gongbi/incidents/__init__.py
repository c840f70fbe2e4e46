"""Incidents: what calls for more than a case. Plans as checklists, drills, the log, tasks, stock and shelters, CAP alerts, review."""
