"""What people write, made safe to keep, and the title that lists show. Pure."""

import re
import unicodedata

_PAUSES = "\uff0c,\u3001 "
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def clean_text(text: str) -> str:
    """NFC, without control and direction-override characters, trimmed; line breaks stay."""
    return _CONTROL.sub("", unicodedata.normalize("NFC", text).replace("\r\n", "\n")).strip()


def title_of(text: str) -> str:
    """The first clause, at most 40 characters, cut at a sign where there is one; telephone numbers are blanked."""
    hidden = re.sub(r"(?<!\d)1[3-9]\d{9}(?!\d)", "[电话]", text)
    first = re.split("[\n\u3002\uff01\uff1f!?\uff1b;]", hidden, maxsplit=1)[0].strip()
    if len(first) <= 40:
        return first or hidden[:40]
    cut = max(first.rfind(sign, 12, 40) for sign in _PAUSES)
    return first[: cut if cut > 0 else 39].rstrip(_PAUSES) + "…"
