"""Splitting and merging: new numbers from a day on, the old ones end and are never used again, cards go along."""

from datetime import date, timedelta
from typing import Any

import pytest
import shapely

from gongbi.kernel.errors import Refused
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.territory import actions, invariants, queries
from gongbi.territory.models import Division
from tests.territory.conftest import AT, GRIDS, KEEPER, ONE, SINCE, TODAY, TWO, geometry, square

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)
PARTS = [geometry(square(0.5, 0, 0.5)), geometry(square(0, 0, 0.5))]  # east, west: given in the wrong order


def split(code: str = ONE + "001", parts: list[Any] = PARTS, effective: date = DAY) -> list[Division]:
    return actions.split_grid(code, parts, effective=effective, viewer=KEEPER, at=AT)


def merge(*codes: str, effective: date = DAY) -> Division:
    return actions.merge_grids(codes, effective=effective, viewer=KEEPER, at=AT)


def at(column: float, row: float, day: date) -> str:
    placed = queries.locate(108.9 + column * 0.002, 34.27 - row * 0.002, on=day)
    assert placed is not None
    return placed.grid


def test_a_split_gives_new_numbers_west_first_and_ends_the_old_one(district: None) -> None:
    Division.objects.filter(code=ONE + "001").update(households=401, population=1000)
    new = split()
    assert [d.code for d in new] == [ONE + "005", ONE + "006"]
    assert new[0].lon is not None
    assert new[1].lon is not None
    assert new[0].lon < new[1].lon
    assert sum(d.households or 0 for d in new) == 401  # nobody is lost
    assert [d.population for d in new] == [500, 500]
    old = Division.objects.get(code=ONE + "001")
    assert old.valid_to == DAY
    assert at(0.25, 0.5, DAY - timedelta(days=1)) == ONE + "001"
    assert at(0.25, 0.5, DAY) == ONE + "005"
    assert at(0.75, 0.5, DAY) == ONE + "006"
    assert list(invariants.boundaries_tile()) == []


def test_a_merge_gives_one_new_number(district: None) -> None:
    new = merge(ONE + "003", ONE + "004")
    assert new.code == ONE + "005"
    assert new.area_m2 == pytest.approx(
        sum(d.area_m2 for d in queries.divisions(parent=ONE, on=TODAY)) / 2, rel=1e-4
    )
    assert at(0.5, 1.5, DAY) == at(1.5, 1.5, DAY) == ONE + "005"
    assert at(0.5, 1.5, TODAY) == ONE + "003"
    assert list(invariants.boundaries_tile()) == []


def test_numbers_are_never_reused(district: None) -> None:
    split()
    merge(ONE + "005", ONE + "006", effective=DAY + timedelta(days=1))
    codes = [d.code for d in queries.children(ONE, on=DAY + timedelta(days=2))]
    assert codes == [ONE + "002", ONE + "003", ONE + "004", ONE + "007"]
    assert queries.highest_sequence(ONE) == 7


@pytest.mark.parametrize(("highest", "fits"), [(997, True), (998, False), (999, False)])
def test_the_thousandth_grid_overflows(district: None, highest: int, fits: bool) -> None:
    actions.import_divisions(
        [actions.DivisionRow(f"{ONE}{highest:03d}", "末位网格")], valid_from=SINCE, viewer=KEEPER, at=AT
    )
    if fits:
        assert [d.code[12:] for d in split()] == ["998", "999"]
        return
    with pytest.raises(Refused) as caught:
        split()
    assert caught.value.code == "territory.grid_overflow"
    assert Division.objects.get(code=ONE + "001").valid_to is None


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ([geometry(square(0, 0, 0.5)), geometry(square(0.6, 0, 0.4))], "gap"),
        ([geometry(square(0, 0, 0.6)), geometry(square(0.5, 0, 0.5))], "overlap"),
        ([geometry(square(0, 0, 0.5)), geometry(square(0.5, 0, 0.6))], "outside"),
        ([geometry(square(0, 0, 0.5)), {"type": "Point", "coordinates": [108.9, 34.2]}], "not_areal"),
    ],
)
def test_parts_must_tile_the_old_grid(district: None, parts: list[Any], word: str) -> None:
    with pytest.raises(Refused) as caught:
        split(parts=parts)
    assert caught.value.code == "territory.tiling"
    assert "#2" in caught.value.message or "#1" in caught.value.message
    assert "%" not in caught.value.message
    assert Division.objects.filter(level="grid").count() == len(GRIDS)
    assert not OutboxRow.objects.filter(topic="territory.grids_changed").exists()


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ((ONE + "001",), "territory.merge_count"),
        ((ONE + "001", ONE + "001"), "territory.merge_count"),
        ((ONE + "001", ONE + "004"), "territory.merge_apart"),  # they meet in one point only
        ((ONE + "002", TWO + "001"), "territory.merge_apart"),  # two communities
        ((ONE + "001", ONE + "009"), "territory.no_division"),
        ((ONE, ONE + "001"), "territory.not_grid"),
    ],
)
def test_merges_that_are_none(district: None, codes: tuple[str, ...], code: str) -> None:
    with pytest.raises(Refused) as caught:
        merge(*codes)
    assert caught.value.code == code
    assert not Division.objects.filter(valid_to__isnull=False).exists()


@pytest.mark.parametrize(("days", "fine"), [(-1, False), (0, True), (1, True)])
def test_no_change_before_today(district: None, days: int, fine: bool) -> None:
    day = TODAY + timedelta(days=days)
    if fine:
        assert len(split(effective=day)) == 2
        return
    with pytest.raises(Refused) as caught:
        split(effective=day)
    assert caught.value.code == "territory.rewrites_history"


def test_an_ended_grid_cannot_be_split_again(district: None) -> None:
    split()
    with pytest.raises(Refused) as caught:
        split(effective=DAY + timedelta(days=1))
    assert caught.value.code == "territory.no_division"


def test_a_drawn_grid_cannot_just_end(district: None) -> None:
    with pytest.raises(Refused) as caught:
        actions.end_division(ONE + "001", effective=DAY, viewer=KEEPER, at=AT)
    assert caught.value.code == "territory.tiling"


def test_who_holds_old_codes_is_told(district: None) -> None:
    split()
    row = OutboxRow.objects.get(topic="territory.grids_changed")
    assert row.payload == {
        "old": [ONE + "001"],
        "new": [ONE + "005", ONE + "006"],
        "effective": "2026-12-01",
        "by": "post:1",
    }


def test_cards_go_along(district: None) -> None:
    actions.set_card(
        grid=ONE + "001",
        worker_name="李萤",
        phone="029-87654321",
        supervision_phone="12345",
        viewer=KEEPER,
        at=AT,
    )
    split()
    for code in (ONE + "005", ONE + "006"):
        card = queries.public_card(code, on=DAY)
        assert card is not None
        assert (card["worker_name"], card["phone"]) == ("李萤", "029-87654321")


def test_a_merged_shape_is_the_union(district: None) -> None:
    merge(ONE + "001", ONE + "002")
    shape = shapely.from_wkb(bytes(Division.objects.get(code=ONE + "005").geometry or b""))
    assert shape.equals(square(0, 0, 2, 1))
