"""From what a client posts to one incoming report: which fields there are, and what is refused at the door."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from gongbi.cases.wording import clean_text
from gongbi.channels.open311.wire import read_moment
from gongbi.channels.rules import Incoming
from gongbi.duties import queries as duties
from gongbi.duties.catalogue import Asked
from gongbi.kernel.errors import NotThere, Refused

_ATTRIBUTE = re.compile(r"attribute\[([^\]]{1,80})\](\[\])?")
# How clients name the number in their own system; the first one that is there counts.
NUMBERS = ("external_id", "fixmystreet_id", "client_request_id", "service_request_id_ext")
MOST_TEXT = 4000  # characters, as the standard says


def kind_for(code: str) -> Any:
    """The kind that a service code means, or NotThere."""
    kind = duties.kind(code) if code else None
    if kind is None:
        raise NotThere(
            "open311.service",
            (
                "没有代码为“%(code)s”的服务（service_code）。可用的代码见 services.xml。",
                "There is no service “%(code)s” (service_code). services.xml lists those there are.",
            ),
            values={"code": code[:40]},
            field="service_code",
        )
    return kind


def incoming(
    fields: Mapping[str, str],
    repeated: Mapping[str, list[str]],
    *,
    key: str,
    photos: Iterable[int] = (),
    check_service: bool = True,
    at: datetime,
) -> Incoming:
    """One report from the fields of a form (or of an XML element). ``key``: what the sender gave to recognise a repetition.

    Refused or NotThere with the field's name. Without any number of theirs the words themselves are the number for that day, so that
    a repetition after a broken line is recognised.
    """
    service = fields.get("service_code", "")
    if not service:
        raise _missing("service_code")
    kind = kind_for(service) if check_service else None
    text = fields.get("description", "")
    if not text.strip():
        raise _missing("description")
    if len(text) > MOST_TEXT:
        raise Refused(
            "open311.long_text",
            (
                "description 有 %(count)s 个字符，最多 %(most)s 个。",
                "description has %(count)s characters, at most %(most)s are possible.",
            ),
            values={"count": len(text), "most": MOST_TEXT},
            field="description",
        )
    lon, lat = _degree(fields, "long", 180), _degree(fields, "lat", 90)
    if (lon is None) != (lat is None):
        raise _missing("long" if lon is None else "lat")
    words = fields.get("address_string", "") or fields.get("address_id", "")
    if lon is None and not words:
        raise Refused(
            "open311.place",
            (
                "请给出位置：lat 和 long，或 address_string。",
                "Give the place: lat and long, or address_string.",
            ),
            field="lat",
        )
    given = attributes(repeated)
    answers = _answers(duties.questions(kind.code), given) if kind is not None else {}
    number = (
        next((given[name][0] for name in NUMBERS if given.get(name)), "")
        or fields.get("external_id", "")
        or key
    )
    name = " ".join(filter(None, (fields.get("last_name", ""), fields.get("first_name", ""))))
    one = Incoming(
        external=number, text=text, said_at=at, code=service, place_words=words[:200], lon=lon, lat=lat, crs="WGS84",
        name=name, phone=fields.get("phone", ""), answers=answers, photos=tuple(photos), media=_addresses(fields, repeated),
        sent_at=read_moment(fields["requested_datetime"], "requested_datetime") if fields.get("requested_datetime") else None,
        language="zh-hans",
    )  # fmt: skip
    return one if clean_text(number) else _numbered(one, fields, at)


def _numbered(one: Incoming, fields: Mapping[str, str], at: datetime) -> Incoming:
    said = {name: value for name, value in fields.items() if name not in ("api_key", "requested_datetime")}
    day = timezone.localdate(at).isoformat()
    digest = hashlib.sha256(f"{day}\x1f{json.dumps(said, sort_keys=True)}".encode("utf-8", "surrogatepass"))
    return replace(one, external=f"#{digest.hexdigest()[:40]}")


def attributes(repeated: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """``attribute[code]=…`` and ``attribute[code][]=…`` by their codes."""
    found: dict[str, list[str]] = {}
    for name, values in repeated.items():
        match = _ATTRIBUTE.fullmatch(name)
        if match:
            found.setdefault(match[1], []).extend(value for value in values if value)
    return found


def _answers(asked: Iterable[Asked], given: Mapping[str, list[str]]) -> dict[str, str]:
    """Answers in the words of the questions. Refused for a value that is no choice; an unknown attribute is left out, as asked."""
    answers: dict[str, str] = {}
    for question in asked:
        values = given.get(question.name, [])
        if not values:
            if question.required:
                raise _missing(f"attribute[{question.name}]")
            continue
        choices = {value: words[0] for value, words in question.choices}
        for value in values:
            if choices and value not in choices:
                raise Refused(
                    "open311.attribute",
                    (
                        "attribute[%(name)s] 的值“%(value)s”不在可选值中：%(choices)s。",
                        "attribute[%(name)s] is “%(value)s”, which is none of its values: %(choices)s.",
                    ),
                    values={"name": question.name, "value": value[:40], "choices": ", ".join(choices)},
                    field=f"attribute[{question.name}]",
                )
        answers[question.words[0]] = "；".join(choices.get(value, value) for value in values)[:500]
    return answers


def _addresses(fields: Mapping[str, str], repeated: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Where pictures lie, as text; nobody fetches them: an address from outside is not followed from inside."""
    given = [*repeated.get("media_url", []), *repeated.get("media_url[]", [])] or [
        fields.get("media_url", "")
    ]
    return tuple(
        dict.fromkeys(address[:500] for address in given if address.startswith(("http://", "https://")))
    )[:12]


def _degree(fields: Mapping[str, str], name: str, most: int) -> float | None:
    text = fields.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -most <= value <= most:
        raise Refused(
            "open311.degree",
            (
                "%(name)s 的值“%(value)s”不是 WGS84 的度数。",
                "%(name)s is “%(value)s”, which is no degree of WGS84.",
            ),
            values={"name": name, "value": text[:40]},
            field=name,
        )
    return value


def _missing(name: str) -> Refused:
    return Refused(
        "open311.missing", ("缺少 %(name)s。", "%(name)s is missing."), values={"name": name}, field=name
    )
