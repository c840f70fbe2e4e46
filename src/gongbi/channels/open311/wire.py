"""GeoReport v2 on the wire: plain values to XML and JSON, and XML back, by a parser that takes no document type and no entity."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.utils import timezone

from gongbi.kernel.errors import Refused

MOST_BYTES = 1_000_000  # of a body without files: twenty thousand Chinese characters are 60 kB
# How lists are spelt: name of the list → name of one entry (what clients parse).
ENTRIES = {
    "services": "service", "attributes": "attribute", "values": "value", "service_requests": "request", "errors": "error",
    "service_request_updates": "request_update", "endpoints": "endpoint", "formats": "format",
}  # fmt: skip
TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}


def to_xml(name: str, value: Any) -> bytes:
    """A document with the root ``name``. None is an empty element, as the standard's examples have it."""
    root = Element(name)
    _fill(root, name, value)
    written: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + written


def _fill(element: Element, name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _fill(SubElement(element, key), key, inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            entry = ENTRIES.get(name, "item")
            _fill(SubElement(element, entry), entry, inner)
    elif value is not None:
        element.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return moment(value)
    # What no XML 1.0 document may hold; the texts of a case are clean already, names of units are typed by people.
    return "".join(c for c in str(value) if c in "\t\n\r" or c >= " ")


def to_json(value: Any) -> bytes:
    """The bare list or object, as clients expect it; lists inside an object stay under their name."""
    return json.dumps(value, ensure_ascii=False, default=_text).encode()


def moment(value: datetime) -> str:
    """W3C date and time with the offset of this district, to the second."""
    return timezone.localtime(value).replace(microsecond=0).isoformat()


def read_moment(text: str, field: str) -> datetime:
    """W3C date and time; without an offset it is read as local. Refused for anything else."""
    try:
        value = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
    except ValueError:
        raise Refused(
            "open311.moment",
            (
                "%(field)s 的值“%(value)s”不是 W3C 时间，请写成 2026-11-23T08:30:00+08:00。",
                "%(field)s is “%(value)s”, which is no W3C time; write 2026-11-23T08:30:00+08:00.",
            ),
            values={"field": field, "value": text[:40]},
            field=field,
        ) from None
    return timezone.make_aware(value) if timezone.is_naive(value) else value


def from_xml(body: bytes) -> Element:
    """The root of a document from outside. Refused, with what is wrong where, for what is no well-formed, harmless XML."""
    if len(body) > MOST_BYTES:
        raise too_large()
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise Refused(
            "open311.entities",
            (
                "XML 中含有 DOCTYPE 或实体定义，一律不接收。请去掉后重发。",
                "The XML has a DOCTYPE or defines entities, which is never accepted. Send it without.",
            ),
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        line, column = getattr(error, "position", (0, 0))
        raise Refused(
            "open311.xml",
            (
                "XML 无法解析（第 %(line)s 行第 %(column)s 列：%(error)s）。请检查标签是否闭合，编码是否与声明一致。",
                "The XML cannot be read (line %(line)s, column %(column)s: %(error)s). Check that tags are closed and that the "
                "encoding is the declared one.",
            ),
            values={"line": line, "column": column, "error": str(error)[:120]},
        ) from None
    return root


def too_large() -> Refused:
    """More than any report needs."""
    refusal = Refused(
        "open311.too_large",
        (
            "内容超过 %(most)s 字节。一条诉求不需要这么多，照片请用 media_url 或作为文件上传。",
            "The body has more than %(most)s bytes. No report needs that; photos go as media_url or as files.",
        ),
        values={"most": MOST_BYTES},
    )
    refusal.status = 413
    return refusal


def children(element: Element) -> dict[str, str]:
    """The texts of an element's children by their names without namespaces; the first of each name counts."""
    found: dict[str, str] = {}
    for child in element:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if name:
            found.setdefault(name, (child.text or "").strip())
    return found
