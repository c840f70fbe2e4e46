"""The board counted a second time, in another way: each case read from its bare entries to what holds at the end of the period.

It shares no code with the fold that keeps the board (``fold``, ``steps``, ``drawing``, ``lines``, ``counting``, ``catalogue``), so
that a mistake in one is seen by the other. It keeps no versions: what comes after the period is not read. Pure, naive, in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from gongbi.insight.reading import CLOCKS, HAPPENED, MAY_BE_EXCLUDED, Item, Reading, Reporter, day_and_night


class EntryLike(Protocol):
    """What is read of an entry."""

    @property
    def at(self) -> datetime: ...
    @property
    def unit_id(self) -> int | None: ...
    @property
    def transition(self) -> str: ...
    @property
    def to_state(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


# --- What each step means ---------------------------------------------------------------------------------------------


def _open(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.channel, one.net = str(facts.get("channel") or one.channel), str(facts.get("net") or "")
    for place, key in enumerate(facts.get("reports") or [facts.get("report")]):
        one.comes_in(None if key is None else int(key), one.channel, "joined" if place else "new")
    one.owe("filing")


def _answer_at_once(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.channel, one.net = str(facts.get("channel") or ""), str(facts.get("net") or "")
    one.comes_in(None, one.channel, "nothing new" if int(facts.get("route") or 0) == 3 else "answered")


def _join(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    came = one.comes_in(int(facts["report"]), str(facts.get("channel") or one.channel), "joined")
    one.must_be_contacted(came)


def _take_in(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    for key in facts.get("reports") or ():
        channel = str((facts.get("channels") or {}).get(str(key)) or one.channel)
        one.reporters.append(Reporter(int(key), channel))
        one.must_be_contacted(one.reporters[-1])


def _taken_out(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    gone = [int(key) for key in facts.get("reports") or ()]
    for reporter in [reporter for reporter in one.reporters if reporter.key in gone]:
        one.leaves(reporter)
    for item in one.items:
        if item.what == "verdict" and item.report in gone:
            item.gone = True


def _split(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    if facts.get("copied"):
        return
    for key in facts.get("reports") or ():
        found = [reporter for reporter in one.reporters if reporter.key == int(key)]
        if not found and len(one.reporters) > 1:
            found = [reporter for reporter in one.reporters if reporter.key is None]
        if found:
            one.take_back(found[0].reported)
            one.leaves(found[0])
    left = [reporter.reported for reporter in one.reporters if reporter.reported is not None]
    if left and all(item.sort != "new" for item in left):
        left[0].sort = "new"


def _merge(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    for reporter in one.reporters:
        if reporter.reported is not None:
            reporter.reported.sort = "merged"
        one.need_not_be_contacted(reporter)
    one.take_back(one.newest("filing"))
    one.take_back(one.newest("filed"))


def _unmerge(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    for place, reporter in enumerate(one.reporters):
        if reporter.reported is not None:
            reporter.reported.sort = "joined" if place else "new"
    one.unfile()


def _send_back(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.take_back(one.newest("filing"))
    one.take_back(one.newest("filed"))
    one.unfile()


def _reject(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.take_back(one.waiting("filing"))
    for reporter in one.reporters:
        if reporter.reported is not None:
            reporter.reported.spoiled = True


def _dispatch(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.give(facts["unit"], "chosen")
    one.owe("handling")


def _contest(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    _contest_again(one, facts, entry)
    one.take_back(one.waiting("handling"))
    for reporter in one.reporters:
        one.need_not_be_contacted(reporter)
    one.unit = None


def _contest_again(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.blemishes += 1
    given = one.newest("dispatch")
    if given is not None:
        given.spoiled = True


def _rule(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    if int(facts["unit"]) != one.unit:
        one.give(facts["unit"], "ruled")
        return
    given = one.newest("dispatch")
    if given is not None:
        given.spoiled = False
    for reporter in one.reporters:
        if reporter.owed is None:
            one.must_be_contacted(reporter)


def _reassign(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.unit = int(facts["unit"])


def _finish(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.finish(one.waiting("handling"))
    one.to_check()


def _solve_on_spot(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.unit = entry.unit_id
    if not one.accepted:
        one.file()
    one.to_check()


def _confirm(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.looked()
    one.close()


def _confirm_for_callback(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.looked()
    _deadline_moved(one, facts, entry)


def _deadline_moved(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    closing, clock = one.waiting("closing"), "check" if one.phase == "handled" else "callback"
    if closing is not None and clock in one.fresh:
        closing.at = one.fresh[clock]


def _called(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    if facts.get("outcome") == "reached" and facts.get("report"):
        one.contact(facts["report"])


def _call_back(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    _called(one, facts, entry)
    one.close()


def _unsolved(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    if facts.get("report"):
        one.contact(facts["report"])
    one.again()


def _rework(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.looked().spoiled = True
    one.again()


def _judge(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    reporter = one.reporter(int(facts["report"]))
    solved, grade = facts["solved"] in ("yes", True), int(facts["grade"])
    one.add("verdict", one.time, sort=(solved, grade), channel=reporter.channel, report=reporter.key)
    closed = one.newest("closed")
    if closed is not None and (not solved or grade < 3):
        closed.spoiled = True


def _reopen(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.blemishes += 1
    one.take_back(one.newest("closing"))
    one.take_back(one.newest("closed"))
    for item in one.items:
        if item.what == "verdict":
            item.gone = True
    one.owe("handling")


def _exempt(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    for what in ("handling", "closing"):
        item = one.newest(what)
        if item is not None:
            item.exempt = True


def _exclude(one: Reading, facts: Mapping[str, Any], entry: EntryLike) -> None:
    one.excluded, one.ground = True, str(facts["ground"])


STEPS: dict[str, Callable[[Reading, Mapping[str, Any], EntryLike], None]] = {
    "open": _open,
    "answer_at_once": _answer_at_once,
    "join": _join,
    "take_in": _take_in,
    "taken_out": _taken_out,
    "split": _split,
    "merge": _merge,
    "unmerge": _unmerge,
    "accept": lambda one, _facts, _entry: one.file(),
    "reject": _reject,
    "clarify": lambda one, _facts, _entry: one.stop("filing"),
    "clarified": lambda one, _facts, _entry: one.go_on("filing"),
    "send_back": _send_back,
    "dispatch": _dispatch,
    "contest": _contest,
    "contest_again": _contest_again,
    "rule": _rule,
    "reassign": _reassign,
    "contacted": lambda one, facts, _entry: one.contact(facts["report"]),
    "ask": lambda one, _facts, _entry: one.stop("handling"),
    "answered_back": lambda one, _facts, _entry: one.go_on("handling"),
    "grant_suspension": lambda one, _facts, _entry: one.stop("handling"),
    "resume": lambda one, _facts, _entry: one.go_on("handling"),
    "finish": _finish,
    "solve_on_spot": _solve_on_spot,
    "confirm": _confirm,
    "confirm_for_callback": _confirm_for_callback,
    "deadline_moved": _deadline_moved,
    "called": _called,
    "call_back": _call_back,
    "call_back_unsolved": _unsolved,
    "rework": _rework,
    "judge": _judge,
    "reopen": _reopen,
    "exempt": _exempt,
    "exclude": _exclude,
}


def read(one: Reading, entry: EntryLike) -> None:
    """One entry, into what is known of its case."""
    facts = entry.facts
    one.now = entry.at if one.now is None else max(one.now, entry.at)
    one.phase = entry.to_state
    one.fresh = {
        clock: due if isinstance(due, datetime) else datetime.fromisoformat(due)
        for clock, due in (facts.get("due") or {}).items()
    }
    one.dues |= one.fresh
    one.kind = str(facts.get("kind") or one.kind)
    one.territory = str(facts.get("territory") or one.territory)
    if facts.get("response_limit"):
        one.term = day_and_night(str(facts["response_limit"])) or one.term
    for what, clock in CLOCKS.items():
        waiting = one.waiting(what)
        if waiting is not None and clock in one.fresh:
            waiting.at = one.fresh[clock]
    step = STEPS.get(entry.transition)
    if step is not None:
        step(one, facts, entry)
    for item in one.items:
        if not item.done and not item.gone and item.what not in HAPPENED:
            one.place(item)
    if one.excluded:
        for item in one.items:
            if item.what in MAY_BE_EXCLUDED:
                item.ground = one.ground


def items_of(entries: Iterable[EntryLike], end: datetime) -> list[Item]:
    """What counts of one case, as it stood just before ``end``: only what was written before is read."""
    one = Reading()
    for entry in entries:
        if entry.at >= end:
            break
        read(one, entry)
    return [item for item in one.items if not item.gone]
