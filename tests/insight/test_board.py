"""The board out of the database against the plain recount; who counts what; the rows behind each number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongbi.insight import actions, counting, queries, watermark
from gongbi.insight.catalogue import rates
from gongbi.insight.counting import BY, Filters
from gongbi.insight.facts import cut
from gongbi.insight.models import CaseFacts, FactLine
from gongbi.insight.period import Period
from gongbi.insight.rates import Config
from gongbi.insight.recount import differences, recount
from gongbi.insight.tasks import refresh_cases
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.outbox.subscribers import Event
from gongbi.kernel.scope.viewer import ADMIN, CHECKER, HANDLER, MANAGER, PUBLIC, SECURITY, Viewer, system
from tests.insight.histories import COMMUNITIES, History, histories
from tests.insight.ledgers import go_on, write

pytestmark = pytest.mark.django_db

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
CONFIG = Config()
ALL = system("test")
PERIODS = (MARCH, Period(date(2026, 3, 9), date(2026, 3, 9)), Period(date(2026, 3, 20), date(2026, 5, 20)))


def filled(seed: int = 1, count: int = 150) -> list[int]:
    keys = write(histories(seed, count))
    actions.refresh(keys)
    return keys


@pytest.mark.parametrize("period", PERIODS, ids=str)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_board_is_the_plain_recount_of_the_ledger(seed: int, period: Period) -> None:
    filled(seed)
    told = queries.board_json(ALL, period, by=BY, config=CONFIG)
    assert differences(told, recount(period, by=BY, config=CONFIG)) == []


@pytest.mark.parametrize(
    "filters", [Filters(territory="610104001"), Filters(unit=12, kind="1"), Filters(channel="hotline")]
)
def test_so_it_is_under_a_filter(filters: Filters) -> None:
    filled()
    one = queries.board_json(ALL, MARCH, by=BY, filters=filters, config=CONFIG)
    assert differences(one, recount(MARCH, by=BY, filters=filters, config=CONFIG)) == []
    assert any(rate["denominator"] for rate in orjson.loads(one)["rates"])


def test_last_march_gives_the_same_bytes_after_everything_that_came_later() -> None:
    whole = [story for story in histories(8, 150, days=40) if story[0].at < MARCH.end]
    known = [list(cut(story, MARCH.end)) for story in whole]
    keys = write(known)  # type: ignore[arg-type]
    actions.refresh(keys)
    then = queries.board_json(ALL, MARCH, by=BY, config=CONFIG)
    later = 0
    for key, story, before in zip(keys, whole, known, strict=True):
        if len(story) > len(before):
            go_on(key, story[len(before) :])
            later += 1
    assert later > 10
    actions.refresh(keys)
    assert queries.board_json(ALL, MARCH, by=BY, config=CONFIG) == then


def test_refreshing_twice_writes_nothing_and_a_rebuild_gives_the_same(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    keys = filled()
    rows = list(FactLine.objects.order_by("pk").values())
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert actions.refresh(keys) == len(keys)
    assert not [q for q in asked.captured_queries if "INSERT" in q["sql"] and "factline" in q["sql"]]
    assert list(FactLine.objects.order_by("pk").values()) == rows
    FactLine.objects.filter(pk__in=[row["id"] for row in rows[::3]]).delete()
    told: list[int] = []
    assert actions.rebuild_all(batch=40, tell=told.append) == len(keys)
    assert told == [40, 80, 120, 150]
    drop = {"id"}
    assert sorted(
        ({k: v for k, v in r.items() if k not in drop} for r in FactLine.objects.values()), key=repr
    ) == sorted(({k: v for k, v in r.items() if k not in drop} for r in rows), key=repr)


def test_stepwise_refreshing_ends_where_one_fold_ends() -> None:
    stories = histories(4, 40, days=10)
    keys = write([story[:1] for story in stories])
    for length in range(2, 30):
        for key, story in zip(keys, stories, strict=True):
            if len(story) >= length:
                go_on(key, story[length - 1 : length])
        actions.refresh(keys)
    rows = list(FactLine.objects.order_by("case_id", "what", "nth", "since").values())
    FactLine.objects.all().delete()
    actions.rebuild_all()
    again = list(FactLine.objects.order_by("case_id", "what", "nth", "since").values())
    assert [{**row, "id": 0} for row in again] == [{**row, "id": 0} for row in rows]


def test_an_event_refreshes_its_case_once_and_older_events_find_it_done() -> None:
    (key,) = write([History().to_closed().entries])
    event = Event(1, "cases.confirm", key, {"seq": 6})
    refresh_cases([event])
    assert CaseFacts.objects.get(pk=key).last_seq == 6
    with CaptureQueriesContext(connection) as asked:
        refresh_cases([Event(2, "cases.sign", key, {"seq": 4})])
    assert len(asked) == 1
    refresh_cases([Event(3, "cases.settings_changed", None, {})])


def test_a_matter_of_another_flow_is_passed_over() -> None:
    (key,) = write([History().to_closed().entries])
    Matter.objects.filter(pk=key).update(flow="mediation")
    assert actions.refresh([key]) == 0
    assert not CaseFacts.objects.exists()


def test_what_was_not_folded_is_found_and_caught_up() -> None:
    (key,) = write([History().to_closed().entries])
    (breach,) = watermark.everything_folded()
    assert breach.where == str(key)
    assert actions.catch_up() == 1
    assert list(watermark.everything_folded()) == []
    assert actions.catch_up() == 0


# --- Rows ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", rates(CONFIG), ids=lambda rate: rate.code)
def test_the_rows_behind_a_number_are_as_many_as_it_says(rate: Any) -> None:
    filled()
    board = queries.board(ALL, MARCH, by="street", config=CONFIG)
    figure = board.figures[rate.code]
    assert figure.below > 0

    def rows(part: queries.Part, **more: Any) -> queries.Rows:
        return queries.rows_behind(ALL, rate.code, part, MARCH, config=CONFIG, size=10_000, **more)

    assert rows("numerator").total == len(rows("numerator").rows) == figure.above
    assert rows("denominator").total == figure.below
    assert rows("rest").total == figure.below - figure.above
    assert rows("excluded").total == sum(figure.left_out.values())
    assert {row.key for row in rows("numerator").rows} | {row.key for row in rows("rest").rows} == {
        row.key for row in rows("denominator").rows
    }
    assert all(row.ground for row in rows("excluded").rows)
    for group in board.groups:
        found = rows("denominator", by="street", key=group.key)
        assert found.total == group.figures[rate.code].below


@pytest.mark.parametrize("by", BY)
def test_every_group_opens_its_own_rows(by: str) -> None:
    filled()
    for group in queries.board(ALL, MARCH, by=by, config=CONFIG).groups:
        for code in ("filed", "handled_on_time", "solved"):
            found = queries.rows_behind(ALL, code, "numerator", MARCH, by=by, key=group.key, config=CONFIG)
            assert found.total == group.figures[code].above


def test_pages_of_rows_follow_each_other_without_gap() -> None:
    filled()
    whole = queries.rows_behind(ALL, "filed", "denominator", MARCH, size=1000).rows
    pieces: list[queries.Row] = []
    after = None
    while True:
        page = queries.rows_behind(ALL, "filed", "denominator", MARCH, size=7, after=after)
        pieces += page.rows
        after = page.after
        if after is None:
            break
    assert pieces == list(whole)
    assert len(whole) > 14


def test_the_course_of_a_rate_is_each_days_own_board() -> None:
    filled()
    for code in ("handled", "closed_on_time", "satisfied"):
        with CaptureQueriesContext(connection) as asked:
            points = queries.trend(ALL, code, MARCH, "day", config=CONFIG)
        assert len(asked) == 2
        assert len(points) == 31
        for point in points[::5]:
            assert point.figure == queries.board(ALL, point.period, config=CONFIG).figures[code]
        assert sum(point.figure.below for point in points) > 0


# --- Who counts what -------------------------------------------------------------------------------------------------


def test_nobody_counts_a_matter_outside_the_own_field(viewer: Callable[..., Viewer]) -> None:
    filled(count=200)
    street = viewer(MANAGER, territories=("610104001",))
    handler = viewer(HANDLER, unit_id=12)
    own = queries.board(street, MARCH, config=CONFIG)
    assert (
        own.figures
        == queries.board(ALL, MARCH, filters=Filters(territory="610104001"), config=CONFIG).figures
    )
    unit = queries.board(handler, MARCH, config=CONFIG)
    assert unit.figures == queries.board(ALL, MARCH, filters=Filters(unit=12), config=CONFIG).figures
    assert own.figures["handled"].below > 0
    assert unit.figures["handled"].below > 0
    assert unit.figures["filed"].value is None
    for row in queries.rows_behind(street, "handled", "denominator", MARCH, size=1000).rows:
        assert row.territory.startswith("610104001")
    for row in queries.rows_behind(handler, "handled", "denominator", MARCH, size=1000).rows:
        assert row.unit_id == 12
    elsewhere = queries.board(street, MARCH, filters=Filters(territory="610104002"), config=CONFIG)
    assert {figure.below for figure in elsewhere.figures.values()} == {0}


def test_parts_of_the_district_add_up_to_the_whole(viewer: Callable[..., Viewer]) -> None:
    filled(count=200)
    district = queries.board(viewer(CHECKER, territories=("610104",)), MARCH, config=CONFIG)
    assert district.figures == queries.board(ALL, MARCH, config=CONFIG).figures
    streets = [viewer(MANAGER, territories=(code,)) for code in sorted({code[:9] for code in COMMUNITIES})]
    for code in ("handled", "solved", "returned"):
        placed = sum(queries.board(street, MARCH, config=CONFIG).figures[code].below for street in streets)
        # What was solved on the spot may have no place yet: only the whole district answers for it.
        nowhere = queries.figure(ALL, code, MARCH, by="street", key="", config=CONFIG).below
        assert placed + nowhere == district.figures[code].below > 0


@pytest.mark.parametrize("role", [ADMIN, SECURITY])
def test_who_keeps_the_machine_counts_nothing(role: str, viewer: Callable[..., Viewer]) -> None:
    filled(count=30)
    assert {f.below for f in queries.board(viewer(role), MARCH, config=CONFIG).figures.values()} == {0}


def test_a_visitor_has_no_board() -> None:
    with pytest.raises(Forbidden):
        queries.board(PUBLIC, MARCH, config=CONFIG)


# --- Cost and refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [10, 120])
def test_a_board_costs_four_queries_however_much_there_is(count: int) -> None:
    filled(count=count)
    for by in ("", *BY):
        with CaptureQueriesContext(connection) as asked:
            queries.board(ALL, MARCH, by=by, config=CONFIG)
        assert len(asked) == 4


def test_unknown_words_are_refused_or_not_there() -> None:
    with pytest.raises(Refused) as refused:
        queries.board(ALL, MARCH, by="person", config=CONFIG)
    assert refused.value.field == "by"
    with pytest.raises(NotThere):
        queries.rows_behind(ALL, "happiness", "numerator", MARCH, config=CONFIG)


def test_the_settings_of_the_city_are_used() -> None:
    assert queries.board(ALL, MARCH).config == Config()
    assert queries.board(ALL, MARCH).figures.keys() == {rate.code for rate in rates(CONFIG)}


def test_the_lines_of_a_case_are_those_of_the_fold() -> None:
    filled(count=60)
    total = counting.cells((), MARCH)
    assert total == {}
    assert FactLine.objects.filter(until__isnull=False).exists()
    assert (
        FactLine.objects.filter(at__gte=MARCH.start - timedelta(days=400)).count() == FactLine.objects.count()
    )
