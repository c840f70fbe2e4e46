"""From a case's ledger to its facts: one pass over its entries, nothing else asked. Pure; no Django, no clock.

Deadlines are what the ledger says they were: a step that starts, extends or resumes a clock carries ``due: {clock: time}``. The
fold never computes one from a calendar, so a calendar that changes later cannot change the past.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from gongbi.insight.drawing import CLOCK_OF, EXCLUDABLE
from gongbi.insight.facts import EntryLike, Facts, Voice
from gongbi.insight.lines import Result, What
from gongbi.insight.steps import Handling
from gongbi.kernel.clock import limits

REPEAT_ROUTE = 3


def fold(entries: Iterable[EntryLike]) -> Facts:
    """The facts of one case from its entries, in order of ``seq``. An unknown transition changes nothing but the state."""
    folding = _Fold()
    for entry in entries:
        folding.take(entry)
    return folding.facts


class _Fold(Handling):
    """One pass. A method named ``on_<transition>`` takes that step; what it finds is known as of ``now``."""

    def take(self, entry: EntryLike) -> None:
        """One entry."""
        facts, given = self.facts, entry.facts
        self.now = max(self.now, entry.at)
        self.actor_unit = entry.unit_id
        facts.state, facts.seq = entry.to_state, entry.seq
        self.given_due = {clock: _moment(due) for clock, due in (given.get("due") or {}).items()}
        facts.due.update(self.given_due)
        if given.get("response_limit"):
            self.response_term = _continuous(str(given["response_limit"])) or self.response_term
        if given.get("kind"):
            facts.kind = str(given["kind"])
        if given.get("territory"):
            self.place(str(given["territory"]))
        for what, clock in CLOCK_OF.items():
            line = self.undone(what)
            if line is not None and clock in self.given_due:
                self.change(line, at=self.given_due[clock])
        step = getattr(self, f"on_{entry.transition}", None)
        if step is not None:
            step(given)
        self.follow()

    def speak(self, report: int | None, channel: str, result: int) -> Voice:
        """One more report in this case."""
        voice = Voice(report, channel)
        voice.reported = self.put(What.REPORTED, self.now, result=result, channel=channel, report=report)
        self.facts.voices.append(voice)
        if result == Result.JOINED and self.facts.accepted_at is not None:
            self.change(voice.reported, done_at=self.now)
        return voice

    def hear_no_more(self, voice: Voice) -> None:
        """The report left for another case, with what is owed to it."""
        self.facts.voices.remove(voice)
        self.not_owed(voice)

    # Coming in

    def on_open(self, given: Mapping[str, Any]) -> None:
        facts = self.facts
        facts.opened_at = self.now
        facts.channel = str(given.get("channel") or facts.channel)
        facts.net = str(given.get("net") or "")
        reports = list(given.get("reports") or [given.get("report")])
        for place, report in enumerate(reports):
            key = int(report) if report is not None else None
            self.speak(key, facts.channel, Result.NEW if place == 0 else Result.JOINED)
        self.owe(What.FILING)

    def on_answer_at_once(self, given: Mapping[str, Any]) -> None:
        facts = self.facts
        facts.opened_at = facts.closed_at = self.now
        facts.channel, facts.net = str(given.get("channel") or ""), str(given.get("net") or "")
        facts.route = int(given.get("route") or 0)
        repeat = facts.route == REPEAT_ROUTE
        self.speak(None, facts.channel, Result.ANSWERED_REPEAT if repeat else Result.ANSWERED)

    def on_join(self, given: Mapping[str, Any]) -> None:
        voice = self.speak(
            int(given["report"]), str(given.get("channel") or self.facts.channel), Result.JOINED
        )
        self.owe_contact(voice)

    def on_take_in(self, given: Mapping[str, Any]) -> None:
        for report in given.get("reports") or ():
            # Its own report line stays with the case it came from, which says that it was merged.
            voice = Voice(
                int(report), str((given.get("channels") or {}).get(str(report)) or self.facts.channel)
            )
            self.facts.voices.append(voice)
            self.owe_contact(voice)

    def on_taken_out(self, given: Mapping[str, Any]) -> None:
        gone = {int(report) for report in given.get("reports") or ()}
        for voice in [voice for voice in self.facts.voices if voice.report_id in gone]:
            self.hear_no_more(voice)
        for line in list(self.live.values()):
            if line.what == What.VERDICT and line.report_id in gone:
                self.withdraw(line)  # it was about this case's result

    def on_split(self, given: Mapping[str, Any]) -> None:
        if given.get("copied"):
            return
        for report in given.get("reports") or ():
            known = next((voice for voice in self.facts.voices if voice.report_id == int(report)), None)
            if known is None and len(self.facts.voices) > 1:
                known = next((voice for voice in self.facts.voices if voice.report_id is None), None)
            if known is not None:
                self.withdraw(known.reported)
                self.hear_no_more(known)
        told = [voice.reported for voice in self.facts.voices if voice.reported is not None]
        if told and not any(line.result == Result.NEW for line in told):
            self.change(told[0], result=Result.NEW)  # the one that made the case has left it

    def on_merge(self, given: Mapping[str, Any]) -> None:
        facts = self.facts
        facts.merged_into = int(given["into"])
        for voice in facts.voices:
            if voice.reported is not None:
                self.change(voice.reported, result=Result.MERGED)
            self.not_owed(voice)
        self.withdraw(self.current(What.FILING))
        self.withdraw(self.current(What.FILED))

    def on_unmerge(self, given: Mapping[str, Any]) -> None:
        facts = self.facts
        facts.merged_into = facts.accepted_at = None
        for place, voice in enumerate(facts.voices):
            if voice.reported is not None:
                self.change(voice.reported, result=Result.JOINED if place else Result.NEW, done_at=None)
        self.owe(What.FILING)

    # The desk

    def on_accept(self, given: Mapping[str, Any]) -> None:
        self.file()

    def on_reject(self, given: Mapping[str, Any]) -> None:
        self.facts.rejected_at = self.facts.closed_at = self.now
        self.withdraw(self.undone(What.FILING))
        for voice in self.facts.voices:
            if voice.reported is not None:
                self.change(voice.reported, spoiled_at=self.now)

    def on_clarify(self, given: Mapping[str, Any]) -> None:
        self.stand_still(What.FILING)

    def on_clarified(self, given: Mapping[str, Any]) -> None:
        self.go_on(What.FILING)

    def on_send_back(self, given: Mapping[str, Any]) -> None:
        self.facts.accepted_at = None
        self.withdraw(self.current(What.FILING))
        self.withdraw(self.current(What.FILED))
        for voice in self.facts.voices:
            if voice.reported is not None:
                self.change(voice.reported, done_at=None)
        self.owe(What.FILING)

    def on_dispatch(self, given: Mapping[str, Any]) -> None:
        self.give(given["unit"], Result.CHOSEN)
        self.owe(What.HANDLING)

    # The record

    def on_exempt(self, given: Mapping[str, Any]) -> None:
        self.facts.exempt_at = self.now
        for what in (What.HANDLING, What.CLOSING):
            line = self.current(what)
            if line is not None and line.exempt_at is None:
                self.change(line, exempt_at=self.now)

    def on_exclude(self, given: Mapping[str, Any]) -> None:
        facts = self.facts
        facts.ground = str(given["ground"])
        facts.excluded_at = facts.excluded_at or self.now
        for line in list(self.live.values()):
            if line.what in EXCLUDABLE:
                self.change(line, excluded_at=line.excluded_at or self.now, ground=facts.ground)


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _continuous(limit: str) -> timedelta | None:
    """A limit that runs day and night, as a span; None for one that needs a calendar: the entry then names ``due.response``."""
    read = limits.parse(limit)
    measure, minutes = limits.KINDS[read.kind]
    return timedelta(minutes=float(read.amount * minutes)) if measure == "continuous" else None
