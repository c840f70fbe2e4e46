"""``gongbi demo``: the demo district on an empty database. ``--prepare`` is what ``gongbi run`` calls before it serves."""

import argparse
import json
import sys

from gongbi.ops.console import django_ready, now, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prepare", action="store_true", help="migrate first, print the logins as JSON in the last line"
    )
    parser.add_argument("--empty", action="store_true", help="with --prepare: no demo district")


def run(args: argparse.Namespace) -> int:
    django_ready()
    from gongbi.ops import demo
    from gongbi.ops.commands.migrate import migrate

    def tell(text: str) -> None:
        sys.stderr.write(text + "\n") if args.prepare else say(text)

    if args.prepare:
        migrated = migrate()
        if migrated:
            tell(f"· {migrated} migrations applied")
    if not demo.is_empty():
        if not args.prepare:
            tell(
                "The database is not empty: nothing was made. Name another one in DATABASE_URL or GONGBI_VAR."
            )
            return 1
    elif not args.empty:
        tell("· making the demo district (once)")
        for words in demo.make(at=now()):
            tell(f"  {words}")
    if args.prepare:
        say(json.dumps(demo.logins(), ensure_ascii=False))
    return 0
