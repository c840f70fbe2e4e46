"""The one door to a matter's state. Checks who and guard, takes an optimistic lock, writes state, ledger, clocks, outbox."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from gongbi.kernel import rows
from gongbi.kernel.clock import batch as clocks
from gongbi.kernel.errors import Forbidden, Refused, Stale
from gongbi.kernel.flow import who
from gongbi.kernel.flow.declare import FACT_WORDS, ClockEffect, Flow, Transition, flow_named
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger import actions as ledger
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.outbox.actions import publish
from gongbi.kernel.scope.viewer import Viewer

LIFT = {"unit_id", "territory"}  # columns of the matter that a step may change with it
_STEPS = (
    "state",
    "state_kind",
    "version",
    "closed_at",
    "due_at",
    "last_seq",
    "last_hash",
)  # those that every step writes


def begin(
    matter: Matter,
    viewer: Viewer,
    *,
    at: datetime,
    transition: str = "open",
    facts: Mapping[str, Any] | None = None,
) -> LedgerEntry:
    """Insert an unsaved ``matter`` in its flow's first state, with its first entry, clocks and event.

    The declared transition of that name gives the clocks (its ``from_`` is empty). Runs in the caller's transaction.
    """
    flow = flow_named(type(matter).flow_name)
    arrow = flow.by_name[transition]
    state = flow.by_state[arrow.to]
    matter.flow, matter.state, matter.state_kind = flow.name, state.name, state.kind
    matter.opened_at = at
    matter.closed_at = at if state.kind == "closed" else None
    matter.seed = secrets.token_bytes(32)
    matter.version = 1
    facts = dict(facts or {})
    planned = clocks.plan([(e.clock, limit_of(e, facts)) for e in arrow.clocks if e.do == "start"], at=at)
    matter.due_at = min((plan.due_at for plan in planned), default=None)
    if planned:
        facts["due"] = {plan.name: plan.due_at for plan in planned}
    entry = ledger.draft(
        matter, transition=transition, from_state="", to_state=state.name, viewer=viewer, at=at, facts=facts
    )
    rows.insert(matter, Matter)
    with rows.together():
        if type(matter) is not Matter:
            rows.insert(matter)
        clocks.start_planned(matter, planned, at=at, basis=basis_of(arrow, facts))
        entry.matter_id = matter.pk
        rows.insert(entry, key=False)
        _announce(matter, flow, arrow, entry, at)
    return entry


def advance(
    matter: Matter,
    transition: str,
    viewer: Viewer,
    *,
    at: datetime,
    expected_version: int | None = None,
    move: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> LedgerEntry:
    """Take ``matter`` through ``transition``. In the caller's transaction; raises and writes nothing when a rule refuses.

    ``expected_version``: the version the page showed (Stale if it moved on). ``move``: new ``unit_id`` / ``territory``.
    ``facts``: what the ledger keeps of this step (ids, codes, reasons; no personal data). Errors: Forbidden (who), Refused
    (state, guard, missing fact), Stale (version). Locks: the matter's row, first and only (docs/locking.md).
    """
    if not connection.in_atomic_block:
        raise RuntimeError("advance() must run inside the action's transaction")
    flow = flow_named(matter.flow)
    arrow = flow.by_name.get(transition)
    if arrow is None:
        raise Refused(
            "flow.unknown",
            ("没有名为 %(name)s 的步骤。", "There is no step called %(name)s."),
            values={"name": transition},
            field="transition",
        )
    facts = dict(facts or {})
    if expected_version is not None and expected_version != matter.version:
        raise _stale()
    check(matter, arrow, viewer, at, facts)
    for name in arrow.needs:
        if facts.get(name) in (None, "", [], ()):
            raise Refused(
                "flow.missing",
                ("“%(step)s”还需要填写：%(name)s。", "“%(step)s” needs: %(name)s."),
                values={"step": arrow.words, "name": FACT_WORDS.get(name, (name, name))},
                article=arrow.article,
                field=name,
            )
    before, old_version = matter.state, matter.version
    state = flow.by_state[before if arrow.to == "=" else arrow.to]
    changes: dict[str, Any] = {key: value for key, value in (move or {}).items() if key in LIFT}
    for key, value in changes.items():
        setattr(matter, key, value)
    matter.state, matter.state_kind, matter.version = state.name, state.kind, old_version + 1
    if state.kind == "closed" and flow.by_state[before].kind != "closed":
        matter.closed_at = at
    elif state.kind != "closed":
        matter.closed_at = None
    moving = _move_clocks(matter, arrow, at, facts)
    if moving is not None and moving.due:
        facts["due"] = {**facts.get("due", {}), **moving.due}
    entry = ledger.draft(
        matter,
        transition=transition,
        from_state=before,
        to_state=state.name,
        viewer=viewer,
        at=at,
        facts=facts,
    )
    changes |= {name: getattr(matter, name) for name in _STEPS}
    if not rows.update(Matter, matter.pk, changes, version=old_version):
        raise _stale()
    entry.matter_id = matter.pk
    with rows.together():
        if moving is not None:
            moving.write()
        rows.insert(entry, key=False)
        _announce(matter, flow, arrow, entry, at)
    return entry


def check(matter: Matter, arrow: Transition, viewer: Viewer, at: datetime, facts: Mapping[str, Any]) -> None:
    """Raise what refuses this step at ``at``: state, who, then the guards in order (they find ``at`` among the facts)."""
    if matter.state not in arrow.from_:
        state = matter.declared_state.words
        raise Refused(
            "flow.state",
            (
                "此件处于“%(state)s”，不能“%(step)s”。请刷新页面查看现在可做的操作。",
                "“%(step)s” is not possible while the matter is “%(state)s”. Reload the page to see what is.",
            ),
            values={"step": arrow.words, "state": state},
            article=arrow.article,
        )
    if not who.may(arrow.who, matter, viewer):
        raise Forbidden(
            "flow.who",
            (
                "您在这里不能“%(step)s”，应由以下角色办理：%(who)s。",
                "“%(step)s” is not yours to do here; it belongs to: %(who)s.",
            ),
            values={"step": arrow.words, "who": "、".join(spec.split("@")[0] for spec in arrow.who)},
            article=arrow.article,
        )
    for guard in arrow.guards:
        guard(matter, viewer, {**facts, "at": at})


def _stale() -> Stale:
    return Stale(
        "flow.stale",
        (
            "您打开页面之后，有人改动了此件。您的操作没有保存；请刷新后查看，仍需要时再操作一次。",
            "Somebody changed this matter after your page was loaded. Nothing was saved; reload, look, and do it again if it still holds.",
        ),
    )


def limit_of(effect: ClockEffect, facts: Mapping[str, Any]) -> str:
    """The limit text a start effect names, from the facts where it says so; empty starts nothing."""
    return str(facts.get(effect.limit[5:], "")) if effect.limit.startswith("fact:") else effect.limit


def basis_of(arrow: Transition, facts: Mapping[str, Any]) -> str:
    """The article a clock rests on."""
    return str(facts.get("basis") or arrow.article)[:120]


def _move_clocks(
    matter: Matter, arrow: Transition, at: datetime, facts: Mapping[str, Any]
) -> clocks.Moving | None:
    """The arrow's clock effects, not written yet: ``due`` has the new deadline of each clock that started or went on."""
    if not arrow.clocks:
        return None
    moving = clocks.Moving(matter, at)
    for effect in arrow.clocks:
        if effect.do == "start":
            moving.start(effect.clock, limit_of(effect, facts), basis=basis_of(arrow, facts))
        elif effect.do == "stop":
            moving.stop(effect.clock)
        elif effect.do == "pause":
            moving.pause(effect.clock, reason=arrow.name)
        elif effect.do == "resume":
            moving.resume(effect.clock)
        else:
            moving.cancel(effect.clock)
    moving.follow()
    return moving


def announcement(matter: Matter, arrow: Transition, entry: LedgerEntry) -> dict[str, Any]:
    """What the event of one step carries: ids, codes and states."""
    return {
        "seq": entry.seq,
        "number": matter.number,
        "from": entry.from_state,
        "to": entry.to_state,
        "unit": matter.unit_id,
        "territory": matter.territory,
        "notifies": list(arrow.notifies),
        **matter.announced(),
    }


def _announce(matter: Matter, flow: Flow, arrow: Transition, entry: LedgerEntry, at: datetime) -> None:
    publish(
        f"{flow.name}.{arrow.name}", at=at, matter_id=matter.pk, payload=announcement(matter, arrow, entry)
    )
