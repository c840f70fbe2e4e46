"""Weights of evidence learnt from reports that people have marked as being of a matter that was open already.

A report that is marked says only *that* it repeats one, not which: the likest of its candidates is taken for it, the others say nothing. All
candidates of a report that is not marked are pairs of two matters. The broken lines are fitted together by logistic regression with
a small ridge.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from gongbi.science.matching import Floats, Line, OpenMatters, Report, Weights

NEAR = (0.0, 5.0, 20.0, 50.0, 150.0)
RECENT = (0.0, 0.002, 0.02, 0.2, 0.6, 1.0, 1.6, 2.5, 3.5, 5.0, 8.0, 15.0, 30.0, 60.0)
WORDS = (0.0, 0.15, 0.3, 0.5, 0.7, 0.9, 1.0)


def _hats(knots: tuple[float, ...], x: Floats) -> Floats:
    """One column a knot: 1 there, 0 at the neighbours, linear between (n, len(knots))."""
    return np.column_stack([np.interp(x, knots, unit) for unit in np.eye(len(knots))])


def fit(marked: Iterable[tuple[Report, bool]], start: Weights, *, ridge: float = 1.0) -> Weights:
    """Weights from (report, whether it repeats an open matter) in the order of time. ``start``: its radius and days are kept, and it
    says which candidate of a marked report is meant. Raises ValueError when only one of the two sorts has a candidate."""
    parts: list[tuple[Floats, Floats, Floats, Floats]] = []
    truth: list[Floats] = []
    matters = OpenMatters(start)
    for report, repeats in marked:
        rows, metres, days, kinds, likeness = matters.compare(report)
        if rows.size:
            best = int(np.lexsort((-rows, -start.log_odds(metres, days, kinds, likeness)))[0])
            kept = slice(best, best + 1) if repeats else slice(None)
            parts.append((metres[kept], days[kept], kinds[kept].astype(np.float64), likeness[kept]))
            truth.append(np.full(parts[-1][0].size, float(repeats)))
        if repeats and rows.size:
            matters.join(matters.first[int(rows[best])], report)
        else:
            matters.add(report)
    y = np.concatenate(truth) if truth else np.zeros(0)
    if y.size == 0 or y.min() == y.max():
        raise ValueError(
            "marked: both reports that repeat an open matter and reports that do not must have candidates"
        )
    metres, days, sort, likeness = (np.concatenate(column) for column in zip(*parts, strict=True))
    nowhere = np.isnan(metres)
    columns = np.column_stack(
        [
            np.ones(y.size),
            nowhere,
            _hats(NEAR, np.where(nowhere, 0.0, metres)) * ~nowhere[:, None],
            _hats(RECENT, days),
            _hats(WORDS, likeness),
            sort[:, None] == np.arange(3),
        ]
    ).astype(np.float64)
    penalty = np.full(columns.shape[1], ridge)
    penalty[0] = 0.0
    sign = 2 * y - 1

    def loss(w: Floats) -> tuple[float, Floats]:
        z = sign * (columns @ w)
        gradient = columns.T @ (-sign * expit(-z)) + penalty * w
        return float(np.logaddexp(0, -z).sum() + 0.5 * (penalty * w) @ w), gradient

    w = minimize(loss, np.zeros(columns.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    cut = np.cumsum([1, 1, len(NEAR), len(RECENT), len(WORDS)])
    values = [tuple(round(float(v), 3) for v in part) for part in np.split(w, cut)]
    return replace(
        start,
        base=values[0][0],
        placeless=values[1][0],
        near=Line(NEAR, values[2]),
        recent=Line(RECENT, values[3]),
        words=Line(WORDS, values[4]),
        kind=(values[5][0], values[5][1], values[5][2]),
    )
