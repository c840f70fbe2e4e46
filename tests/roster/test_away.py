"""Away and standing in: the deputy may what the post may, only then, never further; the ledger names both; messages reach them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gongbi.channels.notices.models import Contact, Notice
from gongbi.command import actions as command
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.outbox import audience
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.outbox.subscribers import Event
from gongbi.kernel.scope.endpoints import MATRIX_ROLES
from gongbi.kernel.scope.viewer import PUBLIC, Viewer
from gongbi.parties import actions, queries
from gongbi.parties.models import Account, Away, Person, Post
from gongbi.roster import actions as duty_actions
from tests.desk.conftest import Desk, World
from tests.roster.conftest import Duty, at

pytestmark = pytest.mark.django_db
AtDesk = Callable[[str], Desk]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def colleague(world: World, post: Post, name: str, **more: Any) -> tuple[Post, Account]:
    """Somebody of the same role, in the same unit unless told otherwise."""
    person = Person.objects.create(number=name, created_at=world.clock.now, synthetic=True)
    row = Post(
        person=person,
        unit=more.get("unit", post.unit),
        role=more.get("role", post.role),
        work_name=name,
        valid_from=at("2025-01-01T00:00"),
    )
    row.save()
    return row, Account.objects.create_user(name, "x" * 24, person=person)


@pytest.fixture
def away(world: World) -> dict[str, Any]:
    """The handler of urban management and a colleague who may stand in."""
    account = Account.objects.get(username="urban")
    post = Post.objects.get(pk=queries.viewer_of(account, at=world.clock.now).post_id)
    deputy, login = colleague(world, post, "deputy-1")
    return {"account": account, "post": post, "deputy": deputy, "login": login}


def gone(world: World, away: dict[str, Any], since: datetime, until: datetime) -> Away:
    holder = queries.viewer_of(away["account"], at=world.clock.now)
    return actions.mark_away(
        post_id=away["post"].pk, deputy_id=away["deputy"].pk, since=since, until=until, viewer=holder, at=world.clock.now, reason="出差"
    )  # fmt: skip


def acting(away: dict[str, Any], moment: datetime) -> Viewer:
    return queries.viewer_of(away["login"], post_id=away["post"].pk, at=moment)


def test_rights_begin_and_end_with_the_absence_to_the_second(world: World, away: dict[str, Any]) -> None:
    begin, end = world.clock.now + HOUR, world.clock.now + DAY
    gone(world, away, begin, end)
    second = timedelta(seconds=1)
    for moment in (begin - second, end, end + DAY):
        with pytest.raises(Forbidden):
            acting(away, moment)
    for moment in (begin, end - second):
        viewer, holder = acting(away, moment), queries.viewer_of(away["account"], at=moment)
        assert viewer.actor == f"post:{away['deputy'].pk}:for:{away['post'].pk}"
        assert (viewer.role, viewer.units, viewer.territories, viewer.post_id) == (
            holder.role, holder.units, holder.territories, holder.post_id,
        )  # fmt: skip
        assert viewer.person_id == away["deputy"].person_id
    # The own post is still the one that the deputy begins with.
    assert queries.viewer_of(away["login"], at=begin).post_id == away["deputy"].pk


def test_back_earlier_ends_it_at_once_and_only_the_holder_says_so(world: World, away: dict[str, Any]) -> None:
    absence = gone(world, away, world.clock.now, world.clock.now + DAY)
    moment = world.clock.on(hours=1)
    with pytest.raises(Refused) as refused:
        actions.end_away(away_id=absence.pk, viewer=acting(away, moment), at=moment)
    assert refused.value.code == "parties.away_own"
    actions.end_away(away_id=absence.pk, viewer=queries.viewer_of(away["account"], at=moment), at=moment)
    with pytest.raises(Forbidden):
        acting(away, moment)


def test_the_end_of_either_post_ends_it(world: World, away: dict[str, Any]) -> None:
    gone(world, away, world.clock.now, world.clock.now + DAY)
    away["deputy"].valid_to = world.clock.now + HOUR
    away["deputy"].save()
    assert acting(away, world.clock.now)
    assert queries.posts_of(away["login"], world.clock.now + HOUR) == []


def test_a_deputy_has_no_deputy(world: World, away: dict[str, Any]) -> None:
    now = world.clock.now
    gone(world, away, now, now + DAY)
    second, login = colleague(world, away["post"], "deputy-2")
    with pytest.raises(Refused) as refused:  # not by passing on what was lent
        actions.mark_away(
            post_id=away["post"].pk,
            deputy_id=second.pk,
            since=now,
            until=now + HOUR,
            viewer=acting(away, now),
            at=now,
        )
    assert refused.value.code == "parties.away_own"
    own = queries.viewer_of(away["login"], at=now)  # nor by being away oneself
    actions.mark_away(
        post_id=away["deputy"].pk, deputy_id=second.pk, since=now, until=now + DAY, viewer=own, at=now
    )
    assert [post.id for post in queries.posts_of(login, now)] == [second.pk, away["deputy"].pk]
    with pytest.raises(Forbidden):
        queries.viewer_of(login, post_id=away["post"].pk, at=now)


def test_who_may_stand_in(world: World, away: dict[str, Any]) -> None:
    now = world.clock.now
    holder = queries.viewer_of(away["account"], at=now)
    other_role, _login = colleague(world, away["post"], "leader", role="manager")
    elsewhere, _login = colleague(
        world,
        away["post"],
        "elsewhere",
        unit=Post.objects.filter(unit__code="market", role="handler")[0].unit,
    )

    def code(**more: Any) -> str:
        told: dict[str, Any] = {
            "post_id": away["post"].pk,
            "deputy_id": away["deputy"].pk,
            "since": now,
            "until": now + DAY,
        }
        with pytest.raises(Refused) as refused:
            actions.mark_away(viewer=holder, at=now, **(told | more))
        return refused.value.code

    assert code(deputy_id=other_role.pk) == "parties.successor_role"
    assert code(deputy_id=elsewhere.pk) == "parties.successor_unit"
    assert code(deputy_id=away["post"].pk) == "parties.successor_self"
    assert code(until=now) == "parties.period"
    assert code(since=now - DAY, until=now - HOUR) in ("parties.period", "parties.away_past")
    assert code(until=now + 400 * DAY) == "parties.away_long"
    assert (
        code(post_id=away["deputy"].pk, deputy_id=away["post"].pk) == "parties.away_own"
    )  # somebody else's absence
    gone(world, away, now, now + DAY)
    assert code(since=now + HOUR) == "parties.away_twice"
    assert [one.pk for one in queries.deputies(holder, away["post"], at=now)] == [away["deputy"].pk]


def test_the_ledger_names_both(world: World, away: dict[str, Any], at_desk: AtDesk) -> None:
    case = world.case("dispatched")
    minutes = timedelta(minutes=10)
    gone(world, away, world.clock.now, world.clock.now + minutes)
    desk = at_desk("deputy-1")
    assert (
        "代理：" in desk.get("/desk/").content.decode()
        or "代理" in desk.get("/desk/duty/away").content.decode()
    )
    assert desk.post("/account/post", {"post": str(away["post"].pk), "next": "/desk/"}).status_code == 302
    assert desk.do(case, "sign").status_code == 302
    entry = LedgerEntry.objects.filter(matter_id=case.pk).latest("seq")
    assert (entry.transition, entry.actor) == ("sign", f"post:{away['deputy'].pk}:for:{away['post'].pk}")
    page = desk.get(f"/desk/case/{case.number}").content.decode()
    assert " 代 " in page
    world.clock.on(minutes=10)
    assert desk.do(case, "finish", result="x").status_code in (
        403,
        404,
        422,
    )  # the session's choice is over with the absence
    answer = desk.get("/desk/duty/week")
    assert answer.wsgi_request.viewer.post_id == away["deputy"].pk  # type: ignore[attr-defined]


def test_nothing_outlives_it(duty: Duty) -> None:
    """A calendar address, the live line of a page: what is handed out while standing in ends with it, or is not handed out."""
    now = duty.world.clock.now
    actions.mark_away(
        post_id=duty.posts[0].pk,
        deputy_id=duty.posts[1].pk,
        since=now,
        until=now + HOUR,
        viewer=duty.viewer(0),
        at=now,
    )
    account = Account.objects.create_user("stand-in", "x" * 24, person_id=duty.posts[1].person_id)
    viewer = queries.viewer_of(account, post_id=duty.posts[0].pk, at=now)
    with pytest.raises(Forbidden):
        duty_actions.make_feed(viewer=viewer, at=now)
    ear = audience.token(viewer, at=now)
    assert audience.read(ear, at=now + HOUR - timedelta(seconds=1)).role == viewer.role
    with pytest.raises(audience.BadToken):
        audience.read(ear, at=now + HOUR)
    # A deputy answers for the post: its turns may be swapped, and a swap of the post's own is not approved by its deputy.
    turn = duty.turn(0, "2026-03-12T08:00", "2026-03-12T20:00")
    assert (
        duty_actions.ask(
            turn_id=turn.pk, to_post=duty.posts[2].pk, why="代办", viewer=viewer, at=now
        ).asker_post
        == duty.posts[0].pk
    )


def contact(person_id: int, now: datetime) -> Contact:
    return Contact.objects.create(
        person_id=person_id,
        way="email",
        address=f"p{person_id}@example.com",
        hours="any",
        created_at=now,
        changed_at=now,
    )


def told(topic: str, tell: Callable[[list[Event]], int]) -> set[int]:
    rows = OutboxRow.objects.filter(topic=topic).order_by("pk")
    tell([Event(row.pk, row.topic, row.matter_id, row.payload, row.created_at) for row in rows])
    return set(Notice.objects.values_list("contact__person_id", flat=True))


def test_notices_of_orders_reach_the_deputy_while_it_lasts(world: World) -> None:
    """The deputy sits in the street above, whose handlers are told nothing of a community's orders otherwise."""
    from gongbi.channels.notices.actions.commanding import tell_commands

    now = world.clock.now
    street = Post.objects.get(pk=world.who("street").post_id)
    post = Post.objects.filter(unit__parent_id=street.unit_id, role="handler").order_by("pk")[0]
    for one in (post, street):
        contact(one.person_id, now)
    given = command.Given(unit_id=post.unit_id, title="检查排水口", text="请立即检查")
    command.give(given, viewer=world.who("street-manager"), at=now)
    assert told("order.issue", tell_commands) == {post.person_id}
    Notice.objects.all().delete()
    holder = Viewer(
        actor=post.actor, role=post.role, post_id=post.pk, person_id=post.person_id, unit_id=post.unit_id
    )
    actions.mark_away(
        post_id=post.pk, deputy_id=street.pk, since=now, until=now + HOUR, viewer=holder, at=now
    )
    command.give(given, viewer=world.who("street-manager"), at=now)
    assert told("order.issue", tell_commands) == {post.person_id, street.person_id}
    Notice.objects.all().delete()
    OutboxRow.objects.all().delete()
    command.give(given, viewer=world.who("street-manager"), at=now + HOUR)
    assert told("order.issue", tell_commands) == {post.person_id}  # the hour is over


def test_a_climb_goes_to_the_one_on_duty(duty: Duty) -> None:
    from gongbi.channels.notices.actions.commanding import tell_commands
    from gongbi.command.models import Rung

    now = duty.world.clock.now
    for post in duty.posts[:2]:
        contact(post.person_id, now)
    assert duty.leader.person_id is not None
    contact(duty.leader.person_id, now)
    duty.turn(0, "2026-03-10T08:00", "2026-03-10T20:00")
    Rung.objects.all().delete()
    command.save_rung(
        flow="order", clock="sign", minutes=0, to="head", transfer=False, notice="", source="测试", verified=False,
        valid_from=at("2026-01-01T00:00").date(), valid_to=None, viewer=duty.world.who("admin"),
    )  # fmt: skip
    order = command.give(
        command.Given(unit_id=duty.rota.unit_id, title="检查排水口", text="请立即检查"),
        viewer=duty.world.who("manager"),
        at=now,
    )
    OutboxRow.objects.filter(topic="order.issue").delete()
    assert command.climb(at=duty.world.clock.on(hours=2)) == 1
    row = OutboxRow.objects.get(topic="command.escalated")
    assert row.payload["on_duty"] == [duty.posts[0].pk]
    assert LedgerEntry.objects.filter(matter_id=order.pk).latest("seq").facts["on_duty"] == [duty.posts[0].pk]
    assert told("command.escalated", tell_commands) == {
        duty.posts[0].person_id
    }  # not the leader, not who is off duty


def test_a_climb_without_anybody_on_duty_goes_to_who_leads(duty: Duty) -> None:
    from gongbi.channels.notices.actions.commanding import tell_commands

    now = duty.world.clock.now
    contact(duty.posts[0].person_id, now)
    assert duty.leader.person_id is not None
    contact(duty.leader.person_id, now)
    order = command.give(
        command.Given(unit_id=duty.rota.unit_id, title="检查排水口", text="请立即检查"),
        viewer=duty.world.who("manager"),
        at=now,
    )
    payload = {
        "unit": duty.rota.unit_id,
        "from": duty.rota.unit_id,
        "number": order.number,
        "flow": "order",
        "on_duty": [],
    }
    tell_commands([Event(1, "command.escalated", order.pk, payload, now)])
    assert set(Notice.objects.values_list("contact__person_id", flat=True)) == {duty.leader.person_id}


def test_who_sees_an_absence(world: World, away: dict[str, Any]) -> None:
    """The scope of every role: the two posts, their unit's leader, and those who keep, guard or audit the lists."""
    now = world.clock.now
    absence = gone(world, away, now, now + DAY)
    seen = {
        role: bool(queries.aways(Viewer(actor="test", role=role, post_id=10**6, units=frozenset({10**6})), at=now)) for role in MATRIX_ROLES if role
    }  # fmt: skip
    assert {role for role, sees in seen.items() if sees} == {"admin", "security", "auditor"}
    assert not queries.aways(PUBLIC, at=now)
    for login in ("urban", "deputy-1"):
        assert [one.pk for one in queries.aways(world.who(login), at=now)] == [absence.pk]
    leader = Viewer(actor="test", role="manager", post_id=10**6, units=frozenset({away["post"].unit_id}))
    assert queries.aways(leader, at=now)
    with pytest.raises(NotThere):
        actions.end_away(away_id=absence.pk, viewer=world.who("street"), at=now)


def test_at_the_desk(world: World, away: dict[str, Any], at_desk: AtDesk) -> None:
    desk = at_desk("urban")
    form = {
        "since": "2026-03-10T10:00",
        "until": "2026-03-12T18:00",
        "deputy": str(away["deputy"].pk),
        "reason": "出差",
    }
    assert desk.post("/desk/duty/away", form | {"until": "2026-03-09T18:00"}).status_code == 422
    assert desk.post("/desk/duty/away", form).status_code == 302
    absence = Away.objects.get()
    assert (absence.since, absence.until) == (at("2026-03-10T10:00"), at("2026-03-12T18:00"))
    other = at_desk("deputy-1")
    assert "正在离岗" in other.get("/desk/duty/away").content.decode()
    other.post("/account/post", {"post": str(away["post"].pk), "next": "/desk/"})
    page = other.get("/desk/duty/away").content.decode()
    assert "您正在代理别人的岗位" in page
    assert other.post("/desk/duty/away", form).status_code == 422
    assert other.post(f"/desk/duty/away/{absence.pk}/end").status_code == 422
    assert desk.post(f"/desk/duty/away/{absence.pk}/end").status_code == 302
    assert other.get("/desk/duty/away").wsgi_request.viewer.post_id == away["deputy"].pk  # type: ignore[attr-defined]
