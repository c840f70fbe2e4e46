"""Orders: sign, arrive, report within their clocks; who may give them to whom; what was not theirs; units that are gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gongbi.cases import queries as cases
from gongbi.command import actions, queries
from gongbi.command.models import Order
from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.kernel.flow import invariants
from gongbi.kernel.flow import queries as flow
from gongbi.kernel.flow.models import Link
from gongbi.kernel.ledger.queries import chain_of
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import STAFF_ROLES, Viewer, system
from gongbi.parties import actions as parties
from tests.desk.conftest import World

pytestmark = pytest.mark.django_db
Give = Callable[..., Order]


def now_of(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def clocks(order: Order) -> dict[str, Any]:
    return {clock.name: clock for clock in order.clocks.order_by("round")}


def test_an_order_from_given_to_done(give: Give, world: World) -> None:
    clock, boss, urban = world.clock, world.who("manager"), world.who("urban")
    order = give(
        come=True, place_words="劳动路口", lon=108.913, lat=34.265, come_by=clock.now + timedelta(minutes=40)
    )
    assert {name: one.due_at - clock.now for name, one in clocks(order).items()} == {
        "sign": timedelta(minutes=30), "arrive": timedelta(minutes=40),
    }  # fmt: skip
    actions.sign(key=order.pk, viewer=urban, at=clock.on(minutes=5))
    with pytest.raises(Refused, match="先登记到场"):
        actions.report(key=order.pk, result="好了", viewer=urban, at=clock.now)
    arrived = actions.arrive(key=order.pk, viewer=urban, at=clock.on(minutes=20), lon=108.914, lat=34.265)
    assert arrived.metres == 92
    assert clocks(order)["report"].due_at == clock.now + timedelta(hours=24)  # from the arrival on
    actions.report(key=order.pk, result="换了熔断器", viewer=urban, at=clock.on(minutes=10))
    with pytest.raises(Forbidden):
        actions.accept(key=order.pk, viewer=urban, at=clock.now)
    done = actions.accept(key=order.pk, viewer=boss, at=clock.on(minutes=1))
    assert (done.state, done.result, done.due_at) == ("done", "换了熔断器", None)
    assert all(one.stopped_at is not None and not one.cancelled for one in clocks(order).values())
    assert chain_of(now_of(order)).whole
    assert list(invariants.run_all(rooms=["command"])) == []
    told = OutboxRow.objects.filter(matter_id=order.pk).order_by("pk").values_list("topic", flat=True)
    assert list(told) == ["order.issue", "order.sign", "order.arrive", "order.report", "order.accept"]


def test_where_somebody_stood_is_kept_as_a_distance_only(give: Give, world: World) -> None:
    order = give(come=True, place_words="劳动路口", lon=108.913, lat=34.265)
    actions.arrive(
        key=order.pk, viewer=world.who("urban"), at=world.clock.on(minutes=1), lon=108.95512, lat=34.26513
    )
    kept = repr(list(Order.objects.values())) + repr(list(now_of(order).entries.values("facts")))
    assert "108.95512" not in kept
    assert "108.913" in kept


def test_a_second_tap_changes_nothing(give: Give, world: World) -> None:
    order, urban = give(), world.who("urban")
    first = actions.sign(key=order.pk, viewer=urban, at=world.clock.on(minutes=1), expected_version=1)
    again = actions.sign(key=order.pk, viewer=urban, at=world.clock.on(minutes=1), expected_version=1)
    assert (again.version, again.signed_at) == (first.version, first.signed_at)


def test_the_same_key_gives_one_order_and_no_stranger_meets_it(give: Give) -> None:
    assert give(key="k1").pk == give(key="k1").pk
    assert give("dispatcher", key="k1").pk != give(key="k1").pk


# ---- who, to whom --------------------------------------------------------------------------------------------------


def test_a_street_orders_its_communities_and_whistles_for_departments(give: Give, world: World) -> None:
    community = world.who("community").unit_id
    from gongbi.parties.models import Unit

    code = Unit.objects.get(pk=community).code
    assert give("street-manager", code).unit_id == community
    with pytest.raises(Forbidden, match="吹哨"):
        give("street-manager", "urban_management")
    for login in ("urban", "checker", "clerk", "admin"):
        with pytest.raises(Forbidden):
            give(login, code)


def test_an_order_to_a_unit_that_no_longer_exists_names_the_day(
    give: Give, world: World, unit: Callable[[str], int]
) -> None:
    key = _close(world)
    with pytest.raises(Refused) as refused:
        actions.give(
            actions.Given(unit_id=key, title="t", text="t"), viewer=world.who("manager"), at=world.clock.now
        )
    assert refused.value.code == "command.unit_gone"
    assert f"{world.clock.now:%Y-%m-%d}" in refused.value.message
    assert Order.objects.count() == 0
    with pytest.raises(Refused, match="没有这个单位"):
        actions.give(
            actions.Given(unit_id=10**6, title="t", text="t"), viewer=world.who("manager"), at=world.clock.now
        )
    assert key not in {one.pk for one in queries.addressable(world.who("manager"), at=world.clock.now)}


def _close(world: World) -> int:
    made = parties.create_unit(
        code="old_office", name="旧办公室", kind="department", at=world.clock.now, valid_from=world.clock.now - timedelta(days=9),
        viewer=system("test"),
    )  # fmt: skip
    parties.close_unit(made.pk, at=world.clock.now, viewer=system("test"))
    world.clock.on(minutes=1)
    return made.pk


def test_a_unit_is_not_closed_over_its_orders_they_are_redirected_first(give: Give, world: World) -> None:
    made = parties.create_unit(
        code="old_office",
        name="旧办公室",
        kind="department",
        at=world.clock.now,
        valid_from=world.clock.now,
        viewer=system("test"),
    )
    order = give(to="old_office")
    with pytest.raises(Refused, match="先改派"):
        parties.close_unit(made.pk, at=world.clock.on(minutes=1), viewer=system("test"))
    boss = world.who("manager")
    moved = actions.redirect(
        key=order.pk,
        unit_id=world.unit("urban_management"),
        reason="职责划转",
        viewer=boss,
        at=world.clock.on(minutes=5),
    )
    assert (moved.state, moved.unit_id) == ("issued", world.unit("urban_management"))
    rounds = [(c.round, c.cancelled) for c in order.clocks.filter(name="sign").order_by("round")]
    assert rounds == [(1, True), (2, False)]
    parties.close_unit(made.pk, at=world.clock.on(minutes=1), viewer=system("test"))
    actions.sign(key=order.pk, viewer=world.who("urban"), at=world.clock.on(minutes=1))


def test_not_ours_is_ruled_by_somebody_else(give: Give, world: World) -> None:
    order, urban, boss = give(), world.who("urban"), world.who("dispatcher")
    actions.sign(key=order.pk, viewer=urban, at=world.clock.on(minutes=1))
    actions.contest(key=order.pk, reason="属公路部门", viewer=urban, at=world.clock.on(minutes=1))
    with pytest.raises(Forbidden):
        actions.rule(
            key=order.pk, upheld=False, reason="就是你们", viewer=world.who("manager"), at=world.clock.now
        )
    signed = actions.rule(
        key=order.pk, upheld=False, reason="清单写明", viewer=boss, at=world.clock.on(minutes=1)
    )
    assert signed.state == "signed"
    actions.contest(key=order.pk, reason="仍有异议", viewer=urban, at=world.clock.on(minutes=1))
    gone = actions.rule(
        key=order.pk,
        upheld=True,
        reason="确非其责",
        viewer=world.who("adjudicator"),
        at=world.clock.on(minutes=1),
    )
    assert (gone.state, gone.upheld) == ("withdrawn", True)
    assert all(one.cancelled for name, one in clocks(order).items() if name == "report")


def test_who_gave_it_does_not_overrule_alone(give: Give, world: World) -> None:
    order, urban = give("dispatcher"), world.who("urban")
    actions.sign(key=order.pk, viewer=urban, at=world.clock.on(minutes=1))
    actions.contest(key=order.pk, reason="不是我们", viewer=urban, at=world.clock.on(minutes=1))
    with pytest.raises(Refused, match="不能自行驳回"):
        actions.rule(
            key=order.pk, upheld=False, reason="是", viewer=world.who("dispatcher"), at=world.clock.now
        )


def test_a_report_that_is_not_enough_runs_a_new_clock(give: Give, world: World) -> None:
    order, urban, boss = give(), world.who("urban"), world.who("manager")
    actions.sign(key=order.pk, viewer=urban, at=world.clock.on(minutes=1))
    actions.report(key=order.pk, result="在办", viewer=urban, at=world.clock.on(minutes=1))
    actions.send_back(key=order.pk, reason="请写明时间", viewer=boss, at=world.clock.on(minutes=1))
    assert clocks(order)["report"].round == 2
    actions.report(key=order.pk, result="今晚恢复", viewer=urban, at=world.clock.on(minutes=1))
    assert actions.accept(key=order.pk, viewer=boss, at=world.clock.on(minutes=1)).state == "done"


def test_an_old_page_and_a_clock_set_back_are_told(give: Give, world: World) -> None:
    order, urban = give(), world.who("urban")
    with pytest.raises(Stale):
        actions.sign(key=order.pk, viewer=urban, at=world.clock.now, expected_version=7)
    with pytest.raises(Refused):  # the machine's clock went back an hour between giving and signing
        actions.sign(key=order.pk, viewer=urban, at=world.clock.now - timedelta(hours=1))
    assert now_of(order).state == "issued"


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_every_role_is_offered_what_is_its_own(give: Give, world: World, role: str) -> None:
    order = give()
    stranger = Viewer(actor="post:0", role=role, unit_id=-1, units=frozenset({-1}), territories=("610104",))
    offered = flow.allowed(order, stranger, at=world.clock.now)
    assert offered == []


def test_a_stranger_learns_of_no_order(give: Give, world: World, handler: Callable[[str], Viewer]) -> None:
    order = give()
    other = world.who("property")
    with pytest.raises(NotThere):
        queries.order_by_number(order.number, other)
    with pytest.raises(NotThere):
        actions.sign(key=order.pk, viewer=other, at=world.clock.now)
    assert list(queries.orders(other, "open").orders) == []
    with pytest.raises(NotThere):
        queries.order_by_number(order.number, world.who("admin"))


@pytest.mark.parametrize(
    ("more", "field"),
    [({"title": " "}, "title"), ({"text": ""}, "text"), ({"text": "字" * 1001}, "text"), ({"come": True}, "place_words"),
     ({"come": True, "place_words": "x", "come_by": -5}, "come_by"), ({"come": True, "place_words": "x", "come_by": 60 * 24 * 31}, "come_by"),
     ({"lon": 200.0, "lat": 1.0}, "lon"), ({"lon": 1.0}, "lon"), ({"sort": "supervise"}, "level"), ({"sort": "urge"}, "about"), ({"sort": "x"}, "sort")],
)  # fmt: skip
def test_what_is_wrong_stands_beside_its_field(
    give: Give, world: World, more: dict[str, Any], field: str
) -> None:
    if "come_by" in more:
        more = more | {"come_by": world.clock.now + timedelta(minutes=more["come_by"])}
    with pytest.raises(Refused) as refused:
        give(**more)
    assert refused.value.field == field


def test_an_order_about_a_case_is_tied_to_it(give: Give, world: World) -> None:
    case = world.case("handling")
    order = give(about=case.pk)
    assert Link.objects.get(source_id=order.pk).target_id == case.pk
    assert order.territory == case.territory
    assert [one.pk for one in queries.about(case.pk, world.who("manager")).orders] == [order.pk]
    with pytest.raises(Refused, match="没有这件事项"):
        give(about=10**9)
    assert cases.case_for(case.pk, world.who("manager")).state == "handling"


def test_the_board_counts_by_unit_and_leaves_drills_out(give: Give, world: World) -> None:
    give()
    give(drill=True)
    order = give()
    actions.sign(key=order.pk, viewer=world.who("urban"), at=world.clock.on(minutes=1))
    world.clock.on(minutes=60)
    (load,) = queries.board(world.who("manager"), at=world.clock.now)
    assert (load.states, load.late, load.all) == ({"issued": 1, "signed": 1}, 1, 2)
