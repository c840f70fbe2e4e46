"""What a message says, as two sparse vectors of character pairs and triples: *where* and *what*.

Nobody lists the places beforehand. A pair or triple of characters is of a place as far as its occurrences, over all the messages, stand
where places are named: in front of a word such as 小区, 路 or 学校, or behind a district or city (A3区…, 莲湖区…). 丽发 stands nowhere else,
油烟 hardly ever there. Its weight (inverse document frequency: Spärck Jones 1972, *Journal of Documentation* 28) is divided between the
two vectors accordingly; so every spelling of a name helps, and none has to be cut out exactly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
READ = 400  # characters of the body that are looked at: people say first what they mean
TITLE_WORTH = 3.0  # a character of the title against one of the body
COMMON = 0.03  # pairs in more than this share of the messages say nothing about one matter
FEW = 120  # messages that may share a pair in any case: of a small set one issue may be a large part
_UNSEEN = 100  # messages without any of the words, so that a handful about one matter keep the words that they share
_REACH = 4  # characters of a name in front of its kind of place, or behind a district
_NAME = 0.55  # from this share of its occurrences on, a gram is a name wherever it stands
_BITS = 21  # of a Unicode code point

_KINDS = (
    "小区|花园|花苑|家园|新村|新城|公寓|公馆|别墅|大厦|广场|商城|国际|社区|街道|大道|公路|高速|立交桥|大桥|路口|号线|地铁站|公交站|"
    "华庭|豪庭|庭院|庭苑|山庄|雅苑|嘉园|火车站|高铁站|小学|中学|学校|学院|大学|幼儿园|医院|市场|超市|公园|工业园|产业园|公司|集团|酒店|路|街|巷|村|镇|乡|组|苑|府|湾|城|园|庄|里"
)
_BEFORE = re.compile(f"(?=(\\w{{{_REACH}}}|(?<!\\w)\\w{{1,{_REACH - 1}}})({_KINDS}))")
_BEHIND = re.compile(f"(?<![小社园校地片景城])[市区县镇](\\w{{1,{_REACH}}})")


def normal(text: str) -> str:
    """Half width, small letters; what is neither a letter nor a digit becomes a blank."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(c if c.isalnum() else " " for c in folded)


@dataclass(frozen=True, slots=True)
class Features:
    """``where``, ``what``: rows of length 1 (or 0 where nothing was said), one a message, over the same ``grams``.

    ``named`` (n,): the share of a message's weight that is of places, 0–1. ``placed`` (g,): how far each gram is
    of a place, 0–1. ``texts``: the normal form that was read, title and body apart by a blank."""

    where: sparse.csr_matrix
    what: sparse.csr_matrix
    named: Floats
    grams: npt.NDArray[np.int64]
    placed: Floats
    texts: tuple[str, ...]

    def placeness(self, text: str) -> float:
        """How far the pairs and triples of this text are of places, on average; 0 when none is known."""
        keys = _keys(np.array([ord(c) for c in text], dtype=np.int64))[0]
        at = np.searchsorted(self.grams, keys)
        at = at[(at < len(self.grams))]
        known = at[np.isin(self.grams[at], keys)] if at.size else at
        return float(self.placed[known].mean()) if known.size else 0.0


def features(titles: Sequence[str], bodies: Sequence[str]) -> Features:
    """Vectors of messages that are title and body. Grams that occur in one message only, or in too many, are left out."""
    heads = [normal(title) for title in titles]
    texts = tuple(f"{head} {normal(body.strip()[:READ])}" for head, body in zip(heads, bodies, strict=True))
    joined = "\n".join(texts)
    codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    sizes = np.array([len(text) for text in texts])
    starts = np.concatenate(([0], np.cumsum(sizes[:-1] + 1)))
    owner = np.repeat(np.arange(len(texts)), sizes + 1)[: len(codes)]
    worth = np.ones(len(codes))
    for start, head in zip(starts, heads, strict=True):
        worth[start : start + len(head)] = TITLE_WORTH
    keys, at, width = _keys(codes)
    grams, column = np.unique(keys, return_inverse=True)
    placed = _placed(_zone(joined), at, width, column, len(grams))
    counts = sparse.csr_matrix((worth[at], (owner[at], column)), shape=(len(texts), len(grams)))
    counts.sum_duplicates()
    often = np.bincount(counts.indices, minlength=len(grams))
    keep = (often >= 2) & (often <= max(COMMON * len(texts), FEW))
    counts = counts[:, np.flatnonzero(keep)]
    counts.data = np.log1p(counts.data)
    idf = np.log((_UNSEEN + len(texts)) / (1 + often[keep]))
    placed = np.clip((placed[keep] - 0.1) / 0.5, 0.0, 1.0)
    where, named = _unit(sparse.csr_matrix(counts @ sparse.diags(idf * placed)))
    what, said = _unit(sparse.csr_matrix(counts @ sparse.diags(idf * (1.0 - placed))))
    total = named**2 + said**2
    return Features(
        where=where,
        what=what,
        named=np.where(total > 0, named**2 / np.where(total > 0, total, 1.0), 0.0),
        grams=grams[keep],
        placed=placed,
        texts=texts,
    )


def _zone(text: str) -> npt.NDArray[np.bool_]:
    """Which characters stand where places are named."""
    zone = np.zeros(len(text), dtype=bool)
    for found in _BEFORE.finditer(text):
        zone[found.start(1) : found.end(2)] = True
    for found in _BEHIND.finditer(text):
        zone[found.start(1) : found.end(1)] = True
    return zone


def _keys(
    codes: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """Pairs and triples without a blank: their keys, where each begins, and its width."""
    solid = (codes != ord(" ")) & (codes != ord("\n"))
    two = np.flatnonzero(solid[:-1] & solid[1:])
    three = np.flatnonzero(solid[:-2] & solid[1:-1] & solid[2:])
    pairs = (codes[two] << _BITS) | codes[two + 1]
    triples = (codes[three] << 2 * _BITS) | (codes[three + 1] << _BITS) | codes[three + 2]
    width = np.repeat(np.array([2, 3]), (len(two), len(three)))
    return np.concatenate((pairs, triples)), np.concatenate((two, three)), width


def _placed(
    zone: npt.NDArray[np.bool_],
    at: npt.NDArray[np.intp],
    width: npt.NDArray[np.int64],
    column: npt.NDArray[np.intp],
    grams: int,
) -> Floats:
    """The share of each gram's occurrences that lie where places are named. Asked twice: what mostly lies there is a name elsewhere too."""
    often = np.bincount(column, minlength=grams) + 1.0  # one more: what occurs once is not believed
    share = np.bincount(column, zone[at] & zone[at + width - 1], grams) / often
    named = (share >= _NAME)[column]
    wider = zone.copy()
    wider[at[named]] = wider[at[named] + 1] = True
    wider[at[named & (width == 3)] + 2] = True
    again: Floats = np.bincount(column, wider[at] & wider[at + width - 1], grams) / often
    return again


def _unit(rows: sparse.csr_matrix) -> tuple[sparse.csr_matrix, Floats]:
    """The rows at length 1, and their lengths before."""
    rows.eliminate_zeros()
    size: Floats = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.where(size > 0, size, 1.0)) @ rows), size
