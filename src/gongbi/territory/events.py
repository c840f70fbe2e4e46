"""What this room announces through the outbox."""

from __future__ import annotations

from dataclasses import dataclass

GRIDS_CHANGED = "territory.grids_changed"
BOUNDARIES_IMPORTED = "territory.boundaries_imported"
CARD_CHANGED = "territory.card_changed"


@dataclass(frozen=True, slots=True)
class GridsChanged:
    """Grids were split, merged or ended: who keeps codes of the old ones hands them over from ``effective`` (ISO date) on."""

    old: list[str]
    new: list[str]
    effective: str
    by: str


@dataclass(frozen=True, slots=True)
class BoundariesImported:
    """A boundary file took effect, wholly or in part."""

    import_id: int
    accepted: int
    held: int
    effective: str


@dataclass(frozen=True, slots=True)
class CardChanged:
    """The public card of a grid was changed."""

    grid: str
    by: str
