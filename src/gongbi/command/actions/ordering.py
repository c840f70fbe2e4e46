"""Orders: given, signed for, arrived, reported, contested, ruled on, accepted, redirected, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from gongbi.command import queries, refusals, rules
from gongbi.command.actions import numbering
from gongbi.command.actions.common import (
    GIVERS,
    PLACE,
    TITLE,
    WHISTLERS,
    about,
    checked_time,
    limits_of,
    living,
    load,
    own,
    said,
    where_of,
)
from gongbi.command.models import Order, Whistle
from gongbi.command.settings import key_of
from gongbi.kernel.errors import Refused
from gongbi.kernel.flow.advance import advance, begin
from gongbi.kernel.flow.models import Link
from gongbi.kernel.scope.viewer import SYSTEM, Viewer

NEED_TEXT = ("请写明要做什么。", "Say what is to be done.")
NEED_REASON = ("请写明理由。", "Give the reason.")
NEED_RESULT = ("请写明办理情况。", "Say what was done.")


@dataclass(frozen=True, slots=True)
class Given:
    """One order as it is given. ``come``: somebody is to come to ``place_words`` or the point, by ``come_by`` if that is said.

    ``sort``: order, urge or supervise (calls and parts are made with their whistle); ``level`` 1–3 of a supervision. ``key``: the
    sender's own, under which the same order is not given twice. ``territory``: a division code, if not the matter's.
    """

    unit_id: int | None
    title: str
    text: str
    sort: str = rules.ORDER
    level: int = 0
    about: int | None = None
    territory: str = ""
    place_words: str = ""
    lon: float | None = None
    lat: float | None = None
    come: bool = False
    come_by: datetime | None = None
    drill: bool = False
    key: str = ""


@transaction.atomic
def give(given: Given, *, viewer: Viewer, at: datetime) -> Order:
    """Give an order to a unit; an urge or a supervision gets its number and notice in the same transaction.

    The same ``key`` again gives back the order that it made. Locks: the matter it is about, then the counter of notices. Errors:
    Refused (no such matter, no such unit, or one that was closed; nothing said; no place; a time that is over), Forbidden
    (a street orders what is under it; departments are whistled for).
    """
    if given.sort not in (rules.ORDER, *rules.NOTICES):
        raise Refused("command.sort", ("没有这种指令。", "There is no such sort of order."), field="sort")
    if (given.sort == rules.SUPERVISE) != (given.level in rules.LEVELS):
        raise Refused(
            "command.level",
            ("请选择督办级别（一至三级）。", "Choose the level of supervision, 1 to 3."),
            field="level",
        )
    issuer = own(viewer, GIVERS)
    matter = about(given.about, viewer)
    if given.key:
        known = Order.objects.filter(key=_key(given.key, viewer)).first()
        if known is not None:
            return known
    unit_id = given.unit_id
    if unit_id is None and matter is not None and given.sort in rules.NOTICES:
        unit_id = matter.unit_id  # whoever has the matter is urged
    unit = living(unit_id, at)
    if issuer is not None and not rules.may_order(issuer, unit.pk):
        raise refusals.not_yours(
            (
                "本单位只能向自己和下属单位发指令；需要部门到场请“吹哨”，其他请区级中心发出。",
                "Your unit orders itself and what is under it. Whistle for departments, or ask the district's centre.",
            )
        )
    if given.sort in rules.NOTICES and matter is None:
        raise refusals.empty(
            "about", ("请选择要催办或督办的事项。", "Say which matter is urged or supervised.")
        )
    order = Order(
        sort=given.sort, level=given.level, about_id=given.about, drill=given.drill,
        key=_key(given.key, viewer) if given.key else None, territory=where_of(matter, given.territory, unit),
        title=said(given.title, "title", most=TITLE, needed=("请写标题。", "Give a title.")),
        text=said(given.text, "text", needed=NEED_TEXT), come_by=checked_time(given.come_by, at) if given.come else None,
        comes=given.come, **placed(given.place_words, given.lon, given.lat, needed=given.come),
    )  # fmt: skip
    return begun(order, unit.pk, viewer=viewer, at=at)


def _key(key: str, viewer: Viewer) -> str:
    """One sender cannot meet another's key."""
    return f"{viewer.actor}:{key}"[:64]


def placed(words: str, lon: float | None, lat: float | None, *, needed: bool) -> dict[str, Any]:
    """The place as columns. Refused: nothing said where somebody is to come, or a point that is none."""
    if (lon is None) != (lat is None) or (
        lon is not None and not (-180 <= lon <= 180 and -90 <= (lat or 0) <= 90)
    ):
        raise Refused(
            "command.point",
            ("位置不对，请重新点选。", "This is no place on earth. Choose the point again."),
            field="lon",
        )
    kept = said(words, "place_words", most=PLACE)
    if needed and not kept and lon is None:
        raise refusals.no_place()
    return {"place_words": kept, "lon": lon, "lat": lat}


def begun(
    order: Order, unit_id: int, *, viewer: Viewer, at: datetime, issuer_unit: int | None = None
) -> Order:
    """Begin an order that is filled in: its clocks, its tie to the matter it is about, its notice. In the caller's transaction."""
    order.unit_id = order.first_unit_id = unit_id
    order.issuer_unit_id = viewer.unit_id if issuer_unit is None else issuer_unit
    order.issued_by, order.issued_person = viewer.actor, viewer.person_id
    order.report_limit = queries.setting(key_of(rules.REPORT, order.sort, order.level), viewer)
    facts: dict[str, Any] = {"unit": unit_id, "sort": order.sort, "level": order.level, "drill": order.drill}
    begin(order, viewer, at=at, transition="issue", facts=facts | limits_of(order, viewer, at))
    if order.about_id is not None:
        Link.objects.create(
            source_id=order.pk, target_id=order.about_id, kind=order.sort, at=at, actor=viewer.actor
        )
    if order.sort in rules.NOTICES:
        numbering.number(order, viewer=viewer, at=at)
    return order


# ---- the unit ------------------------------------------------------------------------------------------------------


def _step(order: Order, name: str, viewer: Viewer, at: datetime, version: int | None, **facts: Any) -> None:
    advance(order, name, viewer, at=at, expected_version=version, facts=facts)


def _set(order: Order, **values: Any) -> Order:
    for name, value in values.items():
        setattr(order, name, value)
    order.save(update_fields=list(values))
    return order


@transaction.atomic
def sign(*, key: int, viewer: Viewer, at: datetime, expected_version: int | None = None) -> Order:
    """The unit takes the order. Signed for already stays so: a second tap changes nothing."""
    order = load(Order, key, viewer)
    if order.state == "signed" and order.signed_at is not None and order.unit_id in viewer.units:
        return order
    _step(order, "sign", viewer, at, expected_version)
    return _set(order, signed_at=at)


@transaction.atomic
def arrive(
    *,
    key: int,
    viewer: Viewer,
    at: datetime,
    lon: float | None = None,
    lat: float | None = None,
    place_words: str = "",
    expected_version: int | None = None,
) -> Order:
    """Somebody of the unit is at the place; signs for the order where nobody had. Of a position only the distance is kept."""
    order = load(Order, key, viewer)
    if order.state == "arrived" and order.unit_id in viewer.units:
        return order
    here = placed(place_words, lon, lat, needed=False)
    metres = None
    if here["lon"] is not None and order.lon is not None and order.lat is not None:
        metres = rules.metres((here["lon"], here["lat"]), (order.lon, order.lat))
    facts = {
        "report_limit": order.report_limit,
        "metres": metres,
        "place": here["place_words"] or order.place_words,
    }
    _step(order, "arrive", viewer, at, expected_version, **facts)
    return _set(order, arrived_at=at, metres=metres, signed_at=order.signed_at or at)


@transaction.atomic
def report(
    *, key: int, result: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Order:
    """What was done. Who is called to a place has arrived first."""
    order = load(Order, key, viewer)
    told = said(result, "result", needed=NEED_RESULT)
    _step(order, "report", viewer, at, expected_version, result=told)
    return _set(order, result=told, reported_at=at)


@transaction.atomic
def contest(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Order:
    """ "Not ours", with the reason. The clocks go on: whoever is called comes first and argues later."""
    order = load(Order, key, viewer)
    told = said(reason, "reason", needed=NEED_REASON)
    _step(order, "contest", viewer, at, expected_version, reason=told)
    return order


# ---- who gave it ---------------------------------------------------------------------------------------------------


@transaction.atomic
def rule(
    *, key: int, upheld: bool, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Order:
    """Whether it was theirs. Upheld: the order is taken back, and of a whistle the caller is marked; else the unit goes on."""
    order = load(Order, key, viewer)
    told = said(reason, "reason", needed=NEED_REASON)
    _step(order, "uphold" if upheld else "overrule", viewer, at, expected_version, reason=told)
    return _set(order, upheld=True) if upheld else order


@transaction.atomic
def accept(*, key: int, viewer: Viewer, at: datetime, expected_version: int | None = None) -> Order:
    """What was reported is enough."""
    order = load(Order, key, viewer)
    _step(order, "accept", viewer, at, expected_version)
    return order


@transaction.atomic
def send_back(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Order:
    """What was reported is not enough: once more, with a new clock."""
    order = load(Order, key, viewer)
    told = said(reason, "reason", needed=NEED_REASON)
    _step(order, "send_back", viewer, at, expected_version, reason=told, report_limit=order.report_limit)
    return _set(order, reported_at=None)


@transaction.atomic
def redirect(
    *,
    key: int,
    unit_id: int | None,
    reason: str,
    viewer: Viewer,
    at: datetime,
    expected_version: int | None = None,
) -> Order:
    """To another unit, whose clocks begin now: the first was wrong, or exists no longer. Errors: as :func:`give`."""
    order = load(Order, key, viewer)
    unit = living(unit_id, at)
    issuer = own(viewer, WHISTLERS)
    called = order.sort in (rules.CALL, rules.PART)
    if issuer is not None and not called and not rules.may_order(issuer, unit.pk):
        raise refusals.not_yours(
            ("本单位只能改派给自己和下属单位。", "Your unit redirects to itself and what is under it.")
        )
    if unit.pk == order.unit_id:
        raise Refused(
            "command.same_unit", ("它已在这个单位。", "It is with this unit already."), field="unit_id"
        )
    if (
        order.call_of_id is not None
        and Order.objects.filter(call_of_id=order.call_of_id, first_unit_id=unit.pk).exists()
    ):
        raise Refused(
            "command.twice_called",
            ("这个单位已在本次吹哨中。", "This unit is called by the whistle already."),
            field="unit_id",
        )
    told = said(reason, "reason", needed=NEED_REASON)
    order = moved(
        order, "redirect", unit.pk, viewer=viewer, at=at, version=expected_version, facts={"reason": told}
    )
    return _set(
        order, first_unit_id=unit.pk
    )  # it was never the first one's, so nothing of it is marked there


def moved(
    order: Order,
    step: str,
    unit_id: int,
    *,
    viewer: Viewer,
    at: datetime,
    version: int | None = None,
    facts: Mapping[str, Any],
) -> Order:
    """Another unit has the order from now on, and has signed for nothing yet. In the caller's transaction."""
    told = dict(facts) | {"unit": unit_id, "from": order.unit_id} | limits_of(order, viewer, at)
    advance(order, step, viewer, at=at, expected_version=version, move={"unit_id": unit_id}, facts=told)
    return _set(order, signed_at=None, arrived_at=None, metres=None, reported_at=None)


@transaction.atomic
def withdraw(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Order:
    """Taken back by who gave it; its clocks end without a verdict. A call goes with its whistle."""
    order = load(Order, key, viewer)
    if order.call_of_id is not None and viewer.role != SYSTEM:
        whistle = Whistle.objects.get(pk=order.call_of_id)
        others = whistle.calls.filter(closed_at__isnull=True).exclude(pk=order.pk)
        if order.lead and others.exists():
            raise Refused(
                "command.lead_stays",
                (
                    "牵头单位不能单独撤回，请取消整个事项或先收哨。",
                    "The lead is not taken back alone: call the whole off, or end it.",
                ),
            )
    told = said(reason, "reason", needed=NEED_REASON)
    _step(order, "withdraw", viewer, at, expected_version, reason=told)
    return order
