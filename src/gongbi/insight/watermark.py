"""How far the ledger has been folded, and the check that nothing was forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from gongbi.insight.models import CaseFacts
from gongbi.kernel.flow.invariants import Breach, register
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.outbox.models import OutboxRow

FLOW = "cases"


def folded_to(case_ids: Iterable[int]) -> dict[int, int]:
    """The last entry that was folded of each of these cases; those never folded are left out."""
    return dict(CaseFacts.objects.filter(pk__in=list(case_ids)).values_list("pk", "last_seq"))


def behind() -> QuerySet[Matter, int]:
    """Keys of cases whose ledger is longer than what was folded."""
    folded = CaseFacts.objects.filter(pk=OuterRef("pk")).values("last_seq")
    found = Matter.objects.filter(flow=FLOW).annotate(folded=Coalesce(Subquery(folded), 0))
    return found.filter(~Q(last_seq=F("folded"))).order_by("pk").values_list("pk", flat=True)


@register("insight.folded")
def everything_folded() -> Iterator[Breach]:
    """Every case is folded to the end of its ledger, or an event that will do it is waiting."""
    waiting = OutboxRow.objects.filter(matter_id=OuterRef("pk"), done_at__isnull=True)
    for key in behind().exclude(Exists(waiting)).iterator():
        yield Breach(
            "insight.folded", str(key), "the board has not counted the end of its ledger; run a rebuild"
        )
