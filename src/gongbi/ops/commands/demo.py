"""``gongbi demo``: the demo district on an empty database; ``gongbi demo outbreak``: something in it for the warnings to find."""

import argparse
import sys
from collections.abc import Callable

from gongbi.ops.console import django_ready, now, say

EXAMPLE = "gongbi demo outbreak --seed 2"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="?",
        choices=("district", "outbreak"),
        default="district",
        help="district: on an empty database (as without a word); outbreak: in the demo district, six weeks of everyday cases and more of "
        "them in one grid than place and date explain, then a look for warnings; all marked as synthetic",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="outbreak: another place and other days"
    )
    parser.add_argument(
        "--shuffled",
        action="store_true",
        help="outbreak: the same places and times put together by chance: no warning",
    )


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


def outbreak(seed: int, *, shuffled: bool) -> int:
    """Plant it, look at yesterday, and say what was raised and where it is seen."""
    from datetime import timedelta

    from django.utils import timezone

    from gongbi.cases.outbreak import plant
    from gongbi.kernel.scope.viewer import system
    from gongbi.ops.commands.warn import lines
    from gongbi.warning import actions

    at = now()
    made = plant(at=at, seed=seed, shuffled=shuffled)
    what = "places and times shuffled" if shuffled else f"an outbreak in grid {made.code}"
    say(f"{made.cases} synthetic cases, {what}.")
    look = actions.look(day=timezone.localdate(at) - timedelta(days=1), viewer=system("warning"), at=at)
    for line in lines(look):
        say(line)
    if look.new:
        say("See them on the desk, as dispatcher: /desk/warnings/")
    return 0


def run(args: argparse.Namespace) -> int:
    django_ready()
    if args.what == "outbreak":
        return outbreak(args.seed, shuffled=args.shuffled)
    from gongbi.ops import demo

    if not demo.is_empty():
        sys.stderr.write(
            "The database is not empty: nothing was made. Name another one in DATABASE_URL or GONGBI_VAR.\n"
        )
        return 1
    make(say)
    return 0
