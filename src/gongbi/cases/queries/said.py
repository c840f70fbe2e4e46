"""What was said in a period, for those who look for what many people say: words and times, and a number instead of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min
from django.db.models.functions import Left

from gongbi.cases.models import Report
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Voice:
    """One report. ``writer`` tells the people of one answer apart and means nothing outside it: reports with the same telephone have
    the same number, a report without one has a number of its own."""

    report_id: int
    case_id: int
    at: datetime
    text: str
    writer: int


def voices(
    viewer: Viewer, start: datetime, end: datetime, *, most: int, length: int
) -> tuple[list[Voice], int]:
    """The newest ``most`` reports said from ``start`` until before ``end``, each cut to ``length`` characters, and how many there are in
    all. What informers said in confidence is left out."""
    # Nobody receives what is not said yet, so the index of the receipts narrows the search.
    wanted = visible(Report, viewer).filter(
        received_at__gte=start, said_at__gte=start, said_at__lt=end, confidential=False
    )
    rows = (
        wanted.annotate(words=Left("text", length))
        .order_by("-said_at", "-pk")
        .values_list("pk", "case_id", "said_at", "words", "phone_index")[:most]
    )
    numbers: dict[object, int] = {}
    found = [
        Voice(key, case, at, text, numbers.setdefault(bytes(index) if index else key, len(numbers)))
        for key, case, at, text, index in rows
    ]
    return found, wanted.count()


def newest_report(viewer: Viewer) -> int:
    """The key of the newest report, 0 when there is none."""
    newest: int | None = visible(Report, viewer).aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def first_said(viewer: Viewer) -> datetime | None:
    """When the first thing was said that any report tells."""
    first: datetime | None = visible(Report, viewer).aggregate(first=Min("said_at"))["first"]
    return first


def texts(viewer: Viewer, keys: Sequence[int]) -> dict[int, str]:
    """The words of these reports, of those that the viewer may see."""
    return dict(visible(Report, viewer, "list").filter(pk__in=keys).values_list("pk", "text"))
