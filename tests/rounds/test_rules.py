"""Who is asked, what looks the same, what is far: plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gongbi.kernel.errors import Refused
from gongbi.rounds import catalogue, rules
from gongbi.rounds.rules import OnDuty, Written

GRID = "610104001001001"
NEXT = "610104001001002"
STREET = "610104001009001"
OTHER = "610104009001001"
HERE = (108.913, 34.265)
AT = datetime(2026, 3, 10, 2, tzinfo=UTC)


def worker(post: int, grid: str, at: Any = None, **more: Any) -> OnDuty:
    return OnDuty(post, more.get("person", post), more.get("unit", 1), (grid,), at)


def near(metres: float) -> tuple[float, float]:
    return HERE[0], HERE[1] + metres / 111_320


@pytest.mark.parametrize(
    ("workers", "more", "expected"),
    [
        # The duty grid goes first, however far the worker is from the place.
        ([worker(1, NEXT, near(10)), worker(2, GRID, near(900))], {}, 2),
        # Then the nearest of the community; who was not seen yet comes after who was.
        ([worker(1, NEXT), worker(2, NEXT, near(900)), worker(3, NEXT, near(100))], {}, 3),
        ([worker(1, STREET, near(1)), worker(2, NEXT, near(900))], {}, 2),
        ([worker(1, STREET, near(1))], {}, 1),
        ([worker(1, OTHER, near(1))], {}, None),  # another street's worker is nobody's neighbour
        ([], {}, None),
        ([worker(1, GRID), worker(2, NEXT)], {"declined": [1]}, 2),
        ([worker(1, GRID), worker(2, NEXT)], {"persons": [1]}, 2),  # who handled it does not look
        ([worker(1, GRID, unit=7), worker(2, NEXT, unit=8)], {"units": [7]}, 2),
        ([worker(1, GRID)], {"units": [1]}, None),
    ],
)
def test_the_duty_grid_first_then_the_nearest(
    workers: list[OnDuty], more: dict[str, Any], expected: int | None
) -> None:
    chosen = rules.next_worker(workers, territory=GRID, place=HERE, **more)
    assert (chosen.post_id if chosen else None) == expected


def test_a_place_known_by_its_community_only_is_in_each_of_its_grids() -> None:
    chosen = rules.next_worker(
        [worker(1, NEXT, near(500)), worker(2, GRID, near(50))], territory=GRID[:12], place=HERE
    )
    assert chosen is not None
    assert chosen.post_id == 2


BOX = (108.85, 34.23, 108.98, 34.32)


@pytest.mark.parametrize(
    ("camera", "far"),
    [(None, False), ((108.9, 34.27), False), ((108.82, 34.27), False), ((108.8199, 34.27), True), ((139.76, 35.68), True)],
)  # fmt: skip
def test_far_is_three_kilometres_outside(camera: Any, far: bool) -> None:
    assert rules.is_far(camera, BOX) is far
    assert rules.is_far(camera, None) is False


def written(
    number: int, words: str, *, place: str = "", photos: tuple[str, ...] = (), actor: str = "post:1"
) -> Written:
    return Written(
        number,
        actor,
        AT + timedelta(hours=number),
        "walk_in",
        place or f"{number}号",
        words,
        frozenset(photos),
    )


def test_three_alike_in_different_places_are_a_question() -> None:
    same = [written(n, f"{n}号家里一切正常没有需要上报的问题") for n in range(3)]
    found = rules.repeated([*same, written(9, "楼道灯坏了，已经联系物业来修")])
    assert [group.keys for group in found] == [(0, 1, 2)]
    assert rules.repeated(same[:2]) == []  # two may be chance
    assert (
        rules.repeated([written(n, "家里一切正常没有问题", place="1号") for n in range(5)]) == []
    )  # one place, told five times
    assert rules.repeated([written(n, "无异常") for n in range(9)]) == []  # nothing to say is nothing to say
    assert (
        rules.repeated(
            [written(n, f"{n}号家里一切正常没有需要上报的问题", actor=f"post:{n}") for n in range(5)]
        )
        == []
    )


def test_one_picture_for_two_entries_is_a_question() -> None:
    found = rules.repeated([written(1, "a", photos=("d",)), written(2, "b", photos=("d", "e"))])
    assert [(group.keys, group.photo) for group in found] == [((1, 2), True)]


@pytest.mark.parametrize(
    ("hour", "day", "outside"),
    [(9, 10, False), (8, 10, True), (17, 10, False), (18, 10, True), (12, 14, True)],
)
def test_evenings_and_weekends_are_known(hour: int, day: int, outside: bool) -> None:
    at = datetime(2026, 3, day, hour, tzinfo=rules._ZONE)
    assert rules.outside_office_hours(at) is outside


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"met": "yes"}, ""),
        ({}, "rounds.form_missing"),
        ({"met": "perhaps"}, "rounds.form_choice"),
        ({"met": "yes", "target": "20"}, "rounds.form_field"),
    ],
)
def test_a_form_takes_what_it_asks_and_nothing_else(answers: dict[str, str], code: str) -> None:
    form = catalogue.form("walk_in")
    assert form is not None
    if not code:
        assert rules.check_answers(form, answers) == answers
        return
    with pytest.raises(Refused) as told:
        rules.check_answers(form, answers)
    assert told.value.code == code


def test_the_five_visits_are_five_questions() -> None:
    form = catalogue.form("firefly")
    assert form is not None
    assert [one["words"][0][:4] for one in form["fields"]] == [
        "巡百家门",
        "了百家情",
        "知百家事",
        "解百家难",
        "暖百家心",
    ]


@pytest.mark.parametrize(
    ("sort", "report", "solved", "ledgers"),
    [
        ("visit", "", False, {"visits", "patrol"}),
        ("visit", "LH1", False, {"visits", "patrol", "urban"}),
        ("visit", "LH1", True, {"visits", "patrol", "urban", "hotline"}),
        ("checkin", "", False, {"patrol"}),
        ("report", "LH1", False, {"patrol", "urban"}),
        ("report", "LH1", True, {"patrol", "urban", "hotline"}),
    ],
)
def test_one_entry_stands_in_every_ledger_that_asks_for_it(
    sort: str, report: str, solved: bool, ledgers: set[str]
) -> None:
    found = {
        name for name in catalogue.LEDGERS if catalogue.takes(name, sort=sort, report=report, solved=solved)
    }
    assert found == ledgers
