"""The chain's arithmetic: canonical form, entry hash, Merkle tree (RFC 6962 §2.1). Pure; SHA-256."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Fields:
    """What of an entry is hashed. ``at`` is an aware datetime (any zone)."""

    seq: int
    at: datetime
    actor: str
    unit_id: int | None
    transition: str
    from_state: str
    to_state: str
    facts: Mapping[str, Any]


def plain(value: Any) -> Any:
    """``value`` in the few JSON types that every database gives back unchanged.

    Decimals and floats become strings (databases print numbers differently), times become ISO 8601 in UTC, sets become sorted
    lists, keys become strings, control characters are dropped (PostgreSQL refuses NUL). Raises TypeError for anything else.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        if value.isprintable():
            return str(value)
        return "".join(c for c in value if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    if isinstance(value, float | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else repr(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    raise TypeError(f"a ledger fact cannot be a {type(value).__name__}")


@lru_cache(maxsize=256)
def instant(at: datetime) -> str:
    """ISO 8601 in UTC with microseconds; naive times are refused (ValueError)."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone cannot enter the ledger")
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def entry_hash(prev: bytes, fields: Fields) -> bytes:
    """SHA-256 over the previous hash and the canonical JSON (sorted keys, no spaces, UTF-8) of the fields."""
    body = orjson.dumps(
        [
            fields.seq,
            instant(fields.at),
            fields.actor,
            fields.unit_id,
            fields.transition,
            fields.from_state,
            fields.to_state,
            fields.facts,
        ],
        option=orjson.OPT_SORT_KEYS,
    )
    return hashlib.sha256(prev + body).digest()


def _leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def merkle_root(hashes: Sequence[bytes]) -> bytes:
    """Merkle tree hash of RFC 6962 §2.1 over entry hashes, in order; of nothing it is SHA-256 of the empty string."""
    if not hashes:
        return hashlib.sha256().digest()
    level = [_leaf(h) for h in hashes]
    # Pairing neighbours and carrying an odd last one up gives the same tree as splitting at the largest power of two.
    while len(level) > 1:
        paired = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def merkle_path(hashes: Sequence[bytes], index: int) -> list[tuple[str, bytes]]:
    """The audit path of entry ``index``: (side, hash) pairs from the leaf up; side says where the sibling stands."""
    if not 0 <= index < len(hashes):
        raise ValueError(f"index {index} is outside the day's {len(hashes)} entries")
    level = [_leaf(h) for h in hashes]
    path: list[tuple[str, bytes]] = []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(("left" if sibling < index else "right", level[sibling]))
        paired = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
        index //= 2
    return path


def merkle_check(entry: bytes, path: Sequence[tuple[str, bytes]], root: bytes) -> bool:
    """Whether ``entry`` (its hash) belongs to the day whose ``root`` was published."""
    value = _leaf(entry)
    for side, sibling in path:
        value = _node(sibling, value) if side == "left" else _node(value, sibling)
    return value == root
