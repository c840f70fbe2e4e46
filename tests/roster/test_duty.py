"""Turns as they are arranged: generated, put in, taken back, relieved; swaps as a flow; handover; who is reachable now."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.flow.invariants import run_all
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import PUBLIC, Viewer, system
from gongbi.kernel.vault import actions as vault
from gongbi.kernel.vault.models import AccessLog
from gongbi.parties import standing
from gongbi.roster import actions, queries
from gongbi.roster.models import Swap, Turn
from tests.roster.conftest import Duty, at

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_quarter_is_generated_once_within_the_rules(duty: Duty) -> None:
    made = duty.generate(date(2026, 3, 10), date(2026, 4, 9))
    assert not made.unfilled
    # A night each day from today, and the day shift of each workday that has not begun yet.
    assert len(made.turns) == 31 + 21
    again = duty.generate(date(2026, 3, 10), date(2026, 4, 9))
    assert again.turns == []
    assert again.unfilled == []
    assert list(run_all(rooms=["roster"])) == []
    # Qingming 2026: Saturday 4 to Monday 6 April are off, no day shift stands then.
    days = {one.day for one in made.turns if one.shift_id == duty.day.pk}
    assert date(2026, 4, 6) not in days
    assert date(2026, 4, 7) in days
    share = queries.shares(duty.rota, duty.leader, first=date(2026, 3, 1), last=date(2026, 4, 30))
    assert max(s["workday"] for s in share.values()) - min(s["workday"] for s in share.values()) <= 1


def test_only_who_leads_the_unit_arranges(duty: Duty) -> None:
    stranger = duty.world.who("manager")
    for viewer in (stranger, duty.viewer(0)):
        with pytest.raises(Forbidden) as refused:
            actions.generate(
                rota_id=duty.rota.pk,
                first=date(2026, 3, 11),
                last=date(2026, 3, 12),
                viewer=viewer,
                at=at("2026-03-10T10:00"),
            )
        assert refused.value.code == "roster.leader"
    for first, last in ((date(2026, 3, 12), date(2026, 3, 11)), (date(2026, 3, 11), date(2026, 7, 11))):
        with pytest.raises(Refused):
            duty.generate(first, last)


def test_double_duty_and_rest(duty: Duty) -> None:
    duty.turn(0, "2026-03-11T08:00", "2026-03-11T20:00")
    with pytest.raises(Refused) as refused:
        duty.turn(0, "2026-03-11T19:00", "2026-03-12T02:00")
    assert refused.value.code == "roster.overlap"
    with pytest.raises(Refused) as refused:
        duty.turn(0, "2026-03-11T19:00", "2026-03-12T02:00", despite="确无他人")
    assert refused.value.code == "roster.overlap"  # nobody decides that away
    with pytest.raises(Refused) as refused:
        duty.turn(0, "2026-03-11T22:00", "2026-03-12T06:00")
    assert (refused.value.code, refused.value.field) == ("roster.rest", "despite")
    assert duty.turn(0, "2026-03-11T22:00", "2026-03-12T06:00", despite="确无他人").despite == "确无他人"
    with pytest.raises(Refused) as refused:
        duty.turn(1, "2026-03-09T08:00", "2026-03-09T20:00")
    assert refused.value.code == "roster.past"
    actions.change_settings(
        {"rest_hours": ("1", "区值班办法（示例）")}, viewer=system("t"), at=at("2026-03-10T10:00")
    )
    assert duty.turn(2, "2026-03-11T08:00", "2026-03-11T20:00")
    assert duty.turn(2, "2026-03-11T22:00", "2026-03-12T06:00").despite == ""


def test_a_clock_that_is_set_back_or_forward_during_a_shift_changes_nothing(duty: Duty) -> None:
    """Bad input: who stands is read off instants; the hour that comes twice, or never, moves nobody."""
    turn = duty.turn(0, "2026-03-10T20:00", "2026-03-11T08:00")
    other = duty.turn(1, "2026-03-11T08:00", "2026-03-11T20:00")
    middle = at("2026-03-11T02:00")
    first = actions.write_note(turn_id=turn.pk, text="一切正常", viewer=duty.viewer(0), at=middle)
    assert duty.on_duty(middle) == [duty.posts[0].pk]
    back = (
        middle - HOUR
    )  # set back by an hour: the same one stands, what was written stays before what is written now
    assert duty.on_duty(back) == [duty.posts[0].pk]
    second = actions.write_note(turn_id=turn.pk, text="劳动路有积水", viewer=duty.viewer(0), at=back)
    assert [one.pk for one in queries.notes(duty.leader, rota_id=duty.rota.pk)] == [second.pk, first.pk]
    taken = actions.take_note(note_id=first.pk, viewer=duty.leader, at=back)
    assert taken.taken_at == first.at  # never taken before it was written
    forward = at("2026-03-11T08:30")
    assert duty.on_duty(forward) == [duty.posts[1].pk]
    assert duty.on_duty(middle) == [duty.posts[0].pk]  # and back again
    assert duty.on_duty(at("2026-03-11T08:00")) == [
        duty.posts[1].pk
    ]  # the minute of the change is the next one's, and only theirs
    # Relieved while the clock said a moment before the turn began: the whole turn changes hands, no empty or negative turn is left.
    new = actions.stand_in(
        turn_id=other.pk,
        post_id=duty.posts[2].pk,
        reason="突发疾病",
        viewer=duty.leader,
        at=other.starts_at - HOUR,
    )
    assert (new.starts_at, new.ends_at) == (other.starts_at, other.ends_at)
    assert not Turn.objects.filter(ends_at__lte=other.starts_at, starts_at__gte=other.starts_at).exists()


def test_a_rota_in_a_zone_with_summer_time(duty: Duty) -> None:
    rota, _became = actions.save_rota(
        code="berlin", name="跨区值守", kind="other", unit_id=duty.rota.unit_id, zone="Europe/Berlin", viewer=duty.leader,
        at=duty.world.clock.now, valid_from=date(2026, 1, 1),
    )  # fmt: skip
    from datetime import time

    actions.save_shift(rota_id=rota.pk, name="夜", starts=time(22), ends=time(6), viewer=duty.leader)
    actions.save_shift(rota_id=rota.pk, name="日", starts=time(6), ends=time(22), viewer=duty.leader)
    for number in range(4):
        actions.save_member(
            rota_id=rota.pk,
            post_id=duty.posts[number].pk,
            place=number,
            since=date(2026, 1, 1),
            viewer=duty.leader,
        )
    made = actions.generate(
        rota_id=rota.pk,
        first=date(2026, 3, 27),
        last=date(2026, 3, 30),
        viewer=duty.leader,
        at=duty.world.clock.now,
    )
    assert not made.unfilled
    (night,) = [
        one for one in made.turns if one.day == date(2026, 3, 28) and one.shift and one.shift.name == "夜"
    ]
    assert night.ends_at - night.starts_at == 7 * HOUR
    rows = sorted(made.turns, key=lambda one: one.starts_at)
    assert all(a.ends_at == b.starts_at for a, b in itertools.pairwise(rows))
    with pytest.raises(Refused):
        actions.save_rota(
            code="x", name="x", kind="other", unit_id=duty.rota.unit_id, zone="Mars/Olympus", viewer=duty.leader,
            at=duty.world.clock.now, valid_from=date(2026, 1, 1),
        )  # fmt: skip


def test_asked_agreed_approved(duty: Duty) -> None:
    now = duty.world.clock.now
    mine = duty.turn(0, "2026-03-12T08:00", "2026-03-12T20:00")
    theirs = duty.turn(1, "2026-03-14T08:00", "2026-03-14T20:00")
    swap = actions.ask(
        turn_id=mine.pk,
        to_post=duty.posts[1].pk,
        other_id=theirs.pk,
        why="孩子家长会",
        viewer=duty.viewer(0),
        at=now,
    )
    with pytest.raises(Refused) as refused:
        actions.ask(turn_id=mine.pk, to_post=duty.posts[2].pk, why="再问一位", viewer=duty.viewer(0), at=now)
    assert refused.value.code == "roster.asked"
    with pytest.raises(Forbidden):
        actions.agree(key=swap.pk, viewer=duty.viewer(0), at=now)  # the asker does not answer for the other
    with pytest.raises(NotThere):
        actions.agree(key=swap.pk, viewer=duty.viewer(2), at=now)  # whom it does not concern does not see it
    with pytest.raises(Refused):
        actions.approve(key=swap.pk, viewer=duty.leader, at=now)  # not before the colleague agreed
    actions.agree(key=swap.pk, viewer=duty.viewer(1), at=now)
    assert [one.pk for one in queries.swaps(duty.leader, queries.TO_APPROVE)] == [swap.pk]
    actions.approve(key=swap.pk, viewer=duty.leader, at=now)
    assert duty.on_duty(at("2026-03-12T09:00")) == [duty.posts[1].pk]
    assert duty.on_duty(at("2026-03-14T09:00")) == [duty.posts[0].pk]
    steps = list(
        LedgerEntry.objects.filter(matter_id=swap.pk).order_by("seq").values_list("transition", flat=True)
    )
    assert steps == ["ask", "agree", "approve"]
    mine.refresh_from_db()
    assert mine.cancelled_at == now  # kept, with what replaced it
    assert mine.replaced_by.get().source == "swap"
    assert OutboxRow.objects.filter(topic="roster.swapped").count() == 1
    assert list(run_all(rooms=["roster"])) == []


def test_refused_with_a_reason_declined_withdrawn_lapsed(duty: Duty) -> None:
    now = duty.world.clock.now
    turn = duty.turn(0, "2026-03-12T08:00", "2026-03-12T20:00")

    def ask() -> Swap:
        return actions.ask(
            turn_id=turn.pk, to_post=duty.posts[1].pk, why="有事", viewer=duty.viewer(0), at=now
        )

    swap = ask()
    with pytest.raises(Refused) as refused:
        actions.decline(key=swap.pk, reason=" ", viewer=duty.viewer(1), at=now)
    assert refused.value.code == "flow.missing"
    actions.decline(key=swap.pk, reason="当天出差", viewer=duty.viewer(1), at=now)
    swap = ask()
    actions.agree(key=swap.pk, viewer=duty.viewer(1), at=now)
    actions.refuse(key=swap.pk, reason="当天须有两名熟手", viewer=duty.leader, at=now)
    swap = ask()
    actions.withdraw(key=swap.pk, viewer=duty.viewer(0), at=now)
    swap = ask()
    assert actions.lapse(at=turn.starts_at - HOUR) == 0
    assert actions.lapse(at=turn.starts_at) == 1
    assert actions.lapse(at=turn.starts_at) == 0
    assert list(Swap.objects.order_by("pk").values_list("state", flat=True)) == [
        "declined",
        "refused",
        "withdrawn",
        "lapsed",
    ]
    assert duty.on_duty(at("2026-03-12T09:00")) == [duty.posts[0].pk]  # nothing of it changed the turn


def test_a_stand_in_who_stands_elsewhere_or_had_no_rest(duty: Duty) -> None:
    now = duty.world.clock.now
    turn = duty.turn(0, "2026-03-12T08:00", "2026-03-12T20:00")
    duty.turn(1, "2026-03-12T18:00", "2026-03-13T02:00")
    with pytest.raises(Refused) as refused:
        actions.ask(turn_id=turn.pk, to_post=duty.posts[1].pk, why="有事", viewer=duty.viewer(0), at=now)
    assert refused.value.code == "roster.overlap"
    tired = duty.turn(2, "2026-03-11T20:00", "2026-03-12T04:00")
    swap = actions.ask(turn_id=turn.pk, to_post=duty.posts[2].pk, why="有事", viewer=duty.viewer(0), at=now)
    actions.agree(key=swap.pk, viewer=duty.viewer(2), at=now)
    with pytest.raises(Refused) as refused:
        actions.approve(key=swap.pk, viewer=duty.leader, at=now)
    assert refused.value.code == "roster.rest"
    assert Swap.objects.get(pk=swap.pk).state == "agreed"  # nothing of the refused step stayed
    actions.approve(key=swap.pk, viewer=duty.leader, at=now, despite="无其他人员")
    assert Turn.objects.get(replaces=turn).despite == "无其他人员"
    assert tired.cancelled_at is None


def test_taken_over_while_it_runs(duty: Duty) -> None:
    turn = duty.turn(0, "2026-03-10T20:00", "2026-03-11T08:00")
    duty.world.clock.now = middle = at("2026-03-11T01:00")
    new = actions.stand_in(
        turn_id=turn.pk, post_id=duty.posts[1].pk, reason="突发疾病", viewer=duty.leader, at=middle
    )
    assert duty.on_duty(middle - HOUR) == [duty.posts[0].pk]  # who stood then still did
    assert duty.on_duty(middle) == [duty.posts[1].pk]
    assert (new.starts_at, new.ends_at) == (middle, at("2026-03-11T08:00"))
    actions.cancel_turn(turn_id=new.pk, reason="由下一班提前接", viewer=duty.leader, at=middle + HOUR)
    missing = queries.gaps(duty.leader, at=middle + HOUR, days=1, rota_id=duty.rota.pk)
    assert missing[0].gap.starts == middle + HOUR
    with pytest.raises(Refused) as refused:
        actions.cancel_turn(turn_id=turn.pk, reason="早该取消", viewer=duty.leader, at=middle + HOUR)
    assert refused.value.code == "roster.past"


def test_what_is_handed_on(duty: Duty) -> None:
    turn = duty.turn(0, "2026-03-10T20:00", "2026-03-11T08:00")
    duty.turn(1, "2026-03-11T08:00", "2026-03-11T20:00")
    with pytest.raises(Refused):
        actions.write_note(turn_id=turn.pk, text="太早", viewer=duty.viewer(0), at=at("2026-03-10T19:00"))
    with pytest.raises(Forbidden):
        actions.write_note(turn_id=turn.pk, text="不是我", viewer=duty.viewer(2), at=at("2026-03-11T07:00"))
    with pytest.raises(Refused):
        actions.write_note(
            turn_id=turn.pk, text="看", matters=["AJ123"], viewer=duty.viewer(0), at=at("2026-03-11T07:00")
        )
    case = duty.world.case("handling")
    note = actions.write_note(
        turn_id=turn.pk,
        text="请回电 13812345678 的反映人",
        matters=[case.number],
        viewer=duty.viewer(0),
        at=at("2026-03-11T07:00"),
    )
    assert "13812345678" not in note.text
    assert note.matters == [case.number]
    with pytest.raises(Forbidden):
        actions.take_note(note_id=note.pk, viewer=duty.viewer(2), at=at("2026-03-11T07:30"))
    taken = actions.take_note(note_id=note.pk, viewer=duty.viewer(1), at=at("2026-03-11T07:30"))
    assert taken.taken_by == duty.viewer(1).actor
    assert (
        actions.take_note(note_id=note.pk, viewer=duty.leader, at=at("2026-03-11T09:00")).taken_by
        == duty.viewer(1).actor
    )


def test_who_is_reachable_now_and_whose_telephone_opens(duty: Duty) -> None:
    turn = duty.turn(0, "2026-03-10T08:00", "2026-03-10T20:00")
    now = at("2026-03-10T10:00")
    unit = duty.rota.unit_id
    assert [one.pk for one in queries.on_duty(duty.viewer(1), at=now, territory=duty.rota.territory[:6])] == [
        turn.pk
    ]
    assert queries.on_duty(duty.viewer(1), at=now, territory="99") == []
    assert [one.post_id for one in standing.on_duty(unit, now)] == [turn.post_id]
    assert standing.on_duty(unit, now + 10 * HOUR) == []
    assert standing.on_duty(None, now) == []
    _turn, person = queries.reach(turn.pk, duty.leader, at=now)
    assert str(person.phone).count("*") >= 4  # masked, as it is printed anywhere
    with pytest.raises(Refused) as refused:
        vault.unseal(person, "phone", viewer=duty.leader, reason="", at=now)
    assert refused.value.code == "vault.reason"
    before = AccessLog.objects.count()
    assert (
        vault.unseal(person, "phone", viewer=duty.leader, reason="路面塌陷，通知值班员", at=now)
        == "13900000000"
    )
    assert AccessLog.objects.count() == before + 1
    _turn, person = queries.reach(turn.pk, duty.viewer(1), at=now)
    with pytest.raises(Forbidden):
        vault.unseal(person, "phone", viewer=duty.viewer(1), reason="想找他聊聊", at=now)
    with pytest.raises(NotThere):
        queries.reach(turn.pk, duty.leader, at=turn.ends_at)  # off duty: not opened by being asked for


def test_scope_by_role(duty: Duty) -> None:
    turn = duty.turn(0, "2026-03-12T08:00", "2026-03-12T20:00")
    swap = actions.ask(
        turn_id=turn.pk, to_post=duty.posts[1].pk, why="有事", viewer=duty.viewer(0), at=duty.world.clock.now
    )
    running = duty.turn(2, "2026-03-10T08:00", "2026-03-10T20:00")
    note = actions.write_note(turn_id=running.pk, text="正常", viewer=duty.viewer(2), at=duty.world.clock.now)
    first, last = at("2026-03-10T00:00"), at("2026-03-20T00:00")

    def sees(viewer: Viewer) -> tuple[bool, bool, bool]:
        turns = queries.turns(viewer, first=first, last=last)
        swaps = [one.pk for tab in queries.TABS for one in queries.swaps(viewer, tab)]
        notes = queries.notes(viewer, rota_id=duty.rota.pk)
        return bool(turns), swap.pk in swaps, note in notes

    key = Viewer(actor="key:1", role="integrator", territories=(duty.rota.territory,))
    far = Viewer(actor="key:2", role="integrator", territories=("990000",))
    assert sees(PUBLIC) == (False, False, False)
    assert sees(duty.viewer(0)) == (True, True, True)
    assert sees(duty.viewer(1)) == (True, True, True)
    assert sees(duty.viewer(3)) == (
        True,
        False,
        True,
    )  # a colleague: the duty, not what two others ask of each other
    assert sees(duty.world.who("urban")) == (True, False, False)  # another unit
    assert sees(key) == (True, False, False)
    assert sees(far) == (False, False, False)
    assert sees(Viewer(actor="post:1", role="admin")) == (True, False, False)
    assert [one.pk for one in queries.swaps(duty.leader, queries.TO_APPROVE)] == []  # not agreed yet


def test_turns_that_a_holiday_notice_made_odd(duty: Duty) -> None:
    made = duty.generate(date(2026, 3, 16), date(2026, 3, 16))
    assert queries.strays(duty.rota, duty.leader, at=duty.world.clock.now) == []
    from gongbi.kernel.clock.models import CalendarDay, CalendarVersion
    from gongbi.kernel.clock.queries import digest_now, forget_calendar

    CalendarDay.objects.update_or_create(
        day=date(2026, 3, 16), defaults={"working": False, "holiday": True, "official": True}
    )
    CalendarVersion.objects.create(digest=digest_now(), why="test", actor="t")
    forget_calendar()
    odd = queries.strays(duty.rota, duty.leader, at=duty.world.clock.now)
    assert [one.shift_id for one in odd] == [duty.day.pk]
    assert {one.shift_id for one in made.turns} == {duty.day.pk, duty.night.pk}
