"""Writing the index. Call these inside the action that changes the words; they are one statement each."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from gongbi.kernel import rows
from gongbi.kernel.search import backends, words
from gongbi.kernel.search.models import SearchEntry
from gongbi.kernel.vault.redaction import redact


def index(matter_id: int, text: str) -> None:
    """Make ``text`` what matter ``matter_id`` is found by, instead of what it was before. About 1 ms (docs/search.md).

    Give it title, description and place in words, never a name or an address of a person; telephone and identity numbers are
    taken out here. Text beyond 12,000 tokens is left out.
    """
    rows.send(backends.upsert_sql(), [matter_id, stored(text)], row=(backends.TABLE, matter_id))


def remove(matter_id: int) -> None:
    """Make the matter unfindable (purged, or merged away)."""
    SearchEntry.objects.filter(pk=matter_id).delete()


def stored(text: str) -> str:
    """A text as the index keeps it, for :func:`index_many`."""
    return backends.stored(words.tokens(redact(text)))


def index_many(texts: Sequence[tuple[int, str]]) -> None:
    """:func:`index` for many matters that have just begun (nothing is known of them yet): (matter, its :func:`stored` text)."""
    if backends.is_postgres():
        rows.copy_in(backends.TABLE, ("matter_id", "words"), texts)
        return
    with connection.cursor() as cursor:
        cursor.executemany(backends.upsert_sql(), texts)
