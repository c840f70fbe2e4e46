"""Drafts of the routing rules, their trial against the past, and the rulings that bind the router."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from types import SimpleNamespace
from typing import IO, Any

from django.db import transaction
from django.utils import timezone

from gongbi.duties import catalogue, routing
from gongbi.duties.actions.common import changed, keeper, lock
from gongbi.duties.actions.lists import Outcome, publish
from gongbi.duties.columns import ROUTE_COLUMNS
from gongbi.duties.exchange import Known, Read, read_list
from gongbi.duties.models import Kind, Precedent, RuleDraft
from gongbi.kernel.errors import NotThere, Refused, Stale
from gongbi.kernel.scope.viewer import ADJUDICATOR, ADMIN, SYSTEM, Viewer, system
from gongbi.kernel.tables import write_csv


def _checked(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a draft through the same checks as a spreadsheet; raises on the first error."""
    plain = [{c.key: row.get(c.key, "") for c in ROUTE_COLUMNS} for row in rows]
    codes = frozenset(Kind.objects.filter(valid_to__isnull=True).values_list("code", flat=True))
    data = b"".join(write_csv(ROUTE_COLUMNS, plain))
    read: Read = read_list("routes", io.BytesIO(data), "draft", Known(codes))
    if read.refused:
        row = read.refused[0]
        error = row.errors[0]
        raise Refused(
            "duties.draft_rule",
            ("规则%(code)s（%(column)s）：%(what)s", "Rule %(code)s (%(column)s): %(what)s"),
            values={"code": row.values["code"], "column": error.heading, "what": error.message},
            field=error.column,
        )
    return read.rows


def draft_rules(*, title: str, rows: Sequence[Mapping[str, Any]], viewer: Viewer, at: datetime) -> RuleDraft:
    """Keep a whole ordered table of rules that is not in force yet. Raises ``Refused`` naming the first
    wrong rule.
    """
    keeper(viewer)
    checked = [{**row, "valid_from": None, "valid_to": None} for row in _checked(rows)]
    if not checked:
        raise _empty()
    return RuleDraft.objects.create(title=title, rows=checked, made_at=at, actor=viewer.actor)


@transaction.atomic
def draft_file(
    *, title: str, data: bytes | IO[bytes], filename: str, viewer: Viewer, at: datetime
) -> tuple[RuleDraft | None, Read]:
    """A draft from a spreadsheet of the whole table, and what was read. No draft when a row is refused: the order of all counts.

    The same table sent again is the same draft, as long as that one is not in force. Raises ``Refused`` for an unreadable or
    empty file.
    """
    keeper(viewer)
    codes = frozenset(Kind.objects.filter(valid_to__isnull=True).values_list("code", flat=True))
    read = read_list("routes", data, filename, Known(codes))
    if read.refused:
        return None, read
    rows = [{**row, "valid_from": None, "valid_to": None} for row in read.rows]
    if not rows:
        raise _empty()
    draft = RuleDraft(title=title[:120], rows=json.loads(json.dumps(rows)), made_at=at, actor=viewer.actor)
    waiting = RuleDraft.objects.filter(activated_at__isnull=True).order_by("-pk")
    again = next((one for one in waiting if one.rows == draft.rows), None)
    if again is None:
        draft.save(force_insert=True)
    return again or draft, read


def _empty() -> Refused:
    return Refused("duties.draft_empty", ("草稿里没有规则。", "The draft holds no rule."), field="rows")


def rules_of(rows: Iterable[Mapping[str, Any]]) -> list[routing.Rule]:
    """The rows of a draft as rules."""
    return [
        catalogue.rule_of(SimpleNamespace(**{**row, "valid_from": None, "valid_to": None, "pk": 0}))
        for row in rows
    ]


@transaction.atomic
def dry_run_draft(
    *, draft_id: int, past: Iterable[routing.Past], viewer: Viewer, at: datetime
) -> routing.DryRun:
    """Route past matters by the rules in force at ``at`` and by the draft; the figures are kept with the
    draft.
    """
    keeper(viewer)
    draft = _draft(draft_id)
    state = catalogue.state(timezone.localdate(at))
    run = routing.compare(
        rules_of(draft.rows), state.rules, past, state.kinds, state.items, state.filings, state.rulings
    )
    draft.dry_run = {
        "at": at.isoformat(),
        "looked": run.looked,
        "unknown": run.unknown,
        "changes": run.moved,
        "agrees_now": run.agrees_now,
        "agrees_then": run.agrees_then,
        "unused": list(run.unused),
    }
    draft.save(update_fields=["dry_run"])
    return run


def _draft(draft_id: int) -> RuleDraft:
    draft = RuleDraft.objects.select_for_update().filter(pk=draft_id).first()
    if draft is None:
        raise NotThere("duties.no_draft", ("没有这份草稿。", "There is no such draft."))
    return draft


@transaction.atomic
def activate_rules(*, draft_id: int, valid_from: date, viewer: Viewer, at: datetime) -> Outcome:
    """Put a draft in force from a day on; the rules before it end that day. A draft must have been tried
    first.
    """
    keeper(viewer)
    lock()
    draft = _draft(draft_id)
    if draft.activated_at is not None:
        raise Stale(
            "duties.draft_done", ("这份草稿已经生效过。", "This draft has been put in force already.")
        )
    if not draft.dry_run:
        raise Refused(
            "duties.not_tried",
            (
                "先用以往案件试算这份草稿，看清会改变什么，再让它生效。",
                "Try the draft on past matters first and see what it changes; then put it in force.",
            ),
        )
    out = publish(
        "routes", draft.rows, valid_from=valid_from, viewer=viewer, at=at, filename=draft.title, complete=True
    )
    draft.activated_at, draft.activated_by = at, viewer.actor
    draft.save(update_fields=["activated_at", "activated_by"])
    return out


@transaction.atomic
def add_precedent(
    *,
    kind: str,
    unit_code: str,
    case_number: str,
    reason: str,
    at: datetime,
    territory: str = "",
    article: str = "",
    viewer: Viewer | None = None,
) -> Precedent:
    """Make an adjudicator's ruling bind the router for a kind (in a territory, or everywhere) from ``at`` on.

    ``unit_code``: a unit's code, or a selector. A ruling for the same kind and territory ends the one before
    it. Called by the
    room of cases inside its own transaction; a viewer, when given, must be an adjudicator or an
    administrator.
    """
    viewer = viewer or system("cases")
    if viewer.role not in (ADJUDICATOR, ADMIN, SYSTEM):
        keeper(viewer)
    if not Kind.objects.filter(code=kind).exists():
        raise NotThere(
            "duties.no_kind", ("没有类别“%(code)s”。", "There is no kind “%(code)s”."), values={"code": kind}
        )
    selector = unit_code if routing.valid_selector(unit_code) else f"unit:{unit_code}"
    if not unit_code or selector == routing.HANDLER:
        raise Refused("duties.no_unit", ("请写明承办单位。", "Name the unit."), field="unit")
    lock()
    Precedent.objects.filter(kind=kind, territory=territory, until__isnull=True).update(until=at)
    row = Precedent.objects.create(
        kind=kind,
        territory=territory,
        unit=selector,
        since=at,
        case_number=case_number,
        reason="；".join(filter(None, (reason, article)))[:400],
        actor=viewer.actor,
        made_at=at,
    )
    changed()
    return row


@transaction.atomic
def end_precedent(*, precedent_id: int, viewer: Viewer, at: datetime) -> Precedent:
    """A ruling stops binding; the rules decide again."""
    if viewer.role not in (ADJUDICATOR, ADMIN, SYSTEM):
        keeper(viewer)
    lock()
    row = Precedent.objects.filter(pk=precedent_id, until__isnull=True).first()
    if row is None:
        raise NotThere("duties.no_precedent", ("没有这条有效的先例。", "There is no such ruling in force."))
    row.until = at
    row.save(update_fields=["until"])
    changed()
    return row
