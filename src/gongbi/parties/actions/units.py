"""Units: made, changed, closed. A code is never used again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import rules
from gongbi.parties.actions.common import allow, iso, note
from gongbi.parties.models import ApiKey, Post, Unit
from gongbi.parties.words import demand, refuse

CHANGEABLE = frozenset({"name", "name_en", "ranking_class", "phone", "supervision_phone"})


@transaction.atomic
def create_unit(
    *,
    code: str,
    name: str,
    kind: str,
    at: datetime,
    viewer: Viewer,
    name_en: str = "",
    parent: str = "",
    territory: str = "",
    ranking_class: str = "",
    phone: str = "",
    supervision_phone: str = "",
    valid_from: datetime | None = None,
    synthetic: bool = False,
) -> Unit:
    """A new unit from ``valid_from`` (default ``at``) on. ``parent``: a code. Locks: the parent.

    Raises Refused (rules.unit; code taken; parent unknown), Forbidden.
    """
    allow("lists", viewer)
    over = None
    if parent:
        over = Unit.objects.select_for_update().filter(code=parent).first()
        if over is None or not rules.in_force(over.valid_from, over.valid_to, at):
            raise refuse("parties.unit_unknown", "parent", code=parent)
    if kind in rules.DIVISION_DIGITS and not territory:
        territory = code
    demand(rules.unit(kind, code, territory, over.kind if over else None))
    start = valid_from or at
    demand(rules.period(start, None))
    if Unit.objects.filter(code=code).exists():
        raise refuse("parties.unit_twice", "code", code=code)
    unit = Unit(
        code=code,
        name=name.strip()[:120],
        name_en=name_en.strip()[:160],
        kind=kind,
        parent=over,
        territory=territory,
        ranking_class=ranking_class,
        phone=phone,
        supervision_phone=supervision_phone,
        synthetic=synthetic,
        valid_from=start,
    )
    unit.save(force_insert=True)
    note(viewer, "unit_created", "unit", code, at, kind=kind, parent=parent, valid_from=iso(start))
    return unit


@transaction.atomic
def change_unit(unit_id: int, *, at: datetime, viewer: Viewer, **values: str) -> Unit:
    """Change what may change of a unit: names, class, telephones.

    Kind, code and territory make another unit.
    """
    allow("lists", viewer)
    unknown = values.keys() - CHANGEABLE
    if unknown:
        raise TypeError(f"a unit's {sorted(unknown)} cannot be changed")
    unit = Unit.objects.select_for_update().get(pk=unit_id)
    changed = {key: value for key, value in values.items() if getattr(unit, key) != value}
    for key, value in changed.items():
        setattr(unit, key, value)
    if changed:
        unit.save(update_fields=sorted(changed))
        note(viewer, "unit_changed", "unit", unit.code, at, **changed)
    return unit


@transaction.atomic
def close_unit(unit_id: int, *, at: datetime, viewer: Viewer) -> Unit:
    """Close a unit at ``at``: only when no post, unit, key or open matter hangs on it. Locks: the unit."""
    allow("lists", viewer)
    unit = Unit.objects.select_for_update().get(pk=unit_id)
    if unit.valid_to is not None and unit.valid_to <= at:
        raise refuse("parties.unit_closed")
    later = Q(valid_to__isnull=True) | Q(valid_to__gt=at)
    open_matters = Matter.objects.filter(unit_id=unit.pk).exclude(state_kind="closed").count()
    for code, count in (
        ("parties.unit_has_units", Unit.objects.filter(later, parent=unit).count()),
        ("parties.unit_has_posts", Post.objects.filter(later, unit=unit).count()),
        ("parties.unit_has_keys", ApiKey.objects.filter(unit=unit, active=True).count()),
        ("parties.unit_has_matters", open_matters),
    ):
        if count:
            raise refuse(code, count=count)
    demand(rules.period(unit.valid_from, at))
    unit.valid_to = at
    unit.save(update_fields=["valid_to"])
    note(viewer, "unit_closed", "unit", unit.code, at)
    return unit
