"""How long to rest after a failure, when to give up, and which topics there may be."""

from __future__ import annotations

import re
from datetime import timedelta

MAX_ATTEMPTS = 16  # with the rests below: given up after about eight hours
LEASE = timedelta(seconds=30)  # a worker that died keeps a row no longer than this
KEEP = timedelta(days=14)  # how long a done row can be replayed to a live screen
LONGEST_REST = timedelta(hours=1)
TOPIC = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


def rest_after(attempts: int) -> timedelta:
    """How long a row rests after its ``attempts``-th failure: 1 s, 2 s, 4 s … at most an hour."""
    return min(LONGEST_REST, timedelta(seconds=2 ** min(attempts - 1, 20)))


def gives_up(attempts: int) -> bool:
    """Whether a row that failed ``attempts`` times is left to a person."""
    return attempts >= MAX_ATTEMPTS


def is_topic(topic: str) -> bool:
    """``room.what_happened``: small ASCII letters, digits, underscores, at least one dot, at most 60 characters."""
    return len(topic) <= 60 and TOPIC.fullmatch(topic) is not None
