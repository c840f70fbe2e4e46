"""PostgreSQL is told which states are at work: it took them for independent of the end, and a queue of 40,000 for one of 4,000."""

from __future__ import annotations

from typing import Any

from django.db import migrations

_MAKE = "CREATE STATISTICS IF NOT EXISTS matter_course (mcv) ON flow, state, closed_at FROM flow_matter"


def _make(_apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(_MAKE)


def _drop(_apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP STATISTICS IF EXISTS matter_course")


class Migration(migrations.Migration):
    dependencies = [("flow", "0001_initial")]

    operations = [migrations.RunPython(_make, _drop)]
