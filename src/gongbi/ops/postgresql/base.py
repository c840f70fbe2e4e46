"""The database wrapper that ``settings.DATABASES`` names for PostgreSQL."""

from __future__ import annotations

import select
import time

from django.db.backends.postgresql import base

ASK_EVERY = 10.0  # s of silence after which the server is asked: a line that was cut without a word


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks before each request whether the connection lives, as ``CONN_HEALTH_CHECKS`` wants, without a way there and back.

    A server that ends a connection says so on it, and nothing else is said between two questions: so a line with nothing to
    read is alive. After ``ASK_EVERY`` seconds, and whenever there is something to read, the server itself is asked.
    """

    _asked_at = float("-inf")

    def is_usable(self) -> bool:
        """Whether the next statement will reach the server."""
        line = self.connection
        if line is not None and not line.closed and time.monotonic() - self._asked_at < ASK_EVERY:
            poll = select.poll()
            poll.register(line.fileno(), select.POLLIN)
            if not poll.poll(0):
                return True
        alive = bool(super().is_usable())
        self._asked_at = time.monotonic() if alive else float("-inf")
        return alive
