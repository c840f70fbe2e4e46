"""Units open and close, people are appointed, and a post that ends hands over what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from gongbi.kernel.errors import Forbidden, Refused, Stale
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope.viewer import AUDITOR, CLERK, Viewer, system
from gongbi.parties import actions, handover, queries, tasks
from gongbi.parties.models import Change, Handover, HandoverItem, Person, Post, Unit

from .conftest import GUARD, KEEPER

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
CHECKER = system("check")


def refused(call: Callable[..., Any], *args: Any, **values: Any) -> str:
    with pytest.raises(Refused) as caught:
        call(*args, **values)
    assert caught.value.message
    return caught.value.code.removeprefix("parties.")


# ---- units -------------------------------------------------------------------------------------------------


def test_a_code_is_never_used_again(units: dict[str, Unit], now: datetime) -> None:
    firm = units["firm"]
    actions.close_unit(firm.pk, at=now + DAY, viewer=KEEPER)
    again = {"code": "firm", "name": "又一家", "kind": "property_firm", "at": now + 2 * DAY, "viewer": KEEPER}
    assert refused(actions.create_unit, **again) == "unit_twice"


def test_a_unit_stands_only_under_one_that_exists(units: dict[str, Unit], now: datetime) -> None:
    new = {"code": "s2", "name": "二科", "kind": "department", "at": now, "viewer": KEEPER}
    assert refused(actions.create_unit, parent="nowhere", **new) == "unit_unknown"
    actions.close_unit(units["urban_section"].pk, at=now + DAY, viewer=KEEPER)
    later = new | {"at": now + DAY}
    assert refused(actions.create_unit, parent="urban_section", **later) == "unit_unknown"


def test_a_unit_closes_only_when_nothing_hangs_on_it(
    units: dict[str, Unit], appoint: Callable[..., Post], now: datetime
) -> None:
    street, community = units["610104002"], units["610104001"]
    assert refused(actions.close_unit, community.pk, at=now + DAY, viewer=KEEPER) == "unit_has_units"
    post = appoint("610104002", "handler")
    assert refused(actions.close_unit, street.pk, at=now + DAY, viewer=KEEPER) == "unit_has_posts"
    actions.end_post(post.pk, at=now + DAY, viewer=KEEPER)
    key, _secret = actions.make_key(name="k", unit_id=street.pk, channel="x", at=now, viewer=GUARD)
    assert refused(actions.close_unit, street.pk, at=now + DAY, viewer=KEEPER) == "unit_has_keys"
    actions.withdraw_key(key.pk, at=now, viewer=GUARD)
    matter = Matter(flow="case", state="x", unit_id=street.pk, opened_at=now)
    matter.save()
    assert refused(actions.close_unit, street.pk, at=now + DAY, viewer=KEEPER) == "unit_has_matters"
    Matter.objects.filter(pk=matter.pk).update(state_kind="closed")
    closed = actions.close_unit(street.pk, at=now + DAY, viewer=KEEPER)
    assert closed.valid_to == now + DAY
    assert refused(actions.close_unit, street.pk, at=now + DAY, viewer=KEEPER) == "unit_closed"


def test_a_refused_change_leaves_no_trace(units: dict[str, Unit], now: datetime) -> None:
    before = (Unit.objects.count(), Change.objects.count())
    refused(actions.create_unit, code="610104009", name="x", kind="community", at=now, viewer=KEEPER)
    assert (Unit.objects.count(), Change.objects.count()) == before


def test_every_change_is_on_record_without_names(units: dict[str, Unit], person: Any, now: datetime) -> None:
    person()
    actions.change_unit(units["firm"].pk, at=now, viewer=KEEPER, supervision_phone="029-55510000")
    last = queries.changes(CHECKER).first()
    assert last is not None
    assert (last.act, last.key, last.facts) == ("unit_changed", "firm", {"supervision_phone": "029-55510000"})
    assert "示范人" not in str(list(Change.objects.values_list("facts", flat=True)))


@pytest.mark.parametrize("role", ["clerk", "security", "auditor", "manager", ""])
def test_only_the_system_administrator_keeps_the_lists(
    role: str, units: dict[str, Unit], now: datetime
) -> None:
    other = Viewer(actor="post:9", role=role)
    unit = units["firm"].pk
    calls: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = [
        (actions.create_unit, (), {"code": "x", "name": "x", "kind": "department"}),
        (actions.change_unit, (unit,), {"name": "x"}),
        (actions.close_unit, (unit,), {}),
        (actions.add_person, (), {"number": "1", "name": "x"}),
        (actions.appoint, (), {"person_id": 1, "unit_id": unit, "role": "handler", "valid_from": now}),
        (actions.end_post, (1,), {}),
    ]
    for call, args, values in calls:
        with pytest.raises(Forbidden):
            call(*args, at=now, viewer=other, **values)


# ---- posts -------------------------------------------------------------------------------------------------


def test_a_post_covers_its_units_territory_unless_told_otherwise(appoint: Callable[..., Post]) -> None:
    assert [area.code for area in appoint("610104001", "manager").areas.all()] == ["610104001"]
    assert [area.code for area in appoint("firm", "handler").areas.all()] == []
    wide = appoint("610104001", "clerk", territories=["610104002", "610104001", "610104001"])
    assert sorted(area.code for area in wide.areas.all()) == ["610104001", "610104002"]


def test_one_person_cannot_judge_and_handle_at_the_same_time(
    appoint: Callable[..., Post], person: Callable[[], Person], now: datetime
) -> None:
    somebody = person().pk
    first = appoint("centre", "checker", person_id=somebody)
    assert refused(appoint, "firm", "handler", person_id=somebody) == "judge_and_doer"
    actions.end_post(first.pk, at=now + DAY, viewer=KEEPER)
    appoint("firm", "handler", person_id=somebody, valid_from=now + DAY)
    assert (
        refused(appoint, "centre", "admin", person_id=somebody, valid_from=now + DAY)
        == "three_administrators"
    )


def test_the_same_post_twice_or_in_a_unit_without_it_is_refused(
    appoint: Callable[..., Post], person: Callable[[], Person]
) -> None:
    somebody = person().pk
    appoint("firm", "handler", person_id=somebody)
    assert refused(appoint, "firm", "handler", person_id=somebody) == "post_twice"
    assert refused(appoint, "firm", "clerk") == "role_of_kind"
    assert refused(appoint, "firm", "king") == "role_unknown"


def test_the_public_card_is_changed_and_the_change_recorded(
    appoint: Callable[..., Post], now: datetime
) -> None:
    """滨州条例 §6: name and telephone of a grid's worker are posted and updated on change."""
    grid = "610104001001001"
    post = appoint(
        "610104001001", "grid_worker", territories=[grid], work_name="王安", work_phone="029-55510001"
    )
    card = queries.grid_worker_of(grid, now)
    assert card is not None
    assert (card.name, card.phone) == ("王安", "029-55510001")
    actions.change_post(post.pk, at=now, viewer=KEEPER, work_phone="029-55510002")
    card = queries.grid_worker_of(grid, now)
    assert card is not None
    assert card.phone == "029-55510002"
    assert Change.objects.filter(act="post_changed", key=str(post.pk)).count() == 1


# ---- handover ----------------------------------------------------------------------------------------------


@pytest.fixture
def basket() -> Iterator[dict[int, set[int]]]:
    """A room that gives matters to posts: post id → matter ids."""
    held: dict[int, set[int]] = {}

    def transfer(post_from: Post, post_to: Post, at: datetime, viewer: Viewer) -> None:
        held.setdefault(post_to.pk, set()).update(held.pop(post_from.pk, set()))

    handover.register("basket", find=lambda post: held.get(post.pk, ()), transfer=transfer)
    yield held
    handover.forget("basket")


def test_a_post_that_holds_nothing_ends_without_successor(
    appoint: Callable[..., Post], now: datetime, basket: dict[int, set[int]]
) -> None:
    post = appoint("firm", "handler")
    record = actions.end_post(post.pk, at=now + DAY, viewer=KEEPER)
    post.refresh_from_db()
    assert (post.valid_to, record.post_to_id, record.matters) == (now + DAY, None, 0)


def test_nothing_open_stays_with_nobody(
    appoint: Callable[..., Post], now: datetime, basket: dict[int, set[int]]
) -> None:
    post, heir = appoint("firm", "handler"), appoint("firm", "handler")
    basket[post.pk] = {11, 7}
    assert refused(actions.end_post, post.pk, at=now + DAY, viewer=KEEPER) == "successor_needed"
    assert Post.objects.get(pk=post.pk).valid_to is None

    record = actions.end_post(post.pk, at=now + DAY, viewer=KEEPER, successor_id=heir.pk, reason="调离")
    assert basket == {heir.pk: {7, 11}}
    assert sorted(record.items.values_list("source", "matter_id")) == [("basket", 7), ("basket", 11)]
    assert (record.matters, record.reason, record.actor) == (2, "调离", KEEPER.actor)
    assert list(queries.left_alone(CHECKER, now + 9 * DAY)) == []


def test_the_signed_list_shows_a_line_added_or_taken_away(
    appoint: Callable[..., Post], now: datetime, basket: dict[int, set[int]]
) -> None:
    post, heir = appoint("firm", "handler"), appoint("firm", "handler")
    basket[post.pk] = {7, 11}
    made = actions.end_post(post.pk, at=now + DAY, viewer=KEEPER, successor_id=heir.pk)
    record = Handover.objects.get(pk=made.pk)
    auditor = Viewer(actor="post:3", role=AUDITOR)
    assert queries.handover_is_genuine(record, auditor)
    item = record.items.get(matter_id=7)
    item.matter_id = 8
    item.save()
    assert not queries.handover_is_genuine(record, auditor)
    item.matter_id = 7
    item.save()
    HandoverItem.objects.create(handover=record, source="basket", matter_id=12)
    assert not queries.handover_is_genuine(record, auditor)


def test_a_room_that_cannot_move_its_matters_stops_the_end(
    appoint: Callable[..., Post], now: datetime, basket: dict[int, set[int]]
) -> None:
    handover.register("basket", find=lambda post: [5], transfer=lambda *values: None)
    post, heir = appoint("firm", "handler"), appoint("firm", "handler")
    code = refused(actions.end_post, post.pk, at=now + DAY, viewer=KEEPER, successor_id=heir.pk)
    assert code == "transfer_left"
    assert Post.objects.get(pk=post.pk).valid_to is None
    assert not Handover.objects.exists()


def test_a_post_ends_once(appoint: Callable[..., Post], now: datetime) -> None:
    post = appoint("firm", "handler")
    actions.end_post(post.pk, at=now + DAY, viewer=KEEPER)
    with pytest.raises(Stale):
        actions.end_post(post.pk, at=now + 2 * DAY, viewer=KEEPER)
    assert Post.objects.get(pk=post.pk).valid_to == now + DAY


def test_an_unfit_successor_is_refused(appoint: Callable[..., Post], now: datetime, basket: Any) -> None:
    post = appoint("urban_section", "handler")
    basket[post.pk] = {1}
    unfit = {
        "successor_role": appoint("urban_section", "manager").pk,
        "successor_unit": appoint("firm", "handler").pk,
        "successor_not_in_office": appoint("urban_section", "handler", valid_from=now + 3 * DAY).pk,
        "successor_self": post.pk,
        "post_unknown": 10**9,
    }
    for code, successor in unfit.items():
        end = {"at": now + DAY, "viewer": KEEPER, "successor_id": successor}
        assert refused(actions.end_post, post.pk, **end) == code
    above = appoint("urban_management", "handler")
    actions.end_post(post.pk, at=now + DAY, viewer=KEEPER, successor_id=above.pk)
    assert basket == {above.pk: {1}}


def test_a_post_that_ran_out_is_found_until_it_is_handed_over(
    appoint: Callable[..., Post], now: datetime, basket: dict[int, set[int]]
) -> None:
    post = appoint("firm", "handler", valid_to=now + DAY)
    heir = appoint("firm", "handler")
    basket[post.pk] = {4}
    assert list(queries.left_alone(CHECKER, now + DAY - SECOND)) == []
    assert [(found.pk, count) for found, count in queries.left_alone(CHECKER, now + DAY)] == [(post.pk, 1)]
    assert [breach.where for breach in tasks.posts_handed_over()] == [f"post:{post.pk}"]
    actions.end_post(post.pk, at=now + 2 * DAY, viewer=KEEPER, successor_id=heir.pk)
    assert Post.objects.get(pk=post.pk).valid_to == now + DAY  # its own end stays
    assert list(queries.left_alone(CHECKER, now + 3 * DAY)) == []
    assert list(tasks.posts_handed_over()) == []


def test_a_matter_is_given_only_to_a_post_in_office(appoint: Callable[..., Post], now: datetime) -> None:
    post = appoint("firm", "handler", valid_to=now + DAY)
    assert actions.hold_post(post.pk, at=now).pk == post.pk
    assert refused(actions.hold_post, post.pk, at=now + DAY) == "post_not_in_office"
    assert refused(actions.hold_post, 10**9, at=now) == "post_unknown"


@pytest.mark.parametrize("role", [CLERK, "handler", "admin", "auditor", "security"])
def test_who_sees_people_and_handovers(
    role: str, appoint: Callable[..., Post], now: datetime, units: dict[str, Unit]
) -> None:
    post = appoint("firm", "handler")
    actions.end_post(post.pk, at=now + DAY, viewer=KEEPER)
    other = appoint("urban_management", "handler")
    own = Viewer(actor="x", role=role, person_id=other.person_id, post_id=other.pk)
    everything = role in ("admin", "auditor", "security")
    assert set(queries.people(own).values_list("pk", flat=True)) == (
        {post.person_id, other.person_id} if everything else {other.person_id}
    )
    assert queries.handovers(own).count() == (1 if everything else 0)
