"""What an issue is called: a sentence that one of its writers wrote, and the place that most of them name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from gongbi.science.hot.features import Features

LONGEST = 40  # characters of a name
_SHORTEST = 6  # a title below this tells too little
_FIRST = re.compile(r"[^。！？!?；;\n]{4,}")
_STOPS = "，。！？；：、,.!?;:…~～ \t\r\n\u3000"
_SHARE = 0.5  # of the messages that must name a place
_PLACE = (3, 12)  # characters of a place's name


def sentence(title: str, body: str) -> str:
    """The title without stray marks; for want of a title the first sentence of the body. Cut at a clause when long."""
    words = " ".join(title.split()).strip(_STOPS)
    if len(words) < _SHORTEST:
        found = _FIRST.search(body.strip())
        words = (" ".join(found.group().split()).strip(_STOPS) if found else "") or words
    if len(words) <= LONGEST:
        return words
    clause = max(words.rfind(mark, _SHORTEST, LONGEST) for mark in "，。！？；,!?; ")
    return words[:clause].strip(_STOPS) if clause > 0 else words[: LONGEST - 1] + "…"


def central(likeness: sparse.csr_matrix, members: Sequence[int], titles: Sequence[str]) -> int:
    """The member that is nearest to all the others (the medoid: Kaufman and Rousseeuw 1987); of equals the shorter title, then the first by
    its letters, whatever the order of the messages."""
    rows = np.asarray(members, dtype=np.intp)
    near = np.asarray(likeness[rows][:, rows].sum(axis=1)).ravel()
    return min(
        zip(members, near, strict=True),
        key=lambda pair: (
            len(titles[pair[0]].strip()) < _SHORTEST,
            -round(float(pair[1]), 6),
            len(titles[pair[0]]),
            titles[pair[0]],
        ),
    )[0]


def place(features: Features, members: Sequence[int], near: int, titles: Sequence[str]) -> str:
    """The longest piece of the central title that at least half of the messages name and that is of a place; "" when there is none."""
    head = features.texts[near][: len(titles[near]) + 1].strip()
    texts = [features.texts[i] for i in members]
    least, most = _PLACE
    pieces = {
        head[i : i + size]
        for size in range(least, most + 1)
        for i in range(len(head) - size + 1)
        if " " not in head[i : i + size]
    }
    often = Counter(piece for piece in pieces for text in texts if piece in text)
    good = [
        piece for piece in pieces if often[piece] >= _SHARE * len(texts) and features.placeness(piece) >= 0.75
    ]
    return max(good, key=lambda piece: (often[piece] * (len(piece) - 2), len(piece), piece), default="")
