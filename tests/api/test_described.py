"""Schemathesis over the whole description, in process: whatever fits it or does not, no 5xx, and every answer is as described."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import got_request_exception, request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from gongbi.api.assembly import api

from .conftest import Api, Stock, operations

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.either]
EXAMPLES, SEED = 6, 20261123
# Without a parameter or a body there is nothing that could be sent wrong.
NOTHING_TO_SEND = {
    (GenerationMode.NEGATIVE, path)
    for path in ("/kinds", "/devices/kinds", "/open", "/reports/{link}", "/cases/{number}")
}
# A point drawn at random lies nowhere near the district: queries that come past the first check.
IN_REACH = {"/locate": {"lon": 108.9210, "lat": 34.2746}}
KNOWN = {operation.path: operation for operation in operations()}
load_all_checks()
HELD = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)


class Browser:
    """Adds a person's session, and their page's token, to whatever is sent to the application."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.cookies: dict[str, str] = {}

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        if self.cookies:
            environ["HTTP_COOKIE"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            environ["HTTP_X_CSRFTOKEN"] = self.cookies["csrftoken"]
            for name in ("HTTP_AUTHORIZATION", "HTTP_X_API_KEY"):
                environ.pop(name, None)
        return self.application(environ, start)


@pytest.fixture
def described(stock: Stock) -> Iterator[Any]:
    """The description with our application behind it, as a client of another house would load it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)  # the test's transaction lives in this connection
    yield schemathesis.openapi.from_wsgi("/api/openapi.json", Browser(get_wsgi_application()))
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def raised() -> Iterator[list[str]]:
    """The tracebacks of what a view raised."""
    found: list[str] = []

    def note(**_: Any) -> None:
        found.append(traceback.format_exc())

    got_request_exception.connect(note)
    yield found
    got_request_exception.disconnect(note)


def places(stock: Stock, path: str) -> dict[str, list[str]]:
    """What the path's parameters may stand for: something in the state that the operation is for, and what there is not."""
    state = KNOWN[path].state if path in KNOWN else "received"
    return {
        "number": [stock.numbers[state], stock.numbers[state], "x", stock.numbers["closed"]],
        "link": [
            "abcdefgh",
            stock.asked_link if state == "asking" else stock.closed_link,
            stock.link,
            stock.closed_link,
        ],
        "rate": ["response", "solved", "x"],
        "external": ["X-1", "x"],
        "edition": ["1", "0", "99999999999999999999", "x"],
        "unit": ["1", "x"],
        "indicator": ["solved", "x"],
        "step": ["uphold", "x"],
        "task": ["1", "0"],
        "code": ["x"],
        "turn": ["1", "0"],
        "note_id": ["1", "0"],
    }


def cookies_of(client: Api) -> dict[str, str]:
    """The session, and a page's token that fits itself."""
    session = {name: morsel.value for name, morsel in client.client.cookies.items()}
    return session | {"csrftoken": "a" * 32} if session else {}


def try_out(
    operation: Any,
    mode: GenerationMode,
    known: dict[str, list[str]],
    good: dict[str, Any],
    raised: list[str],
) -> set[int]:
    """The statuses of an operation's answers; AssertionError with the request that was answered otherwise than described.

    Half of the bodies (or queries) are a ``good`` one with one field of the generated one: those come past the first check.
    """
    statuses: set[int] = set()

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode), which=st.integers(0, 3))
    def send(case: Any, which: int) -> None:
        for name in case.path_parameters or {}:
            case.path_parameters[name] = known[name][which % len(known[name])]
        if good and which % 2 and isinstance(case.body, dict):
            case.body = good | dict(list(case.body.items())[: which // 2])
        elif good and which % 2 and case.query and operation.method == "get":
            case.query = good | dict(list(case.query.items())[: which // 2])
        mark = transaction.savepoint()  # not atomic(): pictures are never decoded inside a transaction
        answer = case.call()
        transaction.savepoint_rollback(mark)
        statuses.add(answer.status_code)
        assert answer.status_code < 500, "\n".join([case.as_curl_command(), *raised[-1:]])
        case.validate_response(answer, checks=HELD)

    send()
    return statuses


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("signed_in", [False, True], ids=["anonymous", "signed-in"])
def test_whatever_is_sent_is_answered_as_described(
    described: Any,
    stock: Stock,
    as_login: Callable[..., Api],
    raised: list[str],
    signed_in: bool,
    mode: GenerationMode,
) -> None:
    tried: dict[str, set[int]] = {}
    wrong: list[str] = []
    jars: dict[str, dict[str, str]] = {"": {}}
    for result in described.get_all_operations():
        operation = result.ok()
        short = operation.path.removeprefix("/api")
        login = (KNOWN[short].login if short in KNOWN else "dispatcher") if signed_in else ""
        if login not in jars:
            jars[login] = cookies_of(as_login(login))
        described.app.cookies = jars[login]
        name = f"{operation.method.upper()} {short}"
        try:
            good = KNOWN[short].body(stock) if short in KNOWN else IN_REACH.get(short, {})
            tried[name] = try_out(operation, mode, places(stock, short), good, raised)
        except Unsatisfiable:
            assert (mode, short) in NOTHING_TO_SEND
        except (
            Exception,
            BaseExceptionGroup,
        ) as error:  # every operation is tried before the first finding is told
            wrong.append(name + "\n" + "".join(traceback.format_exception(error))[-1500:])
    assert not wrong, "\n\n".join(wrong)
    assert raised == []
    assert len(tried) >= 37
    # It came through: otherwise the session or the description would be what was tested.
    if mode == GenerationMode.POSITIVE:
        through = sum(any(status < 400 for status in statuses) for statuses in tried.values())
        assert through >= (35 if signed_in else 11), tried


def test_the_description_says_everything_a_client_needs() -> None:
    """Every operation: a summary of its own, the refusals it gives, an example of its body; every parameter by its sent name."""
    document = api.get_openapi_schema(path_prefix="/api/")
    found = [(path, method, one) for path, ways in document["paths"].items() for method, one in ways.items()]
    assert len(found) >= 40
    for path, method, operation in found:
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["summary"].lower() != path.rsplit("/", 1)[-1].replace("-", " "), where
        assert "429" in operation["responses"], where
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            assert content["application/json"]["example"], where
            assert {"400", "413", "422"} <= set(map(str, operation["responses"])), where
        assert all(
            "_key" not in parameter["name"]
            for parameter in operation.get("parameters", ())
            if parameter["in"] == "header"
        ), where
        assert any("content" in answer for answer in operation["responses"].values()), where
    keyed = [
        p["name"] for _path, _method, one in found for p in one.get("parameters", ()) if p["in"] == "header"
    ]
    assert keyed == ["Idempotency-Key"] * 2


@pytest.mark.parametrize("path", sorted(KNOWN))
def test_the_example_of_a_body_has_the_shape_it_is_an_example_of(path: str) -> None:
    import jsonschema_rs

    document = api.get_openapi_schema(path_prefix="/api/")
    content = document["paths"][f"/api{path}"]["post"]["requestBody"]["content"]["application/json"]
    shape = {**content["schema"], "components": document["components"]}
    jsonschema_rs.validator_for(shape).validate(content["example"])
