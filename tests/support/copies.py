"""A database that a test may really commit to: a copy of the test database, thrown away afterwards.

Flushing tables instead would delete ledger rows, which the database refuses (its triggers are part of what is tested), and would
take the demonstration district with it. A copy needs no flush: threads and processes get connections of their own to it, and the
test database stays as it was.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg import sql

from gongbi.kernel.errors import Refused


@contextlib.contextmanager
def copied() -> Iterator[str]:
    """The default connection (of every thread) on a fresh copy; yields its name. No connection may be in use at the start."""
    given = connections["default"].settings_dict
    name = str(given["NAME"])
    assert "test" in name or "copy" in name, f"{name} is no database of a test"
    connections.close_all()
    copy = _copy_file(name) if connection.vendor == "sqlite" else _copy_server(given, name)
    given["NAME"] = copy
    try:
        yield copy
    finally:
        connections.close_all()
        given["NAME"] = name
        if connection.vendor == "sqlite":
            for end in ("", "-wal", "-shm"):
                Path(copy + end).unlink(missing_ok=True)
        else:
            with _server(given) as server:
                server.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(copy))
                )


def _copy_file(name: str) -> str:
    copy = str(Path(name).with_name(f"copy_{uuid.uuid4().hex[:12]}.sqlite3"))
    with (
        contextlib.closing(sqlite3.connect(name)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    return copy


def _server(given: dict[str, Any]) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=given["HOST"], port=given["PORT"] or 5432, user=given["USER"], password=given["PASSWORD"],
        dbname="postgres", autocommit=True,
    )  # fmt: skip


def _copy_server(given: dict[str, Any], name: str) -> str:
    copy = f"copy_{uuid.uuid4().hex[:12]}"
    with _server(given) as server:
        # A connection that some other thread of an earlier test left open would keep the template busy.
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copy), sql.Identifier(name))
        )
    return copy


def together(*calls: Callable[[], Any], seconds: float = 60) -> list[Any]:
    """Run the calls in threads that start at one moment, each with an own connection.

    Each answer is the call's result or the refusal it met; any other error (a deadlock, a broken constraint) is raised here.
    """
    gate = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)
    errors: list[BaseException] = []

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait(seconds)
            answers[place] = call()
        except Refused as refusal:
            answers[place] = refusal
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item, daemon=True) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    assert not any(thread.is_alive() for thread in threads), "somebody still waits: a deadlock"
    if errors:
        raise errors[0]
    return answers
