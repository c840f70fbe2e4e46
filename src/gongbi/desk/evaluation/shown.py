"""From results to the tables that people see. No rule and no query here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from gongbi.evaluation import phrasing, words
from gongbi.evaluation.models import Appeal, Edition
from gongbi.evaluation.queries import Changed, Results
from gongbi.evaluation.rules import Indicator
from gongbi.insight import words as board
from gongbi.insight.lines import What
from gongbi.insight.queries import Row
from gongbi.insight.queries_tally import Told
from gongbi.kernel.errors import in_language
from gongbi.look.furniture import Cell, Column, Fact, Table
from gongbi.look.templatetags.look import chip, percent, state

T = words.TEXTS
Plain = Mapping[str, Any]


def moment(at: datetime | None) -> str:
    """A time, to the minute."""
    return "—" if at is None else f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def points(value: float | None) -> str:
    """Points with two decimals; — for none."""
    return "—" if value is None else f"{value:.2f}"


def between(ends: Sequence[float] | None) -> str:
    """Two ends, with one decimal."""
    return "—" if ends is None else f"{ends[0]:.1f}–{ends[1]:.1f}"


def pair(value: Sequence[str]) -> tuple[str, str]:
    """(zh, en) out of JSON."""
    return value[0], value[1]


def amount(value: float | None) -> str:
    """A number that is mostly whole."""
    return "—" if value is None else f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def rankings(found: Results, before: Results | None) -> list[Table]:
    """One table a class: who stands where, how sure that is, and how it was before."""
    earlier = {one["id"]: one for one in before.plain["units"]} if before else {}
    tables = []
    for class_ in found.inputs.scheme.classes:
        columns = (
            Column(T["unit"]), Column(T["place"], number=True), Column(T["places"], number=True), Column(T["score"], number=True),
            Column(T["interval"], number=True), Column(T["before"], number=True),
        )  # fmt: skip
        rows = [
            _ranked(one, earlier.get(one["id"]), found) for one in found.units() if one["class"] == class_
        ]
        if rows:
            tables.append(Table(words.class_words(class_), columns, rows))
    return tables


def _ranked(one: Plain, before: Plain | None, found: Results) -> list[Cell]:
    places = one["places"]
    was = "—" if before is None else points(before["score"])
    if before is not None and before["place"]:
        was += f" · {in_language(T['of']) % {'place': before['place'], 'peers': before['peers']}}"
    return [
        Cell(pair(one["words"]), reverse("evaluation:unit", args=[found.edition.pk, one["id"]])),
        Cell(words.WHY[one["why"]] if one["why"] else one["place"]),
        Cell("—" if places is None else in_language(T["between"]) % {"best": places[0], "worst": places[1]}),
        Cell(points(one["score"])),
        Cell(between(one["between"])),
        Cell(was),
    ]


def editions(found: Sequence[Edition], current: Edition) -> Table:
    """Every edition of the period: none is ever changed."""
    columns = (
        Column(T["edition_head"], tight=True), Column(T["why"]), Column(T["made_at"], tight=True), Column(T["digest"]),
    )  # fmt: skip
    rows = [
        [
            Cell(
                _edition(one),
                "" if one.pk == current.pk else f"{reverse('evaluation:ranking')}?edition={one.pk}",
            ),
            Cell(words.REASONS[one.why]),
            Cell(moment(one.made_at)),
            Cell(f"{one.digest[:16]}…"),
        ]
        for one in found
    ]
    return Table(T["editions"], columns, rows)


def _edition(one: Edition) -> str:
    return in_language(T["edition"]) % {"number": one.number}


# --- One unit -----------------------------------------------------------------------------------------------------------


def summary(one: Plain, found: Results) -> list[Fact]:
    """The answer first."""
    facts = [Fact(T["score"], points(one["score"]), words.WHY.get(one["why"], ""))]
    if one["place"]:
        told = in_language(T["of"]) % {"place": one["place"], "peers": one["peers"]}
        best, worst = one["places"]
        note = "" if best == worst else f"{in_language(T['places'])} {best}–{worst}"
        facts.append(Fact(T["place"], told, note))
    facts.append(Fact(T["interval"], between(one["between"])))
    facts.append(Fact(T["scheme"], found.inputs.scheme.words, found.inputs.scheme.source))
    return facts


def value_words(figure: Plain, one: Indicator) -> str:
    """A share in per cent, another ratio as a number, — where it does not apply."""
    if figure["value"] is None:
        return "—"
    if one.read.is_share:
        return percent(int(figure["above"]), int(figure["below"]))
    return amount(figure["value"]) if one.read.is_count else f"{figure['value']:.3f}"


def explained(one: Plain, found: Results) -> Table:
    """How the score comes about: each indicator, what it is made of, its points, its weight, what it adds."""
    columns = (
        Column(T["indicator"]), Column(T["value"], number=True), Column(T["interval"], number=True), Column(T["counted"], number=True),
        Column(T["left_out"], number=True), Column(T["points"], number=True), Column(T["weight"], number=True), Column(T["adds"], number=True),
    )  # fmt: skip
    rows = []
    for item in one["items"]:
        code = item["indicator"]
        indicator, figure = found.inputs.indicators[code], one["indicators"][code]
        here = reverse("evaluation:matters", args=[found.edition.pk, one["id"], code])
        left = sum(figure["left_out"].values())
        ends = figure["between"]
        worked = item["worked"]
        adds = None if worked is None or item["points"] is None else worked * item["points"]
        rows.append(
            [
                Cell(indicator.words, here),
                Cell(value_words(figure, indicator) if figure["value"] is not None else T["not_applicable"]),
                Cell(between(None if ends is None else [100 * end for end in ends])),
                Cell(f"{amount(figure['above'])} / {amount(figure['below'])}", f"{here}?part=numerator"),
                Cell(left, f"{here}?part=excluded" if left else ""),
                Cell(points(item["points"])),
                Cell(weight(item["weight"], worked)),
                Cell(points(adds)),
            ]
        )
    for plain, minus in zip(one["minus"], found.inputs.scheme.minus, strict=True):
        empty = [Cell("—")] * 2
        rows.append(
            [Cell(minus.words), Cell(amount(plain["count"])), *empty, Cell("—"), Cell("—"), Cell(T["minus"]), Cell(f"−{points(plain['points'])}")]
        )  # fmt: skip
    foot = [Cell(T["total"]), *([Cell("")] * 6), Cell(points(one["score"]))]
    return Table(T["explained"], columns, rows, foot)


def weight(given: str, worked: float | None) -> str:
    """The weight of the scheme, and what it came to where another's was spread over it."""
    same = worked is None or abs(worked - float(Fraction(given))) < 1e-6
    return given if same else f"{given} → {worked:.4f}"


def definition(one: Indicator, number: int) -> list[Fact]:
    """What an indicator counts, in its own words."""
    return [
        Fact(T["numerator"], phrasing.amount(one.read.numerator), code(one.numerator)),
        Fact(T["denominator"], phrasing.amount(one.read.denominator), code(one.denominator)),
        Fact(
            T["exclusions"],
            phrasing.condition(one.read.exclusions),
            code(one.exclusions) if one.exclusions else "",
        ),
        Fact(T["basis"], words.BASES[one.basis]),
        Fact(T["better"], words.BETTER[one.better]),
        Fact(
            T["classes"], joined(words.class_words(class_) for class_ in one.classes) if one.classes else "—"
        ),
        Fact(T["periods"], joined(words.PERIODS[sort] for sort in one.periods)),
        Fact(T["source"], one.source, T["verified" if one.verified else "unverified"]),
        Fact(T["version"], version(number)),
    ]


def code(text: str) -> SafeString:
    """A piece of the language."""
    return format_html_join("", "<code>{}</code>", [(text,)])


def joined(parts: Any) -> str:
    """Several words in one line, in the reader's language."""
    return str(in_language(("、", ", "))).join(str(in_language(part)) for part in parts)


def version(number: int) -> Any:
    """``version 3``, or as shipped."""
    return in_language(T["version_n"]) % {"number": number} if number else T["shipped"]


# --- The matters behind a figure ----------------------------------------------------------------------------------------


def _row(line: Told) -> Row:
    counted, flags = line.counted, line.counted.flags
    return Row(
        line.key, line.case_id, line.report_id, counted.unit, line.territory, counted.kind, counted.channel, line.at, line.done_at,
        flags.late, counted.ground, flags.result, flags.spoiled, flags.exempt,
    )  # fmt: skip


def outcome(line: Told) -> SafeString:
    """What became of a line, as chips."""
    marks = list(board.marks(What(line.counted.what), _row(line)))
    if line.counted.excluded:
        marks.append((board.ground(line.counted.ground), "quiet"))
    return format_html_join(" ", "{}", [(chip(text, tone),) for text, tone in marks])


def matters(
    lines: Sequence[Told],
    cases: Mapping[int, Any],
    appeals: Mapping[int, Appeal],
    ask: Any,
) -> Table:
    """The matters behind a figure, each with the way to appeal where that is open."""
    columns = [
        Column(T["number"], tight=True), Column(T["counts_at"], tight=True), Column(T["done_at"], tight=True), Column(T["outcome"]),
        Column(T["appeal"], tight=True),
    ]  # fmt: skip
    rows = [
        [_case(line.case_id, cases), Cell(moment(line.at)), Cell(moment(line.done_at)), Cell(outcome(line)), _appeal(line.case_id, cases, appeals, ask)]
        for line in lines
    ]  # fmt: skip
    return Table(T["matters"], columns, rows)


def _case(key: int, cases: Mapping[int, Any]) -> Cell:
    case = cases.get(key)
    return Cell(T["outside"]) if case is None else Cell(case.number, reverse("desk:case", args=[case.number]))


def _appeal(key: int, cases: Mapping[int, Any], appeals: Mapping[int, Appeal], ask: Any) -> Cell:
    if key in appeals:
        return Cell(T["appealed"], reverse("evaluation:appeal", args=[appeals[key].number]))
    href = ask(key) if key in cases else ""
    return Cell(T["appeal"], href) if href else Cell("—")


def changed(rows: Sequence[Changed], cases: Mapping[int, Any]) -> Table:
    """Lines of appealed cases: where they stood and where they stand."""
    columns = (
        Column(T["number"], tight=True), Column(T["counts_at"], tight=True), Column(T["was"]), Column(T["now"]), Column(T["by_appeal"], tight=True),
    )  # fmt: skip
    lines = [
        [
            _case(row.line.case_id, cases), Cell(moment(row.line.at)), Cell(_parts(row.before)), Cell(_parts(row.now)),
            Cell(row.number, reverse("evaluation:appeal", args=[row.number])) if row.number else Cell("—"),
        ]
        for row in rows
    ]  # fmt: skip
    return Table(T["changed"], columns, lines)


def _parts(found: frozenset[str]) -> Any:
    for name in ("excluded", "numerator", "rest"):
        if name in found:
            return words.PARTS[name]
    return T["not_counted"]


def burden(asked: Sequence[Any]) -> Table:
    """Minutes of typing by form."""
    columns = (
        Column(T["form"]),
        Column(T["entries"], number=True),
        Column(T["minutes"], number=True),
        Column(T["workers"], number=True),
    )
    by_form: dict[str, list[float]] = {}
    for one in asked:
        sums = by_form.setdefault(one.form, [0, 0.0, 0])
        sums[0] += one.entries
        sums[1] += one.minutes
        sums[2] += one.workers
    rows = [
        [Cell(form or "—"), Cell(amount(sums[0])), Cell(f"{sums[1]:.1f}"), Cell(amount(sums[2]))]
        for form, sums in sorted(by_form.items(), key=lambda pair: -pair[1][1])
    ]
    return Table(T["burden"], columns, rows, note=T["burden_hint"])


def appeals(found: Sequence[Appeal], names: Any, cases: Mapping[int, Any]) -> Table:
    """A list of appeals."""
    columns = (
        Column(T["number"], tight=True), Column(T["unit"]), Column(T["period"], tight=True), Column(T["case"], tight=True), Column(T["sort"]),
        Column(T["state"], tight=True),
    )  # fmt: skip
    rows = [
        [
            Cell(one.number, reverse("evaluation:appeal", args=[one.number])), Cell(names.unit(one.asked_unit)), Cell(one.period),
            _case(one.case_id, cases), Cell(words.SORTS[one.sort]), Cell(state(one)),
        ]
        for one in found
    ]  # fmt: skip
    return Table(T["appeals"], columns, rows)
