"""``gongbi train``: a classifier from what people decided here, or from a labelled file; kept only when it is not worse."""

import argparse
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from gongbi.ops.console import day, django_ready, now, say

EXAMPLE = "gongbi train --file labelled.csv"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="first", type=day, metavar="DATE", help="decisions from this day on")
    parser.add_argument(
        "--to",
        dest="last",
        type=day,
        metavar="DATE",
        help="decisions up to and including this day",
    )
    parser.add_argument(
        "--file", type=Path, metavar="FILE", help="labelled texts instead: columns text and kind (a code)"
    )
    parser.add_argument(
        "--roll-back", action="store_true", help="make the classifier before this one active again"
    )


def labelled(path: Path) -> list[tuple[str, str]]:
    """(text, kind code) of a CSV or Excel file; rows without either are left out. Refused when it is no such file."""
    from gongbi.kernel.tables import Column, read_table

    columns = (
        Column("text", "内容", "Text", required=True, also=("诉求内容", "描述", "message")),
        Column("kind", "类别代码", "Kind", required=True, also=("小类代码", "代码", "code")),
    )
    with path.open("rb") as file:
        return [
            (row.values["text"], row.values["kind"])
            for row in read_table(file, path.name, columns)
            if row.good
        ]


def percent(scores: dict[str, Any], name: str) -> str:
    """One of the compared classifiers, in words."""
    found = scores.get(name)
    if not found:
        return ""
    return (
        "  "
        + name
        + ": "
        + ", ".join(f"{key} {value:.3f}" for key, value in found.items() if isinstance(value, float))
    )


def _midnight(day: date | None, later: int) -> datetime | None:
    from django.utils import timezone

    return (
        None if day is None else timezone.make_aware(datetime.combine(day + timedelta(days=later), time.min))
    )


def run(args: argparse.Namespace) -> int:
    django_ready()
    from gongbi.duties import actions, queries
    from gongbi.kernel.scope.viewer import system

    viewer, at = system("train"), now()
    if args.roll_back:
        row = actions.roll_back(viewer=viewer, at=at)
        say(f"Classifier {row.pk} is active again." if row else "The catalogue's own words decide again.")
        return 0
    window: tuple[datetime | None, datetime | None] = (None, None)
    if args.file is not None:
        pairs = labelled(args.file)
    else:
        window = (_midnight(args.first, 0), _midnight(args.last, 1))
        pairs = queries.learned(viewer, since=window[0], until=window[1])
    made = actions.train_from_history(pairs, viewer=viewer, at=at, window=window)
    say(
        f"Classifier {made.pk}: {made.texts} texts, {made.labels} kinds, {made.scores.get('held_out', 0)} held out."
    )
    for name in ("new", "catalogue", "before"):
        line = percent(made.scores, name)
        if line:
            say(line)
    say(
        f"It stays aside: {made.refused}."
        if made.refused
        else f"It is active, with a share of {made.mixing:.2f}."
    )
    return 0
