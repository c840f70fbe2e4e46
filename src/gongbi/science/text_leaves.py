"""What a category tree says about a text: how like it is to the names of the leaves, and to the messages learnt for each.

Every leaf is a prototype in the space of character pairs: the words of its name and, once there are messages, the mean of those
that fall nearest to it within their own label (Rocchio 1971, "Relevance Feedback in Information Retrieval"; several prototypes a
label as in Hastie, Tibshirani and Friedman 2009, §13.2). A label is as like a text as its likest leaf. This knows rare
matters that no message was about, which a linear separator cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array

from gongbi.science.text_pieces import Floats, Numbers, Tally

NAME = 0.5  # share of the name in a prototype
ROUNDS = 2
KEPT = 1500  # pairs kept of one prototype, the heaviest
Matrix = csr_array[Any, Any]


@dataclass(frozen=True)
class Leaves:
    """``labels`` (l,): the label each leaf belongs to; ``idf`` (v,): of pairs, 0 for other pieces; ``values``, ``columns``,
    ``pointers``: the prototypes as a compressed sparse matrix (v, l).
    """

    labels: Numbers
    idf: Floats
    values: npt.NDArray[np.float16]
    columns: npt.NDArray[np.int16]
    pointers: Numbers

    @classmethod
    def of(cls, labels: Numbers, idf: Floats, prototypes: Matrix) -> Leaves:
        """``prototypes`` (l, v)."""
        turned = csr_array(_heaviest(prototypes).T)
        turned.sort_indices()
        return cls(
            labels.astype(np.int32),
            idf,
            turned.data.astype(np.float16),
            turned.indices.astype(np.int16),
            turned.indptr.astype(np.int32),
        )

    @cached_property
    def matrix(self) -> Matrix:
        """Prototypes (v, l)."""
        shape = (self.idf.size, self.labels.size)
        return csr_array(
            (self.values.astype(np.float32), self.columns.astype(np.int32), self.pointers), shape=shape
        )

    @cached_property
    def _keys(self) -> npt.NDArray[np.int64]:
        """Row and leaf of each value as one number, rising."""
        rows = np.repeat(np.arange(self.idf.size, dtype=np.int64), np.diff(self.pointers))
        return rows * self.labels.size + self.columns

    @cached_property
    def _means(self) -> Floats:
        """What each pair adds to a leaf on average (v,)."""
        return np.asarray(self.matrix.sum(axis=1), dtype=np.float32).ravel() / np.float32(self.labels.size)

    def look(self, tally: Tally) -> Likeness:
        """How like each text is to each leaf."""
        weights = self.idf[tally.rows]
        entries = np.flatnonzero(weights)
        pointers = np.searchsorted(entries, tally.pointers)
        part = Tally(pointers, tally.rows[entries], tally.counts[entries], tally.firsts[:0])
        values = part.values(self.idf)
        texts = csr_array(
            (values, part.rows, pointers.astype(np.int32)), shape=(pointers.size - 1, self.idf.size)
        )
        return Likeness(
            entries, part.rows, values, np.asarray((texts @ self.matrix).todense(), dtype=np.float32)
        )

    def gain(
        self, likeness: Likeness, documents: npt.NDArray[np.int64], chosen: npt.NDArray[np.intp]
    ) -> Floats:
        """What each of the ``entries`` adds to the likest leaf of the ``chosen`` label (n,), less its mean over all leaves."""
        mine = np.where(self.labels[None, :] == chosen[:, None], likeness.alike, -np.inf)
        leaf = mine.argmax(axis=1)
        has = np.isfinite(mine[np.arange(leaf.size), leaf])
        document = documents[likeness.entries]
        wanted = likeness.rows.astype(np.int64) * self.labels.size + leaf[document]
        keys = self._keys
        at = np.minimum(np.searchsorted(keys, wanted), max(0, keys.size - 1))
        own = np.where(keys[at] == wanted, self.values[at], 0) if keys.size else np.zeros(wanted.size)
        gain = likeness.values * (own - self._means[likeness.rows]) * has[document]
        return np.asarray(gain, dtype=np.float32)

    def by_label(self, alike: Floats, k: int) -> Floats:
        """Of each label the likest leaf (n, k); a label without a leaf gets the mean of the others."""
        out = np.full((alike.shape[0], k), np.nan, dtype=np.float32)
        for label in np.unique(self.labels):
            out[:, label] = alike[:, self.labels == label].max(axis=1)
        bare = np.isnan(out[0]) if out.size else np.zeros(k, dtype=bool)
        if bare.any():
            out[:, bare] = out[:, ~bare].mean(axis=1, keepdims=True)
        return out

    @property
    def nbytes(self) -> int:
        return int(self.idf.nbytes + self.values.nbytes + self.columns.nbytes + self.pointers.nbytes)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Texts beside leaves: ``entries`` of their tally that are known pairs, with ``rows`` and unit ``values``; ``alike`` (n, l)."""

    entries: npt.NDArray[np.intp]
    rows: Numbers
    values: Floats
    alike: Floats


def vectors(tally: Tally, idf: Floats) -> Matrix:
    """The texts as unit rows (n, v)."""
    shape = (tally.pointers.size - 1, idf.size)
    return csr_array((tally.values(idf), tally.rows, tally.pointers), shape=shape)


def pair_idf(
    pairs: npt.NDArray[np.bool_], of_texts: Numbers, of_leaves: Numbers, texts: int, leaves: int
) -> Floats:
    """IDF (v,) of the pieces that are ``pairs`` from the texts and leaves that hold each; both together count alike."""
    scale = leaves / texts if texts else 0.0
    often = of_texts * scale + of_leaves
    idf = np.log((1 + texts * scale + leaves) / (1 + often)) + 1
    return np.where(pairs, idf, 0).astype(np.float32)


def prototypes(names: Matrix, of: Numbers, texts: Matrix, y: npt.NDArray[np.int64]) -> Matrix:
    """``names`` (l, v) drawn towards the ``texts`` (n, v) of their labels ``of`` (l,); ``y`` (n,) the labels of the texts."""
    found = names
    elsewhere = of[None, :] != y[:, None]
    for _round in range(ROUNDS if texts.shape[0] else 0):
        alike = np.asarray((texts @ found.T).todense())
        alike[elsewhere] = -1
        nearest = alike.argmax(axis=1)
        hers = np.flatnonzero(of[nearest] == y)  # a label without a leaf teaches none
        ones = np.ones(hers.size, dtype=np.float32)
        mean = csr_array((ones, (nearest[hers], hers)), shape=(names.shape[0], texts.shape[0])) @ texts
        found = _unit(NAME * names + (1 - NAME) * _unit(csr_array(mean)))
    return found


def _unit(rows: Any) -> Matrix:
    rows = csr_array(rows)
    norms = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    norms[norms == 0] = 1
    return csr_array(diags_array((1 / norms).astype(np.float32)) @ rows)


def _heaviest(rows: Matrix) -> Matrix:
    """Each row with its ``KEPT`` largest values."""
    rows = csr_array(rows)
    keep = np.ones(rows.nnz, dtype=bool)
    for start, end in zip(rows.indptr[:-1], rows.indptr[1:], strict=True):
        if end - start > KEPT:
            small = np.argpartition(rows.data[start:end], end - start - KEPT)[: end - start - KEPT]
            keep[start + small] = False
    rows.data = np.where(keep, rows.data, 0).astype(np.float32)
    rows.eliminate_zeros()
    return rows


def leaves_of(tree: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """``(label, words of the leaf)`` without twins and without leaves that have no words. Raises ``ValueError`` if none is left."""
    found = list(dict.fromkeys((label, words.strip()) for label, words in tree if words.strip()))
    if not found:
        raise ValueError("tree: no leaf with a name in it")
    return found
