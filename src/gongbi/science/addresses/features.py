"""What the tagger sees at each token of an address: the characters around it, their shapes, the next telling character.

All features of all tokens are computed at once as 64-bit hashes: nothing is looked up in a dictionary of words, and two
processes always agree.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from gongbi.science.han import simplify

Hashes = npt.NDArray[np.uint64]

# Characters that end a part of an address: 省, 路, 号 … What comes next of these, and how far off, tells what a token belongs to.
MARKERS = "省市区县州盟旗镇乡村庄屯组社队路街道巷弄里胡同大桥号楼栋幢座室层单元房户门口园苑城厦场馆店院厂校司"
_FAR = 9  # tokens within which a marker is seen
_TOKEN = re.compile(r"\d+|[A-Za-z]+|\s+|.", re.S)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SPLIT = np.uint64(0xBF58476D1CE4E5B9)


def tokenise(text: str) -> list[tuple[str, int, int]]:
    """``(token, start, end)``: one Chinese character, one run of digits or of letters; full width folded, characters simplified, blanks left out.

    ``start`` and ``end`` are places in ``text`` itself.
    """
    plain: list[str] = []
    origin: list[int] = []
    for index, char in enumerate(simplify(text)):
        for folded in unicodedata.normalize("NFKC", char):
            plain.append(folded)
            origin.append(index)
    return [
        (match[0], origin[match.start()], origin[match.end() - 1] + 1)
        for match in _TOKEN.finditer("".join(plain))
        if not match[0].isspace()
    ]


def shape(token: str) -> str:
    """``0``, ``00`` … for digits by their number (four at most), ``A`` for letters, ``一`` for Han numerals, ``中``, or the sign."""
    if token.isascii():
        if token.isdigit():
            return "0" * min(4, len(token))
        return "A" if token.isalpha() else token[0] if not token.isalnum() else "A0"
    if token[0] in "一二三四五六七八九十百零〇":
        return "一"
    return "中" if "\u4e00" <= token[0] <= "\u9fff" else "?"


def _code(word: str) -> int:
    data = word.encode("utf-8", "surrogatepass")
    return zlib.crc32(data) << 32 | zlib.adler32(data)


def _codes(words: Iterable[str]) -> Hashes:
    known: dict[str, int] = {}
    return np.array(
        [known.setdefault(w, 0) or known.update({w: _code(w)}) or known[w] for w in words], dtype=np.uint64
    )


def _mixed(template: int, *columns: Hashes) -> Hashes:
    with np.errstate(over="ignore"):
        out = np.full(columns[0].shape, np.uint64(template * 2 + 1), dtype=np.uint64) * _SPLIT
        for column in columns:
            out = (out ^ column) * _MIX
            out ^= out >> np.uint64(29)
    return out


def _marks(tokens: Sequence[str]) -> tuple[list[str], list[str]]:
    """For each token the next marker at or after it with its distance, and the last one before it."""
    size = len(tokens)
    after, before = ["$"] * size, ["^"] * size
    last = -1
    for place in range(size - 1, -1, -1):
        if tokens[place] in MARKERS:
            last = place
        if last >= 0 and last - place < _FAR:
            after[place] = f"{tokens[last]}{last - place}"
    last = -1
    for place in range(size):
        if last >= 0 and place - last < _FAR:
            before[place] = f"{tokens[last]}{place - last}"
        if tokens[place] in MARKERS:
            last = place
    return after, before


def features(addresses: Sequence[Sequence[str]]) -> Hashes:
    """Hashes (n, f) of the features of every token of all addresses, n tokens in order."""
    wide = 3
    words: list[str] = []
    shapes: list[str] = []
    own: list[int] = []
    after: list[str] = []
    before: list[str] = []
    places: list[str] = []
    for tokens in addresses:
        words += ["^"] * wide
        shapes += ["^"] * wide
        own += range(len(words), len(words) + len(tokens))
        words += [token.lower() for token in tokens]
        shapes += [shape(token) for token in tokens]
        words += ["$"] * wide
        shapes += ["$"] * wide
        nexts, lasts = _marks(tokens)
        after += nexts
        before += lasts
        places += [f"{min(place, 6)}" for place in range(len(tokens))]
    at = np.array(own, dtype=np.intp)
    word, form = _codes(words), _codes(shapes)
    c = {k: word[at + k] for k in range(-wide, wide + 1)}
    s = {k: form[at + k] for k in range(-wide, wide + 1)}
    nxt, lst, plc = _codes(after), _codes(before), _codes(places)
    mark_next, mark_last = _codes(a[:1] for a in after), _codes(b[:1] for b in before)
    lists: list[tuple[Hashes, ...]] = [
        (c[0],), (c[-1],), (c[1],), (c[-2],), (c[2],),
        (c[-1], c[0]), (c[0], c[1]), (c[-2], c[-1]), (c[1], c[2]), (c[-1], c[1]),
        (c[-1], c[0], c[1]), (c[-2], c[-1], c[0]), (c[0], c[1], c[2]),
        (c[-3], c[-2], c[-1], c[0]), (c[0], c[1], c[2], c[3]), (c[-2], c[-1], c[0], c[1]), (c[-1], c[0], c[1], c[2]),
        (s[-1], s[0], s[1]), (s[-2], s[-1], s[0], s[1], s[2]), (s[0], c[1]), (s[0], c[-1]), (s[0], c[1], c[2]),
        (nxt,), (nxt, c[0]), (lst,), (lst, c[0]), (lst, nxt), (mark_last, mark_next), (mark_next, c[0], c[1]),
        (plc,), (plc, mark_next), (s[0], mark_last, c[1]), (s[0], mark_last, s[1], s[2]),
    ]  # fmt: skip
    return np.stack([_mixed(number, *columns) for number, columns in enumerate(lists)], axis=1)
