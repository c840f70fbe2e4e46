"""``gongbi import LIST FILE``: a list or a file of reports, answered row by row."""

import argparse
import csv
import sys
from datetime import date
from pathlib import Path

from gongbi.ops.console import django_ready, now, say
from gongbi.ops.imports import LISTS, Fault, Result, known, read

SHOWN = 50  # faults on the console; all of them go to --errors


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("list", metavar="LIST", choices=list(LISTS), help=", ".join(LISTS))
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="CSV (UTF-8 or GB18030), Excel, or GeoJSON for boundaries"
    )
    parser.add_argument("--from", dest="valid_from", type=date.fromisoformat, default=None, metavar="DATE",
                        help="the day from which divisions, boundaries and places are valid (today)")  # fmt: skip
    parser.add_argument(
        "--errors", type=Path, default=None, metavar="CSV", help="write every refused row here"
    )


def write_faults(path: Path, faults: list[Fault]) -> None:
    """All faults as a CSV that Excel opens right."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "column", "message"])
        writer.writerows((fault.row or "", fault.column, fault.message) for fault in faults)


def tell(result: Result, errors: Path | None) -> int:
    """Print what became of the file; status 1 when anything in it was refused."""
    for fault in result.faults[:SHOWN]:
        where = f"row {fault.row}" if fault.row else "file"
        sys.stderr.write(
            f"{where}, {fault.column}: {fault.message}\n" if fault.column else f"{where}: {fault.message}\n"
        )
    if len(result.faults) > SHOWN:
        sys.stderr.write(f"… and {len(result.faults) - SHOWN} more; --errors FILE.csv writes all of them.\n")
    if errors is not None:
        write_faults(errors, result.faults)
    say(
        f"{result.new} new, {result.changed} changed, {result.same} as they were, {len(result.faults)} errors."
    )
    for note in result.notes:
        say(note)
    return 1 if result.faults else 0


def run(args: argparse.Namespace) -> int:
    django_ready()
    from django.utils import timezone

    from gongbi.kernel.scope.viewer import system

    known(args.list)
    at = now()
    with args.file.open("rb") as file:
        result = read(
            args.list,
            file,
            args.file.name,
            valid_from=args.valid_from or timezone.localdate(at),
            viewer=system("import"),
            at=at,
        )
    return tell(result, args.errors)
