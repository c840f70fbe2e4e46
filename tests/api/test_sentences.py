"""What is refused says what is wrong, where and what to do, in the reader's language: places, keys, methods, addresses, sessions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from .conftest import Api

pytestmark = pytest.mark.django_db
LAMP = {"text": "劳动路路口的路灯不亮了，晚上很黑", "lon": 108.913, "lat": 34.265, "kind": "C0137"}


def both(api: Api, call: Callable[[], tuple[int, Any]]) -> dict[str, tuple[int, Any]]:
    told = {}
    for language in ("zh-CN", "en"):
        api.headers = {"Accept-Language": language}
        told[language] = call()
    return told


def check_sentences(told: dict[str, tuple[int, Any]]) -> None:
    for language, (_status, body) in told.items():
        assert {"code", "message", "article", "field"} <= set(body), body
        chinese = any("\u4e00" <= sign <= "\u9fff" for sign in body["message"])
        assert chinese == (language != "en"), body
        assert "%(" not in body["message"]


# --- Where --------------------------------------------------------------------------------------------------------

WRONG_PLACES = [
    # Lianhu's own longitude and latitude the wrong way round: the commonest mistake of all.
    (34.265, 108.913, "territory.swapped", "对调"),
    (12_124_000.0, 4_060_000.0, "territory.not_degrees", "换算成度"),
    (108_913_000, 34_265_000, "territory.not_degrees", "换算成度"),
    (1.9009, 0.598, "territory.not_in_china", "以度为单位"),
    (-108.913, 34.265, "territory.not_in_china", "以度为单位"),
    (0, 0, "territory.not_in_china", "以度为单位"),
    (1e308, -1e308, "territory.not_degrees", "换算成度"),
    ("NaN", 34.265, "territory.not_finite", "小数"),
    (108.913, "Infinity", "territory.not_finite", "小数"),
    (116.4, 39.9, "cases.outside", "重新选点"),
    (122.5, 30.0, "cases.outside", "重新选点"),
]


@pytest.mark.parametrize(("lon", "lat", "code", "what_to_do"), WRONG_PLACES)
def test_a_place_that_cannot_be_meant_is_told_apart_at_the_door(
    visitor: Api, lon: Any, lat: Any, code: str, what_to_do: str
) -> None:
    told = both(visitor, lambda: visitor.post("/reports", LAMP | {"lon": lon, "lat": lat}))
    check_sentences(told)
    assert {(status, body["code"], body["field"]) for status, body in told.values()} == {(422, code, "lon")}
    assert what_to_do in told["zh-CN"][1]["message"]


def test_where_a_point_lies_is_refused_in_the_same_words(visitor: Api) -> None:
    told = both(visitor, lambda: visitor.get("/locate", lon=34.265, lat=108.913))
    check_sentences(told)
    assert told["zh-CN"][0] == 422
    assert told["zh-CN"][1]["code"] == "territory.swapped"


# --- What ---------------------------------------------------------------------------------------------------------


def test_a_ticket_that_is_worth_nothing_is_named_by_its_place(
    visitor: Api, shot: Callable[[int], bytes]
) -> None:
    good = visitor.upload("a.jpg", shot(9))[1]["ticket"]
    told = both(visitor, lambda: visitor.post("/reports", LAMP | {"photos": [good, "worthless"]}))
    check_sentences(told)
    status, body = told["zh-CN"]
    assert (status, body["code"], body["field"]) == (422, "files.gone", "photos.1")
    assert "第 2 个" in body["message"]
    assert visitor.post("/reports", LAMP | {"photos": [good]})[0] == 201


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"3"])
def test_a_body_that_is_no_object(visitor: Api, raw: bytes) -> None:
    told = both(visitor, lambda: visitor.post("/reports", raw))
    check_sentences(told)
    assert "JSON" in told["zh-CN"][1]["message"]
    assert "“body”" not in told["zh-CN"][1]["message"]


def test_a_key_that_is_too_long_is_called_by_its_header(visitor: Api) -> None:
    status, body = visitor.post("/reports", LAMP, **{"Idempotency-Key": "k" * 129})
    assert (status, body["field"]) == (422, "Idempotency-Key")
    assert "“Idempotency-Key”" in body["message"]


@pytest.mark.parametrize("name", ["idempotency_key", "Idempotency-Key"])
def test_a_key_in_the_body_is_told_where_it_belongs(visitor: Api, name: str) -> None:
    told = both(visitor, lambda: visitor.post("/reports", LAMP | {name: "k1"}))
    check_sentences(told)
    status, body = told["zh-CN"]
    assert (status, body["field"]) == (422, name)
    assert body["message"] == f"“{name}”不写在请求内容里，请作为请求头 Idempotency-Key 发送。"


def test_an_upload_without_its_file_is_told_which_field_it_needs(visitor: Api) -> None:
    answer = visitor.client.post("/api/files", {"photo": "x"})
    body = json.loads(answer.content)
    assert (answer.status_code, body["field"], body["message"]) == (422, "file", "缺少“file”，请补上。")


def test_the_next_page_of_a_list_begins_where_the_one_before_ended(
    enter: Callable[..., Api], visitor: Api
) -> None:
    for number in range(7):
        assert visitor.post("/reports", LAMP | {"text": f"第{number}号楼前的路灯不亮"})[0] == 201
    desk = enter("dispatcher")
    whole = [row["number"] for row in desk.get("/cases", tab="accept", size=200)[1]["cases"]]
    pages, after = [], ""
    for _page in range(10):
        status, page = desk.get("/cases", tab="accept", size=3, after=after)
        assert status == 200
        pages += [row["number"] for row in page["cases"]]
        after = page["after"]
        if not page["more"]:
            break
    assert (pages, after) == (whole, "")
    assert len(whole) >= 7
    assert desk.get("/cases", tab="accept", after="AJ20261123-999999-1")[0] == 404


def test_the_second_receipt_is_the_first_to_the_letter(visitor: Api) -> None:
    one = visitor.post("/reports", LAMP, **{"Idempotency-Key": "same"})[1]
    two = visitor.post("/reports", LAMP, **{"Idempotency-Key": "same"})[1]
    assert one | {"again": True} == two
    assert one["due_at"].endswith("+08:00")


def test_who_stays_anonymous_leaves_nothing_even_when_it_was_sent(visitor: Api) -> None:
    from gongbi.cases.models import Report

    sent = {"text": "井盖松动", "anonymous": True, "name": "王小明", "phone": "02955501234"}
    assert visitor.post("/reports", sent)[0] == 201
    report = Report.objects.latest("pk")
    assert (bool(report.name), bool(report.phone), report.phone_index) == (False, False, None)


# --- Which door ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "allowed"),
    [
        ("PUT", "/api/reports", 405, "api.method", "POST"),
        ("DELETE", "/api/cases", 405, "api.method", "GET"),
        ("OPTIONS", "/api/reports", 405, "api.method", "POST"),
        ("BREW", "/api/kinds", 405, "api.method", "GET"),
        ("GET", "/api/nowhere", 404, "api.nowhere", ""),
        ("POST", "/api/nowhere", 404, "api.nowhere", ""),
        ("PUT", "/api/%00/%ff", 404, "api.nowhere", ""),
        ("GET", "/api/docs/", 404, "api.nowhere", ""),
    ],
)
def test_an_address_or_a_method_that_is_not_there(
    method: str, path: str, status: int, code: str, allowed: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    for language in ("zh-CN", "en"):
        answer = client.generic(method, path, headers={"Accept-Language": language})
        assert answer["Content-Type"] == "application/json; charset=utf-8"
        body = json.loads(answer.content)
        assert (answer.status_code, body["code"], answer.headers.get("Allow", "")) == (status, code, allowed)
        check_sentences({language: (status, body)})


def test_the_front_door_leads_to_the_description(visitor: Api) -> None:
    answer = visitor.client.get("/api/")
    assert (answer.status_code, answer["Location"]) == (302, "/api/docs")


# --- Whose session ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/reports", "/reports/near", "/on-spot"])
def test_another_sites_page_cannot_speak_with_the_session_of_a_post(
    enter: Callable[..., Api], path: str
) -> None:
    """A form of another site can send JSON as text; only the page's own token shows that the person meant it."""
    signed_in = enter("grid").client
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies
    sent = json.dumps(LAMP)
    answer = strict.post(
        f"/api{path}", sent, content_type="text/plain", headers={"Origin": "https://elsewhere.example"}
    )
    assert answer.status_code == 403, answer.content
    check_sentences({"zh-CN": (403, json.loads(answer.content))})
    strict.get("/login")  # sets no token for those who are in; a page with a form does
    strict.cookies["csrftoken"] = "a" * 32
    answer = strict.post(
        f"/api{path}", sent, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert answer.status_code != 403, answer.content


def test_somebody_without_a_session_needs_no_token() -> None:
    answer = Client(enforce_csrf_checks=True).post(
        "/api/reports", json.dumps(LAMP), content_type="application/json"
    )
    assert answer.status_code == 201


# --- How often ----------------------------------------------------------------------------------------------------


def test_too_often_is_told_when_to_come_back(visitor: Api, tmp_path: Path, settings: Any) -> None:
    settings.VAR, settings.LIMITS, settings.LIMITS_FREE = (
        tmp_path,
        "report.bare=2/600,report.address=2/600",
        "",
    )
    answers = [
        visitor.client.post(
            "/api/reports",
            json.dumps(LAMP | {"text": f"第{turn}盏路灯不亮"}),
            content_type="application/json",
            headers={"Accept-Language": language},
        )
        for turn, language in enumerate(("zh-CN", "zh-CN", "zh-CN", "en"))
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
    told = dict(zip(("zh-CN", "en"), ((429, json.loads(one.content)) for one in answers[2:]), strict=True))
    check_sentences(told)
    assert all(int(answer["Retry-After"]) >= 1 for answer in answers[2:])
