"""The steps of an incident: respond, change the level, end, resume, review, archive."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from gongbi.incidents import rules
from gongbi.incidents.actions.common import facts, load
from gongbi.incidents.actions.people import destroy_those_due
from gongbi.incidents.models import Incident
from gongbi.kernel.errors import Refused
from gongbi.kernel.flow.advance import advance
from gongbi.kernel.scope.viewer import Viewer

MOST_REASON, MOST_FINDING = 500, 4000


def _reason(text: str, field: str = "reason", most: int = MOST_REASON) -> str:
    return rules.check_text(text, field=field, most=most)


@transaction.atomic
def respond(
    *,
    key: int,
    level: int,
    viewer: Viewer,
    at: datetime,
    unit_id: int | None = None,
    expected_version: int | None = None,
) -> Incident:
    """Begin the response at a level, led by a unit (None: as it stands). Levels may be skipped."""
    incident = load(key, viewer)
    rules.check_level(level)
    move = {} if unit_id is None else {"unit_id": unit_id}
    told = facts(incident, level=level, unit=unit_id if unit_id is not None else incident.unit_id)
    advance(incident, "respond", viewer, at=at, expected_version=expected_version, move=move, facts=told)
    incident.level, incident.responded_at = level, at
    incident.save(update_fields=["level", "responded_at"])
    return incident


def _change(
    step: str, key: int, level: int, reason: str, viewer: Viewer, at: datetime, version: int | None
) -> Incident:
    incident = load(key, viewer)
    rules.check_level(level)
    if step == "set_level" and level == incident.level:
        raise Refused(
            "incidents.same_level",
            ("已经是这一级，请选择别的级别。", "It is at this level already; choose another."),
            field="level",
        )
    told = facts(incident, level=level, before=incident.level, reason=_reason(reason))
    advance(incident, step, viewer, at=at, expected_version=version, facts=told)
    incident.level = level
    incident.over_at = None
    incident.save(update_fields=["level", "over_at"])
    return incident


@transaction.atomic
def set_level(
    *, key: int, level: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Incident:
    """Up or down, with the reason."""
    return _change("set_level", key, level, reason, viewer, at, expected_version)


@transaction.atomic
def resume(
    *, key: int, level: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Incident:
    """It was not over. Personal data that was destroyed stays destroyed."""
    return _change("resume", key, level, reason, viewer, at, expected_version)


@transaction.atomic
def end(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Incident:
    """The response is over: what was registered of people for it is destroyed here, unless its keeping was assessed.

    Refused while an alert is in force.
    """
    incident = load(key, viewer)
    told = facts(incident, reason=_reason(reason), level=incident.level)
    advance(incident, "end", viewer, at=at, expected_version=expected_version, facts=told)
    incident.over_at = at
    incident.save(update_fields=["over_at"])
    destroy_those_due(incident, viewer, at)
    return incident


@transaction.atomic
def void(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Incident:
    """It was none. What was registered of people is destroyed."""
    incident = load(key, viewer)
    advance(
        incident, "void", viewer, at=at, expected_version=expected_version,
        facts=facts(incident, reason=_reason(reason)),
    )  # fmt: skip
    incident.over_at = at
    incident.save(update_fields=["over_at"])
    destroy_those_due(incident, viewer, at)
    return incident


@transaction.atomic
def review(
    *, key: int, finding: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Incident:
    """What is learnt from it."""
    incident = load(key, viewer)
    kept = _reason(finding, "finding", MOST_FINDING)
    told = facts(incident, finding=kept[:MOST_REASON])
    advance(incident, "review", viewer, at=at, expected_version=expected_version, facts=told)
    incident.finding = kept
    incident.save(update_fields=["finding"])
    return incident


@transaction.atomic
def archive(*, key: int, viewer: Viewer, at: datetime, expected_version: int | None = None) -> Incident:
    """Put it away. Refused while stock is still out for it."""
    incident = load(key, viewer)
    advance(incident, "archive", viewer, at=at, expected_version=expected_version, facts=facts(incident))
    return incident
