"""``gongbi worker``: delivers the outbox, runs timers and jobs until it is stopped."""

import argparse

from gongbi.ops.console import django_ready
from gongbi.ops.processes import CannotStart, die_with_parent

EXAMPLE = "gongbi worker"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    if args.supervised:
        die_with_parent()
    django_ready()
    from gongbi.kernel.outbox import worker
    from gongbi.ops.warm import warm

    warm()
    try:
        worker.run()
    except worker.SecondRelay as error:
        raise CannotStart(str(error)) from error
    return 0
