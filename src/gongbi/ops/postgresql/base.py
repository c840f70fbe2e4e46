"""The database wrapper that ``settings.DATABASES`` names for PostgreSQL."""

from __future__ import annotations

import select
import time

from django.db.backends.postgresql import base

ASK_EVERY = 10.0  # s of silence after which the server is asked: a line that was cut without a word
# Requests are many and short. Helping processes for a page of fifty rows, or compiling its statement, take more from the
# others than they save it: half of what sixteen users waited for. Counts of more than some hundred thousand rows get helpers.
PLANS = "SET parallel_setup_cost = 100000; SET jit = off"


class DatabaseWrapper(base.DatabaseWrapper):
    """Says what kind of plans our statements want, and asks cheaply whether a kept connection lives.

    It asks before each request, as ``CONN_HEALTH_CHECKS`` wants, without a way there and back: a server that ends a connection
    says so on it, and nothing else is said between two questions, so a line with nothing to read is alive. After ``ASK_EVERY``
    seconds, and whenever there is something to read, the server itself is asked.
    """

    _asked_at = float("-inf")

    def init_connection_state(self) -> None:
        """What each new connection begins with."""
        super().init_connection_state()
        with self.connection.cursor() as cursor:
            cursor.execute(PLANS)

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
