"""The test database, its migrations played once: each worker of each run copies the file that they gave.

On SQLite alone; a copy is thrown away afterwards, what it was copied from stays in ``var/tests/prepared`` until a migration, a
model or a locked package changes.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from django.core.management import call_command
from django.db import connections
from django.test.utils import setup_databases, teardown_databases

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "tests" / "prepared"


@contextlib.contextmanager
def test_databases() -> Iterator[None]:
    """The test database of this worker, empty but for what migrations put there, until the end."""
    one = connections["default"]
    if one.vendor != "sqlite":
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"}, serialized_aliases=set())
        try:
            yield
        finally:
            teardown_databases(made, verbosity=0)
        return
    plain, name = one.settings_dict["NAME"], one.creation._get_test_db_name()
    one.close()
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    _remove(name)
    shutil.copyfile(_prepared(), name)
    one.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        one.settings_dict["NAME"] = plain
        _remove(name)


# What Django itself writes after the migrations, and reads in every test.
_STAYS = ("django_migrations", "django_content_type", "auth_permission")


def emptied() -> None:
    """Delete everything that a test has committed. Append-only tables refuse that: their triggers are off meanwhile."""
    one = connections["default"]
    quote = one.ops.quote_name
    tables = [name for name in one.introspection.django_table_names(only_existing=True) if name not in _STAYS]
    with one.cursor() as cursor:
        asked = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {quote(name)})" for name in tables
        )
        cursor.execute(asked)
        written = {name for (name,) in cursor.fetchall()}
        if not written:
            return
        if one.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(quote(name) for name in sorted(written))} CASCADE")
            return
        cursor.execute(
            "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(ABORT%'"
        )
        locks = [(name, sql) for name, table, sql in cursor.fetchall() if table in written]
        with one.constraint_checks_disabled():
            for name, _sql in locks:
                cursor.execute(f"DROP TRIGGER {quote(name)}")
            for table in written:
                cursor.execute(f"DELETE FROM {quote(table)}")
            for _name, sql in locks:
                cursor.execute(sql)


def _prepared() -> Path:
    """The file with all tables; made when there is none for these migrations, by one worker while the others wait."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{_digest()}.sqlite3"
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            for old in FOLDER.glob("*.sqlite3*"):
                old.unlink()
            _make(path)
    return path


def _make(path: Path) -> None:
    one = connections["default"]
    plain, draft = one.settings_dict["NAME"], f"{path}.draft"
    one.settings_dict["NAME"] = draft
    try:
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        connections.close_all()
        one.settings_dict["NAME"] = plain
    with contextlib.closing(sqlite3.connect(draft)) as made:
        made.execute("VACUUM INTO ?", [str(path)])
    _remove(draft)


def _digest() -> str:
    """Of everything that has a say in which tables there are."""
    source = ROOT / "src" / "gongbi"
    names = ("models.py", "models/*.py", "migrations/*.py", "fields.py", "apps.py", "settings.py")
    files = {file for name in names for file in source.rglob(name)} | set(
        (ROOT / "requirements").glob("*.txt")
    )
    total = hashlib.sha256(sqlite3.sqlite_version.encode())
    for file in sorted(files):
        total.update(f"{file.relative_to(ROOT)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:24]


def _remove(name: str) -> None:
    for end in ("", "-wal", "-shm"):
        Path(name + end).unlink(missing_ok=True)
