"""Which entries the root of a day covers: those of the day, and those dated earlier that were written after its eve was sealed.

An entry carries the time of the act, which may lie before midnight when it is written after it (a transaction that took long, a
message worked off late). It must neither break a root that was published nor escape every root.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from gongbi.kernel.ledger.models import DailyRoot, LedgerEntry


def covered(day: date, *, after: int, up_to: int) -> list[bytes]:
    """The hashes that the root of local ``day`` covers, in the order of writing.

    ``after``: the last key that the root before knew (0: there is none); ``up_to``: the last key when this one was made.
    """
    start = datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
    end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=timezone.get_default_timezone())
    known = LedgerEntry.objects.filter(id__lte=up_to)
    # Two questions, each with an index; one with OR walks the table.
    of_the_day = known.filter(at__gte=start, at__lt=end).values_list("id", "hash")
    late = known.filter(id__gt=after, at__lt=start).values_list("id", "hash")
    return [bytes(digest) for _key, digest in sorted([*of_the_day, *late])]


def hashes_of(root: DailyRoot) -> list[bytes]:
    """The hashes that a published root covers, in the order of writing."""
    before = (
        DailyRoot.objects.filter(day__lt=root.day).order_by("-day").values_list("last_id", flat=True).first()
    )
    return covered(root.day, after=before or 0, up_to=root.last_id)


def root_of(entry: LedgerEntry) -> DailyRoot | None:
    """The root that covers ``entry``; None while there is none yet."""
    day = timezone.localdate(entry.at)
    return DailyRoot.objects.filter(day__gte=day, last_id__gte=entry.pk).order_by("day").first()
