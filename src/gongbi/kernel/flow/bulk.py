"""Many matters of one kind begun at once, for imports: the same rows as :func:`advance.begin`, a few statements in all."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from gongbi.kernel import rows
from gongbi.kernel.clock import batch as clocks
from gongbi.kernel.flow.advance import announcement, basis_of, limit_of
from gongbi.kernel.flow.declare import flow_named
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger import actions as ledger
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.outbox.actions import publish_many
from gongbi.kernel.scope.viewer import Viewer

_SEED = 32  # bytes


def reserve(matters: Sequence[Matter]) -> None:
    """Give unsaved ``matters`` the keys they will have, in the transaction that will begin them: for what names them before."""
    for matter, key in zip(matters, rows.reserve(Matter, len(matters)), strict=True):
        matter.pk = matter.id = key


def begin_many(
    matters: Sequence[Matter],
    viewer: Viewer,
    *,
    at: datetime,
    transition: str,
    facts: Sequence[Mapping[str, Any]],
) -> None:
    """Insert unsaved ``matters`` (all of one model) in their flow's first state; they get their keys unless they have them.

    ``facts`` go with them one to one. Runs in the caller's transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("begin_many() must run inside the action's transaction")
    if not matters:
        return
    model = type(matters[0])
    flow = flow_named(model.flow_name)
    arrow = flow.by_name[transition]
    state = flow.by_state[arrow.to]
    starts = [effect for effect in arrow.clocks if effect.do == "start"]
    plans: dict[tuple[str, ...], list[clocks.Planned]] = {}
    entries: list[LedgerEntry] = []
    planned_of: list[list[clocks.Planned]] = []
    seeds = secrets.token_bytes(
        _SEED * len(matters)
    )  # asking the system once for each would take longer than the hashes
    for number, (matter, own) in enumerate(zip(matters, facts, strict=True)):
        given = dict(own)
        limits = tuple(limit_of(effect, given) for effect in starts)
        if limits not in plans:
            plans[limits] = clocks.plan(
                [(e.clock, text) for e, text in zip(starts, limits, strict=True)], at=at
            )
        planned = plans[limits]
        planned_of.append(planned)
        if planned:
            given["due"] = {plan.name: plan.due_at for plan in planned}
        matter.flow, matter.state, matter.state_kind = flow.name, state.name, state.kind
        matter.opened_at, matter.closed_at = at, at if state.kind == "closed" else None
        matter.due_at = min((plan.due_at for plan in planned), default=None)
        matter.seed, matter.version = seeds[_SEED * number : _SEED * (number + 1)], 1
        entries.append(
            ledger.draft(
                matter,
                transition=transition,
                from_state="",
                to_state=state.name,
                viewer=viewer,
                at=at,
                facts=given,
            )
        )
    if not matters[0].pk:
        reserve(matters)
    for matter, entry in zip(matters, entries, strict=True):
        entry.matter_id = matter.pk
    rows.load(matters, Matter)
    if model is not Matter:
        rows.load(matters, model)
    rows.load(entries, LedgerEntry)
    clocks.start_all(
        [
            (matter, planned, basis_of(arrow, own))
            for matter, planned, own in zip(matters, planned_of, facts, strict=True)
        ],
        at=at,
    )
    publish_many(
        [
            (f"{flow.name}.{arrow.name}", m.pk, announcement(m, arrow, e))
            for m, e in zip(matters, entries, strict=True)
        ],
        at=at,
    )
