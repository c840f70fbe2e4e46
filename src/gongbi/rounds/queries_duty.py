"""How many are on duty, by the places they answer for: counts for a wall. Never who, never where somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer
from gongbi.rounds import rules
from gongbi.rounds.models import Shift

Span = tuple[Sequence[str], datetime, datetime | None]


def on_duty(viewer: Viewer, *, at: datetime) -> list[list[str]]:
    """The places of each shift that runs; one that nobody ended is over after sixteen hours."""
    found = visible(Shift, viewer, "board").filter(
        ended_at__isnull=True, started_at__gt=at - rules.LONGEST_SHIFT
    )
    return list(found.values_list("grids", flat=True))


def duty_spans(viewer: Viewer, since: datetime, until: datetime) -> list[Span]:
    """(places, begun, ended) of the shifts that ran in the half-open window."""
    found = visible(Shift, viewer, "board").filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=since), started_at__lt=until, started_at__gt=since - rules.LONGEST_SHIFT
    )  # fmt: skip
    return [
        (grids, begun, ended or begun + rules.LONGEST_SHIFT)
        for grids, begun, ended in found.order_by("pk").values_list("grids", "started_at", "ended_at")
    ]
