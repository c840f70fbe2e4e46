"""Devices of the demo district, a lane on a clock of the test, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from gongbi.channels.devices import actions, memory
from gongbi.channels.devices.actions import taking
from gongbi.channels.devices.actions.lane import Lane
from gongbi.channels.devices.models import Device
from gongbi.channels.models import Source
from gongbi.channels.tasks import work_lane
from gongbi.kernel.scope.viewer import INTEGRATOR, Viewer, system
from gongbi.territory import queries as territory
from tests.channels.conftest import _own_files, now
from tests.support.district import FOUNDED, district, district_database, own_database

__all__ = ["_own_files", "district", "district_database", "now", "own_database"]


@pytest.fixture(autouse=True)
def _nothing_remembered(request: pytest.FixtureRequest) -> Iterator[None]:
    memory.forget()
    taking.forget_waiting()
    yield
    memory.forget()
    taking.forget_waiting()


@pytest.fixture
def community() -> str:
    """The code of a community of the district."""
    return next(one.code for one in territory.divisions(on=FOUNDED) if one.level == "community")


def row(community: str, **more: Any) -> dict[str, Any]:
    """What the register asks of a device."""
    return {
        "kind": "gas", "place": "青年路小区3号楼", "division": community, "lon": 108.913, "lat": 34.265, "owner": "合成物业",
        "purpose": "燃气报警", "sign_number": "GS-1", "sign_text": "只测燃气浓度，读数保存7天。", "keep_days": 7, "gateway": "", "key": "",
        "limit": None, "clear": None, "period": None,
    } | more  # fmt: skip


@pytest.fixture
def install(community: str, now: datetime) -> Callable[..., Device]:
    """``install("GA-1", kind="gas")``: a device of the register."""

    def make(number: str, **more: Any) -> Device:
        values = row(community, **more)
        actions.keep(number, values, viewer=system("test"), at=now, synthetic=True)
        return Device.objects.get(number=number)

    return make


@dataclass
class Days:
    """A lane on the test's own clock."""

    at: datetime
    lane: Lane
    viewer: Viewer

    def say(self, *readings: dict[str, Any], **head: Any) -> taking.Taken:
        """A message arrives now; it is worked through at once."""
        body = json.dumps({"readings": list(readings), **head}).encode()
        taken = actions.take(body, viewer=self.viewer, key="", at=self.at)
        self.lane.tick()
        return taken

    def gas(self, *values: float, number: str = "GA-1", every: float = 60.0) -> None:
        """Readings of a gas detector, one every minute."""
        for value in values:
            self.pass_by(every)
            self.say({"device": number, "value": value, "at": self.at.isoformat()})

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def again(self) -> None:
        """The process dies without a word, and another one begins when the lease is over."""
        self.pass_by(11)
        self.lane = Lane("second", lambda: self.at)


@pytest.fixture
def days(now: datetime, community: str) -> Days:
    viewer = Viewer(actor="key:1", role=INTEGRATOR, territories=(community[:6],))
    # Ten in the morning in Shanghai, the last time that is past by an hour: what is done now comes after it.
    begins = now.replace(hour=2, minute=0, second=0, microsecond=0)
    if begins > now - timedelta(hours=1):
        begins -= timedelta(days=1)
    made = Days(begins, None, viewer)  # type: ignore[arg-type]
    made.lane = Lane("first", lambda: made.at)
    return made


@pytest.fixture
def drained() -> Callable[[datetime], None]:
    """Candidates become cases, as the worker does."""

    def drain(at: datetime) -> None:
        for source in Source.objects.filter(code="devices"):
            work_lane(source.pk, "in", lambda: at)

    return drain
