"""``gongbi migrate``: tables up to date, quickly when they are already."""

import argparse

from gongbi.ops.console import django_ready, say


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


def migrate() -> int:
    """Apply what is missing; returns how many migrations were."""
    from django.core.management import call_command

    missing = pending()
    if missing:
        call_command("migrate", interactive=False, verbosity=0)
    return missing


def run(args: argparse.Namespace) -> int:
    django_ready()
    missing = pending() if args.check else migrate()
    if args.check:
        say(f"{missing} migrations are missing." if missing else "The tables are up to date.")
        return 1 if missing else 0
    say(f"{missing} migrations applied." if missing else "The tables were up to date.")
    return 0
