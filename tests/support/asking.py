"""How many questions pages ask of the database: the same for one row as for thirty."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def questions(get: Callable[[str], Any], paths: Iterable[str]) -> dict[str, int]:
    """Path → questions of the second look (the first one fills what is remembered between requests); each page must answer 200.

    Without the calendar's version: inside a transaction, as in tests, it is looked up for every deadline.
    """
    found = {}
    for path in paths:
        assert get(path).status_code == 200, path
        with CaptureQueriesContext(connection) as asked:
            get(path)
        found[path] = sum("calendarversion" not in query["sql"] for query in asked.captured_queries)
    return found
