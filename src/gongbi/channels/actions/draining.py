"""What waits becomes reports, by the one door of cases; a change becomes a supplement. Run by the worker, a batch at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from gongbi.cases import actions as cases
from gongbi.cases.actions.statement import Statement
from gongbi.cases.triage import Said
from gongbi.channels import rules
from gongbi.channels.actions.arriving import both
from gongbi.channels.adapters import adapter_of
from gongbi.channels.models import Arrival, Change, Mapping, Source
from gongbi.channels.rules import DONE, REFUSED, WAITING, Incoming
from gongbi.kernel import rows
from gongbi.kernel.errors import Refused
from gongbi.kernel.pointing import Pointing
from gongbi.kernel.scope.viewer import INTEGRATOR, Viewer, system
from gongbi.kernel.vault import actions as vault
from gongbi.parties import queries as parties

log = logging.getLogger("gongbi.channels")
_MEANS = f"SELECT kind, net FROM {Mapping._meta.db_table} WHERE source_id = %s AND theirs = %s"  # noqa: S608 – no value in it
MOST_ATTEMPTS = 5  # of what fails without a refusal: a fault of ours, seen by a person after that


def drain(source_id: int, *, at: datetime, limit: int = 50, mine: Callable[[], bool] = lambda: True) -> int:
    """Make reports of up to ``limit`` waiting arrivals of one source, oldest first, then of its changes. Returns how many were tried.
    Before each it is asked whether the lane is still ``mine``.

    Each in its own transaction, which also marks it: whatever dies, nothing is lost and nothing is taken in twice. One that is
    refused keeps its reason and holds up no other.
    """
    source = Source.objects.get(pk=source_id)
    viewer = viewer_for(source)
    # Read together: one that a sender who waits has had drained meanwhile is recognised by its key, and marked again.
    arrivals = list(Arrival.objects.filter(source=source, standing=WAITING).order_by("id")[:limit])
    tried = 0
    for arrival in arrivals:
        if not mine():
            return tried
        _one(source, arrival, viewer, at)
        tried += 1
    changes = list(
        Change.objects.filter(arrival__source=source, standing=WAITING)
        .exclude(arrival__standing=WAITING)
        .order_by("id")
        .values_list("pk", flat=True)[: max(limit - len(arrivals), 0)]
    )
    for key in changes:
        if not mine():
            break
        _change(source, key, viewer, at)
        tried += 1
    return tried


def drain_one(arrival: Arrival, *, at: datetime) -> Arrival:
    """Make a report of one arrival now, for a sender who waits; the worker may be at it too, the outcome is the same."""
    source = Source.objects.get(pk=arrival.source_id)
    _one(source, Arrival.objects.get(pk=arrival.pk), viewer_for(source), at)
    return Arrival.objects.select_related("report").get(pk=arrival.pk)


def viewer_for(source: Source) -> Viewer:
    """Who speaks when this source does."""
    units = parties.units_below(source.unit_id) if source.unit_id is not None else frozenset()  # type: ignore[attr-defined,unused-ignore]
    return Viewer(
        actor=source.actor, role=INTEGRATOR, unit_id=source.unit_id, units=units, name=source.name,  # type: ignore[attr-defined,unused-ignore]
    )  # fmt: skip


def statement_of(source: Source, incoming: Incoming, kind: str, net: str) -> Statement:
    """What a source sent, as cases take it. ``kind``: ours, "" for triage."""
    said = Said(
        text=incoming.text, said_at=incoming.said_at, channel=rules.CHANNEL_OF.get(source.kind, "api"),
        place_words=incoming.place_words, lon=incoming.lon, lat=incoming.lat, division=incoming.division, kind=kind,
        net=net or source.code,
    )  # fmt: skip
    return Statement(
        said=said, crs=incoming.crs, name=incoming.name, phone=incoming.phone, anonymous=incoming.anonymous,
        confidential=incoming.confidential, answers=incoming.answers, photos=incoming.photos, language=incoming.language,
        external=incoming.external, idempotency=f"{source.code}|{incoming.external}",
        on_the_line=False, joins_at=source.joins_at,
    )  # fmt: skip


def kind_of(source: Source, code: str) -> tuple[str, str]:
    """(kind of ours, net) for a code of theirs. Refused for one that the mapping does not know where the adapter asks for that."""
    if not code:
        return "", ""
    found = rows.ask(_MEANS, (source.pk, code))
    if found:
        return found[0][0], found[0][1]
    own = adapter_of(source.kind).own_kind(source, code)
    if own:
        return own, ""
    if adapter_of(source.kind).refuses_unknown(source):
        raise Refused(
            "channels.unknown_code",
            (
                "类别代码“%(code)s”不在“%(name)s”的对照表中。请在渠道设置里补上对照后点“重新处理”。",
                "The category code “%(code)s” is not in the mapping of “%(name)s”. Complete the mapping in the channel's settings, then "
                "try it again.",
            ),
            values={"code": code[:80], "name": source.words},
            field="code",
        )
    return "", ""


def _one(source: Source, arrival: Arrival, viewer: Viewer, at: datetime) -> None:
    if arrival.standing != WAITING:
        return
    key = arrival.pk
    try:
        incoming = rules.read(vault.machine_reads(arrival, "content", viewer=system("channels")))
        kind, net = kind_of(source, incoming.code)
        statement = statement_of(source, incoming, kind, net)

        done: dict[str, Any] = {"standing": DONE, "done_at": at}
        if arrival.code or arrival.reason:  # of an attempt that failed
            done |= {"code": "", "reason": []}
        pointing = Pointing(Arrival, key, "report_id", done)
        got = cases.receive(statement, viewer=viewer, at=at, pointing=pointing)
        if got.again:
            rows.change(Arrival, key, {**done, "report_id": got.report.pk})
    except Refused as refusal:
        Arrival.objects.filter(pk=key).update(
            standing=REFUSED, done_at=at, code=refusal.code, reason=both(refusal), attempts=F("attempts") + 1
        )
    except Exception as error:
        # A fault of ours: it must not hold up the lane, and must not be lost.
        log.exception("an arrival could not be taken in", extra={"source": source.code, "arrival": key})
        _broken(Arrival, key, arrival.attempts + 1, error, at)


def _change(source: Source, key: int, viewer: Viewer, at: datetime) -> None:
    change = Change.objects.select_related("arrival").get(pk=key)
    if change.standing != WAITING:
        return
    report_id = change.arrival.report_id
    try:
        if report_id is None:  # the first words were refused: there is nothing to add to
            raise Refused(
                "channels.nothing_to_change",
                (
                    "原先那条已被拒收，无从补充。",
                    "What was sent first was refused, so there is nothing to add to.",
                ),
            )
        incoming = rules.read(vault.machine_reads(change, "content", viewer=system("channels")))
        with transaction.atomic():
            Change.objects.filter(pk=key).update(standing=DONE, done_at=at, code="", reason=[])
            cases.supplement(
                report_id=report_id, viewer=viewer, at=at, text=incoming.text, photos=incoming.photos
            )
    except Refused as refusal:
        Change.objects.filter(pk=key).update(
            standing=REFUSED, done_at=at, code=refusal.code, reason=both(refusal), attempts=F("attempts") + 1
        )
    except Exception as error:
        log.exception("a change could not be taken in", extra={"source": source.code, "change": key})
        _broken(Change, key, change.attempts + 1, error, at)


def _broken(
    model: type[Arrival] | type[Change], key: int, attempts: int, error: Exception, at: datetime
) -> None:
    """Try again, or after enough attempts leave it to a person."""
    over = attempts >= MOST_ATTEMPTS
    name = type(error).__name__
    model.objects.filter(pk=key).update(
        attempts=attempts,
        standing=REFUSED if over else WAITING,
        done_at=at if over else None,
        code="channels.broken",
        reason=[
            f"处理时出错（{name}），请告知管理员。",
            f"It failed while it was taken in ({name}); tell the administrator.",
        ],
    )


def preview(source: Source, incoming: Incoming, *, at: datetime, codes: bool = True) -> None:
    """Raise at once what :func:`drain` would refuse without asking triage, so that a sender who waits for an answer hears it.

    Without ``codes`` an unknown category is no matter: it is kept, and waits for the mapping.
    """
    kind, net = kind_of(source, incoming.code) if codes else ("", "")
    cases.check_said(statement_of(source, incoming, kind, net), at=at)
