"""Evaluation: units scored by rules that anybody can read, recompute and contest; it stands on the lines of ``insight``."""
