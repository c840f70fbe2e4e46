"""Ledgers for tests: one written step by step, and random ones that follow the declared flow."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gongbi.cases.flow import CASE
from gongbi.insight.facts import Entry

ZONE = ZoneInfo("Asia/Shanghai")
T0 = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)  # a Monday
COMMUNITIES = ("610104001001", "610104001002", "610104002001", "610104003001")
KINDS = ("10101", "10102", "20103", "20401")
UNITS = (11, 12, 13)
FORWARD = frozenset(
    {"accept", "dispatch", "sign", "finish", "confirm", "confirm_for_callback", "call_back", "judge"}
)
RARE = frozenset({"taken_out", "take_in", "called", "exempt", "exclude", "reopen", "join", "reassign"})
PUBLIC_CHANNELS = ("web", "hotline", "hall", "api")


def at(text: str) -> datetime:
    """``"03-02 09:00"`` or ``"03-02 09:00:30"`` in 2026, Shanghai time."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE)


class History:
    """A ledger under construction. The state follows the declared flow; a step that it forbids fails the test."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.state = ""

    def step(
        self, transition: str, when: datetime | str, /, *, unit_id: int | None = None, **facts: Any
    ) -> History:
        """Append one entry. Datetimes in ``due`` are written as the ledger writes them."""
        moment = at(when) if isinstance(when, str) else when
        arrow = CASE.by_name[transition]
        assert self.state in (arrow.from_ or ("",)), f"{transition} from {self.state}"
        before = self.state
        self.state = before if arrow.to == "=" else arrow.to
        if "due" in facts:
            facts["due"] = {
                clock: (at(due) if isinstance(due, str) else due).isoformat()
                for clock, due in facts["due"].items()
            }
        entry = Entry(len(self.entries) + 1, moment, transition, self.state, facts, "post:1", unit_id, before)
        self.entries.append(entry)
        return self

    # The ordinary way, in short words. Times as ``at`` reads them.

    def open(
        self, when: str = "03-02 09:00", *, channel: str = "web", due: str = "03-02 09:15", **more: Any
    ) -> History:
        given: dict[str, Any] = {"channel": channel, "net": "", "kind": KINDS[0], "territory": COMMUNITIES[0]}
        return self.step("open", when, due={"accept": due}, **(given | more))

    def accept(self, when: str = "03-02 09:10", **more: Any) -> History:
        return self.step(
            "accept", when, due={"dispatch": "03-02 09:25"}, **({"kind": KINDS[0], "standard": "1"} | more)
        )

    def dispatch(self, when: str = "03-02 09:20", *, unit: int = 11, due: str = "03-04 09:20") -> History:
        return self.step(
            "dispatch", when, unit=unit, limit="2天", article="x", due={"sign": "03-03 09:20", "handle": due}
        )

    def finish(self, when: str = "03-03 15:00", *, due: str = "03-03 15:30") -> History:
        return self.step("finish", when, result="done", evidence=["x"], due={"check": due})

    def to_handling(self) -> History:
        return self.open().accept().dispatch().step("sign", "03-02 10:00")

    def to_closed(self, when: str = "03-03 15:20") -> History:
        return self.to_handling().finish().step("confirm", when, finding="ok")

    def judge(self, when: str, *, report: int = 1, solved: str = "yes", grade: int = 5) -> History:
        return self.step("judge", when, report=report, solved=solved, grade=grade)


def histories(seed: int, count: int, *, start: datetime = T0, days: int = 60) -> list[list[Entry]]:
    """``count`` random ledgers that follow the declared flow, opened over ``days`` days. The same seed gives the same."""
    chance = random.Random(seed)
    return [
        _random(chance, start + timedelta(minutes=chance.randrange(days * 1440)), 1000 * k)
        for k in range(count)
    ]


def _random(chance: random.Random, now: datetime, first_report: int) -> list[Entry]:
    history = History()
    reports = [first_report + 1]
    units = {"now": chance.choice(UNITS)}
    contests = 0
    if chance.random() < 0.06:
        route = chance.randrange(1, 7)
        return history.step(
            "answer_at_once",
            now,
            channel=chance.choice(PUBLIC_CHANNELS),
            net="",
            route=route,
            territory=chance.choice(COMMUNITIES),
        ).entries
    history.step(
        "open", now, channel=chance.choice((*PUBLIC_CHANNELS, "field")), net=chance.choice(("", "12345")),
        kind=chance.choice(("", *KINDS)), territory=chance.choice(("", *COMMUNITIES)), due={"accept": now + timedelta(minutes=15)},
    )  # fmt: skip
    waiting: list[datetime] = []
    for _step in range(chance.randrange(1, 30)):
        now += timedelta(seconds=chance.choice((0, 20, 60, 600, 1800, 7200, 86400, 200_000)))
        ahead = [moment for moment in waiting if moment > now]
        if ahead and chance.random() < 0.15:  # at the deadline, just before it, in its minute, after it
            now = chance.choice(ahead) + timedelta(seconds=chance.choice((-1, 0, 20, 59, 60)))
        arrows = [a for a in CASE.leaving(history.state) if _allowed(a.name, contests, reports, units)]
        if not arrows:
            break
        arrow = chance.choices(
            arrows, [12 if a.name in FORWARD else 0.3 if a.name in RARE else 1 for a in arrows]
        )[0]
        contests += arrow.name in ("contest", "contest_again")
        facts = _facts(chance, arrow.name, now, reports, units)
        due = {
            effect.clock: now + timedelta(minutes=chance.choice((15, 30, 60, 1440, 4000)))
            for effect in arrow.clocks
            if effect.do in ("start", "resume")
        }
        if arrow.name in ("dispatch", "rule", "join", "take_in") and chance.random() < 0.7:
            due["response"] = now + timedelta(minutes=chance.choice((120, 1440, 4000)))
        if arrow.name == "grant_extension":
            due = {"handle": now + timedelta(days=2)}
        if due:
            facts = {**facts, "due": due}
            waiting = list(due.values())
        history.step(
            arrow.name, now, unit_id=units["now"] if arrow.name == "solve_on_spot" else None, **facts
        )
        if history.state in ("rejected", "answered"):
            break
    return history.entries


def _allowed(name: str, contests: int, reports: list[int], units: Mapping[str, Any]) -> bool:
    if name == "contest":
        return contests == 0
    if name == "contest_again":
        return contests == 1
    if name == "judge":
        return bool(set(reports) - units.get("judged", set()))
    if name == "contacted":
        return bool(set(reports) - units.get("contacted", set()))
    return name != "settle"


def _facts(
    chance: random.Random, name: str, now: datetime, reports: list[int], units: dict[str, Any]
) -> dict[str, Any]:
    if name == "accept":
        return {"kind": chance.choice(KINDS), "standard": "1", "territory": chance.choice(COMMUNITIES)}
    if name in ("dispatch", "rule", "reassign"):
        units["now"] = chance.choice(UNITS)
        return {"unit": units["now"], "limit": "2天", "article": "x", "reason": "x"}
    if name == "join":
        reports.append(reports[-1] + 1)
        return {"report": reports[-1], "channel": chance.choice((*PUBLIC_CHANNELS, "field"))}
    if name == "take_in":
        reports.append(reports[-1] + 1)
        channel = {str(reports[-1]): chance.choice((*PUBLIC_CHANNELS, "field"))}
        return {"from": 1, "reports": [reports[-1]], "channels": channel if chance.random() < 0.7 else {}}
    if name == "split":
        gone = reports.pop() if len(reports) > 1 else reports[0] + 500
        return {"reports": [gone], "copied": gone > reports[0] + 499}
    if name == "contacted":
        key = chance.choice(sorted(set(reports) - units.get("contacted", set())))
        units.setdefault("contacted", set()).add(key)
        return {"report": key}
    if name == "judge":
        key = chance.choice(sorted(set(reports) - units.get("judged", set())))
        units.setdefault("judged", set()).add(key)
        return {"report": key, "solved": chance.choice(("yes", "no")), "grade": chance.randrange(1, 6)}
    if name == "reopen":
        units["judged"] = set()
        return {"report": reports[0], "reason": "x"}
    if name == "merge":
        return {"into": 1, "reports": list(reports)}
    if name == "taken_out":
        gone = reports.pop() if len(reports) > 1 else reports[0] + 700
        return {"into": 1, "reports": [gone]}
    if name in ("call_back", "called"):
        return {"outcome": chance.choice(("reached", "unreachable")), "report": reports[0]}
    if name == "call_back_unsolved":
        return {"outcome": "unsolved", "report": reports[0]}
    if name == "exclude":
        return {"ground": chance.choice(("unreasonable", "force_majeure")), "reason": "x"}
    return {}
