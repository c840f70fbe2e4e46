"""``gongbi export NAME [OUT]``: cases and lists as CSV or Excel, written as they are read."""

import argparse
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from gongbi.ops.console import day, django_ready, now, say
from gongbi.ops.exports import EXPORTS, Format, write

EXAMPLE = "gongbi export cases march.xlsx --from 2026-03-01 --to 2026-03-31"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", choices=list(EXPORTS), help=", ".join(EXPORTS))
    parser.add_argument(
        "out",
        metavar="OUT",
        nargs="?",
        help="file to write; its ending (.csv, .xlsx) decides. - is stdout, CSV",
    )
    parser.add_argument(
        "--from", dest="first", type=day, metavar="DATE", help="cases: first day (30 days before the last)"
    )
    parser.add_argument(
        "--to", dest="last", type=day, metavar="DATE", help="cases: last day, included (today)"
    )
    parser.add_argument("--on", type=day, metavar="DATE", help="lists: as of this day (today)")
    parser.add_argument(
        "--lang", choices=["zh", "en"], default="zh", help="language of the headings and words"
    )


def run(args: argparse.Namespace) -> int:
    export = EXPORTS[args.name]
    wrong = _wrong(args)
    if wrong:
        sys.stderr.write(f"gongbi export: {wrong}\n")
        return 2
    django_ready()
    from django.utils import timezone, translation

    from gongbi.kernel.scope.viewer import system

    today = timezone.localdate(now())
    last = args.last or today
    first = args.first or last - timedelta(days=30)
    if first > last:
        sys.stderr.write(f"gongbi export: the period ends ({last}) before it begins ({first}).\n")
        return 2
    when = {"on": args.on or today, "first": first, "last": last}
    viewer = system("export")
    with translation.override("zh-hans" if args.lang == "zh" else "en"):
        if args.out == "-":
            write(args.name, sys.stdout.buffer, kind="csv", viewer=viewer, lang=args.lang, **when)
            return 0
        out = Path(args.out or f"{args.name}.{export.default}")
        kind: Format = "xlsx" if out.suffix.lower() == ".xlsx" else "csv"
        with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False) as file:
            draft = Path(file.name)
            try:
                rows = write(args.name, file, kind=kind, viewer=viewer, lang=args.lang, **when)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
        draft.chmod(0o640)  # cases: for the office that asked, not for everybody on the machine
        draft.replace(out)  # never half a file under the name that was asked for
    say(f"{out}: {rows} rows" + (f", {first} to {last}" if export.period else ""))
    return 0


def _wrong(args: argparse.Namespace) -> str:
    """What does not fit together on the command line, "" when all does."""
    period = EXPORTS[args.name].period
    if period and args.on:
        return f"{args.name} are taken over a period: give --from and --to, not --on."
    if not period and (args.first or args.last):
        return f"{args.name} are taken as of one day: give --on, not --from and --to."
    if args.out not in (None, "-") and Path(args.out).suffix.lower() not in (".csv", ".xlsx"):
        return f"'{args.out}' ends neither in .csv nor in .xlsx."
    return ""
