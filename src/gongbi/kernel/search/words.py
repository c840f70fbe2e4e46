"""How Chinese text becomes search tokens: character bigrams, whole Latin words and numbers. Pure; the same for text and question.

A run of Chinese characters c1 c2 … cn gives c1c2, c2c3, … and at its end cn alone, so that every two-character word is one token
and a single character is found by prefix. Full-width forms are folded (NFKC), letters lower-cased, everything else separates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# CJK ideographs (unified, extensions A–F, compatibility), 〇, kana and hangul: scripts written without spaces.
_HAN = "\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0002ebe0"
# Points inside those blocks that are no letters: signs such as ・, and what Unicode has not given to anybody.
_HOLES = {
    point: " "
    for first, last in (
        (0x3007, 0x30FF),
        (0x3400, 0x9FFF),
        (0xAC00, 0xD7A3),
        (0xF900, 0xFAFF),
        (0x20000, 0x2EBE0),
    )
    for point in range(first, last + 1)
    if not chr(point).isalnum()
}
_RUN = re.compile(rf"([{_HAN}]+)|([^\W_{_HAN}]+)")
# Nearly every text: signs without holes among them and without marks that combine.
_EASY = re.compile("[\x00-\x7f\u2018-\u201d\u3001\u3002\u4e00-\u9fa5]*")
_QUOTED = re.compile(r'["“”「『]([^"“”」』]*)["“”」』]')
_BETWEEN = re.compile(r"[\s,、;。!?]+")
MOST_TOKENS = 12_000  # positions that PostgreSQL can count in one text are 16,383
LONGEST = 40
MOST_WORDS = 12  # of one question; more does not narrow further


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that must be found: tokens next to each other. ``prefix``: of the last one the beginning is enough.

    ``loose``: the tokens do not overlap (a quoted phrase, a mixed word), so their order says much more than each of them.
    """

    tokens: tuple[str, ...]
    prefix: bool = False
    loose: bool = False


def fold(text: str) -> str:
    """NFKC, lower case, without marks that combine; what both sides are compared in."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if _EASY.fullmatch(plain):
        return plain
    plain = plain.translate(_HOLES)
    bare = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare).translate(_HOLES)


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order; at most 12,000."""
    found: list[str] = []
    for han, other in _RUN.findall(fold(text)):
        if han:
            found.extend(han[i : i + 2] for i in range(len(han)))
        else:
            found.append(other[:LONGEST])
        if len(found) >= MOST_TOKENS:
            return found[:MOST_TOKENS]
    return found


def question(words: str) -> list[Word]:
    """What must be found for ``words``: every word, in any order; a quoted phrase as it stands. Empty: nothing to look for.

    ``垃圾 清运`` two words · ``垃圾清运`` as it stands · ``"road works"`` one after the other · ``水`` a single character ·
    ``3号楼`` mixed · ``6101*`` what begins so.
    """
    found: list[Word] = []
    rest = unicodedata.normalize("NFKC", words)
    for quoted in _QUOTED.findall(rest):
        found.extend(_phrase(quoted))
    for part in _BETWEEN.split(_QUOTED.sub(" ", rest)):
        found.extend(_phrase(part, prefix=part.endswith("*")))
    return list(dict.fromkeys(found))[:MOST_WORDS]


def _phrase(text: str, prefix: bool = False) -> Iterator[Word]:
    parts = _RUN.findall(fold(text))
    sequence: list[str] = []
    for number, (han, other) in enumerate(parts, 1):
        if not han:
            sequence.append(other[:LONGEST])
        elif number < len(parts):
            sequence.extend(
                han[i : i + 2] for i in range(len(han))
            )  # its end counts: something follows directly
        elif len(han) == 1:
            sequence.append(han)  # the text may go on: c1 is the beginning of c1c2
            prefix = True
        else:
            sequence.extend(han[i : i + 2] for i in range(len(han) - 1))
    if sequence:
        yield Word(tuple(sequence), prefix, loose=len(parts) > 1)
