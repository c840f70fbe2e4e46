"""What happens on a simulated day: rhythms as the table gives them, the same seed the same day, a burst where it is planted."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from scipy.stats import chi2

from gongbi.ops.simulate.plan import (
    GRID_WORKER,
    ZONE,
    Burst,
    Grid,
    Settings,
    Shape,
    day_factor,
    expected,
    plan_day,
    rhythms,
    rising,
    weather,
)

GRIDS = tuple(
    Grid(f"61010400{street}00{community}00{n}", 108.9 + n / 500, 34.25 + street / 300, 500 + 40 * n)
    for street in (1, 2)
    for community in (1, 2)
    for n in range(1, 6)
)
SHAPE = Shape(GRIDS)
TUESDAY = date(2026, 7, 14)
KINDS = {one["code"]: one for one in rhythms()["kinds"]}


def _firsts(day: date, settings: Settings, shape: Shape = SHAPE) -> list[str]:
    """Kinds of what was said first that day."""
    return [
        one.kind for one in plan_day(9, day, shape, settings=settings).sayings if not one.key.endswith("b")
    ]


class TestRhythms:
    def test_counts_by_kind_over_weeks_are_as_the_table_says(self) -> None:
        settings = Settings(matters=120, found=0)
        days = [date(2026, 5, 4) + timedelta(days=n) for n in range(14)]
        counted: Counter[str] = Counter()
        wanted: Counter[str] = Counter()
        for day in days:
            counted.update(_firsts(day, settings))
            for code, kind in KINDS.items():
                wanted[code] += expected(
                    kind, day, weather(9, day), off=day.weekday() >= 5, settings=settings
                ).sum()
        seen = {code: number for code, number in wanted.items() if number > 5}
        statistic = sum((counted[code] - number) ** 2 / number for code, number in seen.items())
        assert statistic < chi2.ppf(0.999, len(seen))

    def test_counts_by_hour_are_as_the_table_says(self) -> None:
        settings = Settings(matters=600, found=0)
        counted, wanted = np.zeros(24), np.zeros(24)
        for day in (TUESDAY + timedelta(days=7 * n) for n in range(4)):
            planned = plan_day(9, day, SHAPE, settings=settings)
            for one in planned.sayings:
                if not one.key.endswith("b"):
                    counted[one.at.hour] += 1
            for kind in KINDS.values():
                wanted += expected(kind, day, weather(9, day), off=False, settings=settings)
        assert ((counted - wanted) ** 2 / wanted).sum() < chi2.ppf(0.999, 24)

    @pytest.mark.parametrize(
        ("code", "more", "less"),
        [
            ("H0293", date(2026, 1, 13), TUESDAY),  # heating: only where there is any
            ("E0506", TUESDAY, date(2026, 1, 13)),  # water on the road: summer
            ("E0110", date(2026, 7, 14), date(2026, 7, 19)),  # said on weekdays rather than on Sundays
        ],
    )
    def test_seasons_and_weekdays(self, code: str, more: date, less: date) -> None:
        assert day_factor(KINDS[code], more, off=False) > 2 * day_factor(
            KINDS[code], less, off=less.weekday() >= 5
        )

    def test_a_make_up_workday_is_no_sunday(self) -> None:
        sunday = date(2026, 7, 19)
        assert day_factor(KINDS["E0110"], sunday, off=False) > day_factor(KINDS["E0110"], sunday, off=True)

    def test_rain_drives_drains_not_noise(self) -> None:
        wet, dry = np.ones(24, dtype=bool), np.zeros(24, dtype=bool)
        say = {
            code: [
                expected(KINDS[code], TUESDAY, hours, off=False, settings=Settings()).sum()
                for hours in (wet, dry)
            ]
            for code in ("E0503", "E0301")
        }
        assert say["E0503"][0] > 4 * say["E0503"][1]
        assert say["E0301"][0] == say["E0301"][1]

    def test_an_outbreak_is_a_factor_of_its_kind_alone(self) -> None:
        usual, more = (
            Counter(_firsts(TUESDAY, Settings(matters=600, found=0))),
            Counter(_firsts(TUESDAY, Settings(matters=600, found=0, factors={"H2099": 10.0}))),
        )
        assert more["H2099"] > 4 * usual["H2099"]
        assert {code: n for code, n in more.items() if code != "H2099"} == {
            code: n for code, n in usual.items() if code != "H2099"
        }


class TestDeterminism:
    def test_same_seed_same_day_whatever_came_before(self) -> None:
        alone = plan_day(9, TUESDAY, SHAPE)
        for day in range(1, 4):
            plan_day(9, TUESDAY - timedelta(days=day), SHAPE)
        assert plan_day(9, TUESDAY, SHAPE) == alone
        assert plan_day(10, TUESDAY, SHAPE) != alone

    def test_one_more_worker_moves_nothing_elsewhere(self) -> None:
        """Common random numbers: what is said in other grids is the same, to the second and the mood."""
        more = Shape(GRIDS, frozenset({GRIDS[3].code}))
        base, after = plan_day(9, TUESDAY, SHAPE).sayings, plan_day(9, TUESDAY, more).sayings
        assert [one for one in base if one.grid != GRIDS[3].code] == [
            one for one in after if one.grid != GRIDS[3].code
        ]
        assert any(one.finder == GRID_WORKER for one in after)

    def test_nobody_patrols_on_a_day_off(self) -> None:
        patrolled = Shape(GRIDS, frozenset(one.code for one in GRIDS))
        assert any("-6101" in one.key for one in plan_day(9, TUESDAY, patrolled, off=False).sayings)
        assert not any("-6101" in one.key for one in plan_day(9, TUESDAY, patrolled, off=True).sayings)


class TestBurst:
    BURST = Burst(datetime(2026, 7, 14, 9, tzinfo=ZONE), GRIDS[2].code, "SIM-water-1")

    def test_residents_near_the_place_and_the_device(self) -> None:
        day = plan_day(9, TUESDAY, SHAPE, burst=self.BURST)
        planted = [one for one in day.sayings if one.planted]
        assert len(planted) >= 2
        assert all(one.at > self.BURST.at and one.grid == GRIDS[2].code for one in planted)
        assert max(abs(one.lat - GRIDS[2].lat) for one in planted) < 0.005
        assert [one for one in day.sayings if not one.planted] == list(plan_day(9, TUESDAY, SHAPE).sayings)

    def test_the_water_rises_over_the_limit_and_falls(self) -> None:
        values = [one.value for one in rising(self.BURST)]
        assert values[0] < 0.08 < 0.15 < max(values)
        assert values[-1] < 0.08
        assert rising(Burst(self.BURST.at, GRIDS[2].code)) == ()

    def test_another_day_has_none_of_it(self) -> None:
        assert not any(
            one.planted for one in plan_day(9, TUESDAY + timedelta(days=1), SHAPE, burst=self.BURST).sayings
        )
