"""What people and the worker ask about channels: who there is, what waits, what was refused and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from gongbi.channels.adapters import adapter_of
from gongbi.channels.models import Arrival, Change, Lane, Mapping, Outgoing, Rejection, Source
from gongbi.channels.rules import DONE, REFUSED, WAITING, Words
from gongbi.channels.scope import SENDER
from gongbi.duties import queries as duties
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.statements import fetch


def sources(viewer: Viewer, *, kind: str = "") -> list[Source]:
    """Every counterpart that the viewer may see, by kind and code."""
    found = visible(Source, viewer, "list").select_related("unit").order_by("kind", "code")
    return list(found.filter(kind=kind) if kind else found)


def source(code: str, viewer: Viewer) -> Source:
    """The counterpart of that code, or NotThere."""
    found = visible(Source, viewer).select_related("unit").filter(code=code[:24]).first()
    if found is None:
        raise NotThere("channels.not_there", ("没有这个渠道。", "There is no such channel."))
    return found


def source_of_channel(channel: str, viewer: Viewer, *, kind: str) -> Source | None:
    """The counterpart of a kind that a key of this channel speaks for; asked at every request of a program. Its secrets are left out."""
    found = fetch("channels.source", _of_channel, channel, kind)
    return found[0] if found else None


def _of_channel(channel: str, kind: str) -> QuerySet[Source]:
    return Source.objects.filter(code=channel, kind=kind).select_related("unit").defer("secrets")


def mappings(of: Source, viewer: Viewer) -> list[Mapping]:
    """What the codes of a source mean, by code."""
    return list(visible(Mapping, viewer, "list").filter(source=of).order_by("theirs"))


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well a mapping covers what really comes: codes seen without one, kinds with several codes, kinds that do not exist."""

    seen: int = 0  # reports with a code
    covered: int = 0
    unmapped: Sequence[tuple[str, int]] = ()  # (their code, how many reports), most first
    shared: Sequence[tuple[str, Sequence[str]]] = ()  # (our kind, their codes)
    gone: Sequence[tuple[str, str]] = ()  # (their code, a kind that is no longer in the catalogue)
    without: int = 0  # kinds of the catalogue that no code means


def coverage(of: Source, viewer: Viewer, *, since: datetime, on: datetime) -> Coverage:
    """The mapping of a source against what came since, and against the catalogue of that day."""
    known = mappings(of, viewer)
    by_code = {row.theirs: row.kind for row in known}
    came = visible(Arrival, viewer, "list").filter(source=of, received_at__gte=since).exclude(theirs="")
    seen = list(came.values_list("theirs").annotate(n=Count("id")).order_by("-n", "theirs"))
    adapter = adapter_of(of.kind)
    for code, _count in seen:
        if code not in by_code and (own := adapter.own_kind(of, code)):
            by_code[code] = own
    kinds = {kind.code for kind in duties.kinds(on=on)}
    codes: dict[str, list[str]] = {}
    for row in known:
        if row.kind:
            codes.setdefault(row.kind, []).append(row.theirs)
    return Coverage(
        seen=sum(count for _code, count in seen),
        covered=sum(count for code, count in seen if by_code.get(code)),
        unmapped=[(code, count) for code, count in seen if code not in by_code],
        shared=sorted((kind, given) for kind, given in codes.items() if len(given) > 1),
        gone=[(row.theirs, row.kind) for row in known if row.kind and row.kind not in kinds],
        without=len(kinds - codes.keys()),
    )


@dataclass(slots=True)
class Health:
    """One counterpart today. ``skew``: their clock minus ours, s, at today's last arrival that told it."""

    source: Source | None
    last_at: datetime | None = None
    arrived: int = 0
    taken: int = 0
    repeats: int = 0
    waiting: int = 0
    oldest: datetime | None = None
    refused: dict[str, int] = field(default_factory=dict)
    outgoing: int = 0
    outgoing_oldest: datetime | None = None
    dead: int = 0
    skew: int | None = None
    error: str = ""  # what the last poll or delivery said


def health(viewer: Viewer, *, now: datetime) -> list[Health]:
    """Every counterpart's day, in a handful of statements; what nobody could be named for comes last, without a source."""
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = {one.pk: Health(one) for one in sources(viewer)}
    today = Arrival.objects.filter(source_id__in=rows, received_at__gte=start)
    for key, count, again in today.values_list("source").annotate(n=Count("id"), again=Sum("repeats")):
        rows[key].arrived, rows[key].repeats = count, again
    done = Arrival.objects.filter(source_id__in=rows, done_at__gte=start)
    for key, standing, code, count in done.values_list("source", "standing", "code").annotate(n=Count("id")):
        if standing == DONE:
            rows[key].taken += count
        elif standing == REFUSED:
            rows[key].refused[code] = rows[key].refused.get(code, 0) + count
    changed = Change.objects.filter(arrival__source_id__in=rows, done_at__gte=start, standing=REFUSED)
    for key, code, count in changed.values_list("arrival__source", "code").annotate(n=Count("id")):
        rows[key].refused[code] = rows[key].refused.get(code, 0) + count
    waiting = Arrival.objects.filter(source_id__in=rows, standing=WAITING)
    for key, count, oldest in waiting.values_list("source").annotate(
        n=Count("id"), oldest=Min("received_at")
    ):
        rows[key].waiting, rows[key].oldest = count, oldest
    _outgoing(rows)
    nobody = Health(None)
    turned = visible(Rejection, viewer, "list").filter(at__gte=start)
    for key, code, count in turned.values_list("source", "code").annotate(n=Count("id")):
        one = rows.get(key, nobody)
        one.refused[code] = one.refused.get(code, 0) + count
    for one in rows.values():
        if one.source is not None:
            adapter = adapter_of(one.source.kind)
            came_in, reports, one.last_at = adapter.own_day(one.source, day=start.date())
            one.arrived, one.taken = one.arrived + came_in, one.taken + reports
            own = adapter.turned_away(one.source, day=start.date())
            for code, count in own.items():
                one.refused[code] = one.refused.get(code, 0) + count
    came = Arrival.objects.filter(source=OuterRef("pk")).order_by("-received_at", "-id")
    told = came.filter(received_at__gte=start, sent_at__isnull=False)
    found = Source.objects.filter(pk__in=rows).annotate(
        last=Subquery(came.values("received_at")[:1]),
        heard=Subquery(told.values("received_at")[:1]),
        sent=Subquery(told.values("sent_at")[:1]),
    )
    for key, last, heard, sent in found.values_list("pk", "last", "heard", "sent"):
        rows[key].last_at = last or rows[key].last_at
        if sent is not None:
            rows[key].skew = round((sent - heard).total_seconds())
    for lane in Lane.objects.filter(source_id__in=rows).exclude(last_error=""):
        rows[lane.source_id].error = lane.last_error
    return [*rows.values(), *([nobody] if nobody.refused else [])]


def _outgoing(rows: dict[int, Health]) -> None:
    # One question for each of the two indexes; asked together neither would be used.
    ours = Outgoing.objects.filter(source_id__in=rows)
    waiting = ours.filter(done_at__isnull=True, dead_at__isnull=True).values_list("source")
    for key, count, oldest in waiting.annotate(n=Count("id"), oldest=Min("created_at")):
        rows[key].outgoing, rows[key].outgoing_oldest = count, oldest
    dead = ours.filter(dead_at__isnull=False, body__isnull=False).values_list("source")
    for key, count in dead.annotate(n=Count("id")):
        rows[key].dead = count


def refused(viewer: Viewer, *, of: Source | None = None, limit: int = 100) -> list[Arrival]:
    """What was taken down and then refused, newest first."""
    found = visible(Arrival, viewer, "list").filter(standing=REFUSED).select_related("source")
    return list((found.filter(source=of) if of is not None else found).order_by("-id")[:limit])


def rejected(viewer: Viewer, *, limit: int = 100) -> list[Rejection]:
    """What was turned away at the door, newest first."""
    return list(visible(Rejection, viewer, "list").select_related("source").order_by("-id")[:limit])


def dead_letters(viewer: Viewer, *, limit: int = 100) -> list[Outgoing]:
    """What no counterpart would take, oldest first, as long as there is something to send: its words go with their retention."""
    found = (
        visible(Outgoing, viewer, "list")
        .filter(dead_at__isnull=False, body__isnull=False)
        .select_related("source")
    )
    return list(found.order_by("id")[:limit])


def arrival_of_receipt(receipt: str, of: Source, viewer: Viewer) -> Arrival | None:
    """The arrival that a source was given this receipt for."""
    return visible(Arrival, viewer).filter(source=of, receipt=receipt[:32]).select_related("report").first()


def senders(report_ids: Iterable[int], viewer: Viewer) -> dict[int, Words]:
    """Of these reports (which the viewer sees: who asks has looked) the names of the counterparts that they came through."""
    found = visible(Arrival, viewer, SENDER).filter(report_id__in=list(report_ids)).select_related("source")
    return {one.report_id or 0: one.source.words for one in found.only("report_id", "source")}


def at_work(viewer: Viewer, *, at: datetime) -> dict[str, list[int]]:
    """Which sources have something to do in which way: in, out, poll. For the worker."""
    seen = visible(Source, viewer).filter(enabled=True)
    coming = seen.filter(
        Q(pk__in=Arrival.objects.filter(standing=WAITING).values("source"))
        | Q(
            pk__in=Change.objects.filter(standing=WAITING)
            .exclude(arrival__standing=WAITING)
            .values("arrival__source")
        )
    )
    due = Outgoing.objects.filter(done_at__isnull=True, dead_at__isnull=True, next_at__lte=at)
    resting = Lane.objects.filter(way="poll", next_at__gt=at).values("source")
    return {
        "in": list(coming.values_list("pk", flat=True)),
        "out": list(seen.filter(pk__in=due.values("source")).values_list("pk", flat=True)),
        "poll": [source.pk for source in seen.exclude(pk__in=resting) if _polls(source)],
    }


def _polls(source: Source) -> bool:
    """Whether this counterpart is asked for news; one whose settings cannot be read is not."""
    try:
        return adapter_of(source.kind).poll_seconds(source) > 0
    except Refused:
        return False


RECENT = timedelta(days=30)  # how far back a mapping is held against what came
