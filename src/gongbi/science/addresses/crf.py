"""A linear-chain conditional random field over hashed features, in numpy alone.

Lafferty, McCallum and Pereira 2001, "Conditional Random Fields: Probabilistic Models for Segmenting and Labeling Sequence Data".
Trained by stochastic gradients with AdaGrad step widths (Duchi, Hazan and Singer 2011), averaged over the later passes (Polyak and
Juditsky 1992); addresses of one length are computed together. Labels that cannot follow each other (``I-road`` after ``B-poi``) are
impossible, in training as in use.
"""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from gongbi.science.addresses.conll import Labelled, spans
from gongbi.science.addresses.features import Hashes, features, tokenise

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

FORMAT = "gongbi-addresses-1"
EPOCHS = 6
BATCH = 64  # addresses whose gradients make one step
LONGEST = 400  # tokens of one address that are looked at; the rest is left unlabelled
LEAST = 2  # addresses that a feature must occur in
_RATE = 0.35
_SHRINK = 2e-5  # L2, on the features that a step touches
_NEVER = np.float32(-1e4)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an address: ``text[start:end]`` is a ``kind`` (road, roadno, community, poi …)."""

    kind: str
    text: str
    start: int
    end: int
    probability: float  # smallest marginal of its tokens


@dataclass(frozen=True)
class Tagger:
    """Trained arrays: ``hashes`` (v,) sorted, ``weights`` (v, k), ``steps`` (k, k) from → to, ``first`` (k,), ``last`` (k,)."""

    labels: tuple[str, ...]
    hashes: Hashes
    weights: npt.NDArray[np.float16]
    steps: Floats
    first: Floats
    last: Floats

    def _emissions(self, addresses: Sequence[Sequence[str]]) -> Floats:
        found = features(addresses)
        at = np.searchsorted(self.hashes, found)
        at[at == self.hashes.size] = 0
        known = self.hashes[at] == found
        rows = np.repeat(np.arange(found.shape[0]), known.sum(axis=1))
        shape = (found.shape[0], self.hashes.size)
        matrix = csr_array((np.ones(rows.size, dtype=np.float32), (rows, at[known])), shape=shape)
        used, inverse = np.unique(matrix.indices, return_inverse=True)
        small = csr_array((matrix.data, inverse, matrix.indptr), shape=(shape[0], used.size))
        return np.asarray(small @ self.weights[used].astype(np.float32), dtype=np.float32)

    def label(self, addresses: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
        """The likeliest labels of every address, given as tokens (Viterbi). An address without tokens gets none."""
        out: list[tuple[str, ...]] = [()] * len(addresses)
        for numbers, block in self._blocks(addresses):
            for number, path in zip(numbers, viterbi(block, self.steps, self.first, self.last), strict=True):
                rest = len(addresses[number]) - len(path)
                out[number] = (*(self.labels[state] for state in path), *("O",) * rest)
        return out

    def _blocks(self, addresses: Sequence[Sequence[str]]) -> list[tuple[list[int], Floats]]:
        """Addresses of one length together: their numbers and emissions (b, t, k)."""
        by_length: dict[int, list[int]] = defaultdict(list)
        for number, tokens in enumerate(addresses):
            if tokens:
                by_length[min(len(tokens), LONGEST)].append(number)
        out = []
        for length, numbers in by_length.items():
            for start in range(0, len(numbers), 512):
                some = numbers[start : start + 512]
                flat = self._emissions([addresses[number][:length] for number in some])
                out.append((some, flat.reshape(len(some), length, -1)))
        return out

    def parse(self, text: str) -> list[Part]:
        """The parts of an address written in any width; blanks and what the model calls redundant are in no part."""
        pieces = tokenise(text)[:LONGEST]
        if not pieces:
            return []
        block = self._emissions([[word for word, _start, _end in pieces]])[None]
        path = viterbi(block, self.steps, self.first, self.last)[0]
        sure = marginals(block, self.steps, self.first, self.last)[0][np.arange(len(pieces)), path]
        found = []
        for start, end, kind in spans([self.labels[state] for state in path]):
            if kind == "redundant":
                continue
            a, b = pieces[start][1], pieces[end - 1][2]
            found.append(Part(kind, text[a:b], a, b, float(sure[start:end].min())))
        return found

    def save(self, file: IO[bytes]) -> None:
        """Write as ``.npz`` without pickle."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            format=np.array(FORMAT),
            labels=np.array(self.labels, dtype=np.str_),
            hashes=self.hashes,
            weights=self.weights,
            steps=self.steps,
            first=self.first,
            last=self.last,
        )
        file.write(buffer.getvalue())


def load(file: IO[bytes]) -> Tagger:
    """Read what :meth:`Tagger.save` wrote. Raises ``ValueError`` when it is no such file or has been damaged."""
    packed = file.read()
    if packed[:2] != b"PK":
        raise ValueError("model: no model file")
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as data:
            if str(data["format"]) != FORMAT:
                raise ValueError("model: the file holds a model of another kind")
            names = ("hashes", "weights", "steps", "first", "last")
            return Tagger(tuple(str(x) for x in data["labels"]), *(data[name] for name in names))
    except (OSError, KeyError, zipfile.BadZipFile, EOFError) as problem:
        raise ValueError(f"model: no model file ({problem})") from problem


def viterbi(block: Floats, steps: Floats, first: Floats, last: Floats) -> npt.NDArray[np.intp]:
    """The best path (b, t) through emissions (b, t, k)."""
    size, length, _k = block.shape
    score = block[:, 0] + first
    back = np.zeros((size, length, block.shape[2]), dtype=np.int16)
    for place in range(1, length):
        ways = score[:, :, None] + steps
        back[:, place] = ways.argmax(axis=1)
        score = ways.max(axis=1) + block[:, place]
    path = np.zeros((size, length), dtype=np.intp)
    path[:, -1] = (score + last).argmax(axis=1)
    rows = np.arange(size)
    for place in range(length - 1, 0, -1):
        path[:, place - 1] = back[rows, place, path[:, place]]
    return path


def _passes(
    block: Floats, steps: Floats, first: Floats, last: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Forward and backward messages (b, t, k), each scaled to add up to one; scaled emissions; ``exp(steps)``."""
    length = block.shape[1]
    emit = np.exp(block - block.max(axis=2, keepdims=True))
    go = np.exp(steps)
    tiny = np.float32(1e-30)
    alpha, beta = np.empty_like(emit), np.empty_like(emit)
    alpha[:, 0] = emit[:, 0] * np.exp(first)
    alpha[:, 0] /= alpha[:, 0].sum(axis=1, keepdims=True) + tiny
    for place in range(1, length):
        alpha[:, place] = (alpha[:, place - 1] @ go) * emit[:, place]
        alpha[:, place] /= alpha[:, place].sum(axis=1, keepdims=True) + tiny
    beta[:, -1] = np.exp(last)
    for place in range(length - 2, -1, -1):
        beta[:, place] = (beta[:, place + 1] * emit[:, place + 1]) @ go.T
        beta[:, place] /= beta[:, place].sum(axis=1, keepdims=True) + tiny
    return alpha, beta, emit, go


def marginals(block: Floats, steps: Floats, first: Floats, last: Floats) -> Floats:
    """Probability (b, t, k) of each label at each token."""
    alpha, beta, _emit, _go = _passes(block, steps, first, last)
    both = alpha * beta
    total: Floats = both / (both.sum(axis=2, keepdims=True) + np.float32(1e-30))
    return total


def _allowed(labels: Sequence[str]) -> tuple[Floats, Floats]:
    """``steps`` and ``first`` that hold only what is impossible."""
    k = len(labels)
    steps, first = np.zeros((k, k), dtype=np.float32), np.zeros(k, dtype=np.float32)
    for to, label in enumerate(labels):
        if label.startswith("I-"):
            first[to] = _NEVER
            for come, before in enumerate(labels):
                if before[1:] != label[1:]:
                    steps[come, to] = _NEVER
    return steps, first


@dataclass
class _Descent:
    """AdaGrad on one array."""

    value: Floats
    seen: Floats

    @classmethod
    def of(cls, value: Floats) -> _Descent:
        return cls(value, np.full(value.shape, 1e-2, dtype=np.float32))

    def step(self, gradient: Floats, rows: Any = slice(None)) -> None:
        seen = self.seen[rows] + gradient * gradient
        self.seen[rows] = seen
        self.value[rows] -= np.float32(_RATE) * gradient / np.sqrt(seen)


def train(addresses: Sequence[Labelled], *, seed: int, epochs: int = EPOCHS) -> Tagger:
    """Fit on labelled addresses; deterministic for one seed. Raises ``ValueError`` naming what cannot be learnt from."""
    if epochs < 1:
        raise ValueError("epochs: at least one")
    known = [a for a in addresses if 0 < len(a.tokens) <= LONGEST]
    labels = sorted({label for a in known for label in a.labels})
    if len({label[1:] for label in labels}) < 2:
        raise ValueError("addresses: at least two kinds of parts are needed to learn anything")
    labels = sorted({*labels, *(f"B{label[1:]}" for label in labels if label != "O")})
    number = {label: place for place, label in enumerate(labels)}
    found = features([a.tokens for a in known])
    hashes, inverse, counts = np.unique(found, return_inverse=True, return_counts=True)
    often = counts >= (LEAST if len(known) >= 50 else 1)
    new = np.cumsum(often) - 1
    inverse = np.where(often[inverse], new[inverse], -1).reshape(found.shape)
    vocabulary = hashes[often]
    truth = np.array([number[label] for a in known for label in a.labels], dtype=np.intp)
    ends = np.cumsum([len(a.tokens) for a in known])
    lengths = np.array([len(a.tokens) for a in known])
    impossible, never_first = _allowed(labels)
    weights = _Descent.of(np.zeros((vocabulary.size, len(labels)), dtype=np.float32))
    steps, first = _Descent.of(impossible.copy()), _Descent.of(never_first.copy())
    last = _Descent.of(np.zeros(len(labels), dtype=np.float32))
    random = np.random.default_rng(seed)
    mean = [np.zeros_like(part.value) for part in (weights, steps, first, last)]
    for epoch in range(epochs):
        for batch in _batches(lengths, random):
            length = int(lengths[batch[0]])
            at = (ends[batch] - length)[:, None] + np.arange(length)
            _descend(inverse[at.ravel()], truth[at], weights, steps, first, last)
        if epoch >= epochs // 2:  # the mean of the later states errs less than the last one
            for total, part in zip(mean, (weights, steps, first, last), strict=True):
                total += part.value / (epochs - epochs // 2)
    return Tagger(
        tuple(labels),
        vocabulary,
        mean[0].astype(np.float16),
        np.where(impossible < 0, _NEVER, mean[1]),
        np.where(never_first < 0, _NEVER, mean[2]),
        mean[3],
    )


def _batches(lengths: Places, random: np.random.Generator) -> list[Places]:
    """Addresses of one length together, in random order."""
    order = random.permutation(lengths.size)
    order = order[np.argsort(lengths[order], kind="stable")]
    cuts = np.flatnonzero(np.diff(lengths[order])) + 1
    out = [
        group[start : start + BATCH]
        for group in np.split(order, cuts)
        for start in range(0, group.size, BATCH)
    ]
    return [out[place] for place in random.permutation(len(out))]


def _descend(
    rows: Places, truth: Places, weights: _Descent, steps: _Descent, first: _Descent, last: _Descent
) -> None:
    """One step down the negative log-likelihood of a batch: ``rows`` (b·t, f), −1 for unknown; ``truth`` (b, t)."""
    size, length = truth.shape
    k = last.value.size
    known = rows >= 0
    used, column = np.unique(rows[known], return_inverse=True)
    starts = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
    seen = csr_array(
        (np.ones(column.size, dtype=np.float32), column, starts), shape=(rows.shape[0], used.size)
    )
    block = np.asarray(seen @ weights.value[used], dtype=np.float32).reshape(size, length, k)
    alpha, beta, emit, go = _passes(block, steps.value, first.value, last.value)
    off = alpha * beta
    off /= off.sum(axis=2, keepdims=True) + np.float32(1e-30)
    together = np.zeros((k, k), dtype=np.float32)
    for place in range(1, length):
        ahead = beta[:, place] * emit[:, place]
        total = np.einsum("bi,ij,bj->b", alpha[:, place - 1], go, ahead, optimize=True) + np.float32(1e-30)
        together += (alpha[:, place - 1] / total[:, None]).T @ ahead
    together *= go
    np.subtract.at(together, (truth[:, :-1].ravel(), truth[:, 1:].ravel()), 1)
    off[np.arange(size)[:, None], np.arange(length), truth] -= 1
    gradient = np.asarray(seen.T @ off.reshape(-1, k), dtype=np.float32)
    weights.step(gradient + np.float32(_SHRINK * size) * weights.value[used], used)
    steps.step(together)
    first.step(off[:, 0].sum(axis=0))
    last.step(off[:, -1].sum(axis=0))
