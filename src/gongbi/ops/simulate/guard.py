"""Nothing is ever simulated on somebody's data: a house with a simulated clock opens a fresh or a simulated database and no other."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from gongbi.kernel.errors import Refused

_MARK, _ACCOUNTS = "simulate_simulatedhouse", "parties_account"


def standing(connection: BaseDatabaseWrapper) -> str:
    """``fresh`` (no account in it), ``simulated`` (it carries the mark) or ``real``."""
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor))
        if _MARK in names:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {_MARK})")  # noqa: S608 – a name of our own
            if cursor.fetchone()[0]:
                return "simulated"
        if _ACCOUNTS in names:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {_ACCOUNTS})")  # noqa: S608 – a name of our own
            if cursor.fetchone()[0]:
                return "real"
    return "fresh"


def refuse(connection: BaseDatabaseWrapper) -> None:
    """Raises Refused when the database holds what nobody simulated."""
    if standing(connection) != "real":
        return
    raise Refused(
        "simulate.real",
        (
            "数据库“%(name)s”里有不是模拟出来的账号和数据，模拟不会碰它。请用 GONGBI_VAR 指定一个空文件夹，或用 DATABASE_URL 指定一个空数据库。",
            "The database “%(name)s” holds accounts and data that were not simulated; the simulation leaves it alone. Name an empty folder "
            "in GONGBI_VAR or an empty database in DATABASE_URL.",
        ),
        values={"name": str(connection.settings_dict["NAME"])},
    )


def only_simulated(sender: Any, connection: BaseDatabaseWrapper, **_more: Any) -> None:
    """Runs at every new connection of a process whose clock is simulated."""
    refuse(connection)
