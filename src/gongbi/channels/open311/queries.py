"""What Open311 clients ask of this house."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongbi.cases import queries as cases
from gongbi.cases.queries import Published, Wanted
from gongbi.cases.wording import clean_text
from gongbi.channels.models import Arrival, Outgoing, Source
from gongbi.kernel.flow import numbers
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.vault import actions as vault

KIND = "open311"
_PREFIX = "LH"


@dataclass(frozen=True, slots=True)
class Listed:
    """One published request; ``external``: the asker's own number of it ("" for everybody else's)."""

    what: Published
    external: str = ""


def listed(viewer: Viewer, wanted: Wanted, *, of: Source | None = None) -> tuple[list[Listed], bool]:
    """The published requests of a question and whether there are more; ``of`` sees its own ones as it sent them."""
    if of is None:
        found, more = cases.published(viewer, wanted)
        return [Listed(one) for one in found], more
    sent = Arrival.objects.filter(source=of, report__isnull=False)
    found, more = cases.published(viewer, wanted, own=sent.values("report_id"))
    external = dict(
        sent.filter(report_id__in=[one.report_id for one in found]).values_list("report_id", "external")
    )
    return [Listed(one, external.get(one.report_id, "")) for one in found], more


def arrival_of_token(token: str, viewer: Viewer) -> Arrival | None:
    """By the token of an answer: who holds it may know the number."""
    if not token.isalnum():
        return None
    found = Arrival.objects.filter(receipt=token[:32], source__kind=KIND)
    return found.select_related("report").defer("content").first()


def arrival_of_number(number: str, of: Source, viewer: Viewer) -> Arrival | None:
    """A source's own request, by our number, by its token or by the source's own number."""
    number = clean_text(number)  # no database is asked for what no number holds
    read = numbers.read(number)
    found = Arrival.objects.filter(source=of).defer("content").select_related("report")
    if read is not None and read[0] == _PREFIX and read[1] < 2**63:
        own = found.filter(report_id=read[1]).first()
        if own is not None:
            return own
    return found.filter(receipt=number[:32]).first() or found.filter(external=number[:100]).first()


def matter_for(number: str, of: Source, viewer: Viewer) -> int | None:
    """A published matter of ours that a neighbour fetched and speaks of, by our number. Only one that speaks for a unit of this house may."""
    if of.unit_id is None:  # type: ignore[attr-defined,unused-ignore]
        return None
    found, _more = cases.published(viewer, Wanted(numbers=[clean_text(number)], limit=1))
    case = cases.cases_of_reports(system(KIND), [one.report_id for one in found])
    return next((one.pk for one in case.values()), None)


def ours(at: Source, numbers: Mapping[str, str], viewer: Viewer) -> frozenset[str]:
    """Which of a neighbour's requests (its number → the sender's own number that it tells us, "") came from here: they need not come back."""
    sent = Outgoing.objects.filter(source=at, topic="open311.sent", answer__in=list(numbers))
    told = [number for number in numbers.values() if number]
    found, _more = cases.published(viewer, Wanted(numbers=told, limit=len(told))) if told else ([], False)
    own = {one.number for one in found}
    return frozenset(sent.values_list("answer", flat=True)) | {
        theirs for theirs, external in numbers.items() if external in own
    }


@dataclass(frozen=True, slots=True)
class Told:
    """One update that a source may read."""

    id: int
    at: datetime
    body: Mapping[str, Any]


def told(of: Source, viewer: Viewer, *, since: datetime, until: datetime, most: int = 1000) -> Sequence[Told]:
    """What a source was told of its requests in a time, oldest first."""
    rows = Outgoing.objects.filter(
        source=of, topic__startswith="cases.", created_at__gte=since, created_at__lt=until, body__isnull=False
    )
    return [
        Told(row.pk, row.created_at, json.loads(vault.machine_reads(row, "body", viewer=system("open311"))))
        for row in rows.order_by("id")[:most]
    ]


def sent(to: Source, viewer: Viewer) -> Sequence[Outgoing]:
    """The cases that were sent to a neighbour, with its numbers, as long as they are open here."""
    rows = (
        Outgoing.objects.filter(source=to, topic="open311.sent", done_at__isnull=False)
        .order_by("id")
        .defer("body")
    )
    open_ = cases.open_among([row.matter_id for row in rows if row.matter_id is not None], viewer)
    return [row for row in rows if row.matter_id in open_]
