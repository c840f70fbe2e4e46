"""``gongbi board``: the rates of a period, as JSON or as a table; ``--recount`` counts them again from the bare ledger."""

import argparse
import sys

from gongbi.ops.console import django_ready, now, say

SHOWN = 30  # differences named one by one
EXAMPLE = "gongbi board --json --from 2026-01-01 --to 2026-01-31"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="first", metavar="DATE", help="first day, 2026-03-01 (the first of this month)"
    )
    parser.add_argument("--to", dest="last", metavar="DATE", help="last day, included (today)")
    parser.add_argument(
        "--json", action="store_true", help="canonical JSON: same ledger, period and settings, same bytes"
    )
    parser.add_argument(
        "--by", action="append", default=[], help="divide by street, community, unit, kind, channel, net"
    )
    parser.add_argument("--territory", default="", metavar="CODE", help="only inside this division")
    parser.add_argument("--unit", type=int, metavar="ID", help="only this unit")
    parser.add_argument("--kind", default="", metavar="CODE", help="only this kind, or kinds that begin so")
    parser.add_argument("--channel", default="", help="only what came in this way")
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help="fold every ledger anew first: once after an update of the rates",
    )
    parser.add_argument(
        "--recount", action="store_true", help="compare with a plain recount; status 1 when they differ"
    )


def percent(value: float | None) -> str:
    """A share as people read it; — where there is nothing below the line."""
    return "—" if value is None else f"{value:.1%}"


def run(args: argparse.Namespace) -> int:
    django_ready()
    from django.utils import timezone

    from gongbi.insight import period as periods
    from gongbi.insight import queries
    from gongbi.insight.actions import catch_up, rebuild_all
    from gongbi.kernel.errors import in_language
    from gongbi.kernel.scope.viewer import system

    today = timezone.localdate(now())
    period = periods.read(args.first or today.replace(day=1).isoformat(), args.last or today.isoformat())
    filters = queries.Filters(territory=args.territory, unit=args.unit, kind=args.kind, channel=args.channel)
    viewer = system("board")
    if args.rebuild:
        rebuild_all()
    for _round in range(1000):  # what the worker has not folded yet, 5,000 cases a round
        if not catch_up():
            break
    board = queries.board(viewer, period, by=args.by[0] if args.by else "", filters=filters)
    if args.json or args.recount:
        counted = queries.board_json(viewer, period, by=args.by, filters=filters, config=board.config)
    if args.recount:
        from gongbi.insight.recount import differences, recount

        wrong = differences(counted, recount(period, config=board.config, by=args.by, filters=filters))
        if wrong:
            sys.stderr.write("The board differs from a plain recount of the ledger:\n")
            sys.stderr.writelines(f"  {line}\n" for line in wrong[:SHOWN])
            if len(wrong) > SHOWN:
                sys.stderr.write(f"  … and {len(wrong) - SHOWN} more\n")
            return 1
        sys.stderr.write("The board equals a plain recount of the ledger.\n")
    if args.json:
        sys.stdout.buffer.write(counted)
        return 0
    before_it = period.before()
    say(f"{period.first} – {period.last}  (before: {before_it.first} – {before_it.last})")
    for rate in board.rates:
        figure = board.figures[rate.code]
        left = sum(figure.left_out.values())
        out = f", {left} left out" if left else ""
        before = percent(board.before[rate.code].value) if rate.code in board.before else "—"
        words = in_language(rate.words)
        say(f"  {percent(figure.value):>7}  {figure.above}/{figure.below}{out}  {words}  (before: {before})")
    return 0
