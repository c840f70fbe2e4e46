"""Which of many labels a text belongs to: a linear model over character pieces, helped by a category tree; it explains itself.

Chinese text is read as its 1- to 3-character pieces (:mod:`gongbi.science.text_pieces`), those of the title counting for more.
Training (:mod:`gongbi.science.text_fit`) uses scikit-learn's linear support vector machines (Fan et al. 2008, "LIBLINEAR"); what
is kept is a few numpy arrays. Where there is a category tree, likeness to its leaves is added (:mod:`gongbi.science.text_leaves`).

Probabilities are calibrated on held-out texts, running texts and lists of words apart (:mod:`gongbi.science.text_calibrate`). Below
``threshold`` the model abstains; :meth:`Model.at_precision` chooses it.

>>> from gongbi.science.text_fit import train
>>> model = train(["路灯不亮", "路灯坏了", "垃圾没人清", "垃圾成堆"] * 5, ["灯", "灯", "脏", "脏"] * 5, seed=1)
>>> model.predict("门口路灯又不亮")[0].label
'灯'
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from gongbi.science.han import simplify
from gongbi.science.text_calibrate import RUNNING, WORDS, doubtful, softmax
from gongbi.science.text_leaves import Leaves, Likeness
from gongbi.science.text_pieces import LONGEST, Floats, Folded, Hashes, Index, Pieces, Tally, fold
from gongbi.science.text_scores import Scores, evaluate, threshold_for

__all__ = ["Guess", "Model", "Predictions", "Scores", "blend", "evaluate", "load", "normal", "softmax"]

FORMAT = "gongbi-text-3"
BATCH = 256  # texts computed together
_WORDS = 3  # deciding words told of one guess
_LONG = 6  # characters of a deciding word at most
_STRONG = 0.3  # share of the strongest piece that another must reach to be told
_WIDE = 8_000_000  # weights kept as whole floats at most
_WORTH = 0.1  # probability below which a guess that is not the best is told without words


@dataclass(frozen=True, slots=True)
class Guess:
    """One candidate. ``words``: the pieces of the text that spoke most for it; ``abstained``: too unsure to
    propose.
    """

    label: str
    probability: float
    words: tuple[str, ...] = ()
    abstained: bool = False


def normal(text: str) -> str:
    """Width and case folded, characters simplified, blanks squeezed, digits as one sign (numbers of houses say nothing), cut to
    ``LONGEST``.
    """
    folded = simplify(unicodedata.normalize("NFKC", text[: LONGEST * 2]).casefold())
    out: list[str] = []
    for char in folded:
        if char.isdigit():
            if out and out[-1] == "0":
                continue
            out.append("0")
        elif char.isspace():
            if out and out[-1] != " ":
                out.append(" ")
        elif char.isprintable():
            out.append(char)
    return "".join(out)[:LONGEST].strip()


@dataclass(frozen=True)
class Predictions:
    """``chances`` (n, k) in the order of ``labels``; ``best`` and ``abstained`` (n,); the deciding ``words`` of each best label."""

    labels: tuple[str, ...]
    chances: npt.NDArray[np.float64]
    best: npt.NDArray[np.intp]
    abstained: npt.NDArray[np.bool_]
    words: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Read:
    """Some texts as the model sees them: their pieces, the rows that it knows, and what each adds to a label."""

    pieces: Pieces
    tally: Tally
    values: Floats  # unit TF-IDF of the tally's entries
    chances: npt.NDArray[np.float64]  # (n, k)
    factors: npt.NDArray[np.float64]  # (n, 3), see text_calibrate
    likeness: Likeness | None


@dataclass(frozen=True)
class Model:
    """Trained arrays. ``hashes`` (v,) sorted; ``idf`` (v,); ``weights`` (v, k) half floats; ``bias`` (k,)."""

    labels: tuple[str, ...]
    hashes: Hashes
    idf: Floats
    weights: npt.NDArray[np.float16]
    bias: Floats
    factors: npt.NDArray[np.float64]  # (2, 3): of running texts and of lists of words, see text_calibrate
    threshold: float
    seed: int
    counts: tuple[int, ...]  # texts of each label that it was trained on
    curve: npt.NDArray[np.float64]  # (m, 3): see text_scores.precision_curve
    leaves: Leaves | None = None

    @cached_property
    def index(self) -> Index:
        return Index.of(self.hashes)

    @cached_property
    def _wide(self) -> Floats | None:
        """The weights as whole floats, for many texts at once; None where that would be too much memory."""
        return self.weights.astype(np.float32) if self.weights.size <= _WIDE else None

    @cached_property
    def _sums(self) -> Floats:
        """What each piece weighs for all labels together (v,)."""
        return np.asarray(self.weights.sum(axis=1, dtype=np.float32))

    def read(self, folded: Folded) -> _Read:
        """Texts as :func:`text_pieces.fold` returned them."""
        pieces = Pieces.of(folded)
        tally = pieces.tally(self.index.find(pieces.hashes).astype(np.int64), max(1, self.hashes.size))
        values = tally.values(self.idf)
        own = self.factors_of(folded)
        logits = own[:, :1] * (self._decide(tally, values) + self.bias)
        likeness = None
        if self.leaves is not None:
            likeness = self.leaves.look(tally)
            logits += own[:, 1:2] * self.leaves.by_label(likeness.alike, len(self.labels))
        return _Read(pieces, tally, values, doubtful(softmax(logits), own[:, 2]), own, likeness)

    def factors_of(self, folded: Folded) -> npt.NDArray[np.float64]:
        """Of each text (n, 3) those of its form."""
        return self.factors[np.where(folded.parted, WORDS, RUNNING)]

    def _decide(self, tally: Tally, values: Floats) -> npt.NDArray[np.float64]:
        """Decision values (n, k) without the bias."""
        size, pointers, rows = tally.pointers.size - 1, tally.pointers, tally.rows
        if size > 1 and self._wide is not None:
            matrix = csr_array((values, rows, pointers), shape=(size, self.hashes.size))
            return np.asarray(matrix @ self._wide, dtype=np.float64)
        out = np.empty((size, len(self.labels)))
        for place in range(size):
            span = slice(pointers[place], pointers[place + 1])
            out[place] = values[span] @ self.weights[rows[span]].astype(np.float32)
        return out

    def probabilities(self, text: str, title: str | None = None) -> npt.NDArray[np.float64]:
        """Calibrated probabilities (k,), in the order of ``labels``."""
        chances: npt.NDArray[np.float64] = self.read(fold([text], [title])).chances[0]
        return chances

    def coverage(self, text: str) -> float:
        """Share in 0..1 of the text's two-character pieces that the training texts held: how far it may
        judge at all.
        """
        pieces = Pieces.of(fold([text]))
        pairs = np.unique(pieces.hashes[pieces.sizes == 2])
        return float((self.index.find(pairs) >= 0).mean()) if pairs.size else 0.0

    def predict(self, text: str, top: int = 3, *, title: str | None = None) -> list[Guess]:
        """The ``top`` likeliest labels, best first, with the pieces that decided. Empty text: every guess
        abstains.
        """
        read = self.read(fold([text], [title]))
        chances = read.chances[0]
        order = np.argsort(-chances, kind="stable")[:top]
        unsure = bool(chances[order[0]] < self.threshold) or not read.tally.rows.size
        out: list[Guess] = []
        for rank, label in enumerate(order):
            worth = rank == 0 or chances[label] >= _WORTH
            words = self._words(read, np.array([label]))[0] if worth else ()
            out.append(Guess(self.labels[label], float(chances[label]), words, unsure))
        return out

    def predict_many(self, texts: Sequence[str], titles: Sequence[str | None] | None = None) -> Predictions:
        """All texts at once, some thousands a second. ``titles``: of each text; without, its first words count for more."""
        if titles is not None and len(titles) != len(texts):
            raise ValueError("titles: as many as texts, please")
        chances = np.zeros((len(texts), len(self.labels)))
        mute = np.zeros(len(texts), dtype=bool)
        words: list[tuple[str, ...]] = []
        for start in range(0, len(texts), BATCH):
            rows = slice(start, start + BATCH)
            read = self.read(fold(texts[rows], titles[rows] if titles is not None else None))
            chances[rows] = read.chances
            mute[rows] = np.diff(read.tally.pointers) == 0
            words += self._words(read, chances[rows].argmax(axis=1))
        best = chances.argmax(axis=1)
        unsure = mute | (chances.max(axis=1, initial=0) < self.threshold)
        return Predictions(self.labels, chances, best, unsure, tuple(words))

    def _words(self, read: _Read, chosen: npt.NDArray[np.intp]) -> list[tuple[str, ...]]:
        """For each text the pieces of two or more characters that spoke most for the chosen label, none inside another."""
        tally, pieces = read.tally, read.pieces
        document = tally.documents
        own = self.weights[tally.rows, chosen[document]].astype(np.float32)
        others = (self._sums[tally.rows] - own) / np.float32(max(1, len(self.labels) - 1))
        gain = read.values * (own - others) * read.factors[document, 0].astype(np.float32)
        if self.leaves is not None and read.likeness is not None:
            found = self.leaves.gain(read.likeness, document, chosen)
            leaf = read.factors[document[read.likeness.entries], 1].astype(np.float32)
            gain[read.likeness.entries] += leaf * found
        gain[pieces.sizes[tally.firsts] < 2] = 0
        best = np.zeros(len(chosen), dtype=np.float32)
        full = np.flatnonzero(np.diff(tally.pointers))
        if full.size:
            best[full] = np.maximum.reduceat(gain, tally.pointers[full])
        strong = np.flatnonzero((gain > 0) & (gain >= _STRONG * best[document]))
        strong = strong[np.lexsort((-gain[strong], document[strong]))]
        cuts = np.searchsorted(document[strong], np.arange(len(chosen) + 1)).tolist()
        at = tally.firsts[strong]
        starts = pieces.starts[at].tolist()
        ends = (pieces.starts[at] + pieces.sizes[at]).tolist()
        out = []
        for place in range(len(chosen)):
            some = slice(cuts[place], min(cuts[place + 1], cuts[place] + 12))
            out.append(_apart(pieces.folded.codes, starts[some], ends[some]))
        return out

    def at_precision(self, precision: float) -> Model:
        """The same model, abstaining so that at least ``precision`` (0–1) of its proposals will be right, nineteen times in twenty, for texts
        like those that it was trained on; see :func:`text_scores.precision_curve`.
        """
        return replace(self, threshold=threshold_for(self.curve, precision, promised=True))

    def save(self, file: IO[bytes]) -> str:
        """Write as ``.npz`` without pickle; returns the SHA-256 of what was written (hex)."""
        arrays: dict[str, Any] = {
            "format": np.array(FORMAT),
            "labels": np.array(self.labels, dtype=np.str_),
            "hashes": self.hashes,
            "idf": self.idf,
            "weights": self.weights,
            "bias": self.bias,
            "factors": self.factors,
            "threshold": np.array(self.threshold, dtype=np.float64),
            "seed": np.array(self.seed, dtype=np.int64),
            "counts": np.array(self.counts, dtype=np.int64),
            "curve": self.curve,
        }
        if self.leaves is not None:
            arrays |= {f"leaf_{name}": getattr(self.leaves, name) for name in _LEAVES}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        data = buffer.getvalue()
        file.write(data)
        return hashlib.sha256(data).hexdigest()

    @property
    def nbytes(self) -> int:
        own = self.hashes.nbytes + self.idf.nbytes + self.weights.nbytes + self.bias.nbytes
        return int(own + (self.leaves.nbytes if self.leaves is not None else 0))


_LEAVES = ("labels", "idf", "values", "columns", "pointers")


def load(file: IO[bytes]) -> Model:
    """Read what :meth:`Model.save` wrote. Raises ``ValueError`` when it is no such file or has been
    damaged.
    """
    packed = file.read()
    if packed[:2] != b"PK":
        raise ValueError("model: no model file")
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as data:
            if str(data["format"]) != FORMAT:
                raise ValueError(
                    "model: the file holds a model of another kind or of an earlier edition; train again"
                )
            leaves = Leaves(*(data[f"leaf_{name}"] for name in _LEAVES)) if "leaf_idf" in data else None
            return Model(
                labels=tuple(str(x) for x in data["labels"]),
                hashes=data["hashes"],
                idf=data["idf"],
                weights=data["weights"],
                bias=data["bias"],
                factors=data["factors"],
                threshold=float(data["threshold"]),
                seed=int(data["seed"]),
                counts=tuple(int(x) for x in data["counts"]),
                curve=data["curve"],
                leaves=leaves,
            )
    except (OSError, KeyError, zipfile.BadZipFile, EOFError) as problem:
        raise ValueError(f"model: no model file ({problem})") from problem


def blend(
    known: npt.NDArray[np.float64], learned: npt.NDArray[np.float64], mixing: float, coverage: float
) -> npt.NDArray[np.float64]:
    """Mix two rows of probabilities (k,): what was learned counts ``mixing`` where its texts were like this
    one, else less.

    A trained model spreads all its certainty over the labels it has seen; on a text unlike any of them
    (coverage below one
    half) it must not shout down what knows every label.
    """
    total = float(learned.sum())
    if total <= 0:
        return known
    weight = mixing * min(1.0, 2 * coverage) ** 2
    return (1 - weight) * known + weight * learned / total


def _apart(codes: npt.NDArray[np.uint32], starts: Sequence[int], ends: Sequence[int]) -> tuple[str, ...]:
    """The first pieces, given the strongest first; those that overlap grow together up to ``_LONG`` characters."""
    taken: list[tuple[int, int]] = []
    for start, end in zip(starts, ends, strict=True):
        over = next((i for i, (a, b) in enumerate(taken) if start < b and a < end), None)
        if over is not None:
            a, b = min(start, taken[over][0]), max(end, taken[over][1])
            alone = all(b <= c or d <= a for i, (c, d) in enumerate(taken) if i != over)
            if b - a <= _LONG and alone:
                taken[over] = (a, b)
        elif len(taken) < _WORDS:
            taken.append((start, end))
    return tuple(dict.fromkeys("".join(map(chr, codes[a:b].tolist())) for a, b in taken))
