"""Command: orders with sign, arrive and report clocks; the whistle; joint matters; urge and supervise; the ladder of escalation."""
