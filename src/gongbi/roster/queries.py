"""What pages, the API, the feeds and the other rooms ask about duty. Every question takes the viewer and goes through scope."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from gongbi.kernel import scope
from gongbi.kernel.flow import numbers
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import NOTHING, below, by_key, visible
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory
from gongbi.parties import rules as party_rules
from gongbi.parties.models import Person, Post
from gongbi.parties.standing import OnDuty
from gongbi.roster import refusals, rules, settings
from gongbi.roster.models import Feed, HandoverNote, RosterSetting, Rota, RotaMember, RotaShift, Swap, Turn
from gongbi.roster.plans import plan_of
from gongbi.roster.scope import leads

MOST = 500
ASKED_OF_ME, MINE, TO_APPROVE, SETTLED = "asked", "mine", "approve", "settled"
TABS = (ASKED_OF_ME, MINE, TO_APPROVE, SETTLED)


@dataclass(frozen=True, slots=True)
class Missing:
    """A shift of a rota that has fewer people than it needs."""

    rota: Rota
    shift: RotaShift
    gap: rules.Gap


# ---- settings ------------------------------------------------------------------------------------------------------


def setting(key: str, viewer: Viewer) -> int:
    """The district's value, else the shipped one."""
    row = visible(RosterSetting, viewer).filter(pk=key).first()
    return int(row.value) if row is not None else settings.DEFAULTS[key].value


def settings_in_force(viewer: Viewer) -> list[tuple[str, settings.Default, RosterSetting | None]]:
    """Every setting with its default and what the district set. One query."""
    known = {row.key: row for row in visible(RosterSetting, viewer)}
    return [(key, default, known.get(key)) for key, default in settings.DEFAULTS.items()]


def limits(viewer: Viewer) -> rules.Limits:
    """Rest, longest turn and most hours in seven days, as the district set them. One query."""
    value = {key: int(row.value) if row else default.value for key, default, row in settings_in_force(viewer)}
    return rules.Limits(
        timedelta(hours=value["rest_hours"]), timedelta(hours=value["longest_hours"]), timedelta(hours=value["week_hours"])
    )  # fmt: skip


# ---- rotas ---------------------------------------------------------------------------------------------------------


def rotas(viewer: Viewer, *, on: date, unit_id: int | None = None) -> QuerySet[Rota]:
    """Rotas in force on a local day, by unit and name, with their shifts and members; of a unit: its own and those below it."""
    found = visible(Rota, viewer, "list").filter(valid_from__lte=on)
    found = found.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=on))
    if unit_id is not None:
        found = found.filter(unit_id__in=sorted(directory.current().below(unit_id)))
    return found.order_by("unit_id", "kind", "code").prefetch_related("shifts")


def rota_by_code(code: str, viewer: Viewer) -> Rota:
    """One rota, past ones too. NotThere."""
    return scope.one(Rota.objects.prefetch_related("shifts"), viewer, code=code)


def members(rota: Rota, viewer: Viewer) -> list[RotaMember]:
    """Who is in the rotation, in their order, past and future ones too. One query."""
    found = visible(RotaMember, viewer).filter(rota_id=rota.pk).order_by("place", "pk")
    return list(found.select_related("post__unit", "post__person"))


def eligible(rota: Rota, viewer: Viewer, *, at: datetime) -> list[Post]:
    """Posts that may stand for a rota at ``at``: members first, then the others of its unit and below. One query each."""
    known = {member.post_id: member.place for member in members(rota, viewer)}
    below_it = directory.current().below(rota.unit_id)
    found = (
        visible(Post, viewer, "list")
        .filter(Q(pk__in=known) | Q(unit_id__in=below_it, role__in=STANDING_ROLES))
        .filter(Q(valid_from__lte=at) & (Q(valid_to__isnull=True) | Q(valid_to__gt=at)))
    )
    return sorted(found.select_related("unit"), key=lambda one: (known.get(one.pk, 10_000), one.pk))


STANDING_ROLES = (
    "clerk", "dispatcher", "handler", "grid_worker", "checker", "adjudicator", "manager",
)  # fmt: skip


# ---- turns ---------------------------------------------------------------------------------------------------------


def turns(
    viewer: Viewer,
    *,
    first: datetime,
    last: datetime,
    rota_id: int | None = None,
    unit_id: int | None = None,
    person_id: int | None = None,
    most: int = MOST,
) -> list[Turn]:
    """Turns that share a moment with ``first <= t < last``, by time; what was taken back is left out. One query."""
    found = visible(Turn, viewer, "list").filter(
        cancelled_at__isnull=True, starts_at__lt=last, ends_at__gt=first
    )
    if rota_id is not None:
        found = found.filter(rota_id=rota_id)
    if unit_id is not None:
        found = found.filter(rota__unit_id__in=sorted(directory.current().below(unit_id)))
    if person_id is not None:
        found = found.filter(person_id=person_id)
    return list(
        found.select_related("rota", "shift", "post__unit", "post__person").order_by(
            "starts_at", "rota_id", "sort", "pk"
        )[:most]
    )


def turn(turn_id: int, viewer: Viewer) -> Turn:
    """One turn, also one that was taken back. NotThere."""
    return scope.one(Turn.objects.select_related("rota", "shift", "post__unit"), viewer, pk=turn_id)


def on_duty(viewer: Viewer, *, at: datetime, unit_id: int | None = None, territory: str = "") -> list[Turn]:
    """Who stands at ``at``, who leads first. ``unit_id``: for that unit; ``territory``: for what lies in it. One query.

    Read off the turns' instants alone: nothing ticks, so a system clock that was set wrong in between has left no trace.
    """
    found = visible(Turn, viewer, "list").filter(cancelled_at__isnull=True, starts_at__lte=at, ends_at__gt=at)
    if unit_id is not None:
        found = found.filter(rota__unit_id=unit_id)
    if territory:
        if not (territory.isascii() and territory.isdigit()):
            return []
        found = found.filter(below("rota__territory", [territory]))
    return list(
        found.select_related("rota", "shift", "post__unit").order_by(
            "rota__unit_id", "rota_id", "sort", "pk"
        )[:MOST]
    )


def standing_for(viewer: Viewer, unit_id: int, at: datetime) -> list[OnDuty]:
    """Whoever stands for exactly that unit, who leads first; for ``parties.standing``."""
    return [
        OnDuty(one.post_id, one.person_id, one.ends_at, one.sort == rules.LEAD)
        for one in sorted(on_duty(viewer, at=at, unit_id=unit_id), key=lambda one: one.sort != rules.LEAD)
    ]


def reach(turn_id: int, viewer: Viewer, *, at: datetime) -> tuple[Turn, Person]:
    """A turn that runs now and who stands it, so that who leads may open the telephone. NotThere when it does not run at ``at``."""
    found = turn(turn_id, viewer)
    if found.cancelled_at is not None or not found.starts_at <= at < found.ends_at:
        raise refusals.not_there()
    person = Person.objects.get(pk=found.person_id)
    person.on_duty_for = viewer.actor  # type: ignore[attr-defined]  # what scope's rule of the vault asks
    return found, person


# ---- gaps ----------------------------------------------------------------------------------------------------------


def gaps(
    viewer: Viewer,
    *,
    at: datetime,
    days: int | None = None,
    unit_id: int | None = None,
    rota_id: int | None = None,
) -> list[Missing]:
    """Where a shift lacks people from ``at`` on, the first first. Three queries, however many rotas."""
    ahead = days if days is not None else setting("gap_days", viewer)
    today = timezone.localdate(at)
    wanted = [one for one in rotas(viewer, on=today, unit_id=unit_id) if rota_id is None or one.pk == rota_id]
    first, last = at - timedelta(days=2), at + timedelta(days=ahead + 2)
    standing: dict[int, list[tuple[int, datetime, datetime]]] = defaultdict(list)
    found = visible(Turn, viewer, "list").filter(
        cancelled_at__isnull=True, starts_at__lt=last, ends_at__gt=first
    )
    for key, shift_id, starts, ends in found.filter(rota_id__in=[one.pk for one in wanted]).values_list(
        "rota_id", "shift_id", "starts_at", "ends_at"
    ):
        standing[key].append((shift_id or 0, starts, ends))
    lacking = []
    for rota in wanted:
        shifts = {shift.pk: shift for shift in rota.shifts.all()}
        for gap in rules.gaps(
            plan_of(rota, first=today - timedelta(days=1), last=today + timedelta(days=ahead)),
            standing[rota.pk],
        ):
            if gap.ends > at and gap.starts < at + timedelta(days=ahead):
                shift = shifts[gap.planned.shift.key]
                lacking.append(Missing(rota, shift, gap))
    return sorted(lacking, key=lambda one: (one.gap.starts, one.rota.pk))


def strays(rota: Rota, viewer: Viewer, *, at: datetime) -> list[Turn]:
    """Turns ahead that the rota's shifts no longer ask for: a holiday notice made their day another kind. Two queries."""
    rows = turns(viewer, first=at, last=at + timedelta(days=rules.MOST_DAYS), rota_id=rota.pk)
    ahead = [one for one in rows if one.shift_id is not None and one.starts_at > at]
    if not ahead:
        return []
    plan = plan_of(rota, first=ahead[0].day, last=ahead[-1].day)
    asked = {(one.shift.key, one.starts, one.ends) for one in plan}
    return [one for one in ahead if (one.shift_id, one.starts_at, one.ends_at) not in asked]


def stands(
    person_ids: Iterable[int], *, first: datetime, last: datetime, viewer: Viewer
) -> list[rules.Stand]:
    """Every turn of these people that touches ``first <= t < last``, wherever they stand it. One query."""
    found = visible(Turn, viewer, "list").filter(
        person_id__in=list(person_ids), cancelled_at__isnull=True, starts_at__lt=last, ends_at__gt=first
    )
    return [one.plain() for one in found]


# ---- swaps ---------------------------------------------------------------------------------------------------------


def swaps(viewer: Viewer, tab: str, *, most: int = 50) -> list[Swap]:
    """Swaps and stand-ins, the newest first: asked of me, asked by me, to be approved by me, settled. One query and its turns."""
    found = visible(Swap, viewer, "list").filter(_tab(viewer, tab)).order_by("-pk")
    return list(
        found.select_related("turn__rota", "turn__post__unit", "other__rota", "turn__shift", "other__shift")[
            :most
        ]
    )


def _tab(viewer: Viewer, tab: str) -> Q:
    mine = Q(asker_post=viewer.post_id) if viewer.post_id is not None else NOTHING
    of_me = Q(to_post=viewer.post_id) if viewer.post_id is not None else NOTHING
    if tab == ASKED_OF_ME:
        return of_me & Q(state="asked")
    if tab == MINE:
        return mine & Q(closed_at__isnull=True)
    if tab == TO_APPROVE:
        return Q(state="agreed", unit_id__in=sorted(viewer.units))
    return Q(closed_at__isnull=False)


def swap_counts(viewer: Viewer) -> dict[str, int]:
    """How many swaps wait in each open list."""
    return {tab: visible(Swap, viewer, "list").filter(_tab(viewer, tab)).count() for tab in TABS[:3]}


def swap_by_number(text: str, viewer: Viewer) -> Swap:
    """The swap of a number as people type it, or NotThere."""
    given = numbers.read(text)
    found = by_key(Swap, viewer, given[1]) if given is not None and given[0] == Swap.prefix else None
    if found is None or not numbers.same(text, found.number):
        raise refusals.not_there()
    return found


def history(swap: Swap, viewer: Viewer) -> list[LedgerEntry]:
    """What happened to a swap, in order. NotThere when the viewer may not see it. Two queries."""
    scope.one(Swap, viewer, pk=swap.pk)
    return list(LedgerEntry.objects.filter(matter_id=swap.pk).order_by("seq"))


# ---- handover notes ------------------------------------------------------------------------------------------------


def notes(viewer: Viewer, *, rota_id: int, most: int = 20) -> list[HandoverNote]:
    """What was handed on in a rota, the newest first: by number, not by the clock. One query."""
    found = visible(HandoverNote, viewer, "list").filter(rota_id=rota_id).order_by("-seq")
    return list(found.select_related("turn__post__unit", "turn__shift")[:most])


def note(note_id: int, viewer: Viewer) -> HandoverNote:
    """One handover note. NotThere."""
    return scope.one(HandoverNote.objects.select_related("turn", "rota"), viewer, pk=note_id)


def last_seq(rota_id: int, viewer: Viewer) -> int:
    """The number of the rota's newest note; 0 for none."""
    found = visible(HandoverNote, viewer).filter(rota_id=rota_id).aggregate(last=Max("seq"))["last"]
    return found or 0


# ---- feeds ---------------------------------------------------------------------------------------------------------


def feeds(viewer: Viewer) -> list[Feed]:
    """The viewer's calendar addresses that are not withdrawn, the newest first. One query."""
    found = visible(Feed, viewer, "list").filter(withdrawn_at__isnull=True).order_by("-pk")
    return list(found.select_related("rota", "post__unit"))


def feed_by_secret(text: str, viewer: Viewer, *, at: datetime) -> Feed:
    """The feed of a secret address (``prefix.secret``); constant-time compare. NotThere: wrong, withdrawn, or the post is over."""
    prefix, _, secret = text.partition(".")
    found = (
        visible(Feed, viewer).filter(prefix=prefix).select_related("rota", "post").first() if prefix else None
    )
    if found is None or not secrets.compare_digest(party_rules.digest_of(secret), bytes(found.digest)):
        raise refusals.not_there()
    if found.withdrawn_at is not None or not party_rules.in_force(
        found.post.valid_from, found.post.valid_to, at
    ):
        raise refusals.not_there()
    return found


def turns_of_feed(feed: Feed, viewer: Viewer, *, at: datetime) -> list[Turn]:
    """What a feed holds: from four weeks ago to a quarter ahead. One query."""
    first, last = at - timedelta(days=28), at + timedelta(days=rules.MOST_DAYS)
    if feed.rota_id is not None:
        return turns(viewer, first=first, last=last, rota_id=feed.rota_id, most=2000)
    return turns(viewer, first=first, last=last, person_id=feed.post.person_id, most=2000)


# ---- what the viewer may -------------------------------------------------------------------------------------------


def may_arrange(rota: Rota, viewer: Viewer) -> bool:
    """Whether the viewer arranges this rota's turns."""
    return leads(viewer, rota.unit_id)


def shares(rota: Rota, viewer: Viewer, *, first: date, last: date) -> dict[int, dict[str, int]]:
    """How many turns of the rota each person stood on workdays, days of rest and holidays, by the day they begin. One query."""
    found = visible(Turn, viewer, "list").filter(
        rota_id=rota.pk, cancelled_at__isnull=True, day__gte=first, day__lte=last
    )
    return rules.shares(one.plain() for one in found)
