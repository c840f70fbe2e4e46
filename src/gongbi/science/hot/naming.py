"""What an issue is called: a sentence that one of its writers wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from scipy import sparse

LONGEST = 40  # characters of a name
_SHORTEST = 6  # a title below this tells too little
_FIRST = re.compile(r"[^。！？!?；;\n]{4,}")
_STOPS = "，。！？；：、,.!?;:…~～ \t\r\n\u3000"
_ENDS = "。！？!?\n"


def split(text: str) -> tuple[str, str]:
    """A text without a title as title and body: its first sentence, when that is no longer than a name, is the title."""
    plain = text.strip()
    end = min((place for place in map(plain.find, _ENDS) if place >= 0), default=len(plain))
    return (plain[:end], plain[end + 1 :]) if end <= LONGEST else ("", plain)


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


def by_nearness(
    likeness: sparse.csr_matrix, members: Sequence[int], titles: Sequence[str]
) -> tuple[int, ...]:
    """The members, those first that are nearest to all the others (the first is the medoid: Kaufman and Rousseeuw 1987); of equals the
    shorter title, then the first by its letters, whatever the order of the messages."""
    rows = np.asarray(members, dtype=np.intp)
    near = np.asarray(likeness[rows][:, rows].sum(axis=1)).ravel()
    ordered = sorted(
        zip(members, near, strict=True),
        key=lambda pair: (
            len(titles[pair[0]].strip()) < _SHORTEST,
            -round(float(pair[1]), 6),
            len(titles[pair[0]]),
            titles[pair[0]],
        ),
    )
    return tuple(member for member, _ in ordered)
