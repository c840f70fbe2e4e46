"""Which fields a viewer may read. A room declares every field it shows: an undeclared one raises."""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.db.models import Model

from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.registry import Unscoped
from gongbi.kernel.scope.viewer import Viewer

MASK = "＊＊＊"


class Level(Enum):
    """How far a field may travel."""

    OPEN = "open"  # anybody, also on a public page
    STAFF = "staff"  # whoever holds a post, a key or the report's own link
    WORKING = "working"  # those who deal with the matter: not statistics, not administration
    SEALED = (
        "sealed"  # masked for those who deal with it, hidden from all others; unsealing is kernel.vault's
    )


_STAFF = frozenset({*roles.STAFF_ROLES, roles.RESIDENT, roles.SYSTEM})
_WORKING = frozenset(
    {
        roles.CLERK,
        roles.DISPATCHER,
        roles.HANDLER,
        roles.GRID_WORKER,
        roles.CHECKER,
        roles.ADJUDICATOR,
        roles.RESIDENT,
        roles.SYSTEM,
    }
)
_levels: dict[type[Model], dict[str, Level]] = {}


def fields(model: type[Model], **levels: Level) -> None:
    """Declare the sensitivity of fields: ``fields(Report, text=Level.WORKING, phone=Level.SEALED)``."""
    _levels.setdefault(model, {}).update(levels)


def level_of(model: type[Model], field: str) -> Level:
    """The declared level of a field, its own or its nearest base's. Raises Unscoped."""
    for base in model.__mro__:
        level = _levels.get(base, {}).get(field)
        if level is not None:
            return level
    raise Unscoped(f"{model.__name__}.{field} has no sensitivity: declare it with scope.fields()")


def may_read(model: type[Model], field: str, viewer: Viewer) -> bool:
    """Whether the viewer's role reads the field at all (a sealed one: masked)."""
    level = level_of(model, field)
    if level is Level.OPEN:
        return True
    return viewer.role in (_STAFF if level is Level.STAFF else _WORKING)


def shown(obj: Model, field: str, viewer: Viewer) -> Any:
    """What ``viewer`` may read: the value, its masked form (sealed), or ``MASK``. Empty stays empty."""
    model = type(obj)
    allowed = may_read(model, field, viewer)
    value = getattr(obj, field)
    if value is None or value == "":
        return value
    if not allowed:
        return MASK if value else ""
    if level_of(model, field) is Level.SEALED:
        if not value:
            return ""
        masked = getattr(value, "masked", None)
        return MASK if masked is None else str(masked)
    return value
