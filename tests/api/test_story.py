"""The whole story through HTTP: said, known nearby, joined, followed, accepted, dispatched, handled, checked, judged, reopened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from gongbi.kernel.flow.invariants import run_all
from gongbi.kernel.ledger.queries import verify
from gongbi.kernel.scope.viewer import Viewer

from .conftest import Api, Stock

pytestmark = pytest.mark.django_db
LAMP = {"text": "劳动路路口的路灯不亮了，晚上很黑", "lon": 108.913, "lat": 34.265, "kind": "C0137"}


def good(answer: tuple[int, Any], status: int = 200) -> Any:
    assert answer[0] == status, answer
    return answer[1]


def test_from_the_first_word_to_the_last_verdict_and_back(
    visitor: Api, enter: Callable[..., Api], shot: Callable[[int], bytes], unit: Callable[[str], int]
) -> None:
    """A photo and a report; somebody joins; a question and an answer; rework; two verdicts; still there."""
    photo = good(visitor.upload("a.jpg", shot(10)), 201)
    assert (photo["mime"], photo["width"]) == ("image/jpeg", 64)
    said = good(
        visitor.post("/reports", LAMP | {"photos": [photo["ticket"]]}, **{"Idempotency-Key": "k1"}), 201
    )
    assert (said["state"], said["again"]) == ("received", False)
    again = good(visitor.post("/reports", LAMP, **{"Idempotency-Key": "k1"}), 201)
    assert (again["number"], again["link"], again["again"]) == (said["number"], said["link"], True)

    (near, *_) = good(visitor.post("/reports/near", LAMP))
    joined = good(visitor.post("/reports", LAMP | {"join": near["id"]}), 201)
    assert (joined["joined"], joined["case"]) == (True, said["case"])
    assert joined["number"] != said["number"]

    desk, urban, checker = enter("dispatcher"), enter("urban"), enter("checker")
    case = f"/cases/{said['case']}"
    queue = good(desk.get("/cases", tab="accept"))
    assert [row["number"] for row in queue["cases"]] == [said["case"]]
    detail = good(desk.get(case))
    assert detail["reports"] == 2
    assert {"accept", "reject", "clarify"} <= {step["name"] for step in detail["steps"] if step["enabled"]}
    good(desk.post(f"{case}/accept", {"kind": "C0137", "version": detail["version"]}))
    sent = good(desk.post(f"{case}/dispatch", {"unit": unit("urban_management")}))
    assert sent["limit"]
    assert sent["article"]
    assert sent["due_at"] > timezone.now().isoformat()[:10]

    assert good(urban.get("/cases", tab="sign"))["cases"][0]["number"] == said["case"]
    good(urban.post(f"{case}/sign", {}))
    good(urban.post(f"{case}/ask", {"question": "是哪一盏灯？"}))
    seen = good(visitor.get(f"/reports/{said['link']}"))
    (question,) = seen["questions"]
    assert good(visitor.get(f"/reports/{joined['link']}"))["questions"] == []
    good(visitor.post(f"/reports/{said['link']}/answer", {"question": question["id"], "text": "东北角那盏"}))
    good(urban.post(f"{case}/finish", {"result": "换了灯泡", "photos": [ticket(urban, shot(20))]}))

    assert checker.post(f"{case}/confirm", {"finding": "亮了"})[0] == 200
    followed = good(visitor.get(f"/reports/{said['link']}"))
    assert (followed["state"], followed["may_judge"], followed["may_reopen"]) == ("closed", True, True)
    assert (
        good(visitor.post(f"/reports/{said['link']}/judge", {"solved": True, "grade": 5}))["state"]
        == "closed"
    )
    assert (
        good(visitor.post(f"/reports/{joined['link']}/judge", {"solved": False, "grade": 1}))["state"]
        == "judged"
    )

    back = good(
        visitor.post(
            f"/reports/{joined['link']}/reopen", {"reason": "又灭了", "photos": [ticket(visitor, shot(30))]}
        )
    )
    assert back["state"] == "handling"
    steps = [event["step"] for event in good(desk.get(case))["timeline"]]
    assert steps == [
        "open",
        "join",
        "accept",
        "dispatch",
        "sign",
        "ask",
        "answered_back",
        "finish",
        "confirm",
        "judge",
        "judge",
        "settle",
        "reopen",
    ]
    assert list(verify()) == list(run_all(rooms=["cases"])) == []


def ticket(api: Api, content: bytes) -> str:
    return str(good(api.upload("b.jpg", content), 201)["ticket"])


def test_a_key_reads_and_reports_but_disposes_of_nothing(
    visitor: Api, unit: Callable[[str], int], post: Callable[..., Viewer], stock: Stock
) -> None:
    from gongbi.parties.actions import make_key

    _key, secret = make_key(
        name="12345",
        unit_id=unit("hotline"),
        channel="city_12345",
        at=timezone.now(),
        viewer=post("security"),
        territories=["610104"],
    )
    number = stock.numbers["received"]
    for headers in ({"Authorization": f"Bearer {secret}"}, {"X-API-Key": secret}):
        other = Api(headers=headers)
        assert good(other.get(f"/cases/{number}"))["number"] == number
        status, body = other.post(f"/cases/{number}/accept", {"kind": "C0137"})
        assert (status, body["code"]) == (403, "scope.role")
    told = good(Api(headers={"X-API-Key": secret}).post("/reports", LAMP), 201)
    assert good(Api(headers={"X-API-Key": secret}).get(f"/cases/{told['case']}"))["channel"] == "api"
    for wrong in (secret[:-1], secret + "x", "", "Bearer"):
        assert Api(headers={"X-API-Key": wrong}).get(f"/cases/{number}")[0] == 401


def test_two_senders_with_the_same_key_do_not_meet(visitor: Api, enter: Callable[..., Api]) -> None:
    one = good(visitor.post("/reports", LAMP, **{"Idempotency-Key": "1"}), 201)
    two = good(enter("grid").post("/reports", LAMP, **{"Idempotency-Key": "1"}), 201)
    assert one["number"] != two["number"]
    status, body = visitor.post("/reports", LAMP | {"text": "完全另一件事"}, **{"Idempotency-Key": "1"})
    assert (status, body["code"], body["field"]) == (422, "cases.key_used", "Idempotency-Key")


# --- Shapes -----------------------------------------------------------------------------------------------------------

REFUSALS: list[tuple[str, str, str, Any, int, str, str]] = [
    # login, method, path, body, status, code, field
    ("", "GET", "/cases", None, 401, "scope.sign_in", ""),
    ("", "POST", "/cases/{received}/accept", {"kind": "C0137"}, 401, "scope.sign_in", ""),
    ("urban", "POST", "/cases/{handling}/confirm", {"finding": "好"}, 403, "scope.role", ""),
    ("admin", "GET", "/cases", None, 403, "scope.role", ""),
    ("dispatcher", "GET", "/cases/AJ20260310-999999-9", None, 404, "cases.not_there", ""),
    ("dispatcher", "GET", "/cases/abc", None, 404, "cases.not_there", ""),
    ("urban", "GET", "/cases/{received}", None, 404, "cases.not_there", ""),
    ("", "GET", "/reports/abcdefgh", None, 404, "cases.link", ""),
    ("dispatcher", "POST", "/cases/{received}/accept", {"kind": "C0137", "version": 9}, 409, "flow.stale", ""),
    ("dispatcher", "POST", "/cases/{handled}/accept", {"kind": "C0137"}, 422, "flow.state", ""),
    ("dispatcher", "POST", "/cases/{received}/accept", {"kind": "X0000"}, 422, "cases.kind", "kind"),
    ("dispatcher", "POST", "/cases/{received}/accept", {}, 422, "api.invalid", "kind"),
    ("dispatcher", "POST", "/cases/{received}/accept", {"kind": "C0137", "knd": 1}, 422, "api.invalid", "knd"),
    ("dispatcher", "POST", "/cases/{received}/reject", {"ground": "busy", "reason": "x"}, 422, "cases.no_ground", "ground"),
    ("dispatcher", "POST", "/cases/{received}/merge", {"into": "{received}"}, 422, "cases.merge_self", "into"),
    ("checker", "POST", "/cases/{handled}/confirm", {"finding": ""}, 422, "flow.missing", "finding"),
    ("checker", "POST", "/cases/{handled}/confirm", {"finding": "\u0000\u202e"}, 422, "flow.missing", "finding"),
    ("urban", "POST", "/cases/{handling}/finish", {"result": "好"}, 422, "cases.no_evidence", "photos"),
    ("urban", "POST", "/cases/{handling}/finish", {"result": "好", "photos": ["x"]}, 422, "files.gone", "photos.0"),
    ("urban", "POST", "/cases/{handling}/ask-for", {"kind": "suspension", "reason": "等", "until": "2030-01-01T00:00:00"}, 422, "cases.naive_time", "until"),
    ("urban", "POST", "/cases/{dispatched}/contest", {"reason": ""}, 422, "flow.missing", "reason"),
    ("", "POST", "/reports", {"text": ""}, 422, "cases.no_text", "text"),
    ("", "POST", "/reports", {"text": "灯" * 10_001}, 422, "api.invalid", "text"),
    ("", "POST", "/reports", {"text": "路灯不亮", "lon": 34.2, "lat": 88.9}, 422, "territory.swapped", "lon"),
    ("", "POST", "/reports", {"text": "路灯不亮", "said_at": "1900-01-01T00:00:00+08:00"}, 422, "cases.long_ago", "said_at"),
    ("", "POST", "/reports", {"text": "三号楼五层着火了，快来"}, 422, "cases.emergency", "text"),
    ("", "POST", "/reports/near", {"text": "灯", "crs": "EPSG:1"}, 422, "api.invalid", "crs"),
    ("", "POST", "/reports/{link}/judge", {"solved": True, "grade": 6}, 422, "api.invalid", "grade"),
    ("", "POST", "/reports/{link}/judge", {"solved": True, "grade": 5}, 422, "flow.state", ""),
    ("", "GET", "/locate", None, 422, "api.invalid", "lon"),
]  # fmt: skip


@pytest.mark.parametrize(("login", "method", "path", "body", "status", "code", "field"), REFUSALS)
def test_every_refusal_has_one_shape_in_both_languages(
    login: str,
    method: str,
    path: str,
    body: Any,
    status: int,
    code: str,
    field: str,
    stock: Stock,
    as_login: Callable[..., Api],
) -> None:
    for state, number in {**stock.numbers, "link": stock.link}.items():
        path = path.replace("{" + state + "}", number)
        if isinstance(body, dict):
            body = {key: number if value == "{" + state + "}" else value for key, value in body.items()}
    told = {}
    for language in ("zh-CN", "en"):
        api = as_login(login, language)
        got, answer = api.get(path) if method == "GET" else api.post(path, body)
        assert (got, answer["code"], answer["field"]) == (status, code, field), answer
        assert {"code", "message", "article", "field"} <= set(answer)
        told[language] = answer["message"]
    assert any("\u4e00" <= sign <= "\u9fff" for sign in told["zh-CN"])
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in told["en"])
    assert len(told["en"]) > 12


def test_a_stale_page_names_the_conflict_and_saves_nothing(stock: Stock, enter: Callable[..., Api]) -> None:
    one, two = enter("dispatcher"), enter("dispatcher")
    path = f"/cases/{stock.numbers['received']}"
    version = good(one.get(path))["version"]
    good(one.post(f"{path}/accept", {"kind": "C0137", "version": version}))
    status, body = two.post(f"{path}/reject", {"ground": "untrue", "reason": "亮着", "version": version})
    assert (status, body["code"]) == (409, "flow.stale")
    assert good(two.get(path))["state"] == "accepted"


def test_an_article_stands_beside_a_refusal_by_law(
    stock: Stock, enter: Callable[..., Api], unit: Callable[[str], int]
) -> None:
    """G8: a community gets nothing that is on none of its three lists."""
    number = stock.numbers["received"]
    desk = enter("dispatcher")
    territory = good(desk.post(f"/cases/{number}/accept", {"kind": "C0104"}))["territory"]
    status, body = desk.post(f"/cases/{number}/dispatch", {"unit": unit(territory[:12])})
    assert status == 422
    assert "三项清单" in body["article"]


def test_the_description_is_a_valid_openapi_document_that_lists_every_operation(visitor: Api) -> None:
    import jsonschema_rs

    status, document = visitor.get("/openapi.json")
    assert status == 200
    assert document["openapi"].startswith("3.")
    named = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["operationId"] not in named, operation["operationId"]
            named.add(operation["operationId"])
            holes = {part[1:-1] for part in path.split("/") if part.startswith("{")}
            given = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
            assert holes == given, (method, path)
    for name, shape in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **shape}
        ), name
    references = find_references(document)
    assert references
    for reference in references:
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert target
    assert len(named) >= 40


def find_references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in find_references(value)]
    return [ref for value in node for ref in find_references(value)] if isinstance(node, list) else []


def test_its_page_takes_nothing_from_elsewhere(visitor: Api) -> None:
    answer = visitor.client.get("/api/docs")
    assert answer.status_code == 200
    assert "https://" not in answer.content.decode().replace("https://www.w3.org", "")


@pytest.mark.parametrize(
    ("field", "value", "zh", "en"),
    [
        ("lon", "east", "数字", "a number"),
        ("join", "x", "整数", "a whole number"),
        ("join", 1.5, "整数", "a whole number"),
        ("anonymous", "perhaps", "true 或 false", "true or false"),
        ("said_at", "yesterday", "时间", "a time"),
        ("text", 5, "文字", "a text"),
        ("photos", "x", "列表", "a list"),
        ("answers", [], "对象", "an object"),
        ("said_at", 1_700_000_000, "带时区的时间", "a time with its zone"),
        ("said_at", "1700000000000", "带时区的时间", "a time with its zone"),
        ("answers", {str(n): "x" for n in range(41)}, "最多 40 项", "at most 40"),
        ("kind", "X" * 9, "最多 8 个字符", "at most 8 characters"),
        ("crs", "EPSG", "应为：CGCS2000、WGS84、GCJ02、BD09。", "one of: CGCS2000, WGS84, GCJ02, BD09."),
    ],
)
def test_a_value_of_the_wrong_shape_is_told_what_was_expected(
    visitor: Api, field: str, value: Any, zh: str, en: str
) -> None:
    for language, wanted in (("zh-CN", zh), ("en", en)):
        visitor.headers = {"Accept-Language": language}
        status, body = visitor.post("/reports", LAMP | {field: value})
        assert (status, body["field"]) == (422, field)
        assert wanted in body["message"]
        assert f"“{field}”" in body["message"]
