"""The index table, with GIN on PostgreSQL and an FTS5 table kept in step by triggers on SQLite."""

import django.db.models
from django.db import migrations

import gongbi.kernel.search.models

POSTGRES = [
    # Small lists of pending entries: a search reads them all, a write of 200 characters fills 2 % of one.
    """CREATE INDEX search_words ON search_searchentry USING gin (words)
       WITH (fastupdate = on, gin_pending_list_limit = 256)""",
    # Ten thousand matters a day: without fresh statistics the planner takes a new word for a rare one.
    "ALTER TABLE search_searchentry SET (autovacuum_analyze_scale_factor = 0.02)",
    "ALTER TABLE search_searchentry ALTER COLUMN words SET STATISTICS 1000",
]
SQLITE = [
    """CREATE VIRTUAL TABLE search_fts USING fts5(words, content='search_searchentry', content_rowid='matter_id',
       tokenize='unicode61 remove_diacritics 0')""",
    """CREATE TRIGGER search_insert AFTER INSERT ON search_searchentry BEGIN
       INSERT INTO search_fts(rowid, words) VALUES (new.matter_id, new.words); END""",
    """CREATE TRIGGER search_delete AFTER DELETE ON search_searchentry BEGIN
       INSERT INTO search_fts(search_fts, rowid, words) VALUES ('delete', old.matter_id, old.words); END""",
    """CREATE TRIGGER search_update AFTER UPDATE ON search_searchentry BEGIN
       INSERT INTO search_fts(search_fts, rowid, words) VALUES ('delete', old.matter_id, old.words);
       INSERT INTO search_fts(rowid, words) VALUES (new.matter_id, new.words); END""",
]


def build(apps, schema_editor):
    for statement in POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        for name in ("insert", "delete", "update"):
            schema_editor.execute(f"DROP TRIGGER search_{name}")
        schema_editor.execute("DROP TABLE search_fts")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("matter_id", django.db.models.BigIntegerField(primary_key=True, serialize=False)),
                ("words", gongbi.kernel.search.models.TokensField()),
            ],
        ),
        migrations.RunPython(build, drop),
    ]
