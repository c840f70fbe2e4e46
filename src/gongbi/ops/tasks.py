"""What ties two rooms of the ground together, on a schedule."""

from __future__ import annotations

from datetime import datetime

from gongbi.kernel.outbox.periodic import periodic
from gongbi.kernel.scope.viewer import system
from gongbi.parties import queries as parties
from gongbi.territory import queries as territory
from gongbi.territory.actions.cards import CardRow, set_cards


@periodic("ops.grid_cards", every_seconds=900)
def refresh_cards(at: datetime) -> None:
    """The public card of every grid shows who looks after it now; only cards that differ are written."""
    cards(at)


def cards(at: datetime) -> int:
    """Write the cards of grids whose worker is known; returns how many changed."""
    rows = []
    for grid in territory.divisions(level="grid", on=at):
        worker = parties.grid_worker_of(grid.code, at)
        if worker is not None:
            rows.append(
                CardRow(
                    grid.code,
                    worker.name,
                    worker.phone,
                    worker.supervision_phone,
                    worker=f"post:{worker.post_id}",
                )
            )
    return set_cards(rows, viewer=system("cards"), at=at)
