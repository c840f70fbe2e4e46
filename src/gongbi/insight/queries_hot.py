"""Hot issues as a viewer may see them: each counted from the reports in the viewer's own field, whatever the list behind it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from gongbi.cases.queries import said
from gongbi.insight.models import HotList, HotMember
from gongbi.insight.period import Period
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer
from gongbi.science.hot.heat import Heat, heat, weeks
from gongbi.science.hot.naming import sentence, split

LEAST_WRITERS = 2
SHOWN = 50
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class HotIssue:
    """One issue. ``cases``: keys, the newest report first; ``reports``, ``writers``: those in the viewer's field."""

    number: int
    name: str
    heat: Heat
    writers: int
    reports: int
    first: datetime
    last: datetime
    cases: tuple[int, ...]


def latest(viewer: Viewer, period: Period) -> HotList | None:
    """The list that is kept for this period; it says nothing about anybody, so every viewer gets the same."""
    return HotList.objects.filter(first=period.first, last=period.last).first()


def issues(viewer: Viewer, kept: HotList, *, top: int = SHOWN) -> list[HotIssue]:
    """The issues that at least two people in the viewer's field wrote about, the hottest first. Two queries."""
    seen = visible(HotMember.objects.filter(list=kept), viewer, "list").order_by("issue", "said_at", "pk")
    found = []
    for number, group in groupby(seen, key=attrgetter("issue")):
        members = list(group)
        writers = len({member.writer for member in members})
        if writers >= LEAST_WRITERS:
            found.append((number, members, writers))
    ranked = sorted(
        ((_heat(members, writers, kept), number, members, writers) for number, members, writers in found),
        key=lambda one: (-one[0].total, one[1]),
    )[:top]
    words = _words(viewer, [min(members, key=attrgetter("near")).report_id for _, _, members, _ in ranked])
    return [
        HotIssue(
            number=number,
            name=words.get(min(members, key=attrgetter("near")).report_id, ""),
            heat=hot,
            writers=writers,
            reports=len(members),
            first=members[0].said_at,
            last=members[-1].said_at,
            cases=tuple(dict.fromkeys(member.case_id for member in reversed(members))),
        )
        for hot, number, members, writers in ranked
    ]


def issue(viewer: Viewer, kept: HotList, number: int) -> HotIssue | None:
    """One issue of the list, or None where the viewer sees none of that number."""
    return next((one for one in issues(viewer, kept, top=10_000) if one.number == number), None)


def _heat(members: Sequence[HotMember], writers: int, kept: HotList) -> Heat:
    times = [member.said_at.timestamp() / _DAY for member in members]
    age = max(Period(kept.first, kept.last).end.timestamp() / _DAY - times[-1], 0.0)
    return heat(
        writers=writers,
        likes=sum(member.likes for member in members),
        dislikes=sum(member.dislikes for member in members),
        weeks=weeks(times),
        age=age,
    )


def _words(viewer: Viewer, keys: Sequence[int]) -> dict[int, str]:
    return {key: sentence(*split(text)) for key, text in said.texts(viewer, keys).items()}
