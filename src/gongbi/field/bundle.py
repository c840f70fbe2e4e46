"""Everything for the shift in one answer: what the phone keeps, so that it works where there is no signal."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from gongbi.duties import queries as duties
from gongbi.duties.rules import LIST_WORDS
from gongbi.field import nearby
from gongbi.field.frame import grids
from gongbi.kernel.flow.queries import allowed
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory
from gongbi.rounds import catalogue, queries, rules
from gongbi.territory import queries as territory

if TYPE_CHECKING:
    from gongbi.rounds.models import FieldTask, Shift

_OPEN_MOST = 60


def bounds(now: datetime) -> list[float] | None:
    """The box around the district: west, south, east, north in degrees; None without boundaries."""
    points = [
        point
        for feature in territory.map_geojson("street", None, on=now)["features"]
        for point in _points(feature["geometry"]["coordinates"])
    ]
    if not points:
        return None
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    return [min(lons), min(lats), max(lons), max(lats)]


def _points(value: Any) -> list[tuple[float, float]]:
    if value and isinstance(value[0], (int, float)):
        return [(value[0], value[1])]
    return [point for part in value for point in _points(part)]


def whole(viewer: Viewer, *, language: str, now: datetime) -> dict[str, Any]:
    """The bundle of this post: who, where, what to do, whom to call, which forms. ``until``: from then on people are hidden.

    ``digest`` covers everything but the times, so that a phone that has it is told nothing again.
    """
    told: dict[str, Any] = {
        "me": me(viewer, language),
        "bounds": bounds(now),
        "grids": _grids(viewer, now),
        "kinds": [
            {"code": kind.code, "name": kind.name, "spot": kind.on_spot} for kind in duties.kinds(on=now)
        ],
        "alarms": [
            {"number": number, "words": words, "against": against, "reply": reply}
            for number, words, against, reply in duties.alarms(on=now)
        ],
        "duties": _duties(viewer, now),
        "contacts": _contacts(viewer, now),
        "tasks": [task_out(task) for task in queries.tasks_at_hand(viewer)],
        "verdicts": rules.VERDICTS,
        "cases": _cases(viewer, now),
        "forms": catalogue.forms(),
        "plan": [
            {
                "id": v.care_id,
                "kind": v.kind,
                "name": v.name,
                "door": v.door,
                "due": v.due.isoformat(),
                "late": v.late,
            }
            for v in queries.visit_plan(viewer, at=now)
        ],
        "colleagues": _colleagues(viewer),
        "shift": shift_out(queries.running_shift(viewer)),
    }
    digest = hashlib.sha256(
        json.dumps(told, default=str, sort_keys=True, ensure_ascii=False).encode()
    ).hexdigest()[:32]
    return told | {"digest": digest, "at": now, "until": now + timedelta(hours=rules.NEXT_HOURS)}


def me(viewer: Viewer, language: str) -> dict[str, Any]:
    """Who is signed in: the owner of what waits on the phone."""
    unit = directory.current().by_id.get(viewer.unit_id) if viewer.unit_id is not None else None
    return {
        "owner": f"{viewer.account_id}:{viewer.post_id}",
        "name": viewer.name,
        "unit": unit.label if unit else "",
        "language": language,
        "synthetic": bool(unit and unit.synthetic),
    }


def shift_out(shift: Shift | None) -> dict[str, Any] | None:
    """A shift as the phone keeps it."""
    return {"key": shift.key, "started_at": shift.started_at, "ended_at": shift.ended_at} if shift else None


def task_out(task: FieldTask) -> dict[str, Any]:
    """A task as the phone keeps it."""
    return {
        "id": task.pk, "number": task.number, "purpose": task.purpose, "state": task.state, "words": task.declared_state.words,
        "about": task.about_number, "title": task.title, "question": task.question, "place": task.place_words,
        "lon": task.lon, "lat": task.lat, "opened_at": task.opened_at,
    }  # fmt: skip


def _grids(viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    shown = []
    for code, name in grids(viewer, now):
        around = territory.map_geojson("grid", code[:12], on=now)
        shown.append(
            {"code": code, "name": name, "shapes": around, "card": territory.public_card(code, on=now)}
        )
    return shown


def _duties(viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    communities = {code[:12] for code in viewer.territories}
    return [
        {
            "words": words,
            "items": [
                {"code": item.code, "name": item.name, "about": item.description}
                for item in duties.duty_items(on=now, list_type=name)
                if not item.territory or any(code.startswith(item.territory) for code in communities)
            ],
        }
        for name, words in LIST_WORDS.items()
    ]


def _contacts(viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    """Offices, never people's own numbers: the chain above the worker first."""
    known = directory.current()
    own = known.by_id.get(viewer.unit_id or 0)
    chain = [own, *known.above(own.pk)] if own is not None else []
    departments = sorted(
        (u for u in known.by_id.values() if u.kind == "department" and u.valid_to is None),
        key=lambda u: u.code,
    )
    return [
        {"name": (unit.name, unit.name_en or unit.name), "phone": unit.phone, "near": place < len(chain)}
        for place, unit in enumerate([*chain, *departments])
        if unit.phone
    ]


def _cases(viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    """Open matters of the own grids: those of the own unit first. Titles and places, no reporter."""
    return [
        {
            "number": task.case.number, "title": task.case.title, "kind": task.kind, "place": task.case.place_words,
            "state": task.case.declared_state.words, "due": task.deadline.words, "tone": task.deadline.tone, "mine": task.mine,
            "lon": task.case.lon, "lat": task.case.lat, "href": task.href,
            "may": [step for step in allowed(task.case, viewer, at=now) if step in ("sign", "finish")] if task.mine else [],
        }
        for task in nearby.tasks(viewer, now=now)[:_OPEN_MOST]
    ]  # fmt: skip


def _colleagues(viewer: Viewer) -> list[dict[str, Any]]:
    names = {}
    for shift in queries.colleagues(viewer):
        held = directory.current().posts_of(shift.person_id) if shift.person_id else ()
        names[shift.post_id] = next(
            (post.name for post in held if post.id == shift.post_id), str(shift.post_id)
        )
    return [{"post": post, "name": name} for post, name in names.items()]
