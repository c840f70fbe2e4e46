"""A house that is killed stands in a copy of the district that other tests stand in too: making one takes longer than killing it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from tests.support.district import district_database
from tests.support.house import House, fresh_database

__all__ = ["district_database"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def furnished(district_database: str, tmp_path: Path) -> Iterator[House]:
    """The product as real processes, not started, on its own copy of the district; with the keys that sealed what is in it."""
    with furnish(district_database, tmp_path / "var") as one:
        yield one


@contextlib.contextmanager
def furnish(district_database: str, var: Path) -> Iterator[House]:
    """A house of its own in the folder ``var``, which ends with all its processes."""
    var.mkdir()
    for name in ("secret_key", "vault_keys"):
        if (settings.VAR / name).exists():
            shutil.copy(settings.VAR / name, var / name)
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        with (
            contextlib.closing(sqlite3.connect(district_database)) as source,
            contextlib.closing(sqlite3.connect(var / "gongbi.sqlite3")) as copy,
        ):
            source.backup(copy)
        one = House(ROOT, var, "")
        yield one
        one.kill()
        return
    with fresh_database(url) as own:
        name = own.rsplit("/", 1)[1]
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [district_database],
            )
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(district_database)
                )
            )
        one = House(ROOT, var, own)
        yield one
        one.kill()
