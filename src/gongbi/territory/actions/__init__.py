"""The only writers of this room. Each is one transaction; ``at`` is the moment and ``viewer`` who does it."""

from gongbi.territory.actions.boundaries import import_boundaries, retry_held
from gongbi.territory.actions.cards import set_card, set_cards
from gongbi.territory.actions.divisions import DivisionRow, import_divisions
from gongbi.territory.actions.grids import end_division, merge_grids, split_grid
from gongbi.territory.actions.places import PlaceRow, end_place, import_places

__all__ = [
    "DivisionRow",
    "PlaceRow",
    "end_division",
    "end_place",
    "import_boundaries",
    "import_divisions",
    "import_places",
    "merge_grids",
    "retry_held",
    "set_card",
    "set_cards",
    "split_grid",
]
