"""Reading results: editions, a unit's score explained, the matters behind each figure, what it was asked to type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from django.db.models import Q

from gongbi.evaluation import computing, reading, reckoning, selecting
from gongbi.evaluation.computing import Inputs, Rated, Upheld
from gongbi.evaluation.models import Appeal, Edition
from gongbi.evaluation.queries_rules import RuleSet, rules_on
from gongbi.evaluation.rules import PLACE, Indicator, needed
from gongbi.insight import queries_tally as tally
from gongbi.insight.counting import Counted
from gongbi.insight.period import Period
from gongbi.insight.queries_tally import Told
from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.scope import below, visible
from gongbi.kernel.scope.viewer import SYSTEM, Viewer, sees_by, sees_unplaced, system
from gongbi.parties import directory
from gongbi.rounds import queries as rounds

PAGE = 100
PARTS = ("denominator", "numerator", "rest", "excluded")
COUNTER = system("evaluation")  # results are of the whole district, whoever has them computed


# --- What results are computed from -------------------------------------------------------------------------------------


def inputs_for(viewer: Viewer, scheme: str, period: str, *, held: RuleSet | None = None) -> Inputs:
    """Rules, units and upheld appeals as they stand for that period. The rules are those that held on its first day."""
    span = reading.period(period)
    found = held or rules_on(viewer, span.first)
    if scheme not in found.schemes:
        raise NotThere(
            "evaluation.no_scheme",
            (
                "没有这个考评方案，请从指标与方案页核对代码。",
                "There is no such scheme; check its code on the page of rules.",
            ),
        )
    one = found.schemes[scheme]
    used = needed(one, found.indicators)
    versions = {
        name: found.versions.get(name, 0)
        for name in (f"scheme:{scheme}", *(f"indicator:{code}" for code in used))
    }
    units = units_rated(viewer, one.classes, span)
    return Inputs(period, one, used, units, upheld(viewer, period, units, used), versions)


def units_rated(viewer: Viewer, classes: Sequence[str], span: Period) -> list[Rated]:
    """Units of these classes that existed at the end of the period."""
    known, found = directory.current(), []
    for unit in known.by_id.values():
        class_ = unit.ranking_class or unit.kind
        there = unit.valid_from < span.end and (unit.valid_to is None or unit.valid_to >= span.end)
        if class_ in classes and there:
            place = unit.territory if len(unit.territory) >= computing.STREET_DIGITS else ""
            found.append(
                Rated(unit.pk, unit.code, (unit.name, unit.name_en or unit.name), class_, known.below(unit.pk), place)
            )  # fmt: skip
    return found


def upheld(
    viewer: Viewer, period: str, units: Sequence[Rated], indicators: Mapping[str, Indicator]
) -> list[Upheld]:
    """The upheld appeals of a period that can change what these units are scored by, by their numbers."""
    held = frozenset().union(*(one.below for one in units))
    by_place = any(one.basis == PLACE for one in indicators.values())
    rows = visible(Appeal, COUNTER).filter(period=period, state="upheld").order_by("pk")
    return [
        Upheld(one.number, one.case_id, frozenset(one.units), one.sort, one.ground)
        for one in rows
        if by_place or held & frozenset(one.units)
    ]


def behind(viewer: Viewer) -> list[str]:
    """Periods with upheld appeals that their results do not hold yet."""
    waiting = visible(Appeal, viewer).filter(state="upheld", entered_at__isnull=True)
    return sorted(set(waiting.values_list("period", flat=True)))


class Counting:
    """The lines of periods, counted once for all schemes that are evaluated together, with their digests."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bool], tuple[dict[Counted, int], str]] = {}

    def of(self, period: str, fine: bool) -> tuple[dict[Counted, int], str]:
        """The counted lines of a period and their digest: two queries the first time."""
        if (period, fine) not in self._kept:
            lines = tally.tallies(COUNTER, [reading.period(period)], fine=fine)[0]
            self._kept[period, fine] = (lines, computing.facts_digest(lines))
        return self._kept[period, fine]


def lines_for(
    viewer: Viewer, inputs: Inputs, counting: Counting | None = None
) -> tuple[dict[Counted, int], str]:
    """The counted lines of the period with the appeals applied, and the digest of the lines without them: two queries, one more with appeals."""
    lines, facts = (counting or Counting()).of(inputs.period, inputs.is_fine)
    if inputs.appeals:
        span = reading.period(inputs.period)
        cases = [one.case_id for one in inputs.appeals]
        told = tally.lines_of_cases(COUNTER, span, cases, fine=inputs.is_fine)
        lines = computing.with_appeals(lines, ((one.case_id, one.counted) for one in told), inputs.appeals)
    return lines, facts


@dataclass(frozen=True, slots=True)
class Recomputed:
    """An edition computed again from its kept inputs and today's lines. ``same``: to the byte."""

    edition: Edition
    body: bytes
    facts_digest: str

    @property
    def same(self) -> bool:
        return self.body == self.edition.body.encode()


def recompute(viewer: Viewer, key: int) -> Recomputed:
    """Compute an edition again from what it kept; writes nothing. Its bytes must come out the same."""
    edition = edition_by_key(key, viewer)
    inputs = computing.inputs_of(orjson.loads(edition.inputs))
    lines, facts = lines_for(viewer, inputs)
    return Recomputed(edition, computing.body(inputs, lines, facts), facts)


# --- Editions -----------------------------------------------------------------------------------------------------------


def _none() -> NotThere:
    return NotThere(
        "evaluation.no_edition",
        (
            "没有这一期的成绩，请换一个周期或方案。",
            "There are no results of this period. Choose another period or scheme.",
        ),
    )


def editions(viewer: Viewer, *, scheme: str = "", period: str = "") -> list[Edition]:
    """Editions, the newest period and edition first; without their bytes."""
    found = visible(Edition, viewer, "list").defer("inputs", "body")
    if scheme:
        found = found.filter(scheme=scheme)
    if period:
        found = found.filter(period=period)
    return list(found.order_by("-first", "scheme", "-number")[:500])


def latest(viewer: Viewer, scheme: str, period: str = "") -> Edition:
    """The newest edition of a scheme's period (its newest period where none is named). NotThere."""
    found = visible(Edition, viewer).filter(scheme=scheme)
    if period:
        found = found.filter(period=period)
    edition = found.order_by("-first", "-number").first()
    if edition is None:
        raise _none()
    return edition


def edition_by_key(key: int, viewer: Viewer) -> Edition:
    """One edition, or NotThere."""
    found = visible(Edition, viewer).filter(pk=key).first() if 0 < key < 2**63 else None
    if found is None:
        raise _none()
    return found


@lru_cache(maxsize=64)
def _parsed(key: int, digest: str, inputs: str, body: str) -> tuple[Inputs, Mapping[str, Any]]:
    return computing.inputs_of(orjson.loads(inputs)), orjson.loads(body)


@dataclass(frozen=True, slots=True)
class Results:
    """An edition, read. ``units``: plain values as the canonical JSON has them (computing._unit), by class and place."""

    edition: Edition
    inputs: Inputs
    plain: Mapping[str, Any]

    def units(self) -> list[Mapping[str, Any]]:
        order = {class_: at for at, class_ in enumerate(self.inputs.scheme.classes)}
        return sorted(
            self.plain["units"], key=lambda one: (order.get(one["class"], 99), one["place"] or 1 << 30, one["code"])
        )  # fmt: skip

    def unit(self, key: int) -> Mapping[str, Any]:
        """One unit's results, or NotThere."""
        for one in self.plain["units"]:
            if one["id"] == key:
                found: Mapping[str, Any] = one
                return found
        raise NotThere(
            "evaluation.no_unit", ("这个单位不在这次考评里。", "This unit is not part of these results.")
        )

    def rated(self, key: int) -> Rated:
        """The unit as it stood, or NotThere."""
        self.unit(key)
        return next(one for one in self.inputs.units if one.id == key)


def results(viewer: Viewer, edition: Edition) -> Results:
    """An edition read back from its bytes. Raises NotThere for one that is not theirs."""
    if viewer.role != SYSTEM:
        edition_by_key(edition.pk, viewer)
    inputs, plain = _parsed(edition.pk, edition.digest, edition.inputs, edition.body)
    return Results(edition, inputs, plain)


def may_open(viewer: Viewer, unit: Rated) -> bool:
    """Whether the viewer may see what is behind a unit's score: the unit itself, and who sees its matters."""
    if viewer.role == SYSTEM or unit.id in viewer.units:
        return True
    if sees_by(viewer.role, viewer.territories) != "territory":
        return False
    return viewer.covers(unit.place) if unit.place else sees_unplaced(viewer.territories)


def must_open(viewer: Viewer, unit: Rated) -> None:
    """Refuse whoever may not see behind a unit's score."""
    if not may_open(viewer, unit):
        raise Forbidden(
            "evaluation.not_yours",
            ("这个单位的成绩明细只对本单位及管辖它的人开放；名次和总分您可以在排名页查看。",
             "What stands behind this unit's score is open to the unit and to those in charge of it; its place and score stand in the ranking."),
        )  # fmt: skip


# --- The matters behind a figure ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changed:
    """A line of an appealed case: where it stood (reckoning.parts_of), where it stands now, by which appeal ("" none changed it)."""

    line: Told
    before: frozenset[str]
    now: frozenset[str]
    number: str


@dataclass(frozen=True, slots=True)
class Matters:
    """A page of the lines behind one part of a figure. ``changed``: lines of appealed cases that stand or stood in the part.
    ``total``: what the figure shows for the part."""

    lines: Sequence[Told]
    total: int
    after: tuple[datetime, int] | None
    changed: Sequence[Changed]


def matters(
    viewer: Viewer,
    found: Results,
    unit: Rated,
    code: str,
    part: str,
    *,
    after: tuple[datetime, int] | None = None,
    size: int = PAGE,
) -> Matters:
    """The very lines that a figure counts, oldest first, as they were known at the end of the period; appealed cases stand apart."""
    must_open(viewer, unit)
    one = found.inputs.indicators.get(code)
    if one is None or part not in PARTS:
        raise NotThere("evaluation.no_part", ("没有这个指标或部分。", "There is no such indicator or part."))
    span = reading.period(found.inputs.period)
    mine = _mine(one, unit)
    appealed = sorted({appeal.case_id for appeal in found.inputs.appeals})
    where = selecting.part(one.read, part, span.end) & mine
    lines, total, more = tally.lines_where(
        COUNTER, span, where & ~Q(case_id__in=appealed), after=after, size=size
    )
    changed = _changed(found, one, unit, span) if appealed else []
    following = (lines[-1].at, lines[-1].key) if more else None
    shown = [row for row in changed if part in row.before | row.now]
    return Matters(lines, total + sum(part in row.now for row in changed), following, [] if after else shown)


def _mine(one: Indicator, unit: Rated) -> Q:
    if one.basis == PLACE:
        return below("territory", [unit.place]) if unit.place else Q(pk__in=[])
    return Q(unit_id__in=sorted(unit.below))


def _changed(found: Results, one: Indicator, unit: Rated, span: Period) -> list[Changed]:
    """Every line of an appealed case of this unit: where it stood before, where it stands now, by which appeal."""
    rows = []
    appeals = found.inputs.appeals
    for line in tally.lines_of_cases(COUNTER, span, [appeal.case_id for appeal in appeals], fine=True):
        counted = line.counted
        held = (
            counted.place.startswith(unit.place) and bool(unit.place)
            if one.basis == PLACE
            else counted.unit in unit.below
        )
        if not held:
            continue
        now, number = counted, ""
        for appeal in appeals:
            if appeal.case_id == line.case_id:
                after = appeal.changed(now)
                number = appeal.number if after != now else number
                now = after
        before, then = reckoning.parts_of(one.read, counted), reckoning.parts_of(one.read, now)
        if before or then:
            rows.append(Changed(line, before, then, number))
    return rows


def burden(viewer: Viewer, unit: Rated, span: Period) -> list[Any]:
    """Minutes of typing that the unit and those below it asked of their workers in the period, by form (rounds.queries.Asked)."""
    must_open(viewer, unit)
    asked = rounds.minutes_asked(COUNTER, first=span.first, last=span.last)
    return [one for one in asked if one.unit_id in unit.below]
