"""Units, posts and keys as every request needs them, kept in memory until somebody changes one.

Each use asks the database for one number, the edition's token (a primary-key read); only when it differs from
the cached one is anything read again. So a change made by any process holds for all of them at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from gongbi.kernel.rows import ask
from gongbi.parties import rules
from gongbi.parties.models import ApiKey, Away, Edition, Post, PostTerritory, Unit

_REMEMBER = 20_000  # people and grids kept at most; a district has a tenth of it


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post with what is needed to act in it. Times are aware; ``valid_to`` None is open-ended."""

    id: int
    person_id: int
    unit: Unit
    role: str
    name: str  # the work name that colleagues and the public card show
    phone: str
    valid_from: datetime
    valid_to: datetime | None
    territories: tuple[str, ...]
    synthetic: bool
    units: frozenset[int]  # ids of the unit and of all below it
    deputy: int | None = None  # the own post from which somebody stands in here; None: the holder

    def in_force(self, at: datetime) -> bool:
        """Whether the post, and its unit, exist at ``at``."""
        return rules.in_force(self.valid_from, self.valid_to, at) and rules.in_force(
            self.unit.valid_from, self.unit.valid_to, at
        )


class Directory:
    """One state of units, posts and keys. Units are read at once, a person's or a grid's posts and a key when asked."""

    def __init__(self) -> None:
        self.by_id: dict[int, Unit] = {unit.pk: unit for unit in Unit.objects.order_by("pk")}
        self.by_code: dict[str, Unit] = {unit.code: unit for unit in self.by_id.values()}
        self._children: dict[int | None, list[int]] = defaultdict(list)
        for unit in self.by_id.values():
            self._children[unit.parent_id].append(unit.pk)
        self._division = {
            (unit.kind, unit.territory): unit
            for unit in self.by_id.values()
            if unit.kind in rules.DIVISION_DIGITS
        }
        self._below: dict[int, frozenset[int]] = {}
        self._of_person: dict[int, tuple[HeldPost, ...]] = {}
        self._stood_in: dict[int, tuple[HeldPost, ...]] = {}
        self._of_grid: dict[str, tuple[HeldPost, ...]] = {}
        self._keys: dict[str, ApiKey] = {}

    def below(self, unit_id: int) -> frozenset[int]:
        """Ids of the unit and of every unit under it."""
        known = self._below.get(unit_id)
        if known is None:
            found, waiting = {unit_id}, [unit_id]
            while waiting:
                more = [child for child in self._children.get(waiting.pop(), ()) if child not in found]
                found.update(more)
                waiting.extend(more)
            known = self._below[unit_id] = frozenset(found)
        return known

    def above(self, unit_id: int) -> list[Unit]:
        """The units over this one, nearest first."""
        chain: list[Unit] = []
        parent = self.by_id[unit_id].parent_id
        while parent is not None and len(chain) < len(self.by_id):
            chain.append(self.by_id[parent])
            parent = chain[-1].parent_id
        return chain

    def division(self, kind: str, code: str, at: datetime) -> Unit | None:
        """The street or community unit of a division code, when it exists at ``at``."""
        unit = self._division.get((kind, code))
        return unit if unit is not None and rules.in_force(unit.valid_from, unit.valid_to, at) else None

    def posts_of(self, person_id: int) -> tuple[HeldPost, ...]:
        """Every post, past and future too, of one person, oldest first."""
        known = self._of_person.get(person_id)
        if known is None:
            if len(self._of_person) >= _REMEMBER:
                self._of_person.clear()
            found = Post.objects.filter(person_id=person_id)
            known = self._of_person[person_id] = tuple(self._held(found))
        return known

    def stood_in_by(self, person_id: int) -> tuple[HeldPost, ...]:
        """Every post that this person stands in for, past and future too: only as long as the other is away, the post and the deputy's
        own post exist. Read off absences of real posts alone, so that a deputy's deputy is nobody's.
        """
        known = self._stood_in.get(person_id)
        if known is None:
            if len(self._stood_in) >= _REMEMBER:
                self._stood_in.clear()
            found = list(
                Away.objects.filter(deputy__person_id=person_id)
                .select_related("deputy")
                .order_by("since", "pk")
            )
            posts = (
                {
                    one.id: one
                    for one in self._held(Post.objects.filter(pk__in=[row.post_id for row in found]))
                }
                if found
                else {}
            )
            known = self._stood_in[person_id] = tuple(
                replace(
                    posts[row.post_id], person_id=person_id, deputy=row.deputy_id,
                    valid_from=max(row.since, posts[row.post_id].valid_from, row.deputy.valid_from),
                    valid_to=min(
                        end for end in (row.over_at, posts[row.post_id].valid_to, row.deputy.valid_to) if end is not None
                    ),
                )
                for row in found
                if row.post_id in posts
            )  # fmt: skip
        return known

    def key(self, prefix: str) -> ApiKey | None:
        """The key that begins so, unless it was withdrawn. Shared: read it, never save it."""
        known = self._keys.get(prefix)
        if known is None:
            known = ApiKey.objects.filter(prefix=prefix, active=True).select_related("unit").first()
            if known is not None:  # what strangers try is not remembered
                self._keys[prefix] = known
        return known

    def workers_of(self, code: str) -> tuple[HeldPost, ...]:
        """Grid workers' posts that name this very grid or division code, oldest first."""
        known = self._of_grid.get(code)
        if known is None:
            if len(self._of_grid) >= _REMEMBER:
                self._of_grid.clear()
            # In two steps, each by a key: a database that has no statistics yet would read all posts for every grid.
            named = list(PostTerritory.objects.filter(code=code).values_list("post_id", flat=True))
            found = Post.objects.filter(pk__in=named, role="grid_worker") if named else Post.objects.none()
            known = self._of_grid[code] = tuple(self._held(found))
        return known

    def _held(self, posts: Iterable[Post]) -> list[HeldPost]:
        rows = posts.select_related("person").prefetch_related("areas")  # type: ignore[attr-defined]
        return [
            HeldPost(
                id=post.pk,
                person_id=post.person_id,
                unit=self.by_id[post.unit_id],
                role=post.role,
                name=post.work_name,
                phone=post.work_phone,
                valid_from=post.valid_from,
                valid_to=post.valid_to,
                territories=tuple(sorted(area.code for area in post.areas.all())),
                synthetic=post.person.synthetic,
                units=self.below(post.unit_id),
            )
            for post in rows.order_by("valid_from", "pk")
            if post.unit_id in self.by_id  # a unit newer than this directory: the next one has it
        ]


_kept: dict[str, tuple[int, Directory]] = {}  # by database alias; one entry
_TOKEN = f"SELECT token FROM {Edition._meta.db_table} WHERE id = 1"  # noqa: S608 – no value in it


def current() -> Directory:
    """The directory as the database has it now: one primary-key read when nothing changed."""
    found = ask(_TOKEN, ())
    row = found[0] if found else None
    if row is None:  # nobody has written through the models yet
        return Directory()
    kept = _kept.get(connection.alias)
    if kept is None or kept[0] != row[0]:
        # The token was read first: if somebody changes more while we read, the next caller reads again.
        kept = _kept[connection.alias] = (row[0], Directory())
    return kept[1]
