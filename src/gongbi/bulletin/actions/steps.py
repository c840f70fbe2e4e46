"""The steps of an edition: write, take the figures anew, check, send back, issue, drop. Each locks the matter's row and nothing else."""

from __future__ import annotations

from datetime import datetime

import orjson
from django.db import transaction

from gongbi.bulletin import queries, shape
from gongbi.bulletin.actions import drafting
from gongbi.bulletin.models import Bulletin
from gongbi.insight.period import Period
from gongbi.kernel.errors import Refused, Stale
from gongbi.kernel.flow.advance import advance
from gongbi.kernel.scope import by_key, visible
from gongbi.kernel.scope.viewer import Viewer

LONGEST = 8000
LONGEST_REASON = 500


def _load(key: int, viewer: Viewer) -> Bulletin:
    found = by_key(Bulletin, viewer, key, "act", lock=True)
    if found is None:
        queries.bulletin_by_number("", viewer)
        raise AssertionError("an empty number is nobody's")
    return found


def text_digest(text: str) -> str:
    """What the ledger keeps of the editor's words."""
    return shape.digest(text.encode())


@transaction.atomic
def edit(
    *, key: int, text: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Bulletin:
    """Write the editor's words of a draft. They are the editor's own: nothing in them is computed."""
    bulletin = _load(key, viewer)
    kept = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n"))
    if len(kept) > LONGEST:
        raise Refused(
            "bulletin.long",
            (
                "文字最多 %(most)s 字，现在有 %(now)s 字，请缩短。",
                "At most %(most)s characters; there are %(now)s. Shorten the text.",
            ),
            values={"most": LONGEST, "now": len(kept)},
            field="text",
        )
    advance(
        bulletin, "edit", viewer, at=at, expected_version=expected_version, facts={"text": text_digest(kept)}
    )
    bulletin.text, bulletin.edited_by, bulletin.edited_person = kept, viewer.actor, viewer.person_id
    bulletin.save(update_fields=["text", "edited_by", "edited_person"])
    return bulletin


def refresh(*, key: int, viewer: Viewer, at: datetime, expected_version: int | None = None) -> Bulletin:
    """Take the figures of a draft anew. They are counted before anything is locked."""
    found = visible(Bulletin, viewer).filter(pk=key).first()
    if found is None:
        queries.bulletin_by_number("", viewer)
        raise AssertionError("an empty number is nobody's")
    plain, body = drafting.compose(found.sort, Period(found.first, found.last), found.place, at=at)
    version = found.version if expected_version is None else expected_version
    with transaction.atomic():
        bulletin = _load(key, viewer)
        advance(
            bulletin, "refresh", viewer, at=at, expected_version=version, facts={"digest": shape.digest(body)}
        )
        bulletin.plain, bulletin.digest, bulletin.taken_at = body.decode(), shape.digest(body), at
        if bulletin.corrects is not None:
            bulletin.changes = shape.differences(orjson.loads(bulletin.corrects.plain), plain)
        bulletin.save(update_fields=["plain", "digest", "taken_at", "changes"])
        return bulletin


@transaction.atomic
def check(*, key: int, viewer: Viewer, at: datetime, expected_version: int | None = None) -> Bulletin:
    """Somebody other than the writer has read it."""
    bulletin = _load(key, viewer)
    advance(
        bulletin, "check", viewer, at=at, expected_version=expected_version, facts={"digest": bulletin.digest}
    )
    bulletin.checked_by = viewer.actor
    bulletin.save(update_fields=["checked_by"])
    return bulletin


def _reason(reason: str) -> str:
    kept = " ".join(reason.split())
    if len(kept) > LONGEST_REASON:
        raise Refused(
            "bulletin.reason_long",
            ("理由最多 %(most)s 字，请缩短。", "A reason has at most %(most)s characters; shorten it."),
            values={"most": LONGEST_REASON},
            field="reason",
        )
    return kept


@transaction.atomic
def send_back(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Bulletin:
    """It needs another hand."""
    bulletin = _load(key, viewer)
    advance(
        bulletin,
        "send_back",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"reason": _reason(reason)},
    )
    bulletin.checked_by = ""
    bulletin.save(update_fields=["checked_by"])
    return bulletin


@transaction.atomic
def issue(*, key: int, viewer: Viewer, at: datetime, expected_version: int | None = None) -> Bulletin:
    """Final: the ledger keeps the digests of figures and words; from here on only another edition can say otherwise.

    Stale when the edition that it corrects is not the newest issued one any more.
    """
    bulletin = _load(key, viewer)
    if bulletin.corrects is not None and bulletin.corrects.state != "issued":
        raise Stale(
            "bulletin.corrects",
            (
                "它所更正的一版不再有效，请重新更正。",
                "The edition that it corrects no longer stands. Correct anew.",
            ),
        )
    facts = {
        "digest": bulletin.digest, "text": text_digest(bulletin.text), "edition": bulletin.edition,
        "changes": shape.digest(orjson.dumps(bulletin.changes, option=orjson.OPT_SORT_KEYS)),
    }  # fmt: skip
    advance(bulletin, "issue", viewer, at=at, expected_version=expected_version, facts=facts)
    bulletin.issued_at = at
    bulletin.save(update_fields=["issued_at"])
    return bulletin


@transaction.atomic
def drop(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Bulletin:
    """It will never be issued; the period can be drafted again under the same edition."""
    bulletin = _load(key, viewer)
    advance(
        bulletin, "drop", viewer, at=at, expected_version=expected_version, facts={"reason": _reason(reason)}
    )
    bulletin.slot = bulletin.pk
    bulletin.save(update_fields=["slot"])
    return bulletin
