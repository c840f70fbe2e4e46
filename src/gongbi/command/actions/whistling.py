"""The whistle and joint matters: several units called at once, one lead, each with its own duty and clocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gongbi.command import refusals, rules
from gongbi.command.actions.common import (
    GIVERS,
    TITLE,
    WHISTLERS,
    about,
    checked_time,
    living,
    load,
    own,
    said,
    where_of,
)
from gongbi.command.actions.ordering import NEED_REASON, NEED_RESULT, NEED_TEXT, begun, placed
from gongbi.command.models import Order, Whistle
from gongbi.kernel.errors import Refused
from gongbi.kernel.flow.advance import advance, begin
from gongbi.kernel.flow.models import Link
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory

MOST_UNITS = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """One called unit and its share: what it is to do ("" for what the whistle says), whether it leads."""

    unit_id: int | None
    duty: str = ""
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Blown:
    """One whistle (``sort`` whistle: to a place, by a time) or joint matter (``sort`` joint: split duties, a place only if one is given)."""

    units: Sequence[Wanted]
    title: str
    text: str
    sort: str = rules.WHISTLE
    about: int | None = None
    territory: str = ""
    place_words: str = ""
    lon: float | None = None
    lat: float | None = None
    come_by: datetime | None = None
    drill: bool = False


@transaction.atomic
def sound(blown: Blown, *, viewer: Viewer, at: datetime) -> Whistle:
    """Call the units, each by an order of its own. Two people for the same matter at once: the second learns the first one's number.

    Locks: the matter it is about; a unique column holds the race that the lock does not reach. Errors: Forbidden (who may whistle,
    who may split), Refused (no such matter, no unit, one that was closed, one twice, not one lead, no place, a time that is
    over, nothing said, whistled already).
    """
    joint = blown.sort == rules.JOINT
    if blown.sort not in (rules.WHISTLE, rules.JOINT):
        raise Refused("command.sort", ("没有这种哨。", "There is no such sort of whistle."), field="sort")
    caller = own(viewer, GIVERS if joint else WHISTLERS)
    if caller is not None and not (rules.may_join(caller) if joint else rules.may_whistle(caller)):
        words = (
            ("联办由街道或区级中心发起。", "Joint matters are split by a street or the district's centre.")
            if joint
            else (
                "吹哨由街道发起；区级中心请直接下指令。",
                "Streets whistle; the district's centre gives orders.",
            )
        )
        raise refusals.not_yours(words)
    matter = about(blown.about, viewer)
    if matter is not None:
        open_one = Whistle.objects.filter(open_about=matter.pk).first()
        if open_one is not None:
            raise refusals.whistled_already(open_one.number)
    wanted = _wanted(blown.units, (), at)
    here = directory.current().by_id.get(viewer.unit_id or 0)
    whistle = Whistle(
        sort=blown.sort, drill=blown.drill, about_id=blown.about, open_about=blown.about, unit_id=viewer.unit_id,
        territory=where_of(matter, blown.territory, here), title=said(blown.title, "title", most=TITLE, needed=("请写标题。", "Give a title.")),
        text=said(blown.text, "text", needed=NEED_TEXT), come_by=checked_time(blown.come_by, at),
        caller_unit_id=viewer.unit_id, called_by=viewer.actor, called_person=viewer.person_id,
        **placed(blown.place_words, blown.lon, blown.lat, needed=not joint or blown.come_by is not None),
    )  # fmt: skip
    facts = {
        "units": [one.unit_id for one in wanted],
        "sort": blown.sort,
        "about": blown.about,
        "drill": blown.drill,
    }
    begin(whistle, viewer, at=at, transition="sound", facts=facts)
    if matter is not None:
        Link.objects.create(
            source_id=whistle.pk, target_id=matter.pk, kind=whistle.sort, at=at, actor=viewer.actor
        )
    _call(whistle, wanted, viewer, at)
    return whistle


def _wanted(units: Sequence[Wanted], known: Sequence[int], at: datetime) -> list[Wanted]:
    """The units, existing, each once, with one lead among them (a single one leads; none more when some are called already)."""
    if not units:
        raise refusals.no_unit("units")
    if len(units) > MOST_UNITS:
        raise Refused(
            "command.too_many",
            ("一次最多 %(most)s 个单位。", "At most %(most)s units at once."),
            values={"most": MOST_UNITS},
            field="units",
        )
    keys = [living(one.unit_id, at, "units").pk for one in units]
    twice = next((key for number, key in enumerate(keys) if key in keys[:number] or key in known), None)
    if twice is not None:
        raise Refused(
            "command.twice",
            ("“%(name)s”已在其中，请勿重复。", "“%(name)s” is called already; name each unit once."),
            values={"name": directory.current().by_id[twice].label},
            field="units",
        )
    leads = sum(one.lead for one in units)
    if known:
        if leads:
            raise Refused(
                "command.lead_set", ("牵头单位已经定了。", "The lead is settled already."), field="lead"
            )
        return list(units)
    if len(units) == 1:
        return [Wanted(units[0].unit_id, units[0].duty, lead=True)]
    if leads != 1:
        raise refusals.lead()
    return list(units)


def _call(whistle: Whistle, wanted: Sequence[Wanted], viewer: Viewer, at: datetime) -> None:
    joint = whistle.sort == rules.JOINT
    for one in wanted:
        assert one.unit_id is not None
        call = Order(
            sort=rules.PART if joint else rules.CALL, drill=whistle.drill, about_id=whistle.about_id, call_of=whistle, lead=one.lead,
            title=whistle.title, text=said(one.duty, "units") or whistle.text, territory=whistle.territory,
            place_words=whistle.place_words, lon=whistle.lon, lat=whistle.lat,
            comes=not joint or whistle.come_by is not None, come_by=whistle.come_by,
        )  # fmt: skip
        begun(call, one.unit_id, viewer=viewer, at=at, issuer_unit=whistle.caller_unit_id)


@transaction.atomic
def call_more(
    *, key: int, units: Sequence[Wanted], viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Whistle:
    """More units for a whistle that is open. Errors: as :func:`sound`."""
    whistle = load(Whistle, key, viewer)
    wanted = _wanted(units, list(whistle.calls.values_list("first_unit_id", flat=True)), at)
    advance(
        whistle,
        "call_more",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"units": [one.unit_id for one in wanted]},
    )
    _call(whistle, wanted, viewer, at)
    return whistle


def _calls(whistle: Whistle) -> list[Order]:
    """Its open calls, locked by key after the whistle."""
    return list(whistle.calls.select_for_update(of=("self",)).filter(closed_at__isnull=True).order_by("pk"))


@transaction.atomic
def end(
    *, key: int, result: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Whistle:
    """It is over: what was reported is accepted; who is over a clock and never reported lapsed; the others are let go without a mark.

    Locks: the whistle, then its calls by key.
    """
    whistle = load(Whistle, key, viewer)
    told = said(result, "result", needed=NEED_RESULT)
    for call in _calls(whistle):
        overdue = call.clocks.filter(stopped_at__isnull=True, cancelled=False)
        if call.state == "reported":
            advance(call, "accept", viewer, at=at)
        elif any(rules.late(clock.due_at, at) for clock in overdue):
            advance(call, "lapse", viewer, at=at)
        else:
            advance(call, "withdraw", viewer, at=at, facts={"reason": "收哨"})
    advance(whistle, "end", viewer, at=at, expected_version=expected_version, facts={"result": told})
    return _close(whistle, result=told)


@transaction.atomic
def call_off(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Whistle:
    """Not needed any more: every open call is taken back. Where somebody had come already, the caller is marked."""
    whistle = load(Whistle, key, viewer)
    told = said(reason, "reason", needed=NEED_REASON)
    for call in _calls(whistle):
        step = "accept" if call.state == "reported" else "withdraw"
        advance(call, step, viewer, at=at, facts={"reason": told})
    advance(whistle, "call_off", viewer, at=at, expected_version=expected_version, facts={"reason": told})
    return _close(whistle, result=told)


def _close(whistle: Whistle, **values: str) -> Whistle:
    whistle.open_about = None
    for name, value in values.items():
        setattr(whistle, name, value)
    whistle.save(update_fields=["open_about", *values])
    return whistle


@transaction.atomic
def review(
    *, key: int, verdict: str, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Whistle:
    """Was it needed? By the district's centre, never by the unit that blew it (《北京市接诉即办工作条例》第三十三条)."""
    if verdict not in (rules.WARRANTED, rules.NEEDLESS):
        raise Refused("command.verdict", ("请选择是否必要。", "Say whether it was needed."), field="verdict")
    whistle = load(Whistle, key, viewer)
    told = said(reason, "reason", needed=NEED_REASON)
    advance(
        whistle,
        "review",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"verdict": verdict, "reason": told},
    )
    whistle.verdict = verdict
    whistle.save(update_fields=["verdict"])
    return whistle
