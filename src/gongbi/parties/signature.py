"""The list of a handover, sealed with the house's key: nobody adds or removes a line afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from django.core.signing import BadSignature, Signer


def _text(
    post_from: int, post_to: int | None, at: datetime, actor: str, items: Iterable[tuple[str, int]]
) -> str:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps([post_from, post_to, moment, actor, sorted(items)], separators=(",", ":"))


def sign_list(
    post_from: int, post_to: int | None, at: datetime, actor: str, items: Iterable[tuple[str, int]]
) -> str:
    """A keyed digest (HMAC-SHA256) over who, to whom, when, by whom, and the sorted (room, matter id) pairs."""
    return Signer(salt="gongbi.parties.handover").signature(_text(post_from, post_to, at, actor, items))


def list_is_genuine(
    signature: str,
    post_from: int,
    post_to: int | None,
    at: datetime,
    actor: str,
    items: Iterable[tuple[str, int]],
) -> bool:
    """Whether ``signature`` was given for exactly this list; older keys count (``SECRET_KEY_FALLBACKS``)."""
    signer = Signer(salt="gongbi.parties.handover")
    try:
        signer.unsign(f"{_text(post_from, post_to, at, actor, items)}{signer.sep}{signature}")
    except BadSignature:
        return False
    return True
