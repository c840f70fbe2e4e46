"""From turns, gaps and swaps to the tables, chips and facts that people see. No rule and no query here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from gongbi.desk.names import Names
from gongbi.look.furniture import Cell, Column, Fact, Table
from gongbi.look.templatetags.look import chip, said, state
from gongbi.parties.words import role_name
from gongbi.roster import rules, words
from gongbi.roster.models import Feed, HandoverNote, Rota, RotaMember, RotaShift, Swap, Turn
from gongbi.roster.queries import Missing

T = words.TEXTS


def _english() -> bool:
    return (get_language() or "").startswith("en")


def name_of(row: Rota | RotaShift) -> str:
    """Its name in the reader's language."""
    return (row.name_en if _english() else "") or row.name


def local(at: datetime, rota: Rota) -> datetime:
    """The moment by the rota's own clock."""
    zone = rules.zone_of(rota.zone)
    return at.astimezone(zone)


def span(starts: datetime, ends: datetime, rota: Rota, *, day: bool = True) -> str:
    """From when to when by the rota's own clock, with the zone where it is not the district's, and the hours where they are odd."""
    begin, end = local(starts, rota), local(ends, rota)
    first = f"{begin:%m-%d %H:%M}" if day else f"{begin:%H:%M}"
    days = (end.date() - begin.date()).days
    last = f"{end:%H:%M}" if days == 0 or (days == 1 and end.time() <= begin.time()) else f"{end:%m-%d %H:%M}"
    next_day = said(("次日 ", "next day ")) if days == 1 and len(last) == 5 else ""
    told = f"{first}–{next_day}{last}"
    if (
        begin.utcoffset() != end.utcoffset()
    ):  # the clocks are changed in between: what the wall says is not how long it is
        hours = rules.length(starts, ends) / timedelta(hours=1)
        told += said((f"（时钟调整，实为 {hours:g} 小时）", f" (clocks change: {hours:g} hours)"))
    return told if rota.zone == settings.TIME_ZONE else f"{told} {rota.zone}"


def who(turn: Turn) -> str:
    """The office, never a private name."""
    return turn.post.work_name or f"{turn.post.unit.label} · {role_name(turn.post.role)}"


def marks(turn: Turn) -> SafeString:
    """Chips of a turn: leads the shift, a stand-in. That a roster is synthetic stands in its name and on its page."""
    told = [chip(words.SORTS[rules.LEAD], "info")] if turn.sort == rules.LEAD else []
    if turn.source in (rules.SWAP, rules.STAND_IN):
        told.append(chip(words.SOURCES[turn.source], "soon"))
    return format_html_join(" ", "{}", ((one,) for one in told))


def standing(turns: Sequence[Turn], names: Names) -> Table:
    """Who is on duty now, by unit."""
    columns = (
        Column(T["unit"]), Column(T["rota"]), Column(T["who"]), Column(T["office_phone"], tight=True), Column(T["when"], tight=True),
    )  # fmt: skip
    rows = [
        (
            Cell(names.unit(one.rota.unit_id)), Cell(name_of(one.rota), reverse("duty:roster", args=[one.rota.code])),
            Cell(format_html('<a href="{}">{}</a> {}', reverse("duty:turn", args=[one.pk]), who(one), marks(one))),
            Cell(_call(one.post.work_phone)), Cell(span(one.starts_at, one.ends_at, one.rota)),
        )
        for one in turns
    ]  # fmt: skip
    return Table(T["now"], columns, rows)


def _call(number: str) -> Any:
    plain = "".join(sign for sign in number if sign.isdigit() or sign == "+")
    return format_html('<a class="number" href="tel:{}">{}</a>', plain, number) if plain else "—"


def gaps(found: Sequence[Missing], names: Names, viewer_units: frozenset[int]) -> Table:
    """Turns that lack people, as a question."""
    columns = (
        Column(T["when"], tight=True),
        Column(T["unit"]),
        Column(T["rota"]),
        Column(T["shift"]),
        Column(T["missing"], number=True),
    )
    rows = []
    for one in found:
        href = reverse("duty:roster", args=[one.rota.code])
        rows.append(
            (
                Cell(span(one.gap.starts, one.gap.ends, one.rota), f"{href}#add" if one.rota.unit_id in viewer_units else ""),
                Cell(names.unit(one.rota.unit_id)), Cell(name_of(one.rota), href), Cell(name_of(one.shift)),
                Cell(chip(str(one.gap.missing), "late"), raw=str(one.gap.missing)),
            )
        )  # fmt: skip
    return Table(T["gaps"], columns, rows, note=T["gaps_ask"])


@dataclass(slots=True)
class Day:
    """One day of the week as it is shown."""

    day: date
    words: Any
    today: bool
    kind: str
    kind_words: Any
    turns: list[dict[str, Any]] = field(default_factory=list)


def week(
    turns: Sequence[Turn], monday: date, today: date, kinds: Sequence[str], mine: int | None
) -> list[Day]:
    """Seven days, each with the turns that begin on it."""
    days = [
        Day(
            monday + timedelta(days=number), words.WEEKDAYS[number], monday + timedelta(days=number) == today, kinds[number],
            words.DAY_KINDS[kinds[number]],
        )
        for number in range(7)
    ]  # fmt: skip
    for one in turns:
        place = (max(one.day, monday) - monday).days
        if place < 7:
            days[place].turns.append(
                {
                    "turn": one, "when": span(one.starts_at, one.ends_at, one.rota, day=one.day < monday), "who": who(one),
                    "rota": name_of(one.rota), "shift": name_of(one.shift) if one.shift is not None else "", "marks": marks(one),
                    "mine": mine is not None and one.person_id == mine, "href": reverse("duty:turn", args=[one.pk]),
                }
            )  # fmt: skip
    return days


def rotas(found: Sequence[Rota], names: Names) -> Table:
    """Rosters as rows that open them."""
    columns = (Column(T["rota"]), Column(T["kind"], tight=True), Column(T["unit"]), Column(T["shifts"]))
    rows = [
        (
            Cell(format_html("<a href=\"{}\">{}</a> {}", reverse("duty:roster", args=[one.code]), name_of(one), chip(words.SYNTHETIC, "quiet") if one.synthetic else "")),
            Cell(words.KINDS[one.kind]), Cell(names.unit(one.unit_id)),
            Cell("；".join(f"{name_of(shift)} {shift.starts:%H:%M}–{shift.ends:%H:%M}" for shift in one.shifts.all())),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["rotas"], columns, rows)


def days_words(days: str) -> str:
    """On which days a shift stands, in words."""
    if days in words.DAYS:
        return str(said(words.DAYS[days]))
    return str(said(("、", ", "))).join(str(said(words.WEEKDAYS[int(one) - 1])) for one in days.split(","))


def shifts(found: Sequence[RotaShift]) -> Table:
    """The shifts of a roster."""
    columns = (
        Column(T["shift"]),
        Column(T["when"], tight=True),
        Column(T["days"]),
        Column(T["needed"], number=True),
        Column(T["sort"], tight=True),
    )
    rows = [
        (
            Cell(name_of(one)), Cell(f"{one.starts:%H:%M}–{said(('次日 ', 'next day ')) if one.ends <= one.starts else ''}{one.ends:%H:%M}"),
            Cell(days_words(one.days)), Cell(one.needed), Cell(words.SORTS[one.sort]),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["shifts"], columns, rows)


def members(found: Sequence[RotaMember], shares: dict[int, dict[str, int]]) -> Table:
    """Who goes round, and how many turns each stood: what people compare."""
    columns = [Column(T["who"]), Column(T["unit"]), Column(T["sort"], tight=True)]
    columns += [Column(words.DAY_KINDS[kind], number=True) for kind in words.DAY_KINDS]
    rows = []
    for one in found:
        share = shares.get(one.post.person_id, {})
        cells = [
            Cell(one.post.work_name or role_name(one.post.role)), Cell(one.post.unit.label), Cell(words.SORTS.get(one.sort, ("均可", "Either"))),
        ]  # fmt: skip
        rows.append([*cells, *(Cell(share.get(kind, 0)) for kind in words.DAY_KINDS)])
    return Table(T["members"], columns, rows, note=T["share"])


def turns(found: Sequence[Turn], *, caption: Any) -> Table:
    """Turns as rows that open them."""
    columns = (
        Column(T["when"], tight=True),
        Column(T["shift"]),
        Column(T["who"]),
        Column(T["source"], tight=True),
    )
    rows = [
        (
            Cell(span(one.starts_at, one.ends_at, one.rota), reverse("duty:turn", args=[one.pk])), Cell(name_of(one.shift) if one.shift is not None else "—"),
            Cell(format_html("{} {}", who(one), marks(one))), Cell(words.SOURCES[one.source]),
        )
        for one in found
    ]  # fmt: skip
    return Table(caption, columns, rows)


def facts(turn: Turn, names: Names, now: datetime) -> list[Fact]:
    """What stands beside a turn."""
    if turn.cancelled_at is not None:
        stands = chip(T["taken_back"], "late")
    elif turn.ends_at <= now:
        stands = chip(T["over"], "quiet")
    else:
        stands = chip(T["running"], "ok") if turn.starts_at <= now else chip(T["coming"], "info")
    found = [
        Fact(T["state"], stands, turn.reason),
        Fact(
            T["rota"],
            format_html(
                '<a href="{}">{}</a>', reverse("duty:roster", args=[turn.rota.code]), name_of(turn.rota)
            ),
        ),
        Fact(T["unit"], names.unit(turn.rota.unit_id)),
        Fact(T["when"], span(turn.starts_at, turn.ends_at, turn.rota)),
        Fact(T["source"], words.SOURCES[turn.source], turn.despite),
        Fact(T["office_phone"], _call(turn.post.work_phone)),
    ]
    if turn.replaces_id is not None:
        found.append(
            Fact(
                T["replaces"],
                format_html(
                    '<a href="{}">{}</a>', reverse("duty:turn", args=[turn.replaces_id]), said(T["turn"])
                ),
            )
        )
    return found


def notes(found: Sequence[HandoverNote], names: Names, may_take: bool) -> list[dict[str, Any]]:
    """What was handed on, with who wrote and who took it."""
    names.remember([one.actor for one in found] + [one.taken_by for one in found if one.taken_by])
    return [
        {
            "note": one, "by": names.actor(one.actor), "taken": names.actor(one.taken_by) if one.taken_by else "",
            "may_take": may_take and one.taken_at is None,
        }
        for one in found
    ]  # fmt: skip


def swap_table(found: Sequence[Swap], names: Names, *, caption: Any) -> Table:
    """Swaps as rows that open them."""
    names.remember([f"post:{key}" for one in found for key in (one.asker_post, one.to_post)])
    columns = (
        Column(T["number"], tight=True), Column(T["turn"], tight=True), Column(T["asker"]), Column(T["colleague"]), Column(T["exchange"], tight=True),
        Column(T["state"], tight=True),
    )  # fmt: skip
    rows = [
        (
            Cell(one.number, reverse("duty:swap", args=[one.number])), Cell(span(one.turn.starts_at, one.turn.ends_at, one.turn.rota)),
            Cell(names.actor(f"post:{one.asker_post}")), Cell(names.actor(f"post:{one.to_post}")),
            Cell(span(one.other.starts_at, one.other.ends_at, one.other.rota) if one.other is not None else said(T["swap_other_none"])),
            Cell(state(one)),
        )
        for one in found
    ]  # fmt: skip
    return Table(caption, columns, rows)


def feed_rows(found: Sequence[Feed]) -> list[dict[str, Any]]:
    """Addresses with what they hold and when they were made."""
    return [
        {
            "feed": one, "what": name_of(one.rota) if one.rota is not None else said(T["feed_mine"]),
            "made": f"{timezone.localtime(one.created_at):%Y-%m-%d}",
        }
        for one in found
    ]  # fmt: skip
