"""The nightly look: what it raises, what it lets grow, what it leaves alone, and what it never passes on."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongbi.cases.exchange import import_reports
from gongbi.cases.models import Report
from gongbi.cases.queries import counting
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import Viewer
from gongbi.science import scan, surveillance
from gongbi.warning import actions, queries, rules, seeing
from gongbi.warning.actions.looking import _settle
from gongbi.warning.days import midnight
from gongbi.warning.models import DayCount, Run, Warning
from gongbi.warning.settings import SHIPPED
from tests.warning.happening import TODAY, Happened, noon, outbreak, quiet_past, shuffled, store

pytestmark = pytest.mark.django_db
NIGHT = noon(TODAY) + timedelta(hours=15)  # three in the morning after
QUICK = {"replications": "199", "max_radius_km": "1"}


@pytest.fixture(autouse=True)
def _quick(db: None, machine: Viewer) -> None:
    actions.change_settings(QUICK, viewer=machine, at=NIGHT)


@pytest.fixture(scope="module")
def past(district: None, django_db_blocker: Any) -> list[Happened]:
    """A hundred ordinary days, and fourteen cases in one grid in the last three."""
    with django_db_blocker.unblock():
        quiet = quiet_past(np.random.default_rng(5), days=100, a_day=24.0, grids=300)
    return quiet + outbreak(quiet[0].code)


@pytest.fixture
def look(machine: Viewer) -> Callable[..., Run]:
    def one(day: date = TODAY, at: datetime = NIGHT, **more: Any) -> Run:
        return actions.look(day=day, viewer=machine, at=at, **more)

    return one


def test_a_planted_outbreak_raises_a_warning(past: list[Happened], look: Callable[..., Run]) -> None:
    store(past)
    run = look()
    (one,) = run.raised.all()
    assert (one.sort, one.level, one.group, one.state) == (rules.CLUSTER, rules.RED, "E03", "raised")
    assert past[-1].code in {area.code for area in one.areas.all()}
    assert one.observed >= 14
    assert one.expected < 3
    assert one.last_day == TODAY
    assert one.first_day >= TODAY - timedelta(days=3)
    assert one.territory.startswith("610104")
    assert (run.new, run.grown, run.counted) == (1, 0, len(past))
    assert run.window_from == TODAY - timedelta(days=99)
    assert run.settings["replications"] == 199
    assert OutboxRow.objects.filter(topic="warning.raise", matter_id=one.pk).count() == 1


@pytest.mark.parametrize("seed", [6, 7])
def test_a_shuffled_copy_of_the_same_cases_raises_nothing(
    past: list[Happened], look: Callable[..., Run], seed: int
) -> None:
    store(shuffled(past, np.random.default_rng(seed)))
    run = look()
    assert run.counted == len(past)
    assert run.numbers["scanned_classes"] == 1
    assert run.new == 0
    assert not Warning.objects.exists()


def test_the_same_day_again_raises_nothing_again(past: list[Happened], look: Callable[..., Run]) -> None:
    store(past)
    first = look()
    (one,) = Warning.objects.all()
    again = look(at=NIGHT + timedelta(hours=1))
    assert (again.pk, again.new, again.grown, again.silent) == (first.pk, 0, 0, 1)
    (same,) = Warning.objects.all()
    assert (same.pk, same.version, same.observed) == (one.pk, one.version, one.observed)
    assert Run.objects.count() == 1


def test_an_outbreak_that_goes_on_grows_instead_of_being_raised_again(
    past: list[Happened], look: Callable[..., Run], machine: Viewer
) -> None:
    store(past)
    look()
    (one,) = Warning.objects.all()
    tomorrow = TODAY + timedelta(days=1)
    store([Happened(past[-1].code, "E0301", noon(tomorrow)) for _ in range(6)])
    run = look(day=tomorrow, at=NIGHT + timedelta(days=1))
    assert (run.new, run.grown) == (0, 1)
    (same,) = Warning.objects.all()
    assert same.pk == one.pk
    assert same.observed > one.observed
    assert (same.first_day, same.last_day, same.seen_day) == (one.first_day, tomorrow, tomorrow)
    assert [event.arrow.name for event in queries.timeline(same, machine)] == ["raise", "grow"]
    # The day before, looked at once more, changes nothing.
    earlier = look(at=NIGHT + timedelta(days=2))
    assert (earlier.new, earlier.grown) == (0, 0)


def test_what_was_dismissed_is_not_raised_again(
    past: list[Happened], look: Callable[..., Run], post: Callable[..., Viewer]
) -> None:
    store(past)
    look()
    (one,) = Warning.objects.all()
    desk = post("dispatcher")
    actions.assess(key=one.pk, finding="批量补录", viewer=desk, at=NIGHT)
    actions.dismiss(key=one.pk, reason="补录的旧案件", viewer=desk, at=NIGHT)
    run = look(at=NIGHT + timedelta(hours=2))
    assert (run.new, run.grown, run.silent) == (0, 0, 1)


def test_nothing_is_raised_from_nothing(look: Callable[..., Run]) -> None:
    run = look()
    assert (run.new, run.counted, run.numbers["scanned_classes"], run.numbers["series"]) == (0, 0, 0, 0)
    code = quiet_past(np.random.default_rng(1), days=1)[0].code
    store([Happened(code, "E0301", noon(TODAY)) for _ in range(50)])  # one place, one day
    assert look().new == 0


def test_a_file_of_old_messages_is_counted_on_the_days_they_were_said(machine: Viewer) -> None:
    code = quiet_past(np.random.default_rng(1), days=1)[0].code
    said = [TODAY - timedelta(days=back) for back in (0, 0, 40, 800)]
    rows = "".join(f"工地夜里施工第{n}次,{day} 10:00,{code},E0301\n" for n, day in enumerate(said))
    done = import_reports(
        f"内容,时间,社区或网格代码,类别代码\n{rows}".encode(), "old.csv", viewer=machine, at=NIGHT
    )
    assert (done.new, done.refused) == (4, 0)
    counted = queries.day_counts(machine, TODAY - timedelta(days=364), TODAY + timedelta(days=1))
    assert counted == {
        said[0]: {"E03": {code: 2}},
        said[2]: {"E03": {code: 1}},
    }  # none on the night of the import
    store([Happened(code, "E0301", noon(TODAY))])
    window = (midnight(TODAY), midnight(TODAY + timedelta(days=1)))
    assert len(counting.inside(machine, [code], "E03", *window, most=9)) == 3


def test_two_sorts_that_tell_of_one_problem_name_each_other(
    past: list[Happened], look: Callable[..., Run], machine: Viewer
) -> None:
    store(past)
    look()
    (cluster,) = Warning.objects.all()
    run = Run.objects.get()
    same = rules.Found(
        rules.REPEAT, 4, "7 E0301", "E03", "E0301", (past[-1].code,), TODAY - timedelta(days=89), TODAY, 5
    )
    elsewhere = dataclasses.replace(same, subject="8 E0301", codes=("610104009999999",))
    _settle([same, elsewhere], run, TODAY, machine, NIGHT, SHIPPED)
    repeat = Warning.objects.get(sort=rules.REPEAT, subject="7 E0301")
    other = Warning.objects.get(subject="8 E0301")
    assert [one.pk for one in queries.same_problem(cluster, machine)] == [repeat.pk]
    assert [one.pk for one in queries.same_problem(repeat, machine)] == [cluster.pk]
    assert queries.same_problem(other, machine) == []


def test_a_live_look_finds_the_outbreak_and_counts_only_the_last_days_anew(
    past: list[Happened], look: Callable[..., Run], machine: Viewer
) -> None:
    store([one for one in past if one.opened < noon(TODAY) - timedelta(days=4)])
    look(day=TODAY - timedelta(days=4), at=NIGHT - timedelta(days=4))
    assert not Warning.objects.exists()
    store([one for one in past if one.opened >= noon(TODAY) - timedelta(days=4)])
    DayCount.objects.filter(day=TODAY - timedelta(days=50)).update(
        counts={"E03": {"610104999999999": 999}}  # a place that the map does not know
    )
    run = look(at=noon(TODAY), live=True)
    assert run.live
    assert run.new == 1
    assert run.counted > 999  # what the night had stored stands
    assert Warning.objects.get().sort == rules.CLUSTER
    assert all(len(area.code) == 12 for area in Warning.objects.get().areas.all())
    # The night finds the same in its grids, and lets it grow.
    night = look()
    assert (night.new, night.grown) == (0, 1)


def test_the_night_looks_at_yesterday_once(past: list[Happened], machine: Viewer) -> None:
    midnight = datetime(2026, 3, 10, 16, 10, tzinfo=noon(TODAY).tzinfo)  # ten past twelve in Shanghai
    assert actions.nightly(viewer=machine, at=midnight) is None
    run = actions.nightly(viewer=machine, at=midnight + timedelta(hours=1))
    assert run is not None
    assert run.day == TODAY
    assert actions.nightly(viewer=machine, at=midnight + timedelta(hours=2)) is None


def test_a_rise_in_a_community_is_told(look: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = quiet_past(np.random.default_rng(5), days=100, a_day=24.0, grids=300)
    store([*quiet, *outbreak(quiet[0].code, cases=40)])
    monkeypatch.setattr(seeing, "clusters", lambda *_a, **_m: seeing.Scanned((), {}))
    look()
    one = Warning.objects.get()
    assert (one.sort, one.group) == (rules.RISE, "E03")
    assert one.territory == quiet[0].code[:12]
    assert one.recurrence is not None
    assert one.recurrence > 14


def test_repeats_and_lateness_are_told(
    look: Callable[..., Run], unit: Callable[[str], int], machine: Viewer
) -> None:
    code = quiet_past(np.random.default_rng(1), days=1)[0].code
    here = {"lon": 108.913, "lat": 34.265}
    lamp = [
        Happened(
            code,
            "C0137",
            noon(TODAY - timedelta(days=3 * n + 1)),
            noon(TODAY - timedelta(days=3 * n)),
            **here,
        )
        for n in range(5)
    ]
    bureau, hour = unit("urban_management"), timedelta(hours=1)
    done = [
        Happened(
            code,
            "E0405",
            (begun := noon(TODAY - timedelta(days=40))),
            begun + n * hour,
            bureau,
            begun + 48 * hour,
            begun + n * hour,
        )
        for n in range(1, 101)
    ]
    end = midnight(TODAY + timedelta(days=1))
    waiting = [Happened(code, "E0405", end - 30 * hour, None, bureau, end + 18 * hour) for _ in range(4)]
    # An ordinary quarter elsewhere, which tells what a square may expect.
    ordinary = [
        Happened(
            code,
            f"C01{n % 9:02d}",
            noon(TODAY - timedelta(days=n % 90)),
            lon=108.9 + n % 20 / 500,
            lat=34.25 + n % 7 / 500,
        )
        for n in range(600)
    ]
    keys = store([*lamp, *done, *waiting, *ordinary])
    look(at=end + 3 * hour)
    by_sort = {one.sort: one for one in Warning.objects.filter(sort__in=(rules.REPEAT, rules.LATE))}
    assert by_sort[rules.REPEAT].observed == 4
    assert by_sort[rules.REPEAT].expected < 0.5
    assert len(by_sort) == 2  # nothing else is told of an ordinary quarter
    assert Warning.objects.filter(sort=rules.REPEAT).count() == 1
    assert set(by_sort[rules.REPEAT].cases) == set(keys[:5])
    late = by_sort[rules.LATE]
    assert (late.unit_id, late.observed, set(late.cases)) == (bureau, 4, set(keys[105:109]))
    assert [case.pk for case in queries.cases_inside(late, machine)] == keys[105:109][::-1]
    again = look(at=end + 4 * hour)
    assert again.new == 0


# --- No person reaches science --------------------------------------------------------------------------------------------


def leaves(value: Any) -> Iterator[Any]:
    """Everything that a value is made of."""
    if isinstance(value, (str, bytes, int, float, bool, np.ndarray, np.generic)) or value is None:
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from leaves(getattr(value, field.name))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(key)
            yield from leaves(part)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for part in value:
            yield from leaves(part)
    else:
        raise AssertionError(f"what is a {type(value)} doing here?")


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Every argument with which this room calls the library."""
    calls: list[tuple[str, Any]] = []

    def spied(module: ModuleType, name: str) -> None:
        inner = getattr(module, name)

        def outer(*given: Any, **named: Any) -> Any:
            calls.append((f"{module.__name__}.{name}", (given, tuple(named.values()))))
            return inner(*given, **named)

        monkeypatch.setattr(module, name, outer)

    for module in (scan, surveillance):
        for name in module.__all__:
            if inspect.isfunction(getattr(module, name)):
                spied(module, name)
    return calls


PERSONAL = (
    "name",
    "phone",
    "phone_index",
    "text",
    "comment",
    "reply",
    "by",
    "answers",
    "title",
    "place_words",
    "seed",
)


# Of a report only these are read: which case, when, through what.
OF_A_REPORT = tuple(
    field.column
    for field in Report._meta.concrete_fields
    if field.column not in ("case_id", "first_case_id", "channel", "said_at", "received_at")
)


def test_no_person_and_no_word_of_a_person_reaches_science(
    past: list[Happened], look: Callable[..., Run], passed: list[tuple[str, Any]]
) -> None:
    """All that is passed is numbers, and the only words are the names of the library's own methods."""
    store(past)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        look()
    assert {name for name, _given in passed} >= {
        "gongbi.science.scan.scan",
        "gongbi.science.surveillance.watch",
    }
    for name, given in passed:
        for leaf in leaves(given):
            if isinstance(leaf, np.ndarray):
                assert leaf.dtype.kind in "iufb", name
            else:
                assert not isinstance(leaf, (str, bytes)) or leaf == "permutation", (name, leaf)
    reads = [query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT")]
    for sql in reads:
        for column in OF_A_REPORT:
            assert f'"cases_report"."{column}"' not in sql
        for column in PERSONAL:
            assert f'"cases_case"."{column}"' not in sql
        for table in ("parties_person", "parties_account", "vault_"):
            assert table not in sql


def test_no_table_of_warnings_has_a_place_for_a_person() -> None:
    """The one person known is who assessed, so that somebody else reviews."""
    from django.apps import apps

    for model in apps.get_app_config("warning").get_models():
        for field in model._meta.local_fields:
            assert field.name not in (*PERSONAL, "person", "resident"), (model, field)
            assert "Sealed" not in type(field).__name__
