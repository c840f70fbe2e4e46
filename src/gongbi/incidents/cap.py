"""CAP 1.2 (OASIS, 1 July 2010): one message as XML, in the order of the schema; and the Atom feed that lists them. Plain Python."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
MIME = "application/cap+xml"
_FORBIDDEN = re.compile(r"[\s,<&]")  # in identifier and sender (§3.2.1)
_UNREADABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # not in XML 1.0
# Which list a code is from, by its digits: county level, the statistics office's street and community, the district's own grid.
_CODES = {6: "GB/T 2260", 9: "统计用区划代码", 12: "统计用区划代码", 15: "网格编码"}
Ring = Sequence[Sequence[float]]  # (lon, lat), closed


@dataclass(frozen=True, slots=True)
class Area:
    """Where it holds: words, outer rings (WGS 84, which CGCS2000 meets within centimetres) and codes of divisions."""

    words: str
    rings: Sequence[Ring]
    codes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Info:
    """One language of a message."""

    language: str
    event: str
    headline: str
    description: str
    instruction: str
    sender_name: str
    area: Area
    level: str  # the colour in words


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``sent``, ``expires``: with their zone. ``references``: earlier messages of the chain, oldest first."""

    identifier: str
    sender: str
    sent: datetime
    msg_type: str
    exercise: bool
    note: str
    references: Sequence[str]
    incident: str
    category: str
    response: str
    urgency: str
    severity: str
    certainty: str
    event_code: str
    level: int
    expires: datetime
    infos: Sequence[Info] = field(default_factory=tuple)


def moment(at: datetime) -> str:
    """A time as CAP writes it: to the second, with the offset and never ``Z`` (§3.2.1 sent)."""
    if at.utcoffset() is None:
        raise ValueError("a time of CAP has a zone")
    return at.isoformat(timespec="seconds")


def ring_text(ring: Ring) -> str:
    """A ring as ``lat,lon`` pairs; the last equals the first, at least four (§3.2.4 polygon)."""
    pairs = [f"{lat:.6f},{lon:.6f}" for lon, lat in ring]
    if pairs and pairs[0] != pairs[-1]:
        pairs.append(pairs[0])
    if len(pairs) < 4:
        raise ValueError("a polygon has at least three corners")
    return " ".join(pairs)


def outer_rings(geometry: dict[str, Any]) -> list[Ring]:
    """The outer rings of a GeoJSON polygon or several; holes are left out: who lives in one is meant too."""
    if geometry["type"] == "Polygon":
        return [geometry["coordinates"][0]]
    return [part[0] for part in geometry["coordinates"]]


def write(message: Message) -> bytes:
    """The file. Raises ValueError for an identifier or sender that CAP forbids, and for a message without an area."""
    for name in (message.identifier, message.sender):
        if not name or _FORBIDDEN.search(name):
            raise ValueError(f"no identifier or sender of CAP: {name!r}")
    if not message.infos or not all(info.area.codes for info in message.infos):
        raise ValueError("a message names where it holds")
    root = ET.Element("alert", {"xmlns": NAMESPACE})
    _put(root, "identifier", message.identifier)
    _put(root, "sender", message.sender)
    _put(root, "sent", moment(message.sent))
    _put(root, "status", "Exercise" if message.exercise else "Actual")
    _put(root, "msgType", message.msg_type)
    _put(root, "scope", "Public")
    _put(root, "note", message.note)
    _put(root, "references", " ".join(message.references))
    _put(root, "incidents", message.incident)
    for info in message.infos:
        _info(root, message, info)
    return _bytes(root)


def _info(root: ET.Element, message: Message, info: Info) -> None:
    cancelled = message.msg_type == "Cancel"
    one = ET.SubElement(root, "info")
    _put(one, "language", info.language)
    _put(one, "category", message.category)
    _put(one, "event", info.event)
    _put(one, "responseType", "AllClear" if cancelled else message.response)
    _put(one, "urgency", "Past" if cancelled else message.urgency)
    _put(one, "severity", message.severity)
    _put(one, "certainty", message.certainty)
    _pair(one, "eventCode", "gongbi:event", message.event_code)
    _put(one, "effective", moment(message.sent))
    _put(one, "expires", moment(message.expires))
    _put(one, "senderName", info.sender_name)
    _put(one, "headline", info.headline)
    _put(one, "description", info.description)
    _put(one, "instruction", info.instruction)
    _pair(one, "parameter", "level", str(message.level))
    _pair(one, "parameter", "colour", info.level)
    area = ET.SubElement(one, "area")
    _put(area, "areaDesc", info.area.words)
    for ring in info.area.rings:
        _put(area, "polygon", ring_text(ring))
    for code in info.area.codes:
        _pair(area, "geocode", _CODES.get(len(code), "code"), code)


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _pair(above: ET.Element, name: str, key: str, value: str) -> None:
    pair = ET.SubElement(above, name)
    _put(pair, "valueName", key)
    _put(pair, "value", value)


def _put(above: ET.Element, name: str, text: str) -> None:
    """An element with its text; what is empty is left out, what XML cannot hold is dropped."""
    kept = _UNREADABLE.sub("", text).strip()
    if kept:
        ET.SubElement(above, name).text = kept


@dataclass(frozen=True, slots=True)
class Told:
    """What one block of a message tells people."""

    event: str
    headline: str
    description: str
    instruction: str
    area: str


def told(body: str, language: str) -> Told:
    """The block of one of our own messages in a language ("zh-CN", "en"), the first where there is none in it."""
    blocks = list(ET.fromstring(body.encode()).iter(f"{{{NAMESPACE}}}info"))  # noqa: S314 – written by :func:`write`
    wanted = [one for one in blocks if one.findtext(f"{{{NAMESPACE}}}language") == language] or blocks
    names = ("event", "headline", "description", "instruction", "area/areaDesc")
    texts = [
        wanted[0].findtext("/".join(f"{{{NAMESPACE}}}{part}" for part in name.split("/"))) or ""
        for name in names
    ]
    return Told(*texts)


@dataclass(frozen=True, slots=True)
class Listed:
    """One message as the feed lists it."""

    identifier: str
    headline: str
    summary: str
    sent: datetime
    href: str


def feed(*, title: str, address: str, author: str, messages: Iterable[Listed], updated: datetime) -> bytes:
    """The Atom feed (RFC 4287): newest first, each entry leading to its file."""
    root = ET.Element("feed", {"xmlns": ATOM})
    _put(root, "id", address)
    _put(root, "title", title)
    _put(root, "updated", moment(updated))
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": address})
    _put(ET.SubElement(root, "author"), "name", author)
    for one in messages:
        entry = ET.SubElement(root, "entry")
        _put(entry, "id", one.href)
        _put(entry, "title", one.headline)
        _put(entry, "updated", moment(one.sent))
        ET.SubElement(entry, "link", {"rel": "alternate", "type": MIME, "href": one.href})
        _put(entry, "summary", one.summary)
    return _bytes(root)
