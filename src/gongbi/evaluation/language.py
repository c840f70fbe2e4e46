"""The language in which an indicator is defined: read into a small tree, or refused with where and what to do. Pure.

    amount    = term { ("+" | "-") term }
    term      = factor { ("*" | "/") factor }
    factor    = NUMBER | "(" amount ")" | "count" "(" lines [ "where" condition ] ")" | "rate" "(" code ")"
    condition = all { "or" all } ;  all = test { "and" test }
    test      = "not" test | "(" condition ")" | FLAG | field ("=" | "!=" | "<" | "<=" | ">" | ">=") value | field "in" "(" values ")"

There is nothing in it that could repeat, assign, call or reach outside the closed list of fields: whatever can be read ends, after as
many steps as the tree has nodes. Texts, nodes and depth are bounded.
"""

from __future__ import annotations

import difflib
import re
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn

from gongbi.evaluation.fields import BELOW, FIELDS, LINES, PERSONAL
from gongbi.evaluation.tree import (
    Amount,
    Both,
    Compare,
    Condition,
    Count,
    Either,
    Every,
    Flag,
    Not,
    Number,
    Product,
    Rate,
    Sum,
)
from gongbi.kernel.errors import Refused

LONGEST = 600  # characters
DEEPEST = 24  # brackets within brackets
MOST = 160  # nodes
_DIGITS = 9
COMPARED = ("=", "!=", "<", "<=", ">", ">=")
_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([^\W\d]\w*)|(<=|>=|!=|\*\*|[=<>+\-*/(),])|(\S))")
_CODE = re.compile(r"\s*([A-Za-z]?[0-9A-Za-z]{1,8})")
_FOREVER = frozenset(
    {
        "while",
        "for",
        "loop",
        "repeat",
        "until",
        "lambda",
        "def",
        "import",
        "eval",
        "exec",
        "return",
        "yield",
        "class",
    }
)
_NO_WORDS = frozenset({"and", "or", "not", "in", "where", "count", "rate"})


# --- Reading --------------------------------------------------------------------------------------------------------


class _Token(NamedTuple):
    sort: str  # number, word, sign, end
    text: str
    at: int  # its first character, from 1


def amount(text: str, *, field: str, below: bool = False) -> Amount:
    """Read an amount. ``field``: the input that a refusal names. ``below``: whether the lines of the denominator may be named."""
    reader = _Reader(text, field, below)
    found = reader.amount()
    reader.end()
    return found


def condition(text: str, *, field: str) -> Condition:
    """Read a condition; an empty text is no condition: no line fulfils it."""
    if not text.strip():
        return Not(Every())
    reader = _Reader(text, field, False)
    found = reader.condition()
    reader.end()
    return found


class _Reader:
    def __init__(self, text: str, field: str, below: bool) -> None:
        self.text, self.field, self.below = text, field, below
        self.at = self.nodes = self.depth = 0
        if len(text) > LONGEST:
            self.refuse("long", ("定义有 %(n)s 个字符，最多 %(most)s 个，请拆成几个指标。",
                                 "The definition has %(n)s characters, at most %(most)s are read. Divide it into several indicators."),
                        n=len(text), most=LONGEST)  # fmt: skip
        self.tokens = self._tokens()

    def _tokens(self) -> list[_Token]:
        found, at, text = [], 0, self.text.rstrip()
        while at < len(text):
            read = _TOKEN.match(text, at)
            assert read is not None
            number, word, sign, other = read.groups()
            start = read.start(read.lastindex or 0) + 1
            if other or sign == "**":
                self.refuse("sign", ("第 %(at)s 个字符“%(text)s”不属于定义语言，请删去；可用：+ - * / ( ) , = != < <= > >=。",
                                     "“%(text)s” at character %(at)s is no sign of the language. Take it out; there are + - * / ( ) , = != < <= > >=."),
                            at=start, text=other or sign)  # fmt: skip
            found.append(
                _Token("number" if number else "word" if word else "sign", number or word or sign, start)
            )
            at = read.end()
        found.append(_Token("end", "", len(text) + 1))
        return found

    # Small steps

    def refuse(self, code: str, words: tuple[str, str], **values: Any) -> NoReturn:
        raise Refused(f"evaluation.{code}", words, field=self.field, values=values)

    def look(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.tokens[self.at]
        self.at += token.sort != "end"
        return token

    def got(self, text: str) -> bool:
        if self.look().text == text and self.look().sort != "end":
            self.at += 1
            return True
        return False

    def need(self, text: str) -> None:
        if not self.got(text):
            self.unexpected(f"“{text}”")

    def unexpected(self, wanted: str) -> NoReturn:
        token = self.look()
        if token.sort == "end":
            self.refuse("short", ("定义到第 %(at)s 个字符就断了，那里应有%(wanted)s，请补上。",
                                  "The definition breaks off at character %(at)s, where %(wanted)s should stand. Complete it."),
                        at=token.at, wanted=wanted)  # fmt: skip
        self.known(token)
        self.refuse("unexpected", ("第 %(at)s 个字符处的“%(text)s”不该在这里，这里应有%(wanted)s。",
                                   "“%(text)s” at character %(at)s does not belong there; %(wanted)s should stand there."),
                    at=token.at, text=token.text, wanted=wanted)  # fmt: skip

    def known(self, token: _Token) -> None:
        """Refuse what people may try and the language has not, each with its own sentence."""
        word = token.text.lower()
        if token.sort != "word":
            return
        if word in PERSONAL:
            self.refuse("personal", ("第 %(at)s 个字符处的“%(text)s”涉及个人。考评只看地点、类别和单位，不看任何人的信息；可用的字段：%(fields)s。",
                                     "“%(text)s” at character %(at)s reaches for a person's data. Evaluation counts places, kinds and units, never "
                                     "people; the fields are: %(fields)s."),
                        at=token.at, text=token.text, fields="、".join(FIELDS))  # fmt: skip
        if word in _FOREVER:
            self.refuse("forever", ("第 %(at)s 个字符处的“%(text)s”：定义语言里没有循环、函数和赋值，每个定义都必须算得完；请用 count(… where …) 写。",
                                    "“%(text)s” at character %(at)s: the language has no loops, functions or assignments, so that every definition "
                                    "ends. Write it with count(… where …)."),
                        at=token.at, text=token.text)  # fmt: skip

    def node(self) -> None:
        self.nodes += 1
        if self.nodes > MOST:
            self.refuse("large", ("定义超过 %(most)s 项，请拆成几个指标。",
                                  "The definition has more than %(most)s parts. Divide it into several indicators."), most=MOST)  # fmt: skip

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            self.refuse("deep", ("括号和“not”套得太深（最多 %(most)s 层），请写简单些。",
                                 "Brackets and “not” are nested more than %(most)s deep. Write it more simply."), most=DEEPEST)  # fmt: skip

    def end(self) -> None:
        if self.look().sort != "end":
            self.unexpected("+ - * / and or")

    # Amounts

    def amount(self) -> Amount:
        return self._chain(("+", "-"), self._term, Sum)

    def _term(self) -> Amount:
        return self._chain(("*", "/"), self._factor, Product)

    def _chain(self, signs: tuple[str, str], part: Any, make: Any) -> Amount:
        parts = [(signs[0], part())]
        while self.look().sort == "sign" and self.look().text in signs:
            sign = self.take().text
            parts.append((sign, part()))
        found: Amount = parts[0][1] if len(parts) == 1 else make(tuple(parts))
        return found

    def _factor(self) -> Amount:
        self.node()
        token = self.look()
        if token.sort == "number":
            return Number(self._number())
        if self.got("("):
            self.deeper()
            found = self.amount()
            self.need(")")
            self.depth -= 1
            return found
        if token.sort == "word" and self.got("count"):
            return self._count()
        if token.sort == "word" and self.got("rate"):
            self.need("(")
            code = self.take()
            if code.sort != "word":
                self.at -= code.sort != "end"
                self.unexpected("rate(…)")
            self.need(")")
            return Rate(code.text)
        return self.unexpected("count(…)")

    def _number(self) -> Decimal:
        token = self.take()
        if len(token.text.replace(".", "")) > _DIGITS:
            self.refuse("number", ("第 %(at)s 个字符处的数太长，最多 %(most)s 位。",
                                   "The number at character %(at)s is too long: at most %(most)s digits."), at=token.at, most=_DIGITS)  # fmt: skip
        return Decimal(token.text)

    def _count(self) -> Count:
        self.need("(")
        token = self.look()
        names = (*LINES, BELOW) if self.below else tuple(LINES)
        if token.sort != "word" or token.text not in names:
            if token.sort == "word":
                self.known(token)
                self.refuse("lines", ("第 %(at)s 个字符处：没有“%(text)s”这种记录，可数的有：%(names)s。",
                                      "At character %(at)s: there are no lines called “%(text)s”; there are: %(names)s."),
                            at=token.at, text=token.text, names="、".join(names))  # fmt: skip
            self.unexpected("、".join(names))
        self.take()
        where: Condition = Every()
        if self.got("where"):
            where = self.condition()
        self.need(")")
        return Count(token.text, where)

    # Conditions

    def condition(self) -> Condition:
        parts = [self._all()]
        while self.got("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Condition:
        parts = [self._test()]
        while self.got("and"):
            parts.append(self._test())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _test(self) -> Condition:
        self.node()
        if self.got("not"):
            self.deeper()
            part = self._test()
            self.depth -= 1
            return Not(part)
        if self.got("("):
            self.deeper()
            found = self.condition()
            self.need(")")
            self.depth -= 1
            return found
        token = self.look()
        if token.sort != "word" or token.text in _NO_WORDS:
            self.unexpected("、".join(FIELDS))
        known = FIELDS.get(token.text)
        if known is None:
            self.unknown_field(token)
        self.take()
        if known.kind == "flag":
            return Flag(token.text)
        if self.got("in"):
            if known.kind == "number":
                self.at -= 1
                self.unexpected("= != < <= > >=")
            self.need("(")
            values = [self._value(token.text)]
            while self.got(","):
                values.append(self._value(token.text))
            self.need(")")
            return Compare(token.text, "in", tuple(values))
        sign = self.look()
        fit = COMPARED if known.kind == "number" else COMPARED[:2]
        if sign.sort != "sign" or sign.text not in fit:
            self.unexpected(" ".join(fit))
        self.take()
        return Compare(token.text, sign.text, (self._value(token.text),))

    def unknown_field(self, token: _Token) -> NoReturn:
        self.known(token)
        near = difflib.get_close_matches(token.text, FIELDS, n=1)
        hint = (f"是不是“{near[0]}”？", f"Did you mean “{near[0]}”?") if near else ("", "")
        self.refuse("field", ("第 %(at)s 个字符处：没有“%(text)s”这个字段。%(hint)s可用：%(fields)s。",
                              "At character %(at)s: there is no field “%(text)s”. %(hint)s There are: %(fields)s."),
                    at=token.at, text=token.text, hint=hint, fields="、".join(FIELDS))  # fmt: skip

    def _value(self, name: str) -> Any:
        self.node()
        known, token = FIELDS[name], self.look()
        if known.kind == "number":
            if token.sort != "number" or "." in token.text:
                self.unexpected("1–5")
            return int(self._number())
        if known.kind == "code":
            read = _CODE.match(self.text, token.at - 1)
            if token.sort not in ("word", "number") or read is None:
                self.unexpected("E0301")
            while self.look().sort != "end" and self.look().at <= read.end():
                self.take()
            return read.group(1).upper()
        if token.sort != "word" or token.text not in known.values:
            if token.sort == "word":
                self.known(token)
            self.refuse("value", ("第 %(at)s 个字符处：“%(name)s”没有“%(text)s”这个值，可用：%(values)s。",
                                  "At character %(at)s: “%(name)s” does not take “%(text)s”; it takes: %(values)s."),
                        at=token.at, name=name, text=token.text or "…", values="、".join(known.values))  # fmt: skip
        self.take()
        return token.text
