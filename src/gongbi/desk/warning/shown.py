"""From warnings to the tables, chips and facts that people see. No rule and no query here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from gongbi.cases.flow import CASE
from gongbi.desk.names import Names
from gongbi.kernel.errors import in_language
from gongbi.look.furniture import Cell, Column, Fact, Happened, Table
from gongbi.look.templatetags.look import chip, said, state
from gongbi.warning import rules, words
from gongbi.warning.models import Run, Warning
from gongbi.warning.queries import Event, Weekly
from gongbi.warning.rules import Precision, Words

T = words.TEXTS
# Word, shape and colour: the shape alone tells the four apart.
_SHAPES = {rules.RED: "late", rules.ORANGE: "soon", rules.YELLOW: "ring", rules.BLUE: "info"}


def level(number: int) -> SafeString:
    """A level as a chip, filled with the law's colour."""
    return chip(words.LEVELS[number], tone_of(number), _SHAPES[number])


def tone_of(number: int) -> str:
    """The colour of a level, on a chip and on a map."""
    return f"level{number}"


def days(first: date, last: date) -> str:
    """A window of days, both included."""
    return f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} – {last:%m-%d}"


def recurrence(warning: Warning) -> Any:
    """How often chance alone gives this."""
    return "—" if warning.recurrence is None else rules.span_words(warning.recurrence)


def measured(warning: Warning) -> str:
    """Observed and expected in one."""
    expected = "—" if warning.expected is None else f"{warning.expected:.1f}"
    return f"{warning.observed} / {expected}"


def group_words(warning: Warning, groups: Mapping[str, Words], names: Names) -> Any:
    """The kind, or the class of kinds."""
    return names.kind(warning.kind) if warning.kind else groups.get(warning.group, warning.group)


def place_words(warning: Warning, places: Mapping[str, str], names: Names) -> str:
    """The unit that it is about, or the smallest division that holds all of it."""
    if warning.sort == rules.LATE:
        return names.unit(warning.unit_id)
    return places.get(warning.territory, "") or warning.territory or "—"


def table(found: Sequence[Warning], groups: Mapping[str, Words], names: Names) -> Table:
    """The list."""
    places = names.places(one.territory for one in found)
    columns = (
        Column(T["level"], tight=True), Column(T["number"], tight=True), Column(T["sort"], tight=True), Column(T["kind"]),
        Column(T["place"]), Column(T["window"], tight=True), Column(T["observed"], number=True), Column(T["recurrence"], tight=True),
        Column(T["state"], tight=True),
    )  # fmt: skip
    rows = [
        (
            Cell(level(one.level)), Cell(one.number, reverse("warnings:warning", args=[one.number])), Cell(words.SORTS[one.sort]),
            Cell(group_words(one, groups, names)), Cell(place_words(one, places, names)), Cell(days(one.first_day, one.last_day)),
            Cell(measured(one)), Cell(recurrence(one)), Cell(_state(one)),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["warnings"], columns, rows)


def _state(one: Warning) -> SafeString:
    if one.verdict:
        right = one.verdict == rules.RIGHT
        return chip(words.VERDICTS[one.verdict], "ok" if right else "quiet")
    return state(one)


def facts(warning: Warning, groups: Mapping[str, Words], names: Names) -> list[Fact]:
    """What stands beside the map."""
    found = [
        Fact(T["level"], level(warning.level)),
        Fact(T["sort"], words.SORTS[warning.sort], words.SORTS_TOLD[warning.sort]),
        Fact(T["kind"], group_words(warning, groups, names)),
        Fact(T["window"], days(warning.first_day, warning.last_day)),
        Fact(words.OBSERVED[warning.sort], warning.observed),
    ]
    if warning.expected is not None:
        found.append(Fact(words.EXPECTED[warning.sort], f"{warning.expected:.1f}"))
    if warning.recurrence is not None:
        found.append(Fact(T["recurrence"], rules.span_words(warning.recurrence), T["recurrence_note"]))
    if warning.radius_km:
        found.append(Fact(T["radius"], f"{warning.radius_km:.2f} km"))
    if warning.unit_id is not None:
        found.append(Fact(T["unit"], names.unit(warning.unit_id)))
    return found


def related(found: Sequence[Warning], names: Names) -> Table:
    """Warnings about the same problem."""
    columns = (
        Column(T["level"], tight=True), Column(T["number"], tight=True), Column(T["sort"], tight=True), Column(T["window"], tight=True),
        Column(T["observed"], number=True), Column(T["state"], tight=True),
    )  # fmt: skip
    rows = [
        (
            Cell(level(one.level)), Cell(one.number, reverse("warnings:warning", args=[one.number])), Cell(words.SORTS[one.sort]),
            Cell(days(one.first_day, one.last_day)), Cell(measured(one)), Cell(_state(one)),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["same"], columns, rows)


def cases(found: Sequence[Any], caption: Any, names: Names) -> Table:
    """Cases as rows that open them."""
    places = names.places(one.territory for one in found)
    columns = (
        Column(T["number"], tight=True), Column(T["title"]), Column(T["place"]), Column(T["kind"]), Column(T["opened"], tight=True),
        Column(T["state"], tight=True),
    )  # fmt: skip
    rows = [
        (
            Cell(one.number, reverse("desk:case", args=[one.number])), Cell(one.title), Cell(places.get(one.territory, "—")),
            Cell(names.kind(one.kind) or "—"), Cell(moment(one.opened_at)), Cell(CASE.by_state[one.state].words),
        )
        for one in found
    ]  # fmt: skip
    return Table(caption, columns, rows)


def moment(at: datetime) -> str:
    """A local time, to the minute."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def timeline(events: Sequence[Event], names: Names) -> list[Happened]:
    """What has happened, newest first."""
    names.remember(event.actor for event in events)
    lines = []
    for event in reversed(events):
        told = [event.facts.get("finding"), event.facts.get("reason")]
        verdict = words.VERDICTS.get(str(event.facts.get("verdict", "")))
        if verdict:
            told.insert(0, said(verdict))
        if event.arrow.name in ("raise", "grow"):
            told.append(
                f"{said(words.LEVELS[event.facts['level']])} · {said(T['observed'])}: {_numbers(event.facts)}"
            )
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


def _numbers(told: Mapping[str, Any]) -> str:
    expected = told.get("expected")
    return f"{told.get('observed')} / {'—' if expected is None else f'{float(expected):.1f}'}"


def precision(found: Mapping[tuple[str, int], Precision]) -> Table:
    """Right among the reviewed, by sort and level; — where none was reviewed."""
    columns = [Column(T["sort"], tight=True)]
    columns += [Column(words.LEVELS[number], number=True) for number in sorted(words.LEVELS)]
    columns.append(Column(T["all"], number=True))
    rows = []
    for sort in rules.SORTS:
        cells = [found.get((sort, number), Precision()) for number in sorted(words.LEVELS)]
        whole = Precision()
        for cell in cells:
            whole = whole.plus(cell)
        rows.append([Cell(words.SORTS[sort]), *(Cell(_rate(cell)) for cell in (*cells, whole))])
    return Table(T["precision"], columns, rows, note=T["precision_hint"])


def _rate(found: Precision) -> str:
    value = found.value
    return "—" if value is None else f"{value:.0%} ({found.right}/{found.right + found.wrong})"


def weekly(found: Weekly) -> list[Fact]:
    """Raised and found wrong a week, against what is accepted."""
    return [
        Fact(T["accepted_rate"], f"{found.accepted:g}"),
        Fact(T["raised_rate"], f"{found.raised:.1f}"),
        Fact(T["wrong_rate"], f"{found.wrong:.1f}"),
    ]


def runs(found: Sequence[Run]) -> Table:
    """The looks."""
    columns = (
        Column(T["day"], tight=True), Column(T["sort"], tight=True), Column(T["at"], tight=True), Column(T["window"], tight=True),
        Column(T["counted"], number=True), Column(T["new"], number=True), Column(T["grown"], number=True),
        Column(T["silent"], number=True), Column(T["seconds"], number=True), Column(T["details"]),
    )  # fmt: skip
    rows = [
        (
            Cell(f"{one.day:%Y-%m-%d}"), Cell(T["live"] if one.live else T["nightly"]), Cell(moment(one.at)),
            Cell(days(one.window_from, one.day)), Cell(f"{one.counted:,}"), Cell(one.new), Cell(one.grown), Cell(one.silent),
            Cell(f"{one.seconds:.1f}"), Cell(_parts(one)),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["runs"], columns, rows)


def _parts(run: Run) -> str:
    told = []
    for sort, name in (
        (rules.CLUSTER, "cluster"),
        (rules.RISE, "rise"),
        (rules.REPEAT, "repeat"),
        (rules.LATE, "late"),
    ):
        count = run.numbers.get(name if name == "late" else f"{name}s")
        if count is not None:
            told.append(f"{said(words.SORTS[sort])} {count} ({run.numbers.get(f'{name}_seconds', 0):.1f} s)")
    return " · ".join(told)


def hindsight(run: Run | None) -> Table | None:
    """Risks said before a look, and what became of those cases."""
    bins = run.numbers.get("hindsight") if run else None
    if run is None or not bins:
        return None
    columns = (
        Column(T["said_risk"], tight=True), Column(T["counted"], number=True), Column(T["late_share"], number=True),
    )  # fmt: skip
    rows = [(Cell(f"{mean:.0%}"), Cell(count), Cell(f"{late:.0%}")) for _low, count, mean, late in bins]
    return Table(T["hindsight"], columns, rows, note=T["hindsight_note"])


def tested(run: Run | None) -> str:
    """How good the risks of lateness were, in a sentence; "" before the first look."""
    if run is None:
        return ""
    brier, average = run.numbers.get("brier"), run.numbers.get("brier_average")
    if brier is None or average is None:
        return in_language(T["no_test"])
    cases = sum(count for _low, count, _said, _late in run.numbers["hindsight"])
    told = in_language(T["brier"]) % {
        "brier": f"{brier:.3f}",
        "average": f"{average:.3f}",
        "cases": f"{cases:,}",
    }
    return f"{told} {in_language(T['brier_worse'])}" if brier >= average else told
