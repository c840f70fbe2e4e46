"""Which of many labels a short text belongs to: a linear model over character n-grams that explains itself.

No segmenter and no vocabulary of words: Chinese text is read as its 1- to 4-character pieces. Training
(:mod:`gongbi.science.text_fit`) uses scikit-learn; what is kept is a few numpy arrays, and a prediction is one gather of rows (well
under a millisecond), because predicting one text through scikit-learn's own pipeline costs 2 to 100 ms.

Probabilities are the softmax of the decision values with one temperature fitted on held-out folds (Guo et al. 2017, "On
Calibration of Modern Neural Networks", §4.2). Below ``threshold`` the model abstains.

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
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint64]

SIZES = (1, 2, 3, 4)  # lengths of the pieces, in characters
LONGEST = 4000  # characters read of one text
FORMAT = "gongbi-text-1"
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SPLIT = np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True, slots=True)
class Guess:
    """One candidate. ``words``: the pieces of the text that spoke most for it; ``abstained``: too unsure to
    propose.
    """

    label: str
    probability: float
    words: tuple[str, ...] = ()
    abstained: bool = False


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


def normal(text: str) -> str:
    """Width and case folded, blanks squeezed, digits as one sign (numbers of houses say nothing), cut to
    ``LONGEST``.
    """
    folded = unicodedata.normalize("NFKC", text[: LONGEST * 2]).casefold()
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


def pieces(text: str) -> tuple[Hashes, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """``(hash, start, length)`` of every piece that holds no blank; ``text`` is already normal."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    blank = codes == 32
    hashes: list[Hashes] = []
    starts: list[npt.NDArray[np.int32]] = []
    lengths: list[npt.NDArray[np.int32]] = []
    with np.errstate(over="ignore"):
        rolled = np.full(codes.size, np.uint64(7), dtype=np.uint64)
        bad = np.zeros(codes.size, dtype=bool)
        for size in SIZES:
            if codes.size < size:
                break
            end = codes.size - size + 1
            rolled = (rolled[:end] * _MIX) ^ ((codes[size - 1 :] + np.uint64(size)) * _SPLIT)
            bad = bad[:end] | blank[size - 1 :]
            good = np.flatnonzero(~bad)
            mixed = rolled[good]
            mixed = (mixed ^ (mixed >> np.uint64(29))) * _SPLIT
            hashes.append(mixed ^ (mixed >> np.uint64(32)))
            starts.append(good.astype(np.int32))
            lengths.append(np.full(good.size, size, dtype=np.int32))
    if not hashes:
        nothing = np.zeros(0, dtype=np.int32)
        return np.zeros(0, dtype=np.uint64), nothing, nothing
    return np.concatenate(hashes), np.concatenate(starts), np.concatenate(lengths)


def softmax(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Along the last axis, without overflow."""
    shifted = np.asarray(values, dtype=np.float64)
    shifted = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    total: npt.NDArray[np.float64] = shifted / shifted.sum(axis=-1, keepdims=True)
    return total


@dataclass(frozen=True)
class Model:
    """Trained arrays. ``hashes`` (v,) sorted; ``idf`` (v,); ``weights`` (v, k) half floats; ``bias`` (k,)."""

    labels: tuple[str, ...]
    hashes: Hashes
    idf: Floats
    weights: npt.NDArray[np.float16]
    bias: Floats
    temperature: float
    threshold: float
    seed: int
    counts: tuple[int, ...]  # texts of each label that it was trained on

    def _vector(self, hashes: Hashes) -> tuple[npt.NDArray[np.intp], Floats, npt.NDArray[np.intp]]:
        """Known rows, their TF-IDF values (unit length), and for each piece its position in ``rows`` or
        −1.
        """
        at = np.searchsorted(self.hashes, hashes)
        at[at == self.hashes.size] = 0
        known = self.hashes[at] == hashes
        rows, inverse, counts = np.unique(at[known], return_inverse=True, return_counts=True)
        values = (1 + np.log(counts)).astype(np.float32) * self.idf[rows]
        norm = float(np.sqrt(np.dot(values, values)))
        place = np.full(hashes.size, -1, dtype=np.intp)
        place[known] = inverse
        return rows, values / np.float32(norm) if norm else values, place

    def decision(self, text: str) -> npt.NDArray[np.float64]:
        """Decision values (k,), before the temperature."""
        hashes, _starts, _lengths = pieces(normal(text))
        rows, values, _place = self._vector(hashes)
        return self._decide(rows, values)

    def _decide(self, rows: npt.NDArray[np.intp], values: Floats) -> npt.NDArray[np.float64]:
        if not rows.size:
            return self.bias.astype(np.float64)
        return (values @ self.weights[rows].astype(np.float32) + self.bias).astype(np.float64)

    def probabilities(self, text: str) -> npt.NDArray[np.float64]:
        """Calibrated probabilities (k,), in the order of ``labels``."""
        return softmax(self.decision(text) / self.temperature)

    def coverage(self, text: str) -> float:
        """Share in 0..1 of the text's two-character pieces that the training texts held: how far it may
        judge at all.
        """
        hashes, _starts, lengths = pieces(normal(text))
        pairs = np.unique(hashes[lengths == 2])
        if not pairs.size:
            return 0.0
        at = np.searchsorted(self.hashes, pairs)
        at[at == self.hashes.size] = 0
        return float((self.hashes[at] == pairs).mean())

    def predict(self, text: str, top: int = 3) -> list[Guess]:
        """The ``top`` likeliest labels, best first, with the pieces that decided. Empty text: every guess
        abstains.
        """
        plain = normal(text)
        hashes, starts, lengths = pieces(plain)
        rows, values, place = self._vector(hashes)
        chances = softmax(self._decide(rows, values) / self.temperature)
        order = np.argsort(-chances, kind="stable")[:top]
        unsure = bool(chances[order[0]] < self.threshold) or not rows.size
        out: list[Guess] = []
        gathered = self.weights[rows].astype(np.float32) if rows.size else np.zeros((0, len(self.labels)))
        for label in order:
            words: tuple[str, ...] = ()
            if rows.size:
                against = (gathered.sum(axis=1) - gathered[:, label]) / max(1, gathered.shape[1] - 1)
                gain = values * (gathered[:, label] - against)
                words = _deciding(plain, gain, place, starts, lengths)
            out.append(Guess(self.labels[label], float(chances[label]), words, unsure))
        return out

    def save(self, file: IO[bytes]) -> str:
        """Write as ``.npz`` without pickle; returns the SHA-256 of what was written (hex)."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            format=np.array(FORMAT),
            labels=np.array(self.labels, dtype=np.str_),
            hashes=self.hashes,
            idf=self.idf,
            weights=self.weights,
            bias=self.bias,
            numbers=np.array([self.temperature, self.threshold], dtype=np.float64),
            seed=np.array(self.seed, dtype=np.int64),
            counts=np.array(self.counts, dtype=np.int64),
        )
        data = buffer.getvalue()
        file.write(data)
        return hashlib.sha256(data).hexdigest()

    @property
    def nbytes(self) -> int:
        return int(self.hashes.nbytes + self.idf.nbytes + self.weights.nbytes + self.bias.nbytes)


def load(file: IO[bytes]) -> Model:
    """Read what :meth:`Model.save` wrote. Raises ``ValueError`` when it is no such file or has been
    damaged.
    """
    try:
        with np.load(file, allow_pickle=False) as data:
            if str(data["format"]) != FORMAT:
                raise ValueError("the file holds a model of another kind")
            temperature, threshold = (float(x) for x in data["numbers"])
            return Model(
                tuple(str(x) for x in data["labels"]),
                data["hashes"],
                data["idf"],
                data["weights"],
                data["bias"],
                temperature,
                threshold,
                int(data["seed"]),
                tuple(int(x) for x in data["counts"]),
            )
    except (OSError, KeyError, zipfile.BadZipFile, EOFError) as problem:
        raise ValueError(f"no model file: {problem}") from problem


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


def _deciding(
    text: str,
    gain: npt.NDArray[Any],
    place: npt.NDArray[np.intp],
    starts: npt.NDArray[np.int32],
    lengths: npt.NDArray[np.int32],
    most: int = 3,
) -> tuple[str, ...]:
    """The pieces of two or more characters with the largest gain, none inside another."""
    candidates = np.flatnonzero((place >= 0) & (lengths >= 2))
    if not candidates.size:
        return ()
    strength = gain[place[candidates]]
    words: list[str] = []
    taken: list[tuple[int, int]] = []
    for index in candidates[np.argsort(-strength, kind="stable")[:60]]:
        if gain[place[index]] <= 0 or len(words) == most:
            break
        start, end = int(starts[index]), int(starts[index] + lengths[index])
        word = text[start:end]
        if word in words or any(start < b and a < end for a, b in taken):
            continue
        words.append(word)
        taken.append((start, end))
    return tuple(words)


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
    bins = np.minimum((confidence * 10).astype(int), 9)
    error = 0.0
    for number in range(10):
        inside = bins == number
        if inside.any():
            error += abs(float(right[inside].mean()) - float(confidence[inside].mean())) * float(
                inside.mean()
            )
    sure = confidence >= threshold
    return Scores(
        n=int(n),
        accuracy=float(right.mean()),
        macro_f1=float(np.mean([f1 for _count, f1 in per_label.values()])),
        top3=float(np.mean([t in row for t, row in zip(target, order, strict=True)])),
        log_loss=float(-np.log(np.maximum(true_chance, 1e-12)).mean()),
        calibration_error=error,
        abstained=float(1 - sure.mean()),
        accuracy_when_sure=float(right[sure].mean()) if sure.any() else float("nan"),
        per_label=per_label,
    )
