"""``gongbi template LIST [OUT.xlsx]``: the Excel form that people fill in."""

import argparse
from pathlib import Path

from gongbi.ops.console import django_ready, say

EXAMPLE = "gongbi template units units.xlsx"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "list", metavar="LIST", nargs="?", help="name of the list; without one the names are listed"
    )
    parser.add_argument("out", metavar="OUT", type=Path, nargs="?", help="file to write (LIST.xlsx)")
    parser.add_argument("--lang", choices=["zh", "en"], default="zh", help="language of the headings")


def run(args: argparse.Namespace) -> int:
    django_ready()
    from gongbi.kernel import keeping
    from gongbi.kernel.errors import in_language

    if args.list is None:
        for name, kept in keeping.lists().items():
            if kept.columns:
                say(f"{name:<12} {in_language(kept.words)}: {in_language(kept.hint)}")
        return 0
    form = keeping.template(args.list, lang=args.lang)
    out = args.out or Path(f"{args.list}.xlsx")
    out.write_bytes(form)
    say(f"{out}")
    return 0
