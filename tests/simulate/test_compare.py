"""A rehearsal with and without a change: finds a planted effect, says nothing where nothing can be told, is understood in two languages."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import date

import pytest

from gongbi.kernel.errors import Refused
from gongbi.ops import cli
from gongbi.ops.simulate.compare import (
    NOTHING,
    Comparison,
    as_json,
    compare,
    dumped,
    page,
    read_change,
    rows,
    verdict,
)
from gongbi.ops.simulate.plan import Settings
from gongbi.ops.simulate.world import World, day_off, shipped_world

FIRST, DAYS, SEEDS = date(2026, 4, 8), 2, range(1, 6)
SMALL = Settings(matters=30, found=6.0, factors={"E0301": 6.0})
COMMUNITY = "610104001002"


@pytest.fixture(scope="module")
def world() -> World:
    return shipped_world(grid_workers=4, settings=SMALL)


@pytest.fixture(scope="module")
def compared(world: World) -> Callable[..., Comparison]:
    @functools.cache
    def made(*changes: str) -> Comparison:
        return compare(
            world,
            [read_change(one, world) for one in changes],
            seeds=SEEDS,
            first=FIRST,
            days=DAYS,
            settings=SMALL,
        )

    return made


def _line(found: Comparison, name: str, place: int = 0) -> tuple[float | None, tuple[str, str]]:
    line = next(one for one in found.tables[place][2] if one.name == name)
    return line.difference, line.verdict


class TestCompare:
    def test_two_more_workers_solve_more_there_and_then(self, compared: Callable[..., Comparison]) -> None:
        found = compared(f"grid workers +2 in {COMMUNITY}")
        difference, said = _line(found, "on_spot", 1)
        assert difference is not None
        assert difference > 0
        assert said == ("变好", "better")
        assert found.tables[1][1] == COMMUNITY

    def test_a_longer_limit_is_kept_more_often_and_takes_longer(
        self, compared: Callable[..., Comparison]
    ) -> None:
        found = compared("limit of E0301 = 2 working days")
        assert _line(found, "on_time")[1] == ("变好", "better")
        assert _line(found, "on_spot")[1] == NOTHING

    def test_what_is_taken_back_changes_nothing(self, compared: Callable[..., Comparison]) -> None:
        """A planted nothing: taken back at once, so of nothing may a difference be told."""
        found = compared("crews +1 in water", "crews -1 in water")
        assert all(line.verdict == NOTHING and line.difference in (0, None) for line in found.tables[0][2])

    def test_the_same_seeds_give_the_same_bytes(self, compared: Callable[..., Comparison]) -> None:
        again = compared.__wrapped__("crews +1 in water")  # type: ignore[attr-defined]
        assert dumped(compared("crews +1 in water")) == dumped(again)

    def test_an_interval_over_zero_says_nothing(self) -> None:
        assert verdict("on_time", -0.1, 3.0) == NOTHING
        assert verdict("on_time", 0.1, 3.0) == ("变好", "better")
        assert verdict("overdue", 0.1, 3.0) == ("变差", "worse")
        assert verdict("crews_busy", -3.0, -0.1) == ("变少", "less")

    def test_it_is_read_by_programs_and_people(self, compared: Callable[..., Comparison]) -> None:
        found = compared("crews +1 in water")
        told = as_json(found)
        assert told["synthetic"] is True
        assert json.loads(dumped(found)) == told
        shown = page(found)
        assert 'lang="zh-CN"' in shown
        assert "看不出差别" in shown
        assert "no difference can be told" in shown
        assert all(
            len(row) == 6 for language in (0, 1) for _place, table in rows(found, language) for row in table
        )


class TestChanges:
    @pytest.mark.parametrize(
        "text",
        [
            f"grid workers +2 in {COMMUNITY}",
            f"网格员 +2 在 {COMMUNITY}",
            "crews -1 in housing",
            "时限 施工扰民 = 3工作日",
            "limit of E0301 = 12 hours",
        ],
    )
    def test_understood(self, text: str, world: World) -> None:
        assert all(read_change(text, world).words)

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("more of everything", "simulate.change"),
            ("grid workers +2 in 999999", "simulate.place"),
            (f"grid workers +99 in {COMMUNITY}", "simulate.workers"),
            ("grid workers -9 in 610104009", "simulate.workers"),
            ("crews +1 in nobody", "simulate.unit"),
            ("crews -999 in water", "simulate.crews"),
            ("limit of X0000 = 2 days", "simulate.kind"),
        ],
    )
    def test_refused_in_words(self, text: str, code: str, world: World) -> None:
        with pytest.raises(Refused) as told:
            read_change(text, world)
        assert told.value.code == code
        assert "%(" not in told.value.message

    def test_days_off_are_the_working_calendars(self) -> None:
        assert day_off(date(2026, 10, 1))
        assert not day_off(date(2026, 2, 14))  # a Saturday that is worked


class TestCommand:
    @pytest.mark.parametrize(
        "words",
        [
            ["compare"],
            ["compare", "--change", "crews +1 in water", "--days", "0"],
            ["--speed", "fast"],
            ["--speed", "100000"],
            ["--matters", "-3"],
            ["--factor", "E9999=2"],
            ["--grid-workers", "99999"],
        ],
    )
    def test_what_makes_no_run_is_said(self, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["simulate", *words]) == 1
        assert capsys.readouterr().err.startswith("gongbi simulate: ")
