"""Whose job, by when: pure decisions, each with its article. Plain values in, plain values out; no database,
no time of day.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from gongbi.duties.wording import (
    SPECIAL_ROUTES,
    Alarm,
    SpecialRoute,
    WordRule,
    emergency,
    safety,
    special_route,
    special_routes,
)
from gongbi.kernel.errors import Refused

__all__ = [
    "SPECIAL_ROUTES",
    "Alarm",
    "SpecialRoute",
    "WordRule",
    "emergency",
    "safety",
    "special_route",
    "special_routes",
]

Words = tuple[str, str]  # (Chinese, English)
ListType = Literal["perform", "actfor", "assist"]

PERFORM, ACTFOR, ASSIST = "perform", "actfor", "assist"
LIST_WORDS: dict[str, Words] = {
    PERFORM: ("履职", "perform"),
    ACTFOR: ("代办", "act for"),
    ASSIST: ("协办", "assist"),
}
ARTICLE_LISTS = "社区三项清单；参照《北京市接诉即办工作条例》§17"
ARTICLE_SPECIAL = "参照《北京市接诉即办工作条例》§11"

COMMUNITY_KIND = "community"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the three lists. ``kinds``: kind codes or their beginnings; empty covers no kind of
    case.
    """

    code: str
    list_type: str
    name: Words
    kinds: tuple[str, ...]
    territory: str = ""  # the division it holds for; empty is the whole district
    basis: str = ""
    description: Words = ("", "")
    verified: bool = False

    def covers(self, kind: str, community: str = "") -> bool:
        inside = not self.territory or community.startswith(self.territory)
        return inside and any(kind.startswith(prefix) for prefix in self.kinds)


@dataclass(frozen=True, slots=True)
class Verdict:
    """May it be done? If not: why (Chinese, English) and the article; ``item`` is the list item that allows
    it.
    """

    allowed: bool
    reason: Words = ("", "")
    article: str = ""
    item: Item | None = None
    code: str = ""


def best_item(items: Iterable[Item], kind: str, community: str = "") -> Item | None:
    """The item that covers the kind there: perform before act-for before assist, then the one that names it most closely."""
    order = {PERFORM: 0, ACTFOR: 1, ASSIST: 2}
    found = [item for item in items if item.covers(kind, community)]

    def rank(item: Item) -> tuple[int, int, str]:
        closest = max(len(prefix) for prefix in item.kinds if kind.startswith(prefix))
        return order[item.list_type], -closest, item.code

    return min(found, key=rank, default=None)


def check_community_lists(item: Item | None, unit_kind: str, as_lead: bool) -> str:
    """The article that lets a unit of ``unit_kind`` have the matter that ``item`` covers; raises ``Refused``
    if it may not.

    ``item`` is the list item of the matter's kind (:func:`best_item`), ``None`` when it is on no list. See
    :func:`weigh_lists` for the rule.
    """
    verdict = weigh_lists(item, unit_kind, as_lead)
    if not verdict.allowed:
        raise Refused(f"duties.{verdict.code}", verdict.reason, article=verdict.article, field="unit")
    return verdict.article


def weigh_lists(best: Item | None, unit_kind: str, as_lead: bool) -> Verdict:
    """Whether a unit of ``unit_kind`` may have the matter, as lead or as co-handler, and why.

    Only communities are bound: what is on none of their three lists may not be given to them at all; an
    *assist* item never
    makes them the lead (Beijing's ordinance on complaints 2021 §17, and the same rule for our lists).
    """
    if unit_kind != COMMUNITY_KIND:
        return Verdict(True, article=best.basis if best else "", item=best)
    if best is None:
        return Verdict(
            False,
            (
                "这类事项不在社区三项清单内，不能派给社区，请派街道或主管部门。",
                "This kind is on none of the community's three lists; send it to the street or the "
                "department.",
            ),
            ARTICLE_LISTS,
            None,
            "community_not_on_lists",
        )
    if as_lead and best.list_type == ASSIST:
        return Verdict(
            False,
            (
                f"“{best.name[0]}”（{best.code}）是协办事项，社区只能协助，不能作主办。",
                f"“{best.name[1]}” ({best.code}) is an assist item: the community may help but never lead.",
            ),
            ARTICLE_LISTS,
            best,
            "community_assists_only",
        )
    return Verdict(
        True,
        (
            f"三项清单·{LIST_WORDS[best.list_type][0]}：{best.name[0]}({best.code})",
            f"Three lists, {LIST_WORDS[best.list_type][1]}: {best.name[1]} ({best.code})",
        ),
        best.basis or ARTICLE_LISTS,
        best,
    )


# -- filing standards
# ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filing:
    """One standard of a kind: when it is filed, when it may be closed, with what evidence and by when."""

    kind: str
    number: int
    filing: Words
    closing: Words
    evidence: tuple[str, ...]
    limit: str
    words: tuple[str, ...] = ()
    season: str = ""  # "MM-DD..MM-DD;…", both ends included; may run over the new year
    basis: str = ""
    source: str = ""
    verified: bool = False
    id: int = 0

    @property
    def code(self) -> str:
        return f"{self.kind}-{self.number}"


_SEASON = re.compile(r"^(\d{2})-(\d{2})\.\.(\d{2})-(\d{2})$")


def season_spans(season: str) -> tuple[tuple[tuple[int, int], tuple[int, int]], ...]:
    """``"11-15..03-15"`` → (((11, 15), (3, 15)),). Raises ``ValueError`` for anything else."""
    spans = []
    for part in filter(None, season.split(";")):
        match = _SEASON.match(part.strip())
        if not match:
            raise ValueError(f"not a season: {part!r} (write MM-DD..MM-DD)")
        numbers = [int(x) for x in match.groups()]
        date(2024, numbers[0], numbers[1]), date(2024, numbers[2], numbers[3])  # a leap year: 02-29 is a day
        spans.append(((numbers[0], numbers[1]), (numbers[2], numbers[3])))
    return tuple(spans)


def in_season(season: str, day: date) -> bool:
    """Whether ``day`` lies in the season; no season is always in season."""
    spans = season_spans(season)
    here = (day.month, day.day)
    return not spans or any(
        first <= here <= last if first <= last else here >= first or here <= last for first, last in spans
    )


@dataclass(frozen=True, slots=True)
class FilingChoice:
    filing: Filing
    words: tuple[str, ...]  # what in the text spoke for it
    reason: Words


def choose_filing(filings: Sequence[Filing], text: str, day: date) -> FilingChoice | None:
    """The standard to propose: in season, and with the most of its words in the text (of equals the first).

    With no word found, the first standard that has no words of its own, else the second of the list:
    standards go from grave
    to slight, and a severity that nobody described is not invented. ``None`` when no standard is in season.
    """
    live = [f for f in sorted(filings, key=lambda f: f.number) if in_season(f.season, day)]
    if not live:
        return None
    plain = unicodedata.normalize("NFKC", text)
    said = [(tuple(w for w in f.words if w in plain), f) for f in live]
    hits = max((len(words) for words, _f in said), default=0)
    if hits:
        words, best = next((w, f) for w, f in said if len(w) == hits)
        named = "、".join(words)
        reason = (f"文中有“{named}”，适用：{best.filing[0]}", f"the text says “{named}”: {best.filing[1]}")
        return FilingChoice(best, words, reason)
    plain_ones = [f for f in live if not f.words]
    best = plain_ones[0] if plain_ones else live[min(1, len(live) - 1)]
    return FilingChoice(
        best, (), (f"未说明程度，先按：{best.filing[0]}", f"severity not told: {best.filing[1]}")
    )


# -- lawful reasons to reject and to hide
# -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rejection:
    key: str
    name: Words
    article: str
    route: str = ""  # the special route whose reply is given, if any


REJECTIONS: tuple[Rejection, ...] = (
    Rejection(
        "not_real",
        ("经核实不存在或位置无法确认", "checked: not there, or the place cannot be found"),
        "GB/T 30428 立案前核实",
    ),
    Rejection("legal_channel", SPECIAL_ROUTES["legal_channel"], ARTICLE_SPECIAL + "(2)", "legal_channel"),
    Rejection("repeated", SPECIAL_ROUTES["repeated"], ARTICLE_SPECIAL + "(3)", "repeated"),
    Rejection("secret", SPECIAL_ROUTES["secret"], ARTICLE_SPECIAL + "(4)", "secret"),
    Rejection("outside", SPECIAL_ROUTES["outside"], ARTICLE_SPECIAL + "(5)", "outside"),
    Rejection("improper", SPECIAL_ROUTES["improper"], ARTICLE_SPECIAL + "(6)", "improper"),
    Rejection(
        "no_contact",
        (
            "缺少要素且无法联系补充（允许匿名的类别除外）",
            "essentials missing and nobody to ask (not for anonymous kinds)",
        ),
        "参照《北京市接诉即办工作条例》§10",
    ),
    Rejection(
        "withdrawn", ("反映人撤回", "withdrawn by the one who spoke"), "参照《北京市接诉即办工作条例》§8"
    ),
)


def rejection(key: str) -> Rejection | None:
    return next((reason for reason in REJECTIONS if reason.key == key), None)


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What the rules need to know of a kind."""

    code: str
    name: Words
    major: Words
    handler: str  # selector
    anonymous: bool = False
    informer: bool = False
    on_spot: bool = False
    reply: str = "callback"
    words: tuple[str, ...] = ()
    national: bool = False
    verified: bool = False
    source: str = ""
    id: int = field(default=0, compare=False)


def contact_needed(kind: KindFacts | None) -> bool:
    """Whether a report must carry a contact (H1); reports of offences may be anonymous."""
    return kind is None or not kind.anonymous


def reporter_hidden(kind: KindFacts | None) -> bool:
    """Whether who reported must stay invisible to the unit it is about (Jinan 2018 §32, H5)."""
    return kind is not None and kind.informer
