"""How good a classifier's probabilities are, and how sure it must be to be right as often as asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

UNSURE = 0.05  # share of models whose promise of precision may be broken


@dataclass(frozen=True, slots=True)
class Scores:
    """How well predictions match: over all texts, and averaged over labels (macro-F1). ``log_loss`` in
    nats.
    """

    n: int
    accuracy: float
    macro_f1: float
    top3: float
    log_loss: float
    calibration_error: float  # expected calibration error, ten equal bins of confidence
    abstained: float
    accuracy_when_sure: float
    per_label: dict[str, tuple[int, float]] = field(default_factory=dict)  # label → (texts, F1)

    def as_dict(self) -> dict[str, Any]:
        names = ("n", "accuracy", "macro_f1", "top3", "log_loss", "calibration_error", "abstained")
        return {name: getattr(self, name) for name in (*names, "accuracy_when_sure")}


def calibration_error(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], bins: int = 10
) -> float:
    """Expected calibration error in ``bins`` equal bins of confidence (Naeini, Cooper and Hauskrecht 2015)."""
    group = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = np.bincount(group, weights=right.astype(np.float64) - confidence, minlength=bins)
    return float(np.abs(gap).sum() / confidence.size)


def error_by_chance(
    chances: npt.NDArray[np.float64], *, seed: int, rounds: int = 2000, bins: int = 10
) -> npt.NDArray[np.float64]:
    """Calibration errors (rounds,) of a model whose probabilities (n, k) are true to the letter, for these texts: each answer is right
    with the probability told of it, drawn anew each round (Bröcker and Smith 2007, "Increasing the Reliability of Reliability Diagrams").
    """
    confidence = chances.max(axis=1)
    drawn = np.random.default_rng(seed).random((rounds, confidence.size)) < confidence
    return np.array([calibration_error(confidence, right, bins) for right in drawn])


def error_interval(
    chances: npt.NDArray[np.float64],
    y: npt.NDArray[np.int64],
    *,
    seed: int,
    rounds: int = 2000,
    bins: int = 10,
) -> tuple[float, float]:
    """Where the calibration error lies nine times in ten: bootstrap over the texts. ``chances`` (n, k), ``y`` (n,).

    An error cannot fall below nought, so that resampling alone makes it larger; the quantiles are turned round the error itself (the
    basic bootstrap: Davison and Hinkley 1997, §5.2) and cut at nought.
    """
    confidence, right = chances.max(axis=1), chances.argmax(axis=1) == y
    own = calibration_error(confidence, right, bins)
    some = np.random.default_rng(seed).integers(0, y.size, (rounds, y.size))
    drawn = np.array([calibration_error(confidence[rows], right[rows], bins) for rows in some])
    low, high = np.quantile(drawn, (0.05, 0.95))
    return max(0.0, float(2 * own - high)), max(0.0, float(2 * own - low))


def evaluate(
    predicted: Sequence[npt.NDArray[np.float64]] | npt.NDArray[np.float64],
    names: Sequence[str],
    truth: Sequence[str],
    threshold: float = 0.0,
) -> Scores:
    """Score probability rows (n, k) in the order of ``names`` against ``truth`` (n,).

    A true label that the model does not know counts as wrong, never as left out.
    """
    chances = np.asarray(predicted, dtype=np.float64)
    index = {name: place for place, name in enumerate(names)}
    target = np.array([index.get(label, -1) for label in truth])
    n = target.size
    if n == 0 or chances.shape != (n, len(names)):
        raise ValueError("evaluate needs one row of probabilities per text, and at least one text")
    best = chances.argmax(axis=1)
    confidence = chances[np.arange(n), best]
    right = best == target
    order = np.argsort(-chances, axis=1)[:, :3]
    true_chance = np.where(target >= 0, chances[np.arange(n), target], 0.0)
    per_label: dict[str, tuple[int, float]] = {}
    for label in sorted(set(truth)):
        place = index.get(label, -1)
        hit = int(np.sum((best == place) & (target == place))) if place >= 0 else 0
        of_label = sum(1 for t in truth if t == label)
        called = int(np.sum(best == place)) if place >= 0 else 0
        per_label[label] = (of_label, 2 * hit / (of_label + called))
    sure = confidence >= threshold
    return Scores(
        n=int(n),
        accuracy=float(right.mean()),
        macro_f1=float(np.mean([f1 for _count, f1 in per_label.values()])),
        top3=float(np.mean([t in row for t, row in zip(target, order, strict=True)])),
        log_loss=float(-np.log(np.maximum(true_chance, 1e-12)).mean()),
        calibration_error=calibration_error(confidence, right),
        abstained=float(1 - sure.mean()),
        accuracy_when_sure=float(right[sure].mean()) if sure.any() else float("nan"),
        per_label=per_label,
    )


def precision_curve(
    chances: npt.NDArray[np.float64], y: npt.NDArray[np.int64], forms: npt.NDArray[np.intp] | None = None
) -> npt.NDArray[np.float64]:
    """``(confidence, share right, promised)`` (m, 3): of the held-out proposals at least so confident, how many were right.

    ``promised``: what may be promised of unseen texts: the lower bound of the share right that is true nineteen times in twenty (Clopper
    and Pearson 1934; Geifman and El-Yaniv 2017, "Selective Classification for Deep Neural Networks"), and not above the share right
    of the texts of any of the ``forms`` (n,) alone. Falling confidence; at most 400 points. ``chances`` (n, k), ``y`` (n,).
    """
    confidence = chances.max(axis=1)
    right = chances.argmax(axis=1) == y
    order = np.argsort(-confidence, kind="stable")
    said = np.arange(1, y.size + 1)
    hits = np.cumsum(right[order])
    promised = np.where(hits > 0, beta.ppf(UNSURE, np.maximum(hits, 1), said - hits + 1), 0.0)
    if forms is not None:
        for form in np.unique(forms):
            own = forms[order] == form
            promised = np.minimum(promised, np.cumsum(right[order] & own) / np.maximum(np.cumsum(own), 1))
    last = np.append(np.diff(confidence[order]) != 0, True)  # of equal confidences the last stands for all
    places = np.flatnonzero(last)
    if places.size > 400:
        places = places[np.linspace(0, places.size - 1, 400).astype(int)]
    return np.column_stack([confidence[order][places], (hits / said)[places], promised[places]])


def threshold_for(curve: npt.NDArray[np.float64], precision: float, *, promised: bool = False) -> float:
    """The lowest confidence from which at least ``precision`` of the held-out proposals were right; above 1 if none is.

    ``promised``: from which so many will be right of unseen ones too, see :func:`precision_curve`. Raises ``ValueError`` when
    ``precision`` is not in 0–1.
    """
    if not 0 <= precision <= 1:
        raise ValueError(f"precision: between 0 and 1, please, not {precision}")
    good = np.flatnonzero(curve[:, 2 if promised else 1] >= precision)
    return float(curve[good[-1], 0]) if good.size else 1.01
