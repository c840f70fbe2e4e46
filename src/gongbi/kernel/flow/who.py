"""Who may: ``role`` (inside its territory) or ``role@relation``, where a relation ties the asker to the matter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gongbi.kernel.scope.viewer import RESIDENT, SYSTEM, Viewer

if TYPE_CHECKING:
    from gongbi.kernel.flow.models import Matter

Relation = Callable[["Matter", Viewer], bool]
_relations: dict[str, Relation] = {}


def relation(name: str) -> Callable[[Relation], Relation]:
    """Register a relation under ``name``; rooms add their own (``co_unit``, ``reporter`` …)."""

    def keep(function: Relation) -> Relation:
        _relations[name] = function
        return function

    return keep


@relation("territory")
def _in_territory(matter: Matter, viewer: Viewer) -> bool:
    return viewer.covers(matter.territory) if matter.territory else bool(viewer.territories)


@relation("unit")
def _of_unit(matter: Matter, viewer: Viewer) -> bool:
    return matter.unit_id is not None and matter.unit_id in viewer.units


@relation("any")
def _any(matter: Matter, viewer: Viewer) -> bool:
    return True


def matches(spec: str, matter: Matter, viewer: Viewer) -> bool:
    """Whether ``viewer`` fits one ``who`` entry. Residents and the machine need no territory."""
    if spec == "*":
        return True
    role, _, tie = spec.partition("@")
    if role != viewer.role:
        return False
    if not tie:
        tie = "any" if role in (SYSTEM, RESIDENT) else "territory"
    return _relations[tie](matter, viewer)


def may(who: tuple[str, ...], matter: Matter, viewer: Viewer) -> bool:
    """Whether any of the ``who`` entries fits."""
    return any(matches(spec, matter, viewer) for spec in who)
