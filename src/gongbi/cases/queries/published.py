"""What anybody may know of reports: number, kind, state, times and a coarse place. No word of the reporter, no informer's matter.

Whoever sent a report sees the own words and place again (``own``); nobody sees a name, a number or an answer here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from gongbi.cases.models import Case, Report
from gongbi.duties import queries as duties
from gongbi.kernel.flow import numbers
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope.viewer import Viewer

COARSE = 3  # decimals of a degree: a hundred metres


ENDS = ("finish", "solve_on_spot", "reject")  # the steps that say what was done, or why not


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked. Times are half-open; ``box``: west, south, east, north in CGCS2000 degrees; ``numbers`` rules out the rest."""

    numbers: Sequence[str] | None = None
    only: Collection[int] | None = None  # ids of reports
    kinds: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    changed_since: datetime | None = None
    changed_until: datetime | None = None
    closed: bool | None = None
    box: tuple[float, float, float, float] | None = None
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Published:
    """One report as others may know it. Without ``own`` the place is coarse, ``text`` and ``reply`` (what was done, or why not) are empty."""

    report_id: int
    number: str
    kind: str
    state: Any  # kernel.flow.declare.State
    closed: bool
    requested_at: datetime
    updated_at: datetime
    due_at: datetime | None
    unit_id: int | None
    territory: str
    lon: float | None
    lat: float | None
    text: str = ""
    place_words: str = ""
    reply: str = ""


def published(
    viewer: Viewer, wanted: Wanted, *, own: QuerySet[Any, Any] | None = None
) -> tuple[list[Published], bool]:
    """The newest first, and whether there are more. ``own``: the ids (as ``report_id``) of those that the asker sent.

    They are shown in the asker's own words.
    """
    found = _narrowed(wanted, own).select_related("case")
    last = LedgerEntry.objects.filter(matter_id=OuterRef("case_id"), seq=OuterRef("case__last_seq"))
    found = found.annotate(updated_at=Subquery(last.values("at")[:1]))
    page = list(found.order_by("-received_at", "-id")[wanted.offset : wanted.offset + wanted.limit + 1])
    page, more = page[: wanted.limit], len(page) > wanted.limit
    mine = (
        set()
        if own is None
        else {row["report_id"] for row in own.filter(report_id__in=[one.pk for one in page])}
    )
    ended = _ends([one.case_id for one in page if one.pk in mine and one.case.closed_at is not None])
    return [_one(report, report.pk in mine, ended.get(report.case_id, "")) for report in page], more


def _ends(keys: Sequence[int]) -> dict[int, str]:
    """What was done, or why not, in the words in which the reporters of these cases read it."""
    found = (
        LedgerEntry.objects.filter(matter_id__in=keys, transition__in=ENDS).order_by("seq") if keys else []
    )
    return {one.matter_id: str(one.facts.get("result") or one.facts.get("reason") or "") for one in found}


def _narrowed(wanted: Wanted, own: QuerySet[Any, Any] | None) -> QuerySet[Report]:
    hidden = [kind.code for kind in duties.kinds() if kind.informer]
    shown = Q(confidential=False) & ~Q(case__kind__in=hidden)
    found = Report.objects.filter(shown | Q(pk__in=own) if own is not None else shown)
    if wanted.numbers is not None:
        return found.filter(pk__in=_keys(wanted.numbers))
    if wanted.only is not None:
        found = found.filter(pk__in=wanted.only)
    if wanted.since is not None:
        found = found.filter(received_at__gte=wanted.since)
    if wanted.until is not None:
        found = found.filter(received_at__lt=wanted.until)
    if wanted.kinds:
        found = found.filter(case__kind__in=wanted.kinds)
    if wanted.closed is not None:
        found = found.filter(case__closed_at__isnull=not wanted.closed)
    if wanted.changed_since is not None or wanted.changed_until is not None:
        entries = LedgerEntry.objects.filter(matter__last_seq=F("seq"))
        if wanted.changed_since is not None:
            entries = entries.filter(at__gte=wanted.changed_since)
        if wanted.changed_until is not None:
            entries = entries.filter(at__lt=wanted.changed_until)
        found = found.filter(case_id__in=entries.values("matter_id"))
    if wanted.box is not None:
        west, south, east, north = wanted.box
        found = found.filter(
            case__lon__gte=west, case__lon__lte=east, case__lat__gte=south, case__lat__lte=north
        )
    return found


def _keys(texts: Sequence[str]) -> list[int]:
    """Keys of receipt numbers; what is no number of a report is left out."""
    read = (numbers.read(text) for text in texts)
    return [
        pk
        for found in read
        if found is not None and found[0] == Report.prefix
        for pk in (found[1],)
        if pk < 2**63
    ]


def _one(report: Any, own: bool, end: str) -> Published:
    case: Case = report.case
    lon, lat = (report.lon, report.lat) if own and report.lon is not None else (case.lon, case.lat)
    if not own and lon is not None and lat is not None:
        lon, lat = round(lon, COARSE), round(lat, COARSE)
    return Published(
        report_id=report.pk, number=report.number, kind=case.kind, state=case.declared_state,
        closed=case.closed_at is not None, requested_at=report.received_at, updated_at=report.updated_at or report.received_at,
        due_at=case.due_at, unit_id=case.unit_id, territory=case.territory, lon=lon, lat=lat,
        text=report.text if own else "", place_words=report.place_words if own else "", reply=(report.reply or end) if own else "",
    )  # fmt: skip
