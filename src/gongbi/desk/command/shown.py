"""From orders and whistles to the tables, chips and facts that people see. No rule and no query here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from gongbi.command import rules, words
from gongbi.command.models import Escalation, Notice, Order, Rung, ScoreRule, Whistle
from gongbi.command.queries import Event, Load, Score
from gongbi.desk.names import Names
from gongbi.kernel.errors import in_language
from gongbi.kernel.flow.declare import all_flows
from gongbi.look.furniture import Cell, Column, Fact, Happened, Table
from gongbi.look.templatetags.look import chip, deadline, said, state

T = words.TEXTS


def moment(at: datetime | None) -> str:
    """A local time, to the minute; — for none."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at is not None else "—"


def sort_of(order: Order) -> str:
    """What an order is, with its level."""
    told = said(words.SORTS[order.sort])
    return f"{told} · {said(words.LEVELS[order.level])}" if order.level else str(told)


def marks_of(matter: Order | Whistle, *, lead: bool = False) -> SafeString:
    """Chips: a drill, the lead."""
    told = [chip(words.DRILL, "soon")] if matter.drill else []
    told += [chip(T["lead"], "info")] if lead else []
    return format_html_join(" ", "{}", ((one,) for one in told))


def table(found: Sequence[Order], names: Names, now: datetime, *, caption: Any) -> Table:
    """Orders as rows that open them."""
    columns = (
        Column(T["number"], tight=True), Column(T["sort"], tight=True), Column(T["title"]), Column(T["unit"]), Column(T["issuer"]),
        Column(T["due"], tight=True), Column(T["state"], tight=True),
    )  # fmt: skip
    rows = [
        (
            Cell(one.number, reverse("command:order", args=[one.number])), Cell(sort_of(one)),
            Cell(format_html("{} {}", one.title, marks_of(one, lead=one.lead and one.call_of_id is not None))), Cell(names.unit(one.unit_id)),
            Cell(names.unit(one.issuer_unit_id) or "—"), Cell(deadline(one, now) if one.due_at else "—"), Cell(state(one)),
        )
        for one in found
    ]  # fmt: skip
    return Table(caption, columns, rows)


def board(loads: Sequence[Load], names: Names) -> Table:
    """Open orders by unit and state, each figure leading to its rows."""
    columns = [Column(T["unit"])]
    columns += [Column(pair, number=True) for _state, pair in words.STATES]
    columns += [Column(T["late"], number=True), Column(T["all"], number=True)]
    rows = []
    for one in loads:
        href = f"{reverse('command:list')}?tab=open&unit={one.unit_id}"
        cells = [Cell(names.unit(one.unit_id), href)]
        cells += [Cell(one.states.get(name, 0) or "—") for name, _pair in words.STATES]
        cells.append(Cell(chip(str(one.late), "late") if one.late else "—", raw=str(one.late)))
        rows.append([*cells, Cell(one.all, href)])
    return Table(T["board"], columns, rows, note=T["board_hint"])


def facts(order: Order, names: Names, about: tuple[str, str], whistle: Whistle | None) -> list[Fact]:
    """What stands beside an order."""
    found = [
        Fact(T["sort"], sort_of(order)),
        Fact(T["unit"], names.unit(order.unit_id)),
        Fact(T["issuer"], names.unit(order.issuer_unit_id) or names.actor(order.issued_by)),
    ]
    number, href = about
    if number:
        found.append(
            Fact(
                T["concerns"],
                format_html('<a class="number" href="{}">{}</a>', href, number) if href else number,
            )
        )
    if whistle is not None:
        href = reverse("command:whistle", args=[whistle.number])
        found.append(
            Fact(
                words.WHISTLES[whistle.sort],
                format_html('<a class="number" href="{}">{}</a>', href, whistle.number),
            )
        )
    if order.comes:
        found.append(Fact(T["place"], order.place_words or f"{order.lon:.5f}, {order.lat:.5f}"))
        if order.come_by is not None:
            found.append(Fact(T["come_by"], moment(order.come_by)))
    for name, at in (
        ("signed", order.signed_at),
        ("arrived", order.arrived_at),
        ("reported", order.reported_at),
    ):
        if at is not None:
            note = (
                in_language(T["arrived_metres"]) % {"metres": order.metres}
                if name == "arrived" and order.metres is not None
                else ""
            )
            found.append(Fact(T[name], moment(at), note))
    return found


def whistle_facts(whistle: Whistle, names: Names, about: tuple[str, str]) -> list[Fact]:
    """What stands beside a whistle."""
    found = [
        Fact(T["sort"], words.WHISTLES[whistle.sort]),
        Fact(T["issuer"], names.unit(whistle.caller_unit_id)),
    ]
    number, href = about
    if number:
        found.append(
            Fact(
                T["concerns"],
                format_html('<a class="number" href="{}">{}</a>', href, number) if href else number,
            )
        )
    if whistle.place_words or whistle.lon is not None:
        found.append(Fact(T["place"], whistle.place_words or f"{whistle.lon:.5f}, {whistle.lat:.5f}"))
    if whistle.come_by is not None:
        found.append(Fact(T["come_by"], moment(whistle.come_by)))
    if whistle.result:
        found.append(Fact(T["result"], whistle.result))
    if whistle.verdict:
        found.append(Fact(T["judge"], words.VERDICTS[whistle.verdict]))
    return found


def timeline(events: Sequence[Event], names: Names) -> list[Happened]:
    """What has happened, newest first."""
    names.remember(event.actor for event in events)
    lines = []
    for event in reversed(events):
        told: list[Any] = [event.facts.get("result"), event.facts.get("reason")]
        verdict = words.VERDICTS.get(str(event.facts.get("verdict", "")))
        if verdict:
            told.insert(0, said(verdict))
        if event.facts.get("metres") is not None:
            told.append(in_language(T["arrived_metres"]) % {"metres": event.facts["metres"]})
        if event.arrow.name in ("redirect", "take_over"):
            told.append(f"{names.unit(event.facts.get('from'))} → {names.unit(event.facts.get('unit'))}")
        if event.arrow.name in ("escalate", "take_over"):
            told.append(_climb(str(event.facts.get("clock", "")), int(event.facts.get("minutes", 0))))
            told.append(names.unit(event.facts.get("to")))
        if event.arrow.name in ("sound", "call_more"):
            told.append("、".join(names.unit(unit) for unit in event.facts.get("units", ())))
        lines.append(
            Happened(
                event.arrow.words,
                event.at,
                names.actor(event.actor, event.unit_id),
                " · ".join(str(part) for part in told if part),
                article=event.arrow.article,
            )
        )
    return lines


def span(minutes: int) -> str:
    """So many minutes after a clock's end, in days, hours or minutes where they come out even."""
    if not minutes:
        return str(said(T["at_once"]))
    for size, (zh, en) in ((1440, ("天", "d")), (60, ("小时", "h")), (1, ("分钟", "min"))):
        if minutes % size == 0:
            return f"{minutes // size} {said((zh, en))}"
    return str(minutes)


def _climb(clock: str, minutes: int) -> str:
    told = in_language(T["climb_words"]) % {
        "clock": said(words.CLOCKS.get(clock, (clock, clock))),
        "span": span(minutes),
    }
    return str(told)


def climbs(found: Sequence[Escalation], numbers: Mapping[int, tuple[str, str]], names: Names) -> Table:
    """What went up the ladder."""
    columns = (
        Column(T["number"], tight=True), Column(T["ladder"]), Column(T["unit"]), Column(T["reaches"]), Column(T["at"], tight=True),
    )  # fmt: skip
    rows = []
    for one in found:
        number, href = numbers.get(one.matter_id, ("", ""))
        reached = names.unit(one.to_unit_id) or "—"
        if one.transferred:
            reached = f"{reached}（{said(T['transferred'])}）"
        told = _climb(one.rung.clock, one.rung.minutes)
        before = names.unit(one.from_unit_id) or "—"
        rows.append((Cell(number, href), Cell(told), Cell(before), Cell(reached), Cell(moment(one.at))))
    return Table(T["climbs"], columns, rows)


def whistle_table(found: Sequence[Whistle], names: Names) -> Table:
    """Whistles as rows: who called, whom, how many have come."""
    columns = (
        Column(T["number"], tight=True), Column(T["sort"], tight=True), Column(T["title"]), Column(T["issuer"]), Column(T["calls"]),
        Column(T["arrived"], number=True), Column(T["come_by"], tight=True), Column(T["state"], tight=True),
    )  # fmt: skip
    rows = []
    for one in found:
        calls = list(one.calls.all())
        came = sum(call.arrived_at is not None for call in calls)
        rows.append(
            (
                Cell(one.number, reverse("command:whistle", args=[one.number])), Cell(words.WHISTLES[one.sort]),
                Cell(format_html("{} {}", one.title, marks_of(one))), Cell(names.unit(one.caller_unit_id)),
                Cell("、".join(names.unit(call.unit_id) for call in calls)), Cell(f"{came} / {len(calls)}"), Cell(moment(one.come_by)), Cell(state(one)),
            )
        )  # fmt: skip
    return Table(T["whistles"], columns, rows)


def calls(found: Sequence[Order], names: Names, now: datetime) -> Table:
    """The called units of one whistle."""
    columns = (
        Column(T["unit"]), Column(T["duty"]), Column(T["signed"], tight=True), Column(T["arrived"], tight=True),
        Column(T["reported"], tight=True), Column(T["due"], tight=True), Column(T["state"], tight=True),
    )  # fmt: skip
    rows = [
        (
            Cell(format_html("{} {}", names.unit(one.unit_id), chip(T["lead"], "info") if one.lead else ""), reverse("command:order", args=[one.number])),
            Cell(one.text), Cell(moment(one.signed_at)), Cell(_came(one)), Cell(moment(one.reported_at)),
            Cell(deadline(one, now) if one.due_at else "—"), Cell(state(one)),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["calls"], columns, rows)


def _came(one: Order) -> str:
    if one.arrived_at is None or one.metres is None:
        return moment(one.arrived_at)
    return f"{moment(one.arrived_at)} · {in_language(T['arrived_metres']) % {'metres': one.metres}}"


def notices(found: Sequence[Notice], names: Names) -> Table:
    """Numbered notices, with their files."""
    columns = (
        Column(T["notice"], tight=True), Column(T["sort"], tight=True), Column(T["to"]), Column(T["title"]), Column(T["concerns"], tight=True),
        Column(T["state"], tight=True), Column(T["show"], tight=True),
    )  # fmt: skip
    rows = []
    for one in found:
        files = [
            (reverse("command:notice", args=[one.order.number, end]), T[name])
            for end, name in (("docx", "word"), ("pdf", "pdf"))
        ]
        links = format_html(
            '<a href="{}">{}</a> <a href="{}">{}</a>',
            files[0][0],
            said(files[0][1]),
            files[1][0],
            said(files[1][1]),
        )
        rows.append(
            (
                Cell(one.number, reverse("command:order", args=[one.order.number])), Cell(sort_of(one.order)),
                Cell(names.unit(one.order.unit_id)), Cell(format_html("{} {}", one.order.title, marks_of(one.order))),
                Cell(one.words.get("about") or "—"), Cell(state(one.order)), Cell(links),
            )
        )  # fmt: skip
    return Table(T["notices"], columns, rows)


# ---- rules and scores ----------------------------------------------------------------------------------------------


def _grounds(source: Any, verified: bool) -> str:
    return f"{said(source)}（{said(T['verified' if verified else 'unverified'])}）"


def ladder(found: Sequence[Rung], names: Names) -> Table:
    """The rungs."""
    flows = {flow.name: flow.words for flow in all_flows()}
    columns = (
        Column(T["flow"], tight=True), Column(T["clock"], tight=True), Column(T["minutes"], tight=True), Column(T["reaches"]),
        Column(T["transfer"], tight=True), Column(T["notice_kind"], tight=True), Column(T["since"], tight=True), Column(T["until"], tight=True), Column(T["source"]),
    )  # fmt: skip
    rows = []
    for one in found:
        unit = names.unit_of_code(one.to)
        notice = rules.notice_of(one.notice) if one.notice else None
        told = (
            "—"
            if notice is None
            else said(words.SORTS[notice[0]]) + (f" {said(words.LEVELS[notice[1]])}" if notice[1] else "")
        )
        rows.append(
            (
                Cell(flows.get(one.flow, one.flow)), Cell(words.CLOCKS.get(one.clock, one.clock)), Cell(span(one.minutes)),
                Cell(words.REACHES.get(one.to, unit.label if unit else one.to)), Cell(said(T["transfers"]) if one.transfer else "—"), Cell(told),
                Cell(f"{one.valid_from:%Y-%m-%d}"), Cell(f"{one.valid_to:%Y-%m-%d}" if one.valid_to else "—"), Cell(_grounds(one.source, one.verified)),
            )
        )  # fmt: skip
    return Table(T["ladder"], columns, rows)


def score_rules(found: Sequence[ScoreRule]) -> Table:
    """What each mark costs."""
    columns = (
        Column(T["side"], tight=True), Column(T["marks"]), Column(T["points"], number=True), Column(T["since"], tight=True),
        Column(T["until"], tight=True), Column(T["source"]),
    )  # fmt: skip
    rows = [
        (
            Cell(words.SIDES["caller" if one.code in rules.OF_CALLER else "called"]), Cell(words.MARKS[one.code]), Cell(one.points),
            Cell(f"{one.valid_from:%Y-%m-%d}"), Cell(f"{one.valid_to:%Y-%m-%d}" if one.valid_to else "—"), Cell(_grounds(one.source, one.verified)),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["scores"], columns, rows)


def scores(found: Sequence[Score], names: Names) -> Table:
    """Units with their mean; a small number of whistles is shown as such."""
    columns = (
        Column(T["side"], tight=True),
        Column(T["unit"]),
        Column(T["times"], number=True),
        Column(T["mean"], number=True),
        Column(T["marks"]),
    )
    rows = [
        (
            Cell(words.SIDES[one.side]), Cell(names.unit(one.unit_id)), Cell(len(one.lines)), Cell(f"{one.mean:.1f}"),
            Cell(_marks(one)),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["scores"], columns, rows, note=T["scores_hint"])


def _marks(score: Score) -> Any:
    """Each marked whistle, opening it: what for, what it cost."""
    parts = []
    for line in score.lines:
        if line.marks:
            told = "、".join(
                f"{said(words.MARKS[mark.code])} {'−' + str(mark.points) if mark.source else said(T['no_rule'])}"
                for mark in line.marks
            )
            parts.append(
                format_html(
                    '<a class="number" href="{}">{}</a> {}',
                    reverse("command:whistle", args=[line.whistle]),
                    line.whistle,
                    told,
                )
            )
    return format_html_join("；", "{}", ((part,) for part in parts)) if parts else said(T["no_marks"])
