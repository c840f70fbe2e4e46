"""What a device or gateway may send, read strictly. Pure: bytes in, readings and precise faults out.

One message is one JSON object, or a list of them:

    {"device": "SM-0001", "value": 12.5, "at": "2026-11-23T08:00:00Z", "seq": 17}
    {"sent": 1795420800, "readings": [{"device": "SM-0001", "flag": true}, …]}

Nothing else is let in. A field that this list does not name is refused by its name, so that no picture, sound, plate or text can
travel along; the rest of the batch goes through.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from gongbi.channels.devices.kinds import KINDS, Kind

MOST = 1_000  # readings in one message
LARGEST = 256 * 1024  # bytes of one message
_FIELDS = frozenset({"device", "value", "flag", "at", "seq"})
_HEAD = frozenset({"sent", "readings"})
_NUMBER = 40  # characters of a device's number
Words = tuple[str, str]

# reason → what is told (zh, en). The reasons are counted on the page of the channel's health.
FAULTS: dict[str, Words] = {
    "malformed": ("不是有效的 JSON。", "This is no valid JSON."),
    "encoding": ("正文不是 UTF-8 编码。", "The body is not in UTF-8."),
    "unknown_key": ("密钥无效、已收回，或不是设备密钥。", "A key that does not hold, or is none of devices."),
    "oversized": ("一条消息最多 256 KB、1000 个读数。", "A message holds 256 KB and 1,000 readings at most."),
    "shape": (
        "应为一个读数、读数列表，或含 readings 的对象。",
        "Expected one reading, a list of readings, or an object with readings.",
    ),
    "field": (
        "只接受 device、value 或 flag、at、seq；不接受图像、声音、文字、车牌。",
        "Only device, value or flag, at and seq are taken; no picture, sound, text or number plate.",
    ),
    "device": ("没有这个编号的在用设备。", "There is no device in use with this number."),
    "key": ("这把密钥或这个网关不管这台设备。", "This key or gateway does not speak for this device."),
    "value": ("读数应为一个数，或 true/false。", "A reading is one number, or true or false."),
    "range": ("读数超出这类设备的量程。", "The reading is outside the range of this kind of device."),
    "time": ("时间应为带时区的 ISO 8601，或 1970 年以来的秒数。", "The time is ISO 8601 with its zone, or seconds since 1970."),
    "topic": (
        "主题应为 gongbi/网关/readings 或 gongbi/网关/设备，不含通配符。",
        "The topic is gongbi/GATEWAY/readings or gongbi/GATEWAY/DEVICE, without wildcards.",
    ),
    "retained": ("不接受保留消息（retain）：它可能是很久以前的读数。", "No retained messages: such a reading may be long past."),
    "clock": ("设备时钟不准，已改用接收时间。", "The device's clock is wrong; the time of receipt was used."),
    "repeated": ("这个读数已收到过。", "This reading was received before."),
    "shed": ("读数太多，这个普通读数没有保存。", "Too many readings: this plain one was not kept."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Raw:
    """One reading as sent, its shape checked. ``value`` is a bool for a flag; ``given`` is the device's own time."""

    device: str
    value: float | bool
    given: float | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with reading ``index`` of a message (-1: with the whole message), and which field it is."""

    index: int
    reason: str
    field: str = ""
    device: str = ""

    @property
    def words(self) -> Words:
        return FAULTS[self.reason]


@dataclass(frozen=True, slots=True)
class Message:
    """What was read of one message."""

    readings: tuple[tuple[int, Raw], ...] = ()
    faults: tuple[Fault, ...] = ()
    sent: float | None = None


def read(body: bytes, *, device: str = "") -> Message:
    """Read a message. ``device``: the one that its topic names; then the message holds readings of this one only.

    >>> read(b'{"device": "A", "value": 1}').readings
    ((0, Raw(device='A', value=1.0, given=None, seq=None)),)
    >>> read(b'{"device": "A", "value": 1, "plate": "x"}').faults[0].field
    'plate'
    """
    if len(body) > LARGEST:
        return _whole("oversized")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _whole("malformed" if _utf8(body) else "encoding")
    sent: float | None = None
    if isinstance(found, dict) and "readings" in found:
        strange = next((name for name in found if name not in _HEAD), "")
        if strange:
            return _whole("field", strange)
        if "sent" in found:
            sent = moment(found["sent"])
            if sent is None:
                return _whole("time", "sent")
        found = found["readings"]
    elif isinstance(found, dict):
        found = [found]
    if not isinstance(found, list) or not found:
        return _whole("shape")
    if len(found) > MOST:
        return _whole("oversized")
    good: list[tuple[int, Raw]] = []
    faults: list[Fault] = []
    for index, item in enumerate(found):
        raw = _one(index, item, device)
        if isinstance(raw, Raw):
            good.append((index, raw))
        else:
            faults.append(raw)
    return Message(tuple(good), tuple(faults), sent)


def _utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _whole(reason: str, field: str = "") -> Message:
    return Message(faults=(Fault(-1, reason, field[:_NUMBER]),))


def _one(index: int, item: Any, device: str) -> Raw | Fault:
    if not isinstance(item, dict):
        return Fault(index, "shape")
    number = item.get("device", device)
    if not isinstance(number, str) or not 0 < len(number) <= _NUMBER or (device and number != device):
        return Fault(index, "device", "device")
    for name in item:
        if name not in _FIELDS:
            return Fault(index, "field", name[:_NUMBER], number)
    value: Any = item.get("value", item.get("flag"))
    if ("value" in item) == ("flag" in item):
        return Fault(index, "value", "value", number)
    if "flag" in item and not isinstance(value, bool):
        return Fault(index, "value", "flag", number)
    if "value" in item and (
        isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)
    ):
        return Fault(index, "value", "value", number)
    given: float | None = None
    if item.get("at") is not None:
        given = moment(item["at"])
        if given is None:
            return Fault(index, "time", "at", number)
    seq = item.get("seq")
    if seq is not None and (isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq < 2**63):
        return Fault(index, "value", "seq", number)
    return Raw(number, value if isinstance(value, bool) else float(value), given, seq)


def moment(value: Any) -> float | None:
    """Seconds since 1970 of what a device calls a time; None for what is none. A time without its zone is none: it could be any.

    >>> moment("2026-11-23T08:00:00+08:00") == moment("2026-11-23T00:00:00Z") == 1795392000.0
    True
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) and 0 <= value < 1e11 else None
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    if parsed.tzinfo is None:
        return None
    try:
        return parsed.astimezone(UTC).timestamp()
    except (OverflowError, ValueError):
        return None


def number_of(raw: Raw, kind: Kind) -> float | None:
    """The reading as the number that is kept; None when it is outside the kind's range or has not its form."""
    if isinstance(raw.value, bool) != kind.flag:
        return None
    number = float(raw.value)
    return number if kind.low <= number <= kind.high else None


def topic(text: str) -> tuple[str, str] | None:
    """The gateway and the device ("" for a batch) that a topic names; None for any other topic.

    >>> topic("gongbi/gw-1/readings"), topic("gongbi/gw-1/SM-0001"), topic("gongbi/+/readings")
    (('gw-1', ''), ('gw-1', 'SM-0001'), None)
    """
    parts = text.split("/")
    if len(parts) != 3 or parts[0] != "gongbi" or any(c in text for c in "+#$\x00"):
        return None
    if not all(0 < len(part) <= _NUMBER for part in parts):
        return None
    return parts[1], "" if parts[2] == "readings" else parts[2]


def kinds() -> Iterator[Mapping[str, Any]]:
    """The kinds as the description of the interface shows them."""
    for kind in KINDS.values():
        yield {
            "kind": kind.code, "name": kind.words, "quantity": kind.quantity, "flag": kind.flag, "unit": kind.unit,
            "low": kind.low, "high": kind.high,
        }  # fmt: skip
