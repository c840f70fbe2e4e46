"""The private link of a report: derived, not stored, so that a repeated submission gets the same one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from gongbi.cases.models import Report

_SALT = b"gongbi.cases.links"


def _mac(pk: int, seed: bytes) -> bytes:
    key = hashlib.sha256(_SALT + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, pk.to_bytes(8, "big") + seed, hashlib.sha256).digest()[:18]


def token(report: Report) -> str:
    """What stands in the link: the report's key and 144 bits that only we can make."""
    head = base64.b32encode(report.pk.to_bytes(5, "big")).decode().rstrip("=").lower()
    return head + base64.urlsafe_b64encode(_mac(report.pk, bytes(report.seed))).decode()


def key_of(link: str) -> int | None:
    """The report that a link claims to be of, or None; :func:`holds` says whether it is true."""
    try:
        return int.from_bytes(base64.b32decode(link[:8].upper()), "big")
    except ValueError:
        return None


def holds(link: str, report: Report) -> bool:
    """Whether ``link`` really is the report's; compares in constant time."""
    return hmac.compare_digest(link.encode(), token(report).encode())
