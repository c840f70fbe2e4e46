"""Hot issues: from messages without coordinates, what many people write about the same place and matter.

:func:`hot` groups and ranks; how messages become vectors, groups and a heat is told in ``features``, ``grouping`` and ``heat``. Nothing is
learnt beforehand and no list of places is needed. A writer is an opaque mark that is only compared with others.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from gongbi.science.hot.features import features
from gongbi.science.hot.grouping import REST, alike, groups
from gongbi.science.hot.heat import Heat, heat, weeks
from gongbi.science.hot.naming import by_nearness, sentence

__all__ = ["REST", "Heat", "Issue", "Message", "hot"]


@dataclass(frozen=True, slots=True)
class Message:
    """What one person wrote. ``writer``: any mark that tells people apart. ``time``: days since any zero.

    Raises ValueError naming the field when the time or the counts are no finite numbers, or the counts below 0."""

    writer: Hashable
    time: float
    title: str
    body: str = ""
    likes: float = 0.0
    dislikes: float = 0.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.time):
            raise ValueError("time: a finite number of days")
        for name, value in (("likes", self.likes), ("dislikes", self.dislikes)):
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name}: a finite number, not below 0")


@dataclass(frozen=True, slots=True)
class Issue:
    """A group of messages about one matter. ``name``: a sentence from them. ``first``, ``last``:
    days, as in the messages; ``members``: indexes of the messages in the order of time; ``nearest``: the same, the one first that
    the name is taken from; ``likes``: less the dislikes, not below 0."""

    name: str
    heat: Heat
    writers: int
    likes: float
    weeks: int
    first: float
    last: float
    members: tuple[int, ...]
    nearest: tuple[int, ...]


def hot(
    messages: Sequence[Message],
    *,
    top: int | None = None,
    least_writers: int = 2,
    now: float | None = None,
    rest: float = REST,
) -> tuple[Issue, ...]:
    """The issues that at least ``least_writers`` different people write about, the hottest first; the ``top`` of them (all: None).

    ``now`` (days): the moment for which recency counts. ``rest``: days without a message after which a new issue begins. The order of the messages does not matter.
    Raises ValueError naming the argument."""
    _check(messages, top, least_writers, now, rest)
    # A fixed order of work, so that sums and ties come out alike however the messages were handed over.
    order = sorted(
        range(len(messages)),
        key=lambda i: (messages[i].time, messages[i].title, messages[i].body, str(messages[i].writer)),
    )
    held = [messages[i] for i in order]
    titles = [message.title for message in held]
    said = features(titles, [message.body for message in held])
    likeness = alike(said)
    found = []
    for group in groups(likeness, np.array([m.time for m in held]), rest=rest):
        members = [int(i) for i in group]
        writers = len({held[i].writer for i in members})
        if writers < least_writers:
            continue
        times = [held[i].time for i in members]
        likes, dislikes = sum(held[i].likes for i in members), sum(held[i].dislikes for i in members)
        spread = weeks(times)
        nearest = by_nearness(likeness, members, titles)
        found.append(
            Issue(
                name=sentence(held[nearest[0]].title, held[nearest[0]].body),
                heat=heat(
                    writers=writers,
                    likes=likes,
                    dislikes=dislikes,
                    weeks=spread,
                    age=None if now is None else now - times[-1],
                ),
                writers=writers,
                likes=max(likes - dislikes, 0.0),
                weeks=spread,
                first=times[0],
                last=times[-1],
                members=tuple(order[i] for i in members),
                nearest=tuple(order[i] for i in nearest),
            )
        )
    found.sort(key=lambda issue: (-round(issue.heat.total, 9), issue.first, issue.name))
    return tuple(found[:top])


def _check(
    messages: Sequence[Message], top: int | None, least_writers: int, now: float | None, rest: float
) -> None:
    if not messages:
        raise ValueError("messages: there is none")
    if top is not None and top < 1:
        raise ValueError("top: at least 1")
    if least_writers < 1:
        raise ValueError("least_writers: at least 1")
    if not rest > 0:
        raise ValueError("rest: days, above 0")
    if now is not None and not (math.isfinite(now) and now >= max(message.time for message in messages)):
        raise ValueError("now: a time not before the last message")
