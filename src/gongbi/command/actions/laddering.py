"""The ladder of escalation: what is over a clock by a rung's minutes goes up that rung, once, whoever sleeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from gongbi.command import queries, rules, words
from gongbi.command.actions.common import TITLE
from gongbi.command.actions.ordering import begun, moved
from gongbi.command.flow import AT_UNIT
from gongbi.command.models import Escalation, Order, Rung
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.clock.queries import overdue
from gongbi.kernel.flow.advance import advance
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.outbox.actions import publish
from gongbi.kernel.scope.viewer import system
from gongbi.parties import directory, standing
from gongbi.parties.models import Unit
from gongbi.parties.rules import in_force

LADDER = system("ladder")
_ESCALATABLE = (*AT_UNIT, "disputed")


def climb(*, at: datetime, most: int = 500) -> int:
    """Take every rung that is due at ``at``, the lowest first; returns how many. Each in a transaction of its own; idempotent.

    Run by the worker. What was late while nobody ran it climbs every rung that it has passed.
    """
    day = timezone.localdate(at)
    taken = 0
    for rung in queries.rungs(LADDER, day=day):
        since = at - timedelta(minutes=rung.minutes)
        clocks = overdue(since).filter(name=rung.clock, matter__flow=rung.flow)
        done = Escalation.objects.filter(rung_id=rung.pk).values("clock_id")
        for clock_id in list(clocks.exclude(pk__in=done).values_list("pk", flat=True)[:most]):
            with transaction.atomic():
                taken += _climb(clock_id, rung, at)
    return taken


def _climb(clock_id: int, rung: Rung, at: datetime) -> bool:
    """One rung for one clock. Locks: the matter's row, by its key; then it is looked at again."""
    matter_id = Clock.objects.values_list("matter_id", flat=True).get(pk=clock_id)
    matter = Matter.objects.select_for_update().get(pk=matter_id)
    clock = Clock.objects.get(pk=clock_id)
    late = clock.stopped_at is None and rules.late(clock.due_at, at - timedelta(minutes=rung.minutes))
    if not late or matter.closed_at is not None:
        return False
    if Escalation.objects.filter(clock_id=clock_id, rung_id=rung.pk).exists():
        return False
    to, before = reached(rung.to, matter, at), matter.unit_id
    order = Order.objects.filter(pk=matter.pk).first() if matter.flow == Order.flow_name else None
    transfer = (
        rung.transfer and order is not None and to is not None and to.pk != before and order.state in AT_UNIT
    )
    climbed = Escalation(
        clock_id=clock_id, rung=rung, matter_id=matter.pk, at=at, from_unit_id=before,
        to_unit_id=to.pk if to else None, transferred=transfer,
    )  # fmt: skip
    # Whoever stands for the unit that was reached, by its duty roster; nobody where it has none: then its leaders are told.
    stand = [one.post_id for one in standing.on_duty(to.pk, at)] if to is not None else []
    facts: dict[str, Any] = {
        "rung": rung.pk,
        "clock": rung.clock,
        "to": climbed.to_unit_id,
        "minutes": rung.minutes,
        "on_duty": stand,
    }
    if transfer and order is not None and to is not None:
        moved(order, "take_over", to.pk, viewer=LADDER, at=at, facts=facts)
    elif order is not None and order.state in _ESCALATABLE:
        advance(order, "escalate", LADDER, at=at, facts=facts)
    # A notice is sent about a matter, never about a notice: else each would call for the next.
    if rung.notice and (order is None or order.sort not in rules.NOTICES):
        climbed.order = _notice(rung, matter, order, to, at)
    climbed.save(force_insert=True)
    payload = facts | {
        "from": before,
        "unit": climbed.to_unit_id,
        "transferred": transfer,
        "number": _number(matter),
        "flow": matter.flow,
        "drill": bool(order and order.drill),
    }
    publish("command.escalated", at=at, matter_id=matter.pk, payload=payload)
    return True


def reached(to: str, matter: Matter, at: datetime) -> Unit | None:
    """The unit whose head a rung reaches: the matter's own, its street's, the district's centre, or the one of that code.

    Where there is no such unit any more, the district's centre; None where there is none either.
    """
    known = directory.current()
    found: Unit | None = None
    if to == rules.HEAD:
        found = known.by_id.get(matter.unit_id or 0)
    elif to == rules.STREET:
        found = known.division("street", matter.territory[:9], at) if len(matter.territory) >= 9 else None
    elif to != rules.DISTRICT:
        found = known.by_code.get(to)
    if found is not None and in_force(found.valid_from, found.valid_to, at):
        return found
    centres = (
        unit
        for unit in known.by_id.values()
        if unit.kind in rules.CENTRE_KINDS and in_force(unit.valid_from, unit.valid_to, at)
    )
    return next(
        (one for one in centres if not matter.territory or matter.territory.startswith(one.territory)), None
    )


def _notice(rung: Rung, matter: Matter, order: Order | None, to: Unit | None, at: datetime) -> Order | None:
    """An urge or a supervision by the unit that the rung reaches, to whoever had the matter when the clock ran out."""
    known = directory.current()
    unit = known.by_id.get(matter.unit_id or 0)
    if unit is None or not in_force(unit.valid_from, unit.valid_to, at):
        return None
    sort, level = rules.notice_of(rung.notice)
    number = _number(matter)
    notice = Order(
        sort=sort, level=level, about_id=matter.pk, territory=matter.territory, drill=bool(order and order.drill),
        title=f"{number} 逾期未办"[:TITLE],
        text=f"{number} 的{words.CLOCKS.get(rung.clock, (rung.clock, rung.clock))[0]}时限已过 {rung.minutes} 分钟以上，请立即办理并在时限内反馈。",
    )  # fmt: skip
    return begun(notice, unit.pk, viewer=LADDER, at=at, issuer_unit=to.pk if to else None)


def _number(matter: Matter) -> str:
    return Matter.numbers_of([matter]).get(matter.pk, matter.number)
