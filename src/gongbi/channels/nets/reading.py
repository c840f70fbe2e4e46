"""One report of a network: from the values of a JSON object or of a row of a table to what the frame takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from gongbi.cases.wording import clean_text
from gongbi.channels.rules import Incoming
from gongbi.kernel.errors import Refused
from gongbi.kernel.tables import Column

MOST = 1000  # reports at once
COLUMNS = (
    Column("external", "编号", "Number", required=True, note=("对方系统的编号，重发时不变", "your own number, which stays"), example="CG-2026-0001"),
    Column("text", "内容", "What", required=True, example="劳动路路口井盖破损"),
    Column("code", "类别代码", "Category code", note=("对方的代码，按对照表转换", "your own code; the mapping translates it"), example="0107"),
    Column("said_at", "上报时间", "Reported at", note=("不填为收到的时间", "empty: when it comes in"), example="2026-11-23 08:30"),
    Column("place", "地点", "Place", example="劳动路与丰登路口"),
    Column("lon", "经度", "Longitude", example="108.913"),
    Column("lat", "纬度", "Latitude", example="34.265"),
    Column("division", "社区或网格代码", "Community or grid code"),
    Column("name", "姓名", "Name"),
    Column("phone", "电话", "Telephone"),
)  # fmt: skip
NAMES = frozenset(column.key for column in COLUMNS) | {"crs", "anonymous", "media", "sent_at", "changed_at"}


def batch_of(body: bytes) -> list[Any]:
    """The reports of a message, each still to be judged. Refused for what is no JSON in UTF-8 or holds no list of them."""
    try:
        given = json.loads(body.decode())
    except UnicodeDecodeError as error:
        raise Refused(
            "nets.encoding",
            (
                "正文不是 UTF-8 编码（第 %(place)s 个字节），请用 UTF-8 重发。",
                "The body is not valid UTF-8 (byte %(place)s); send it again in UTF-8.",
            ),
            values={"place": error.start + 1},
        ) from None
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        raise Refused(
            "nets.json",
            (
                "正文不是有效的 JSON（第 %(line)s 行第 %(column)s 列）。",
                "The body is no valid JSON (line %(line)s, column %(column)s).",
            ),
            values={"line": line, "column": column},
        ) from None
    reports = given.get("reports") if isinstance(given, dict) else None
    if not isinstance(reports, list) or not 0 < len(reports) <= MOST:
        raise Refused(
            "nets.reports",
            (
                '正文应为 {"reports": […]}，每次 1 至 %(most)s 条。',
                'The body is {"reports": […]} with 1 to %(most)s of them.',
            ),
            values={"most": MOST},
            field="reports",
        )
    return reports


def incoming_of(values: Any, *, crs: str, at: datetime) -> Incoming:
    """The report that these values are. Refused with the field: unknown names, missing words, numbers and times that are none."""
    if not isinstance(values, Mapping):
        raise Refused("nets.shape", ("每条应为一个对象。", "A report is one object."))
    for name in values:
        if name not in NAMES:
            raise Refused(
                "nets.unknown_field",
                (
                    "没有名为 %(name)s 的字段。可用：%(names)s。",
                    "There is no field %(name)s. There are: %(names)s.",
                ),
                values={"name": str(name)[:40], "names": ", ".join(sorted(NAMES))},
                field=str(name)[:40],
            )
    external, text = _text(values, "external", 100), _text(values, "text", 4000)
    for name, value in (("external", external), ("text", text)):
        if not value:
            raise Refused(
                "nets.missing", ("缺少 %(name)s。", "%(name)s is missing."), values={"name": name}, field=name
            )
    media = values.get("media") or ()
    if not isinstance(media, list | tuple) or not all(isinstance(one, str) for one in media):
        raise _wrong("media", media)
    return Incoming(
        external=external, text=text, said_at=_moment(values, "said_at") or at, code=_text(values, "code", 80),
        place_words=_text(values, "place", 200), lon=_number(values, "lon"), lat=_number(values, "lat"),
        crs=_text(values, "crs", 12) or crs, division=_text(values, "division", 15), name=_text(values, "name", 60),
        phone=_text(values, "phone", 40), anonymous=values.get("anonymous") is True, media=tuple(one[:500] for one in media[:12]),
        sent_at=_moment(values, "sent_at"), version_at=_moment(values, "changed_at"),
    )  # fmt: skip


def _text(values: Mapping[str, Any], name: str, most: int) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool) or len(str(value)) > most:
        raise _wrong(name, value)
    return clean_text(str(value))


def _number(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    if value is None or value == "":
        return None
    try:
        return float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError):
        raise _wrong(name, value) from None


def _moment(values: Mapping[str, Any], name: str) -> datetime | None:
    """An ISO time, with a blank or a T, local when it says nothing else; a bare day is its beginning."""
    text = _text(values, name, 40)
    if not text:
        return None
    try:
        found = parse_datetime(text.replace("/", "-"))
        day = parse_date(text.replace("/", "-")) if found is None else None
    except ValueError:
        found, day = None, None
    if found is None and day is not None:
        found = datetime(day.year, day.month, day.day)  # noqa: DTZ001 – made local below
    if found is None:
        raise _wrong(name, text)
    return timezone.make_aware(found) if timezone.is_naive(found) else found


_SEALED = {
    "text": 4000,
    "name": 60,
    "phone": 40,
    "place": 200,
}  # characters; what stands in them is repeated nowhere


def _wrong(name: str, value: Any) -> Refused:
    if name in _SEALED:
        return Refused(
            "nets.value",
            (
                "%(name)s 应为文字，最多 %(most)s 个字符。",
                "%(name)s is text, %(most)s characters at most.",
            ),
            values={"name": name, "most": _SEALED[name]},
            field=name,
        )
    return Refused(
        "nets.value",
        ("%(name)s 的值“%(value)s”无效。", "The value “%(value)s” of %(name)s is not valid."),
        values={"name": name, "value": str(value)[:40]},
        field=name,
    )
