"""``gongbi template LIST [OUT.xlsx]``: the Excel form that people fill in."""

import argparse
from pathlib import Path

from gongbi.ops.console import django_ready, say
from gongbi.ops.imports import LISTS, columns_of


def arguments(parser: argparse.ArgumentParser) -> None:
    names = [name for name, sheet in LISTS.items() if sheet.columns]
    parser.add_argument("list", metavar="LIST", choices=names, help=", ".join(names))
    parser.add_argument("out", metavar="OUT", type=Path, nargs="?", help="file to write (LIST.xlsx)")
    parser.add_argument("--lang", choices=["zh", "en"], default="zh", help="language of the headings")


def run(args: argparse.Namespace) -> int:
    django_ready()
    from gongbi.kernel.tables import write_template

    zh, en = LISTS[args.list].words
    out = args.out or Path(f"{args.list}.xlsx")
    out.write_bytes(write_template(columns_of(args.list), zh if args.lang == "zh" else en, lang=args.lang))
    say(f"{out}")
    return 0
