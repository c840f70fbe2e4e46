"""``gongbi demo outbreak``: what a newcomer plants is marked as made up, goes the ordinary way, and is found; shuffled it is not."""

from __future__ import annotations

from collections import Counter

import pytest

from gongbi.cases import outbreak
from gongbi.cases.models import Case, Report
from gongbi.ops.cli import main
from gongbi.warning.models import Run
from tests.desk.conftest import Clock

pytestmark = pytest.mark.django_db


def test_what_is_planted_is_marked_and_ordinary(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(outbreak, "DAYS", 3)
    monkeypatch.setattr(outbreak, "A_DAY", 2)
    made = outbreak.plant(at=clock.now, seed=3)
    assert made.cases == 6 + outbreak.PLANTED
    reports = Report.objects.all()
    assert all("（合成）" in report.text for report in reports)
    assert Counter(Case.objects.values_list("state", flat=True)) == {
        "closed": 6,
        "received": outbreak.PLANTED,
    }
    assert set(Case.objects.filter(state="received").values_list("territory", flat=True)) == {made.code}
    assert all(report.said_at.date() < clock.now.date() for report in reports)
    again = outbreak.plant(at=clock.now, seed=3, shuffled=True)
    assert (again.code, again.shuffled) == (made.code, True)


def test_the_command_says_what_was_raised(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(outbreak, "A_DAY", 0)
    monkeypatch.setattr("gongbi.ops.commands.demo.now", lambda: clock.now)
    assert main(["demo", "outbreak", "--seed", "5"]) == 0
    told = capsys.readouterr().out
    assert f"{outbreak.PLANTED} synthetic cases, an outbreak in grid 610104" in told
    assert "0 raised" in told  # without a past there is nothing to compare with
    assert Run.objects.get().counted == outbreak.PLANTED
