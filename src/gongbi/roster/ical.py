"""Turns as iCalendar (RFC 5545), with the zone's own rules beside them (VTIMEZONE), so that every program shows the same hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event, Timezone

from gongbi.roster import rules, words
from gongbi.roster.models import Feed, Turn

PRODUCT = "-//Gongbi//Duty roster//ZH"
REFRESH = timedelta(hours=1)


def calendar(feed: Feed, turns: Sequence[Turn], *, host: str, at: datetime) -> bytes:
    """The file of a feed: one VEVENT a turn, times in the rota's zone, no telephone. ``host`` makes the UIDs unique."""
    english = feed.language == "en"
    place = 1 if english else 0
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    name = words.TEXTS["mine"][place]
    if feed.rota is not None:
        name = (feed.rota.name_en if english else "") or feed.rota.name
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", REFRESH)
    for zone in sorted({turn.rota.zone for turn in turns}):
        first, last = _years(turns)
        made.add_component(Timezone.from_tzid(zone, first_date=first, last_date=last))
    for turn in turns:
        made.add_component(_event(turn, place, host, own=feed.rota is None))
    return bytes(made.to_ical())


def _years(turns: Sequence[Turn]) -> tuple[date, date]:
    """What the rules of a zone must cover: a year before the first turn, so that the offset it begins with is among them."""
    return (
        date(min(turn.starts_at for turn in turns).year - 1, 1, 1),
        date(max(turn.ends_at for turn in turns).year + 1, 12, 31),
    )


def _event(turn: Turn, place: int, host: str, *, own: bool) -> Event:
    zone = rules.zone_of(turn.rota.zone)
    event = Event()
    event.add("uid", f"turn-{turn.pk}@{host}")
    changed = turn.made_at
    event.add("dtstamp", changed.astimezone(UTC))
    event.add("last-modified", changed.astimezone(UTC))
    # A turn changes once at most: it may be cut short.
    event.add("sequence", 1 if turn.reason else 0)
    event.add("dtstart", turn.starts_at.astimezone(zone))
    event.add("dtend", turn.ends_at.astimezone(zone))
    rota = (turn.rota.name_en if place else "") or turn.rota.name
    shift = ((turn.shift.name_en if place else "") or turn.shift.name) if turn.shift is not None else ""
    who = "" if own else turn.post.work_name or turn.post.unit.label
    parts = [rota, shift, words.SORTS[rules.LEAD][place] if turn.sort == rules.LEAD else "", who]
    mark = f"[{words.SYNTHETIC[place]}] " if turn.rota.synthetic else ""
    event.add("summary", mark + " · ".join(part for part in parts if part))
    unit = turn.post.unit
    event.add("location", (unit.name_en if place else "") or unit.name)
    event.add("categories", [words.KINDS[turn.rota.kind][place]])
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    return event
