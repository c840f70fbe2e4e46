"""Command at the desk: orders in one tap each, whistles, notices, the board by unit, the rules and the scores."""
