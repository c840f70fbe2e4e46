"""Issuing alerts: the message is written once, as it is sent, and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from gongbi.incidents import cap, rules
from gongbi.incidents.actions.common import facts, load
from gongbi.incidents.catalogue import CERTAINTY, COLOURS, EVENTS, SEVERITY, URGENCY
from gongbi.incidents.models import AlertMessage, Incident
from gongbi.kernel.errors import NotThere, Refused, Stale
from gongbi.kernel.flow.advance import advance
from gongbi.kernel.scope.viewer import Viewer
from gongbi.territory import queries as territory
from gongbi.territory import rules as codes

DRILL_ZH, DRILL_EN = "【演练】", "[EXERCISE] "
MOST_HEADLINE, MOST_TEXT = 140, 2000


@dataclass(frozen=True, slots=True)
class Wording:
    """What people read, in both languages; what is empty in English is written from what is known."""

    headline: str
    description: str
    instruction: str = ""
    headline_en: str = ""
    description_en: str = ""
    instruction_en: str = ""


@transaction.atomic
def issue(
    *,
    key: int,
    wording: Wording,
    areas: Sequence[str],
    level: int,
    expires_at: datetime,
    viewer: Viewer,
    at: datetime,
    urgency: str = "Immediate",
    certainty: str = "Observed",
    previous: str = "",
    cancel: bool = False,
) -> AlertMessage:
    """Send an alert; with ``previous`` (an identifier) an update of it, with ``cancel`` its end.

    A message is followed by one other: of two who update the same one, the second is told (Stale). Errors: NotThere, Forbidden,
    Refused (no area, a code that is no division, expires too early or too late, too long).
    """
    sent_at = at.replace(microsecond=0)  # as the file says it
    incident = load(key, viewer)
    before = _followed(incident, previous) if previous or cancel else None
    if before is not None and cancel:
        areas, level = list(before.areas), before.level
        expires_at = max(before.expires_at, sent_at + rules.LEAST_CANCEL)
    areas = sorted(dict.fromkeys(areas))
    last = incident.alerts.order_by("-sent_at").values_list("sent_at", flat=True).first()
    rules.check_level(level)
    rules.check_alert(areas=areas, sent_at=sent_at, expires_at=expires_at, last=last)
    if urgency not in URGENCY or certainty not in CERTAINTY:
        raise Refused(
            "incidents.urgency",
            ("请选择紧迫程度和确定性。", "Choose urgency and certainty."),
            field="urgency",
        )
    said = _checked(wording)
    msg_type = "Cancel" if cancel else "Update" if before is not None else "Alert"
    number = incident.alerts.count() + 1
    chain = _chain(before)
    message = cap.Message(
        identifier=f"{settings.DISTRICT_CODE}-{incident.number}-{number}",
        sender=settings.CAP_SENDER,
        sent=timezone.localtime(sent_at),
        msg_type=msg_type,
        exercise=incident.drill,
        note=_note(incident, said, cancel=cancel),
        references=[one.reference for one in chain],
        incident=incident.number,
        category=EVENTS[incident.kind].category,
        response=EVENTS[incident.kind].response,
        urgency=urgency,
        severity=SEVERITY[level],
        certainty=certainty,
        event_code=incident.kind,
        level=level,
        expires=timezone.localtime(expires_at),
        infos=_infos(incident, said, areas, level, at),
    )
    told = facts(incident, alert=message.identifier, type=msg_type, level=level, areas=areas)
    advance(incident, "alert", viewer, at=at, facts=told)
    return AlertMessage.objects.create(
        incident=incident, previous=before, identifier=message.identifier, msg_type=msg_type, level=level, sender=message.sender,
        sent_at=sent_at, expires_at=expires_at, headline=message.infos[0].headline, headline_en=message.infos[1].headline, areas=areas,
        drill=incident.drill, body=cap.write(message).decode(), actor=viewer.actor,
    )  # fmt: skip


def _checked(wording: Wording) -> Wording:
    text = rules.check_text
    return Wording(
        headline=text(wording.headline, field="headline", most=MOST_HEADLINE),
        description=text(wording.description, field="description", most=MOST_TEXT),
        instruction=text(wording.instruction, field="instruction", most=MOST_TEXT, needed=False),
        headline_en=text(wording.headline_en, field="headline_en", most=MOST_HEADLINE, needed=False),
        description_en=text(wording.description_en, field="description_en", most=MOST_TEXT, needed=False),
        instruction_en=text(wording.instruction_en, field="instruction_en", most=MOST_TEXT, needed=False),
    )


def _followed(incident: Incident, identifier: str) -> AlertMessage:
    """The message that is updated or cancelled: of this incident, the last of its chain, not cancelled."""
    found = incident.alerts.filter(identifier=identifier).first()
    if found is None:
        raise NotThere("incidents.alert", ("没有这条预警信息。", "There is no such alert."), field="previous")
    if AlertMessage.objects.filter(previous=found).exists():
        raise Stale(
            "incidents.alert_followed",
            (
                "这条预警信息已经更新或解除。请刷新页面，在最新一条上操作。",
                "This alert has been updated or cancelled already. Reload the page and go on from the latest one.",
            ),
        )
    if found.msg_type == "Cancel":
        raise Refused(
            "incidents.cancelled",
            (
                "已经解除的预警信息不能再更新，请另发一条。",
                "A cancelled alert is not updated; issue a new one.",
            ),
        )
    return found


def _chain(last: AlertMessage | None) -> list[AlertMessage]:
    """The messages that a new one follows, oldest first."""
    chain: list[AlertMessage] = []
    while last is not None:
        chain.insert(0, last)
        last = last.previous
    return chain


def _note(incident: Incident, said: Wording, *, cancel: bool) -> str:
    parts = ["这是演练，不是真实事件。This is an exercise, not a real event."] if incident.drill else []
    if cancel:
        parts.append(said.description)
    return " ".join(parts)


def _infos(
    incident: Incident, said: Wording, areas: Sequence[str], level: int, at: datetime
) -> list[cap.Info]:
    event = EVENTS[incident.kind]
    names = territory.names([part for code in areas for part in (code[:9], code[:12], code)], on=at)
    unknown = [code for code in areas if code not in names]
    if unknown:
        raise Refused(
            "incidents.area_unknown",
            ("没有代码为 %(codes)s 的区划。", "There is no division with the code %(codes)s."),
            values={"codes": "、".join(unknown)},
            field="areas",
        )
    rings = [ring for code in areas for ring in _rings(code, at)]
    zh, en = settings.DISTRICT_NAME
    told = [" ".join(dict.fromkeys(names[p] for p in _parts(code) if p in names)) for code in areas]
    mark_zh, mark_en = (DRILL_ZH, DRILL_EN) if incident.drill else ("", "")
    where = "、".join(told)
    plain = f"{event.words[1]}, {COLOURS[level][1]} alert"
    return [
        cap.Info(
            "zh-CN", event.words[0], mark_zh + said.headline, mark_zh + said.description, said.instruction or event.told[0], zh,
            cap.Area(f"{zh}：{where}", rings, areas), COLOURS[level][0],
        ),
        cap.Info(
            "en", event.words[1], mark_en + (said.headline_en or plain),
            mark_en + (said.description_en or f"{plain}. Details in Chinese in the other block."),
            said.instruction_en or event.told[1], en, cap.Area(f"{en}: {where}", rings, areas), COLOURS[level][1],
        ),
    ]  # fmt: skip


def _parts(code: str) -> list[str]:
    """A code and those above it, from the street down."""
    return [code[:length] for length in (9, 12, 15) if length <= len(code)] or [code]


def _rings(code: str, at: datetime) -> list[cap.Ring]:
    """The outer rings of a division on that day; none where its boundary is not known (its code stands for it)."""
    shapes = territory.map_geojson(codes.level_of(code), code, on=at)["features"]
    return [
        ring
        for shape in shapes
        if shape["properties"]["code"] == code
        for ring in cap.outer_rings(shape["geometry"])
    ]
