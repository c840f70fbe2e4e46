"""What every request and every triage asks: who acts in which post, and which unit is meant.

Answered from :mod:`directory`: one primary-key read when nothing has changed. These need no viewer: they make one, or
name a unit, which is public.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gongbi.kernel.errors import Forbidden
from gongbi.kernel.scope.viewer import INTEGRATOR, Acting, Viewer
from gongbi.parties import directory, rules
from gongbi.parties.directory import HeldPost
from gongbi.parties.models import Account, ApiKey, SignIn, Unit
from gongbi.parties.words import refuse


class PlaceCodes(Protocol):
    """Where something is, as codes: grid 15 digits, community 12, street 9.

    None or "" where it is not known.
    """

    @property
    def grid(self) -> str | None: ...
    @property
    def community(self) -> str | None: ...
    @property
    def street(self) -> str | None: ...


# ---- who is asking -----------------------------------------------------------------------------------------


def posts_of(account: Account, at: datetime) -> list[HeldPost]:
    """The posts that the account may act in at ``at``, oldest first; behind them those that it stands in for.

    None for a closed or impersonal account.
    """
    if not account.is_active or account.person_id is None:
        return []
    known = directory.current()
    held = [post for post in known.posts_of(account.person_id) if post.in_force(at)]
    if not held:
        return []  # who is out of office stands in for nobody
    return held + [post for post in known.stood_in_by(account.person_id) if post.in_force(at)]


def viewer_of(account: Account, *, post_id: int | None = None, at: datetime) -> Viewer:
    """The viewer who acts in the given post, or in the oldest one. Units are the own one and all below it.

    Without any post: a viewer without role, who may enter nothing but the pages of the account itself.
    Raises Forbidden when ``post_id`` is not one of the account's posts at ``at``.
    """
    posts = posts_of(account, at)
    if post_id is not None:
        posts = [post for post in posts if post.id == post_id]
        if not posts:
            refused = refuse("parties.post_not_in_office", "post")
            raise Forbidden(refused.code, refused.words, field="post")
    if not posts:
        return no_post(account)
    return viewer_in(account, posts[0])


def no_post(account: Account) -> Viewer:
    """Signed in, but acting in no post."""
    return Viewer(
        actor=f"account:{account.pk}",
        account_id=account.pk,
        person_id=account.person_id,
        name=account.username,
    )


def viewer_in(account: Account, post: HeldPost) -> Viewer:
    """The viewer who acts in ``post``."""
    acting = (
        Acting(post.deputy, post.valid_to) if post.deputy is not None and post.valid_to is not None else None
    )
    return Viewer(
        actor=f"post:{post.id}" if acting is None else f"post:{acting.post_id}:for:{post.id}",
        acting=acting,
        role=post.role,
        account_id=account.pk,
        person_id=post.person_id,
        post_id=post.id,
        unit_id=post.unit.pk,
        units=post.units,
        territories=post.territories,
        name=post.name or post.unit.name,
    )


def viewer_of_key(secret: str, *, at: datetime) -> tuple[Viewer, ApiKey] | None:
    """The viewer and key of a presented secret (``gb_<prefix>_<secret>``), or None; constant-time compare.

    From memory, as long as nobody changes a key: one primary-key read. The key is shared: read it, never save it.
    """
    mark, _, rest = secret.partition("_")
    prefix, _, body = rest.partition("_")
    if mark != "gb" or not prefix or not body:
        return None
    known = directory.current()
    key = known.key(prefix)
    if key is None or not secrets.compare_digest(rules.digest_of(body), bytes(key.digest)):
        return None
    if not rules.in_force(key.created_at, key.valid_to, at) or not rules.in_force(
        key.unit.valid_from, key.unit.valid_to, at
    ):
        return None
    viewer = Viewer(
        actor=key.actor,
        role=INTEGRATOR,
        unit_id=key.unit_id,
        units=known.below(key.unit_id),
        territories=tuple(key.territories),
        name=key.name,
    )
    return viewer, key


# ---- which unit --------------------------------------------------------------------------------------------


def unit_for(selector: str, placed: PlaceCodes | None, *, at: datetime) -> Unit | None:
    """The unit that a routing selector means at a place and time, or None when there is none there then.

    ``street``, ``community``: the unit of that division. ``grid_worker``: the unit of the grid's worker,
    else the community's, else the street's. ``department:<code>``, ``unit:<code>``: that one. Raises
    Refused for
    another word. The unit is shared by all callers in the process: read it, never save it.
    """
    known = directory.current()
    word, _, code = selector.partition(":")
    if code and word in ("department", "unit"):
        unit = known.by_code.get(code)
        if unit is None or (word == "department" and unit.kind != "department"):
            return None
        return unit if rules.in_force(unit.valid_from, unit.valid_to, at) else None
    if code or word not in ("street", "community", "grid_worker"):
        raise refuse("parties.selector", "selector", selector=selector)
    if placed is None:
        return None
    grid, community, street = _codes(placed)
    if word == "grid_worker":
        worker = _worker(known, grid or community, at)
        if worker is not None:
            return worker.unit
    if word in ("grid_worker", "community") and community:
        unit = known.division("community", community, at)
        if unit is not None or word == "community":
            return unit
    if word in ("grid_worker", "street") and street:
        return known.division("street", street, at)
    return None


def _codes(placed: PlaceCodes) -> tuple[str, str, str]:
    """Grid, community and street codes; a missing larger one is the beginning of the smaller one."""
    grid = placed.grid or ""
    community = placed.community or grid[:12]
    return grid, community, placed.street or community[:9]


@dataclass(frozen=True, slots=True)
class GridWorker:
    """What a grid's public card says of its worker: name and telephone of the office, never private ones."""

    post_id: int
    unit_id: int
    unit_name: str
    name: str
    phone: str
    supervision_phone: str
    synthetic: bool


def grid_worker_of(code: str, at: datetime) -> GridWorker | None:
    """The worker of a grid (15 digits), else of its community (12), at ``at``.

    The longest in office when several.
    """
    known = directory.current()
    post = _worker(known, code, at)
    if post is None:
        return None
    chain = [post.unit, *known.above(post.unit.pk)]
    return GridWorker(
        post_id=post.id,
        unit_id=post.unit.pk,
        unit_name=post.unit.label,
        name=post.name,
        phone=post.phone,
        supervision_phone=next((unit.supervision_phone for unit in chain if unit.supervision_phone), ""),
        synthetic=post.synthetic,
    )


def _worker(known: directory.Directory, code: str, at: datetime) -> HeldPost | None:
    for part in dict.fromkeys((code, code[:12])):
        if part:
            for post in known.workers_of(part):
                if post.in_force(at):
                    return post
    return None


def unit_by_id(unit_id: int) -> Unit | None:
    """A unit, closed ones too, from memory. Shared: read it, never save it."""
    return directory.current().by_id.get(unit_id)


def unit_by_code(code: str) -> Unit | None:
    """A unit, closed ones too, from memory. Shared: read it, never save it."""
    return directory.current().by_code.get(code)


def units_below(unit_id: int) -> frozenset[int]:
    """Ids of a unit and all units under it."""
    return directory.current().below(unit_id)


# ---- signing in --------------------------------------------------------------------------------------------


def locked_until(login: str, address: str, at: datetime) -> datetime | None:
    """When this login, or this network address, may try again; None: now.

    Failures before a success do not count.
    """
    since = at - rules.WINDOW
    tried = SignIn.objects.filter(login=rules.folded(login), at__gt=since, at__lte=at).order_by("at", "pk")
    failures: list[datetime] = []
    for moment, success in tried.values_list("at", "success"):
        failures = [] if success else [*failures, moment]
    until = rules.locked_until(failures, at)
    if until is None and address:
        failed = SignIn.objects.filter(address=address[:45], success=False, at__gt=since, at__lte=at)
        moments = list(failed.order_by("at").values_list("at", flat=True))
        until = rules.locked_until(moments, at, rules.ADDRESS_FAILURES)
    return until
