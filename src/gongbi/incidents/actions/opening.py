"""Opening an incident: from nothing, or in one click from a case or a warning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from gongbi.incidents import rules
from gongbi.incidents.actions.common import facts, load
from gongbi.incidents.models import Incident
from gongbi.incidents.queries import ABOUT
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.flow.advance import begin
from gongbi.kernel.flow.models import Link, Matter
from gongbi.kernel.scope.viewer import DISPATCHER, MANAGER, SYSTEM, Viewer
from gongbi.kernel.vault.redaction import redact

MOST_TITLE, MOST_SUMMARY, MOST_PLACE = 80, 2000, 200
_AHEAD = timedelta(minutes=5)  # clocks differ


@dataclass(frozen=True, slots=True)
class Opened:
    """What is known when it is opened. ``key``: made by the asker, the same twice is one incident; ``place``: lon, lat, CGCS2000."""

    key: str
    title: str
    sort: str
    kind: str
    level: int
    territory: str
    happened_at: datetime
    summary: str = ""
    place_words: str = ""
    place: tuple[float, float] | None = None
    unit_id: int | None = None
    drill: bool = False
    synthetic: bool = False


def open_incident(opened: Opened, *, viewer: Viewer, at: datetime, about: Sequence[Matter] = ()) -> Incident:
    """Open it and tie it to the matters that it is ``about`` (which the caller looked up as this viewer).

    The same key again gives the first one. Errors: Forbidden (who leads no responses, another's area), Refused with the field.
    """
    rules.check_key(opened.key)
    rules.check_kind(opened.sort, opened.kind)
    rules.check_level(opened.level)
    title = rules.check_text(opened.title, field="title", most=MOST_TITLE)
    summary = rules.check_text(opened.summary, field="summary", most=MOST_SUMMARY, needed=False)
    place_words = rules.check_text(opened.place_words, field="place_words", most=MOST_PLACE, needed=False)
    _check_where(opened, viewer)
    if opened.happened_at > at + _AHEAD:
        raise Refused(
            "incidents.future",
            ("发生时间不能晚于现在。", "It cannot have happened later than now."),
            field="happened_at",
        )
    known = Incident.objects.filter(key=opened.key).first()
    if known is not None:
        return known
    lon, lat = opened.place or (None, None)
    incident = Incident(
        key=opened.key, title=redact(title), sort=opened.sort, kind=opened.kind, level=opened.level, drill=opened.drill,
        synthetic=opened.synthetic, summary=redact(summary), place_words=place_words, lon=lon, lat=lat, happened_at=opened.happened_at,
        territory=opened.territory, unit_id=opened.unit_id,
    )  # fmt: skip
    try:
        with transaction.atomic():
            told = facts(incident, level=opened.level, sort=opened.sort, kind=opened.kind)
            told["about"] = [matter.pk for matter in about]
            begin(incident, viewer, at=at, transition="report", facts=told)
            Link.objects.bulk_create(
                Link(source_id=incident.pk, target_id=matter.pk, kind=ABOUT, at=at, actor=viewer.actor)
                for matter in about
            )
    except IntegrityError:
        known = Incident.objects.filter(key=opened.key).first()
        if known is None:
            raise
        return known
    return incident


@transaction.atomic
def tie(*, key: int, matter: Matter, viewer: Viewer, at: datetime) -> Incident:
    """An open incident is about one matter more (which the caller looked up as this viewer); tied already: nothing. NotThere, Forbidden."""
    incident = load(key, viewer)
    _leads(viewer)
    Link.objects.get_or_create(
        source_id=incident.pk, target_id=matter.pk, kind=ABOUT, defaults={"at": at, "actor": viewer.actor}
    )
    return incident


def _leads(viewer: Viewer) -> None:
    if viewer.role not in (DISPATCHER, MANAGER, SYSTEM):
        raise Forbidden(
            "incidents.who",
            (
                "只有受理派遣员和领导可以开启突发事件。",
                "Only dispatchers and managers open an incident.",
            ),
        )


def _check_where(opened: Opened, viewer: Viewer) -> None:
    _leads(viewer)
    code = opened.territory
    if not code or not code.isascii() or not code.isdigit() or len(code) not in (6, 9, 12, 15):
        raise Refused(
            "incidents.territory",
            ("请选择发生地所在的街道、社区或网格。", "Choose the street, community or grid where it is."),
            field="territory",
        )
    if viewer.role != SYSTEM and not viewer.covers(code):
        raise Forbidden(
            "incidents.outside",
            ("发生地不在您的范围内。", "The place is outside your area."),
        )
