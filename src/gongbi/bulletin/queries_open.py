"""What was published as open data, and what a month's tables would be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from gongbi.bulletin import opendata, rules
from gongbi.bulletin.composing import place_words, reader
from gongbi.bulletin.models import Release
from gongbi.bulletin.names import UNPLACED, both
from gongbi.bulletin.opendata import Table
from gongbi.bulletin.shape import Words
from gongbi.duties import queries as duties
from gongbi.insight import queries_tally
from gongbi.insight.catalogue import PERIOD
from gongbi.insight.period import Period
from gongbi.insight.queries import rate_named
from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Month:
    """The tables of a month before anything is hidden, with the names of their codes."""

    tables: tuple[Table, ...]
    names: dict[str, Words]
    definitions: dict[str, Words]
    publisher: Words


def month_of(period: Period, district: str, viewer: Viewer) -> Month:
    """Count a month: two queries over its lines, by kind as well. Small numbers stand in it: it is nobody's page."""
    lines = queries_tally.tallies(reader(district), [period], fine=True)[0]
    tables: list[Table] = []
    definitions: dict[str, Words] = {}
    codes: set[opendata.Key] = set()
    for told in opendata.TABLES:
        rate = rate_named(told.rate, viewer=viewer)
        tables.append(opendata.build(opendata.count(lines, rate, told), told))
        dated = PERIOD[rate.what]
        if told.outcomes:
            definitions[told.code] = (
                f"{told.outcomes[0]}：{rate.above_words[0]}；合计：{rate.below_words[0]}；月份按{dated[0]}。",
                f"{told.outcomes[0]}: {rate.above_words[1]}; total: {rate.below_words[1]}; the month is decided by {dated[1]}.",
            )
        else:
            definitions[told.code] = (
                f"{rate.below_words[0]}；月份按{dated[0]}。",
                f"{rate.below_words[1]}; the month is decided by {dated[1]}.",
            )
        codes.update(tables[-1].keys)
    names = both("street", [key.street for key in codes if key.street.isdigit()], period.last)
    names |= both("community", [key.community for key in codes if key.community.isdigit()], period.last)
    names |= {opendata.class_of(kind.code): kind.major for kind in duties.kinds(on=period.last)}
    names |= {opendata.UNPLACED: UNPLACED, opendata.UNKNOWN: ("未归类", "no class yet")}
    return Month(tuple(tables), names, definitions, place_words(district, period))


def releases(viewer: Viewer, *, all_: bool = False) -> list[Release]:
    """Releases, the newest month and edition first, without their rows. ``all_``: what waits and what was dropped as well, as far as seen."""
    found = visible(Release, viewer, "list").defer("plain")
    found = found if all_ else found.filter(state="published")
    return list(found.order_by("-month", "-edition", "-pk")[:500])


def release(month: str, viewer: Viewer, *, edition: int | None = None) -> Release:
    """A published release: the edition asked for, else the newest. NotThere."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        first = date.min
    found = visible(Release, viewer).filter(month=first, state="published")
    if edition is not None:
        found = found.filter(edition=min(edition, 2**31 - 1))
    one = found.order_by("-edition").first()
    if one is None:
        raise NotThere(
            "bulletin.no_release",
            ("这个月没有公布过这一版数据。", "There is no such edition of this month's data."),
        )
    return one


def release_by_key(key: int, viewer: Viewer) -> Release:
    """One release in any state, or NotThere."""
    found = visible(Release, viewer).filter(pk=key).first() if 0 < key < 2**63 else None
    if found is None:
        raise NotThere("bulletin.no_release", ("没有这一版数据。", "There is no such edition."))
    return found


def plain_of(one: Release, viewer: Viewer) -> dict[str, Any]:
    """The published document, read. NotThere for what is not theirs."""
    release_by_key(one.pk, viewer)
    found: dict[str, Any] = orjson.loads(one.plain)
    return found


def month_name(one: Release, viewer: Viewer | None = None) -> str:
    """2026-10."""
    return rules.name_of(rules.MONTH, one.month)
