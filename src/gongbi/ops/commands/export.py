"""``gongbi export NAME [OUT]``: lists and matters as files."""

import argparse
import sys
from datetime import date, timedelta
from pathlib import Path

from gongbi.ops.console import django_ready, now, say
from gongbi.ops.exports import EXPORTS, write


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", choices=list(EXPORTS), help=", ".join(EXPORTS))
    parser.add_argument(
        "out", metavar="OUT", nargs="?", help="file to write (NAME.xlsx or NAME.csv; - is stdout)"
    )
    parser.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="as of this day (today)")
    parser.add_argument(
        "--from", dest="first", type=date.fromisoformat, metavar="DATE", help="first day (30 days ago)"
    )
    parser.add_argument(
        "--to", dest="last", type=date.fromisoformat, metavar="DATE", help="last day, included (today)"
    )


def run(args: argparse.Namespace) -> int:
    django_ready()
    from django.utils import timezone

    from gongbi.kernel.scope.viewer import system

    today = timezone.localdate(now())
    last = args.last or today
    first = args.first or last - timedelta(days=30)
    if first > last:
        sys.stderr.write(f"gongbi export: the period ends ({last}) before it begins ({first}).\n")
        return 2
    pieces = write(args.name, viewer=system("export"), on=args.on or today, first=first, last=last)
    if args.out == "-":
        sys.stdout.buffer.writelines(pieces)
        return 0
    out = Path(args.out or f"{args.name}.{EXPORTS[args.name].suffix}")
    draft = out.with_name(out.name + ".part")
    with draft.open("wb") as file:
        file.writelines(pieces)
    draft.replace(out)  # never half a file under the name that was asked for
    say(str(out))
    return 0
