"""What was said in a period, for those who look for what many people say: words and times, and a number instead of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, Min, OuterRef
from django.db.models.functions import Left

from gongbi.cases.models import Report
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Voice:
    """One report. ``writer`` tells the people of one answer apart and means nothing outside it: reports with the same telephone, or
    with the same account of one list, have the same number; a report with neither has a number of its own."""

    report_id: int
    case_id: int
    at: datetime
    text: str
    writer: int
    likes: int
    dislikes: int
    joined: bool  # a case that was there: what counts is that somebody did, not the words ("me too")


def voices(
    viewer: Viewer, start: datetime, end: datetime, *, most: int, length: int
) -> tuple[list[Voice], int]:
    """The newest ``most`` reports said from ``start`` until before ``end``, each cut to ``length`` characters, and how many there are in
    all. What informers said in confidence is left out."""
    # Nobody receives what is not said yet, so the index of the receipts narrows the search.
    wanted = visible(Report, viewer).filter(
        received_at__gte=start, said_at__gte=start, said_at__lt=end, confidential=False
    )
    before = Report.objects.filter(
        case_id=OuterRef("case_id"), first_case_id=OuterRef("first_case_id"), pk__lt=OuterRef("pk")
    )
    rows = (
        wanted.annotate(words=Left("text", length), joined=Exists(before))
        .order_by("-said_at", "-pk")
        .values_list(
            "pk", "case_id", "said_at", "words", "phone_index", "writer_index", "likes", "dislikes", "joined"
        )[:most]
    )
    numbers: dict[object, int] = {}
    found = []
    for key, case, at, text, phone, account, likes, dislikes, joined in rows:
        who = ("phone", bytes(phone)) if phone else ("account", bytes(account)) if account else key
        number = numbers.setdefault(who, len(numbers))
        found.append(Voice(key, case, at, text, number, likes, dislikes, joined))
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
