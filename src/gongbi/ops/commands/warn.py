"""``gongbi warn``: look at a day for warnings; the same day twice raises nothing twice."""

import argparse
import json
import sys
from typing import Any

from gongbi.ops.console import day, django_ready, now, say

EXAMPLE = "gongbi warn --date 2026-03-01 --json"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--date", type=day, metavar="DATE", help="the day that is looked at (yesterday)")
    parser.add_argument(
        "--live", action="store_true", help="the quick look at a day that is not over: clusters only"
    )
    parser.add_argument("--json", action="store_true", help="the run and what it raised, as JSON")


def run(args: argparse.Namespace) -> int:
    django_ready()
    from datetime import timedelta

    from django.utils import timezone

    from gongbi.kernel.scope.viewer import system
    from gongbi.warning import actions

    at = now()
    back = timedelta(days=0 if args.live else 1)
    wanted = args.date or timezone.localdate(at) - back
    made = actions.look(day=wanted, viewer=system("warning"), at=at, live=args.live)
    if args.json:
        json.dump(
            told(made, list(made.raised.order_by("level", "pk"))),
            sys.stdout,
            ensure_ascii=False,
            indent=1,
            default=str,
        )
        sys.stdout.write("\n")
        return 0
    for line in lines(made):
        say(line)
    return 0


def lines(made: Any) -> list[str]:
    """The run and what it raised, in words."""
    from gongbi.kernel.errors import in_language
    from gongbi.warning import words

    found = [
        f"{made.day}: {made.counted} cases since {made.window_from}, {made.seconds:.1f} s.",
        f"{made.new} raised, {made.grown} went on, {made.silent} not again.",
    ]
    for one in made.raised.order_by("level", "pk"):
        reasons = in_language(tuple(one.reasons[0])) if one.reasons else ""
        level, sort = in_language(words.LEVELS[one.level]), in_language(words.SORTS[one.sort])
        found.append(f"  {one.number}  {level}  {sort}  {one.territory}  {one.group}  {reasons}")
    return found


def told(made: Any, raised: list[Any]) -> dict[str, Any]:
    """The run as plain values."""
    columns = ("number", "sort", "level", "state", "territory", "group", "kind", "first_day", "last_day", "observed", "expected",
               "recurrence", "reasons")  # fmt: skip
    return {
        "day": made.day,
        "live": made.live,
        "from": made.window_from,
        "cases": made.counted,
        "seconds": made.seconds,
        "raised": made.new,
        "grown": made.grown,
        "silent": made.silent,
        "numbers": made.numbers,
        "settings": made.settings,
        "warnings": [{name: getattr(one, name) for name in columns} for one in raised],
    }
