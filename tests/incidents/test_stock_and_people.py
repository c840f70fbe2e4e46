"""Stock that never falls below zero, drills that take nothing, and people's data that goes when the emergency is over."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from gongbi.incidents import actions, queries, rules
from gongbi.incidents.models import Affected, Destruction, Incident, Stock
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.vault import actions as vault
from gongbi.kernel.vault.models import AccessLog, Tombstone
from tests.incidents.conftest import Open
from tests.incidents.test_flow import breaches

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WHO = actions.Person(name="赵静安", need="sheltered", phone="029-55501234", door="示范社区1号楼")


@pytest.fixture
def moves(leader: Viewer, now: datetime, pumps: Stock) -> Callable[..., tuple[int, int, int, int]]:
    turn = 0

    def move(one: Incident, sort: str, amount: int, request: str = "") -> tuple[int, int, int, int]:
        nonlocal turn
        turn += 1
        actions.move(
            key=one.pk, stock_id=pumps.pk, sort=sort, amount=amount, request=request or f"m{turn}", viewer=leader, at=now
        )  # fmt: skip
        pumps.refresh_from_db()
        return pumps.total, pumps.reserved, pumps.out, pumps.free

    return move


def test_reserved_handed_out_returned_used(open_one: Open, moves: Any, leader: Viewer, now: datetime) -> None:
    one, other = open_one(), open_one()
    assert moves(one, "reserve", 4) == (10, 4, 0, 6)
    assert moves(other, "hand_out", 5) == (10, 4, 5, 1)
    assert moves(one, "hand_out", 5) == (10, 0, 10, 0)  # the four that were reserved, and one
    with pytest.raises(Refused, match="只剩 0 可用"):
        moves(one, "reserve", 1)
    with pytest.raises(Refused, match="在外的只有 5"):
        moves(other, "return", 6)
    assert moves(other, "return", 3) == (10, 0, 7, 3)
    assert moves(other, "use", 2) == (8, 0, 5, 3)  # two are gone for good
    assert moves(one, "return", 2, "twice") == moves(one, "return", 2, "twice") == (8, 0, 3, 5)
    actions.end(key=one.pk, reason="好了", viewer=leader, at=now)
    actions.review(key=one.pk, finding="结论", viewer=leader, at=now)
    with pytest.raises(Refused, match="没有归还"):
        actions.archive(key=one.pk, viewer=leader, at=now)
    moves(one, "return", 3)
    assert actions.archive(key=one.pk, viewer=leader, at=now).state == "archived"
    assert breaches() == []


def test_a_drill_takes_nothing_from_what_a_real_incident_can_have(
    open_one: Open, moves: Any, leader: Viewer
) -> None:
    drill, real = open_one(drill=True), open_one()
    assert moves(drill, "hand_out", 9) == (10, 0, 0, 10)
    with pytest.raises(Refused, match="只剩 1 可用"):
        moves(drill, "reserve", 2)
    assert moves(real, "hand_out", 10) == (10, 0, 10, 0)
    assert queries.holds(drill, leader)[0].out == 9
    assert breaches() == []


@given(
    st.lists(
        st.tuples(st.sampled_from(["reserve", "hand_out", "return", "release", "use"]), st.integers(-1, 12)),
        max_size=30,
    )
)
def test_whatever_is_moved_nothing_falls_below_zero(movements: list[tuple[str, int]]) -> None:
    total, reserved, out = 10, 0, 0
    for sort, amount in movements:
        try:
            change = rules.moved(sort, amount, rules.Held(total - reserved - out, reserved, out))
        except Refused:
            continue
        reserved, out, total = reserved + change.reserved, out + change.out, total - change.used
        assert min(reserved, out, total - reserved - out) >= 0


def test_the_database_holds_it_too(pumps: Stock) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Stock.objects.filter(pk=pumps.pk).update(out=11)


def test_the_list_cannot_say_less_than_is_out(
    open_one: Open, moves: Any, now: datetime, community: str
) -> None:
    from tests.incidents.conftest import save_pumps

    moves(open_one(), "hand_out", 6)
    with pytest.raises(Refused, match="已预留和发放 6"):
        save_pumps(now, community, total=5)
    assert save_pumps(now, community, total=7).free == 1


# --- People -------------------------------------------------------------------------------------------------------------


def test_what_is_registered_is_sealed_and_destroyed_when_the_response_ends(
    open_one: Open, leader: Viewer, now: datetime
) -> None:
    one = open_one()
    first, second = (actions.register(key=one.pk, person=WHO, viewer=leader, at=now) for _ in range(2))
    assert str(queries.people(one, leader)[0].name) == "赵**"
    assert WHO.name not in str(
        list(LedgerEntry.objects.filter(matter_id=one.pk).values_list("facts", flat=True))
    )
    digests = [vault.digest_of(row) for row in Affected.objects.order_by("pk")]
    actions.end(key=one.pk, reason="好了", viewer=leader, at=now)
    assert not Affected.objects.exists()
    (proof,) = queries.destructions(one, leader)
    assert (proof.count, proof.left, proof.rows) == (2, 0, [first.pk, second.pk])
    stones = Tombstone.objects.filter(label="incidents.affected").order_by("pk")
    assert [bytes(stone.digest) for stone in stones] == digests
    assert proof.digest == hashlib.sha256(b"".join(digests)).hexdigest()
    assert {stone.retention for stone in stones} == {"emergency_only"}
    told = LedgerEntry.objects.get(matter_id=one.pk, transition="destroy").facts
    assert (told["count"], told["digest"]) == (2, proof.digest)
    assert breaches() == []
    Tombstone.objects.all().delete()
    assert any("0 of 2 tombstones" in line for line in breaches())


def test_an_assessment_keeps_some_until_its_day_and_not_a_day_longer(
    open_one: Open, leader: Viewer, now: datetime
) -> None:
    one = open_one()
    kept, gone = (actions.register(key=one.pk, person=WHO, viewer=leader, at=now) for _ in range(2))
    given = {
        "necessity": "伤者索赔尚未了结，须作证据",
        "measures": "仅法制科两人可看",
        "viewer": leader,
        "at": now,
    }
    for wrong in (
        {"people": []}, {"people": [kept.pk], "necessity": " "}, {"people": [kept.pk], "until": now.date() - DAY},
        {"people": [kept.pk], "until": now.date() + 400 * DAY},
    ):  # fmt: skip
        with pytest.raises(Refused):
            actions.keep(key=one.pk, **({"until": now.date() + 30 * DAY} | given | wrong))
    actions.keep(key=one.pk, people=[kept.pk], until=now.date() + 30 * DAY, **given)
    actions.end(key=one.pk, reason="好了", viewer=leader, at=now)
    assert [row.pk for row in Affected.objects.all()] == [kept.pk]
    assert queries.destructions(one, leader)[0].left == 1
    machine = system("incidents")
    assert actions.destroy_due(viewer=machine, at=now + 30 * DAY) == 0
    assert vault.purge(viewer=machine, at=now + 30 * DAY)["emergency_only"] == 0
    assert actions.destroy_due(viewer=machine, at=now + 31 * DAY) == 1
    assert actions.destroy_due(viewer=machine, at=now + 32 * DAY) == 0
    assert [proof.rows for proof in Destruction.objects.order_by("pk")] == [[gone.pk], [kept.pk]]
    assert breaches() == []


def test_the_nightly_purge_is_a_net_below_it(open_one: Open, leader: Viewer, now: datetime) -> None:
    one = open_one()
    row = actions.register(key=one.pk, person=WHO, viewer=leader, at=now)
    assert vault.purge(viewer=system("vault"), at=now)["emergency_only"] == 0  # while it lasts
    actions.keep(
        key=one.pk,
        people=[row.pk],
        necessity="须作证据",
        measures="专人",
        until=now.date(),
        viewer=leader,
        at=now,
    )
    actions.end(key=one.pk, reason="好了", viewer=leader, at=now)
    assert vault.purge(viewer=system("vault"), at=now + DAY)["emergency_only"] == 1
    assert not Affected.objects.exists()


def test_who_opens_it_says_why_and_is_written_down(
    open_one: Open, leader: Viewer, now: datetime, viewer: Callable[..., Viewer], machine: Viewer
) -> None:
    one = open_one()
    row = actions.register(key=one.pk, person=WHO, viewer=leader, at=now)
    for role in ("auditor", "clerk", "handler", "checker", "grid_worker"):
        with pytest.raises(Forbidden):
            vault.unseal(row, "name", viewer=viewer(role), reason="想看看", at=now)
    assert not AccessLog.objects.exists()


def test_a_drill_registers_nobody(open_one: Open, leader: Viewer, now: datetime) -> None:
    one = open_one(drill=True)
    with pytest.raises(Refused, match="演练不登记真实个人信息"):
        actions.register(key=one.pk, person=WHO, viewer=leader, at=now)
    assert not Affected.objects.exists()


def test_a_false_alarm_leaves_nobody_either(open_one: Open, leader: Viewer, now: datetime) -> None:
    one = open_one(respond=False)
    actions.register(key=one.pk, person=WHO, viewer=leader, at=now)
    actions.void(key=one.pk, reason="误报", viewer=leader, at=now)
    assert not Affected.objects.exists()
    assert queries.destructions(one, leader)[0].count == 1
