"""Whether the database at DATABASE_URL is the one that the models describe: ``python -m bench.schema``.

The last word on stdout: ``same``; ``behind`` when migrations are missing; ``other`` when its tables have other columns or it knows
migrations that are no more.
"""

from __future__ import annotations

import os


def state() -> str:
    """Compare migrations by name, then every table of a model by its columns."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    django.setup()
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    known = MigrationLoader(connection, ignore_no_migrations=True)
    applied, there = set(known.applied_migrations or ()), set(known.disk_migrations or ())
    if applied - there:
        return "other"
    if there - applied:
        return "behind"
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in apps.get_models(include_auto_created=True):
            meta = model._meta
            if not meta.managed or meta.proxy:
                continue
            if meta.db_table not in tables:
                return "other"
            columns = {
                column.name
                for column in connection.introspection.get_table_description(cursor, meta.db_table)
            }
            if columns != {field.column for field in meta.local_concrete_fields}:
                return "other"
    return "same"


if __name__ == "__main__":
    print(state())
