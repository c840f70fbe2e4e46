"""From counterparts and what came from them to the tables that people see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from gongbi.channels import rules, words
from gongbi.channels.adapters import adapter_of
from gongbi.channels.models import Mapping, Rejection, Source
from gongbi.channels.queries import Coverage, Health
from gongbi.duties import queries as duties
from gongbi.kernel.errors import in_language
from gongbi.look.furniture import Cell, Column, Fact, Table
from gongbi.look.templatetags.look import chip

T = words.TEXTS
SKEW = 60  # s of another clock that nobody need look at


def clock(moment: datetime | None, now: datetime) -> str:
    """A time of today, or a day and a time; "—" for none."""
    if moment is None:
        return "—"
    local = timezone.localtime(moment)
    return f"{local:%H:%M:%S}" if local.date() == timezone.localdate(now) else f"{local:%Y-%m-%d %H:%M}"


def health(found: Sequence[Health], now: datetime) -> Table:
    """One line a counterpart."""
    columns = (
        Column(T["name"]), Column(T["kind"], tight=True), Column(T["last"], tight=True), Column(T["today"], number=True),
        Column(T["taken"], number=True), Column(T["waiting"], number=True), Column(T["outgoing"], number=True),
        Column(T["dead"], number=True), Column(T["refused"]), Column(T["skew"], tight=True),
    )  # fmt: skip
    return Table(T["channels"], columns, [_line(one, now) for one in found])


def _line(one: Health, now: datetime) -> tuple[Cell, ...]:
    source = one.source
    if source is None:
        name, kind = Cell(T["nobody"]), Cell("—")
    else:
        name = Cell(source.words, reverse("channels:source", args=[source.code]))
        kind = Cell(rules.KINDS[source.kind] if source.enabled else chip(T["off"], "quiet"))
    waiting: Any = one.waiting
    if one.waiting and one.oldest is not None:
        waiting = (
            f"{one.waiting} · {in_language(T['seconds']) % {'n': round((now - one.oldest).total_seconds())}}"
        )
    return (
        name, kind, Cell(clock(one.last_at, now)), Cell(one.arrived), Cell(one.taken), Cell(waiting), Cell(one.outgoing),
        Cell(chip(str(one.dead), "late") if one.dead else 0), _refused(one), Cell(_skew(one.skew)),
    )  # fmt: skip


def _refused(one: Health) -> Cell:
    told, where = refusals(one.refused), adapter_of(one.source.kind).refusals_at if one.source else ""
    return Cell(told, reverse(where)) if where and one.refused else Cell(told)


def refusals(counts: dict[str, int]) -> Any:
    """How many, and how many by their codes, most first."""
    if not counts:
        return 0
    by_code = in_language(T["between"]).join(
        f"{code} × {count}" for code, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    )
    return f"{sum(counts.values())} · {by_code}"


def rejections(rows: Sequence[Rejection]) -> Table | None:
    """What was turned away or odd, newest first, with its reason in words."""
    if not rows:
        return None
    columns = (Column(T["name"]), Column(T["number"]), Column(T["at"], tight=True), Column(T["reason"]))
    lines = [
        (
            Cell(row.source.words if row.source is not None else T["nobody"]), Cell(row.external or "—"),
            Cell(f"{timezone.localtime(row.at):%m-%d %H:%M}"), Cell(tuple(f"{words} {row.code}" for words in row.told)),
        )
        for row in rows
    ]  # fmt: skip
    return Table(T["rejections"], columns, lines)


def _skew(seconds: int | None) -> Any:
    if seconds is None or abs(seconds) < SKEW:
        return "—" if seconds is None else chip(("一致", "the same"), "ok")
    return chip(in_language(T["ahead" if seconds > 0 else "behind"]) % {"n": abs(seconds)}, "soon")


def facts(source: Source, one: Health | None, now: datetime) -> list[Fact]:
    """What stands at the head of a source's page."""
    found = [
        Fact(T["code"], source.code), Fact(T["kind"], rules.KINDS[source.kind]), Fact(T["direction"], rules.DIRECTIONS[source.direction]),
        Fact(T["unit"], source.unit.label if source.unit is not None else "—"),
        Fact(T["enabled"], chip(("是", "yes"), "ok") if source.enabled else chip(T["off"], "quiet")),
    ]  # fmt: skip
    if one is not None:
        found += [
            Fact(T["last"], clock(one.last_at, now)), Fact(T["today"], one.arrived), Fact(T["repeats"], one.repeats),
            Fact(T["waiting"], one.waiting), Fact(T["refused"], refusals(one.refused)),
        ]  # fmt: skip
        if one.error:
            found.append(Fact(T["error"], one.error))
    return found


def mappings(rows: Sequence[Mapping]) -> Table | None:
    """What each code means."""
    if not rows:
        return None
    columns = (Column(T["theirs"], tight=True), Column(T["theirs_name"]), Column(T["ours"]))
    return Table(
        T["mapping_table"],
        columns,
        [(Cell(row.theirs), Cell(row.name or "—"), Cell(kind_words(row.kind))) for row in rows],
    )


def kind_words(code: str) -> Any:
    """A kind as people call it, with its code."""
    if not code:
        return T["triage"]
    kind = duties.kind(code)
    return (f"{kind.name[0]} {code}", f"{kind.name[1]} {code}") if kind is not None else code


def coverage(found: Coverage) -> list[Fact]:
    """How well the mapping covers what comes, and where it contradicts itself."""
    lines = [Fact(T["coverage"], f"{found.covered} / {found.seen}"), Fact(T["without"], found.without)]
    if found.unmapped:
        lines.append(
            Fact(
                T["unmapped"],
                in_language(T["between"]).join(f"{code} × {count}" for code, count in found.unmapped[:50]),
            )
        )
    for kind, codes in found.shared:
        lines.append(Fact(T["shared"], f"{in_language(kind_words(kind))} ← {', '.join(codes)}"))
    if found.gone:
        lines.append(
            Fact(T["gone"], in_language(T["between"]).join(f"{code} → {kind}" for code, kind in found.gone))
        )
    return lines
