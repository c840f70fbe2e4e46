"""Notices: what changed in a matter is told once to everyone it concerns, by the way they chose, at an hour they can bear."""
