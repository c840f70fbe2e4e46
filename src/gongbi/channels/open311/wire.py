"""GeoReport v2 on the wire: plain values to XML and JSON, and XML back, by a parser that takes no document type and no entity."""

from __future__ import annotations

import json
import re
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
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,30})["'][^>]*\?>""")
_UTF = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "utf-16", "iso-8859-1"}
)  # what the parser reads by itself
_NATIONAL = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "cp936": "gb18030", "big5": "big5"}
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
    text = _decoded(body)
    try:
        root: Element = fromstring(text, forbid_dtd=True)
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
            values={"line": line, "column": column, "error": str(error).partition(": line")[0][:120]},
        ) from None
    return root


def _decoded(body: bytes) -> str | bytes:
    """The characters of a document that says which national encoding it is in; any other one as it came, once it is what it says."""
    declared = _DECLARED.match(body[:200])
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name in _UTF or body.startswith((b"\xff\xfe", b"\xfe\xff")):
        if name == "utf-8" and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
            utf8(body)
        return body
    if name not in _NATIONAL:
        raise encoding(name)
    try:
        return _DECLARED.sub(b"", body, count=1).decode(_NATIONAL[name])
    except UnicodeDecodeError:
        raise encoding(name) from None


def utf8(body: bytes) -> None:
    """Refused where a body is not in UTF-8; read as something else it would become other words without anybody noticing."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise encoding("utf-8", error.start + 1) from None


def encoding(declared: str = "utf-8", place: int = 0) -> Refused:
    """Not in the encoding that it should be in; ``place``: the first byte that shows it, counted from 1."""
    at = (f"（第 {place} 个字节）", f" (byte {place})") if place else ("", "")
    return Refused(
        "open311.encoding",
        (
            f"内容不是有效的 %(declared)s 编码{at[0]}，请用 UTF-8 重发。",
            f"The body is not valid %(declared)s{at[1]}; send it again in UTF-8.",
        ),
        values={"declared": declared[:20].upper()},
    )


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


def plain(tag: Any) -> str:
    """A tag without its namespace; "" for what is no element."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element) -> dict[str, str]:
    """The texts of an element's children by their names without namespaces; the first of each name counts."""
    found: dict[str, str] = {}
    for child in element:
        name = plain(child.tag)
        if name:
            found.setdefault(name, (child.text or "").strip())
    return found


def answers(element: Element) -> dict[str, list[str]]:
    """``<attribute code="state">broken</attribute>``, alone or within ``attributes``, under the names that a form gives them."""
    found: dict[str, list[str]] = {}
    for node in element.iter():
        code = node.get("code", "") if plain(node.tag) == "attribute" else ""
        if code:
            found.setdefault(f"attribute[{code}]", []).append((node.text or "").strip())
    return found
