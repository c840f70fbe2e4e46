"""The shape of a bulletin's figures: plain values that can be kept, compared and drawn without a database. Every word is a (zh, en) pair.

``{"format", "sort", "first", "last", "territory", "place", "synthetic", "begun", "parts": [part …]}``; a part has figures, tables and charts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

Words = tuple[str, str]
Plain = dict[str, Any]
FORMAT = 1
NO_DATA: Words = ("无数据", "no data")
FEW: Words = ("件数太少", "too few")


def canonical(plain: Mapping[str, Any]) -> bytes:
    """Sorted keys, nothing else: the same values give the same bytes."""
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


def digest(body: bytes) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def share(above: int, below: int) -> float | None:
    """A share to six digits; None where nothing is below the line."""
    return round(above / below, 6) if below else None


def count_of(value: int | float | None) -> Plain | None:
    """A bare count as a figure holds it; None stays no data."""
    return None if value is None else {"value": value}


def rate_of(above: int, below: int, interval: tuple[float, float] | None) -> Plain:
    """A share with what it is made of."""
    ends = None if interval is None else [round(end, 6) for end in interval]
    return {"value": share(above, below), "above": above, "below": below, "interval": ends}


def figure(
    code: str,
    words: Words,
    now: Plain | None,
    *,
    before: Plain | None = None,
    year: Plain | None = None,
    unit: str = "count",
    definition: Words = ("", ""),
    source: str = "",
    few: bool = False,
    rows: Mapping[str, str] | None = None,
    better: str = "",
) -> Plain:
    """One figure: this period, the one before and the same of last year (None: no data). ``unit``: count, share, minutes or points.
    ``rows``: what the board must be asked for to see the matters behind it."""
    return {
        "code": code, "words": list(words), "unit": unit, "now": now, "before": before, "year": year, "definition": list(definition),
        "source": source, "few": few, "rows": dict(rows or {}), "better": better,
    }  # fmt: skip


def table(
    code: str, words: Words, columns: Sequence[Words], rows: Sequence[Sequence[Any]], note: Words = ("", "")
) -> Plain:
    """A table. A cell is a number, a text, a (zh, en) pair as a list, or None for no data; ``rows`` may be empty."""
    return {
        "code": code, "words": list(words), "columns": [list(one) for one in columns], "rows": [[_cell(one) for one in row] for row in rows],
        "note": list(note),
    }  # fmt: skip


def _cell(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def chart(
    code: str,
    words: Words,
    kind: str,
    labels: Sequence[Any],
    series: Sequence[tuple[Words, Sequence[float | None]]],
    *,
    unit: str = "count",
    note: Words = ("", ""),
) -> Plain:
    """A chart of one or two series over labels. ``kind``: columns (a course) or bars (a comparison). Its numbers stand in a table too."""
    return {
        "code": code, "words": list(words), "kind": kind, "labels": [_cell(one) for one in labels], "unit": unit, "note": list(note),
        "series": [{"words": list(name), "values": list(values)} for name, values in series],
    }  # fmt: skip


def part(
    name: str,
    words: Words,
    *,
    said: Words = ("", ""),
    figures: Sequence[Plain] = (),
    tables: Sequence[Plain] = (),
    charts: Sequence[Plain] = (),
) -> Plain:
    """One part under its heading; ``said``: a sentence about how it is counted."""
    return {
        "name": name, "words": list(words), "said": list(said), "figures": list(figures), "tables": list(tables), "charts": list(charts),
    }  # fmt: skip


def said(words: Any, english: bool = False) -> str:
    """A word as it was kept, in one of the two languages; other values as they are."""
    if isinstance(words, list | tuple) and len(words) == 2:
        return str(words[1] if english else words[0])
    return "" if words is None else str(words)


def entries(plain: Mapping[str, Any]) -> Iterator[tuple[str, Words, Any]]:
    """Everything that can differ: (place, words, value) of every figure of every column, and of every row of every table."""
    columns: tuple[tuple[str, Words], ...] = (
        ("now", ("", "")),
        ("before", ("上期", "before")),
        ("year", ("去年同期", "a year before")),
    )
    for one in plain["parts"]:
        for found in one["figures"]:
            for name, told in columns:
                words = tuple(f"{a} {b}".strip() for a, b in zip(found["words"], told, strict=True))
                yield f"{one['name']}.{found['code']}.{name}", (words[0], words[1]), found[name]
        for found in one["tables"]:
            seen: dict[str, int] = {}
            for row in found["rows"]:
                head = said(row[0])
                seen[head] = seen.get(head, 0) + 1
                words = (f"{found['words'][0]}：{said(row[0])}", f"{found['words'][1]}: {said(row[0], True)}")
                yield f"{one['name']}.{found['code']}.{head}.{seen[head]}", words, row[1:]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Plain]:
    """What differs between two editions, in the order of the newer one: words, the value that was, the value that is (None: not there)."""
    old = {place: (words, value) for place, words, value in entries(before)}
    found = []
    for place, words, value in entries(after):
        was = old.pop(place, None)
        if was is None or was[1] != value:
            found.append(
                {"place": place, "words": list(words), "was": None if was is None else was[1], "is": value}
            )
    found += [
        {"place": place, "words": list(words), "was": value, "is": None}
        for place, (words, value) in old.items()
    ]
    return [one for one in found if one["was"] is not None or one["is"] is not None]
