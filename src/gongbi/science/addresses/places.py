"""From a text to places of a list: what the parts of the address say, which known place is meant, why, and what contradicts it.

A gazetteer (:mod:`gongbi.science.gazetteer`) finds names, aliases and slips; rules (:mod:`gongbi.science.addresses.doors`) the numbers of
houses, buildings, units and rooms; a trained tagger (:mod:`gongbi.science.addresses.crf`), where there is one, all 21 kinds of parts.
Levels may be missing: a community and a building lead to the only compound there that has such a building, a building of a compound
is found by any name of the compound. Levels that contradict each other (a community of another street) are said, not smoothed over.

>>> finder = Finder(Gazetteer([Entry(1, "二府庄小区", ("二府庄",), "compound", "610104003001"), Entry(2, "二府庄小区3号楼", (), "compound", "610104003001")]))
>>> found = finder.locate("2府庄三號樓２单元")
>>> [(place.key, place.reasons) for place in found.places], found.numbers
([(2, ('alias', 'building:3')), (1, ('alias',))], {'houseno': ('3',), 'cellno': ('2',)})
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gongbi.science.addresses.crf import Tagger
from gongbi.science.addresses.doors import doors, values
from gongbi.science.gazetteer import Entry, Found, Gazetteer, normalise

DIVISIONS = ("district", "street", "community")
_AS = {
    "district": "district",
    "street": "town",
    "community": "community",
    "road": "road",
}  # kind → the published one
_NUMBERED = ("roadno", "subroadno", "houseno", "cellno", "floorno", "roomno")
_CONTRADICTED = 0.6  # what remains of a score when the text names a division that does not hold the place
_NOT_THERE = 0.9  # … when the compound has buildings on the list, but not this one
_PART = 0.85  # … when the name stands inside a longer name that the tagger found
_ONLY = 0.8  # share of a community's score for the only compound there with the building named
_MANY = 50  # guesses of the gazetteer that are looked at
__all__ = ["Address", "Entry", "Finder", "Gazetteer", "Span", "locate"]


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]`` is a ``kind`` (of the published 21). ``normal``: in the one form; ``value``: of numbers, the number alone.

    ``by``: ``model``, ``rule`` (numbers) or ``list`` (a name of the gazetteer).
    """

    kind: str
    text: str
    start: int
    end: int
    normal: str
    value: str
    by: str
    probability: float


@dataclass(frozen=True, slots=True)
class Address:
    """``places``: the likeliest first; ``numbers``: kind → values of the numbers; ``contradictions``: codes of divisions that the text
    names together though neither holds the other, and names of districts (of the tagger) that no list knows.
    """

    spans: tuple[Span, ...]
    numbers: Mapping[str, tuple[str, ...]]
    places: tuple[Found, ...]
    contradictions: tuple[tuple[str, str], ...]


class Finder:
    """A gazetteer with the buildings of its compounds, and perhaps a tagger. Built once, read-only after that."""

    def __init__(self, gazetteer: Gazetteer, tagger: Tagger | None = None) -> None:
        self.gazetteer = gazetteer
        self.tagger = tagger
        self.by_key = {entry.key: entry for entry in gazetteer.entries}
        self._buildings: dict[int, dict[str, Entry]] = defaultdict(
            dict
        )  # key of a compound → number → its building
        self._in_area: dict[str, list[tuple[str, Entry]]] = defaultdict(list)  # number → (area, building)
        self._districts = {normalise(e.name) for e in gazetteer.entries if e.kind == "district"}
        named: dict[str, list[Entry]] = defaultdict(list)
        for entry in gazetteer.entries:
            for name in (entry.name, *entry.aliases):
                named[normalise(name)].append(entry)
        for entry in gazetteer.entries:
            numbers = [door for door in doors(entry.name) if door.kind == "houseno"]
            if len(numbers) != 1 or numbers[0].end != len(entry.name):
                continue
            value = numbers[0].value
            self._in_area[value].append((entry.area, entry))
            for whole in named.get(normalise(entry.name[: numbers[0].start]), ()):
                if whole.area.startswith(entry.area) or entry.area.startswith(whole.area):
                    self._buildings[whole.key][value] = entry

    def locate(self, text: str, limit: int = 5) -> Address:
        """Spans, numbers and places of a text. Reasons of a place: those of ``Gazetteer.find``, and ``building:N`` (that building of the
        compound), ``no_building:N`` (others of the compound are on the list, not this), ``only:CODE`` (the only one in that division with
        such a building), ``against:CODE`` (the text names a division that does not hold it), ``elsewhere:NAME`` (a district that no list
        knows), ``part_of:NAME`` (its name is only a part of a longer one).
        """
        numbered = doors(text)
        numbers = values(numbered)
        parts = self.tagger.parse(text) if self.tagger is not None else []
        found = self.gazetteer.find(text, _MANY)
        contradictions: list[tuple[str, str]] = []
        if len(found) > 1:
            found = self._against(found, contradictions)
        strange = [
            p.text
            for p in parts
            if p.kind == "district" and self._districts and normalise(p.text) not in self._districts
        ]
        for name in strange:
            contradictions.append((name, ""))
            found = [_less(one, _CONTRADICTED, f"elsewhere:{name}") for one in found]
        for part in parts:
            if part.kind in ("poi", "subpoi"):
                found = [_inside(one, part.text, part.start, part.end) for one in found]
        if "houseno" in numbers:
            found = self._with_buildings(found, numbers["houseno"])
        found.sort(key=lambda f: (-f.score, f.start - f.end, f.start, f.key))
        spans = [
            Span(
                part.kind,
                part.text,
                part.start,
                part.end,
                normalise(part.text),
                _value(part.kind, part.text),
                "model",
                part.probability,
            )
            for part in parts
        ]
        spans += [
            Span(door.kind, door.text, door.start, door.end, normalise(door.text), door.value, "rule", 1.0)
            for door in numbered
            if not _taken(spans, door.start, door.end)
        ]
        for one in found:
            if not _taken(spans, one.start, one.end):
                entry = self.by_key[one.key]
                kind = _AS.get(entry.kind, "poi")
                spans.append(
                    Span(kind, one.written, one.start, one.end, normalise(one.written), "", "list", one.score)
                )
        spans.sort(key=lambda span: (span.start, span.end))
        return Address(tuple(spans), numbers, tuple(found[:limit]), tuple(contradictions))

    def _against(self, found: Sequence[Found], told: list[tuple[str, str]]) -> list[Found]:
        """Places that no named street, or of their span no namesake in it, holds."""
        areas = {one.key: self.by_key[one.key].area for one in found}
        named = [
            (one.start, one.end, areas[one.key])
            for one in found
            if one.exact
            and one.reasons[0] == "name"
            and self.by_key[one.key].kind in DIVISIONS
            and areas[one.key]
        ]
        # A place agrees with a division named elsewhere in the text when one of the two holds the other.
        agrees: dict[tuple[int, int], bool] = {}
        strangers: dict[int, list[str]] = {}
        for one in found:
            area = areas[one.key]
            # Divisions of one level side by side contradict nothing; a house belongs to one only.
            reach = len(area) - (self.by_key[one.key].kind in DIVISIONS)
            others = [code for a, b, code in named if (a, b) != (one.start, one.end) and len(code) <= reach]
            strange = [code for code in others if not _one_line(code, area)]
            # With several divisions of a level named (from A to B), agreeing with one is enough.
            alone = bool(strange) and not any(
                _one_line(code, area) and len(code) == len(strange[0]) for code in others
            )
            strangers[one.key] = strange if alone else []
            agrees[one.start, one.end] = agrees.get((one.start, one.end), False) or not alone
        crossed: dict[str, str] = {}  # a division named above → a place named beside it that it does not hold
        out = []
        for one in found:
            if strangers[one.key] and self.by_key[one.key].kind != "road":
                code = strangers[one.key][0]
                if not agrees[one.start, one.end]:
                    pair = (min(code, areas[one.key]), max(code, areas[one.key]))
                    if pair not in told:
                        told.append(pair)
                    crossed.setdefault(code, areas[one.key])
                one = _less(one, _CONTRADICTED, f"against:{code}")
            out.append(one)
        held = {
            area
            for one, area in zip(out, areas.values(), strict=True)
            if one.exact and not strangers[one.key]
        }
        for place, one in enumerate(out):
            area = areas[one.key]
            kind = self.by_key[one.key].kind
            if (
                kind in DIVISIONS
                and area in crossed
                and not any(other != area and other.startswith(area) for other in held)
            ):
                out[place] = _less(one, _CONTRADICTED, f"against:{crossed[area]}")
        return out

    def _with_buildings(self, found: list[Found], numbers: Sequence[str]) -> list[Found]:
        """The buildings named, where the list has them, before their compounds."""
        known = {one.key: place for place, one in enumerate(found)}
        out = list(found)
        for one in found:
            own = self._buildings.get(one.key)
            if not own:
                continue
            hits = [(number, own[number]) for number in numbers if number in own]
            for number, entry in hits:
                score = round(1 - (1 - one.score) * 0.5, 4)
                guess = replace(one, key=entry.key, score=score, reasons=(*one.reasons, f"building:{number}"))
                if entry.key not in known:
                    known[entry.key] = len(out)
                    out.append(guess)
                elif score > out[known[entry.key]].score:
                    out[known[entry.key]] = guess
            if not hits and len(own) > 1:
                out[known[one.key]] = _less(one, _NOT_THERE, f"no_building:{numbers[0]}")
        entries = [self.by_key[one.key] for one in out]
        if any(entry.kind not in (*DIVISIONS, "road") for entry in entries):
            return out
        for one in found:  # a division and a building, no compound
            area = self.by_key[one.key].area
            if self.by_key[one.key].kind != "community" or not area:
                continue
            for number in numbers:
                inside = [entry for code, entry in self._in_area.get(number, ()) if code.startswith(area)]
                if len(inside) == 1 and inside[0].key not in known:
                    known[inside[0].key] = len(out)
                    reasons = (*one.reasons, f"building:{number}", f"only:{area}")
                    out.append(
                        replace(one, key=inside[0].key, score=round(one.score * _ONLY, 4), reasons=reasons)
                    )
        return out


def locate(text: str, gazetteer: Gazetteer, tagger: Tagger | None = None, limit: int = 5) -> Address:
    """:meth:`Finder.locate` for one text; for many, build a :class:`Finder` once."""
    return Finder(gazetteer, tagger).locate(text, limit)


def _less(one: Found, share: float, reason: str) -> Found:
    return replace(one, score=round(one.score * share, 4), reasons=(*one.reasons, reason))


def _one_line(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _taken(spans: Sequence[Span], start: int, end: int) -> bool:
    return any(span.start < end and start < span.end for span in spans)


def _inside(one: Found, name: str, start: int, end: int) -> Found:
    """A name of the list that is only a part of a longer name: 桃园路 in 桃园路小学."""
    if start <= one.start and one.end <= end and one.end - one.start < end - start and end != one.end:
        return _less(one, _PART, f"part_of:{name}")
    return one


def _value(kind: str, text: str) -> str:
    """The number of a numbered part: ``3`` of 三号楼."""
    if kind not in _NUMBERED:
        return ""
    found = doors(text)
    if found:
        return found[0].value
    return normalise(text).rstrip("号楼栋幢座院弄单元门室房户层#").upper()
