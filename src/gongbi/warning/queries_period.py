"""What became of warnings in a span of time: counts for a bulletin. No text, no person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer
from gongbi.warning import rules
from gongbi.warning.models import Warning
from gongbi.warning.rules import Precision


@dataclass(frozen=True, slots=True)
class Told:
    """Of one sort in ``[since, until)``: raised, assessed, and how the reviews that ended in it judged."""

    sort: str
    raised: int
    assessed: int
    precision: Precision


def told(viewer: Viewer, since: datetime, until: datetime) -> list[Told]:
    """By sort, in the order of their names; sorts of which nothing is told are left out. Three queries."""
    seen = visible(Warning, viewer, "board").order_by()
    raised = dict(
        seen.filter(opened_at__gte=since, opened_at__lt=until).values_list("sort").annotate(n=Count("pk"))
    )
    steps = LedgerEntry.objects.filter(
        transition="assess", at__gte=since, at__lt=until, matter_id__in=seen.values("pk")
    )
    assessed = dict(seen.filter(pk__in=steps.values("matter_id")).values_list("sort").annotate(n=Count("pk")))
    judged = {
        sort: Precision(right, wrong)
        for sort, right, wrong in seen.filter(closed_at__gte=since, closed_at__lt=until)
        .values_list("sort")
        .annotate(
            right=Count("pk", filter=Q(verdict=rules.RIGHT)), wrong=Count("pk", filter=Q(verdict=rules.WRONG))
        )
    }
    return [
        Told(sort, raised.get(sort, 0), assessed.get(sort, 0), judged.get(sort, Precision(0, 0)))
        for sort in sorted({*raised, *assessed, *judged})
    ]
