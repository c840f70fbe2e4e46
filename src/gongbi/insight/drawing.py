"""How lines begin, change and end while a ledger is read. Pure; what the steps mean stands in fold.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gongbi.insight.facts import Facts
from gongbi.insight.lines import STAMPS, Line, What, is_late

EXCLUDABLE = frozenset({What.DISPATCH, What.HANDLING, What.CLOSING, What.CLOSED, What.RESPONSE, What.VERDICT})
UNPLACED = frozenset({What.REPORTED, What.FILING, What.FILED})  # no unit holds the case yet
FROZEN = frozenset(
    {What.DISPATCH, What.VERDICT, What.FILED, What.CHECKED, What.CLOSED}
)  # happened once: they keep the dimensions of their time
CLOCK_OF = {What.FILING: "accept", What.HANDLING: "handle", What.CHECK: "check"}


class Drawing:
    """The lines of one case up to ``now``, and how they are changed."""

    def __init__(self) -> None:
        self.facts = Facts()
        self.live: dict[tuple[What, int], Line] = {}
        self.last: dict[What, Line] = {}  # the newest line of each kind, alive or not
        self.count: dict[What, int] = {}
        self.now = datetime.min.replace(tzinfo=UTC)
        self.given_due: dict[str, datetime] = {}  # deadlines that the present entry sets

    def put(
        self, what: What, at: datetime, *, result: int = 0, channel: str = "", report: int | None = None
    ) -> Line:
        """Begin a line with the case's present dimensions."""
        facts = self.facts
        nth = self.count[what] = self.count.get(what, 0) + 1
        placed = what not in UNPLACED
        left = what in EXCLUDABLE and facts.excluded_at is not None
        line = Line(
            what,
            nth,
            at,
            self.now,
            result=result,
            report_id=report,
            unit_id=facts.unit_id if placed else None,
            territory=facts.territory,
            kind=facts.kind,
            channel=channel or facts.channel,
            net=facts.net,
            excluded_at=facts.excluded_at if left else None,
            ground=facts.ground if left else "",
        )
        facts.lines.append(line)
        self.live[what, nth] = self.last[what] = line
        return line

    def change(self, line: Line, **values: Any) -> Line:
        """Let ``values`` hold from now on. A stamp set for the first time fits into the version; all else begins a new one."""
        new = {name: value for name, value in values.items() if getattr(line, name) != value}
        if not new:
            return line
        only_first_stamps = all(
            (name in STAMPS and getattr(line, name) is None and value == self.now)
            or (name == "late" and new.get("done_at") == self.now)
            or (name == "ground" and new.get("excluded_at") == self.now)
            for name, value in new.items()
        )
        if only_first_stamps or line.since == self.now:
            for name, value in new.items():
                setattr(line, name, value)
            return line
        fresh = replace(line, since=self.now, **new)
        line.until = self.now
        self.facts.lines.append(fresh)
        self.live[line.what, line.nth] = fresh
        if self.last.get(line.what) is line:
            self.last[line.what] = fresh
        for voice in self.facts.voices:
            if voice.reported is line:
                voice.reported = fresh
            if voice.response is line:
                voice.response = fresh
        return fresh

    def withdraw(self, line: Line | None) -> None:
        """It is not counted any more, from now on."""
        if line is None or self.live.pop((line.what, line.nth), None) is None:
            return
        if line.since == self.now:
            self.facts.lines.remove(line)
        else:
            line.until = self.now

    def current(self, what: What) -> Line | None:
        """The newest line of that kind, if it still stands."""
        line = self.last.get(what)
        return line if line is not None and (what, line.nth) in self.live else None

    def undone(self, what: What) -> Line | None:
        """The newest line of that kind, if it still stands and waits to be done."""
        line = self.current(what)
        return line if line is not None and line.done_at is None else None

    def done(self, what: What) -> None:
        """What was owed is done now."""
        line = self.undone(what)
        if line is not None:
            self.change(line, done_at=self.now, late=is_late(self.now, line.at))

    def stand_still(self, what: What) -> None:
        """The clock pauses: no deadline is owed until it goes on, unless it had passed before."""
        line = self.undone(what)
        if line is not None and not is_late(self.now, line.at):
            self.withdraw(line)

    def go_on(self, what: What, **values: Any) -> None:
        """The clock goes on; where the ledger names no new deadline the old one holds."""
        if self.undone(what) is None:
            self.put(what, self.facts.due.get(CLOCK_OF[what], self.now), **values)

    def owe(self, what: What, **values: Any) -> Line:
        """A line whose period is the deadline that this entry sets; a step without a clock owes it now."""
        return self.put(what, self.given_due.get(CLOCK_OF[what], self.now), **values)

    def follow(self) -> None:
        """Open lines carry the case's present dimensions; closed ones keep those of their time."""
        facts = self.facts
        for line in list(self.live.values()):
            if line.done_at is None and line.what not in FROZEN:
                unit = None if line.what in UNPLACED else facts.unit_id
                self.change(line, unit_id=unit, territory=facts.territory, kind=facts.kind)
