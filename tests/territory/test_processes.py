"""Two at once: numbers are given one change at a time, and what another process changed is seen within a second."""

import threading
import time
from datetime import date

import pytest
import shapely
from django.db import connection, connections

from gongbi.kernel.errors import Refused
from gongbi.territory import actions, queries
from gongbi.territory.models import Division, Revision
from tests.territory.conftest import AT, KEEPER, ONE, TODAY, geometry, square

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 12, 1)


def both(*work: object) -> list[object]:
    """Run callables in threads that start together; what each returned or raised."""
    gate = threading.Barrier(len(work))
    out: list[object] = [None] * len(work)

    def run(index: int) -> None:
        gate.wait()
        try:
            out[index] = work[index]()  # type: ignore[operator]
        except Exception as error:
            out[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return out


def split(number: int) -> list[str]:
    column, row = (number - 1) % 2, (number - 1) // 2
    parts = [geometry(square(column, row, 0.5)), geometry(square(column + 0.5, row, 0.5))]
    made = actions.split_grid(f"{ONE}{number:03d}", parts, effective=DAY, viewer=KEEPER, at=AT)
    return [division.code for division in made]


def test_two_splits_in_one_community_get_different_numbers(district: None) -> None:
    done = both(lambda: split(1), lambda: split(2), lambda: split(4))
    codes = [code for made in done for code in made]  # type: ignore[attr-defined]
    assert sorted(codes) == [f"{ONE}{n:03d}" for n in range(5, 11)]


def test_one_grid_is_split_once(district: None) -> None:
    done = both(lambda: split(1), lambda: split(1))
    assert sorted(type(d).__name__ for d in done) == ["Refused", "list"]
    refusal = next(d for d in done if isinstance(d, Refused))
    assert refusal.code in ("territory.no_division", "territory.future_version")
    assert Division.objects.filter(parent=ONE, valid_from=DAY).count() == 2


def test_two_card_changes_leave_one_current(district: None) -> None:
    def post(name: str) -> object:
        return actions.set_card(
            grid=ONE + "001", worker_name=name, phone="12345", supervision_phone="12345", viewer=KEEPER, at=AT
        )

    done = both(lambda: post("李萤"), lambda: post("王桥"))
    assert not any(isinstance(d, Exception) for d in done)
    assert [card.ended_at is None for card in queries.card_log(ONE + "001")].count(True) == 1
    assert len(queries.card_log(ONE + "001")) == 2


def test_what_another_process_changed_is_seen_within_a_second(district: None) -> None:
    place = (108.9 + 1.05 * 0.002, 34.269)

    def grid() -> str:
        found = queries.locate(*place, on=TODAY)
        assert found is not None
        return found.grid

    assert grid() == ONE + "002"
    # Another process knows nothing of this one's memory: it only writes rows.
    for code, shape in ((ONE + "001", square(0, 0, 1.1)), (ONE + "002", square(1.1, 0, 0.9))):
        Division.objects.filter(code=code).update(geometry=shapely.to_wkb(shape))
    Revision.objects.filter(name="boundaries").update(token=42)
    assert not connection.in_atomic_block
    time.sleep(1.05)
    assert grid() == ONE + "001"


def test_locating_asks_the_database_once_a_second_and_no_more(
    district: None, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    queries.locate(108.901, 34.269, on=TODAY)
    queries.locate(108.901, 34.269, on=TODAY)
    with django_assert_max_num_queries(2):
        for _ in range(5000):
            queries.locate(108.901, 34.269, on=TODAY)
