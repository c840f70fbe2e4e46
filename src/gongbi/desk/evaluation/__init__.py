"""Evaluation at the desk: rankings, a unit's score explained to the matter, rules with their versions, appeals."""
