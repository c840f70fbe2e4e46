"""A change of rule tried out on the year before: every unit's score and place as it was and as it would have been. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from gongbi.evaluation import computing, queries, reading
from gongbi.evaluation.computing import Inputs, Scored
from gongbi.evaluation.queries_rules import SCHEME, RuleSet, rules_on
from gongbi.evaluation.rules import Indicator, Ranked, Scheme, needed
from gongbi.insight import queries_tally as tally
from gongbi.kernel.scope.viewer import Viewer


def compare(kind: str, one: Indicator | Scheme, *, viewer: Viewer, today: date) -> dict[str, Any]:
    """What the rule would have changed in the periods that ended in the year before ``today``: plain values, by scheme.

    One pass over the lines of all these periods; upheld appeals are left out on both sides. ``units``: one row for each unit and period
    whose score or place differs, ``same`` how many do not.
    """
    now = rules_on(viewer, today)
    then = now.with_rule(kind, one)
    touched = [
        code for code, scheme in then.schemes.items() if (kind == SCHEME and code == one.code)
        or (kind != SCHEME and one.code in needed(scheme, then.indicators))
    ]  # fmt: skip
    told: dict[str, Any] = {"schemes": []}
    for code in touched:
        told["schemes"].append(_scheme(code, now, then, viewer, today))
    return told


def _scheme(code: str, now: RuleSet, then: RuleSet, viewer: Viewer, today: date) -> dict[str, Any]:
    periods = reading.last_year(then.schemes[code].period, today)
    spans = [reading.period(name) for name in periods]
    pairs = [(_inputs(code, now, name, viewer), _inputs(code, then, name, viewer)) for name in periods]
    fine = any(one is not None and one.is_fine for pair in pairs for one in pair)
    counted = tally.tallies(queries.COUNTER, spans, fine=fine)
    rows: list[dict[str, Any]] = []
    same = 0
    for name, (old, new), lines in zip(periods, pairs, counted, strict=True):
        assert new is not None
        before, places = computing.scores(old, lines) if old is not None else ([], {})
        after, new_places = computing.scores(new, lines)
        by_key = {found.unit.id: found for found in before}
        for found in after:
            row = _row(name, by_key.get(found.unit.id), places, found, new_places)
            if row is None:
                same += 1
            else:
                rows.append(row)
    return {
        "scheme": code,
        "words": list(then.schemes[code].words),
        "periods": periods,
        "units": rows,
        "same": same,
    }


def _inputs(code: str, held: RuleSet, period: str, viewer: Viewer) -> Inputs | None:
    if code not in held.schemes:
        return None
    scheme = held.schemes[code]
    units = queries.units_rated(viewer, scheme.classes, reading.period(period))
    return Inputs(period, scheme, needed(scheme, held.indicators), units)


def _row(
    period: str, old: Scored | None, places: dict[int, Ranked], new: Scored, new_places: dict[int, Ranked]
) -> dict[str, Any] | None:
    scores: Sequence[float | None] = [
        None if one is None or one.score is None else float(round(one.score, 6)) for one in (old, new)
    ]
    ranks = [found[new.unit.id].place if new.unit.id in found else None for found in (places, new_places)]
    if scores[0] == scores[1] and ranks[0] == ranks[1]:
        return None
    return {
        "period": period,
        "unit": new.unit.id,
        "words": list(new.unit.words),
        "scores": list(scores),
        "places": ranks,
    }
