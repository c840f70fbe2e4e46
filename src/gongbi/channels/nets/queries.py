"""What a merged network asks: how its reports stand, what it has to hear."""

from __future__ import annotations

import json
from typing import Any

from gongbi.cases import queries as cases
from gongbi.cases.wording import clean_text
from gongbi.channels.models import Arrival, Outgoing, Source
from gongbi.kernel.errors import NotThere, in_language
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.vault import actions as vault

KIND = "net"
PAGE = 500


def standing(external: str, of: Source, viewer: Viewer) -> dict[str, Any]:
    """How one of a network's own reports stands; NotThere for a number that it never sent."""
    arrival = (
        Arrival.objects.filter(source=of, external=clean_text(external))
        .select_related("report")
        .defer("content")
        .first()
    )
    if arrival is None:
        raise NotThere(
            "nets.not_there",
            ("您没有报送过编号“%(number)s”。", "You sent no report with the number “%(number)s”."),
            values={"number": clean_text(external)[:40]},
            field="external",
        )
    case = cases.case_for(arrival.report.case_id, system(KIND)) if arrival.report is not None else None
    return {
        "external": arrival.external, "receipt": arrival.receipt, "standing": arrival.standing,
        "number": arrival.report.number if arrival.report is not None else "", "state": case.state if case is not None else "",
        "closed": case is not None and not case.is_open, "code": arrival.code,
        "reason": in_language(tuple(arrival.reason)) if arrival.reason else "",
    }  # fmt: skip


def answers(of: Source, viewer: Viewer, *, after: int) -> list[dict[str, Any]]:
    """What a network has to hear, after the last one that it read."""
    rows = Outgoing.objects.filter(source=of, pk__gt=after, body__isnull=False).order_by("id")[:PAGE]
    return [
        {"id": row.pk} | json.loads(vault.machine_reads(row, "body", viewer=system(KIND))) for row in rows
    ]
