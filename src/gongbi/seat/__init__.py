"""The seat of those who take calls: the knowledge they answer from, and how the calls themselves went."""
