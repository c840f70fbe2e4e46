"""The two dialects of the index. Nothing outside this package knows which one runs."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from gongbi.kernel.search.words import Word

TABLE = "search_searchentry"
FTS = "search_fts"


def is_postgres() -> bool:
    """Which of the two."""
    return connection.vendor == "postgresql"


def stored(tokens: Sequence[str]) -> str:
    """Tokens as the column keeps them: tsvector literals with positions, or words for FTS5."""
    if not is_postgres():
        return " ".join(tokens)
    places: dict[str, list[str]] = {}
    for position, token in enumerate(tokens, 1):
        places.setdefault(token, []).append(str(position))
    # PostgreSQL keeps at most 256 positions of one lexeme.
    return " ".join(f"'{token}':{','.join(where[:255])}" for token, where in places.items())


def upsert_sql() -> str:
    """One statement: insert, or replace the words where they changed. Parameters: matter id, stored tokens."""
    value, old = ("%s::tsvector", "::text") if is_postgres() else ("%s", "")
    return (
        f"INSERT INTO {TABLE} (matter_id, words) VALUES (%s, {value}) "  # noqa: S608
        f"ON CONFLICT (matter_id) DO UPDATE SET words = excluded.words WHERE {TABLE}.words{old} <> excluded.words{old}"
    )


def match_sql(asked: Sequence[Word], limit: int | None, newest_first: bool) -> str:
    """``SELECT`` of matter ids. Parameter: the expression of :func:`expression`."""
    if is_postgres():
        sql, order = f"SELECT matter_id FROM {TABLE} WHERE words @@ %s::tsquery", "matter_id"  # noqa: S608
        if any(word.loose for word in asked):
            # The planner knows how common the tokens are but not how rarely they stand in this order, and would walk back
            # through every matter; so the index answers first. (A million matters, two common words: 740 ms or 20.)
            sql = f"WITH found AS MATERIALIZED ({sql}) SELECT matter_id FROM found"  # noqa: S608
        if limit is not None:
            # Each once is what they are anyway; said, the planner joins other tables to them in their order and stops at a full page.
            sql = f"SELECT DISTINCT matter_id FROM ({sql}) AS matching"  # noqa: S608
    else:
        sql, order = f"SELECT rowid FROM {FTS} WHERE {FTS} MATCH %s", "rowid"  # noqa: S608
    if newest_first or limit is not None:
        sql += f" ORDER BY {order} DESC"
    return sql if limit is None else f"{sql} LIMIT {int(limit)}"


def expression(words: Sequence[Word]) -> str:
    """All ``words`` as a tsquery or an FTS5 expression. Tokens are letters and digits only, so nothing needs escaping."""
    if is_postgres():
        return " & ".join(_tsquery(word) for word in words)
    return " AND ".join(f'"{" ".join(word.tokens)}"{"*" if word.prefix else ""}' for word in words)


def _tsquery(word: Word) -> str:
    lexemes = [f"'{token}'" for token in word.tokens]
    return "(" + " <-> ".join(lexemes) + (":*" if word.prefix else "") + ")"
