"""What everybody may read of open matters: cleaned titles, the community, the state. Nothing of who said it.

No role of the scope reads other people's matters without a post. These functions read as the machine and give away only what
``rules`` let through, so a page never holds a case of a stranger.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.db.models import prefetch_related_objects

from gongbi.cases import queries as cases
from gongbi.cases.triage import Said
from gongbi.duties import queries as duties
from gongbi.kernel.errors import NotThere, in_language
from gongbi.kernel.flow.declare import State
from gongbi.kernel.scope.viewer import PUBLIC, Viewer, system
from gongbi.resident import rules
from gongbi.resident.rules import Words
from gongbi.territory import queries as territory

if TYPE_CHECKING:
    from gongbi.cases.models import Case, Report

MACHINE = system("resident")
NO_NUMBER = (
    "没有这个编号。请对照回执核对每一位，也可以扫回执上的二维码，或打 12345 询问。",
    "There is no such number. Compare every digit with your receipt, scan its code, or ask at 12345.",
)
LISTED = 20
ON_MAP = 400
_JOIN = "gongbi.resident.join"
_JOIN_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Nearby:
    """An open matter as a stranger reads it. ``lon``, ``lat``: only on public ground; ``ticket`` lets one join it."""

    title: Words
    kind: Words
    community: str
    place: str
    declared_state: State
    opened_at: datetime
    due_at: datetime | None
    people: int
    ticket: str
    community_code: str = ""
    lon: float | None = None
    lat: float | None = None
    metres: int | None = None

    @property
    def show_kind(self) -> bool:
        """Whether the kind says something that the title does not."""
        return bool(self.kind[0]) and self.kind[0] not in self.title[0]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the public list; ``after`` continues it, "" at its end."""

    rows: Sequence[Nearby]
    after: str = ""


def nearby(
    *, now: datetime, place: str = "", after: str = "", size: int = LISTED, viewer: Viewer = PUBLIC
) -> Listed:
    """Open matters below a division code ("" everywhere), the newest first. A constant number of queries."""
    wanted = cases.QueueFilter(tab="open", territory=place, newest=True, after=_read_after(after))
    page = cases.queue(MACHINE, wanted, now=now, size=size)
    last = page.cases[-1] if page.cases and page.more else None
    return Listed(_told(page.cases, now), _write_after(last) if last else "")


def similar(said: Said, *, at: datetime, viewer: Viewer = PUBLIC) -> list[Nearby]:
    """Open matters like what is being typed that a stranger may see, the likest first."""
    twins = cases.near(said, at=at, viewer=viewer)
    if not twins:
        return []
    metres = {t.case_id: t.likeness.metres for t in twins}
    order = {twin.case_id: place for place, twin in enumerate(twins)}
    found = sorted(cases.case_list(MACHINE, list(order)), key=lambda case: order[case.pk])
    return _told([case for case in found if case.is_open], at, metres)


def to_join(ticket: str, *, at: datetime, viewer: Viewer = PUBLIC) -> Nearby | None:
    """The matter behind a ticket of :class:`Nearby`, as a stranger reads it; None when it is forged, old or closed meanwhile."""
    key = join_key(ticket)
    found = [case for case in cases.case_list(MACHINE, [key]) if case.is_open] if key is not None else []
    told = _told(found, at)
    return told[0] if told else None


def join_key(ticket: str, *, viewer: Viewer = PUBLIC) -> int | None:
    """The key of the case that a ticket is for; only what was shown to strangers gets a ticket."""
    try:
        return int(signing.loads(ticket, salt=_JOIN, max_age=_JOIN_SECONDS))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def state_of(number: str, *, viewer: Viewer = PUBLIC) -> tuple[str, State]:
    """The public state behind a receipt number as people type it. Raises NotThere; tells nothing personal."""
    plain = re.sub(r"[\s\-‐–—_]", "", unicodedata.normalize("NFKC", number))
    try:
        report: Report = cases.report_by_number(plain, MACHINE)
    except NotThere:
        raise NotThere("resident.number", NO_NUMBER) from None
    case = cases.case_for(report.case_id, MACHINE)
    return report.number, case.declared_state


def points(*, now: datetime, href: str, viewer: Viewer = PUBLIC) -> dict[str, Any]:
    """GeoJSON of the open matters that lie on public ground, at most ``ON_MAP``, the newest first."""
    rows = nearby(now=now, size=ON_MAP).rows
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "tone": "quiet" if row.declared_state.kind == "waiting" else "info",
                    "words": in_language(row.declared_state.words),
                    "title": in_language(row.title),
                    "href": f"{href}?community={row.community_code}" if row.community_code else href,
                },
                "geometry": {"type": "Point", "coordinates": [round(row.lon, 5), round(row.lat, 5)]},
            }
            for row in rows
            if row.lon is not None and row.lat is not None
        ],
    }


def _told(
    found: Sequence[Case], now: datetime, metres: dict[int, float | None] | None = None
) -> list[Nearby]:
    rows = list(found)
    prefetch_related_objects(rows, "reports")
    names = territory.names([case.territory[:12] for case in rows if len(case.territory) >= 12], on=now)
    kinds = {kind.code: kind for kind in duties.kinds(on=now)} if rows else {}
    told = []
    for case in rows:
        kind = kinds.get(case.kind)
        if rules.hidden(kind, any(report.confidential for report in case.reports.all())):
            continue
        code = case.territory[:12] if len(case.territory) >= 12 else ""
        community = names.get(code, "")
        spot = rules.public_place(case.place_words, kind, case.state)
        public = rules.on_public_ground(kind) and case.state not in rules.UNREAD
        away = (metres or {}).get(case.pk)
        told.append(
            Nearby(
                title=rules.public_title(case.title, kind, case.state),
                kind=kind.name if kind else ("", ""),
                community=community,
                # Without words of the reporter, the place is what the machine read off the point: the community again.
                place="" if community and community in spot else spot,
                declared_state=case.declared_state,
                opened_at=case.opened_at,
                due_at=case.due_at,
                people=case.report_count,
                ticket=signing.dumps(case.pk, salt=_JOIN),
                community_code=code,
                lon=case.lon if public else None,
                lat=case.lat if public else None,
                metres=None if away is None else round(away),
            )
        )
    return told


def _write_after(case: Case) -> str:
    return signing.dumps(case.pk, salt="gongbi.resident.after")


def _read_after(text: str) -> tuple[datetime | None, int] | None:
    if not text:
        return None
    try:
        return None, int(signing.loads(text, salt="gongbi.resident.after"))
    except (signing.BadSignature, ValueError, TypeError):
        raise NotThere(
            "resident.after",
            ("这一页已经过时，请从头看起。", "This page is out of date. Begin again from the first one."),
        ) from None
