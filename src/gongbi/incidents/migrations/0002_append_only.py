"""The database itself refuses to change or delete what was written into the log, sent, moved or destroyed."""

from django.db import migrations

TABLES = ("logentry", "alertmessage", "movement", "destruction")


def _sqlite(table):
    for what in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER incidents_{table}_no_{what.lower()} BEFORE {what} ON incidents_{table} "
            f"BEGIN SELECT RAISE(ABORT, 'incidents_{table} is append-only'); END"
        )


def lock(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        for table in TABLES:
            for statement in _sqlite(table):
                schema_editor.execute(statement)
        return
    schema_editor.execute(
        "CREATE OR REPLACE FUNCTION incidents_append_only() RETURNS trigger AS $$ "
        "BEGIN RAISE EXCEPTION 'a table of incidents is append-only'; END $$ LANGUAGE plpgsql"
    )
    for table in TABLES:
        schema_editor.execute(
            f"CREATE TRIGGER incidents_{table}_no_change BEFORE UPDATE OR DELETE ON incidents_{table} "
            "FOR EACH ROW EXECUTE FUNCTION incidents_append_only()"
        )


def unlock(apps, schema_editor):
    postgres = schema_editor.connection.vendor == "postgresql"
    for table in TABLES:
        if postgres:
            schema_editor.execute(f"DROP TRIGGER incidents_{table}_no_change ON incidents_{table}")
        else:
            for what in ("update", "delete"):
                schema_editor.execute(f"DROP TRIGGER incidents_{table}_no_{what}")


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]
    operations = [migrations.RunPython(lock, unlock)]
