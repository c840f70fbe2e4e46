"""A trained model learns from single corrections, in milliseconds and without the texts it was trained on.

Passive-aggressive updates (Crammer et al. 2006, "Online Passive-Aggressive Algorithms", PA-I, several classes): when the right label
does not win by a margin, its weights and those of its strongest rival move just far enough, and no further than ``STEP``. What
was fitted on held-out texts (factors, doubt, threshold) stays; the next whole training fits it anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gongbi.science.text import Model
from gongbi.science.text_pieces import Pieces, fold

STEP = 0.5  # furthest that one correction moves a weight vector
MARGIN = 1.0
PASSES = 2


def learn(
    model: Model, texts: Sequence[str], labels: Sequence[str], *, titles: Sequence[str | None] | None = None
) -> Model:
    """A new model that has seen the corrections in the order given; the one given stays as it is.

    A label unknown so far is added. Raises ``ValueError`` when the arguments do not fit together or a label is empty.
    """
    if len(labels) != len(texts) or (titles is not None and len(titles) != len(texts)):
        raise ValueError("labels: as many labels and titles as texts, please")
    if not all(label.strip() for label in labels):
        raise ValueError("labels: a correction without a label teaches nothing")
    if not texts:
        return model
    model = _wider(_known(model, texts, titles), labels)
    weights, counts = model.weights.astype(np.float32), list(model.counts)
    place = {label: number for number, label in enumerate(model.labels)}
    folded = fold(texts, titles)
    pieces = Pieces.of(folded)
    tally = pieces.tally(model.index.find(pieces.hashes).astype(np.int64), max(1, model.hashes.size))
    values = tally.values(model.idf)
    fixed = np.tile(model.bias.astype(np.float64), (len(texts), 1))
    if model.leaves is not None:
        alike = model.leaves.by_label(model.leaves.look(tally).alike, len(model.labels))
        own = model.factors_of(folded)
        fixed += (own[:, 1] / own[:, 0])[:, None] * alike
    for turn in range(PASSES):
        for number, label in enumerate(labels):
            span = slice(tally.pointers[number], tally.pointers[number + 1])
            rows, x = tally.rows[span], values[span]
            right = place[label]
            counts[right] += turn == 0
            if not rows.size:
                continue
            scores = x @ weights[rows] + fixed[number]
            others = scores.copy()
            others[right] = -np.inf
            rival = int(others.argmax())
            loss = MARGIN - (scores[right] - scores[rival])
            if loss > 0:
                step = np.float32(min(STEP, loss / 2))  # the squared length of x is one
                weights[rows, right] += step * x
                weights[rows, rival] -= step * x
    return replace(model, weights=weights.astype(np.float16), counts=tuple(counts))


def _known(model: Model, texts: Sequence[str], titles: Sequence[str | None] | None) -> Model:
    """The model with a row of zeros for each piece of two or more characters that it has never seen."""
    pieces = Pieces.of(fold(texts, titles))
    new = np.unique(pieces.hashes[(pieces.sizes >= 2) & (model.index.find(pieces.hashes) < 0)])
    if not new.size:
        return model
    hashes = np.concatenate([model.hashes, new])
    order = np.argsort(hashes, kind="stable")
    rare = model.idf.max(initial=1)
    leaves = model.leaves
    if leaves is not None:
        idf = np.concatenate([leaves.idf, np.zeros(new.size, dtype=np.float32)])[order]
        sizes = np.concatenate([np.diff(leaves.pointers), np.zeros(new.size, dtype=np.int32)])[order]
        # New rows are empty, so that the entries of the old ones stay in their order.
        pointers = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        leaves = replace(leaves, idf=idf, pointers=pointers)
    none = np.zeros((new.size, len(model.labels)), dtype=np.float16)
    return replace(
        model,
        hashes=hashes[order],
        idf=np.concatenate([model.idf, np.full(new.size, rare, dtype=np.float32)])[order],
        weights=np.concatenate([model.weights, none])[order],
        leaves=leaves,
    )


def _wider(model: Model, labels: Sequence[str]) -> Model:
    """The model with a column for each label that it does not know."""
    new = sorted(set(labels) - set(model.labels))
    if not new:
        return model
    rows = model.weights.shape[0]
    return replace(
        model,
        labels=(*model.labels, *new),
        weights=np.hstack([model.weights, np.zeros((rows, len(new)), dtype=np.float16)]),
        bias=np.concatenate([model.bias, np.full(len(new), model.bias.min(), dtype=np.float32)]),
        counts=(*model.counts, *(0 for _label in new)),
    )
