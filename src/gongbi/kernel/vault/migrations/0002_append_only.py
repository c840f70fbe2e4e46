"""The database itself refuses to change an entry of the access log. (That one is missing shows in the chain.)"""

from django.db import migrations

SQLITE = """CREATE TRIGGER access_log_no_update BEFORE UPDATE ON vault_accesslog
    BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END"""
POSTGRES = [
    """CREATE OR REPLACE FUNCTION access_log_append_only() RETURNS trigger AS $$
    BEGIN RAISE EXCEPTION 'the access log is append-only'; END $$ LANGUAGE plpgsql""",
    """CREATE TRIGGER access_log_no_update BEFORE UPDATE ON vault_accesslog
    FOR EACH ROW EXECUTE FUNCTION access_log_append_only()""",
]


def lock(apps, schema_editor):
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else [SQLITE]:
        schema_editor.execute(statement)


def unlock(apps, schema_editor):
    on = " ON vault_accesslog" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER access_log_no_update{on}")


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial")]
    operations = [migrations.RunPython(lock, unlock)]
