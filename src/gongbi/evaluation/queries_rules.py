"""The rules in force on a day, their versions, and what would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from gongbi.evaluation import reading, rules, shipped
from gongbi.evaluation.models import Rule
from gongbi.evaluation.rules import Indicator, Scheme
from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer

INDICATOR, SCHEME = "indicator", "scheme"
KINDS = (INDICATOR, SCHEME)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Every rule that holds on a day, with the number of its version (0: as shipped)."""

    indicators: Mapping[str, Indicator]
    schemes: Mapping[str, Scheme]
    versions: Mapping[str, int]

    def with_rule(self, kind: str, one: Any) -> RuleSet:
        """The same with one rule in place of what holds; refused where it does not fit the others."""
        changed = RuleSet(
            {**self.indicators, one.code: one} if kind == INDICATOR else self.indicators,
            {**self.schemes, one.code: one} if kind == SCHEME else self.schemes,
            self.versions,
        )
        rules.check_set(changed.indicators)
        for scheme in changed.schemes.values():
            rules.check_scheme(scheme, changed.indicators)
        return changed


def rules_on(viewer: Viewer, day: date) -> RuleSet:
    """What holds on ``day``: of each rule the version that took effect last, else the shipped one. One query."""
    indicators, schemes = dict(shipped.indicators()), dict(shipped.schemes())
    versions: dict[str, int] = {}
    held = visible(Rule, viewer).filter(valid_from__lte=day, withdrawn_at__isnull=True)
    for row in held.order_by("valid_from", "number"):
        plain = orjson.loads(row.plain)
        if row.kind == INDICATOR:
            indicators[row.code] = reading.indicator(plain)
        else:
            schemes[row.code] = reading.scheme(plain)
        versions[f"{row.kind}:{row.code}"] = row.number
    return RuleSet(indicators, schemes, versions)


def versions(viewer: Viewer, kind: str, code: str) -> list[Rule]:
    """Every version of a rule that people made, the newest first; the shipped one stands in the code."""
    return list(visible(Rule, viewer).filter(kind=kind, code=code).order_by("-number"))


def drafts(viewer: Viewer) -> list[Rule]:
    """Versions that are proposed and not decided on, the newest first."""
    waiting = visible(Rule, viewer).filter(enacted_at__isnull=True, withdrawn_at__isnull=True)
    return list(waiting.order_by("-proposed_at", "-pk"))


def coming(viewer: Viewer, day: date) -> list[Rule]:
    """Versions that were decided on and take effect after ``day``, the next first."""
    return list(
        visible(Rule, viewer)
        .filter(valid_from__gt=day, withdrawn_at__isnull=True)
        .order_by("valid_from", "pk")
    )


def rule(key: int, viewer: Viewer) -> Rule:
    """One version by its key, or NotThere."""
    found = visible(Rule, viewer).filter(pk=key).first() if 0 < key < 2**63 else None
    if found is None:
        raise NotThere(
            "evaluation.no_rule",
            (
                "没有这个版本，请从指标与方案页打开。",
                "There is no such version; open it from the page of rules.",
            ),
        )
    return found


def held(key: int, viewer: Viewer) -> Indicator | Scheme:
    """The indicator or scheme that a version holds."""
    row = rule(key, viewer)
    plain = orjson.loads(row.plain)
    return reading.indicator(plain) if row.kind == INDICATOR else reading.scheme(plain)
