"""Who gets it: ordered rules as data, first match wins, every decision told in sentences. Pure; no database,
no clock.

Order of decision: an adjudicator's ruling (precedent) → the rules in order → the handler named in the
catalogue. Then the
three lists: a community that may not lead gives way to its street, one that may not help is left out, and
the route says so.
Re-routing after a change of place or kind runs the same function again from the start, so nothing stays
behind from a rule
that no longer matches (the surprise that Signalen documents); the route also names the later rules that
would have matched.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from gongbi.duties.rules import (
    COMMUNITY_KIND,
    Filing,
    Item,
    KindFacts,
    Words,
    best_item,
    choose_filing,
    weigh_lists,
)

LOCAL = ZoneInfo("Asia/Shanghai")
HANDLER = "handler"  # in a rule: whoever the catalogue names for the kind
SELECTORS = ("street", "community", "district", HANDLER)


class Placed(Protocol):
    """Where something is: division codes, "" when unknown."""

    @property
    def community(self) -> str: ...
    @property
    def street(self) -> str: ...
    @property
    def grid(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Place:
    """The simplest :class:`Placed`, for dry runs and tests. ``kind`` names the sort of place (school, market
    …), if known.
    """

    community: str = ""
    street: str = ""
    grid: str = ""
    kind: str = ""


Resolver = Callable[[str, Placed, datetime], str]  # selector, place, time → unit code or ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One routing rule. Every condition that is not empty must hold; the first rule in order that matches
    decides.

    ``kinds``, ``territories``: beginnings of codes. ``hours``: ``"22:00-06:00"`` local time, the start
    included, the end not.
    ``words``: any of them in the text. ``lead``, ``co``: selectors (``street``, ``community``, ``handler``,
    ``department:CODE``, ``unit:CODE``).
    """

    code: str
    position: int
    kinds: tuple[str, ...]
    lead: str
    co: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    place_types: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    hours: str = ""
    words: tuple[str, ...] = ()
    limit: str = ""
    reason: Words = ("", "")
    article: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Ruling:
    """A precedent: an adjudicator's decision for a kind, in a territory or everywhere, that binds from
    ``since`` on.
    """

    kind: str
    territory: str
    unit: str  # selector
    since: datetime
    case_number: str
    id: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """A proposal: the lead, the co-handlers, what makes it theirs, and by when.

    ``lead`` and ``co_units`` are selectors; ``unit_code`` is the lead's code where it is known without
    asking the room of
    units (streets and communities have their division's code) or where a resolver was given, else "".
    """

    kind: str
    lead: str
    unit_code: str
    co_units: tuple[str, ...]
    item_code: str
    item_name: Words
    rule: str  # code of the rule, "precedent:<id>" or "catalogue"
    article: str
    reasons: tuple[Words, ...]
    limit: str
    filing: Filing | None
    shadowed: tuple[str, ...] = ()  # later rules that would have matched

    def as_json(self) -> dict[str, Any]:
        """Plain values, as a case keeps its proposal."""
        return {
            "lead": self.lead,
            "unit": self.unit_code,
            "co": list(self.co_units),
            "item": self.item_code,
            "item_name": list(self.item_name),
            "rule": self.rule,
            "article": self.article,
            "reasons": [list(pair) for pair in self.reasons],
            "limit": self.limit,
            "standard": self.filing.code if self.filing else "",
            "shadowed": list(self.shadowed),
        }


def valid_selector(selector: str) -> bool:
    """``street``, ``community``, ``district``, ``handler``, ``department:CODE`` or ``unit:CODE``."""
    head, _colon, code = selector.partition(":")
    return selector in SELECTORS or (head in ("department", "unit") and bool(code.strip()))


def hours_of(text: str) -> tuple[time, time]:
    """``"22:00-06:00"`` → two local times. Raises ``ValueError``."""
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(f"not hours: {text!r} (write HH:MM-HH:MM)")
    return time.fromisoformat(first.strip()), time.fromisoformat(last.strip())


def _in_hours(hours: str, at: datetime) -> bool:
    first, last = hours_of(hours)
    now = at.astimezone(LOCAL).time()
    return first <= now < last if first <= last else now >= first or now < last


def matches(rule: Rule, kind: str, placed: Placed, at: datetime, text: str, source: str) -> bool:
    """Whether every condition of the rule holds. ``text`` must be NFKC-normal."""
    if not kind.startswith(rule.kinds):  # most rules are about something else
        return False
    if rule.valid_from or rule.valid_to:
        day = at.astimezone(LOCAL).date()
        if (rule.valid_from and day < rule.valid_from) or (rule.valid_to and day >= rule.valid_to):
            return False
    place = placed.grid or placed.community or placed.street
    if rule.territories and not any(place.startswith(prefix) for prefix in rule.territories):
        return False
    if rule.place_types and getattr(placed, "kind", "") not in rule.place_types:
        return False
    if rule.sources and source not in rule.sources:
        return False
    if rule.hours and not _in_hours(rule.hours, at):
        return False
    return not rule.words or any(word in text for word in rule.words)


def _unit_code(selector: str, placed: Placed, at: datetime, resolve: Resolver | None) -> str:
    if resolve is not None and (code := resolve(selector, placed, at)):
        return code
    if selector == "street":
        return placed.street
    if selector == "community":
        return placed.community
    return selector[5:] if selector.startswith("unit:") else ""


def decide(
    kind: KindFacts,
    placed: Placed,
    *,
    at: datetime,
    rules: Iterable[Rule],
    items: Sequence[Item],
    filings: Sequence[Filing],
    rulings: Iterable[Ruling] = (),
    text: str = "",
    source: str = "",
    resolve: Resolver | None = None,
) -> Route:
    """The route of one matter. Never fails: what nobody's rule covers goes to the handler that the catalogue
    names.

    When the place is unknown, ``street`` and ``community`` cannot be resolved; the route says so and
    ``unit_code`` is "".
    """
    plain = unicodedata.normalize("NFKC", text)
    reasons: list[Words] = []
    place = placed.grid or placed.community or placed.street
    live = sorted(rules, key=lambda r: (r.position, r.code))
    fits = [r for r in live if matches(r, kind.code, placed, at, plain, source)]
    lead, name, article, own_limit = kind.handler, "catalogue", "", ""
    co: tuple[str, ...] = ()
    ruling = _ruling(rulings, kind.code, place, at)
    if ruling is not None:
        lead, name = ruling.unit, f"precedent:{ruling.id}"
        day = ruling.since.astimezone(LOCAL).date().isoformat()
        reasons.append(
            (
                f"裁定先例：{day}起此类事项由该单位承办（案号{ruling.case_number}）。",
                f"Precedent: since {day} this kind is theirs (case {ruling.case_number}).",
            )
        )
        article = "裁定先例"
    elif fits:
        rule = fits[0]
        lead = kind.handler if rule.lead == HANDLER else rule.lead
        co, name, article, own_limit = rule.co, rule.code, rule.article, rule.limit
        reasons.append((f"规则{rule.code}：{rule.reason[0]}。", f"Rule {rule.code}: {rule.reason[1]}."))
    else:
        reasons.append(
            ("没有规则适用，按类别目录的承办单位。", "No rule applies: the handler named in the catalogue.")
        )
    shadowed = tuple(r.code for r in (fits if ruling else fits[1:]))
    item: Item | None = None
    if lead == COMMUNITY_KIND:
        verdict = weigh_lists(best_item(items, kind.code, placed.community), COMMUNITY_KIND, True)
        reasons.append(verdict.reason)
        if verdict.allowed:
            item, article = verdict.item, verdict.article
        else:
            lead, article = "street", verdict.article
            co = tuple(c for c in co if c != "street")
            if verdict.item is not None:
                co = (*co, "community")
    kept: list[str] = []
    for selector in dict.fromkeys(co):
        selector = kind.handler if selector == HANDLER else selector
        if selector == lead or selector in kept:
            continue
        if selector == COMMUNITY_KIND:
            verdict = weigh_lists(best_item(items, kind.code, placed.community), COMMUNITY_KIND, False)
            reasons.append(verdict.reason)
            if not verdict.allowed:
                continue
            item = item or verdict.item
        kept.append(selector)
    code = _unit_code(lead, placed, at, resolve)
    if lead in ("street", "community") and not code:
        reasons.append(
            ("地点未确定，先补地点才能定到具体单位。", "The place is not known yet: fix it to find the unit.")
        )
    chosen = choose_filing(filings, plain, at.astimezone(LOCAL).date())
    if chosen is not None:
        reasons.append(chosen.reason)
    return Route(
        kind=kind.code,
        lead=lead,
        unit_code=code,
        co_units=tuple(kept),
        item_code=item.code if item else "",
        item_name=item.name if item else ("", ""),
        rule=name,
        article=article or (chosen.filing.basis if chosen else ""),
        reasons=tuple(r for r in reasons if r[0]),
        limit=own_limit or (chosen.filing.limit if chosen else ""),
        filing=chosen.filing if chosen else None,
        shadowed=shadowed,
    )


def _ruling(rulings: Iterable[Ruling], kind: str, place: str, at: datetime) -> Ruling | None:
    """The narrowest ruling in force: of equals the latest."""
    fits = [r for r in rulings if r.kind == kind and r.since <= at and place.startswith(r.territory)]
    return max(fits, key=lambda r: (len(r.territory), r.since, r.id), default=None)


@dataclass(frozen=True, slots=True)
class Past:
    """One matter that was routed before: what it was, where, when, and who had it (a selector or a unit
    code).
    """

    kind: str
    placed: Placed
    at: datetime
    unit: str
    text: str = ""
    source: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a draft would change for one past matter."""

    past: Past
    before: Route
    after: Route

    @property
    def words(self) -> Words:
        return (
            f"{self.past.kind}：{self.before.lead} → {self.after.lead}(规则{self.after.rule})",
            f"{self.past.kind}: {self.before.lead} → {self.after.lead} (rule {self.after.rule})",
        )


@dataclass(frozen=True, slots=True)
class DryRun:
    """``looked``: how many; ``agrees_now`` / ``agrees_then``: how many of them end where the matter really
    was; ``moved``: how many the draft treats otherwise, of which ``changes`` are the first.
    """

    looked: int
    unknown: int
    agrees_now: int
    agrees_then: int
    changes: tuple[Change, ...]
    unused: tuple[str, ...]  # rules of the draft that decided nothing
    moved: int = 0


def compare(
    draft: Sequence[Rule],
    current: Sequence[Rule],
    past: Iterable[Past],
    kinds: dict[str, KindFacts],
    items: Sequence[Item],
    filings: dict[str, list[Filing]],
    rulings: Sequence[Ruling] = (),
    *,
    keep: int = 500,
) -> DryRun:
    """Route past matters by the current rules and by the draft, as if the draft had been in force then.

    Only the first ``keep`` changes are kept with their reasons; all are counted in ``moved`` and ``agrees_*``.
    """
    timeless = [replace(rule, valid_from=None, valid_to=None) for rule in draft]
    looked = unknown = now = then = moved = 0
    changes: list[Change] = []
    used: set[str] = set()
    for one in past:
        kind = kinds.get(one.kind)
        if kind is None:
            unknown += 1
            continue
        looked += 1
        own = filings.get(one.kind, [])
        common = {"at": one.at, "items": items, "filings": own, "text": one.text, "source": one.source}
        before = decide(kind, one.placed, rules=current, rulings=rulings, **common)  # type: ignore[arg-type]
        after = decide(kind, one.placed, rules=timeless, rulings=rulings, **common)  # type: ignore[arg-type]
        used.add(after.rule)
        now += one.unit in (before.lead, before.unit_code)
        then += one.unit in (after.lead, after.unit_code)
        same = (before.lead, before.co_units, before.limit) == (after.lead, after.co_units, after.limit)
        if same:
            continue
        moved += 1
        if len(changes) < keep:
            changes.append(Change(one, before, after))
    idle = tuple(rule.code for rule in draft if rule.code not in used)
    return DryRun(looked, unknown, now, then, tuple(changes), idle, moved)
