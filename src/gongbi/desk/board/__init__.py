"""The board: every rate with what it is made of, its course, its peers, and the matters behind each number."""
