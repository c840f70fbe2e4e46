"""``gongbi evaluate``: the results of a period; ``--recompute`` computes the kept ones again and compares their bytes."""

import argparse
import sys
from typing import Any

from gongbi.ops.console import django_ready, now, say

EXAMPLE = "gongbi evaluate --period 2026-10 --recompute"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--period", metavar="PERIOD", help="2026-10, 2026-Q4 or 2026 (the month before this one)"
    )
    parser.add_argument(
        "--scheme",
        action="append",
        default=[],
        metavar="CODE",
        help="only this scheme (all of that kind of period)",
    )
    parser.add_argument(
        "--recompute",
        action="store_true",
        help="change nothing: compute every kept edition of the period again; status 1 unless the bytes are the same",
    )
    parser.add_argument("--json", action="store_true", help="the newest results as their own canonical bytes")


def run(args: argparse.Namespace) -> int:
    django_ready()
    from django.utils import timezone

    from gongbi.evaluation import actions, queries, queries_rules, reading
    from gongbi.kernel.scope.viewer import system

    at, viewer = now(), system("evaluation")
    period = args.period or reading.before(reading.name_of("month", timezone.localdate(at)))
    span = reading.period(period)
    if args.recompute:
        return recompute(viewer, period, args.scheme)
    held = queries_rules.rules_on(viewer, span.first)
    wanted = args.scheme or [
        code for code, one in held.schemes.items() if one.period == reading.sort_of(period)
    ]
    actions.catch_up(viewer=viewer, at=at)
    counting = queries.Counting()
    for code in wanted:
        edition = actions.evaluate(scheme=code, period=period, viewer=viewer, at=at, counting=counting)
        if args.json:
            sys.stdout.buffer.write(edition.body.encode())
            continue
        for line in lines(queries.results(viewer, edition)):
            say(line)
    return 0


def recompute(viewer: Any, period: str, schemes: list[str]) -> int:
    """Every kept edition of the period, computed again; 1 unless all are the same to the byte."""
    from gongbi.evaluation import queries, reading

    found = [one for one in queries.editions(viewer, period=period) if not schemes or one.scheme in schemes]
    if not found:
        sys.stderr.write(f"gongbi evaluate: there are no results of {period}; compute them first.\n")
        return 1
    wrong = 0
    for one in found:
        again = queries.recompute(viewer, one.pk)
        told = "the same bytes" if again.same else f"DIFFERENT: now {reading.digest(again.body)}"
        say(f"{one.scheme} {one.period} edition {one.number}: {one.digest}  {told}")
        wrong += not again.same
    return 1 if wrong else 0


def lines(found: Any) -> list[str]:
    """The ranking in words."""
    from gongbi.evaluation import words
    from gongbi.kernel.errors import in_language

    edition = found.edition
    told = [
        f"{in_language(found.inputs.scheme.words)}  {edition.period}  edition {edition.number}  {edition.digest}"
    ]
    for one in found.units():
        score = "—" if one["score"] is None else f"{one['score']:.2f}"
        place = (
            in_language(words.WHY[one["why"]])
            if one["why"]
            else f"{one['place']} ({one['places'][0]}–{one['places'][1]})"
        )
        told.append(f"  {score:>7}  {in_language((one['words'][0], one['words'][1]))}  {place}")
    return told
