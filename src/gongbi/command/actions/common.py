"""What every action of command needs: the row under its lock, units that exist, words that fit, limits in force."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from gongbi.command import queries, refusals, rules
from gongbi.command.models import Order, Whistle
from gongbi.command.settings import key_of
from gongbi.kernel.clock.calendar import ZONE
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope import by_key, visible
from gongbi.kernel.scope.viewer import DISPATCHER, HANDLER, MANAGER, SYSTEM, Viewer
from gongbi.parties import directory
from gongbi.parties.models import Unit
from gongbi.parties.rules import in_force

LONGEST, TITLE, PLACE = 1000, 80, 120
GIVERS = frozenset({DISPATCHER, MANAGER})  # who gives orders for a unit, and splits joint matters
WHISTLERS = GIVERS | {HANDLER}
FARTHEST = timedelta(days=30)
M = TypeVar("M", Order, Whistle)


def load(model: type[M], key: int, viewer: Viewer) -> M:
    """The row, locked until the transaction ends; NotThere when it is not this viewer's to see."""
    found = by_key(model, viewer, key, "act", lock=True)
    if found is None:
        raise refusals.not_there()
    return found


def said(text: str, field: str, *, most: int = LONGEST, needed: tuple[str, str] | None = None) -> str:
    """What somebody typed, blanks tidied. Refused: longer than ``most``, or nothing where ``needed`` says what is missing."""
    kept = " ".join(text.replace("\0", "").split())
    if needed is not None and not kept:
        raise refusals.empty(field, needed)
    if len(kept) > most:
        raise refusals.long(field, most)
    return kept


def living(unit_id: int | None, at: datetime, field: str = "unit") -> Unit:
    """The unit, which exists at ``at``. Refused: none chosen, unknown, or closed (with the day)."""
    if unit_id is None:
        raise refusals.no_unit(field)
    unit = directory.current().by_id.get(unit_id)
    if unit is None or unit.valid_from > at:
        raise refusals.unit_unknown(field)
    if not in_force(unit.valid_from, unit.valid_to, at):
        assert unit.valid_to is not None
        raise refusals.unit_gone(unit.label, f"{unit.valid_to.astimezone(ZONE):%Y-%m-%d}", field)
    return unit


def own(viewer: Viewer, may: frozenset[str]) -> rules.Unit | None:
    """The viewer's unit as the rules take it; None for the machine. Forbidden for posts whose roles are not among ``may``."""
    if viewer.role == SYSTEM:
        return None
    known = directory.current()
    unit = known.by_id.get(viewer.unit_id or 0)
    if viewer.role not in may or unit is None:
        raise refusals.not_yours(
            ("您的岗位不能发指令或吹哨。", "Your post gives no orders and blows no whistle."), "command.role"
        )
    return rules.Unit(unit.pk, unit.kind, known.below(unit.pk))


def about(key: int | None, viewer: Viewer) -> Matter | None:
    """The matter it is about, locked, or None. Refused when there is none that this viewer may know of.

    The lock settles who was first when two give the same order, or whistle, at once (docs/locking.md: the matter's row first).
    """
    if key is None:
        return None
    found = (
        visible(Matter, viewer).select_for_update(of=("self",)).filter(pk=key).first()
        if 0 < key < 2**63
        else None
    )
    if found is None:
        raise refusals.about_nothing()
    return found


def where_of(matter: Matter | None, territory: str, unit: Unit | None) -> str:
    """The division code an order lies in: as given, else the matter's, else the unit's own."""
    return (
        territory
        or (matter.territory if matter is not None else "")
        or (unit.territory if unit is not None else "")
    )


def checked_time(come_by: datetime | None, at: datetime) -> datetime | None:
    """The time to be there, at a whole minute ahead. Refused: over already, or more than 30 days away."""
    if come_by is None:
        return None
    by = come_by.replace(second=0, microsecond=0)
    if rules.minutes_until(at, by) <= 0:
        raise refusals.past()
    if by - at > FARTHEST:
        raise refusals.far()
    return by


def limits_of(order: Order, viewer: Viewer, at: datetime) -> dict[str, str]:
    """The limits that an order begins with now. Who is to come reports after arriving; a time that is over gives the usual limit."""
    sign = queries.setting(key_of(rules.SIGN, order.sort), viewer)
    if not order.comes:
        return {"sign_limit": sign, "arrive_limit": "", "report_limit": order.report_limit}
    left = rules.minutes_until(at, order.come_by) if order.come_by is not None else 0
    arrive = rules.limit_text(left) if left > 0 else queries.setting(key_of(rules.ARRIVE, order.sort), viewer)
    return {"sign_limit": sign, "arrive_limit": arrive, "report_limit": ""}
