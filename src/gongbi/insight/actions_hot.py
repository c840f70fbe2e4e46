"""Working out what many people write about. Only words, times and a number for each writer go to the library: no name, no telephone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from gongbi.cases.queries import said
from gongbi.cases.queries.said import Voice
from gongbi.insight.models import HotList, HotMember
from gongbi.insight.period import Period
from gongbi.insight.queries_hot import LEAST_WRITERS, latest
from gongbi.kernel.scope.viewer import system
from gongbi.science.hot import Message, hot
from gongbi.science.hot.naming import split

READ_MOST = 10_000  # reports at once
STALE = timedelta(minutes=10)
_READ = 600  # characters of a report
_DAY = 86_400.0
_JOB = system("hot")


def fresh(period: Period, *, at: datetime) -> HotList:
    """The list of this period, worked out anew when it is missing, or when reports have come and it is older than ten minutes."""
    kept = latest(_JOB, period)
    if kept is not None and (at - kept.made_at < STALE or kept.newest == said.newest_report(_JOB)):
        return kept
    return refresh_hot(period, at=at)


def refresh_hot(period: Period, *, at: datetime) -> HotList:
    """Work out the list of this period and keep it in the place of the one before. The reading and thinking hold no lock."""
    newest, first = said.newest_report(_JOB), said.first_said(_JOB)
    voices, total = said.voices(_JOB, period.start, period.end, most=READ_MOST, length=_READ)
    own = [i for i, voice in enumerate(voices) if not voice.joined]
    found = hot([_message(voices[i]) for i in own]) if own else ()
    issues = together([[own[i] for i in one.nearest] for one in found], voices)
    return _keep(
        HotList(
            first=period.first,
            last=period.last,
            made_at=at,
            newest=newest,
            earliest=timezone.localdate(first) if first else None,
            reports=len(voices),
            unread=total - len(voices),
        ),
        [
            _member(voices[i], number, near)
            for number, issue in enumerate(issues)
            for near, i in enumerate(issue)
        ],
    )


def together(found: Sequence[Sequence[int]], voices: Sequence[Voice]) -> list[list[int]]:
    """The issues, each with all reports of its cases. ``found``: the issues as indexes of ``voices``, the nearest first.

    Who joined a case said the same, whatever the words ("me too"), and what people merged is one matter: a report that the words left
    aside follows the others of its case, to the issue that has most of them. Where none has, they are an issue if two people wrote them.
    """
    issues = [list(issue) for issue in found]
    of_case: dict[int, list[int]] = defaultdict(list)
    for i, voice in enumerate(voices):
        of_case[voice.case_id].append(i)
    place = {i: number for number, issue in enumerate(issues) for i in issue}
    for members in of_case.values():
        aside = sorted(
            (i for i in members if i not in place), key=lambda i: (voices[i].at, voices[i].report_id)
        )
        held = Counter(place[i] for i in members if i in place)
        if not aside:
            continue
        if held:
            issues[min(held, key=lambda number: (-held[number], number))] += aside
        elif len({voices[i].writer for i in aside}) >= LEAST_WRITERS:
            issues.append(aside)
    return issues


def _message(voice: Voice) -> Message:
    title, body = split(voice.text)
    return Message(
        voice.writer, voice.at.timestamp() / _DAY, title, body, likes=voice.likes, dislikes=voice.dislikes
    )


def _member(voice: Voice, number: int, near: int) -> HotMember:
    return HotMember(
        issue=number,
        near=near,
        writer=voice.writer,
        report_id=voice.report_id,
        case_id=voice.case_id,
        said_at=voice.at,
        likes=voice.likes,
        dislikes=voice.dislikes,
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
