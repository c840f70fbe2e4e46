"""Around every request: an id, headers, one log line without secrets, metrics; and what machines may ask."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django.utils import timezone

from gongbi.kernel.errors import NotThere
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.ops import metrics, pages
from gongbi.ops.chunked import measured
from gongbi.ops.context import live_url
from gongbi.ops.logs import formatter
from gongbi.ops.middleware import policy

SECRET = "k7Hq2private"


@pytest.mark.parametrize(("body", "length"), [(b"x" * 7, "7"), (b"x" * 200_000, "131072"), (b"", "0")])
def test_a_body_without_a_length_is_measured_and_too_large_a_one_not_read_to_its_end(
    body: bytes, length: str
) -> None:
    seen: dict[str, str] = {}

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        seen.update(length=environ["CONTENT_LENGTH"], read=str(len(environ["wsgi.input"].read())))
        return [b""]

    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": BytesIO(body)}
    assert measured(application, most=100_000)(environ, lambda *_: None) == [b""]
    assert seen == {"length": length, "read": length}


def link(_request: HttpRequest, token: str) -> HttpResponse:
    return HttpResponse("<p>hello</p>")


def broken(_request: HttpRequest, token: str) -> HttpResponse:
    raise ValueError("the cupboard is empty")


def missing(_request: HttpRequest, token: str) -> HttpResponse:
    raise Http404


def refused(_request: HttpRequest, token: str) -> HttpResponse:
    raise NotThere("case.not_there", ("没有这件事。", "There is no such matter."))


def data(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({})


def answer_500(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("broken", status=500)


urlpatterns = [
    path("r/<str:token>/", link),
    path("broken/<str:token>/", broken),
    path("missing/<str:token>/", missing),
    path("refused/<str:token>/", refused),
    path("data", data),
    path("healthz", pages.healthz),
    path("metrics", pages.metrics_page),
]
handler500 = answer_500

AROUND = ["gongbi.ops.middleware.RequestRecord", "gongbi.ops.middleware.SecurityHeaders"]


@pytest.fixture
def client() -> Iterator[Client]:
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=AROUND):
        yield Client(raise_request_exception=False)


class Lines(logging.Handler):
    """What would be written, line by line."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(formatter("json"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler = Lines()
    logger = logging.getLogger("gongbi.http")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


# --- The id and the log ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abcdefgh", True),
        ("a" * 64, True),
        ("abcdefg", False),
        ("a" * 65, False),
        ("bad id\nX: y", False),
        ("", False),
    ],
)
def test_a_well_formed_request_id_is_kept_and_any_other_replaced(
    client: Client, given: str, kept: bool
) -> None:
    answer = client.get("/data", headers={"X-Request-ID": given})
    assert (answer["X-Request-ID"] == given) is kept
    assert len(answer["X-Request-ID"]) >= 8


@pytest.mark.parametrize(
    ("place", "status"), [("r", 200), ("broken", 500), ("missing", 404), ("nowhere", 404)]
)
def test_the_log_names_the_route_and_never_the_private_link(
    client: Client, lines: Lines, place: str, status: int
) -> None:
    answer = client.get(f"/{place}/{SECRET}/?phone=12345")
    assert answer.status_code == status
    line = json.loads(lines.lines[-1])
    assert (line["event"], line["status"], line["method"]) == ("request", status, "GET")
    assert line["route"] == (f"{place}/<str:token>/" if place != "nowhere" else "(none)")
    assert line["request_id"] == answer["X-Request-ID"]
    assert not any(SECRET in text or "12345" in text for text in lines.lines)


@pytest.mark.django_db
def test_a_content_probe_leaves_no_line_and_a_refused_one_does(client: Client, lines: Lines) -> None:
    client.get("/healthz")
    client.get("/metrics")
    assert lines.lines == []
    client.get("/metrics", REMOTE_ADDR="10.1.1.1")
    assert json.loads(lines.lines[-1])["status"] == 403


def test_our_own_mistake_is_logged_once_with_its_traceback(client: Client, lines: Lines) -> None:
    client.get(f"/broken/{SECRET}/")
    traced = [json.loads(text) for text in lines.lines if "cupboard" in text]
    assert len(traced) == 1
    assert traced[0]["kind"] == "ValueError"
    assert "Traceback" in traced[0]["exception"]


@pytest.mark.parametrize("place", ["missing", "refused"])
def test_what_is_no_mistake_of_ours_leaves_no_traceback(client: Client, lines: Lines, place: str) -> None:
    client.get(f"/{place}/{SECRET}/")
    assert not any("Traceback" in text for text in lines.lines)


# --- Headers --------------------------------------------------------------------------------------------------------


def test_a_page_runs_no_inline_script_and_talks_only_to_this_house(client: Client) -> None:
    answer = client.get(f"/r/{SECRET}/")
    rules = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert rules["script-src"] == "'self'"
    assert rules["style-src"] == "'self'"
    assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["connect-src"] == "'self' http://testserver:8001"
    assert "http" not in rules["script-src"] + rules["default-src"] + rules["img-src"]
    assert "geolocation=(self)" in answer["Permissions-Policy"]


def test_data_needs_no_page_policy(client: Client) -> None:
    assert "Content-Security-Policy" not in client.get("/data")


def test_the_policy_names_the_origin_of_live_updates_not_its_path() -> None:
    assert "connect-src 'self' https://gongbi.example;" in policy("https://gongbi.example/live")


def test_no_policy_word_lets_scripts_in() -> None:
    script = next(
        part for part in policy("https://live.example").split("; ") if part.startswith("script-src")
    )
    assert "unsafe" not in script


@pytest.mark.parametrize(
    ("configured", "host", "expected"),
    [
        ("", "localhost:8000", "http://localhost:9001"),
        ("", "[::1]:8000", "http://[::1]:9001"),
        ("", "gongbi.example", "http://gongbi.example:9001"),
        ("https://live.gongbi.example", "gongbi.example", "https://live.gongbi.example"),
    ],
)
def test_live_updates_are_at_the_configured_address_or_the_next_port(
    configured: str, host: str, expected: str
) -> None:
    with override_settings(LIVE_URL=configured, LIVE_PORT=9001, ALLOWED_HOSTS=["*"]):
        assert live_url(RequestFactory().get("/", headers={"host": host})) == expected


# --- What machines ask ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_health_is_ok_while_the_database_answers(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "database": True})
    assert "no-store" in answer["Cache-Control"]


def test_health_is_503_without_details_when_it_does_not(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise DatabaseError("password=secret host=db")

    monkeypatch.setattr(pages.connection, "cursor", fail)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False, "database": False})


@pytest.mark.parametrize("address", ["/healthz", "/metrics"])
def test_machines_only_read(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "sent", "status"),
    [
        ("", {}, 200),
        ("", {"REMOTE_ADDR": "10.1.1.1"}, 403),
        ("", {"HTTP_X_FORWARDED_FOR": "10.1.1.1"}, 403),
        ("t0ken", {}, 403),
        ("t0ken", {"HTTP_AUTHORIZATION": "Bearer wrong"}, 403),
        ("t0ken", {"HTTP_AUTHORIZATION": "Bearer t0ken", "REMOTE_ADDR": "10.1.1.1"}, 200),
    ],
)
def test_metrics_are_for_this_machine_or_the_token(
    client: Client, token: str, sent: dict[str, str], status: int
) -> None:
    with override_settings(METRICS_TOKEN=token):
        assert client.get("/metrics", **sent).status_code == status  # type: ignore[arg-type]


@pytest.mark.django_db
def test_requests_are_counted_by_route_not_by_path(client: Client) -> None:
    for word in ("one", "two"):
        client.get(f"/r/{word}/")
    text = client.get("/metrics").content.decode()
    line = next(
        x for x in text.splitlines() if x.startswith("gongbi_http_requests_total") and "r/<str:token>/" in x
    )
    assert float(line.rsplit(" ", 1)[1]) >= 2
    assert "one" not in line
    assert "gongbi_outbox_due 0.0" in text


@pytest.mark.django_db
def test_what_was_given_up_is_not_counted_as_waiting(client: Client) -> None:
    """One dead event would otherwise look for ever like a worker that stands still."""
    now = timezone.now()
    old = now - timedelta(hours=3)
    OutboxRow.objects.bulk_create(
        [
            OutboxRow(topic="cases.accepted", created_at=old, dead_at=old),
            OutboxRow(topic="cases.accepted", created_at=old, done_at=old),
            OutboxRow(topic="cases.accepted", created_at=old, not_before=now + timedelta(hours=1)),
            OutboxRow(topic="cases.accepted", created_at=now - timedelta(minutes=1)),
        ]
    )
    found = dict(
        line.split(" ")
        for line in client.get("/metrics").content.decode().splitlines()
        if line.startswith("gongbi_outbox")
    )
    assert (found["gongbi_outbox_due"], found["gongbi_outbox_dead"]) == ("1.0", "1.0")
    assert 60 <= float(found["gongbi_outbox_oldest_seconds"]) < 600


def test_the_number_of_series_is_bounded_for_unknown_addresses(client: Client) -> None:
    before = len(next(iter(metrics.REQUESTS.collect())).samples)
    for number in range(20):
        client.get(f"/nowhere/{number}")
    assert len(next(iter(metrics.REQUESTS.collect())).samples) <= before + 2
