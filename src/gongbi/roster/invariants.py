"""What must always hold for duty; run by ``gongbi check`` and every night."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q

from gongbi.kernel.flow.invariants import Breach, register
from gongbi.roster.models import Swap, Turn


@register("roster.two_places")
def two_places() -> Iterator[Breach]:
    """Nobody stands at two places at once."""
    standing = Turn.objects.filter(cancelled_at__isnull=True).order_by("person_id", "starts_at", "pk")
    before: tuple[int, object, int] | None = None
    for person, starts, ends, key in standing.values_list(
        "person_id", "starts_at", "ends_at", "pk"
    ).iterator():
        if before is not None and before[0] == person and starts < before[1]:  # type: ignore[operator]
            yield Breach(
                "roster.two_places", f"turn {key}", f"begins before turn {before[2]} of the same person ends"
            )
        if before is None or before[0] != person or ends > before[1]:  # type: ignore[operator]
            before = (person, ends, key)


@register("roster.questions")
def questions() -> Iterator[Breach]:
    """An open swap holds its turn, a closed one holds none."""
    odd = Q(closed_at__isnull=True, open_turn__isnull=True) | Q(
        closed_at__isnull=False, open_turn__isnull=False
    )
    odd |= Q(open_turn__isnull=False) & ~Q(open_turn=F("turn_id"))
    for swap in Swap.objects.filter(odd).iterator():
        yield Breach("roster.questions", swap.number, f"{swap.state} holds turn {swap.open_turn}")
