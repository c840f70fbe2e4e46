"""For those who look after the house: the auditor's view of one chain, and the security administrator's of who came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from gongbi.cases import queries
from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.audit import FIELDS, change_of, overview
from gongbi.desk.pages.common import show
from gongbi.desk.people.shown import ACTS
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused
from gongbi.kernel.ledger.queries import Chain, chain_of
from gongbi.kernel.scope.viewer import AUDITOR, SECURITY, Viewer
from gongbi.kernel.vault.queries import accesses
from gongbi.look.furniture import Cell, Column, Table
from gongbi.look.templatetags.look import time_tag
from gongbi.parties import queries as parties

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a chain, and whether it holds."""

    entry: Any
    words: Any
    before: Any
    after: Any
    by: Any
    holds: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """One look at a sealed name or number."""

    at: Any
    by: Any
    actor: str
    what: Any
    reason: str


@require_safe
@scope.endpoint("desk.ledger", roles={AUDITOR})
def ledger(request: HttpRequest) -> HttpResponse:
    """What an auditor looks at first; with ``?number=`` every entry of one matter with its digest, recomputed here and now, and
    who opened what of its reporters.
    """
    viewer, now = viewer_of(request), timezone.now()
    number = request.GET.get("number", "").strip()[:40]
    context: dict[str, Any] = {"number": number}
    if not number:
        context |= overview(viewer, now)
    else:
        try:
            case = queries.case_by_number(number, viewer)
        except Refused as refusal:
            context["wrong"] = refusal.message
        else:
            names = Names(viewer, now)
            chain = chain_of(case)
            context |= {
                "case": case,
                "chain": _links(case, chain, names),
                "whole": chain.whole,
                "opened": _opened(case, viewer, names),
            }
    return show(request, "desk/ledger.html", context, here="desk:ledger")


def _opened(case: Any, viewer: Viewer, names: Names) -> list[Opened]:
    rows = [row for report in case.reports.all() for row in accesses(report, viewer=viewer)]
    names.remember(row.actor for row in rows)
    return [
        Opened(
            row.at, names.actor(row.actor, row.unit_id), row.actor, FIELDS.get(row.field, row.field), row.reason
        )
        for row in rows
    ]  # fmt: skip


def _links(case: Any, chain: Chain, names: Names) -> list[Link]:
    names.remember(entry.actor for entry, _holds in chain.entries)
    links = []
    for entry, holds in chain.entries:
        arrow = case.declared.by_name.get(entry.transition)
        before, after = (
            case.declared.by_state[state].words if state in case.declared.by_state else state
            for state in (entry.from_state, entry.to_state)
        )
        by = names.actor(entry.actor, entry.unit_id)
        links.append(Link(entry, arrow.words if arrow else entry.transition, before, after, by, holds))
    return links


@require_safe
@scope.endpoint("desk.access", roles={SECURITY})
def access(request: HttpRequest) -> HttpResponse:
    """Who signed in, which keys other systems hold, what was changed about who."""
    viewer, now = viewer_of(request), timezone.now()
    around: dict[str, Any] = {"now": now}
    names, changes = Names(viewer, now), list(parties.changes(viewer)[:SHOWN])
    names.remember(row.actor for row in changes)

    def when(moment: Any) -> Any:
        return time_tag(around, moment) if moment else "—"  # type: ignore[arg-type]

    came = Table(
        _("The last attempts to sign in"),
        (Column(_("When"), tight=True), Column(_("Login name")), Column(_("Result"), tight=True), Column(_("Address"), tight=True)),
        [
            (Cell(when(row.at)), Cell(row.login), Cell(_("let in") if row.success else _("refused")), Cell(row.address or "—"))
            for row in parties.sign_ins(viewer)[:SHOWN]
        ],
    )  # fmt: skip
    keys = Table(
        _("Keys of other systems"),
        (Column(_("Name")), Column(_("Unit")), Column(_("Since"), tight=True), Column(_("Until"), tight=True), Column(_("State"), tight=True)),
        [
            (Cell(key.name), Cell(key.unit.label), Cell(when(key.created_at)), Cell(when(key.valid_to)), Cell(_("in use") if key.active else _("withdrawn")))
            for key in parties.keys(viewer)[:SHOWN]
        ],
    )  # fmt: skip
    changed = Table(
        _("The last changes of units, people, posts and accounts"),
        (Column(_("When"), tight=True), Column(_("What"), tight=True), Column(_("Of")), Column(_("By"), tight=True)),
        [
            (Cell(when(row.at)), Cell(ACTS.get(row.act, row.act)), Cell(change_of(row, names)), Cell(names.actor(row.actor)))
            for row in changes
        ],
    )  # fmt: skip
    return show(request, "desk/access.html", {"tables": [came, keys, changed]}, here="desk:access")
