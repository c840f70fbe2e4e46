"""Whatever is sent to whatever operation: never a 5xx, and always a body that says what is wrong in the reader's language."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.db import transaction

from .conftest import Api, Operation, Stock, operations, path_of

pytestmark = [pytest.mark.django_db, pytest.mark.either]
NASTY: list[Any] = [
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff光", "\u202e001", "光" * 10_001, "😀" * 200, "<script>alert(1)</script>", "' OR 1=1 --",
    "%s %(x)s {x}", "../../etc/passwd", "=1+1", "\uffff", "9" * 400, "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "2026-03-01T00:00:00", "１２３", "٣", -1, 0, 1, 2**31, 2**53, 2**53 + 1, 2**63, 2**64, -(2**63), 10**400,
    1.5, 1e308, -0.0, True, False, None, [], [None], [[]], ["x"] * 50, [2**70], {}, {"a": {"b": []}}, {"": ""}, {"\x00": "\x00"},
]  # fmt: skip
RAW = [b"", b"null", b"[]", b"{", b'"x"', b"NaN", b"\xff\xfe", b'{"a":' * 2000, b"[" * 100_000, b'{"a":' * 300 + b"1" + b"}" * 300,
       b'{"answers":' + b"[" * 450 + b"]" * 450 + b"}", b'{"text": "\xff"}', b'{"text": NaN}',
       b'{"lon": Infinity}', b'{"lon": 1e999}', b'{"text": "\\ud800"}', b'{"text": "\\u0000"}', b"\xef\xbb\xbf{}", b"-" * 5000,
       b'{"a": ' + b"9" * 5000 + b"}"]  # fmt: skip


class Watch:
    """Notes what a view raised, so that a failure names it."""

    def __init__(self) -> None:
        self.raised: list[str] = []

    def __call__(self, **_: Any) -> None:
        import traceback

        self.raised.append(traceback.format_exc())


def tried(call: Callable[[], tuple[int, Any]]) -> tuple[int, Any]:
    """The answer, rolled back; an exception in the view is an answer of 500 with its traceback."""
    with transaction.atomic():
        try:
            return call()
        finally:
            transaction.set_rollback(True)


def shaped(body: Any) -> bool:
    return (
        isinstance(body, dict)
        and {"code", "message", "article", "field"} <= set(body)
        and bool(body["message"])
    )


def soft(api: Api) -> Api:
    api.client.raise_request_exception = False
    return api


@pytest.fixture
def watch() -> Any:
    one = Watch()
    got_request_exception.connect(one)
    yield one
    got_request_exception.disconnect(one)


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.path)
def test_a_good_body_is_accepted(operation: Operation, stock: Stock, as_login: Callable[..., Api]) -> None:
    status, body = as_login(operation.login).post(path_of(operation, stock), operation.body(stock))
    assert status in (200, 201), body


@pytest.mark.slow
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.path)
def test_no_value_in_any_field_is_our_mistake(
    operation: Operation, stock: Stock, as_login: Callable[..., Api], watch: Watch
) -> None:
    api = soft(as_login(operation.login))
    path, good = path_of(operation, stock), operation.body(stock)
    fields = [*good, "version", "said_at", "join", "no_such_field"]
    for name, value in itertools.product(fields, NASTY):
        status, body = tried(lambda n=name, v=value: api.post(path, {**good, n: v}))
        assert status < 500, (name, value, *watch.raised[-1:])
        assert status < 400 or shaped(body), (name, value, status, body)


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.path)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_body_that_cannot_be_read(
    operation: Operation, stock: Stock, as_login: Callable[..., Api], watch: Watch, language: str
) -> None:
    api = soft(as_login(operation.login, language))
    for raw in RAW:
        status, body = tried(lambda r=raw: api.post(path_of(operation, stock), r))
        assert status < 500, (raw[:40], *watch.raised[-1:])
        if status >= 400:
            assert shaped(body), (raw[:40], status, body)
            chinese = any("\u4e00" <= sign <= "\u9fff" for sign in body["message"])
            assert chinese == (language != "en"), (raw[:40], body)


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.path)
def test_a_path_that_leads_nowhere(
    operation: Operation, stock: Stock, as_login: Callable[..., Api], watch: Watch
) -> None:
    api = soft(as_login(operation.login))
    good = operation.body(stock)
    for text in (
        "%00",
        "%ED%A0%80",
        "%F0%9F%98%80",
        "AJ20260310-000001-0",
        "9" * 300,
        "LH" + "9" * 21,
        "a" * 8,
        "%2e%2e",
        "%0d%0aX:1",
        "aaaaaaaaA%3D",
    ):
        path = operation.path.replace("{number}", text).replace("{link}", text)
        if path == operation.path:
            return
        status, body = tried(lambda p=path: api.post(p, good))
        assert status == 404, (text, status, body, *watch.raised[-1:])
        assert shaped(body), (text, body)


QUERIES: list[tuple[str, str, dict[str, Any]]] = [
    ("/cases", "dispatcher", {"tab": "open", "words": "路灯", "kind": "C01", "territory": "610104", "channel": "web", "overdue": "true", "size": 3}),
    ("/cases/map", "dispatcher", {"west": 108, "south": 34, "east": 109, "north": 35}),
    ("/locate", "", {"lon": 108.913, "lat": 34.265, "crs": "GCJ02"}),
    ("/divisions", "", {"level": "grid", "parent": "610104005"}),
    ("/divisions/map", "", {"level": "community", "parent": "610104005"}),
    ("/units", "dispatcher", {"kind": "community"}),
    ("/kinds", "", {}),
    ("/board", "manager", {"from": "2026-11-01", "to": "2026-11-30", "by": "street"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "login", "good"), QUERIES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_query_of_any_kind(
    path: str, login: str, good: dict[str, Any], stock: Stock, as_login: Callable[..., Api], watch: Watch
) -> None:
    api = soft(as_login(login))
    status, body = api.get(path, **good)
    assert status == 200, body
    values = [v for v in NASTY if isinstance(v, (str, int, float))]
    for name, value in itertools.product([*good, "no_such_field"], values if good else values[:3]):
        if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
            continue  # no browser can send half a character
        status, body = tried(lambda n=name, v=value: api.get(path, **{**good, n: v}))
        assert status < 500, (name, value, *watch.raised[-1:])
        assert status < 400 or shaped(body), (name, value, body)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary="),
        (b"x", "multipart/form-data; boundary=" + "b" * 300),
        (b"--b\r\n\r\n", "multipart/form-data; boundary=b"),
        (
            b"--b\r\nContent-Disposition: form-data; name=file; filename=a.jpg\r\n\r\n\xff\xd8\xff",
            "multipart/form-data; boundary=b",
        ),
        (
            b"--b\r\nContent-Disposition: form-data; name=file\r\nContent-Transfer-Encoding: base64\r\n\r\n???\r\n--b--",
            "multipart/form-data; boundary=b",
        ),
        (b"{}", "application/json"),
        (b"a=b", "application/x-www-form-urlencoded"),
        (b"a" * 100, "text/plain; charset=no-such-charset"),
        (b"a=" + b"%ff" * 10, "application/x-www-form-urlencoded; charset=utf-16"),
        (b"&".join(b"a%d=1" % n for n in range(1500)), "application/x-www-form-urlencoded"),
        (b"{}", ""),
        (b"{}", "\x7f/\x7f"),
    ],
)
@pytest.mark.parametrize("path", ["/api/files", "/api/reports"])
def test_an_upload_of_any_kind(path: str, content: bytes, kind: str, visitor: Api, watch: Watch) -> None:
    answer = soft(visitor).client.generic("POST", path, content, content_type=kind)
    assert 400 <= answer.status_code < 500, (answer.status_code, *watch.raised[-1:])
    assert shaped(json.loads(answer.content)), answer.content[:200]


@pytest.mark.parametrize(
    "headers",
    [
        {"Idempotency-Key": "x" * 129},
        {"Idempotency-Key": "\x00"},
        {"Idempotency-Key": "é" * 20},
        {"Accept-Language": "\x00,,;q=x"},
        {"Accept-Language": "xx-" + "y" * 500},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer \x00"},
        {"Authorization": "Basic !!!"},
        {"X-API-Key": "é" * 300},
        {"Cookie": "sessionid=\x00; csrftoken=\x00"},
        {"X-Forwarded-For": "\x00"},
        {"Host": "evil host"},
        {"Content-Length": "-1"},
        {"X-Request-ID": "\x00" * 70},
    ],
)
@pytest.mark.parametrize("path", ["/reports", "/cases"])
def test_headers_of_any_kind(
    headers: dict[str, str], path: str, stock: Stock, visitor: Api, watch: Watch
) -> None:
    api = soft(visitor)
    for call in (
        lambda: api.post(path, {"text": "路灯不亮"}, **headers),
        lambda: Api(api.client, headers).get(path),
    ):
        status, _body = tried(call)
        assert status < 500, watch.raised[-1:]
