"""A March that is made up: cases of two streets and a department, each with its ledger, folded as the house folds them."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gongbi.evaluation import actions
from gongbi.evaluation.actions import Asked
from gongbi.evaluation.models import Edition
from gongbi.insight import actions as insight
from gongbi.insight.facts import Entry
from gongbi.kernel.scope.viewer import system
from gongbi.parties.models import Unit
from tests.insight.histories import History
from tests.insight.ledgers import write

PERIOD = "2026-03"
AFTER = datetime(2026, 4, 1, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Wednesday
ALL = system("test")
_REPORTS = itertools.count(5_000_000)


def story(unit: Unit, *, late: bool = False, good: bool = True, contacted: bool = True) -> list[Entry]:
    """One case that a unit was given on 2 March and handled by its deadline or the minute after."""
    place = f"{unit.territory}001" if len(unit.territory) == 9 else "610104001001"
    made = History().open(territory=place, report=(report := next(_REPORTS))).accept().dispatch(unit=unit.pk)
    made.step("sign", "03-02 10:00", unit_id=unit.pk)
    if contacted:
        made.step("contacted", "03-02 11:00", unit_id=unit.pk, report=report)
    made.finish("03-04 09:21" if late else "03-04 09:20:59", due="03-05 15:30").step(
        "confirm", "03-05 15:00", finding="ok"
    )
    return made.judge(
        "03-06 09:00", report=report, solved="yes" if good else "no", grade=5 if good else 1
    ).entries


def march() -> dict[str, list[int]]:
    """The cases of each unit by its code: 40 of the first street (10 late), 40 of the second (2 late), 35 of a department, 3 of the third."""
    streets = list(Unit.objects.filter(kind="street").order_by("code")[:3])
    department = Unit.objects.get(code="urban_management")
    plan = {
        streets[0]: [story(streets[0], late=n < 10, good=n % 4 != 0) for n in range(40)],
        streets[1]: [story(streets[1], late=n < 2, good=n % 10 != 0) for n in range(40)],
        department: [story(department, late=n < 5) for n in range(35)],
        streets[2]: [story(streets[2]) for _n in range(3)],
    }
    keys = {unit.code: write(stories) for unit, stories in plan.items()}
    insight.refresh([key for found in keys.values() for key in found])
    return keys


def evaluate(scheme: str = "streets", **more: Any) -> Edition:
    """The results of March."""
    return actions.evaluate(scheme=scheme, period=PERIOD, viewer=ALL, at=more.pop("at", AFTER), **more)


def asked(edition: Edition, unit: Unit, case: int, **more: Any) -> Asked:
    """An appeal against “late”."""
    plain = {
        "sort": "exempt",
        "reason": "停水通知在前，属不可抗力",
        "evidence": "供水公司 3 月 2 日通知，编号 017",
    } | more
    return Asked(edition=edition.pk, unit=unit.pk, case=case, **plain)
