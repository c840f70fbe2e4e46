"""Training of :class:`gongbi.science.text.Model`: sparse TF-IDF of character pieces, one linear separator
per label.

The separators are linear support vector machines (scikit-learn's liblinear); one temperature for all labels
is fitted on the
decision values of held-out folds, so that the probabilities are honest on texts the model has not seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from gongbi.science.text import Model, normal, pieces, softmax

MAX_BYTES = 24_000_000  # of weights kept
MIN_TEXTS = 2  # a label with fewer texts cannot be learnt and held out
FOLDS = 3
SURE = 0.8  # the abstention threshold is set so that at least this share of the held-out proposals is right
_COST = 0.5


def _count(texts: Sequence[str]) -> tuple[csr_array[Any, Any], npt.NDArray[np.uint64]]:
    """Counts (n, v) over the distinct pieces of all texts, and their hashes (v,), sorted."""
    parts = [np.unique(pieces(normal(text))[0], return_counts=True) for text in texts]
    sizes = np.array([hashes.size for hashes, _counts in parts], dtype=np.int64)
    everything = (
        np.concatenate([hashes for hashes, _counts in parts]) if parts else np.zeros(0, dtype=np.uint64)
    )
    vocabulary, columns = np.unique(everything, return_inverse=True)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    values = np.concatenate([counts for _hashes, counts in parts]).astype(np.float32)
    return csr_array((values, columns, starts), shape=(len(texts), vocabulary.size)), vocabulary


def _weighted(counts: csr_array[Any, Any], idf: npt.NDArray[np.float32]) -> csr_array[Any, Any]:
    """Sub-linear TF × IDF, rows of unit length."""
    out = counts.copy()
    out.data = (1 + np.log(out.data)).astype(np.float32) * idf[out.indices]
    squares = csr_array((out.data**2, out.indices, out.indptr), shape=out.shape).sum(axis=1)
    norms = np.sqrt(np.asarray(squares).ravel())
    norms[norms == 0] = 1
    out.data /= np.repeat(norms, np.diff(out.indptr)).astype(np.float32)
    return out


def _separate(
    x: csr_array[Any, Any], y: npt.NDArray[np.int64], k: int, seed: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Weights (v, k) and bias (k,); a label absent from ``y`` gets weights that never win."""
    # liblinear takes 32-bit indices only
    x = csr_array((x.data, x.indices.astype(np.int32), x.indptr.astype(np.int32)), shape=x.shape)
    machine = LinearSVC(C=_COST, class_weight="balanced", random_state=seed, max_iter=3000)
    machine.fit(x, y)
    weights = np.zeros((x.shape[1], k), dtype=np.float32)
    bias = np.full(k, -5.0, dtype=np.float32)
    coefficients, intercepts = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        coefficients = np.vstack([-coefficients[0], coefficients[0]])
        intercepts = np.array([-intercepts[0], intercepts[0]])
    weights[:, machine.classes_] = coefficients.T
    bias[machine.classes_] = intercepts
    return weights, bias


def _temperature(decisions: npt.NDArray[np.float64], y: npt.NDArray[np.int64]) -> float:
    def loss(log_t: float) -> float:
        chances = softmax(decisions / np.exp(log_t))
        return float(-np.log(np.maximum(chances[np.arange(y.size), y], 1e-12)).mean())

    found = minimize_scalar(loss, bounds=(-4.0, 2.0), method="bounded")
    return float(np.exp(found.x))


def _threshold(chances: npt.NDArray[np.float64], y: npt.NDArray[np.int64]) -> float:
    """The lowest confidence from which the held-out proposals are right at least ``SURE`` of the time."""
    confidence = chances.max(axis=1)
    right = chances.argmax(axis=1) == y
    order = np.argsort(-confidence, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, y.size + 1)
    good = np.flatnonzero(share >= SURE)
    return float(confidence[order][good[-1]]) if good.size else 1.0


def train(texts: Sequence[str], labels: Sequence[str], *, seed: int, max_bytes: int = MAX_BYTES) -> Model:
    """Fit on labelled texts. Deterministic for one seed and one order of texts.

    Labels with fewer than ``MIN_TEXTS`` texts are left out. Raises ``ValueError`` when fewer than two labels remain.
    """
    if len(texts) != len(labels):
        raise ValueError("as many labels as texts, please")
    tally = Counter(labels)
    kept = [place for place, label in enumerate(labels) if tally[label] >= MIN_TEXTS]
    names = tuple(sorted({labels[place] for place in kept}))
    if len(names) < 2:
        raise ValueError("at least two labels with two texts each are needed to learn anything")
    number = {name: place for place, name in enumerate(names)}
    y = np.array([number[labels[place]] for place in kept], dtype=np.int64)
    counts, vocabulary = _count([texts[place] for place in kept])
    seen = np.bincount(counts.indices, minlength=vocabulary.size)
    rows = min(vocabulary.size, max(1, max_bytes // (2 * len(names) + 12)))
    often = np.flatnonzero(seen >= (2 if len(kept) >= 50 else 1))
    if often.size > rows:  # too many: the pieces in the most texts
        often = np.sort(often[np.argsort(-seen[often], kind="stable")[:rows]])
    counts = csr_array(counts[:, often])
    idf = (np.log((1 + len(kept)) / (1 + seen[often])) + 1).astype(np.float32)
    x = _weighted(counts, idf)
    k = len(names)
    folds = min(FOLDS, *(tally[name] for name in names))
    decisions = np.zeros((y.size, k))
    for learn, hold in StratifiedKFold(folds, shuffle=True, random_state=seed).split(np.zeros(y.size), y):
        weights, bias = _separate(csr_array(x[learn]), y[learn], k, seed)
        decisions[hold] = x[hold] @ weights + bias
    temperature = _temperature(decisions, y)
    threshold = _threshold(softmax(decisions / temperature), y)
    weights, bias = _separate(x, y, k, seed)
    return Model(
        labels=names,
        hashes=vocabulary[often],
        idf=idf,
        weights=weights.astype(np.float16),
        bias=bias,
        temperature=temperature,
        threshold=threshold,
        seed=seed,
        counts=tuple(tally[name] for name in names),
    )
