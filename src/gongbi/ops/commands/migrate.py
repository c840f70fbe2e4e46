"""``gongbi migrate``: tables up to date, quickly when they are already."""

import argparse
from datetime import date, datetime

from gongbi.ops.console import django_ready, now, say

EXAMPLE = "gongbi migrate --check"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--check", action="store_true", help="only tell: exit status 1 when tables are not up to date"
    )


def pending() -> int:
    """How many migrations the database lacks."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate(at: datetime) -> int:
    """Apply what is missing and fill the working calendar up to next year's end; returns how many migrations were."""
    from django.core.management import call_command

    missing = pending()
    if missing:
        call_command("migrate", interactive=False, verbosity=0)
    seed_calendar(at)
    return missing


def seed_calendar(at: datetime) -> None:
    """Every installation needs the calendar; years without an official notice are provisional until one is imported."""
    from django.utils import timezone

    from gongbi.kernel.clock.actions_calendar import seed_calendar as seed
    from gongbi.kernel.clock.calendar import known_years
    from gongbi.kernel.clock.models import CalendarDay

    next_year = timezone.localdate(at).year + 1
    if not CalendarDay.objects.filter(day=date(next_year, 12, 31)).exists():
        seed(known_years().start, next_year, at=at)


def run(args: argparse.Namespace) -> int:
    django_ready()
    missing = pending() if args.check else migrate(now())
    if args.check:
        say(f"{missing} migrations are missing." if missing else "The tables are up to date.")
        return 1 if missing else 0
    say(f"{missing} migrations applied." if missing else "The tables were up to date.")
    return 0
