"""The steps of a case once a unit has it: handling, check, verdict; and what all steps share. Pure; see fold.py."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from gongbi.insight.drawing import Drawing
from gongbi.insight.facts import Voice
from gongbi.insight.lines import OWN_CHANNELS, Line, Result, What, is_late, verdict

RESPONSE_TERM = timedelta(hours=24)  # first contact, where the ledger does not name another term
# A report that comes while the unit still works is owed a contact too; the step "contacted" exists in these states.
CONTACT_STATES = frozenset({"dispatched", "handling", "asking", "suspended"})


class Handling(Drawing):
    """The part of the fold from the dispatch on."""

    def __init__(self) -> None:
        super().__init__()
        self.response_term = RESPONSE_TERM
        self.actor_unit: int | None = None

    def place(self, code: str) -> None:
        """It lies there from now on."""
        if code != self.facts.territory:
            self.facts.territory = code
            self.facts.territories.append((self.now, code))

    def hold(self, unit: Any) -> None:
        """That unit has it from now on (None: nobody)."""
        unit = int(unit) if unit is not None else None
        if unit != self.facts.unit_id:
            self.facts.units.append((self.now, unit))

    def voice(self, report: Any) -> Voice:
        """The voice of that report; the first report is named only when something happens to it."""
        voices = self.facts.voices
        key = int(report)
        for voice in voices:
            if voice.report_id == key:
                return voice
        for voice in voices:
            if voice.report_id is None:
                voice.report_id = key
                for line in (voice.reported, voice.response):
                    if line is not None:
                        line.report_id = key  # a name, not a fact: it holds for all versions
                return voice
        fresh = Voice(key, self.facts.channel)
        voices.append(fresh)
        return fresh

    def file(self) -> None:
        self.facts.accepted_at = self.now
        self.follow()
        self.done(What.FILING)
        own = self.facts.channel in OWN_CHANNELS
        self.put(What.FILED, self.now, result=Result.OWN if own else Result.PUBLIC)
        for voice in self.facts.voices:
            if voice.reported is not None and voice.reported.done_at is None:
                self.change(voice.reported, done_at=self.now)

    def give(self, unit: Any, how: Result) -> None:
        facts = self.facts
        facts.dispatches += 1
        facts.dispatched_at = self.now
        self.hold(unit)
        self.put(What.DISPATCH, self.now, result=how)
        for voice in facts.voices:
            self.not_owed(voice)
            self.owe_contact(voice)

    def not_owed(self, voice: Voice) -> None:
        """Nobody has to contact this reporter by that term any more; a contact that was made stays counted."""
        if voice.response is not None and voice.response.done_at is None:
            self.withdraw(voice.response)

    def owe_contact(self, voice: Voice) -> None:
        """The unit must contact this reporter, once, from now on by the term."""
        if (
            voice.contacted_at is None
            and voice.channel not in OWN_CHANNELS
            and self.facts.state in CONTACT_STATES
        ):
            due = self.given_due.get("response") or self.now + self.response_term
            voice.response = self.put(What.RESPONSE, due, channel=voice.channel, report=voice.report_id)

    # The unit

    def on_sign(self, given: Mapping[str, Any]) -> None:
        self.facts.signed_at = self.now

    def on_contest(self, given: Mapping[str, Any]) -> None:
        self.facts.contests += 1
        returned = self.current(What.DISPATCH)
        if returned is not None:
            self.change(returned, spoiled_at=self.now)
        self.withdraw(self.undone(What.HANDLING))
        for voice in self.facts.voices:
            self.not_owed(voice)
        self.hold(None)

    def on_contest_again(self, given: Mapping[str, Any]) -> None:
        self.facts.contests += 1
        returned = self.current(What.DISPATCH)
        if returned is not None:
            self.change(returned, spoiled_at=self.now)

    def on_rule(self, given: Mapping[str, Any]) -> None:
        if int(given["unit"]) != self.facts.unit_id:
            self.give(given["unit"], Result.RULED)
            return
        kept = self.current(What.DISPATCH)  # the first dispatch was right after all
        if kept is not None:
            self.change(kept, spoiled_at=None)
        for voice in self.facts.voices:
            if voice.response is None:  # joined while it was in dispute
                self.owe_contact(voice)

    def on_reassign(self, given: Mapping[str, Any]) -> None:
        self.hold(given["unit"])

    def on_contacted(self, given: Mapping[str, Any]) -> None:
        self.contact(given["report"])

    def contact(self, report: Any) -> None:
        voice = self.voice(report)
        if voice.contacted_at is None:
            voice.contacted_at = self.now
            line = voice.response
            if line is not None and line.done_at is None and (line.what, line.nth) in self.live:
                self.change(line, done_at=self.now, late=is_late(self.now, line.at))

    def on_ask(self, given: Mapping[str, Any]) -> None:
        self.stand_still(What.HANDLING)

    def on_answered_back(self, given: Mapping[str, Any]) -> None:
        self.go_on(What.HANDLING)

    def on_grant_extension(self, given: Mapping[str, Any]) -> None:
        self.facts.extensions += 1

    def on_grant_suspension(self, given: Mapping[str, Any]) -> None:
        self.facts.suspensions += 1
        self.stand_still(What.HANDLING)

    def on_resume(self, given: Mapping[str, Any]) -> None:
        self.go_on(What.HANDLING)

    def on_finish(self, given: Mapping[str, Any]) -> None:
        self.facts.handled_at = self.now
        self.done(What.HANDLING)
        self.to_check()

    def on_solve_on_spot(self, given: Mapping[str, Any]) -> None:
        facts = self.facts
        facts.handled_at = self.now
        self.hold(self.actor_unit)
        if facts.accepted_at is None:
            self.file()
        self.to_check()

    def to_check(self) -> None:
        self.owe(What.CHECK)
        handled = self.current(What.HANDLING)
        closing = self.put(What.CLOSING, self.given_due.get("check", self.now))
        if handled is not None and handled.exempt_at is not None:
            self.change(closing, exempt_at=handled.exempt_at)

    # The check and what follows

    def checked(self) -> Line:
        """Somebody has looked; the line says when."""
        self.facts.checked_at = self.now
        self.done(What.CHECK)
        return self.put(What.CHECKED, self.now)

    def on_confirm(self, given: Mapping[str, Any]) -> None:
        self.checked()
        self.close()

    def on_confirm_for_callback(self, given: Mapping[str, Any]) -> None:
        self.checked()
        closing = self.undone(What.CLOSING)
        if closing is not None and "callback" in self.given_due:
            self.change(closing, at=self.given_due["callback"])

    def on_deadline_moved(self, given: Mapping[str, Any]) -> None:
        """The calendar changed; ``take`` has moved the lines that have a clock of their own, a closing has another's."""
        closing = self.undone(What.CLOSING)
        clock = "check" if self.facts.state == "handled" else "callback"
        if closing is not None and clock in self.given_due:
            self.change(closing, at=self.given_due[clock])

    def close(self) -> None:
        facts = self.facts
        facts.closed_at = self.now
        self.done(What.CLOSING)
        again = facts.dispatches > 1 or facts.contests or facts.reworks or facts.reopenings
        self.put(What.CLOSED, self.now, result=Result.TAINTED if again else Result.CLEAN)

    def on_called(self, given: Mapping[str, Any]) -> None:
        if given.get("outcome") == "reached" and given.get("report"):
            self.contact(given["report"])

    def on_call_back(self, given: Mapping[str, Any]) -> None:
        self.on_called(given)
        self.close()

    def on_rework(self, given: Mapping[str, Any]) -> None:
        self.change(self.checked(), spoiled_at=self.now)
        self.again()

    def on_call_back_unsolved(self, given: Mapping[str, Any]) -> None:
        if given.get("report"):
            self.contact(given["report"])
        self.again()

    def again(self) -> None:
        """The same unit does it once more."""
        self.facts.reworks += 1
        self.withdraw(self.current(What.CLOSING))
        last = self.current(What.HANDLING)
        if last is not None and last.done_at is not None:
            self.change(last, spoiled_at=self.now)
        self.owe(What.HANDLING)

    def on_judge(self, given: Mapping[str, Any]) -> None:
        voice = self.voice(given["report"])
        voice.judged_at = self.now
        voice.solved, voice.grade = given["solved"] in ("yes", True), int(given["grade"])
        self.put(
            What.VERDICT,
            self.now,
            result=verdict(voice.solved, voice.grade),
            channel=voice.channel,
            report=voice.report_id,
        )
        closed = self.current(What.CLOSED)
        if closed is not None and closed.spoiled_at is None and (not voice.solved or voice.grade <= 2):
            self.change(closed, spoiled_at=self.now)

    def on_reopen(self, given: Mapping[str, Any]) -> None:
        facts = self.facts
        facts.reopenings += 1
        facts.reopened_at, facts.closed_at = self.now, None
        self.withdraw(self.current(What.CLOSING))
        self.withdraw(self.current(What.CLOSED))
        for line in [line for line in self.live.values() if line.what == What.VERDICT]:
            self.withdraw(line)
        for voice in facts.voices:
            voice.judged_at = voice.solved = voice.grade = None
        self.owe(What.HANDLING)
