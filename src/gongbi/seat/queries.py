"""What the seat asks: what is in force, what fits the words, how the calls went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Max

from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.search.words import tokens
from gongbi.seat import rules
from gongbi.seat.models import Article, CallDay, Threshold, Use, Version

PROPOSED = 5
LEAST_SCORE = 0.34  # a third of what was asked, or less of it in the title


@dataclass(frozen=True, slots=True)
class Shown:
    """One version with where it stands on a day, and how often it was used."""

    version: Version
    standing: str
    uses: int = 0


def _newest(viewer: Viewer, *, reviewed: bool) -> dict[int, Version]:
    """The newest version of each article that was not withdrawn: reviewed, or whatever."""
    found = visible(Version, viewer).filter(article__withdrawn_at__isnull=True)
    if reviewed:
        found = found.filter(reviewed_at__isnull=False)
    found = found.select_related("article").order_by("article_id", "number")
    return {row.article_id: row for row in found}  # type: ignore[attr-defined,unused-ignore]


def newest(viewer: Viewer) -> dict[int, Version]:
    """The newest version, draft or not, of each article that was not withdrawn, by the article's key."""
    return _newest(viewer, reviewed=False)


def proposals(viewer: Viewer, words: str, *, on: date, kind: str = "", most: int = PROPOSED) -> list[Version]:
    """What fits the words of a caller, best first: reviewed, not withdrawn, not expired. Two queries at most."""
    asked = tokens(words[:2000])
    if not asked and not kind:
        return []
    scored = []
    for row in _newest(viewer, reviewed=True).values():
        if rules.expired(row.valid_until, on):
            continue
        fits = rules.score(asked, tokens(f"{row.title} {row.words}"), tokens(f"{row.answer} {row.body}"))
        if kind and row.kind and row.kind == kind:
            fits += 0.5
        if fits >= LEAST_SCORE:
            scored.append((-fits, row.pk, row))
    return [row for _fits, _pk, row in sorted(scored, key=lambda one: one[:2])[:most]]


def articles(viewer: Viewer, *, on: date, words: str = "") -> list[Shown]:
    """Every article by its newest version: what waits for review first, then what has expired, then the rest by title."""
    uses = dict(visible(Use, viewer).values_list("version__article").annotate(n=Count("id")))
    shown = [
        Shown(row, standing(row, on=on), uses.get(row.article_id, 0))  # type: ignore[attr-defined,unused-ignore]
        for row in _newest(viewer, reviewed=False).values()
    ]
    asked = tokens(words)
    if asked:
        shown = [
            one for one in shown
            if rules.score(asked, tokens(f"{one.version.title} {one.version.words}"), tokens(f"{one.version.answer} {one.version.body}")) > 0
        ]  # fmt: skip
    order = {rules.DRAFT: 0, rules.EXPIRED: 1, rules.EXPIRING: 2}
    return sorted(shown, key=lambda one: (order.get(one.standing, 3), one.version.title))


def to_be_done(viewer: Viewer, *, on: date) -> int:
    """How many articles need somebody: a draft waits for its review, the last day is over or near. One query."""
    newest = _newest(viewer, reviewed=False).values()
    return sum(standing(row, on=on) in (rules.DRAFT, rules.EXPIRED, rules.EXPIRING) for row in newest)


def standing(row: Version, *, on: date, newest: int | None = None, viewer: Viewer | None = None) -> str:
    """Where one version stands on a day. ``newest``: the number of the newest reviewed one."""
    if row.article.withdrawn_at is not None:
        return rules.WITHDRAWN
    if row.reviewed_at is None:
        return rules.DRAFT
    if newest is not None and row.number < newest:
        return rules.REPLACED
    if rules.expired(row.valid_until, on):
        return rules.EXPIRED
    return rules.EXPIRING if rules.expires_soon(row.valid_until, on) else rules.IN_FORCE


def article(viewer: Viewer, key: int, *, on: date) -> list[Shown]:
    """Every version of one article, newest first, with its uses; NotThere for none."""
    found = article_of(viewer, key)
    rows = list(
        visible(Version, viewer)
        .filter(article=found)
        .select_related("article")
        .annotate(n=Count("uses"))
        .order_by("-number")
    )
    newest = (
        visible(Version, viewer)
        .filter(article=found, reviewed_at__isnull=False)
        .aggregate(n=Max("number"))["n"]
    )
    return [Shown(row, standing(row, on=on, newest=newest), getattr(row, "n", 0)) for row in rows]


def version_to_use(viewer: Viewer, key: int, *, on: date) -> Version:
    """The version of that key if it may be read out on a day; NotThere otherwise: a draft, an old or an expired one never is."""
    row = visible(Version, viewer).filter(pk=key).select_related("article").first()
    if row is not None:
        newest = _newest(viewer, reviewed=True).get(row.article_id)  # type: ignore[attr-defined,unused-ignore]
        if newest is not None and newest.pk == row.pk and not rules.expired(row.valid_until, on):
            return row
    raise NotThere(
        "seat.not_in_force",
        ("这条答复已过期或已被替换，请重新查找。", "This answer has expired or was replaced; look again."),
    )


def thresholds(viewer: Viewer) -> dict[str, float]:
    """The limits in force."""
    kept = dict(visible(Threshold, viewer).values_list("key", "value"))
    return {key: kept.get(key, shipped) for key, (shipped, _words, _source) in rules.THRESHOLDS.items()}


def calls(viewer: Viewer, *, since: date, until: date) -> Sequence[CallDay]:
    """The days from ``since`` to before ``until`` that were imported, oldest first."""
    return list(visible(CallDay, viewer).filter(day__gte=since, day__lt=until).order_by("day"))


def last_days(viewer: Viewer, *, on: date, days: int = 30) -> Sequence[CallDay]:
    """The days before ``on``."""
    return calls(viewer, since=on - timedelta(days=days), until=on + timedelta(days=1))


def article_of(viewer: Viewer, key: int) -> Article:
    """One article; NotThere for none."""
    found = visible(Article, viewer).filter(pk=key).first()
    if found is None:
        raise NotThere("seat.article", ("没有这条知识。", "There is no such article."))
    return found
