"""The messages that two hotline systems exchange, as JSON values in and plain values out; docs/hotline.md describes each form. Pure.

What cannot be understood is Refused with the field that is wrong, one message at a time: its neighbours in a batch go through.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongbi.channels.hotline.rules import KINDS, STANDINGS, URGENCIES
from gongbi.kernel.errors import Refused

MOST_MESSAGES = 500
MOST_ATTACHMENTS = 12
MOST_BYTES = 12_000_000  # of one attachment, as kernel.files takes them
LONGEST_TEXT = 10_000
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,59}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OUTCOMES = ("reached", "unreachable")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of an order: sent along (``content``) or to be fetched by ``id``. ``sha256`` of its bytes."""

    name: str
    mime: str
    size: int
    sha256: str
    content: bytes | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """A work order. ``due``: by when they want the result; ``return_by``: until when it may be given back (None: by our terms)."""

    number: str
    version: int
    text: str
    said_at: datetime
    title: str = ""
    kind: str = "help"
    urgency: str = "ordinary"
    category: str = ""
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    crs: str = "CGCS2000"
    name: str = ""
    phone: str = ""
    anonymous: bool = False
    confidential: bool = False
    sent_at: datetime | None = None
    due: datetime | None = None
    return_by: datetime | None = None
    attachments: tuple[Attachment, ...] = ()

    @property
    def words(self) -> str:
        """The title, unless the text begins with it, and the text."""
        given = not self.title or self.text.startswith(self.title)
        return self.text if given else f"{self.title}：{self.text}"

    @property
    def text_digest(self) -> str:
        """By which both sides see whether they hold the same words: SHA-256 of title, text and place, one a line."""
        return hashlib.sha256("\n".join((self.title, self.text, self.place)).encode()).hexdigest()

    @property
    def digest(self) -> bytes:
        """SHA-256 of all that is said of the order, the moment of sending aside: a repetition has the same one."""
        told = [
            self.number, self.version, self.text_digest, _iso(self.said_at), self.kind, self.urgency, self.category, self.lon,
            self.lat, self.crs, self.name, self.phone, self.anonymous, self.confidential, _iso(self.due), _iso(self.return_by),
            sorted(one.sha256 for one in self.attachments),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).digest()


@dataclass(frozen=True, slots=True)
class Cancel:
    """They take an order back."""

    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExtensionAnswer:
    """Their decision on more time; ``due``: the new limit, when granted."""

    number: str
    granted: bool
    due: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Callback:
    """The result of their call to the one who spoke. ``solved`` and ``grade`` (5 best) only when reached."""

    number: str
    outcome: str
    solved: bool | None
    grade: int | None
    comment: str


Message = Order | Cancel | ExtensionAnswer | Callback


def _iso(time: datetime | None) -> str:
    return time.isoformat() if time is not None else ""


def batch(body: bytes) -> list[Any]:
    """The messages of a body, unread. Refused when it is no JSON object with a list ``messages`` of 1 to 500."""
    try:
        value = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise _wrong("", "正文不是 UTF-8 编码。", "The body is not UTF-8.") from None
    except (ValueError, RecursionError):
        raise _wrong("", "正文不是有效的 JSON。", "The body is not valid JSON.") from None
    found = value.get("messages") if isinstance(value, dict) else None
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_MESSAGES:
        raise _wrong(
            "messages",
            f"messages 应为 1 至 {MOST_MESSAGES} 条消息的数组。",
            f"messages must be a list of 1 to {MOST_MESSAGES} messages.",
        )
    return found


def read(value: Any) -> Message:
    """One message by its ``type``: order, cancel, extension, callback. Refused with the field."""
    if not isinstance(value, dict):
        raise _wrong("", "消息应为 JSON 对象。", "A message must be a JSON object.")
    form = _Form(value)
    reader: Callable[[_Form], Message] | None = _READERS.get(str(value.get("type", ""))[:20])
    if reader is None:
        raise _wrong(
            "type",
            "消息类型应为 order、cancel、extension 或 callback。",
            "The type of a message is order, cancel, extension or callback.",
        )
    return reader(form)


def number_of(value: Any) -> str:
    """The order's number in a message that may be unreadable otherwise, for the answer; "" for none."""
    found = value.get("number") if isinstance(value, dict) else None
    return found if isinstance(found, str) and _NUMBER.fullmatch(found) else ""


def _order(form: _Form) -> Order:
    text = form.text("text", LONGEST_TEXT, needed=True)
    phone, anonymous = form.text("phone", 40), form.flag("anonymous")
    if not anonymous and sum(c.isdecimal() for c in phone) < 5:
        raise _wrong(
            "phone",
            "工单须有联系电话；诉求人不留号码的，请写 anonymous: true。",
            "An order needs a telephone number, or anonymous: true when the caller gave none.",
        )
    lon, lat = form.number("lon", -180, 180), form.number("lat", -90, 90)
    if (lon is None) != (lat is None):
        raise _wrong("lon", "坐标须同时有经度和纬度。", "Coordinates need both longitude and latitude.")
    given = form.value.get("attachments") or []
    if not isinstance(given, list) or len(given) > MOST_ATTACHMENTS:
        raise _wrong(
            "attachments", f"附件最多 {MOST_ATTACHMENTS} 个。", f"At most {MOST_ATTACHMENTS} attachments."
        )
    return Order(
        number=form.order_number(), version=form.version(), text=text, said_at=form.time("said_at", needed=True),
        title=form.text("title", 200), kind=form.choice("kind", KINDS, "help"), urgency=form.choice("urgency", URGENCIES, "ordinary"),
        category=form.text("category", 80), place=form.text("place", 200), lon=lon, lat=lat,
        crs=form.choice("crs", {"CGCS2000": 0, "WGS84": 0, "GCJ02": 0, "BD09": 0}, "CGCS2000"), name=form.text("name", 60), phone=phone,
        anonymous=anonymous, confidential=form.flag("confidential"), sent_at=form.time("sent_at"), due=form.time("due"),
        return_by=form.time("return_by"),
        attachments=tuple(_attachment(one, place) for place, one in enumerate(given, 1)),
    )  # fmt: skip


def _attachment(value: Any, place: int) -> Attachment:
    form = _Form(value if isinstance(value, dict) else {}, f"attachments[{place}].")
    digest = form.text("sha256", 64, needed=True).lower()
    if not _SHA256.fullmatch(digest):
        raise _wrong(
            f"{form.before}sha256",
            "附件摘要应为 64 位十六进制 SHA-256。",
            "The digest of an attachment is a SHA-256 in 64 hexadecimal digits.",
        )
    size = form.number("size", 0, 1e12)
    if size is None or size > MOST_BYTES:
        raise _wrong(
            f"{form.before}size",
            "附件须注明大小，最大 12 MB。",
            "An attachment states its size, 12 MB at most.",
        )
    content, given = None, form.value.get("content")
    if given is not None:
        try:
            content = base64.b64decode(given, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise _wrong(
                f"{form.before}content", "附件内容应为 Base64。", "The content of an attachment is Base64."
            ) from None
        check_attachment(content, size=int(size), sha256=digest, field=f"{form.before}content")
    identity = form.text("id", 80)
    if content is None and not identity:
        raise _wrong(
            f"{form.before}content",
            "附件须有内容（content）或可取回的编号（id）。",
            "An attachment has its content, or an id by which it is fetched.",
        )
    return Attachment(form.text("name", 120), form.text("mime", 80), int(size), digest, content, identity)


def check_attachment(content: bytes, *, size: int, sha256: str, field: str = "attachments") -> None:
    """Whether the bytes are those that were announced."""
    if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
        raise Refused(
            "hotline.attachment",
            (
                "附件与注明的大小或摘要不符（收到 %(size)s 字节），可能传输时损坏，请重发。",
                "The attachment does not fit its stated size or digest (%(size)s bytes came); it may be damaged, send it again.",
            ),
            values={"size": len(content)},
            field=field,
        )


def _cancel(form: _Form) -> Cancel:
    return Cancel(form.order_number(), form.text("reason", 500, needed=True))


def _extension(form: _Form) -> ExtensionAnswer:
    granted = form.flag("granted", needed=True)
    due = form.time("due", needed=granted)
    return ExtensionAnswer(form.order_number(), granted, due, form.text("reason", 500))


def _callback(form: _Form) -> Callback:
    outcome = form.choice("outcome", dict.fromkeys(_OUTCOMES, 0), "")
    reached = outcome == "reached"
    grade = form.number("grade", 1, 5) if reached else None
    solved = form.flag("solved", needed=True) if reached else None
    if reached and (grade is None or grade != int(grade)):
        raise _wrong("grade", "满意度应为 1 至 5 的整数。", "The grade is a whole number from 1 to 5.")
    return Callback(
        form.order_number(),
        outcome,
        solved,
        int(grade) if grade is not None else None,
        form.text("comment", 500),
    )


_READERS: Mapping[str, Callable[[_Form], Message]] = {
    "order": _order, "cancel": _cancel, "extension": _extension, "callback": _callback
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Believed:
    """What one side believes about one order: a line of the list that is reconciled."""

    number: str
    version: int
    standing: str
    due: datetime | None = None
    text_digest: str = ""
    answer_digest: str = ""  # SHA-256 of the result's text; "" while there is none
    sent_at: datetime | None = None


def believed(value: Any) -> Believed:
    """One line of their list. Refused with the field."""
    form = _Form(value if isinstance(value, dict) else {})
    return Believed(
        form.order_number(), form.version(), form.choice("standing", STANDINGS, ""), form.time("due"),
        form.text("text_digest", 64), form.text("answer_digest", 64), form.time("sent_at"),
    )  # fmt: skip


def answer_digest(text: str) -> str:
    """SHA-256 of a result's text; "" for none."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


@dataclass(frozen=True, slots=True)
class _Form:
    """One JSON object, read field by field."""

    value: Mapping[str, Any]
    before: str = ""

    def text(self, name: str, most: int, *, needed: bool = False) -> str:
        given = self.value.get(name)
        if given is None:
            given = ""
        if not isinstance(given, str):
            raise _wrong(self.before + name, f"{name} 应为文字。", f"{name} must be a text.")
        if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in given):
            raise _wrong(
                self.before + name,
                f"{name} 含有无效字符（空字符或半个代理对）。",
                f"{name} holds a character that no text has (NUL or half of a surrogate pair).",
            )
        given = given.strip()
        if needed and not given:
            raise _wrong(self.before + name, f"缺少 {name}。", f"{name} is missing.")
        if len(given) > most:
            raise _wrong(
                self.before + name,
                f"{name} 有 {len(given)} 个字符，最多 {most} 个。",
                f"{name} has {len(given)} characters, at most {most}.",
            )
        return given

    def flag(self, name: str, *, needed: bool = False) -> bool:
        given = self.value.get(name)
        if given is None and not needed:
            return False
        if not isinstance(given, bool):
            raise _wrong(self.before + name, f"{name} 应为 true 或 false。", f"{name} must be true or false.")
        return given

    def number(self, name: str, least: float, most: float) -> float | None:
        given = self.value.get(name)
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, int | float) or given != given:
            raise _wrong(self.before + name, f"{name} 应为数字。", f"{name} must be a number.")
        if not least <= given <= most:
            raise _wrong(
                self.before + name,
                f"{name} 应在 {least:g} 和 {most:g} 之间。",
                f"{name} must lie between {least:g} and {most:g}.",
            )
        return float(given)

    def time(self, name: str, *, needed: bool = False) -> Any:
        given = self.text(name, 40, needed=needed)
        if not given:
            return None
        try:
            moment = datetime.fromisoformat(given)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not 2000 <= moment.year < 2100:
            raise _wrong(
                self.before + name,
                f"{name} 的时间无效，请带时区，例如 2026-11-23T09:30:00+08:00。",
                f"{name} is no valid time; write it with its zone, like 2026-11-23T09:30:00+08:00.",
            )
        return moment

    def choice(self, name: str, known: Mapping[str, Any], default: str) -> str:
        given = self.text(name, 40) or default
        if given not in known:
            raise _wrong(
                self.before + name,
                f"{name} 的值“{given}”不在范围内：{'、'.join(known)}。",
                f"The {name} “{given}” is not one of {', '.join(known)}.",
            )
        return given

    def order_number(self) -> str:
        given = self.text("number", 60, needed=True)
        if not _NUMBER.fullmatch(given):
            raise _wrong(
                "number",
                "工单编号由字母、数字和 _ . / - 组成，最多 60 个字符。",
                "An order's number has letters, digits and _ . / -, 60 at most.",
            )
        return given

    def version(self) -> int:
        given = self.value.get("version", 1)
        if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= 1_000_000:
            raise _wrong(
                "version",
                "版本应为从 1 开始的整数。",
                "The version is a whole number that begins with 1.",
            )
        return given


def _wrong(field: str, zh: str, en: str) -> Refused:
    # The sentences are finished: a % in them came from outside and is no place to fill.
    return Refused("hotline.message", (zh, en), field=field)
