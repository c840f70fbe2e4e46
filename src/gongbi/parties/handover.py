"""What hangs on a post. A room that gives matters to posts registers here; parties knows no room.

    handover.register("cases", find=open_cases_of, transfer=give_cases)

``find(post)`` yields the ids of open matters that hang on the post; ``transfer(post_from, post_to, at,
viewer)`` moves them all, inside the caller's transaction. Whoever gives a matter to a post first calls
``parties.actions.hold_post``: it locks the post's row, so that a post cannot end at the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from gongbi.kernel.clock.queries import provisional_among
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties.models import Post

Find = Callable[[Post], Iterable[int]]
Transfer = Callable[[Post, Post, datetime, Viewer], None]


@dataclass(frozen=True, slots=True)
class Source:
    """One room that gives matters to posts."""

    name: str
    find: Find
    transfer: Transfer


@dataclass(frozen=True, slots=True)
class Open:
    """One open matter of a post, as the keeper of the lists may know it: number, state, deadline; nothing of its content."""

    source: str
    matter_id: int
    number: str
    state: tuple[str, str]
    due_at: datetime | None
    provisional: bool = False  # counted over days that no holiday notice has fixed yet


_sources: dict[str, Source] = {}


def register(name: str, *, find: Find, transfer: Transfer) -> None:
    """Make a room's matters known; called once, when the room is ready."""
    _sources[name] = Source(name, find, transfer)


def forget(name: str) -> None:
    """Take a room out again (tests)."""
    _sources.pop(name, None)


def sources() -> list[Source]:
    return [_sources[name] for name in sorted(_sources)]


def held(post: Post) -> list[tuple[str, int]]:
    """``(room, matter id)`` of everything open that hangs on the post, sorted."""
    return sorted((source.name, matter) for source in sources() for matter in source.find(post))


def listed(items: Iterable[tuple[str, int]]) -> list[Open]:
    """The matters of :func:`held` or of a signed list, in words; those whose row is gone are left out."""
    wanted = list(items)
    found = Matter.objects.in_bulk([matter for _source, matter in wanted])
    soft = provisional_among(found)
    numbers = Matter.numbers_of(found.values())
    shown = []
    for source, key in wanted:
        matter = found.get(key)
        if matter is None:
            continue
        number = numbers.get(key, matter.number)
        shown.append(Open(source, key, number, matter.declared_state.words, matter.due_at, key in soft))
    return shown
