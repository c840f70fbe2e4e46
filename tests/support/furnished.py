"""Houses that stand on a copy of a database that is there already: making one takes longer than what most tests do with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connections

from tests.support.house import House, fresh_database

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def furnish(database: str, var: Path) -> Iterator[House]:
    """A house of its own in the folder ``var``, not started, on a copy of ``database``, with the keys that sealed what is in it.

    It ends with all its processes.
    """
    var.mkdir()
    for name in ("secret_key", "vault_keys"):
        if (settings.VAR / name).exists():
            shutil.copy(settings.VAR / name, var / name)
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        with (
            contextlib.closing(sqlite3.connect(database)) as source,
            contextlib.closing(sqlite3.connect(var / "gongbi.sqlite3")) as copy,
        ):
            source.backup(copy)
        one = House(ROOT, var, "")
        yield one
        one.kill()
        return
    connections.close_all()
    with fresh_database(url, template=database) as own:
        one = House(ROOT, var, own)
        yield one
        one.kill()
