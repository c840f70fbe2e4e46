"""What the wall asks of the other rooms: each question once for all screens, in the machine's own name; nothing of persons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from gongbi.cases.queries import standing as cases
from gongbi.channels.devices import queries as devices
from gongbi.incidents import queries_standing as incidents
from gongbi.insight.period import midnight
from gongbi.kernel.scope.viewer import Viewer
from gongbi.roster import queries_standing as roster
from gongbi.rounds import queries_duty as rounds
from gongbi.wall import replay
from gongbi.wall.rules import ALARM, DUTY, INCIDENT, LATE, OPEN, TODAY, WARN, Cell, common, empty
from gongbi.warning import queries as warnings

Counts = dict[str, list[int]]


def cells(viewer: Viewer, *, at: datetime, today: datetime) -> dict[str, Cell]:
    """Every figure of every division now: six questions, however many divisions. ``today``: local midnight."""
    found: dict[str, Cell] = {}
    for code, number, late in cases.tallies(viewer, at=at):
        cell = found.setdefault(code, empty())
        cell[OPEN], cell[LATE] = number, late
    for code, number in cases.opened_since(viewer, today):
        found.setdefault(code, empty())[TODAY] = number
    for first, counts in whole(viewer, at=at).items():
        for code, numbers in counts.items():
            found.setdefault(code, empty())[first : first + len(numbers)] = numbers
    return found


def whole(viewer: Viewer, *, at: datetime) -> dict[int, Counts]:
    """First layer → division → numbers, of all that is few and counted as a whole."""
    return {
        WARN: warned(viewer),
        ALARM: alarmed(viewer),
        DUTY: on_duty(viewer, at=at),
        INCIDENT: happening(viewer),
    }


def warned(viewer: Viewer) -> Counts:
    """Division → warnings of each of the four levels."""
    found: Counts = {}
    for code, level, number in warnings.standing(viewer):
        found.setdefault(code, [0] * 4)[level - 1] += number
    return found


def happening(viewer: Viewer) -> Counts:
    """Division → incidents and drills at work."""
    found: Counts = {}
    for code, drill, number in incidents.standing(viewer):
        found.setdefault(code, [0, 0])[int(drill)] += number
    return found


def alarmed(viewer: Viewer) -> Counts:
    """Division → devices in alarm."""
    return {code: [number] for code, number in devices.in_alarm(viewer)}


def on_duty(viewer: Viewer, *, at: datetime) -> Counts:
    """Division → how many are on duty, each once, in the smallest division that holds all that they answer for."""
    found: Counts = {}
    for codes in rounds.on_duty(viewer, at=at):
        found.setdefault(common(codes), [0])[0] += 1
    return found


def watches(viewer: Viewer, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Who is on the duty rosters in the window: unit, roster, how many, from when to when in POSIX seconds. No name. One question."""
    return [
        {
            "code": one.code, "rota": list(one.rota), "unit": list(one.unit), "since": int(one.since.timestamp()),
            "until": int(one.until.timestamp()), "lead": one.lead, "people": one.people,
        }
        for one in roster.watches(viewer, start, end)
    ]  # fmt: skip


# --- A past day -----------------------------------------------------------------------------------------------------------


def entries(viewer: Viewer, start: datetime, end: datetime) -> Iterator[replay.Entry]:
    """What the ledger says of the window, in order."""
    return cases.entries(viewer, start, end)


def entries_of(viewer: Viewer, day: date) -> int:
    """How many entries a day has."""
    return cases.entry_count(viewer, midnight(day), midnight(day + timedelta(days=1)))


def first_entry(viewer: Viewer) -> datetime | None:
    """When the ledger begins."""
    return cases.first_entry(viewer)


def reopened_places(viewer: Viewer, start: datetime, end: datetime) -> dict[int, str]:
    """Where the cases lay that the window opened again."""
    keys = cases.stepped(viewer, replay.REOPENING, start, end)
    return cases.places_before(viewer, keys, start) if keys else {}


def spans(viewer: Viewer, start: datetime, end: datetime) -> Iterator[replay.Span]:
    """Warnings, devices in alarm and shifts of the window, as far as they are still kept."""
    for code, level, begun, ended in warnings.stood(viewer, start, end):
        yield code, WARN + level - 1, begun, ended
    for code, drill, begun, ended in incidents.stood(viewer, start, end):
        yield code, INCIDENT + int(drill), begun, ended
    over: dict[int, datetime] = {}  # several alarms of one device at a time are one device in alarm
    for code, device, begun, ended in devices.alarm_spans(viewer, start, end):
        past = over.get(device)
        if past is not None and past >= (ended or end):
            continue
        yield code, ALARM, max(begun, past) if past is not None else begun, ended
        over[device] = ended or end
    for codes, begun, ended in rounds.duty_spans(viewer, start, end):
        yield common(codes), DUTY, begun, ended
