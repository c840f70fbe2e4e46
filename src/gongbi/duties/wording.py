"""Words that lead somewhere: to 110/119/120/122, to one of the six special routes, to the head of the queue.
Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

Words = tuple[str, str]  # (Chinese, English)


# ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WordRule:
    """Words that lead somewhere: ``group`` emergency, special or safety; ``key`` 119, legal_channel, danger
    …
    """

    group: str
    key: str
    patterns: tuple[str, ...]
    negatives: tuple[str, ...]
    reply: Words
    article: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An emergency in a text: the number to call, the words that say so and what the person is told."""

    number: str
    words: tuple[str, ...]
    reply: Words
    article: str


_SENTENCE = re.compile(r"[。！？!?；;\n]+")
_LONG = 160  # characters from which a text is a letter, not a cry
_BEGINNING = 60
_CLAUSE = 14  # characters before and after a word in which a negative context still speaks about it


def _hits(rule: WordRule, text: str) -> tuple[str, ...]:
    """Patterns of the rule that occur without one of its negatives near them in the same sentence."""
    if not any(map(text.__contains__, rule.patterns)):  # nearly always: every report is asked for every rule
        return ()
    found: list[str] = []
    against = {p: [n for n in rule.negatives if n not in p] for p in rule.patterns}
    for sentence in _SENTENCE.split(text):
        for pattern in rule.patterns:
            at = sentence.find(pattern)
            while at >= 0:
                around = sentence[max(0, at - _CLAUSE) : at + len(pattern) + _CLAUSE]
                if not any(negative in around for negative in against[pattern]):
                    if pattern not in found:
                        found.append(pattern)
                    break
                at = sentence.find(pattern, at + 1)
    return tuple(w for w in found if not any(w != other and w in other for other in found))


def emergency(text: str, rules: Iterable[WordRule]) -> Alarm | None:
    """The emergency a text describes, or ``None``. What is past, feared or only about a facility is none.

    “119 消防通道被占” names a number but nothing burns; “着火了” does.
    """
    plain = unicodedata.normalize("NFKC", text)
    if len(plain) > _LONG:  # nobody in danger writes a page; a page tells of dangers
        plain = plain[:_BEGINNING]
    best: Alarm | None = None
    for rule in rules:
        if rule.group != "emergency":
            continue
        words = _hits(rule, plain)
        if words and (best is None or len(words) > len(best.words)):
            best = Alarm(rule.key, words, rule.reply, rule.article)
    return best


@dataclass(frozen=True, slots=True)
class SpecialRoute:
    """One of the six routes that answer at once and dispatch nothing."""

    key: str
    name: Words
    reply: Words
    article: str
    words: tuple[str, ...] = ()


SPECIAL_ROUTES: dict[str, Words] = {
    "emergency": ("紧急事项转110、119、120、122", "emergency: transfer to 110, 119, 120 or 122"),
    "legal_channel": ("已进入法定程序", "already before a court or other legal channel"),
    "repeated": ("同一人同一事项无新情况", "same person, same matter, nothing new"),
    "secret": ("涉及国家秘密、商业秘密、个人隐私", "state or trade secret, or privacy"),
    "outside": ("不属于职责范围", "outside our remit"),
    "improper": ("违反法律或公序良俗", "against the law or common decency"),
}


def special_routes(
    text: str, rules: Iterable[WordRule], *, same_open_matter: bool = False
) -> list[SpecialRoute]:
    """The special routes that a text suggests, for a clerk to confirm; the machine never closes a matter by
    them alone.
    """
    table = list(rules)
    plain = unicodedata.normalize("NFKC", text)
    out: list[SpecialRoute] = []
    alarm = emergency(text, table)
    for rule in table:
        if rule.group != "special":
            continue
        name = SPECIAL_ROUTES[rule.key]
        if rule.key == "emergency" and alarm:
            out.append(SpecialRoute(rule.key, name, alarm.reply, rule.article, alarm.words))
        elif rule.key == "repeated" and same_open_matter:
            out.append(SpecialRoute(rule.key, name, rule.reply, rule.article))
        elif rule.key not in ("emergency", "repeated") and (words := _hits(rule, plain)):
            out.append(SpecialRoute(rule.key, name, rule.reply, rule.article, words))
    return out


def special_route(key: str, rules: Iterable[WordRule]) -> SpecialRoute | None:
    """The route a clerk chose, with its reply; ``None`` when the key is none of the six or has no text."""
    for rule in rules:
        if rule.group == "special" and rule.key == key and key in SPECIAL_ROUTES:
            return SpecialRoute(key, SPECIAL_ROUTES[key], rule.reply, rule.article)
    return None


def safety(text: str, rules: Iterable[WordRule]) -> tuple[str, ...]:
    """Words of danger in a text (漏电, 塌陷 …): the matter goes to the head of the queue."""
    plain = unicodedata.normalize("NFKC", text)
    found: list[str] = []
    for rule in rules:
        if rule.group == "safety":
            found += [w for w in _hits(rule, plain) if w not in found]
    return tuple(found)
