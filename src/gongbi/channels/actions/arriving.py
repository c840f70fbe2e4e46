"""What comes in is written before anything is made of it; a repetition is answered as the first time, other words are a change."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import translation

from gongbi.cases.wording import clean_text
from gongbi.channels import rules
from gongbi.channels.models import Arrival, Change, Outgoing, Rejection, Source
from gongbi.channels.rules import DONE, REFUSED, WAITING, Incoming
from gongbi.kernel import rows
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.once import insert_new
from gongbi.kernel.scope.viewer import ADMIN, DISPATCHER, SYSTEM, Viewer, system
from gongbi.kernel.vault import actions as vault
from gongbi.kernel.vault.redaction import redact

MOST_EXTERNAL = 100
MOST_A_STATEMENT = 500  # rows: SQLite takes 32,766 values in one


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender keeps: ``receipt`` names the arrival for good. ``again``: the same words as before; ``changed``: other words."""

    arrival: Arrival
    again: bool = False
    changed: bool = False

    @property
    def receipt(self) -> str:
        return self.arrival.receipt


def accept(source: Source, incoming: Incoming, *, viewer: Viewer, at: datetime) -> Receipt:
    """Keep one report; see :func:`accept_many`."""
    return accept_many(source, [incoming], viewer=viewer, at=at)[0]


def accept_many(
    source: Source, incoming: Sequence[Incoming], *, viewer: Viewer, at: datetime
) -> list[Receipt]:
    """Keep what a source sent, durably, in its order; the worker makes reports of it. What is new goes in with one statement.

    Once for each external number, however often and from however many connections it is sent. Other words under a known number are
    a change: a supplement when the report exists. What was refused before is tried again with the new words. Refused when the
    source is switched off or an external number is missing or too long (with its place in the list).
    """
    check_open(source)
    incoming = [
        replace(one, external=clean_text(one.external), code=clean_text(one.code)[:80]) for one in incoming
    ]
    for place, one in enumerate(incoming):
        if not one.external or len(one.external) > MOST_EXTERNAL:
            raise Refused(
                "channels.external",
                (
                    "第 %(place)s 条的编号缺失或超过 %(most)s 个字符；编号用来识别重发，请填写对方系统中的编号。",
                    "Report %(place)s has no number, or one longer than %(most)s characters; repetitions are recognised by it: send "
                    "the number of your own system.",
                ),
                values={"place": place + 1, "most": MOST_EXTERNAL},
                field="external",
            )
    first: dict[str, Incoming] = {}
    for one in incoming:
        first.setdefault(one.external, one)
    made = [_arrival(source, one, at) for one in first.values()]
    new: dict[str, Arrival] = {}
    for start in range(0, len(made), MOST_A_STATEMENT):
        part = made[start : start + MOST_A_STATEMENT]
        new |= {row.external: row for row in insert_new(part, Arrival, ("source_id", "external"))}
    if len(new) == len(incoming):
        return [Receipt(new[one.external]) for one in incoming]
    return _with_known(source, incoming, first, new, at)


@transaction.atomic
def _with_known(
    source: Source,
    incoming: Sequence[Incoming],
    first: Mapping[str, Incoming],
    new: Mapping[str, Arrival],
    at: datetime,
) -> list[Receipt]:
    """The receipts of a list in which some numbers were known, or stand more than once. Locks those by their keys."""
    once_more = {
        one.external for one in incoming if one.external not in new or one is not first[one.external]
    }
    found = Arrival.objects.select_for_update().filter(source=source, external__in=once_more)
    kept = {row.external: row for row in found.order_by("pk").defer("content")}
    return [
        Receipt(new[one.external])
        if one.external in new and one is first[one.external]
        else _once_more(kept[one.external], one, at)
        for one in incoming
    ]


def check_open(source: Source) -> None:
    """Refused when the source is switched off, or only takes what we send."""
    if not source.enabled:
        raise Refused(
            "channels.switched_off",
            (
                "渠道“%(name)s”已停用，请联系本平台管理员。",
                "The channel “%(name)s” is switched off; ask this platform's administrator.",
            ),
            values={"name": source.words},
        )
    if source.direction == "out":
        raise Refused(
            "channels.only_out",
            (
                "渠道“%(name)s”只用于我方发送，不收对方来信。请联系本平台管理员。",
                "The channel “%(name)s” only carries what we send; ask this platform's administrator.",
            ),
            values={"name": source.words},
        )


def _arrival(source: Source, one: Incoming, at: datetime) -> Arrival:
    return rows.new(
        Arrival,
        source_id=source.pk, external=one.external, receipt=secrets.token_hex(16), digest=rules.digest(one), content=rules.write(one),
        theirs=one.code[:80], received_at=at, sent_at=one.sent_at,
    )  # fmt: skip


def _once_more(row: Arrival, one: Incoming, at: datetime) -> Receipt:
    """A known number: the same words, or others. Locks the arrival."""
    kept = Arrival.objects.select_for_update().get(pk=row.pk)
    found = rules.digest(one)
    if kept.standing == REFUSED:
        Arrival.objects.filter(pk=kept.pk).update(
            digest=found, content=rules.write(one), theirs=one.code[:80], standing=WAITING, received_at=at, sent_at=one.sent_at,
            done_at=None, attempts=0, code="", reason=[],
        )  # fmt: skip
        return Receipt(kept, again=True, changed=bytes(kept.digest) != found)
    if bytes(kept.digest) == found:
        Arrival.objects.filter(pk=kept.pk).update(repeats=F("repeats") + 1)
        return Receipt(kept, again=True)
    last = Change.objects.filter(arrival=kept).order_by("-number").first()
    change = Change(
        arrival=kept, number=last.number + 1 if last is not None else 1, digest=found, content=rules.write(one), received_at=at
    )  # fmt: skip
    if one.version_at is not None and not rules.later(_version(last or kept), one.version_at):
        # Overtaken on the way: kept to be looked at, but what they say now stays what was said later.
        late = Refused(
            "channels.overtaken",
            (
                "这是较早的版本，更新的内容已经收到，本条只存档。",
                "This is an earlier version; a later one came before it, so it is only kept on file.",
            ),
        )
        change.standing, change.done_at, change.code, change.reason = REFUSED, at, late.code, both(late)
    else:
        Arrival.objects.filter(pk=kept.pk).update(digest=found)
    change.save(force_insert=True)
    return Receipt(kept, changed=True)


def _version(row: Arrival | Change) -> datetime | None:
    """When what is kept was said, by their own account; None where they do not say, or its words are gone."""
    if row.content is None:
        return None
    return rules.read(vault.machine_reads(row, "content", viewer=system("channels"))).version_at


@transaction.atomic
def accept_change(arrival: Arrival, incoming: Incoming, *, key: str, at: datetime) -> tuple[Change, bool]:
    """Keep what a sender adds to something known, once for each ``key`` (their number of the addition): (row, whether it is new).

    Drained into a supplement of the case. Locks the arrival.
    """
    kept = Arrival.objects.select_for_update().get(pk=arrival.pk)
    found = hashlib.sha256(
        f"{key}\x1f".encode("utf-8", "surrogatepass") + (b"" if key else rules.digest(incoming))
    ).digest()
    known = Change.objects.filter(arrival=kept, digest=found).first()
    if known is not None:
        return known, False
    last = Change.objects.filter(arrival=kept).aggregate(last=Max("number"))["last"] or 0
    row = Change(arrival=kept, number=last + 1, digest=found, content=rules.write(incoming), received_at=at)
    row.save(force_insert=True)
    return row, True


@transaction.atomic
def reject(
    refusal: Refused,
    *,
    kind: str,
    at: datetime,
    source: Source | None = None,
    external: str = "",
    content: str = "",
) -> Rejection:
    """Note something that was turned away at the door, with its precise reason, their number of it, and (sealed) its beginning."""
    row = Rejection(
        source=source, kind=kind, at=at, code=refusal.code, reason=both(refusal),
        external=clean_text(redact(external))[:MOST_EXTERNAL], content=clean_text(content)[: rules.KEPT_OF_A_REJECTION],
    )  # fmt: skip
    row.save(force_insert=True)
    return row


def both(refusal: Refused) -> list[str]:
    """The sentence of a refusal in both languages, without anything personal."""
    told: list[str] = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            told.append(clean_text(redact(str(refusal)))[:500])
    return told


@transaction.atomic
def try_again(keys: Sequence[int], *, viewer: Viewer, at: datetime) -> int:
    """Refused arrivals and changes of these keys (of arrivals) wait once more, as after a completed mapping. Returns how many."""
    if viewer.role not in (ADMIN, DISPATCHER, SYSTEM):
        raise Forbidden(
            "channels.try_again",
            (
                "只有受理派遣员或系统管理员可以重新处理。",
                "Only a dispatcher or an administrator tries these again.",
            ),
        )
    fresh: dict[str, Any] = {"standing": WAITING, "done_at": None, "attempts": 0, "code": "", "reason": []}
    count = Arrival.objects.filter(pk__in=keys, standing=REFUSED, content__isnull=False).update(**fresh)
    return count + Change.objects.filter(arrival__in=keys, arrival__standing=DONE, standing=REFUSED).update(
        **fresh
    )


def forget_words(row: Arrival | Change, at: datetime) -> None:
    """Its retention has ended: what was said stands in the report, here its digest is enough. In the purge's transaction."""
    type(row).objects.filter(pk=row.pk).update(content=None)


def forget_body(row: Outgoing, at: datetime) -> None:
    """As :func:`forget_words`, of what was told."""
    Outgoing.objects.filter(pk=row.pk).update(body=None)
