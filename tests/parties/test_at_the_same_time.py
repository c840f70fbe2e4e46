"""Two people do the same thing at the same moment: one wins, the other is told, nothing is lost. Real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from gongbi.kernel.errors import Refused
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import actions, handover, queries
from gongbi.parties.models import Handover, Person, Post, Unit

from .conftest import KEEPER

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start at one moment; each answer is its result or the Refused it raised."""
    gate = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait(10)
            answers[place] = call()
        except Refused as refusal:
            answers[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.fixture
def desk(now: datetime) -> Iterator[None]:
    """A room in the database: ``due_at`` aside, a matter's ``unit_id`` is the post that holds it."""

    def find(post: Post) -> list[int]:
        return list(Matter.objects.filter(unit_id=post.pk).values_list("pk", flat=True))

    def transfer(post_from: Post, post_to: Post, at: datetime, viewer: Viewer) -> None:
        Matter.objects.filter(unit_id=post_from.pk).update(unit_id=post_to.pk)

    handover.register("desk", find=find, transfer=transfer)
    yield
    handover.forget("desk")


@pytest.mark.parametrize("round_", range(3))
def test_two_end_the_same_post_and_it_ends_once(
    round_: int, appoint: Callable[..., Post], desk: None, now: datetime
) -> None:
    post, first, second = (appoint("firm", "handler") for _ in range(3))
    for _ in range(5):
        Matter(flow="case", state="x", unit_id=post.pk, opened_at=now).save()

    def end(heir: Post) -> Callable[[], Handover]:
        return lambda: actions.end_post(post.pk, at=now + DAY, viewer=KEEPER, successor_id=heir.pk)

    answers = together(end(first), end(second), end(first))
    won = [answer for answer in answers if isinstance(answer, Handover)]
    lost = [answer.code for answer in answers if isinstance(answer, Refused)]
    assert (len(won), lost) == (1, ["parties.post_ended"] * 2)
    assert Matter.objects.filter(unit_id=won[0].post_to_id).count() == 5
    assert won[0].matters == won[0].items.count() == 5


@pytest.mark.parametrize("round_", range(3))
def test_a_matter_given_while_the_post_ends_goes_along_or_is_refused(
    round_: int, appoint: Callable[..., Post], desk: None, now: datetime
) -> None:
    """Whoever gives a matter holds the post's row: it is handed over too, or it is never given."""
    post, heir = appoint("firm", "handler"), appoint("firm", "handler")

    def give() -> int:
        with transaction.atomic():
            actions.hold_post(post.pk, at=now + DAY)
            matter = Matter(flow="case", state="x", unit_id=post.pk, opened_at=now)
            matter.save()
            return matter.pk

    ended, *given = together(
        lambda: actions.end_post(post.pk, at=now + DAY, viewer=KEEPER, successor_id=heir.pk), give, give
    )
    assert isinstance(ended, Handover)
    assert not Matter.objects.filter(unit_id=post.pk).exists()
    assert Matter.objects.filter(unit_id=heir.pk).count() == sum(isinstance(answer, int) for answer in given)
    assert {answer.code for answer in given if isinstance(answer, Refused)} <= {"parties.post_not_in_office"}


def test_two_posts_that_exclude_each_other_are_not_both_given(
    units: dict[str, Unit], person: Callable[[], Person], appoint: Callable[..., Post]
) -> None:
    somebody = person().pk
    answers = together(
        lambda: appoint("centre", "checker", person_id=somebody),
        lambda: appoint("firm", "handler", person_id=somebody),
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Post", "Refused"]
    assert Post.objects.filter(person_id=somebody).count() == 1


def test_a_unit_does_not_close_while_somebody_is_appointed(
    units: dict[str, Unit], appoint: Callable[..., Post], now: datetime
) -> None:
    answers = together(
        lambda: appoint("firm", "handler", valid_from=now + 2 * DAY),
        lambda: actions.close_unit(units["firm"].pk, at=now + DAY, viewer=KEEPER),
    )
    closed = Unit.objects.get(pk=units["firm"].pk).valid_to is not None
    assert closed is not Post.objects.filter(unit=units["firm"]).exists()
    assert sum(isinstance(answer, Refused) for answer in answers) == 1


def test_a_change_in_one_thread_is_seen_by_the_next_question_in_another(
    units: dict[str, Unit], now: datetime
) -> None:
    assert queries.unit_for("unit:firm", None, at=now + DAY) is not None
    (closed,) = together(lambda: actions.close_unit(units["firm"].pk, at=now + DAY, viewer=KEEPER))
    assert closed.code == "firm"
    assert queries.unit_for("unit:firm", None, at=now + DAY) is None
