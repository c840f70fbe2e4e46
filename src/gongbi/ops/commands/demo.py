"""``gongbi demo``: the demo district on an empty database."""

import argparse
import sys
from collections.abc import Callable

from gongbi.ops.console import django_ready, now, say

EXAMPLE = "gongbi demo"


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options: it makes the demo or says why not."""


def prepare(*, empty: bool, tell: Callable[[str], object]) -> list[tuple[str, str, str]]:
    """Tables up to date and, unless ``empty``, the demo district in an empty database; returns the demo's logins."""
    from gongbi.ops import demo
    from gongbi.ops.commands.migrate import migrate

    migrated = migrate(now())
    if migrated:
        tell(f"· {migrated} migrations applied")
    if not empty and demo.is_empty():
        make(tell)
    return demo.logins()


def make(tell: Callable[[str], object]) -> None:
    """Make the demo district and say what was made."""
    from gongbi.ops import demo

    tell("· making the demo district (once)")
    for words in demo.make(at=now()):
        tell(f"  {words}")


def run(_args: argparse.Namespace) -> int:
    django_ready()
    from gongbi.ops import demo

    if not demo.is_empty():
        sys.stderr.write(
            "The database is not empty: nothing was made. Name another one in DATABASE_URL or GONGBI_VAR.\n"
        )
        return 1
    make(say)
    return 0
