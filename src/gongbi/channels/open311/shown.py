"""From what the house knows to what GeoReport v2 says: names of fields, open or closed, times, words in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from gongbi.channels.models import Arrival
from gongbi.channels.open311 import wire
from gongbi.channels.open311.queries import Listed, Told
from gongbi.duties import queries as duties
from gongbi.kernel.errors import in_language
from gongbi.parties import queries as parties
from gongbi.territory import queries as territory

FORMS = ("text/xml", "application/json")
TEST = (
    "测试地址：已按同样的规则检查，没有保存。",
    "Test address: checked by the same rules, nothing was kept.",
)
# Our questions' types in the standard's words.
DATATYPES = {
    "number": "number",
    "choice": "singlevaluelist",
    "choices": "multivaluelist",
    "date": "datetime",
    "yesno": "singlevaluelist",
}


def discovery(root: str) -> dict[str, Any]:
    """Two endpoints with the same form: one that keeps what is sent, one to try on."""
    endpoints = [
        {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": f"{root}{path}",
            "changeset": "2026-11-23T00:00:00+08:00",
            "type": kind,
            "formats": list(FORMS),
        }
        for path, kind in (("open311/v2", "production"), ("open311/test/v2", "test"))
    ]
    return {
        "changeset": "2026-11-23T00:00:00+08:00",
        "contact": in_language(
            (f"{settings.DISTRICT_NAME[0]}，电话 12345", f"{settings.DISTRICT_NAME[-1]}, telephone 12345")
        ),
        "key_service": in_language(
            ("向本平台的安全管理员申请 api_key", "Ask this platform's security administrator for an api_key")
        ),
        "endpoints": endpoints,
    }


def services() -> list[dict[str, Any]]:
    """The catalogue. What may not be read back is ``blackbox``; the rest may answer with a token, so ``batch``."""
    return [
        {
            "service_code": kind.code,
            "service_name": in_language(kind.name),
            "description": in_language(kind.major) + " – " + in_language(kind.name),
            "metadata": bool(duties.questions(kind.code)),
            "type": "blackbox" if kind.informer else "batch",
            "keywords": ",".join(kind.words[:8]),
            "group": in_language(kind.major),
        }
        for kind in duties.kinds()
    ]


def definition(kind: Any) -> dict[str, Any]:
    """The questions of a kind as attributes."""
    return {
        "service_code": kind.code,
        "attributes": [
            {
                "variable": True,
                "code": asked.name,
                "datatype": "singlevaluelist"
                if asked.choices and asked.type not in DATATYPES
                else DATATYPES.get(asked.type, "string"),
                "required": asked.required,
                "datatype_description": "",
                "order": place,
                "description": in_language(asked.words),
                "values": [{"key": value, "name": in_language(words)} for value, words in asked.choices],
            }
            for place, asked in enumerate(duties.questions(kind.code), start=1)
        ],
    }


def requests(found: Sequence[Listed], now: datetime) -> list[dict[str, Any]]:
    """Each request with its kind, state and place. What a resident wrote is in the answer to its own sender alone."""
    names = territory.names(sorted({one.what.territory[:12] for one in found if one.what.territory}), on=now)
    return [_request(one, names) for one in found]


def _request(one: Listed, names: dict[str, str]) -> dict[str, Any]:
    what = one.what
    kind = duties.kind(what.kind) if what.kind else None
    unit = parties.unit_by_id(what.unit_id) if what.unit_id is not None else None
    name = in_language(kind.name) if kind is not None else in_language(("尚未分类", "Not classified yet"))
    told: dict[str, Any] = {
        "service_request_id": what.number,
        "status": "closed" if what.closed else "open",
        "status_notes": what.reply or in_language(what.state.hint or what.state.words),
        "service_name": name,
        "service_code": what.kind,
        "description": what.text or name,
        "agency_responsible": unit.label if unit is not None else "",
        "service_notice": "",
        "requested_datetime": wire.moment(what.requested_at),
        "updated_datetime": wire.moment(what.updated_at),
        "expected_datetime": wire.moment(what.due_at) if what.due_at is not None and not what.closed else "",
        "address": what.place_words or names.get(what.territory[:12], ""),
        "address_id": what.territory[:12],
        "zipcode": "",
        "lat": what.lat if what.lat is not None else "",
        "long": what.lon if what.lon is not None else "",
        "media_url": "",
        "extended_attributes": {"state": what.state.name, "state_name": in_language(what.state.words)},
    }
    if one.external:
        told["external_id"] = one.external
    return told


def receipt(arrival: Arrival) -> dict[str, Any]:
    """The number where there is one already, else the token by which it is asked for."""
    if arrival.report is not None:
        named = {"service_request_id": arrival.report.number}
    else:
        named = {"token": arrival.receipt}
    return named | {"service_notice": "", "account_id": ""}


def updates(told: Sequence[Told]) -> list[dict[str, Any]]:
    """As FixMyStreet's extension has them."""
    return [
        {
            "update_id": one.id,
            "service_request_id": one.body.get("service_request_id", ""),
            "external_id": one.body.get("external_id", ""),
            "status": one.body.get("status", ""),
            "description": one.body.get("description", ""),
            "updated_datetime": wire.moment(one.at),
            "media_url": "",
        }
        for one in told
    ]
