"""Notices at the desk: what was told, what was given up, the words, and everybody's own way."""
