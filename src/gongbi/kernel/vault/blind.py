"""Equality look-up of what is sealed: a keyed digest of the normalised value. Nobody without the key can try numbers out."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

from gongbi.kernel.vault import keys
from gongbi.kernel.vault.masking import KINDS


def index(text: str, kind: str) -> bytes:
    """32 bytes, equal for equal values of one kind; ``b""`` when nothing is left to compare. Errors: ValueError (kind)."""
    plain = normal(text, kind)
    if not plain:
        return b""
    return hmac.new(
        keys.ring().derived(keys.BLIND, f"blind {kind}", 32), plain.encode(), hashlib.sha256
    ).digest()


def normal(text: str, kind: str) -> str:
    """The form that is compared. Phones: digits alone, +86 dropped; ids: upper case; the rest: no spaces, NFKC, case folded."""
    if kind not in KINDS:
        raise ValueError(f"no kind of personal data: {kind!r} (one of {', '.join(KINDS)})")
    plain = unicodedata.normalize("NFKC", text)
    if kind == "phone":
        digits = "".join(str(unicodedata.digit(c)) for c in plain if c.isdigit())
        national = re.fullmatch(r"(?:00)?86(1\d{10}|0\d{9,11})", digits)
        return national[1] if national else digits
    plain = re.sub(r"\s", "", plain)
    return plain.upper() if kind == "id" else plain.casefold()
