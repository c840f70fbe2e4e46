"""The rows that a statement becomes: its report, its case, and the facts of the first entry. Nothing is written here."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from gongbi.cases import rules
from gongbi.cases.actions.informers import informs
from gongbi.cases.actions.statement import Statement
from gongbi.cases.models import Case, Report
from gongbi.cases.queries.settings import setting
from gongbi.cases.queries.triage import special_reply
from gongbi.cases.triage import Proposal, Said, Where, as_json
from gongbi.cases.wording import title_of
from gongbi.duties import queries as duties
from gongbi.kernel import rows
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault import blind
from gongbi.science.twins import cell

SEED = 16  # bytes that a report's private link is derived from


def report_of(
    statement: Statement, case: Case, key: bytes | None, viewer: Viewer, at: datetime, seed: bytes = b""
) -> Report:
    """The unsaved report of a statement. ``seed``: 16 random bytes, made here unless given."""
    said = statement.said
    report = rows.new(
        Report,
        case_id=case.pk,
        first_case_id=case.pk,
        channel=said.channel,
        net=said.net,
        external=statement.external[:64],
        said_at=said.said_at,
        received_at=at,
        text=said.text,
        place_words=said.place_words,
        lon=said.lon,
        lat=said.lat,
        answers=dict(statement.answers),
        language=statement.language,
        name=statement.name,
        phone=statement.phone,
        phone_index=blind.index(statement.phone, "phone") if statement.phone else None,
        writer_index=blind.index(statement.account, "name") if statement.account else None,
        likes=statement.likes,
        dislikes=statement.dislikes,
        anonymous=statement.anonymous,
        # Who chose such a kind, or joins such a case, informs against somebody without having to say so.
        confidential=statement.confidential or informs(said.kind if statement.join is None else case.kind),
        route=statement.route,
        reply=special_reply(statement.route, statement.language) if statement.route else "",
        idempotency=key,
        seed=seed or secrets.token_bytes(SEED),
        by=viewer.actor,
    )
    report._state.fields_cache.update(case=case, first_case=case)
    return report


def case_of(statement: Statement, found: Proposal | None) -> tuple[Case, dict[str, Any]]:
    """The unsaved case of a statement and the facts of its first entry."""
    values, facts = case_values(statement, found)
    return rows.new(Case, **values), facts


def case_values(statement: Statement, found: Proposal | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What :func:`case_of` makes them of: plain values."""
    said = statement.said
    where = found.where if found else None
    kind = found.kind if found else None
    lon = said.lon if said.lon is not None else (where.lon if where else None)
    lat = said.lat if said.lat is not None else (where.lat if where else None)
    values = {
        "title": title_of(said.text),
        "kind": kind.code if kind else "",
        "standard": getattr(found.standard, "code", "") if found else "",
        "place_words": said.place_words or (where.words if where else ""),
        "territory": where.code if where else "",
        "lon": lon,
        "lat": lat,
        "cell": cell(lon, lat) if lon is not None and lat is not None else None,
        "is_open": not statement.route,
        "channel": said.channel,
        "net": said.net,
        "urgent": found.urgent if found else False,
        "proposal": as_json(found) if found else {},
        "limit": found.limit if found else "",
        "on_spot": _on_spot(kind),
        "callback_owed": rules.said_by_phone(said.channel),
    }
    facts = {
        "channel": said.channel,
        "net": said.net,
        "said_at": said.said_at,
        "text_sha256": hashlib.sha256(said.text.encode()).hexdigest(),
        "kind": values["kind"],
        "territory": values["territory"],
        "accept_limit": setting("accept_limit"),
    }
    return values, facts


def _on_spot(kind: Any) -> bool:
    facts = duties.kind(kind.code) if kind is not None else None
    return facts is not None and facts.on_spot


def words_found_by(said: Said, where: Where | None) -> str:
    """What the case of it is found by."""
    return f"{said.text} {said.place_words or (where.words if where else '')}"
