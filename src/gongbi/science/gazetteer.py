"""Places named in free text: names, aliases, one-character slips, numerals and widths of any kind. Pure Python, no Django.

The text and every name are brought to one form (NFKC, lower case, no blanks, characters simplified, numerals in Arabic digits:
二府街 = 2府街, 三號樓 = 3号楼).
A dictionary from the first two characters to the names that begin so finds every name that stands in the text as it is, the longest
at each position first. A name of four characters or more with one character wrong still has one of its two halves right: a second
dictionary leads from halves to names, and what it proposes is compared in full. Both cost microseconds a character, however
many names there are.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gongbi.science.han import simplify

_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")}
_DIGITS |= {c: str(i) for i, c in enumerate("〇壹贰叁肆伍陆柒捌玖")} | {"两": "2"}
_NUMERAL = re.compile("[" + "".join(_DIGITS) + "十拾百]+")
_POSITIONAL = re.compile(r"(?:(\d)百)?(?:0|(\d?)十)?(\d)?")
# Words that many names end with: they tell nothing apart, and one of them alone never suggests a name.
GENERIC = (
    "社区居委会", "社区委会", "居委会", "社区", "小区", "家属院", "街道办事处", "街道", "街办",
    "花园", "家园", "佳苑", "新村", "新苑", "公寓", "广场", "大厦", "中学", "小学", "医院", "公园", "院",
    "村", "路", "街", "巷", "坊", "里", "园", "苑", "城", "门", "桥",
)  # fmt: skip


# How people write what the list calls so.
_OTHER_ENDINGS = {
    "居委会": ("社区", "社区居委会", "居委会"),
    "区委会": ("社区", "社区居委会"),
    "社区": ("社区", "社区居委会", "居委会"),
    "街道": ("街道", "街道办", "街办", "街道办事处"),
    "街道办事处": ("街道", "街道办", "街办"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One place: ``key`` is what the caller knows it by. ``area`` is the code of its division, for telling namesakes apart."""

    key: int
    name: str
    aliases: tuple[str, ...] = ()
    kind: str = "landmark"
    area: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One guess. ``start``, ``end``: where in the original text; ``score`` 0-1; ``reasons``: machine words, see find()."""

    key: int
    written: str
    start: int
    end: int
    score: float
    exact: bool
    reasons: tuple[str, ...]


def _positional(run: str) -> str | None:
    """二十三 → 23, 一百零五 → 105, 十 → 10; None when it is no number read by places."""
    plain = "".join(_DIGITS.get(c, c) for c in run).replace("拾", "十")
    match = _POSITIONAL.fullmatch(plain)
    if not match or not ("十" in plain or match[1]):
        return None
    tens = int(match[2] or 1) if match[2] is not None else 0
    return str(int(match[1] or 0) * 100 + tens * 10 + int(match[3] or 0))


def fold(text: str) -> tuple[str, list[int]]:
    """The text in its one form, and for each of its characters the index in the original that it came from."""
    chars: list[str] = []
    origin: list[int] = []
    for index, char in enumerate(simplify(text)):
        if char.isascii():
            if char.isalnum() or char in "-#_":
                chars.append(char.lower())
                origin.append(index)
            elif not char.isspace():
                chars.append(char)
                origin.append(index)
            continue
        if "\u4e00" <= char <= "\u9fff":
            chars.append(char)
            origin.append(index)
            continue
        for wide in unicodedata.normalize("NFKC", char).lower():
            if not wide.isspace() and unicodedata.category(wide) not in ("Cc", "Cf"):
                chars.append(wide)
                origin.append(index)
    plain = "".join(chars)
    if not _NUMERAL.search(plain):
        return plain, origin
    out: list[str] = []
    where: list[int] = []
    last = 0
    for match in _NUMERAL.finditer(plain):
        begin, end = match.span()
        out.append(plain[last:begin])
        where += origin[last:begin]
        run = match[0]
        digits = _positional(run)
        if digits is None:
            digits = "".join("10" if c in "十拾" else _DIGITS.get(c, c) for c in run)
        out.append(digits)
        span = origin[begin:end]
        where += [span[min(i * len(span) // len(digits), len(span) - 1)] for i in range(len(digits))]
        last = end
    out.append(plain[last:])
    where += origin[last:]
    return "".join(out), where


def normalise(text: str) -> str:
    """The text in the one form in which names are compared."""
    return fold(text)[0]


def core(name: str) -> str:
    """A folded name without its last generic words: 二府街社区居委会 → 2府街, 桃园路街道 → 桃园路."""
    for word in GENERIC[:9]:
        if name.endswith(word) and len(name) - len(word) >= 2:
            return name[: -len(word)]
    return name


def _one_slip(name: str, text: str, at: int) -> int:
    """Length of the piece of ``text`` from ``at`` that equals ``name`` but for one wrong, missing or extra character; 0 if none.

    The first differing character decides; digits are never a slip: house 12 is not house 13.
    """
    size = len(name)
    i = 0
    while i < size and at + i < len(text) and text[at + i] == name[i]:
        i += 1
    if i == size:
        return 0
    here = at + i
    wrong = text[here : here + 1]
    if name[i].isdigit() or wrong.isdigit():
        return 0
    if wrong and text.startswith(name[i + 1 :], here + 1) and (i + 1 < size or wrong.isalnum()):
        return size
    if i + 1 < size and text.startswith(name[i + 1 :], here):
        return size - 1
    if i and text.startswith(name[i:], here + 1):
        return size + 1
    return 0


@dataclass(frozen=True, slots=True)
class _Name:
    folded: str
    entry: int  # index into entries
    grade: float  # how much the name by itself tells
    alias: bool


_WEIGHT = {
    "compound": 1.0,
    "landmark": 0.97,
    "community": 0.93,
    "road": 0.66,
    "street": 0.72,
    "district": 0.4,
}


class Gazetteer:
    """An index over places. Built once, read-only after that."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = list(entries)
        self._starts: dict[str, list[_Name]] = defaultdict(list)
        self._halves: dict[str, list[tuple[_Name, int]]] = defaultdict(list)
        generic = {normalise(word) for word in GENERIC}
        for index, entry in enumerate(self.entries):
            for name in self._names(index, entry):
                self._starts[name.folded[:2]].append(name)
                size = len(name.folded)
                middle = size // 2
                if size < 4:
                    continue
                # Of a name with a short stem only the stem may propose it, and it must stand there without a slip.
                tell = len(core(name.folded)) >= 3 and size >= 5
                for half, offset in ((name.folded[:middle], 0), (name.folded[middle:], middle)):
                    if offset and not tell:
                        continue
                    if len(half) >= 2 and half not in generic and not half.isdigit():
                        self._halves[half].append((name, offset))
        for group in self._starts.values():
            group.sort(key=lambda name: (-len(name.folded), name.entry))
        # A half that very many names share would make every text slow and points to nobody.
        for half in [half for half, group in self._halves.items() if len(group) > 12]:
            del self._halves[half]
        self._half_sizes = tuple(sorted({len(half) for half in self._halves}))

    def _names(self, index: int, entry: Entry) -> list[_Name]:
        full = normalise(entry.name)
        weight = _WEIGHT.get(entry.kind, 0.9)
        names = {full: _Name(full, index, weight, False)}
        for written in entry.aliases:
            alias = normalise(written)
            if len(alias) >= 2 and alias not in names:
                # Two characters are also ordinary words; what the keeper of the list calls an alias counts, but less.
                names[alias] = _Name(alias, index, weight * (0.9 if len(alias) > 2 else 0.6), True)
        short = core(full)
        if short != full:
            for ending, others in _OTHER_ENDINGS.items():
                if full.endswith(ending):
                    for other in others:
                        names.setdefault(short + other, _Name(short + other, index, weight, False))
        if len(short) >= 3 and short not in names:
            names[short] = _Name(short, index, weight * 0.75, True)
        return [name for name in names.values() if len(name.folded) >= 2]

    def find(self, text: str, limit: int = 5) -> list[Found]:
        """The places that the text names, the likeliest first, one guess for each place.

        Reasons: ``name`` or ``alias`` as written, ``slip`` (one character differs), ``inside:CODE`` (the text also names a
        division that holds it), ``namesake`` (another place has this name and nothing in the text decides).
        """
        folded, origin = fold(text)
        hits = self._hits(folded)
        if not hits:
            return []
        areas = {
            self.entries[name.entry].area
            for _, _, name, exact in hits
            if exact and self.entries[name.entry].kind in ("street", "community", "district")
        }
        namesakes: dict[tuple[int, int], list[str]] = defaultdict(list)
        for start, end, name, _ in hits:
            namesakes[start, end].append(self.entries[name.entry].area)
        best: dict[int, Found] = {}
        for start, end, name, exact in hits:
            entry = self.entries[name.entry]
            # A slip in a stem of three characters leaves two: a suggestion, no more.
            slip = 0.72 if len(name.folded) > 4 and len(core(name.folded)) > 3 else 0.55
            score = name.grade * (1.0 if exact else slip) * (1 - 0.5 / (end - start))
            reasons = ["slip" if not exact else "alias" if name.alias else "name"]
            above = [code for code in areas if code and entry.area.startswith(code) and entry.area != code]
            if above:
                score = 1 - (1 - score) * 0.5
                reasons.append(f"inside:{max(above, key=len)}")
            elif not _one_line(namesakes[start, end]):
                score *= 0.6
                reasons.append("namesake")
            guess = Found(
                entry.key,
                text[origin[start] : origin[end - 1] + 1],
                origin[start],
                origin[end - 1] + 1,
                round(min(score, 1.0), 4),
                exact,
                tuple(reasons),
            )
            if name.entry not in best or guess.score > best[name.entry].score:
                best[name.entry] = guess
        return sorted(best.values(), key=lambda f: (-f.score, f.start - f.end, f.start, f.key))[:limit]

    def _hits(self, text: str) -> list[tuple[int, int, _Name, bool]]:
        """``(start, end, name, exact)``; what lies inside a longer exact hit is dropped: 桃园路 in 桃园路街道 is no road."""
        hits: list[tuple[int, int, _Name, bool]] = []
        covered = 0  # end of the exact hit that reaches furthest
        starts = self._starts
        for at in range(len(text) - 1):
            group = starts.get(text[at : at + 2])
            if not group:
                continue
            longest = 0
            for name in group:
                size = len(name.folded)
                if size < longest or at + size <= covered:
                    break
                if text.startswith(name.folded, at) and _whole(name.folded, text, at):
                    longest = size
                    hits.append((at, at + size, name, True))
            covered = max(covered, at + longest)
        if self._half_sizes:
            hits += self._slips(text, [(start, end) for start, end, _, _ in hits])
        return hits

    def _slips(self, text: str, exact: Sequence[tuple[int, int]]) -> list[tuple[int, int, _Name, bool]]:
        taken = bytearray(len(text) + 1)
        for start, end in exact:
            taken[start:end] = b"\1" * (end - start)
        found: list[tuple[int, int, _Name, bool]] = []
        seen: set[tuple[int, int]] = set()
        halves = self._halves
        for size in self._half_sizes:
            for at in range(len(text) - size + 1):
                group = halves.get(text[at : at + size])
                if not group:
                    continue
                for name, offset in group:
                    for begin in (at,) if not offset else (at - offset, at - offset - 1, at - offset + 1):
                        if begin < 0 or (begin, id(name)) in seen:
                            continue
                        seen.add((begin, id(name)))
                        length = _one_slip(name.folded, text, begin)
                        if length and not any(taken[begin : begin + length]):
                            found.append((begin, begin + length, name, False))
        return found


def _one_line(areas: list[str]) -> bool:
    """Whether all lie in one another (a road in the community of its name): then they do not contradict each other."""
    longest = max(areas, key=len)
    return all(longest.startswith(area) for area in areas)


def _whole(name: str, text: str, at: int) -> bool:
    """A name that begins or ends with a digit must not be cut out of a longer number: 12号院 is not in 112号院."""
    if name[0].isdigit() and at and text[at - 1].isdigit():
        return False
    end = at + len(name)
    return not (name[-1].isdigit() and end < len(text) and text[end].isdigit())
