"""Readings as bytes: 40 a reading in the journal, 16 in a block. Pure.

A journal line holds the device's key, the value, the time that holds, how wrong the device's clock was (NaN: not) and the reading's
identity (0: it has none). A block holds time and value, in order of time.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_LINE = struct.Struct("<qdddq")
_READING = struct.Struct("<qd")
FULL = 240  # readings after which a tail becomes a block


class Line(NamedTuple):
    """One reading on its way. ``at``: seconds since 1970."""

    device: int
    value: float
    at: float
    skew: float
    identity: int

    @property
    def skewed(self) -> bool:
        return not math.isnan(self.skew)


def pack_lines(lines: Iterable[Line]) -> bytes:
    """Journal bytes."""
    pack = _LINE.pack
    return b"".join([pack(*line) for line in lines])


def lines(body: bytes) -> Iterator[Line]:
    """What :func:`pack_lines` packed. Raises struct.error for other bytes."""
    return map(Line._make, _LINE.iter_unpack(body))


def pack_reading(ms: int, value: float) -> bytes:
    """One reading of a block."""
    return _READING.pack(ms, value)


def readings(data: bytes) -> list[tuple[int, float]]:
    """The (milliseconds, value) pairs of a block or tail."""
    return list(_READING.iter_unpack(data))


def in_order(data: bytes) -> bytes:
    """The same readings by time, each time once: the last one said of a millisecond stands."""
    return b"".join(_READING.pack(ms, value) for ms, value in sorted(dict(readings(data)).items()))


def length(data: bytes) -> int:
    """How many readings."""
    return len(data) // _READING.size


def identity(seq: int | None, given: float | None) -> int:
    """By what a repetition of a reading is recognised; 0 when the device gave neither a number nor a time.

    A sequence number alone counts up and may start again; with a time beside it both must be the same.
    """
    if seq is None and given is None:
        return 0
    milliseconds = 0 if given is None else round(given * 1000) + 1
    mixed = (milliseconds * 1_000_003 + (0 if seq is None else seq + 1)) & 0x7FFF_FFFF_FFFF_FFFF
    return mixed or 1


def since(data: bytes, ms: int) -> bytes:
    """The readings of that time or later, as they stand. Looked through only when the first one is older."""
    if not data or _READING.unpack_from(data)[0] >= ms:
        return data
    return b"".join(_READING.pack(at, value) for at, value in readings(data) if at >= ms)
