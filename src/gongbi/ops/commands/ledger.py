"""``gongbi ledger verify``: nothing was changed, removed or put in."""

import argparse
import sys

from gongbi.ops.console import django_ready, say

EXAMPLE = "gongbi ledger verify"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["verify"])


def run(args: argparse.Namespace) -> int:
    django_ready()
    from gongbi.kernel.ledger import queries
    from gongbi.kernel.ledger.models import DailyRoot, LedgerEntry

    broken = 0
    for problem in queries.verify():
        broken += 1
        place = (
            f"matter {problem.matter_id}, entry {problem.seq}"
            if problem.matter_id is not None
            else "daily roots"
        )
        sys.stderr.write(f"{place}: {problem.what}\n")
    size = f"{LedgerEntry.objects.count()} entries, {DailyRoot.objects.count()} daily roots"
    say(f"{broken} breaks in {size}." if broken else f"Every chain holds: {size}.")
    return 1 if broken else 0
