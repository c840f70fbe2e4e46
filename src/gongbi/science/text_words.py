"""Classifying without any example: a catalogue's own words, matched longest first.

A label is described by patterns. A pattern is one word or several joined by ``+`` that must all occur (the
nearer together,
the better). A word found inside a longer found word counts little: 井盖 inside 污水井盖 says only that it is a
cover. A faint
background of character pairs (TF-IDF) orders what no pattern tells apart.

No probabilities can be learnt without examples; the softmax of the scores at a fixed temperature is a
confidence that grows
with the margin, and below ``threshold`` the classifier abstains.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gongbi.science.text import Guess, normal, softmax

TEMPERATURE = 1.6
THRESHOLD = 0.30
TITLE = 30  # characters: what people say first is what they mean
READ = 1000  # characters looked at
NEAR = 10  # characters between the words of one pattern that still belong together
_INSIDE = 0.25  # worth of a word that lies inside a longer word
_PAIRS = 2.5  # weight of the background
_LONGEST_WORD = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """One label: its ``name``, its ``patterns`` and ``context`` (further prose about it, background only)."""

    label: str
    name: str
    patterns: tuple[str, ...]
    context: str = ""
    prior: float = 0.0  # added to the score: below zero for catch-all labels


@dataclass(frozen=True, slots=True)
class _Pattern:
    label: int
    words: tuple[str, ...]
    weight: float


def _pairs(text: str) -> list[str]:
    pairs = [text[i : i + 2] for i in range(len(text) - 1)]
    return [pair for pair in pairs if " " not in pair] if " " in text else pairs


class Told(Mapping[int, list[str]]):
    """Label index → the words that spoke for it, the weightiest first, four at most; put in order when asked for."""

    def __init__(self, said: Mapping[int, list[tuple[float, tuple[str, ...]]]]) -> None:
        self._said = said

    def __getitem__(self, label: int) -> list[str]:
        said = self._said[label]
        return list(dict.fromkeys(word for _gain, words in sorted(said, reverse=True) for word in words))[:4]

    def __iter__(self) -> Iterator[int]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)


class Catalogue:
    """Compiled entries. Immutable; build once per edition of the catalogue."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self.labels = tuple(entry.label for entry in self.entries)
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("a label is described twice")
        raw: list[tuple[int, tuple[str, ...]]] = []
        for place, entry in enumerate(self.entries):
            for pattern in dict.fromkeys((entry.name, *entry.patterns)):
                words = tuple(w for w in (normal(part) for part in pattern.split("+")) if w)
                if words and all(len(w) <= _LONGEST_WORD for w in words):
                    raw.append((place, words))
        users: dict[str, set[int]] = defaultdict(set)
        for place, words in raw:
            for word in words:
                users[word].add(place)
        k = max(2, len(self.entries))
        self._patterns: list[_Pattern] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)
        for place, words in raw:
            # Rare words say more, long words say more; a pattern of several words is more specific than its
            # parts.
            each = [
                math.log(1 + k / len(users[w]))
                / math.log(1 + k)
                * (0.55 + 0.15 * min(5, len(w)))
                * (0.5 if len(w) == 1 else 1)
                for w in words
            ]
            weight = max(each) + 0.55 * (sum(each) - max(each)) + (0.25 if len(words) > 1 else 0.0)
            number = len(self._patterns)
            self._patterns.append(_Pattern(place, words, weight))
            for word in words:
                self._by_word[word].append(number)
        # A pattern is tried where its rarest word occurs; the others are then looked up.
        self._led_by: dict[str, list[int]] = defaultdict(list)
        for number, compiled in enumerate(self._patterns):
            self._led_by[min(compiled.words, key=lambda word: len(self._by_word[word]))].append(number)
        self._single = frozenset(word for word in self._by_word if len(word) == 1)
        # The lengths of the words that begin with these two characters: most places of a text begin none.
        begins: dict[str, set[int]] = defaultdict(set)
        for word in self._by_word:
            if len(word) > 1:
                begins[word[:2]].add(len(word))
        self._begins = {start: tuple(sorted(sizes)) for start, sizes in begins.items()}
        self._prior = np.array([entry.prior for entry in self.entries])
        self._build_pairs()

    def _build_pairs(self) -> None:
        documents = [
            Counter(_pairs(normal(" ".join((e.name, *e.patterns, e.context)).replace("+", " "))))
            for e in self.entries
        ]
        often = Counter(pair for document in documents for pair in document)
        self._pair_row = {pair: row for row, pair in enumerate(sorted(often))}
        k = len(self.entries)
        table = np.zeros((len(self._pair_row) + 1, k), dtype=np.float32)
        for place, document in enumerate(documents):
            for pair, times in document.items():
                table[self._pair_row[pair], place] = (1 + math.log(times)) * math.log(
                    (1 + k) / (1 + often[pair])
                )
        norms = np.sqrt((table**2).sum(axis=0))
        norms[norms == 0] = 1
        self._pair_table = (table / norms).astype(np.float32)
        self._pair_idf = np.array(
            [math.log((1 + k) / (1 + often[pair])) for pair in sorted(often)] + [0.0], dtype=np.float32
        )

    def _found(self, text: str) -> dict[str, tuple[list[int], float]]:
        """word → (where it begins, how much it counts)."""
        found: dict[str, list[int]] = {}
        known = self._by_word
        for start, char in enumerate(text):
            if char in self._single:
                found.setdefault(char, []).append(start)
            for size in self._begins.get(text[start : start + 2], ()):
                piece = text[start : start + size]
                if piece in known:
                    found.setdefault(piece, []).append(start)
        out: dict[str, tuple[list[int], float]] = {}
        reach = [0] * len(text)  # at each character: how far the longer words reach that cover it
        for word in sorted(found, key=len, reverse=True):
            starts = found[word]
            size = len(word)
            free = [s for s in starts if reach[s] < s + size]
            first = (free or starts)[0]
            worth = (1.0 if free else _INSIDE) * (1.4 if first < TITLE else 0.8)
            worth *= 1 + 0.1 * min(3, len(free) - 1) if free else 1.0
            out[word] = (free or starts, worth)
            if size > 1:
                for s in starts:
                    for place in range(s, s + size):
                        reach[place] = max(reach[place], s + size)
        return out

    def scores(self, text: str) -> tuple[npt.NDArray[np.float64], Mapping[int, list[str]]]:
        """``(scores (k,), label index → words found)``; all zero when nothing of the catalogue occurs."""
        plain = normal(text)[:READ]
        found = self._found(plain)
        gains: dict[int, list[float]] = defaultdict(list)
        words: dict[int, list[tuple[float, tuple[str, ...]]]] = defaultdict(list)
        for number in {n for word in found for n in self._led_by.get(word, ())}:
            pattern = self._patterns[number]
            if len(pattern.words) > 1 and any(word not in found for word in pattern.words):
                continue
            gain = pattern.weight
            if len(pattern.words) == 1:
                gain *= found[pattern.words[0]][1]
            else:
                worths = [found[w][1] for w in pattern.words if len(w) > 1] or [
                    found[w][1] for w in pattern.words
                ]
                gain *= max(worths) if min(worths) > 2 * _INSIDE else 0.6 * max(worths)
                gap = self._gap([found[w][0] for w in pattern.words], pattern.words)
                gain *= 1.0 if gap <= NEAR else max(0.15, (NEAR / gap) ** 1.5)
            gains[pattern.label].append(gain)
            words[pattern.label].append((gain, pattern.words))
        scores = np.zeros(len(self.entries))
        for label, values in gains.items():
            values.sort(reverse=True)
            scores[label] = sum(value * 0.5**place for place, value in enumerate(values[:5]))
        scores += _PAIRS * self._background(plain)
        scores += np.where(scores > 0, self._prior, 0.0)
        return scores * 4, Told(dict(words))

    @staticmethod
    def _gap(places: Sequence[list[int]], words: Sequence[str]) -> int:
        """Characters between the nearest occurrences of the words."""
        best = 0
        for i in range(len(places) - 1):
            nearest = min(
                abs(a - b) - (len(words[i]) if a < b else len(words[i + 1]))
                for a in places[i][:4]
                for b in places[i + 1][:4]
            )
            best = max(best, nearest)
        return best

    def _background(self, plain: str) -> npt.NDArray[np.float64]:
        counts = dict.fromkeys(_pairs(plain[:400]))
        known = self._pair_row
        rows = np.array([known[p] for p in counts if p in known], dtype=np.intp)
        if not rows.size:
            return np.zeros(len(self.entries))
        values = self._pair_idf[rows]
        # A pair that tells nothing apart, or that no label knows, still makes the text longer.
        idle = len(counts) - int(np.count_nonzero(values))
        norm = math.sqrt(float(np.dot(values, values)) + idle)
        out: npt.NDArray[np.float64] = (values @ self._pair_table[rows]).astype(np.float64) / norm
        return out

    def probabilities(self, text: str) -> npt.NDArray[np.float64]:
        """Confidences (k,), in the order of ``labels``."""
        return softmax(self.scores(text)[0] / TEMPERATURE)

    def predict(self, text: str, top: int = 3) -> list[Guess]:
        """The ``top`` best labels with the words that spoke for them; abstains when nothing was found or it
        is unclear.
        """
        scores, told = self.scores(text)
        chances = softmax(scores / TEMPERATURE)
        order = np.argsort(-chances, kind="stable")[:top]
        unsure = not told or bool(chances[order[0]] < THRESHOLD)
        return [Guess(self.labels[i], float(chances[i]), tuple(told.get(int(i), ())), unsure) for i in order]
