"""What pages, the interface and the public ask about bulletins. Every question takes the viewer and goes through scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from gongbi.bulletin import composing, rules, shape
from gongbi.bulletin.models import Bulletin, BulletinSetting
from gongbi.bulletin.settings import DEFAULTS
from gongbi.bulletin.shape import Plain
from gongbi.insight.period import Period
from gongbi.kernel.errors import NotThere
from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.declare import Transition
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer

PAGE = 50
TABS: dict[str, tuple[str, ...]] = {
    "open": ("draft", "checked"),
    "issued": ("issued",),
    "dropped": ("dropped",),
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of editions; ``more`` says that another follows."""

    bulletins: Sequence[Bulletin]
    more: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an edition's history."""

    at: datetime
    arrow: Transition
    actor: str
    unit_id: int | None
    facts: dict[str, Any]


def _none() -> NotThere:
    return NotThere(
        "bulletin.not_there",
        ("没有这份简报，或不在您的范围内。请核对编号的每一位。", "There is no such bulletin, or it is outside your area. Check every digit."),
    )  # fmt: skip


def bulletins(
    viewer: Viewer, tab: str = "issued", *, sort: str = "", page: int = 1, size: int = PAGE
) -> Page:
    """A page, the newest period first and of one period the newest edition; without their figures. One query."""
    if tab not in TABS or (sort and sort not in rules.SORTS):
        raise NotThere("bulletin.tab", ("没有这个列表。", "There is no such list."))
    found = visible(Bulletin, viewer, "list").filter(state__in=TABS[tab]).defer("plain", "text", "changes")
    found = found.filter(sort=sort) if sort else found
    first = (max(page, 1) - 1) * size
    rows = list(
        found.select_related("corrects").order_by("-last", "-first", "place", "-edition")[
            first : first + size + 1
        ]
    )
    return Page(rows[:size], len(rows) > size)


def bulletin_by_number(text: str, viewer: Viewer) -> Bulletin:
    """The edition of a number as people type it, or NotThere."""
    given = numbers.read(text)
    key = given[1] if given is not None and given[0] == Bulletin.prefix else 0
    found = visible(Bulletin, viewer).filter(pk=key).first() if 0 < key < 2**63 else None
    if found is None or not numbers.same(text, found.number):
        raise _none()
    return found


def plain_of(bulletin: Bulletin, viewer: Viewer) -> Plain:
    """The figures as they were kept."""
    if not visible(Bulletin, viewer).filter(pk=bulletin.pk).exists():
        raise _none()
    found: Plain = orjson.loads(bulletin.plain)
    return found


def editions(bulletin: Bulletin, viewer: Viewer) -> list[Bulletin]:
    """Every edition of the same period and place that this viewer sees, the newest first; without their figures."""
    found = visible(Bulletin, viewer, "list").filter(
        sort=bulletin.sort, place=bulletin.place, first=bulletin.first, slot=0
    )
    return list(found.defer("plain", "text").order_by("-edition"))


def standing(sort: str, place: str, period: Period, viewer: Viewer) -> Bulletin | None:
    """The newest edition of a period that was not dropped, or None."""
    found = visible(Bulletin, viewer).filter(sort=sort, place=place, first=period.first, slot=0)
    return found.order_by("-edition").first()


def timeline(bulletin: Bulletin, viewer: Viewer) -> list[Event]:
    """What has happened to an edition, oldest first."""
    if not visible(Bulletin, viewer).filter(pk=bulletin.pk).exists():
        raise _none()
    by_name = bulletin.declared.by_name
    return [
        Event(entry.at, by_name[entry.transition], entry.actor, entry.unit_id, entry.facts)
        for entry in LedgerEntry.objects.filter(matter_id=bulletin.pk).order_by("seq")
    ]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """An edition's figures taken anew. ``same``: to the byte; ``changes``: what differs from the kept ones."""

    digest: str
    same: bool
    changes: list[Plain]


def recompute(bulletin: Bulletin, viewer: Viewer, *, at: datetime) -> Recomputed:
    """Take the figures of an edition anew and compare them with what was kept; writes nothing."""
    kept = plain_of(bulletin, viewer)
    again = composing.compose(bulletin.sort, Period(bulletin.first, bulletin.last), bulletin.place, at=at)
    body = shape.canonical(again)
    return Recomputed(shape.digest(body), body.decode() == bulletin.plain, shape.differences(kept, again))


def settings_set(viewer: Viewer) -> dict[str, str]:
    """What the district set itself: name → value."""
    return dict(visible(BulletinSetting, viewer).values_list("key", "value"))


def setting(key: str, viewer: Viewer) -> str:
    """The value in force; KeyError for a setting there is not. Everybody goes by the same."""
    default = DEFAULTS[key].value
    return BulletinSetting.objects.filter(key=key).values_list("value", flat=True).first() or default
