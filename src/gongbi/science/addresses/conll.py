"""Labelled addresses in CoNLL form: one token and its label a line, a blank line between addresses; and span F1.

Labels are ``B-kind`` and ``I-kind``; ``O`` is allowed. Case of kinds is folded (``subRoad`` = ``subroad``), and an ``I-`` that
continues nothing begins a span, as the scorer of the CoNLL-2000 shared task reads it (Tjong Kim Sang and Buchholz 2000).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[int, int, str]  # first token, one past the last, kind


@dataclass(frozen=True, slots=True)
class Labelled:
    """One address: its tokens and a clean ``B-``/``I-``/``O`` label for each."""

    tokens: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SpanScores:
    """Whole spans with the right kind, counted over all addresses. ``kinds``: kind → (spans, precision, recall, F1)."""

    addresses: int
    spans: int
    precision: float
    recall: float
    f1: float
    whole: float  # share of addresses without one error
    kinds: dict[str, tuple[int, float, float, float]]


def clean(labels: Sequence[str], where: str = "labels") -> tuple[str, ...]:
    """Kinds in lower case and every span beginning with ``B-``. Raises ``ValueError`` for what is no such label."""
    out: list[str] = []
    before = ""
    for label in labels:
        head, _, kind = label.partition("-")
        kind = kind.lower()
        if label == "O":
            kind = ""
            out.append("O")
        elif head in ("B", "I") and kind:
            out.append(f"{'I' if head == 'I' and before == kind else 'B'}-{kind}")
        else:
            raise ValueError(f"{where}: {label!r} is no label of the form B-kind, I-kind or O")
        before = kind
    return tuple(out)


def parse(text: str, where: str = "text") -> list[Labelled]:
    """Every address of a CoNLL text. Raises ``ValueError`` naming ``where`` and the line that cannot be read, or when none is."""
    found: list[Labelled] = []
    tokens: list[str] = []
    labels: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if not line.strip():
            if tokens:
                found.append(Labelled(tuple(tokens), clean(labels, f"{where}, before line {number}")))
                tokens, labels = [], []
            continue
        parts = line.split()
        if len(parts) < 2:
            raise ValueError(
                f"{where}, line {number}: a token and its label are needed, found {line.strip()!r}"
            )
        tokens.append(parts[0])
        labels.append(parts[-1])
    if not found:
        raise ValueError(f"{where}: no labelled address in it")
    return found


def spans(labels: Sequence[str]) -> list[Span]:
    """The spans of clean labels, in order."""
    out: list[Span] = []
    start, kind = 0, ""
    for place, label in enumerate([*labels, "O"]):
        head, _, name = label.partition("-")
        if head == "I" and name == kind:
            continue
        if kind:
            out.append((start, place, kind))
        start, kind = place, name
    return out


def score(truth: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> SpanScores:
    """Micro-averaged span scores of clean labels. Raises ``ValueError`` when the two do not fit together."""
    if len(truth) != len(predicted) or not truth:
        raise ValueError("predicted: as many addresses as in truth, and at least one, please")
    real: Counter[str] = Counter()
    said: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    whole = 0
    for right, guess in zip(truth, predicted, strict=True):
        if len(right) != len(guess):
            raise ValueError("predicted: an address has more or fewer labels than in truth")
        a, b = spans(right), spans(guess)
        real.update(kind for *_, kind in a)
        said.update(kind for *_, kind in b)
        hits.update(kind for *_, kind in set(a) & set(b))
        whole += a == b
    kinds = {kind: (real[kind], *_three(hits[kind], said[kind], real[kind])) for kind in sorted(real | said)}
    precision, recall, f1 = _three(hits.total(), said.total(), real.total())
    return SpanScores(len(truth), real.total(), precision, recall, f1, whole / len(truth), kinds)


def _three(hit: int, said: int, real: int) -> tuple[float, float, float]:
    return (hit / said if said else 0.0, hit / real if real else 0.0, 2 * hit / (said + real) if hit else 0.0)
