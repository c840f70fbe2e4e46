"""How pressing a deadline is, and what the browser is given to keep its words true."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from gongbi.kernel.clock import engine
from gongbi.kernel.clock.calendar import Calendar, from_chinesecalendar, known_years
from gongbi.kernel.clock.limits import parse
from gongbi.kernel.clock.models import Clock
from gongbi.look import deadlines


@pytest.fixture(autouse=True)
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    found = Calendar(from_chinesecalendar(known_years()))
    monkeypatch.setattr(deadlines, "current_calendar", lambda: found)
    return found


@pytest.fixture
def clock(calendar: Calendar, now: datetime) -> Any:
    def make(limit: str, started: datetime | None = None, **values: Any) -> Clock:
        since = started or now
        due = engine.due(since, parse(limit), calendar).at
        return Clock(name="handle", limit=limit, started_at=since, due_at=due, **values)

    return make


@pytest.mark.parametrize(
    ("passed", "tone", "shape"),
    [
        (0, "ok", "ring"),
        (59, "ok", "ring"),
        (95, "ok", "ring"),  # 25 of 120 minutes left
        (96, "soon", "soon"),  # 24 of 120: the last fifth
        (120, "soon", "soon"),  # the minute of the deadline still belongs to it
        (121, "late", "late"),
    ],
)
def test_the_last_fifth_is_soon_and_the_minute_after_the_deadline_is_late(
    clock: Any, now: datetime, passed: int, tone: str, shape: str
) -> None:
    found = deadlines.read(clock("2小时"), now + timedelta(minutes=passed))
    assert (found.tone, found.shape) == (tone, shape)


def test_a_paused_clock_stands_still(clock: Any, now: datetime) -> None:
    paused = clock("2小时", paused_at=now, pauses=[[now.isoformat(), None, "asked"]])
    found = deadlines.read(paused, now + timedelta(days=3))
    assert (found.tone, found.shape, found.stretches) == ("quiet", "paused", "")
    assert "暂停" in found.words[0]


def test_office_hours_come_as_the_stretches_that_still_count(clock: Any, now: datetime) -> None:
    found = deadlines.read(clock("4工作时"), now)
    stretches = [[datetime.fromisoformat(edge) for edge in pair] for pair in json.loads(found.stretches)]
    counted = sum((min(b, found.due_at) - max(a, now) for a, b in stretches), timedelta())
    assert counted == timedelta(hours=4)
    assert len(stretches) == 2  # the midday break lies between
    assert found.measure == "office"


def test_a_deadline_in_days_needs_no_countdown(clock: Any, now: datetime) -> None:
    assert deadlines.read(clock("3个法定工作日"), now).stretches == ""
    assert deadlines.read(clock("15工作日"), now).stretches == ""


def test_of_several_clocks_the_one_that_ends_first_speaks(clock: Any, now: datetime) -> None:
    long, short = clock("10工作日"), clock("2小时")
    stopped = clock("1小时", stopped_at=now)
    paused = clock("30分钟", paused_at=now, pauses=[[now.isoformat(), None, "asked"]])
    matter = SimpleNamespace(clocks=SimpleNamespace(all=lambda: [long, stopped, paused, short]))
    assert deadlines.read(matter, now).due_at == short.due_at
    only = SimpleNamespace(clocks=SimpleNamespace(all=lambda: [stopped]))
    assert deadlines.read(only, now).words == deadlines.NO_CLOCK


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ("4工作时", ("4 个工作时", "4 office hours")),
        ("5个法定工作日", ("5 个法定工作日", "5 legal working days")),
        ("很快", ("很快", "很快")),  # kept by an older version: shown as it was written
    ],
)
def test_a_kept_limit_is_in_the_reader_s_words(kept: str, words: tuple[str, str]) -> None:
    assert deadlines.limit_words(kept) == words
