"""A statement made once gives what the query set gives, for every asker and every key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from gongbi.cases import queries
from gongbi.cases.models import Case, Report
from gongbi.kernel import scope, statements
from gongbi.kernel.scope.viewer import RESIDENT, Viewer, system
from gongbi.parties.models import Person
from gongbi.parties.sessions import SessionStore

pytestmark = pytest.mark.django_db


def _askers(case: Case) -> list[Viewer]:
    territory, report = case.territory, case.reports.get().pk
    return [
        system("clock"),
        Viewer(actor="post:1", role="dispatcher", territories=(territory[:6],)),
        Viewer(actor="post:2", role="dispatcher", territories=("990000",)),
        Viewer(actor="post:3", role="handler", units=frozenset({1, 2})),
        Viewer(actor="post:4", role="handler"),
        Viewer(actor="post:5", role="admin"),
        Viewer(actor=f"report:{report}", role=RESIDENT, reports=frozenset({report})),
        Viewer(actor="report:0", role=RESIDENT, reports=frozenset({report + 1000})),
        Viewer(actor="report:1", role=RESIDENT, reports=frozenset({report, report + 1000})),
        Viewer(actor="report:2", role=RESIDENT),
    ]


def test_colleagues_in_like_posts_do_not_share_what_is_one_persons_own(post: Callable[..., Viewer]) -> None:
    """Who may see a person rests on who asks, not on the post: the second asker is given nothing of the first."""
    first = post("dispatcher")
    person = Person.objects.get(pk=first.person_id)
    other = replace(first, actor="post:0", post_id=0, person_id=0)
    assert scope.by_key(Person, first, person.pk) == person
    assert scope.by_key(Person, other, person.pk) is None


def test_by_key_sees_what_the_rules_let_see(say: Callable[..., Case]) -> None:
    """Twice each: the second time the statement is there already; the other case shows that values are not kept with it."""
    cases = [say(), say()]
    seen = set()
    for _ in range(2):
        for case in cases:
            for asker in _askers(case):
                for model, key in ((Case, case.pk), (Report, case.reports.get().pk)):
                    told = scope.by_key(model, asker, key)
                    expected = scope.visible(model, asker).filter(pk=key).first()
                    assert told == expected, asker
                    seen.add(told is None)
                    if told is not None and expected is not None:
                        fields = [field.attname for field in model._meta.concrete_fields]
                        assert [str(getattr(told, name)) for name in fields] == [
                            str(getattr(expected, name)) for name in fields
                        ]
    assert seen == {True, False}


def test_related_rows_come_with_theirs(say: Callable[..., Case], django_assert_num_queries: object) -> None:
    case = say()
    report = scope.by_key(Report, system("clock"), case.reports.get().pk, related=("case",))
    assert report is not None
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert report.case.title == case.title


def test_a_form_that_depends_on_its_values_is_not_kept(say: Callable[..., Case]) -> None:
    one, two = say(), say()

    def before(key: int) -> object:
        return Case.objects.filter(pk=key - 1)

    for case in (one, two, one):
        found = statements.fetch("test.before", before, case.pk)  # type: ignore[arg-type, var-annotated]
        assert found == list(Case.objects.filter(pk=case.pk - 1))


def test_a_window_of_the_map_tells_the_deadline_to_the_microsecond(say: Callable[..., Case]) -> None:
    case = say()
    assert case.lon is not None
    assert case.lat is not None
    due = datetime.fromisoformat("2026-03-02T10:00:00.123457+08:00")
    for deadline in (due, None):
        Case.objects.filter(pk=case.pk).update(due_at=deadline)
        around = {
            "west": case.lon - 0.01,
            "south": case.lat - 0.01,
            "east": case.lon + 0.01,
            "north": case.lat + 0.01,
        }
        (row,) = queries.map_window(system("clock"), **around)
        assert row == {
            "pk": case.pk, "lon": case.lon, "lat": case.lat, "state": case.state, "kind": case.kind, "due_at": deadline, "title": case.title
        }  # fmt: skip
        assert queries.map_window(system("clock"), **around | {"north": case.lat - 0.005}) == []


@pytest.mark.parametrize(("left", "there"), [(timedelta(seconds=5), True), (timedelta(seconds=-1), False)])
def test_a_session_ends_when_its_time_is_up(left: timedelta, there: bool) -> None:
    store = SessionStore()
    store["post"] = 7
    store.save()
    Session.objects.filter(pk=store.session_key).update(expire_date=timezone.now() + left)
    again = SessionStore(store.session_key)
    assert again.get("post") == (7 if there else None)
    assert (again.session_key is not None) is there
