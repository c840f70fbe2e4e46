"""What every action of this room does: load and lock the case, take the step, write the room's own columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gongbi.cases.flow import OPEN_STATES
from gongbi.cases.models import Case
from gongbi.cases.promises import promise, within
from gongbi.cases.queries.settings import setting
from gongbi.kernel import rows, scope
from gongbi.kernel.clock.batch import plan
from gongbi.kernel.errors import NotThere
from gongbi.kernel.flow.advance import advance
from gongbi.kernel.flow.declare import Transition
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope.viewer import Viewer

# The limits that transitions start clocks with come from the city's settings unless the action names another.
_LIMITS = ("accept_limit", "dispatch_limit", "sign_limit", "check_limit", "callback_limit")
# From these on reporters are waiting to be contacted, where the case is one that a unit has; the deadline goes into the ledger.
_OWES_CONTACT = frozenset({"dispatch", "rule", "join", "take_in"})


def load(case_id: int, viewer: Viewer) -> Case:
    """The case, locked until the transaction ends; NotThere when it is not this viewer's to see."""
    case = scope.by_key(Case, viewer, case_id, "act", lock=True)
    if case is None:
        raise NotThere(
            "cases.not_there",
            (
                "没有这个案件，或不在您的范围内。请核对编号。",
                "There is no such case, or it is outside your area. Check the number.",
            ),
        )
    return case


def take(
    case: Case,
    transition: str,
    viewer: Viewer,
    *,
    at: datetime,
    expected_version: int | None = None,
    move: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    **columns: Any,
) -> LedgerEntry:
    """``advance`` plus the case's own columns (``is_open`` follows the state)."""
    given = dict(facts or {})
    arrow = case.declared.by_name[transition]
    for effect in arrow.clocks:
        name = effect.limit[5:] if effect.limit.startswith("fact:") else ""
        if name in _LIMITS:
            given.setdefault(name, setting(name))
        elif name == "limit":
            wanted = given.get("limit") or case.limit or setting("handle_limit")
            # Only what came by telephone has a hotline behind it that waits for an answer.
            promised = promise(case.pk) if case.callback_owed else None
            given["limit"] = within(wanted, promised, at=at)
            if given["limit"] != wanted:
                given["wanted_limit"], columns["limit"] = wanted, given["limit"]
    if transition in _OWES_CONTACT:
        given["due"] = {**given.get("due", {}), **_contact_due(case, arrow, at)}
    with rows.together():
        entry = advance(
            case, transition, viewer, at=at, expected_version=expected_version, move=move, facts=given
        )
        is_open = case.state in OPEN_STATES
        if is_open != case.is_open:
            columns["is_open"] = is_open
        if columns:
            for name, value in columns.items():
                setattr(case, name, value)
            meta: Any = Case._meta
            names = [meta.get_field(name).attname for name in columns]
            rows.change(Case, case.pk, {name: getattr(case, name) for name in names})
    return entry


def _contact_due(case: Case, arrow: Transition, at: datetime) -> dict[str, datetime]:
    """By when a reporter must be contacted who waits for it from ``at`` on; nothing where no unit has the case."""
    after = case.state if arrow.to == "=" else arrow.to
    if after not in case.declared.by_name["contacted"].from_:
        return {}
    return {one.name: one.due_at for one in plan([("response", setting("response_limit"))], at=at)}
