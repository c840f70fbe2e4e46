"""``gongbi import LIST FILE``: a list or a file of reports, answered row by row.

Routing rules are not read straight in: the file becomes a draft, is tried on past matters, and takes effect with ``--yes``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from gongbi.ops.console import day, django_ready, now, say, tell_faults

if TYPE_CHECKING:
    from gongbi.kernel.keeping import Result

EXAMPLE = "gongbi import units units.xlsx --errors wrong.csv"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "list", metavar="LIST", help="reports, or a list that people keep; gongbi template names them"
    )
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="CSV (UTF-8 or GB18030), Excel, or GeoJSON for boundaries"
    )
    parser.add_argument(
        "--from",
        dest="valid_from",
        type=day,
        default=None,
        metavar="DATE",
        help="the day from which rows without one of their own are valid (today)",
    )
    parser.add_argument(
        "--errors", type=Path, default=None, metavar="CSV", help="write every refused row here"
    )
    parser.add_argument(
        "--yes", action="store_true", help="routes: put the rules in force after their trial on past matters"
    )


def tell(result: Result, errors: Path | None) -> int:
    """Print what became of the file; status 1 when anything in it was refused."""
    from gongbi.kernel.errors import in_language

    tell_faults(result.faults, errors)
    for words in (result.words, *result.notes):
        say(in_language(words))
    return 1 if result.faults else 0


def run(args: argparse.Namespace) -> int:
    django_ready()
    from django.utils import timezone

    from gongbi.kernel import keeping
    from gongbi.kernel.scope.viewer import system

    kept = keeping.known(args.list)
    at = now()
    valid_from = args.valid_from or timezone.localdate(at)
    if kept.tried:
        from gongbi.ops.trial import routes

        return routes(args.file, valid_from=valid_from, yes=args.yes, errors=args.errors, at=at)
    with args.file.open("rb") as file:
        result = keeping.read(
            args.list, file, args.file.name, valid_from=valid_from, viewer=system("import"), at=at
        )
    return tell(result, args.errors)
