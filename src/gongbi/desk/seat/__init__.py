"""The operator's seat: knowledge while the caller speaks, and how the calls went."""
