"""The register as every process keeps it in memory: read once, and again when its token has changed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gongbi.channels.devices import rules
from gongbi.channels.devices.kinds import KINDS, Kind
from gongbi.channels.devices.models import Device, Register
from gongbi.channels.devices.rules import Limits


@dataclass(frozen=True, slots=True)
class Entry:
    """One device in use."""

    pk: int
    number: str
    kind: Kind
    limits: Limits
    place: str
    division: str
    lon: float | None
    lat: float | None
    gateway: str
    key: str
    keep_days: int
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Known:
    """The devices in use, by number and by key, as of one token."""

    token: int
    by_number: Mapping[str, Entry]
    by_pk: Mapping[int, Entry]


_lock = threading.Lock()
_kept: list[Known] = []  # one, or none yet
_COLUMNS = (
    "pk", "number", "kind", "limit", "clear", "period", "place", "division", "lon", "lat", "gateway", "key",
    "keep_days", "synthetic",
)  # fmt: skip


def current() -> Known:
    """The register now: one small query, and all of it again only after a change."""
    token = Register.objects.filter(pk=1).values_list("token", flat=True).first() or 0
    with _lock:
        if not _kept or _kept[0].token != token:
            rows = Device.objects.filter(retired_at__isnull=True).values_list(*_COLUMNS)
            entries = [_entry(row) for row in rows.iterator()]
            _kept[:] = [Known(token, {one.number: one for one in entries}, {one.pk: one for one in entries})]
        return _kept[0]


def forget() -> None:
    """Read it anew: another database."""
    with _lock:
        _kept.clear()


def _entry(row: tuple[Any, ...]) -> Entry:
    found = dict(zip(_COLUMNS, row, strict=True))
    kind = KINDS[found.pop("kind")]
    own = {name: found.pop(name) for name in ("limit", "clear", "period")}
    return Entry(**found, kind=kind, limits=rules.limits_of(kind, **own))
