"""One message as bytes: who sent it, what it says in its own words, whether a person wrote it. Standard library only, no database."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser

from gongbi.kernel.errors import Refused

MOST_PARTS = 100
MOST_MESSAGE_ID = 64
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"})
_RECEIPT = re.compile(r"LH[\s-]?\d{8}[\s-]?\d{6,12}[\s-]?\d", re.IGNORECASE)
_PREFIX = re.compile(r"^\s*(?:(?:re|fw|fwd|aw|sv|回复|答复|转发|回覆|轉寄)\s*[:：]\s*)+", re.IGNORECASE)
_CJK = re.compile(r"[\u4e00-\u9fff]")
_HISTORY = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^-{2,}\s*(?:original message|原始邮件|原邮件|转发邮件信息|forwarded message|回复的原邮件)\s*-{2,}",
        r"^_{10,}$",
        r"^on .{4,120} wrote:$",
        r"^(?:在|于).{4,120}写道[:：]$",
        r"^.{0,80}<[^<>@\s]+@[^<>\s]+>\s*(?:于.{4,60})?(?:wrote|写道)\s*[:：]$",
    )
)
_BLOCK = re.compile(r"^\*?(?:from|发件人|寄件人|寄件者)\*?\s*[:：]", re.IGNORECASE)
_BLOCK_GOES_ON = re.compile(
    r"^\*?(?:sent|date|to|subject|cc|发送时间|日期|时间|收件人|主题|抄送)\*?\s*[:：]", re.IGNORECASE
)
_SIGNED = re.compile(
    r"^(?:--\s?|发自我的.{1,30}|sent from my .{1,40}|来自.{1,20}(?:手机|邮箱).{0,20})$", re.IGNORECASE
)
# One finding of an Authentication-Results header, and whose domain it is about.
_METHOD = re.compile(
    r"\s*(?P<method>dmarc|dkim|spf)\s*=\s*(?P<result>[a-z]+)(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_OF = re.compile(
    r"(?:header\.[di]|smtp\.mailfrom)\s*=\s*(?:[^\s@]*@)?(?P<domain>[\w.-]+\.[\w-]+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Picture:
    """One attachment that may be a photo."""

    name: str
    content: bytes
    mime: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message says. ``machine``: why nobody wrote it ("" when a person did). ``left_out``: attachments that are no photos."""

    key: str
    sender: str
    subject: str
    text: str
    pictures: tuple[Picture, ...]
    left_out: int
    machine: str
    answers: tuple[str, ...]  # Message-IDs that it replies to
    receipt: str  # a receipt number in its subject, as it stands there
    sent_at: object = None
    verdict: str = ""  # what our mail server says of the sender: pass, fail, none; "" where none is asked

    @property
    def words(self) -> str:
        """Subject and text, without saying the same twice."""
        subject = _PREFIX.sub("", self.subject).strip()
        if not self.text:
            return subject
        return self.text if not subject or self.text.startswith(subject) else f"{subject}\n{self.text}"

    @property
    def language(self) -> str:
        return (
            "zh-hans" if _CJK.search(self.subject + self.text) or not re.search(r"[a-z]", self.text) else "en"
        )


def read(raw: bytes, *, own: str = "", verifier: str = "") -> Letter:
    """A message from its bytes; whatever is wrong with its encodings is read as well as it can be. ``own``: our own address;
    ``verifier``: the name under which our mail server writes what it found out about a sender.

    Refused for what cannot be a report: no sender, more than MOST_PARTS parts, not a word in it.
    """
    message = message_from_bytes(raw)
    sender = parseaddr(header(message, "From"))[1].strip().lower()
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", sender):
        raise _refused(
            "mail.no_sender",
            ("邮件没有可用的发件人地址。", "The message has no sender that could be answered."),
        )
    parts = list(_leaves(message))
    text, pictures, left_out = _contents(parts)
    given = header(message, "Message-ID").strip()
    key = (
        given
        if 3 <= len(given) <= MOST_MESSAGE_ID and given.isascii()
        else "sha256:" + hashlib.sha256(given.encode() or raw).hexdigest()[:48]
    )
    subject = re.sub(r"\s+", " ", header(message, "Subject")).strip()[:200]
    answers = tuple(
        re.findall(r"<[^<>\s]{3,200}>", f"{header(message, 'In-Reply-To')} {header(message, 'References')}")
    )[:20]
    number = _RECEIPT.search(subject)
    letter = Letter(
        key, sender, subject, without_history(text), tuple(pictures), left_out, machine(message, sender, own), answers,
        number[0] if number else "", _sent(message), verdict(message, sender, verifier),
    )  # fmt: skip
    if not letter.machine and not letter.words:
        raise _refused("mail.empty", ("邮件里没有文字，无法受理。", "There is not a word in the message."))
    return letter


def _refused(code: str, words: tuple[str, str]) -> Refused:
    return Refused(code, words)


def _sent(message: Message) -> object:
    try:
        found = parsedate_to_datetime(header(message, "Date"))
    except (ValueError, TypeError, IndexError):
        return None
    return found if found.tzinfo is not None else None


def header(message: Message, name: str) -> str:
    """A header as text: encoded words decoded one by one, a broken one left as it stands."""
    raw = message.get(name, "")
    try:
        pieces = decode_header(raw)
    except Exception:  # the standard library raises several kinds for malformed words
        return str(raw)
    return "".join(
        piece if isinstance(piece, str) else decoded(piece, charset or "") for piece, charset in pieces
    )


def decoded(content: bytes, charset: str) -> str:
    """Bytes as text: as declared (GB2312 and GBK as GB18030, which holds both), else UTF-8, else GB18030, else with marks for gaps."""
    name = charset.strip().strip("'\"").lower()
    tried = "gb18030" if name in ("gb2312", "gbk", "cp936", "x-gbk") else name
    for one in (tried, "utf-8", "gb18030"):
        if one in ("", "unknown-8bit"):
            continue
        try:
            return content.decode(one)
        except (LookupError, UnicodeError):
            continue
    return content.decode("utf-8", "replace")


def _leaves(message: Message) -> Iterator[Message]:
    """Every part that holds something, in order; what a message encloses as another message is not its own words."""
    waiting, seen = [message], 0
    while waiting:
        part = waiting.pop(0)
        seen += 1
        if seen > MOST_PARTS:
            raise _refused(
                "mail.parts",
                (f"邮件超过 {MOST_PARTS} 个部分。", f"The message has more than {MOST_PARTS} parts."),
            )
        if part.get_content_maintype() == "message":
            continue
        if part.is_multipart():
            inside = part.get_payload()
            waiting[0:0] = (
                [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []
            )
        else:
            yield part


def _contents(parts: list[Message]) -> tuple[str, list[Picture], int]:
    plain, html, pictures, left_out = "", "", list[Picture](), 0
    for part in parts:
        mime = part.get_content_type()
        name = decoded_name(part)
        attached = part.get_content_disposition() == "attachment" or bool(name)
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        if mime in ("text/plain", "text/html") and not attached:
            said = decoded(content, part.get_content_charset() or "")
            if mime == "text/plain":
                plain = f"{plain}\n{said}" if plain else said
            else:
                html = html or said
        elif mime in PICTURES:
            pictures.append(Picture(name, content, mime))
        elif content.strip():
            left_out += 1
    text = plain if plain.strip() else html_text(html)
    return text, pictures, left_out


def decoded_name(part: Message) -> str:
    """The name of an attachment, cut to what may be shown."""
    try:
        name = part.get_filename() or ""
    except Exception:  # a malformed parameter
        name = "?"
    return re.sub(r"[^\w.\-]", "_", name)[-80:]


class _Text(HTMLParser):
    """The words of a page: no scripts and styles, no quoted history, a line for each block."""

    _SILENT = frozenset({"script", "style", "head", "title", "blockquote"})
    _LINES = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "table"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("class") or ""
        quoted = tag == "div" and any(
            name in kind for name in ("gmail_quote", "moz-cite-prefix", "yahoo_quoted")
        )
        if self.silent:
            if tag == self.silent[0]:
                self.silent.append(tag)
        elif tag in self._SILENT or quoted:
            self.silent = [tag]
        if tag in self._LINES:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self.silent and tag == self.silent[0]:
            self.silent.pop()
        if tag in self._LINES:
            self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data.replace("\n", " "))


def html_text(html: str) -> str:
    """The words of an HTML part, without what it quotes."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return "\n".join(line.strip() for line in "".join(reader.words).splitlines())


def without_history(text: str) -> str:
    """What somebody wrote now: without quoted lines, the history below and the signature. Empty lines at most one in a row."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept: list[str] = []
    for place, line in enumerate(lines):
        bare = line.strip()
        if any(pattern.match(bare) for pattern in _HISTORY) or _SIGNED.match(bare):
            break
        follows = next((one.strip() for one in lines[place + 1 :] if one.strip()), "")
        if _BLOCK.match(bare) and _BLOCK_GOES_ON.match(follows):
            break
        if bare.startswith((">", "＞")) or (not bare and kept and not kept[-1].strip()):
            continue
        kept.append(line)
    return "\n".join(kept).strip()


def machine(message: Message, sender: str, own: str = "") -> str:
    """Why a message was not written by a person: ``auto``, ``bounce``, ``list``, ``loop``; "" when one did (RFC 3834)."""
    kind = message.get_content_type()
    if message.get("X-Gongbi-Number") is not None or (own and sender == own.lower()) or message.get("X-Loop"):
        return "loop"
    if str(message.get("Return-Path", "")).strip() == "<>" or kind == "multipart/report":
        return "bounce"
    if re.match(r"(?:mailer-daemon|postmaster|bounces?)(?:[+-].*)?@", sender):
        return "bounce"
    auto = str(message.get("Auto-Submitted", "no")).strip().lower()
    replied = (
        message.get("X-Autoreply") or message.get("X-Autorespond") or message.get("X-Auto-Response-Suppress")
    )
    if not auto.startswith("no") or replied:
        return "auto"
    precedence = str(message.get("Precedence", "")).strip().lower()
    if precedence in ("auto_reply", "junk"):
        return "auto"
    if precedence in ("bulk", "list") or message.get("List-Id") or message.get("List-Unsubscribe"):
        return "list"
    return ""


def verdict(message: Message, sender: str, verifier: str) -> str:
    """What our own mail server found out about the sender: ``pass``, ``fail``, ``none``; "" when no server is named (RFC 8601).

    Only the topmost header of that server counts: anybody can write one of these into a message. DMARC decides; without it DKIM or
    SPF has to pass for the very domain of From (or one above or below it).
    """
    if not verifier:
        return ""
    domain = sender.rpartition("@")[2]
    for line in message.get_all("Authentication-Results", []):
        server, *found = str(line).split(";")
        if server.split()[:1] != [verifier] and server.strip().lower() != verifier.lower():
            continue
        told = [match for one in found if (match := _METHOD.match(one))]
        dmarc = [one["result"].lower() for one in told if one["method"].lower() == "dmarc"]
        if "pass" in dmarc:
            return "pass"
        own = [one for one in told if one["method"].lower() in ("dkim", "spf")]
        if "fail" not in dmarc and any(
            one["result"].lower() == "pass" and _same_house(domain, one["rest"]) for one in own
        ):
            return "pass"
        bad = {"fail", "softfail", "permerror"}
        return "fail" if "fail" in dmarc or any(one["result"].lower() in bad for one in own) else "none"
    return "none"


def _same_house(domain: str, rest: str) -> bool:
    found = _OF.search(rest)
    other = found["domain"].lower().rstrip(".") if found else ""
    return bool(other) and (other == domain or other.endswith(f".{domain}") or domain.endswith(f".{other}"))
