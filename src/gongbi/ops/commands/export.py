"""``gongbi export NAME [OUT]``: cases, their ledger, and every list as CSV or Excel, written as they are read."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gongbi.kernel.errors import in_language
from gongbi.ops.console import day, django_ready, now, say

if TYPE_CHECKING:
    from gongbi.ops.exports import Export, Format

EXAMPLE = "gongbi export cases march.xlsx --from 2026-03-01 --to 2026-03-31"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        help="cases, events, or a list that people keep; without one the names are listed",
    )
    parser.add_argument(
        "out",
        metavar="OUT",
        nargs="?",
        help="file to write; its ending (.csv, .xlsx) decides. - is stdout, CSV",
    )
    parser.add_argument(
        "--from",
        dest="first",
        type=day,
        metavar="DATE",
        help="cases, events: first day (30 days before the last)",
    )
    parser.add_argument(
        "--to", dest="last", type=day, metavar="DATE", help="cases, events: last day, included (today)"
    )
    parser.add_argument("--on", type=day, metavar="DATE", help="lists: as of this day (today)")
    parser.add_argument(
        "--lang", choices=["zh", "en"], default="zh", help="language of the headings and words"
    )


def run(args: argparse.Namespace) -> int:
    django_ready()
    from django.utils import timezone, translation

    from gongbi.kernel.scope.viewer import system
    from gongbi.ops.exports import exports, write

    known = exports()
    if args.name is None:
        for name, one in known.items():
            say(f"{name:<12} {in_language(one.words)}")
        return 0
    export = known.get(args.name)
    wrong = _wrong(args, export) if export else f"there is no '{args.name}'. There are: {', '.join(known)}."
    if export is None or wrong:
        sys.stderr.write(f"gongbi export: {wrong}\n")
        return 2
    today = timezone.localdate(now())
    last = args.last or today
    first = args.first or last - timedelta(days=30)
    if first > last:
        sys.stderr.write(f"gongbi export: the period ends ({last}) before it begins ({first}).\n")
        return 2
    when: dict[str, Any] = {"on": args.on or today, "first": first, "last": last, "at": now()}
    viewer = system("export")
    with translation.override("zh-hans" if args.lang == "zh" else "en"):
        if args.out == "-":
            write(
                args.name,
                sys.stdout.buffer,
                kind="csv",
                viewer=viewer,
                lang=args.lang,
                reason=_who("-"),
                **when,
            )
            return 0
        out = Path(args.out or f"{args.name}.{export.default}")
        kind: Format = "xlsx" if out.suffix.lower() == ".xlsx" else "csv"
        with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False) as file:
            draft = Path(file.name)
            try:
                rows = write(
                    args.name, file, kind=kind, viewer=viewer, lang=args.lang, reason=_who(out.name), **when
                )
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
        draft.chmod(0o640)  # cases: for the office that asked, not for everybody on the machine
        draft.replace(out)  # never half a file under the name that was asked for
    say(f"{out}: {rows} rows" + (f", {first} to {last}" if export.period else ""))
    return 0


def _who(out: str) -> str:
    """For the access log: the account on this machine, and the file's name."""
    try:
        return f"{getpass.getuser()} → {out}"
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid {os.getuid()} → {out}"


def _wrong(args: argparse.Namespace, export: Export) -> str:
    """What does not fit together on the command line, "" when all does."""
    period = export.period
    if period and args.on:
        return f"{args.name} are taken over a period: give --from and --to, not --on."
    if not period and (args.first or args.last):
        return f"{args.name} are taken as of one day: give --on, not --from and --to."
    if args.out not in (None, "-") and Path(args.out).suffix.lower() not in (".csv", ".xlsx"):
        return f"'{args.out}' ends neither in .csv nor in .xlsx."
    return ""
