"""Training of :class:`gongbi.science.text.Model`: sparse TF-IDF of character pieces, one linear separator a label, and the tree.

The separators are linear support vector machines (scikit-learn's liblinear; Fan et al. 2008). How much the separators and the
likeness to the leaves of a category tree count is fitted on texts that were held out (:mod:`gongbi.science.text_calibrate`), which are
also what abstention is fitted on. A message that stands in the data twice is never parted between learning and judging.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.svm import LinearSVC

from gongbi.science import text_calibrate
from gongbi.science.text import Model
from gongbi.science.text_leaves import Leaves, leaves_of, pair_idf, prototypes, vectors
from gongbi.science.text_pieces import Floats, Hashes, Numbers, Pieces, Tally, fold
from gongbi.science.text_same import SHARE, same_messages
from gongbi.science.text_scores import Scores, evaluate, precision_curve, threshold_for

MAX_BYTES = 24_000_000  # of weights kept
MIN_TEXTS = 2  # a label with fewer texts cannot be learnt and held out
FOLDS = 3
SURE = 0.8  # the abstention threshold is set so that at least this share of the held-out proposals is right
JUDGES = 100  # texts like those to be judged from which on the scores are of them alone
_COST = 0.5
_LEAF = 2.0  # how many texts the name of a leaf is worth
_CHUNK = 512
_COLD = 30.0  # sharpness of the likeness to leaves where nothing was learnt
Matrix = csr_array[Any, Any]


@dataclass(frozen=True)
class _Counted:
    """Counts of pieces in texts, and after them in the names of leaves: ``tally`` over ``hashes`` (v,); ``pairs`` (v,); which texts are
    lists of words: ``parted`` (n,)."""

    tally: Tally
    hashes: Hashes
    pairs: npt.NDArray[np.bool_]
    parted: npt.NDArray[np.bool_]


def _count(texts: Sequence[str], titles: Sequence[str | None]) -> _Counted:
    found: list[Hashes] = []
    counts: list[Floats] = []
    lengths: list[npt.NDArray[np.int64]] = []
    pair_hashes: list[Hashes] = []
    parted: list[npt.NDArray[np.bool_]] = []
    for start in range(0, len(texts), _CHUNK):
        folded = fold(texts[start : start + _CHUNK], titles[start : start + _CHUNK])
        parted.append(folded.parted)
        pieces = Pieces.of(folded)
        own, inverse = np.unique(pieces.hashes, return_inverse=True)
        tally = pieces.tally(inverse.astype(np.int64), max(1, own.size))
        found.append(own[tally.rows])
        counts.append(tally.counts)
        lengths.append(np.diff(tally.pointers))
        pair_hashes.append(np.unique(pieces.hashes[pieces.sizes == 2]))
    hashes, rows = np.unique(np.concatenate(found), return_inverse=True)
    pointers = np.concatenate([[0], np.cumsum(np.concatenate(lengths))]).astype(np.int64)
    everything = np.concatenate(counts)
    tally = Tally(pointers, rows.astype(np.int32), everything, np.zeros(0, dtype=np.int64))
    return _Counted(tally, hashes, np.isin(hashes, np.concatenate(pair_hashes)), np.concatenate(parted))


def _choose(counted: _Counted, texts: int, most: int) -> _Counted:
    """Only pieces of two texts or more (one, of few texts) and those of leaves, ``most`` at the utmost."""
    tally = counted.tally
    cut = tally.pointers[texts]
    v = counted.hashes.size
    of_texts = np.bincount(tally.rows[:cut], minlength=v)
    of_leaves = np.bincount(tally.rows[cut:], minlength=v)
    keep = np.flatnonzero((of_texts >= (2 if texts >= 50 else 1)) | (of_leaves > 0))
    if keep.size > most:  # too many: those of leaves, then the pieces in the most texts
        keep = np.sort(keep[np.lexsort((-of_texts[keep], of_leaves[keep] == 0))[:most]])
    place = np.full(v, -1, dtype=np.int32)
    place[keep] = np.arange(keep.size)
    stays = place[tally.rows] >= 0
    pointers = np.concatenate([[0], np.cumsum(stays)])[tally.pointers]
    small = Tally(pointers, place[tally.rows[stays]], tally.counts[stays], tally.firsts)
    return _Counted(small, counted.hashes[keep], counted.pairs[keep], counted.parted)


def _separate(
    x: Matrix, y: npt.NDArray[np.int64], heavy: Floats, k: int, seed: int, cost: float
) -> tuple[Floats, Floats]:
    """Weights (v, k) and bias (k,); a label absent from ``y`` gets weights that never win. ``heavy``: weight of each row."""
    # liblinear takes 32-bit indices only
    x = csr_array((x.data, x.indices.astype(np.int32), x.indptr.astype(np.int32)), shape=x.shape)
    machine = LinearSVC(C=cost, class_weight="balanced", random_state=seed, max_iter=3000, tol=1e-3)
    machine.fit(x, y, sample_weight=heavy)
    weights = np.zeros((x.shape[1], k), dtype=np.float32)
    bias = np.full(k, -5.0, dtype=np.float32)
    coefficients, intercepts = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        coefficients = np.vstack([-coefficients[0], coefficients[0]])
        intercepts = np.array([-intercepts[0], intercepts[0]])
    weights[:, machine.classes_] = coefficients.T
    bias[machine.classes_] = intercepts
    return weights, bias


def _folds(
    y: npt.NDArray[np.int64], groups: npt.NDArray[np.int32], folds: int, seed: int
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    apart = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    # Where most texts are of one group (lists made from a pattern) there is nothing to keep together.
    parts = list(apart.split(y, y, groups)) if np.bincount(groups).max() * folds <= y.size else []
    if not parts or any(np.unique(y[learn]).size < 2 or not hold.size for learn, hold in parts):
        parts = list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(y, y))
    yield from parts


@dataclass(frozen=True)
class _Tree:
    """The leaves' names as texts: rows of TF-IDF ``x`` (l, v) for the separators and ``names`` (l, v) in the space of pairs."""

    labels: Numbers
    x: Matrix
    names: Matrix
    idf: Floats
    texts: Matrix  # the messages in the space of pairs (n, v)

    def leaves(self, some: npt.NDArray[np.intp], y: npt.NDArray[np.int64]) -> Leaves:
        """Prototypes learnt from the messages ``some`` with their labels ``y``."""
        found = prototypes(self.names, self.labels, csr_array(self.texts[some]), y)
        return Leaves.of(self.labels, self.idf, found)


@dataclass(frozen=True)
class _Space:
    """What a model of some of the texts sees: ``idf`` (v,), 0 for pieces that it drops; all texts as rows ``x`` (n, v); the tree."""

    idf: Floats
    x: Matrix
    tree: _Tree | None

    @classmethod
    def of(cls, counted: _Counted, n: int, learn: npt.NDArray[np.intp], leaves: Numbers) -> _Space:
        """Pieces are those of two of the texts ``learn`` or more (one, of few texts), and those of leaves, as if there were no others: with
        pieces chosen by texts that are held out, these would look better known than any unseen text is.
        """
        tally, v = counted.tally, counted.hashes.size
        seen = np.zeros(tally.pointers.size - 1, dtype=bool)
        seen[learn] = True
        of_texts = np.bincount(tally.rows[seen[tally.documents]], minlength=v).astype(np.int32)
        of_leaves = np.bincount(tally.rows[tally.pointers[n] :], minlength=v).astype(np.int32)
        kept = (of_texts >= (2 if learn.size >= 50 else 1)) | (of_leaves > 0)
        idf = np.where(kept, np.log((1 + learn.size) / (1 + of_texts)) + 1, 0).astype(np.float32)
        everything = vectors(tally, idf)
        tree = None
        if leaves.size:
            pairs = pair_idf(counted.pairs & kept, of_texts, of_leaves, learn.size, leaves.size)
            in_pairs = vectors(tally, pairs)
            tree = _Tree(
                leaves, csr_array(everything[n:]), csr_array(in_pairs[n:]), pairs, csr_array(in_pairs[:n])
            )
        return cls(idf, csr_array(everything[:n]), tree)


def message_groups(
    texts: Sequence[str], titles: Sequence[str | None] | None = None, *, share: float = SHARE
) -> npt.NDArray[np.int32]:
    """Group number (n,) of each text: those of one group are one message, in whatever form, and must be judged together.

    ``share``: of their rare pieces that two must have in common; see :func:`gongbi.science.text_same.same_messages`.
    """
    return _groups(_count(texts, titles if titles is not None else [None] * len(texts)), len(texts), share)


def _groups(counted: _Counted, texts: int, share: float = SHARE) -> npt.NDArray[np.int32]:
    tally, v = counted.tally, counted.hashes.size
    counts = csr_array((tally.counts, tally.rows, tally.pointers), shape=(tally.pointers.size - 1, v))
    return same_messages(csr_array(counts[:texts]), share)


def train(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    seed: int,
    max_bytes: int = MAX_BYTES,
    titles: Sequence[str | None] | None = None,
    judges: Sequence[bool] | None = None,
    tree: Sequence[tuple[str, str]] | None = None,
) -> Model:
    """What :func:`fit` returns, without the scores."""
    return fit(texts, labels, seed=seed, max_bytes=max_bytes, titles=titles, judges=judges, tree=tree)[0]


def fit(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    seed: int,
    max_bytes: int = MAX_BYTES,
    titles: Sequence[str | None] | None = None,
    judges: Sequence[bool] | None = None,
    tree: Sequence[tuple[str, str]] | None = None,
) -> tuple[Model, Scores | None]:
    """A model of labelled texts, and its scores on held-out texts (None when it learnt from a tree alone). Deterministic for one seed and one order of texts.

    ``titles``: of each text, None where it has none of its own. ``judges``: which texts are like those that will be asked about; the scores
    are of these alone when there are enough. ``tree``: ``(label, words)`` of each leaf of a category tree; with a
    tree and no text at all the model judges by the names alone.

    Labels with fewer than ``MIN_TEXTS`` texts are left out. Raises ``ValueError`` when fewer than two labels remain, for empty labels, for
    what is no text, and when there is nothing to read.
    """
    for name, other in (("labels", labels), ("titles", titles), ("judges", judges)):
        if other is not None and len(other) != len(texts):
            raise ValueError(f"{name}: as many labels, titles and judges as texts, please")
    _check("texts", texts)
    _check("labels", labels)
    blank = next((place for place, label in enumerate(labels) if not label.strip()), None)
    if blank is not None:
        raise ValueError(f"labels: number {blank} is empty; leave such texts out")
    counted_labels = Counter(labels)
    kept = [place for place, label in enumerate(labels) if counted_labels[label] >= MIN_TEXTS]
    leaves = leaves_of(tree) if tree is not None else []
    names = tuple(sorted({labels[place] for place in kept} if texts else {label for label, _words in leaves}))
    if len(names) < 2:
        raise ValueError("labels: at least two labels with two texts each are needed to learn anything")
    number = {name: place for place, name in enumerate(names)}
    leaves = [(label, words) for label, words in leaves if label in number]
    y = np.array([number[labels[place]] for place in kept], dtype=np.int64)
    bodies = [texts[place] for place in kept] + [words for _label, words in leaves]
    heads = [titles[place] if titles is not None else None for place in kept]
    n, k = len(kept), len(names)
    counted = _count(bodies, heads + [""] * len(leaves))
    groups = _groups(counted, n)
    if not counted.hashes.size:
        raise ValueError("texts: there is nothing to read in any of them")
    counted = _choose(counted, n, max(1, max_bytes // (2 * k + 12)))
    own = np.array([number[label] for label, _words in leaves], dtype=np.int32)
    space = _Space.of(counted, n, np.arange(n), own)
    grown = space.tree
    shared: dict[str, Any] = {
        "labels": names,
        "hashes": counted.hashes,
        "idf": space.idf,
        "seed": seed,
        "counts": tuple(counted_labels[name] for name in names),
    }
    if not n:
        assert grown is not None
        cold = Model(
            weights=np.zeros((counted.hashes.size, k), dtype=np.float16),
            bias=np.zeros(k, dtype=np.float32),
            factors=np.array([[_COLD, _COLD, 0.0]] * 2),
            threshold=0.5,
            curve=np.array([[0.5, SURE, SURE]]),
            leaves=grown.leaves(np.zeros(0, dtype=np.intp), y),
            **shared,
        )
        return cold, None
    scores = _held_out(counted, y, groups, k, own, seed)
    forms = np.where(counted.parted[:n], text_calibrate.WORDS, text_calibrate.RUNNING)
    factors = text_calibrate.fit_forms(scores, y, forms)
    chances = text_calibrate.apply(scores, factors, forms)
    curve = precision_curve(chances, y, forms)
    threshold = min(1.0, threshold_for(curve, SURE))
    weights, bias = _fit(space.x, y, np.arange(n), grown, k, seed)
    model = Model(
        weights=weights.astype(np.float16),
        bias=bias,
        factors=factors,
        threshold=threshold,
        curve=curve,
        leaves=grown.leaves(np.arange(n), y) if grown is not None else None,
        **shared,
    )
    some = np.array([judges[place] for place in kept], dtype=bool) if judges is not None else forms >= 0
    chosen = np.flatnonzero(some) if some.sum() >= JUDGES else np.arange(n)
    return model, evaluate(chances[chosen], names, [names[place] for place in y[chosen]], threshold)


def _check(name: str, given: Sequence[object]) -> None:
    """Raise ``ValueError`` for what is no text: None, or the NaN that tables have where a cell is empty."""
    wrong = next((place for place, one in enumerate(given) if not isinstance(one, str)), None)
    if wrong is not None:
        raise ValueError(f"{name}: number {wrong} is {given[wrong]!r}, not a text")


def _fit(
    x: Matrix, y: npt.NDArray[np.int64], some: npt.NDArray[np.intp], tree: _Tree | None, k: int, seed: int
) -> tuple[Floats, Floats]:
    """Separators from the texts ``some`` and the names of the leaves."""
    part, of = csr_array(x[some]), y[some]
    heavy = np.ones(of.size, dtype=np.float32)
    if tree is not None:
        part = csr_array(vstack([part, tree.x]))
        of = np.concatenate([of, tree.labels.astype(np.int64)])
        heavy = np.concatenate([heavy, np.full(tree.labels.size, _LEAF, dtype=np.float32)])
    # A model of fewer texts keeps its margins as wide as the whole one's, so that what is fitted on the former fits the latter.
    return _separate(part, of, heavy, k, seed, _COST * y.size / max(1, some.size))


def _held_out(
    counted: _Counted,
    y: npt.NDArray[np.int64],
    groups: npt.NDArray[np.int32],
    k: int,
    leaf_labels: Numbers,
    seed: int,
) -> list[npt.NDArray[np.float64]]:
    """Decision values and, with a tree, likeness (n, k) of every text, from models that did not see it in any form."""
    n = y.size
    folds = min(FOLDS, int(np.bincount(y).min()))
    scores = [np.zeros((n, k)) for _part in range(2 if leaf_labels.size else 1)]
    for learn, hold in _folds(y, groups, folds, seed):
        space = _Space.of(counted, n, learn, leaf_labels)
        weights, bias = _fit(space.x, y, learn, space.tree, k, seed)
        scores[0][hold] = space.x[hold] @ weights + bias
        if space.tree is not None:
            leaves = space.tree.leaves(learn, y[learn])
            alike = np.asarray(
                (csr_array(space.tree.texts[hold]) @ leaves.matrix).todense(), dtype=np.float32
            )
            scores[1][hold] = leaves.by_label(alike, k)
    return scores
