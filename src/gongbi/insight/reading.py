"""What a plain reading of one case knows: its things that count, its reporters, who has it and where. Pure; see plain.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gongbi.kernel.clock import limits

OWN = ("field", "device")
WITH_A_UNIT = ("dispatched", "handling", "asking", "suspended")
BEFORE_A_UNIT = ("reported", "filing", "filed")
HAPPENED = ("dispatch", "verdict", "filed", "checked", "closed")
MAY_BE_EXCLUDED = ("dispatch", "handling", "closing", "closed", "response", "verdict")
CLOCKS = {"filing": "accept", "handling": "handle", "check": "check"}
DAY = timedelta(hours=24)


@dataclass(slots=True, eq=False)
class Item:
    """One thing that counts: ``at`` decides its period, ``sort`` says which kind of its ``what`` it is."""

    what: str
    at: datetime
    sort: Any = ""
    report: int | None = None
    channel: str = ""
    unit: int | None = None
    territory: str = ""
    kind: str = ""
    net: str = ""
    done: bool = False
    late: bool = False
    spoiled: bool = False
    exempt: bool = False
    gone: bool = False
    ground: str = ""


@dataclass(slots=True, eq=False)
class Reporter:
    """One report of the case; ``key`` None until an entry names it."""

    key: int | None
    channel: str
    reported: Item | None = None
    owed: Item | None = None
    contacted: bool = False


def after_minute(moment: datetime, due: datetime) -> bool:
    """Whether ``moment`` lies in a later minute than ``due``."""
    return moment.replace(second=0, microsecond=0) > due.replace(second=0, microsecond=0)


@dataclass
class Reading:
    """One case, read entry by entry."""

    items: list[Item] = field(default_factory=list)
    reporters: list[Reporter] = field(default_factory=list)
    now: datetime | None = None
    phase: str = ""
    unit: int | None = None
    territory: str = ""
    kind: str = ""
    channel: str = ""
    net: str = ""
    accepted: bool = False
    ground: str = ""
    excluded: bool = False
    given: int = 0  # times a unit was given the case
    blemishes: int = 0  # contests, reworks, reopenings
    term: timedelta = DAY
    dues: dict[str, datetime] = field(default_factory=dict)  # the last deadline of each clock
    fresh: dict[str, datetime] = field(default_factory=dict)  # those that this entry names

    # What there is

    def add(self, what: str, at: datetime, **more: Any) -> Item:
        item = Item(what, at, **more)
        item.channel = item.channel or self.channel
        item.net = self.net
        self.items.append(item)
        self.place(item)
        return item

    def place(self, item: Item) -> None:
        item.unit = None if item.what in BEFORE_A_UNIT else self.unit
        item.territory, item.kind = self.territory, self.kind

    def newest(self, what: str) -> Item | None:
        """The newest of that kind, unless it was taken back."""
        found = [item for item in self.items if item.what == what]
        return found[-1] if found and not found[-1].gone else None

    def waiting(self, what: str) -> Item | None:
        item = self.newest(what)
        return item if item is not None and not item.done else None

    def take_back(self, item: Item | None) -> None:
        if item is not None:
            item.gone = True

    def finish(self, item: Item | None) -> None:
        if item is not None and not item.done:
            item.done, item.late = True, after_minute(self.time, item.at)

    def owe(self, what: str) -> Item:
        return self.add(what, self.fresh.get(CLOCKS[what], self.time))

    @property
    def time(self) -> datetime:
        assert self.now is not None
        return self.now

    # Reporters

    def reporter(self, key: int) -> Reporter:
        for one in self.reporters:
            if one.key == key:
                return one
        for one in self.reporters:
            if one.key is None:
                one.key = key
                return one
        self.reporters.append(Reporter(key, self.channel))
        return self.reporters[-1]

    def comes_in(self, key: int | None, channel: str, sort: str) -> Reporter:
        item = self.add("reported", self.time, sort=sort, report=key, channel=channel)
        item.done = sort == "joined" and self.accepted
        self.reporters.append(Reporter(key, channel, item))
        return self.reporters[-1]

    def must_be_contacted(self, one: Reporter) -> None:
        if not one.contacted and one.channel not in OWN and self.phase in WITH_A_UNIT:
            due = self.fresh.get("response") or self.time + self.term
            one.owed = self.add("response", due, report=one.key, channel=one.channel)

    def need_not_be_contacted(self, one: Reporter) -> None:
        if one.owed is not None and not one.owed.done:
            one.owed.gone = True

    def contact(self, key: Any) -> None:
        one = self.reporter(int(key))
        if not one.contacted:
            one.contacted = True
            if one.owed is not None and not one.owed.gone:
                self.finish(one.owed)

    def leaves(self, one: Reporter) -> None:
        self.need_not_be_contacted(one)
        self.reporters.remove(one)

    # What several steps do

    def file(self) -> None:
        waiting = self.waiting("filing")
        if waiting is not None:
            self.place(waiting)
            self.finish(waiting)
        self.accepted = True
        self.add("filed", self.time, sort="own" if self.channel in OWN else "public")
        for one in self.reporters:
            if one.reported is not None and not one.reported.done:
                self.place(one.reported)
                one.reported.done = True

    def unfile(self) -> None:
        self.accepted = False
        for one in self.reporters:
            if one.reported is not None:
                one.reported.done = False
        self.owe("filing")

    def give(self, unit: Any, sort: str) -> None:
        self.unit = int(unit)
        self.given += 1
        self.add("dispatch", self.time, sort=sort)
        for one in self.reporters:
            self.need_not_be_contacted(one)
            self.must_be_contacted(one)

    def stop(self, what: str) -> None:
        waiting = self.waiting(what)
        if waiting is not None and not after_minute(self.time, waiting.at):
            waiting.gone = True

    def go_on(self, what: str) -> None:
        if self.waiting(what) is None:
            self.add(what, self.dues.get(CLOCKS[what], self.time))

    def to_check(self) -> None:
        handling = self.newest("handling")
        self.owe("check")
        exempt = handling is not None and handling.exempt
        self.add("closing", self.fresh.get("check", self.time), exempt=exempt)

    def looked(self) -> Item:
        self.finish(self.waiting("check"))
        return self.add("checked", self.time)

    def close(self) -> None:
        self.finish(self.waiting("closing"))
        self.add("closed", self.time, sort="clean" if self.given < 2 and not self.blemishes else "tainted")

    def again(self) -> None:
        self.blemishes += 1
        self.take_back(self.newest("closing"))
        handling = self.newest("handling")
        if handling is not None and handling.done:
            handling.spoiled = True
        self.owe("handling")


def day_and_night(limit: str) -> timedelta | None:
    """A limit that runs day and night, as a span; None for one that needs a calendar."""
    read = limits.parse(limit)
    measure, minutes = limits.KINDS[read.kind]
    return timedelta(minutes=float(read.amount * minutes)) if measure == "continuous" else None
