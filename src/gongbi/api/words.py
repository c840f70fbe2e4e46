"""What is wrong with a request's shape, in words for a person."""

from __future__ import annotations

import re
from typing import Any

from gongbi.kernel.errors import in_language

_WORDS: dict[str, tuple[str, str]] = {
    "missing": ("缺少“%(field)s”，请补上。", "“%(field)s” is missing; add it."),
    "no_body": (
        "请求没有内容：应为 JSON 对象，见 /api/docs。",
        "The request has no body: it should be a JSON object, see /api/docs.",
    ),
    "body_shape": (
        "请求内容应为 JSON 对象（{…}），不是列表或单个值，见 /api/docs。",
        "The body should be a JSON object ({…}), not a list or a single value, see /api/docs.",
    ),
    "extra_forbidden": (
        "没有名为“%(field)s”的字段，请检查拼写。",
        "There is no field called “%(field)s”; check the spelling.",
    ),
    "in_header": (
        "“%(field)s”不写在请求内容里，请作为请求头 %(header)s 发送。",
        "“%(field)s” does not belong in the body: send it as the request header %(header)s.",
    ),
    "string_too_long": (
        "“%(field)s”太长，最多 %(max_length)s 个字符。",
        "“%(field)s” is too long; at most %(max_length)s characters.",
    ),
    "too_long": (
        "“%(field)s”的项数太多，最多 %(max_length)s 项。",
        "“%(field)s” has too many items; at most %(max_length)s.",
    ),
    "greater_than_equal": ("“%(field)s”应不小于 %(ge)s。", "“%(field)s” must be at least %(ge)s."),
    "less_than_equal": ("“%(field)s”应不大于 %(le)s。", "“%(field)s” must be at most %(le)s."),
    "literal_error": ("“%(field)s”应为：%(expected)s。", "“%(field)s” must be one of: %(expected)s."),
    "string_too_short": ("“%(field)s”不能为空。", "“%(field)s” must not be empty."),
    "string_pattern_mismatch": (
        "“%(field)s”的写法不对，应符合 %(pattern)s。",
        "“%(field)s” is not written as it should be; it must match %(pattern)s.",
    ),
    "json_invalid": ("请求内容不是有效的 JSON。", "The body is not valid JSON."),
}
_ELSE = ("“%(field)s”的值不对，应为%(type)s。", "The value of “%(field)s” is not right: expected %(type)s.")


# By the first part of pydantic's name of the error: what kind of value was expected.
_KINDS: dict[str, tuple[str, str]] = {
    "int": ("整数", "a whole number"),
    "float": ("数字", "a number"),
    "finite": ("数字", "a number"),
    "bool": (" true 或 false", "true or false"),
    "string": ("文字", "a text"),
    "datetime": (
        "带时区的时间，如 2026-11-23T09:30:00+08:00",
        "a time with its zone, like 2026-11-23T09:30:00+08:00",
    ),
    "timezone": (
        "带时区的时间，如 2026-11-23T09:30:00+08:00",
        "a time with its zone, like 2026-11-23T09:30:00+08:00",
    ),
    "date": ("日期，如 2026-11-23", "a date, like 2026-11-23"),
    "list": ("列表", "a list"),
    "dict": ("对象", "an object"),
    "model": ("对象", "an object"),
}


# What the program's parameter is called where it is sent.
_HEADERS = {"idempotency_key": "Idempotency-Key"}
_SOURCES = ("body", "query", "path", "header", "cookie", "form", "file")
_CHOICES = re.compile(r"'([^']*)'")


def _plain(value: Any) -> Any:
    """A value of pydantic's as a person writes it: ``90`` for ``90.0``, choices as a list in the reader's language."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and (choices := _CHOICES.findall(value)):
        return in_language(("、".join(choices), ", ".join(choices)))
    return value


def of_validation(item: dict[str, Any]) -> dict[str, Any]:
    """One pydantic error as ``{message, field, type}``; the value itself is not repeated (it may be personal)."""
    where = [str(part) for part in item.get("loc", ())]
    source = where.pop(0) if where and where[0] in _SOURCES else ""
    if where and (where[0] in ("body", "data") or (source == "file" and len(where) > 1)):
        where.pop(0)  # the name of the program's own parameter
    kind = str(item.get("type", ""))
    field = ".".join(where) or "body"
    header = _HEADERS.get(field.lower().replace("-", "_"), "")
    if header and source == "header":
        field = header
    wanted = in_language(_KINDS.get(kind.split("_", maxsplit=1)[0], (kind, kind)))
    if field == "body":
        kind = {"missing": "no_body", "model_type": "body_shape", "model_attributes_type": "body_shape"}.get(
            kind, kind
        )
    if header and kind == "extra_forbidden":
        kind = "in_header"
    told = {k: _plain(v) for k, v in (item.get("ctx") or {}).items()}
    values = {"field": field, "header": header, "type": wanted, **told}
    words = in_language(_WORDS.get(kind, _ELSE))
    try:
        message = words % values
    except (KeyError, TypeError):
        message = in_language(_ELSE) % {"field": field, "type": wanted}
    return {"message": message, "field": field, "type": kind}
