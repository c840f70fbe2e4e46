"""The wall of the command room: what is so now and how a past day went, of places and kinds; nothing of persons."""
