"""What a SensorThings client asks: the address and its options, read strictly. Pure.

Addresses: ``Things``, ``Things(3)``, ``Things(3)/Datastreams``, ``Datastreams(3)/Observations('3-1795406400000')/result``. Options: $top,
$skip, $count, $orderby, $select, $expand (nested too), $filter with eq ne gt ge lt le, and or not, brackets, startswith, endswith,
substringof. What is not in this list is refused by its name, never left out silently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MOST, USUAL = 1_000, 100
DEEPEST = 4
Words = tuple[str, str]
_STEP = re.compile(r"^(?P<name>[A-Za-z]+)(?:\((?P<key>\d{1,18}|'[0-9-]{1,40}')\))?$")
_TOKEN = re.compile(
    r"\s*(?:(?P<time>\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d))|(?P<number>-?\d+(?:\.\d+)?)|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<name>[A-Za-z@][\w.@]*(?:/[A-Za-z@][\w.@]*)*)|(?P<sign>[(),]))"
)
COMPARES = ("eq", "ne", "gt", "ge", "lt", "le")
FUNCTIONS = ("startswith", "endswith", "substringof")


class Unreadable(ValueError):
    """An address or option that is not understood; ``words`` say which and what would be."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.words: Words = (zh, en)


@dataclass(frozen=True, slots=True)
class Step:
    """One part of an address: a set or property, and the key of one entity (None: none)."""

    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """``path`` (with slashes) compared by one of :data:`COMPARES` or :data:`FUNCTIONS` with a number, text, bool or time."""

    path: str
    by: str
    value: float | str | bool | datetime


@dataclass(frozen=True, slots=True)
class Both:
    """``and``, ``or`` of two conditions, or ``not`` of the first."""

    by: str
    left: Any
    right: Any = None


Condition = Compare | Both | None


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a set."""

    top: int = USUAL
    skip: int = 0
    count: bool = False
    order: tuple[tuple[str, bool], ...] = ()  # path, descending
    select: tuple[str, ...] = ()
    where: Condition = None
    expand: Mapping[str, Options] = field(default_factory=dict)


def address(path: str) -> list[Step]:
    """The steps of an address below the root. Raises Unreadable.

    >>> address("Datastreams(3)/Observations")
    [Step(name='Datastreams', key='3'), Step(name='Observations', key=None)]
    """
    steps = []
    for part in path.strip("/").split("/"):
        found = _STEP.match(part)
        if found is None:
            raise Unreadable(
                f"地址中的“{part[:40]}”无法识别。", f"“{part[:40]}” in the address is not understood."
            )
        key = found["key"]
        steps.append(Step(found["name"], key.strip("'") if key is not None else None))
    if len(steps) > DEEPEST:
        raise Unreadable("地址最多四段。", "An address has four parts at most.")
    return steps


def options(given: Mapping[str, str], *, depth: int = 0) -> Options:
    """Read the options of a request or of an expansion. Raises Unreadable, naming the option."""
    made: dict[str, Any] = {}
    for name, text in given.items():
        if name == "$top":
            made["top"] = min(_whole(name, text), MOST)
        elif name == "$skip":
            made["skip"] = _whole(name, text)
        elif name == "$count":
            if text not in ("true", "false"):
                raise Unreadable("$count 应为 true 或 false。", "$count is true or false.")
            made["count"] = text == "true"
        elif name == "$orderby":
            made["order"] = tuple(_order(part) for part in text.split(","))
        elif name == "$select":
            made["select"] = tuple(part.strip() for part in text.split(",") if part.strip())
        elif name == "$filter":
            made["where"] = condition(text)
        elif name == "$expand":
            if depth >= DEEPEST:
                raise Unreadable("$expand 嵌套太深。", "$expand is nested too deeply.")
            made["expand"] = _expansion(text, depth)
        elif name.startswith("$"):
            raise Unreadable(f"不支持 {name[:40]}。", f"{name[:40]} is not supported.")
    return Options(**made)


def _whole(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Unreadable(f"{name} 应为非负整数。", f"{name} is a whole number, zero or more.")
    return int(text)


def _order(part: str) -> tuple[str, bool]:
    words = part.split()
    if not 1 <= len(words) <= 2 or (len(words) == 2 and words[1].lower() not in ("asc", "desc")):
        raise Unreadable(
            "$orderby 写作“属性 asc”或“属性 desc”。", "$orderby is written “property asc” or “property desc”."
        )
    return words[0], len(words) == 2 and words[1].lower() == "desc"


def _expansion(text: str, depth: int) -> dict[str, Options]:
    found: dict[str, Options] = {}
    for part in split(text, ","):
        name, bracket, inner = part.strip().partition("(")
        if bracket and not inner.endswith(")"):
            raise Unreadable("$expand 的括号不成对。", "The brackets of $expand do not match.")
        first, _slash, rest = name.strip().partition("/")
        if not first:
            raise Unreadable("$expand 需要名称。", "$expand needs a name.")
        given = dict(_pair(one) for one in split(inner[:-1], ";")) if bracket else {}
        if rest:  # Datastreams/Observations(…) is Datastreams($expand=Observations(…))
            given = {"$expand": rest + (f"({inner}" if bracket else "")}
        found[first] = options(given, depth=depth + 1)
    return found


def _pair(text: str) -> tuple[str, str]:
    name, _equals, value = text.strip().partition("=")
    return name, value


def split(text: str, mark: str) -> list[str]:
    """Parts of ``text`` between ``mark``, but not inside brackets or quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for place, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if char == mark and depth == 0:
                parts.append(text[start:place])
                start = place + 1
    return [*parts, text[start:]]


# --- $filter ------------------------------------------------------------------------------------------------------------


def condition(text: str) -> Condition:
    """Read a filter. Raises Unreadable.

    >>> condition("result gt 3 and name eq 'A'").by
    'and'
    """
    if len(text) > 2_000:
        raise Unreadable("$filter 太长。", "$filter is too long.")
    tokens: list[tuple[str, str]] = []
    place = 0
    text = text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise Unreadable(
                f"$filter 从第 {place + 1} 个字符起无法识别。",
                f"$filter is not understood from character {place + 1} on.",
            )
        tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
        place = found.end()
    reader = _Filter(tokens)
    made = reader.either()
    if reader.place != len(tokens):
        raise reader.lost()
    return made


class _Filter:
    """Descends through ``or``, ``and``, ``not``, brackets, comparisons."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.place, self.depth = tokens, 0, 0

    def lost(self) -> Unreadable:
        word = self.tokens[self.place][1] if self.place < len(self.tokens) else ""
        return Unreadable(
            f"$filter 在“{word[:40]}”处无法识别。", f"$filter is not understood at “{word[:40]}”."
        )

    def next(self, kind: str = "", text: str = "") -> str | None:
        """The next token's text if it is of that kind and text, and go on; else None."""
        if self.place < len(self.tokens):
            found = self.tokens[self.place]
            if kind in ("", found[0]) and text in ("", found[1]):
                self.place += 1
                return found[1]
        return None

    def either(self) -> Compare | Both:
        left = self.all()
        while self.next("name", "or"):
            left = Both("or", left, self.all())
        return left

    def all(self) -> Compare | Both:
        left = self.one()
        while self.next("name", "and"):
            left = Both("and", left, self.one())
        return left

    def one(self) -> Compare | Both:
        self.depth += 1
        if self.depth > 60:
            raise Unreadable("$filter 太复杂。", "$filter is too complicated.")
        if self.next("name", "not"):
            return Both("not", self.one())
        if self.next("sign", "("):
            inner = self.either()
            if not self.next("sign", ")"):
                raise self.lost()
            return inner
        path = self.next("name")
        if path is None:
            raise self.lost()
        if path in FUNCTIONS:
            return self.function(path)
        by = self.next("name")
        if by not in COMPARES:
            raise self.lost()
        return Compare(path, by, self.literal())

    def function(self, name: str) -> Compare:
        if not self.next("sign", "("):
            raise self.lost()
        first: str | None
        if name == "substringof":  # the text stands first
            text, comma, first = self.next("text"), self.next("sign", ","), self.next("name")
        else:
            first, comma, text = self.next("name"), self.next("sign", ","), self.next("text")
        if first is None or comma is None or text is None or not self.next("sign", ")"):
            raise self.lost()
        if self.next("name", "eq") and not self.next("name", "true"):
            raise self.lost()
        return Compare(first, name, text.replace("''", "'"))

    def literal(self) -> float | str | bool | datetime:
        if (text := self.next("time")) is not None:
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                self.place -= 1
                raise self.lost() from None
        if (text := self.next("number")) is not None:
            return float(text) if "." in text or len(text) > 18 else int(text)
        if (text := self.next("text")) is not None:
            return text.replace("''", "'")
        for word, value in (("true", True), ("false", False)):
            if self.next("name", word):
                return value
        raise self.lost()
