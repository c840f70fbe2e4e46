"""What may stand in the way of a step, beyond who: each guard reads the case and says which rule refuses.

A guard is a ``(case, viewer, facts) -> None`` that raises Refused. It must hold in preview too (``facts`` empty), so it rests
on the case and the asker. The rules themselves, without a database, are in rules.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gongbi.cases import rules
from gongbi.kernel.scope.viewer import Viewer

if TYPE_CHECKING:
    from gongbi.cases.models import Case

Facts = Mapping[str, Any]


def _now(facts: Facts) -> datetime | None:
    return facts.get("at")


def not_ruled(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_contest_open(ruled=case.ruled)


def within_sign_term(case: Case, viewer: Viewer, facts: Facts) -> None:
    now = _now(facts)
    clock = case.running_clock("sign")
    if now is not None and clock is not None:
        rules.check_before(now, clock.due_at, what="sign")


def first_contest(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_contest_count(case.contest_count, first=True)


def second_contest(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_contest_count(case.contest_count, first=False)


def before_expiry(case: Case, viewer: Viewer, facts: Facts) -> None:
    now = _now(facts)
    clock = case.running_clock("handle")
    if now is not None and clock is not None:
        rules.check_before(now, clock.due_at, what="extension")


def nothing_pending(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_nothing_pending(case.pending_request())


def extensions_left(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_extensions(case.extension_count)


def never_suspended(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_suspensions(case.suspension_count)


def extension_pending(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_pending_is(case.pending_request(), "extension")


def suspension_pending(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_pending_is(case.pending_request(), "suspension")


def suspension_ahead(case: Case, viewer: Viewer, facts: Facts) -> None:
    now, pending = _now(facts), case.pending()
    if now is not None and pending is not None and pending.until is not None:
        rules.check_suspension_ahead(now, pending.until)


def not_the_asker(case: Case, viewer: Viewer, facts: Facts) -> None:
    pending = case.pending()
    if pending is not None:
        rules.check_other_person(
            viewer.person_id, viewer.unit_id, asker_person=pending.person_id, asker_unit=pending.unit_id
        )


def parts_done(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_parts_done(case.parts_left())


def may_be_solved_on_spot(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_on_spot(case.on_spot)


def not_the_handler(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_four_eyes(
        checker_person=viewer.person_id,
        checker_units=viewer.units,
        handler_person=case.handled_by_person,
        handler_units=frozenset({case.unit_id, *case.part_units()} - {None}),
    )


def callback_owed(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_callback(case.callback_owed, wanted=True)


def no_callback_owed(case: Case, viewer: Viewer, facts: Facts) -> None:
    rules.check_callback(case.callback_owed, wanted=False)


def within_judging_window(case: Case, viewer: Viewer, facts: Facts) -> None:
    now = _now(facts)
    if now is not None and case.closed_at is not None:
        rules.check_window(
            now, case.closed_at, days=int(facts.get("window", rules.JUDGING_DAYS)), what="judge"
        )


def within_reopening_window(case: Case, viewer: Viewer, facts: Facts) -> None:
    now = _now(facts)
    if now is not None and case.closed_at is not None:
        rules.check_window(
            now, case.closed_at, days=int(facts.get("window", rules.REOPENING_DAYS)), what="reopen"
        )
