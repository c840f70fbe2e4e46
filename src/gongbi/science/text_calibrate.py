"""Decision values to probabilities that come true: factors and a doubt, for running texts and for lists of words apart.

The probability of a label is ``(1 - doubt) · softmax(separators · s + leaves · l) + doubt / k``. The factors of the two scores are a
temperature for each (Guo et al. 2017, "On Calibration of Modern Neural Networks", §4.2; stacking: Wolpert 1992). The doubt is the share of
messages that no score tells anything about (wrongly labelled, about two things): without it the surest answers claim to be surer than any
can be (as the bounded ends of beta calibration: Kull, Silva Filho and Flach 2017). All are fitted on texts that were held out.

A text as a list of words has lost its stop words and its punctuation: its separators tell more and the names of leaves less than on running
text, so what is fitted on one form is wrong for the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

RUNNING, WORDS = 0, 1  # forms of a text
ENOUGH = 100  # held-out texts of a form from which on it gets factors of its own
START = (1.5, 30.0)  # of separators and of leaves, for decision values and likeness as they are
DOUBT = 0.02  # what the doubt is drawn towards, as if a few texts had shown it
_FIRM = 0.5  # how firmly, in nats a squared unit of its log-odds
_BOUNDS = (-2.5, 4.5)
Chances = npt.NDArray[np.float64]
Factors = npt.NDArray[np.float64]  # (3,): separators, leaves, doubt


def softmax(values: npt.NDArray[np.float64]) -> Chances:
    """Along the last axis, without overflow."""
    shifted = np.asarray(values, dtype=np.float64)
    shifted = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    total: Chances = shifted / shifted.sum(axis=-1, keepdims=True)
    return total


def doubtful(chances: Chances, doubt: npt.NDArray[np.float64] | float) -> Chances:
    """``chances`` (n, k) mixed with a share ``doubt`` (n,) of equal ones."""
    share = np.asarray(doubt, dtype=np.float64)[..., None]
    out: Chances = (1 - share) * chances + share / chances.shape[-1]
    return out


def fit(scores: Sequence[npt.NDArray[np.float64]], y: npt.NDArray[np.int64]) -> Factors:
    """Factors for the least log-loss on held-out ``scores``, one or two of (n, k), with labels ``y`` (n,)."""
    rows, parts = np.arange(y.size), len(scores)
    centre = np.log(DOUBT / (1 - DOUBT))

    def loss(free: npt.NDArray[np.float64]) -> float:
        total = sum(np.exp(log) * score for log, score in zip(free[:parts], scores, strict=True))
        chances = doubtful(softmax(np.asarray(total)), 1 / (1 + np.exp(-free[parts])))[rows, y]
        drawn = _FIRM * (free[parts] - centre) ** 2 / y.size
        return float(-np.log(np.maximum(chances, 1e-12)).mean() + drawn + 1e-6 * np.sum(free[:parts] ** 2))

    start = np.array([*np.log(START[:parts]), centre])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[*[_BOUNDS] * parts, (-8.0, 0.0)]).x
    factors = np.zeros(3)
    factors[:parts] = np.exp(found[:parts])
    factors[2] = 1 / (1 + np.exp(-found[parts]))
    return factors


def fit_forms(
    scores: Sequence[npt.NDArray[np.float64]], y: npt.NDArray[np.int64], forms: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Factors (2, 3) of both forms; ``forms`` (n,). A form with too few texts gets those of all texts, or of the other."""
    places = [np.flatnonzero(forms == form) for form in (RUNNING, WORDS)]
    if min(place.size for place in places) < ENOUGH:
        # The few would not be heard beside the many of another form, which says little about them.
        most = max(places, key=len) if max(place.size for place in places) >= ENOUGH else np.arange(y.size)
        return np.tile(fit([score[most] for score in scores], y[most]), (2, 1))
    return np.stack([fit([score[place] for score in scores], y[place]) for place in places])


def apply(
    scores: Sequence[npt.NDArray[np.float64]], factors: npt.NDArray[np.float64], forms: npt.NDArray[np.intp]
) -> Chances:
    """Probabilities (n, k) of texts of these ``forms`` (n,)."""
    own = factors[forms]
    total = sum(own[:, place, None] * score for place, score in enumerate(scores))
    return doubtful(softmax(np.asarray(total)), own[:, 2])
