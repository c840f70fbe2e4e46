"""Asking the index."""

from __future__ import annotations

from django.db.models import Q
from django.db.models.expressions import RawSQL

from gongbi.kernel.search import backends
from gongbi.kernel.search.words import question

NEWEST = 1000


def match(words: str, *, limit: int | None = None, newest_first: bool = False) -> Q:
    """A condition on the key of any matter table: ``Case.objects.filter(search.match("垃圾 清运"))``.

    Every word must occur, in any order; "quoted" words one after the other; single characters, Latin words and numbers too;
    full-width and half-width are the same. Blank or punctuation only: no condition at all.

    A common word is in every tenth matter of a million, and pages show the newest: with ``limit`` only that many of the newest
    that match are meant. Scope and other filters apply after it, so a page that it does not fill asks :func:`more_than` and,
    where there are more, again without it. Measured: docs/search.md.
    """
    asked = question(words)
    if not asked:
        return Q()
    sql = backends.match_sql(asked, limit, newest_first)
    return Q(pk__in=RawSQL(sql, (backends.expression(asked),)))  # noqa: S611 – our own SQL, the words are a parameter


def newest(words: str, *, limit: int = 50) -> list[int]:
    """Ids of the newest matters that match, newest first, at most ``limit``; unscoped (the caller filters). [] when blank."""
    from django.db import connection

    asked = question(words)
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(backends.match_sql(asked, limit, True), [backends.expression(asked)])
        return [row[0] for row in cursor.fetchall()]


def more_than(words: str, count: int) -> bool:
    """Whether more than ``count`` matters match, whoever may see them. False when blank."""
    return len(newest(words, limit=count + 1)) > count
