"""How personal data looks to those who need not see it (domain.md §13.4): what is hidden, and that something is."""

from __future__ import annotations

import re
import unicodedata

KINDS = ("name", "phone", "id", "address", "text", "secret", "intake")
MACHINE = (
    "secret",
    "intake",
)  # what the machine itself needs and nobody has to read: see actions.machine_reads
# Whatever names a dwelling or a person stands after the last of these.
_COMMUNITY = re.compile(r"^.{0,40}?社区")
_STREET = re.compile(r"^.{0,30}?(?:街道办?|街办)")
_DISTRICT = re.compile(r"^.{0,30}?[区县]")
_TWO_PART_NAMES = (
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "长孙",
    "宇文",
    "司徒",
    "夏侯",
)


def mask(text: str, kind: str) -> str:
    """The masked form of ``text``; "" stays "". Never longer than it must be, never the text itself.

    name 张** · phone 138****5678 · id 610104********123X · address down to community · text: only that there is one.
    Errors: ValueError for an unknown kind.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if kind not in KINDS:
        raise ValueError(f"no kind of personal data: {kind!r} (one of {', '.join(KINDS)})")
    if not plain:
        return ""
    return {"name": _name, "phone": _phone, "id": _identity, "address": _address}.get(kind, _text)(plain)


def looks_masked(text: str, kind: str) -> bool:
    """Whether somebody is about to store a mask as if it were the value (a form that sent back what it showed)."""
    return kind in ("name", "phone", "id") and "**" in unicodedata.normalize("NFKC", text)


def _name(plain: str) -> str:
    if len(plain) == 1:
        return "**"
    return (plain[:2] if plain.startswith(_TWO_PART_NAMES) and len(plain) > 2 else plain[0]) + "**"


def _phone(plain: str) -> str:
    digits = re.sub(r"\D", "", plain)
    if len(digits) > 11 and digits.startswith(("86", "0086")):
        digits = digits.removeprefix("00").removeprefix("86")
    if len(digits) == 11 and digits.startswith("1"):
        return f"{digits[:3]}****{digits[-4:]}"
    # A landline or a foreign number: the last two digits tell a clerk whether it is the one on the screen.
    return f"****{digits[-2:]}" if len(digits) >= 7 else "****"


def _identity(plain: str) -> str:
    if len(plain) == 18:
        return f"{plain[:6]}{'*' * 8}{plain[-4:]}"
    return "*" * 8 if len(plain) < 8 else f"{plain[0]}{'*' * 6}{plain[-1]}"


def _address(plain: str) -> str:
    found = _COMMUNITY.match(plain) or _STREET.match(plain) or _DISTRICT.match(plain)
    if found and len(found[0]) < len(plain):
        return f"{found[0]}****"
    return "****"


def _text(_plain: str) -> str:
    return "****"
