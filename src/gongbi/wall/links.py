"""The secret of a screen's link, and the pass with which a page opens the live line. Both say of which places, nothing of whom."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core import signing

_SALT = "gongbi.wall"


class BadPass(Exception):
    """Forged, damaged or run out."""


def digest_of(secret: str) -> bytes:
    """What is kept of a link. The secret has 256 random bits, so a plain digest cannot be guessed back."""
    return hashlib.sha256(secret.encode()).digest()


def write(scope: Sequence[str], *, at: datetime, lasts: timedelta) -> str:
    """A pass to the figures of these divisions."""
    return signing.dumps([sorted(scope), int((at + lasts).timestamp())], salt=_SALT, compress=True)


def read(text: str, *, at: datetime) -> tuple[tuple[str, ...], float]:
    """(divisions, until when in POSIX seconds) of a pass. Errors: BadPass."""
    try:
        scope, until = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise BadPass("not valid") from None
    if at.timestamp() >= until:
        raise BadPass("run out")
    return tuple(scope), float(until)
