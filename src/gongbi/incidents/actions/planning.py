"""Plans: a new version of one, and starting one on an incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from gongbi.incidents import rules
from gongbi.incidents.actions.common import facts, load
from gongbi.incidents.models import Incident, Plan, PlanRun, Task
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.flow.advance import advance
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer
from gongbi.parties import directory


@transaction.atomic
def save_plan(
    *,
    code: str,
    names: tuple[str, str],
    sort: str,
    kind: str,
    steps: Sequence[Mapping[str, Any]],
    source: str,
    verified: bool,
    viewer: Viewer,
    at: datetime,
) -> Plan:
    """Keep a version of a plan; the one in force is given back when nothing differs. Runs keep the version that they were started from.

    ``source``: the paper it comes from. Errors: Forbidden (administrators only), Refused with the field.
    """
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "incidents.plans", ("只有系统管理员可以修改预案。", "Only an administrator changes plans.")
        )
    rules.check_kind(sort, kind)
    kept = rules.check_steps(steps)
    zh = rules.check_text(names[0], field="name", most=80)
    source = rules.check_text(source, field="source", most=160)
    _check_units(kept)
    # Two who save at once take turns at the versions that there are.
    versions = list(Plan.objects.select_for_update().filter(code=code).order_by("-version"))
    last = versions[0] if versions else None
    values = {
        "name_zh": zh, "name_en": names[1].strip()[:120] or zh, "sort": sort, "kind": kind, "steps": kept, "source": source,
        "verified": verified,
    }  # fmt: skip
    if last is not None and last.retired_at is None:
        if all(getattr(last, name) == value for name, value in values.items()):
            return last
        Plan.objects.filter(pk=last.pk).update(retired_at=at)
    return Plan.objects.create(
        code=code, version=last.version + 1 if last else 1, made_at=at, actor=viewer.actor, **values
    )


def _check_units(steps: Sequence[Mapping[str, Any]]) -> None:
    known = directory.current().by_code
    for place, step in enumerate(steps, start=1):
        if step["unit"] and step["unit"] not in PLACES and step["unit"] not in known:
            raise Refused(
                "incidents.step_unit",
                (
                    "第%(place)s步：没有代码为“%(unit)s”的单位。",
                    "Step %(place)s: there is no unit with the code “%(unit)s”.",
                ),
                values={"place": place, "unit": step["unit"]},
                field="unit",
            )


PLACES = ("street", "community")  # in a plan: the unit of the place, whichever that is


def unit_of(code: str, incident: Incident, at: datetime) -> int | None:
    """The unit that a step names, at the place of the incident; the leading unit where it names none that exists."""
    current = directory.current()
    found = None
    if code in PLACES:
        digits = 9 if code == "street" else 12
        part = incident.territory[:digits]
        found = current.division(code, part, at) if len(part) == digits else None
    elif code:
        found = current.by_code.get(code)
    return found.pk if found is not None else incident.unit_id


@transaction.atomic
def start_plan(*, key: int, code: str, viewer: Viewer, at: datetime) -> PlanRun:
    """Start the version of a plan that is in force: its steps become tasks, their clocks run from now. Started already: that run.

    Two who start it at the same moment get one run. Errors: NotThere, Refused (no such plan, the response is over), Forbidden.
    """
    incident = load(key, viewer)
    known = PlanRun.objects.filter(incident_id=incident.pk, code=code).first()
    if known is not None:
        return known
    plan = Plan.objects.filter(code=code, retired_at__isnull=True).first()
    if plan is None:
        raise NotThere("incidents.no_plan", ("没有这个预案。", "There is no such plan."), field="plan")
    advance(
        incident, "start_plan", viewer, at=at, facts=facts(incident, plan=plan.code, version=plan.version)
    )
    run = PlanRun.objects.create(
        incident=incident, plan=plan, code=plan.code, started_at=at, actor=viewer.actor
    )
    Task.objects.bulk_create(
        Task(
            incident=incident, run=run, key=step["key"], title_zh=step["zh"], title_en=step["en"], role=step["role"],
            unit_id=unit_of(step["unit"], incident, at), needs=step["needs"], started_at=at,
            due_at=rules.due_of(at, step["minutes"]), actor=viewer.actor,
        )
        for step in plan.steps
    )  # fmt: skip
    return run
