"""Working out what many people write about. Only words, times and a number for each writer go to the library: no name, no telephone.

A writer is told by the sealed index of the telephone, and becomes a number that means nothing outside the list; a report without one
counts as a writer of its own. What informers said in confidence is left out.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Min
from django.db.models.functions import Left
from django.utils import timezone

from gongbi.cases.models import Report
from gongbi.insight.models import HotList, HotMember
from gongbi.insight.period import Period
from gongbi.insight.queries_hot import latest
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import system
from gongbi.science.hot import Issue, Message, hot
from gongbi.science.hot.naming import split

READ_MOST = 10_000  # reports at once: some eight seconds of one core and 400 MB
STALE = timedelta(minutes=10)
_READ = 600  # characters of a report
_DAY = 86_400.0
_JOB = system("hot")

Row = tuple[int, int, datetime, str, bytes | None]


def fresh(period: Period, *, at: datetime) -> HotList:
    """The list of this period, worked out anew when it is missing, or when reports have come and it is older than ten minutes."""
    kept = latest(_JOB, period)
    if kept is not None:
        newest = Report.objects.aggregate(newest=Max("pk"))["newest"] or 0
        if kept.newest == newest or at - kept.made_at < STALE:
            return kept
    return refresh_hot(period, at=at)


def refresh_hot(period: Period, *, at: datetime) -> HotList:
    """Work out the list of this period and keep it in the place of the one before. The reading and thinking hold no lock."""
    ends = Report.objects.aggregate(newest=Max("pk"), earliest=Min("said_at"))
    # Nobody receives what is not said yet, so the index of the receipts narrows the search.
    wanted = visible(Report, _JOB).filter(
        received_at__gte=period.start, said_at__gte=period.start, said_at__lt=period.end, confidential=False
    )
    total = wanted.count()
    rows: list[Row] = [
        (key, case, said, text, bytes(index) if index else None)
        for key, case, said, text, index in wanted.annotate(words=Left("text", _READ))
        .order_by("-said_at", "-pk")
        .values_list("pk", "case_id", "said_at", "words", "phone_index")[:READ_MOST]
    ]
    messages, writers = _messages(rows)
    found = hot(messages) if messages else ()
    earliest = timezone.localdate(ends["earliest"]) if ends["earliest"] else None
    return _keep(
        HotList(
            first=period.first,
            last=period.last,
            made_at=at,
            newest=ends["newest"] or 0,
            earliest=earliest,
            reports=len(rows),
            unread=total - len(rows),
        ),
        [
            _member(rows, writers, issue, number, i)
            for number, issue in enumerate(found)
            for i in issue.members
        ],
    )


def _messages(rows: list[Row]) -> tuple[list[Message], list[int]]:
    """What the library is given, and the number of each row's writer."""
    numbers: dict[object, int] = {}
    writers = [numbers.setdefault(index or ("report", key), len(numbers)) for key, _, _, _, index in rows]
    messages = []
    for writer, (_key, _case, said, text, _index) in zip(writers, rows, strict=True):
        title, body = split(text)
        messages.append(Message(writer, said.timestamp() / _DAY, title, body))
    return messages, writers


def _member(rows: list[Row], writers: list[int], issue: Issue, number: int, i: int) -> HotMember:
    key, case, said, _text, _index = rows[i]
    return HotMember(
        issue=number,
        near=issue.nearest.index(i),
        writer=writers[i],
        report_id=key,
        case_id=case,
        said_at=said,
    )


@transaction.atomic
def _keep(made: HotList, members: list[HotMember]) -> HotList:
    kept, _new = HotList.objects.update_or_create(
        first=made.first,
        last=made.last,
        defaults={
            name: getattr(made, name) for name in ("made_at", "newest", "earliest", "reports", "unread")
        },
    )
    kept.members.all().delete()
    for member in members:
        member.list = kept
    HotMember.objects.bulk_create(members, batch_size=500)
    return kept
