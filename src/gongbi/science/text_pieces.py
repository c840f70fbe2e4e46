"""A text as its pieces of 1 to 3 characters, hashed; the first words count for more. Arrays over many texts at once.

No segmenter and no dictionary, so a message written out and the same message as a list of words (stop words and punctuation gone)
share most of their pieces: blanks between Chinese characters are nothing, punctuation parts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from gongbi.science import han

Floats = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]

SIZES = (1, 2, 3)  # lengths of the pieces, in characters
LONGEST = 4000  # characters read of one text
HEAD = 16  # characters that count as the title where none is given
HEADED = 7.0  # how many times a piece of the title counts
_TITLE = 60  # characters within which a break ends a title
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SPLIT = np.uint64(0xBF58476D1CE4E5B9)
_BREAK = re.compile(r"\s*(?:[\r\n]|\s{2})\s*")
_ARTEFACT = "_x000D_"  # how spreadsheets write a carriage return
_GONE, _WHITE, _BLANK, _DIGIT = 0, 1, 32, 48
_HAN = (0x3400, 0x9FFF)
_PARTED = 0.15  # blanks for each Chinese character from which on a text is a list of words


def split(text: str) -> tuple[str, str]:
    """``(title, body)``: a first line, or what stands before two blanks, is a title; else the title is empty."""
    found = _BREAK.search(text, 1, _TITLE)
    return (text[: found.start()], text[found.end() :]) if found else ("", text)


@cache
def _fold_table() -> npt.NDArray[np.uint32]:
    """What each character below 65,536 becomes: width and case folded, simplified, digits 0, punctuation a blank, marks gone."""
    table = np.empty(65536, dtype=np.uint32)
    for code in range(65536):
        char = chr(code)
        kind = unicodedata.category(char)
        plain = unicodedata.normalize("NFKC", char).casefold() if kind != "Cs" else " "
        telling = next((c for c in plain if c.isalnum()), plain[:1])
        if kind in ("Cf", "Mn", "Me") or not plain:
            table[code] = _GONE
        elif char.isspace():
            table[code] = _WHITE
        elif telling.isdigit():
            table[code] = _DIGIT
        else:
            table[code] = ord(telling) if telling.isalnum() else _BLANK
    for traditional, simplified in han.table().items():
        table[traditional] = simplified
    return table


@dataclass(frozen=True)
class Folded:
    """Several texts in their one form, one after the other: ``codes`` (c,) of characters, the text (c,) each is of, its weight (c,).

    ``parted`` (n,): which texts are lists of words, with blanks between them.
    """

    size: int
    codes: npt.NDArray[np.uint32]
    documents: Numbers
    weights: Floats
    parted: npt.NDArray[np.bool_]

    @property
    def text(self) -> str:
        return self.codes.astype("<u4").tobytes().decode("utf-32-le", "replace")


def fold(texts: Sequence[str], titles: Sequence[str | None] | None = None) -> Folded:
    """Width and case folded, characters simplified, numbers as one 0, punctuation as one blank, blanks between Chinese characters gone.

    Characters of the title weigh ``HEADED``: of ``titles``, or what :func:`split` finds, or the first ``HEAD`` where there is none. Raises
    ``ValueError`` for what is no text (None, NaN).
    """
    parts: list[str] = []
    headed: list[bool] = []
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"texts: number {place} is {text!r}, not a text")
        plain = text.replace(_ARTEFACT, "\n") if _ARTEFACT in text else text
        title = titles[place] if titles is not None else None
        if title is None:
            title, plain = split(plain.strip())
        headed.append(bool(title) and not title.isspace())
        parts += (title[:LONGEST], "\n", plain[:LONGEST], "\n")
    raw = np.frombuffer("".join(parts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lengths = np.fromiter(map(len, parts), dtype=np.int64, count=len(parts))
    part = np.repeat(np.arange(len(parts), dtype=np.int32), lengths)
    codes = _fold_table()[np.minimum(raw, 65535)]
    far = raw > 65535
    if far.any():
        codes[far] = np.where((raw[far] >= 0x20000) & (raw[far] < 0x40000), raw[far], _BLANK)
    codes[part % 2 == 1] = _BLANK
    between = _between(codes)
    blanks = np.bincount(part[between] >> 2, minlength=len(headed))
    solid = np.bincount(part[(codes >= _HAN[0]) & (codes <= _HAN[1])] >> 2, minlength=len(headed))
    parted = blanks > np.maximum(1, _PARTED * solid)
    stays = np.flatnonzero((codes != _GONE) & ~between)
    codes, part = codes[stays], part[stays]
    codes[codes == _WHITE] = _BLANK
    again = (codes[1:] == codes[:-1]) & ((codes[1:] == _BLANK) | (codes[1:] == _DIGIT))
    stays = np.flatnonzero(np.concatenate([[True], ~again])) if codes.size else np.zeros(0, dtype=np.intp)
    codes, part = codes[stays], part[stays]
    document = part >> 2
    # A run of blanks is kept as its first: what ends one text never stands in the next.
    within = np.arange(codes.size) - np.searchsorted(document, np.arange(len(headed) + 1))[document]
    head = np.where(np.array(headed, dtype=bool)[document], part % 4 == 0, within < HEAD)
    weights = np.where(head, np.float32(HEADED), np.float32(1))
    return Folded(len(headed), codes, document, weights, parted)


def _between(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Blanks (c,) that only part one Chinese character from the next."""
    white = codes == _WHITE
    solid = np.flatnonzero(~white)
    if not white.any() or not solid.size:
        return np.zeros(codes.size, dtype=bool)
    han = (codes[solid] >= _HAN[0]) & (codes[solid] <= _HAN[1])
    before = np.cumsum(~white)[white] - 1  # index into solid of what stands before each blank
    after = np.minimum(before + 1, solid.size - 1)
    out = np.zeros(codes.size, dtype=bool)
    out[white] = (before >= 0) & han[before] & han[after]
    return out


@dataclass(frozen=True, slots=True)
class Index:
    """A sorted list of hashes, and where those that begin alike stand, so that a look-up is two steps."""

    hashes: Hashes
    begins: npt.NDArray[np.int32]
    shift: np.uint64
    deepest: int

    @classmethod
    def of(cls, hashes: Hashes) -> Index:
        bits = max(1, int(hashes.size).bit_length())
        shift = np.uint64(64 - bits)
        counts = np.bincount((hashes >> shift).astype(np.int64), minlength=1 << bits)
        begins = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return cls(hashes, begins, shift, int(counts.max(initial=0)))

    def find(self, hashes: Hashes) -> Numbers:
        """The place (n,) of each hash, −1 where it is not in the list."""
        group = (hashes >> self.shift).astype(np.int64)
        at, end = self.begins[group], self.begins[group + 1]
        out = np.full(hashes.size, -1, dtype=np.int32)
        open_ = np.flatnonzero(at < end)
        at, end, wanted = at[open_], end[open_], hashes[open_]
        for _step in range(self.deepest):
            hit = self.hashes[at] == wanted
            out[open_[hit]] = at[hit]
            at = at + 1
            going = np.flatnonzero(~hit & (at < end))
            if not going.size:
                break
            open_, at, end, wanted = open_[going], at[going], end[going], wanted[going]
        return out


@dataclass(frozen=True)
class Pieces:
    """The pieces of folded texts: ``hashes``, ``starts`` (in the folded text), ``sizes``, ``documents``, ``weights``, all (m,)."""

    folded: Folded
    hashes: Hashes
    starts: Numbers
    sizes: npt.NDArray[np.int8]
    documents: Numbers
    weights: Floats

    @classmethod
    def of(cls, folded: Folded) -> Pieces:
        codes = folded.codes.astype(np.uint64)
        blank = folded.codes == _BLANK
        hashes, starts, sizes = [], [], []
        bad = np.zeros(codes.size, dtype=bool)
        with np.errstate(over="ignore"):
            rolled = np.full(codes.size, np.uint64(7), dtype=np.uint64)
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
                sizes.append(np.full(good.size, size, dtype=np.int8))
        if not hashes:
            none = np.zeros(0, dtype=np.int32)
            return cls(
                folded, none.astype(np.uint64), none, none.astype(np.int8), none, none.astype(np.float32)
            )
        at = np.concatenate(starts)
        return cls(
            folded,
            np.concatenate(hashes),
            at,
            np.concatenate(sizes),
            folded.documents[at],
            folded.weights[at],
        )

    def tally(self, rows: npt.NDArray[np.int64], width: int) -> Tally:
        """Each distinct ``row`` of each text once; ``rows`` (m,) below ``width``, −1 to be left out."""
        known = np.flatnonzero(rows >= 0)
        keys = self.documents[known].astype(np.int64) * width + rows[known]
        distinct, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        counts = np.bincount(inverse, weights=self.weights[known], minlength=distinct.size)
        documents = distinct // width
        pointers = np.searchsorted(documents, np.arange(self.folded.size + 1))
        return Tally(
            pointers.astype(np.int64),
            (distinct % width).astype(np.int32),
            counts.astype(np.float32),
            known[first],
        )


@dataclass(frozen=True)
class Tally:
    """Rows of several texts, as in a compressed sparse matrix: those of text ``i`` stand in ``pointers[i]:pointers[i + 1]``.

    ``counts``: weighted; ``firsts``: one place where the piece stands (an index into the arrays of :class:`Pieces`).
    """

    pointers: npt.NDArray[np.int64]
    rows: Numbers
    counts: Floats
    firsts: npt.NDArray[np.int64]

    @cached_property
    def documents(self) -> npt.NDArray[np.int64]:
        """The text (m,) that each entry belongs to."""
        return np.repeat(np.arange(self.pointers.size - 1), np.diff(self.pointers))

    def values(self, idf: Floats) -> Floats:
        """Sub-linear TF × IDF; the entries of each text have unit length (all zero where ``idf`` is)."""
        values = (1 + np.log(self.counts)) * idf[self.rows]
        squares = np.bincount(self.documents, weights=values * values, minlength=self.pointers.size - 1)
        norms = np.sqrt(squares)
        norms[norms == 0] = 1
        unit: Floats = (values / norms[self.documents]).astype(np.float32)
        return unit
