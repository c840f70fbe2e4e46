"""The whistle: units called to a place by a time, one lead, both sides scored by the rules of that day; joint matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from gongbi.command import actions, queries, rules
from gongbi.command.models import Order, Whistle
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.flow import invariants
from gongbi.kernel.scope.viewer import Viewer, system
from tests.desk.conftest import World

pytestmark = pytest.mark.django_db
Nearby = Callable[..., Any]
Sound = Callable[..., Whistle]
Handler = Callable[[str], Viewer]
THREE = ["urban_management", "housing", "emergency"]


@pytest.fixture
def three(world: World) -> list[str]:
    """Codes of three departments of the demo, urban management first."""
    from gongbi.parties.models import Unit

    others = Unit.objects.filter(kind="department").exclude(code="urban_management").order_by("code")
    return ["urban_management", *others.values_list("code", flat=True)[:2]]


def call(whistle: Whistle, number: int) -> Order:
    return whistle.calls.order_by("pk")[number]


def test_three_departments_come_and_report(
    nearby: Nearby, sound: Sound, world: World, three: list[str], handler: Handler
) -> None:
    case = nearby()
    whistle = sound(three, about=case.pk)
    assert [(one.lead, one.unit_id) for one in whistle.calls.order_by("pk")] == [
        (number == 0, world.unit(code)) for number, code in enumerate(three)
    ]
    boss = world.who("street-manager")
    for number, code in enumerate(three):
        one = call(whistle, number)
        actions.arrive(key=one.pk, viewer=handler(code), at=world.clock.on(minutes=5))
        actions.report(key=one.pk, result=f"{code} 已办", viewer=handler(code), at=world.clock.on(minutes=1))
    ended = actions.end(key=whistle.pk, result="交通恢复", viewer=boss, at=world.clock.on(minutes=5))
    assert {one.state for one in ended.calls.all()} == {"done"}
    with pytest.raises(Refused, match="不能评定自己的哨"):
        actions.review(key=whistle.pk, verdict="warranted", reason="需要", viewer=boss, at=world.clock.now)
    actions.review(
        key=whistle.pk,
        verdict="warranted",
        reason="确需三家",
        viewer=world.who("manager"),
        at=world.clock.on(minutes=1),
    )
    assert list(invariants.run_all(rooms=["command"])) == []
    told = queries.about(case.pk, world.who("manager"))
    assert [one.number for one in told.whistles] == [whistle.number]
    assert told.orders == []  # its calls are read on the whistle


def test_two_people_whistling_for_one_matter_make_one_whistle(
    nearby: Nearby, sound: Sound, world: World, three: list[str]
) -> None:
    case = nearby()
    first = sound(three[:1], about=case.pk)
    with pytest.raises(Refused) as refused:
        sound(three, login="street-dispatcher", about=case.pk)
    assert refused.value.code == "command.whistled_already"
    assert first.number in refused.value.message
    assert Whistle.objects.count() == Order.objects.count() == 1
    more = actions.call_more(
        key=first.pk,
        units=[actions.Wanted(world.unit(three[1]), "疏导")],
        viewer=world.who("street-dispatcher"),
        at=world.clock.on(minutes=1),
    )
    assert more.calls.count() == 2
    actions.call_off(
        key=first.pk, reason="已自行解决", viewer=world.who("street-manager"), at=world.clock.on(minutes=1)
    )
    assert sound(three[:1], about=case.pk).number != first.number  # the matter is free again


def test_the_database_itself_holds_one_open_whistle_a_matter(
    nearby: Nearby, sound: Sound, world: World, three: list[str]
) -> None:
    from django.db import IntegrityError, transaction

    case = nearby()
    first, second = sound(three[:1], about=case.pk), sound(three[:1])
    with pytest.raises(IntegrityError), transaction.atomic():
        Whistle.objects.filter(pk=second.pk).update(open_about=first.open_about)


@pytest.mark.parametrize(
    ("leads", "codes", "code"),
    [((False, False), (0, 1), "command.lead"), ((True, True), (0, 1), "command.lead"), ((True, False), (0, 0), "command.twice"), ((), (), "command.no_unit")],
)  # fmt: skip
def test_one_lead_and_each_unit_once(
    world: World, three: list[str], leads: tuple[bool, ...], codes: tuple[int, ...], code: str
) -> None:
    units = [
        actions.Wanted(world.unit(three[number]), lead=lead)
        for number, lead in zip(codes, leads, strict=True)
    ]
    blown = actions.Blown(units=units, title="t", text="t", place_words="p")
    with pytest.raises(Refused) as refused:
        actions.sound(blown, viewer=world.who("street-manager"), at=world.clock.now)
    assert refused.value.code == code


def test_only_streets_whistle_and_only_to_a_place(sound: Sound, world: World, three: list[str]) -> None:
    for login in ("manager", "urban", "community", "clerk"):
        with pytest.raises(Forbidden):
            sound(three, login=login)
    with pytest.raises(Refused, match="写明到哪里"):
        sound(three, place_words="")
    assert sound(three, login="street").calls.count() == 3  # a street's handler may


def test_who_was_called_sees_all_calls_and_a_stranger_none(
    sound: Sound, world: World, three: list[str], handler: Handler
) -> None:
    whistle = sound(three)
    assert len(queries.calls_of(whistle, handler(three[1]))) == 3
    with pytest.raises(NotThere):
        queries.whistle_by_number(whistle.number, world.who("property"))


# ---- joint matters -------------------------------------------------------------------------------------------------


def test_a_joint_matter_has_one_lead_and_split_duties(
    world: World, three: list[str], handler: Handler
) -> None:
    units = [actions.Wanted(world.unit(code), f"{code} 的任务", lead=code == three[1]) for code in three]
    joint = actions.sound(
        actions.Blown(units=units, title="老旧小区加梯", text="按分工办理", sort=rules.JOINT),
        viewer=world.who("manager"),
        at=world.clock.now,
    )
    parts = list(joint.calls.order_by("pk"))
    assert [(one.sort, one.text, one.comes) for one in parts] == [
        ("part", f"{code} 的任务", False) for code in three
    ]
    assert [one.lead for one in parts] == [False, True, False]
    with pytest.raises(Refused, match="牵头单位不能单独撤回"):
        actions.withdraw(key=parts[1].pk, reason="x", viewer=world.who("manager"), at=world.clock.now)
    actions.sign(key=parts[0].pk, viewer=handler(three[0]), at=world.clock.on(minutes=1))
    actions.report(key=parts[0].pk, result="已办", viewer=handler(three[0]), at=world.clock.on(minutes=1))
    assert queries.scores(system("test"), world.clock.now - timedelta(days=1), world.clock.now) == []


# ---- scores --------------------------------------------------------------------------------------------------------


def _rules(*priced: tuple[str, int, date]) -> None:
    for code, points, since in priced:
        actions.save_score_rule(
            code=code,
            points=points,
            source="本区办法（示例）",
            verified=False,
            valid_from=since,
            valid_to=None,
            viewer=system("test"),
        )


def test_both_sides_are_scored_by_the_rules_of_that_day(
    sound: Sound, world: World, three: list[str], handler: Handler
) -> None:
    day = world.clock.now.date()
    _rules(
        (rules.CAME_LATE, 20, day),
        (rules.CAME_LATE, 99, day + timedelta(days=1)),
        (rules.ABSENT, 60, day),
        (rules.NEEDLESS, 40, day),
    )
    _rules((rules.WRONGLY_ADDRESSED, 15, day))
    begun = world.clock.now
    whistle, boss = sound(three), world.who("street-manager")
    for number in (0, 1):  # in time to sign; the second is late at the place, the third never comes
        actions.sign(
            key=call(whistle, number).pk, viewer=handler(three[number]), at=world.clock.on(minutes=2)
        )
    actions.arrive(key=call(whistle, 0).pk, viewer=handler(three[0]), at=world.clock.on(minutes=10))
    actions.report(
        key=call(whistle, 0).pk, result="已办", viewer=handler(three[0]), at=world.clock.on(minutes=1)
    )
    actions.arrive(key=call(whistle, 1).pk, viewer=handler(three[1]), at=world.clock.on(minutes=60))
    actions.report(
        key=call(whistle, 1).pk, result="已办", viewer=handler(three[1]), at=world.clock.on(minutes=1)
    )
    actions.end(key=whistle.pk, result="办完", viewer=boss, at=world.clock.on(minutes=1))
    assert call(whistle, 2).state == "lapsed"
    actions.review(
        key=whistle.pk,
        verdict="needless",
        reason="街道可自办",
        viewer=world.who("dispatcher"),
        at=world.clock.on(days=2),
    )
    window = (begun - timedelta(minutes=1), world.clock.now)
    found = {(one.side, one.unit_id): one for one in queries.scores(system("test"), *window)}
    means = {key: (one.mean, [mark.code for mark in one.lines[0].marks]) for key, one in found.items()}
    assert means == {
        ("caller", boss.unit_id): (60, [rules.NEEDLESS]),
        ("called", world.unit(three[0])): (100, []),
        ("called", world.unit(three[1])): (80, [rules.CAME_LATE]),
        ("called", world.unit(three[2])): (
            40,
            [rules.SIGNED_LATE, rules.ABSENT],
        ),  # no rule prices signing late
    }
    assert repr(queries.scores(system("test"), *window)) == repr(queries.scores(system("other"), *window))


def test_a_wrong_address_marks_the_caller_and_a_drill_nobody(
    sound: Sound, world: World, three: list[str], handler: Handler
) -> None:
    _rules((rules.WRONGLY_ADDRESSED, 15, world.clock.now.date()))
    begun = world.clock.now
    for drill in (False, True):
        whistle = sound(three, drill=drill)
        one = call(whistle, 1)
        assert one.drill is drill
        actions.sign(key=one.pk, viewer=handler(three[1]), at=world.clock.on(minutes=1))
        actions.contest(key=one.pk, reason="非我职责", viewer=handler(three[1]), at=world.clock.on(minutes=1))
        actions.rule(
            key=one.pk,
            upheld=True,
            reason="成立",
            viewer=world.who("adjudicator"),
            at=world.clock.on(minutes=1),
        )
        actions.call_off(
            key=whistle.pk,
            reason="改由他处",
            viewer=world.who("street-manager"),
            at=world.clock.on(minutes=1),
        )
    (score,) = queries.scores(system("test"), begun, world.clock.now)
    assert (score.side, score.mean, len(score.lines)) == ("caller", 85, 1)
