"""A process of its own that has nothing to import: it is killed like any other, and begins at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

from django.db import connections


def forked(call: Callable[[], Any]) -> BaseProcess:
    """``call`` at work in a copy of this process, with connections of its own to the database that this test commits to."""
    connections.close_all()  # two processes on one line would read each other's answers
    process = multiprocessing.get_context("fork").Process(target=call, daemon=True)
    process.start()
    return process
