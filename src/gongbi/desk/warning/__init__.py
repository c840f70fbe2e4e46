"""The warning desk: what was found, why, what was done about it, and how often it was right."""
