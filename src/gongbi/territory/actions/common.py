"""What the actions of this room share."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from gongbi.kernel.errors import Forbidden
from gongbi.kernel.outbox.actions import publish
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer
from gongbi.kernel.tables import Fault
from gongbi.territory import memory
from gongbi.territory.models import Division, Revision, on_day
from gongbi.territory.words import WORDS, refused


def fault(row: int, column: str, code: str, /, **values: object) -> Fault:
    """What is wrong with a row, in this room's words for ``code``."""
    return Fault(row, column, WORDS[code], code, values)


def touch(name: str) -> None:
    """Say that a list has changed, in the transaction that changed it."""
    Revision.objects.update_or_create(name=name, defaults={"token": secrets.randbits(62)})
    memory.suspect(name)


def may_change(viewer: Viewer) -> None:
    """Forbidden unless the viewer keeps the lists of divisions and places."""
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden("territory.may_not", WORDS["may_not"])


def current(code: str, day: date) -> Division:
    """The version of ``code`` on ``day``, locked until the transaction ends; Refused when there is none."""
    found = Division.objects.select_for_update().filter(on_day(day), code=code).first()
    if found is None:
        raise refused("no_division", field="code", code=code[:30], day=day)
    return found


def not_into_the_past(effective: date, at: datetime) -> None:
    """Refused when a change would place past matters anew."""
    if effective < timezone.localdate(at):
        raise refused("rewrites_history", field="effective", day=effective)


def no_later_version(division: Division) -> None:
    """Refused when another version of the code is already planned after this one."""
    later = Division.objects.filter(code=division.code, valid_from__gt=division.valid_from).first()
    if later is not None:
        raise refused("future_version", field="effective", name=str(division), day=later.valid_from)


def end_on(divisions: Iterable[Division], day: date) -> None:
    """End versions on ``day`` (the first day they no longer hold)."""
    for division in divisions:
        if day <= division.valid_from:
            raise refused(
                "not_before_start", field="effective", day=day, name=str(division), start=division.valid_from
            )
        division.valid_to = day
        division.save(update_fields=["valid_to"])


def announce(topic: str, event: Any, at: datetime) -> None:
    publish(topic, at=at, payload=asdict(event))
