"""Rounds: the shift of a grid worker, where it went, what was found and asked, the tasks given to whoever is near."""
