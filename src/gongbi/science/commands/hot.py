"""``hot``: which places and matters many people write about."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gongbi.science.commands import reading
from gongbi.science.hot import Issue, Message, hot

_DAY = 86_400.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """The table and how many issues."""
    parser.add_argument(
        "--data",
        required=True,
        metavar="FILE",
        help="CSV, plain or gzip, with msg_id, user, time, title, body and, where there are any, likes and dislikes",
    )
    parser.add_argument("--top", type=int, default=10, help="how many issues (default %(default)s)")


def run(options: argparse.Namespace) -> Mapping[str, Any]:
    """The hottest issues, each with the numbers of its messages."""
    if options.top < 1:
        raise ValueError("--top: at least 1")
    rows = reading.table(options.data, "--data", "msg_id", "user", "time", "title", "body")
    keys, messages, moments = messages_of(rows)
    issues = hot(messages, top=options.top)
    return {"messages": len(messages), "groups": [_told(issue, keys, moments) for issue in issues]}


def messages_of(rows: list[dict[str, str]]) -> tuple[list[str], list[Message], list[datetime]]:
    """Numbers, messages and times of the rows. A message without a writer is one of its own. Raises ValueError with the line."""
    moments = reading.moments(rows, "time", "--data")
    if len({moment.tzinfo is None for moment in moments}) > 1:
        raise ValueError("--data: time has times with a zone and times without")
    zero = datetime(2000, 1, 1, tzinfo=moments[0].tzinfo)
    likes, dislikes = (_counts(rows, name) for name in ("likes", "dislikes"))
    keys: list[str] = []
    messages = []
    seen: set[str] = set()
    for line, (row, when) in enumerate(zip(rows, moments, strict=True), 2):
        key = row["msg_id"].strip()
        if not key or key in seen:
            raise ValueError(
                f"--data: line {line}: msg_id {'is blank' if not key else f'{key!r} is there twice'}"
            )
        seen.add(key)
        keys.append(key)
        writer = row["user"].strip() or ("unnamed", key)
        days = (when - zero).total_seconds() / _DAY
        try:
            messages.append(
                Message(writer, days, row["title"], row["body"], likes[line - 2], dislikes[line - 2])
            )
        except ValueError as error:
            raise ValueError(f"--data: line {line}: {error}") from None
    return keys, messages, moments


def _counts(rows: list[dict[str, str]], column: str) -> list[float]:
    """A column that may be absent or blank: nobody liked."""
    if column not in rows[0]:
        return [0.0] * len(rows)
    return reading.numbers([{**row, column: row[column].strip() or "0"} for row in rows], column, "--data")


def _told(issue: Issue, keys: list[str], moments: list[datetime]) -> dict[str, Any]:
    return {
        "name": issue.name,
        "heat": round(issue.heat.total, 3),
        "heat_of": {
            "writers": round(issue.heat.writers, 3),
            "likes": round(issue.heat.likes, 3),
            "persistence": round(issue.heat.persistence, 3),
        },
        "writers": issue.writers,
        "likes": round(issue.likes),
        "weeks": issue.weeks,
        "first": moments[issue.members[0]].isoformat(sep=" "),
        "last": moments[issue.members[-1]].isoformat(sep=" "),
        "msg_ids": [keys[i] for i in issue.members],
    }


def say(result: Mapping[str, Any]) -> Iterable[str]:
    """A line for each issue."""
    groups = result["groups"]
    yield f"{result['messages']} messages; {len(groups)} issues, the hottest first"
    for rank, group in enumerate(groups, 1):
        yield (
            f"{rank:>3}  {group['heat']:6.1f}  {group['writers']:>4} writers  {group['likes']:>5} likes  "
            f"{group['first'][:10]} – {group['last'][:10]}  {group['name']}  [{' '.join(group['msg_ids'])}]"
        )
