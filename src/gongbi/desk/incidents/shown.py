"""From incidents to the tables, chips and lines that people see. No rule and no query here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from gongbi.desk.names import Names
from gongbi.desk.warning.shown import level as level_chip
from gongbi.desk.warning.shown import moment, tone_of
from gongbi.incidents import catalogue, review, rules, words
from gongbi.incidents.models import AlertMessage, Hold, Incident, LogEntry, Plan, PlanRun, Stock, Store, Task
from gongbi.incidents.queries import Event
from gongbi.kernel.errors import in_language
from gongbi.look.furniture import Cell, Column, Fact, Happened, Table
from gongbi.look.templatetags.look import chip, said, state

T = words.TEXTS
_SHAPES = {1: "late", 2: "soon", 3: "ring", 4: "info"}
_TONES = {
    "kept": "ok",
    "late": "late",
    "dropped": "quiet",
    "running": "info",
    "overdue": "late",
    "open": "quiet",
}


def level(number: int) -> SafeString:
    """A response level: word, colour and shape."""
    return chip(words.LEVELS[number], tone_of(number), _SHAPES[number])


def drill_mark() -> SafeString:
    """What stands beside everything of a drill."""
    return chip(T["drill"], "soon", "ring")


def lasting(span: timedelta) -> str:
    """A span as people say it: 25 分钟, 3 小时 05 分."""
    minutes = max(int(span.total_seconds() // 60), 0)
    if minutes < 60:
        return in_language((f"{minutes} 分钟", f"{minutes} min"))
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return in_language((f"{hours} 小时 {rest:02d} 分", f"{hours} h {rest:02d} min"))
    return in_language((f"{hours // 24} 天 {hours % 24} 小时", f"{hours // 24} d {hours % 24} h"))


def table(found: Sequence[Incident], names: Names) -> Table:
    """The list."""
    places = names.places(one.territory for one in found)
    columns = (
        Column(T["level"], tight=True), Column(T["number"], tight=True), Column(T["title"]), Column(T["kind"]), Column(T["place"]),
        Column(T["opened"], tight=True), Column(T["state"], tight=True),
    )  # fmt: skip
    rows = [
        (
            Cell(level(one.level)), Cell(one.number, reverse("incidents:incident", args=[one.number])),
            Cell(f"{said(T['drill'])} · {one.title}" if one.drill else one.title), Cell(catalogue.EVENTS[one.kind].words),
            Cell(places.get(one.territory, "—")), Cell(moment(one.opened_at)), Cell(state(one)),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["incidents"], columns, rows)


def facts(one: Incident, names: Names) -> list[Fact]:
    """What stands beside."""
    place = " · ".join(part for part in (names.place(one.territory), one.place_words) if part)
    found = [
        Fact(T["kind"], catalogue.EVENTS[one.kind].words, catalogue.CLASSES[one.sort]),
        Fact(T["place"], place or "—"),
        Fact(T["lead"], names.unit(one.unit_id) or "—"),
        Fact(T["happened"], moment(one.happened_at)),
        Fact(T["opened"], moment(one.opened_at)),
    ]
    if one.responded_at is not None:
        found.append(Fact(T["responded"], moment(one.responded_at)))
    if one.over_at is not None:
        found.append(Fact(T["ended"], moment(one.over_at)))
    if one.summary:
        found.append(Fact(T["summary"], one.summary))
    if one.finding:
        found.append(Fact(T["finding"], one.finding))
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One task as the checklist shows it."""

    task: Task
    title: Any
    role: Any
    unit: str
    clock: SafeString
    left: str
    needs: str
    settled: bool
    mine: bool


def checklist(
    found: Sequence[Task],
    names: Names,
    *,
    now: datetime,
    ended: bool,
    may: bool,
    units: frozenset[int],
    all_: bool,
) -> list[Line]:
    """The tasks. ``ended``: nothing runs any more; ``may``: this viewer settles tasks at all; ``all_``: of every unit."""
    lines = []
    for task in found:
        how: str = rules.kept_in_time(task.due_at, task.settled_at, dropped=task.dropped, at=now)
        if ended and task.settled_at is None:
            how = "open"
        left = ""
        if how in ("running", "overdue"):
            span = task.due_at - now if how == "running" else now - task.due_at
            left = in_language(T["left" if how == "running" else "over_by"]) % {"n": lasting(span)}
        needs = "、".join(f"{said(catalogue.ITEMS[need['item']])} {need['amount']}" for need in task.needs)
        lines.append(
            Line(
                task, task.words, catalogue.ROLES.get(task.role, ""), names.unit(task.unit_id),
                chip(words.CLOCKS[how], _TONES[how]), left, needs, task.settled_at is not None,
                may and (all_ or task.unit_id in units),
            )
        )  # fmt: skip
    return lines


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the log, with what corrects it."""

    entry: LogEntry
    sort: Any
    by: str
    corrections: Sequence[LogEntry]


def log(found: Sequence[LogEntry], names: Names) -> list[Said]:
    """The log, newest first."""
    names.remember(line.actor for line in found)
    return [
        Said(
            line,
            catalogue.ENTRIES[line.sort],
            names.actor(line.actor, line.unit_id),
            list(line.corrections.all()),
        )
        for line in reversed(found)
    ]


def standing(one: AlertMessage, now: datetime) -> SafeString:
    """Whether an alert holds."""
    if hasattr(one, "next"):
        return chip(T["replaced"], "quiet")
    if one.msg_type == "Cancel":
        return chip(T["lifted"], "ok")
    return chip(T["in_force_now"], "late") if one.in_force(now) else chip(T["expired"], "quiet")


@dataclass(frozen=True, slots=True)
class Sent:
    """One alert beside the incident; ``last``: it can be updated or lifted."""

    message: AlertMessage
    level: SafeString
    type: Any
    standing: SafeString
    last: bool


def sent(found: Sequence[AlertMessage], now: datetime) -> list[Sent]:
    """The alerts of one incident, newest first."""
    return [
        Sent(
            one, level_chip(one.level), words.MESSAGES[one.msg_type], standing(one, now),
            one.msg_type != "Cancel" and not hasattr(one, "next"),
        )
        for one in found
    ]  # fmt: skip


def alerts(found: Sequence[AlertMessage], now: datetime) -> Table:
    """Alerts as rows, with what they are about."""
    columns = (
        Column(T["alert_level"], tight=True), Column(T["incidents"], tight=True), Column(T["type"], tight=True), Column(T["title"]),
        Column(T["sent"], tight=True), Column(T["expires"], tight=True), Column(T["state"], tight=True), Column(T["file"], tight=True),
    )  # fmt: skip
    rows = [
        (
            Cell(level_chip(one.level)), Cell(one.incident.number, reverse("incidents:incident", args=[one.incident.number])),
            Cell(words.MESSAGES[one.msg_type]), Cell(one.words), Cell(moment(one.sent_at)), Cell(moment(one.expires_at)),
            Cell(standing(one, now)), Cell("XML", reverse("incidents:alert_file", args=[one.identifier])),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["alerts"], columns, rows)


def holds(found: Sequence[Hold], *, drill: bool) -> Table:
    """What an incident has of each stock."""
    columns = (
        Column(T["item"]), Column(T["store"]), Column(T["reserved"], number=True), Column(T["out"], number=True),
        Column(T["used"], number=True),
    )  # fmt: skip
    rows = [
        (
            Cell(catalogue.ITEMS[one.stock.item]),
            Cell(one.stock.store.words),
            Cell(one.reserved),
            Cell(one.out),
            Cell(one.used),
        )
        for one in found
    ]
    return Table(T["stock"], columns, rows, note=T["played"] if drill else "")


def stores(found: Sequence[Store], sort: str, names: Names) -> Table:
    """Shelters or depots with their stock."""
    mine = [one for one in found if one.sort == sort]
    places = names.places(one.territory for one in mine)
    columns = (
        Column(T["store"]), Column(T["where"]), Column(T["item"]), Column(T["total"], number=True), Column(T["reserved"], number=True),
        Column(T["out"], number=True), Column(T["free"], number=True),
    )  # fmt: skip
    rows = [
        (
            Cell(_store(one)), Cell(" · ".join(part for part in (places.get(one.territory, ""), one.place_words) if part)),
            Cell(catalogue.ITEMS[stock.item]), Cell(stock.total), Cell(stock.reserved), Cell(stock.out), Cell(stock.free),
        )
        for one in mine
        for stock in _items(one)
    ]  # fmt: skip
    return Table(catalogue.STORES[sort], columns, rows)


def _items(one: Store) -> list[Stock]:
    return sorted(one.stock.all(), key=lambda stock: stock.item)


def _store(one: Store) -> str:
    marks = [said(T["accessible"])] if one.accessible else []
    marks += [] if one.open else [said(T["closed_store"])]
    marks += [said(T["synthetic"])] if one.synthetic else []
    return " · ".join([str(said(one.words)), *(str(mark) for mark in marks)])


def plans(found: Sequence[Plan]) -> Table:
    """The plans in force."""
    columns = (
        Column(T["plans"]), Column(T["kind"]), Column(T["version"], number=True), Column(T["tasks"], number=True),
        Column(T["source"]), Column(T["verified"], tight=True),
    )  # fmt: skip
    rows = [
        (
            Cell(one.words, reverse("incidents:plan", args=[one.code])), Cell(catalogue.EVENTS[one.kind].words), Cell(one.version),
            Cell(len(one.steps)), Cell(one.source), Cell(verified(one)),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["plans"], columns, rows)


def verified(one: Plan) -> SafeString:
    """Whether somebody compared the plan with the paper it names."""
    return chip(T["verified"], "ok") if one.verified else chip(T["unverified"], "soon")


def steps(one: Plan, names: Names) -> Table:
    """A plan's steps in the order of their clocks."""
    columns = (
        Column(T["due"], tight=True), Column(T["task"]), Column(T["role"], tight=True), Column(T["unit"]), Column(T["needs"]),
    )  # fmt: skip
    rows = [
        (
            Cell(in_language(T["after"]) % {"n": lasting(timedelta(minutes=step["minutes"]))}), Cell((step["zh"], step["en"] or step["zh"])),
            Cell(catalogue.ROLES[step["role"]]), Cell(names.selector(step["unit"]) if step["unit"] else said(T["lead"])),
            Cell("、".join(f"{said(catalogue.ITEMS[need['item']])} {need['amount']}" for need in step["needs"]) or "—"),
        )
        for step in one.steps
    ]  # fmt: skip
    return Table(T["tasks"], columns, rows)


def history(
    events: Sequence[Event], tasks: Sequence[Task], runs: Sequence[PlanRun], names: Names
) -> list[Happened]:
    """The ledger, newest first."""
    names.remember(event.actor for event in events)
    titles = {task.pk: str(said(task.words)) for task in tasks}
    plans = {run.code: str(said(run.plan.words)) for run in runs}
    return [
        Happened(
            event.arrow.words, event.at, names.actor(event.actor, event.unit_id), review.told(event.facts, titles, plans),
            article=event.arrow.article,
        )
        for event in reversed(events)
    ]  # fmt: skip


def part_tables(parts: Sequence[review.Part]) -> list[tuple[review.Part, Table | None]]:
    """The parts of a review with their tables, for the page."""
    return [
        (part, Table(part.heading, [Column(name) for name in part.columns], [[Cell(text) for text in row] for row in part.rows])
         if part.rows else None)
        for part in parts
    ]  # fmt: skip
