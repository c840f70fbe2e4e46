"""``gongbi check``: the invariants that every room has registered (also run nightly)."""

import argparse
import json
import sys
from dataclasses import asdict

from gongbi.ops.console import django_ready, say

EXAMPLE = "gongbi check --json"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="every breach as one JSON object a line")
    parser.add_argument("--list", action="store_true", help="only name the invariants")


def run(args: argparse.Namespace) -> int:
    django_ready()
    from django.utils.module_loading import autodiscover_modules

    from gongbi.kernel.flow import invariants

    autodiscover_modules("invariants")

    if args.list:
        for name in invariants.names():
            say(name)
        return 0
    broken = 0
    for breach in invariants.run_all():
        broken += 1
        if args.json:
            say(json.dumps(asdict(breach), ensure_ascii=False))
        else:
            sys.stderr.write(f"{breach.invariant}: {breach.where}: {breach.what}\n")
    if not args.json:
        many = len(invariants.names())
        say(f"{broken} breaches of {many} invariants." if broken else f"All {many} invariants hold.")
    return 1 if broken else 0
