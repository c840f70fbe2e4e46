"""Gateways that are processes of their own, and a report whose reporter chose a way."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gongbi.cases.actions.receive import receive
from gongbi.cases.actions.statement import Statement
from gongbi.cases.models import Case, Report
from gongbi.cases.triage import Said
from gongbi.channels import actions as channels
from gongbi.channels.models import Source
from gongbi.channels.notices import actions
from gongbi.channels.notices.models import Contact
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.outbox.subscribers import Event
from gongbi.kernel.scope.viewer import PUBLIC, system
from tests.cases.conftest import post, unit
from tests.support.district import district, district_database, own_database
from tests.support.house import free_ports

__all__ = ["district", "district_database", "own_database", "post", "unit"]
SUPPORT = Path(__file__).resolve().parents[2] / "support"
ME = system("test")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
NIGHT = NOON.replace(hour=22, minute=10)
MORNING = NOON.replace(day=24, hour=8)


def reached(port: int) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nobody listens on {port}")


@dataclass
class Web:
    """The SMS gateway that fails on purpose."""

    port: int
    folder: Path

    def plan(self, *words: str) -> None:
        (self.folder / "plan").write_text("\n".join(words))

    @property
    def taken(self) -> list[dict[str, Any]]:
        path = self.folder / "taken"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    port = free_ports(1)
    process = subprocess.Popen([sys.executable, str(SUPPORT / "gateway.py"), str(port), str(tmp_path)])
    try:
        reached(port)
        yield Web(port, tmp_path)
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def gateway() -> Callable[..., Source]:
    """``gateway("sms", transport="web", …)``: a configured gateway."""

    def make(code: str, **settings: Any) -> Source:
        return channels.save_source(
            code=code, name=code, kind="notice", direction="out", settings=settings, viewer=ME, at=NOON - timedelta(days=30)
        )  # fmt: skip

    return make


@pytest.fixture
def told() -> Callable[..., Report]:
    """``told("sms", "139 0000 0001")``: a report whose reporter wants to hear by that way."""

    def make(way: str = "sms", address: str = "13900000001", *, at: datetime = NOON, **more: Any) -> Report:
        chosen = {key: more.pop(key) for key in ("hours", "confirm") if key in more}
        said = Said(
            text="劳动路路口的路灯不亮了", said_at=at, channel="web", lon=108.913, lat=34.265, kind="C0137"
        )
        report = receive(Statement(said=said, **more), viewer=PUBLIC, at=at).report
        actions.choose(report=report, way=way, address=address, at=at, **({"confirm": False} | chosen))
        return report

    return make


def events(case: Case | None = None) -> list[Event]:
    """What was announced, as the relay hands it over."""
    rows = OutboxRow.objects.filter(topic__startswith="cases.").order_by("pk")
    rows = rows.filter(matter_id=case.pk) if case is not None else rows
    return [Event(row.pk, row.topic, row.matter_id, row.payload, row.created_at) for row in rows]


def deliver(at: datetime) -> int:
    """Every gateway sends what is due."""
    return sum(channels.deliver(source.pk, at=at) for source in Source.objects.filter(kind="notice"))


def contact_of(report: Report) -> Contact:
    return Contact.objects.get(report=report)
