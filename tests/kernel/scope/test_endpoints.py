"""Who may enter which door: guarded where declared, listed where not."""

from __future__ import annotations

import json
import types

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import URLResolver, include, path, re_path
from django.urls.resolvers import RegexPattern
from django.views import View
from ninja import NinjaAPI, Schema

from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden
from gongbi.kernel.scope import endpoints
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import PUBLIC, Viewer


class Said(Schema):
    text: str


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> URLResolver:
    """A small product: a page, a class, an API with two methods on one path, a library, and one forgotten door."""
    monkeypatch.setattr(endpoints, "_endpoints", {})
    monkeypatch.setattr(endpoints, "_modules", {})

    @scope.endpoint("desk.queue", roles={roles.DISPATCHER})
    def queue(request: HttpRequest) -> HttpResponse:
        return HttpResponse("queue")

    @scope.endpoint("desk.board", roles={roles.MANAGER, roles.AUDITOR})
    class Board(View):
        def get(self, request: HttpRequest, page: int) -> HttpResponse:
            return HttpResponse(f"board {page}")

    api = NinjaAPI(urls_namespace="scope-test", openapi_url=None, docs_url=None)

    @api.get("/cases/{number}")
    @scope.endpoint("api.case", roles={roles.INTEGRATOR, roles.DISPATCHER})
    def case(request: HttpRequest, number: int) -> dict[str, int]:
        return {"number": number}

    @api.post("/cases/{number}")
    @scope.endpoint("api.case.say", roles={roles.INTEGRATOR})
    def say(request: HttpRequest, number: int, said: Said) -> dict[str, str]:
        return {"text": said.text}

    @api.get("/forgotten")
    def forgotten_operation(request: HttpRequest) -> dict[str, str]:
        return {}

    def forgotten(request: HttpRequest) -> HttpResponse:
        return HttpResponse("open")

    def foreign(request: HttpRequest) -> HttpResponse:
        return HttpResponse("sign in")

    foreign.__module__ = "library.account.views"
    scope.module("library.account", roles=scope.ANYONE, why="guards itself")
    patterns = types.SimpleNamespace(
        urlpatterns=[
            path("desk/", include([path("queue", queue), path("board/<int:page>", Board.as_view())])),
            path("api/", api.urls),
            path("login", foreign),
            re_path(r"^old$", forgotten),
        ]
    )
    return URLResolver(RegexPattern(r"^/"), patterns)


def request(role: str, path: str = "/", **more: object) -> HttpRequest:
    made = RequestFactory().get(path)
    made.viewer = Viewer(actor="post:1", role=role, **more) if role else PUBLIC  # type: ignore[attr-defined,arg-type]
    return made


def test_a_door_without_a_declaration_is_listed(site: URLResolver) -> None:
    assert scope.undeclared(site) == ["* ^old$", "* api/", "GET api/forgotten"]


def test_the_matrix_has_every_door_and_every_role(site: URLResolver) -> None:
    cells = scope.matrix(site)
    allowed = {}
    for cell in cells:
        allowed.setdefault((cell.method, cell.endpoint), set()).update({cell.role} if cell.allowed else ())
    assert allowed == {
        ("*", "desk.queue"): {roles.DISPATCHER},
        ("*", "desk.board"): {roles.MANAGER, roles.AUDITOR},
        ("GET", "api.case"): {roles.INTEGRATOR, roles.DISPATCHER},
        ("POST", "api.case.say"): {roles.INTEGRATOR},
        ("*", "module:library.account"): set(scope.ANYONE),
    }
    assert len(cells) == 5 * len(endpoints.MATRIX_ROLES)


@pytest.mark.parametrize("role", endpoints.MATRIX_ROLES)
def test_the_matrix_says_what_the_doors_do(role: str, site: URLResolver) -> None:
    """Every cell is tried: a declaration that were not enforced would show here."""
    urls = {"desk.queue": "/desk/queue", "desk.board": "/desk/board/3", "api.case": "/api/cases/3"}
    for cell in scope.matrix(site):
        if cell.role != role or cell.endpoint not in urls:
            continue
        made = request(role, urls[cell.endpoint])
        match = site.resolve(made.path)
        if cell.allowed:
            assert match.func(made, *match.args, **match.kwargs).status_code == 200
        else:
            with pytest.raises(Forbidden):
                match.func(made, *match.args, **match.kwargs)


@pytest.mark.parametrize(
    ("role", "account", "code"),
    [("", None, "scope.sign_in"), ("", 5, "scope.no_post"), (roles.CLERK, 5, "scope.role")],
)
def test_the_refusal_says_what_to_do(role: str, account: int | None, code: str, site: URLResolver) -> None:
    made = request("")
    made.viewer = Viewer(actor="x", role=role, account_id=account)  # type: ignore[attr-defined]
    with pytest.raises(Forbidden) as refused:
        site.resolve("/desk/queue").func(made)
    assert refused.value.code == code


def test_a_request_without_a_viewer_is_a_visitor(site: URLResolver) -> None:
    with pytest.raises(Forbidden) as refused:
        site.resolve("/desk/queue").func(RequestFactory().get("/"))
    assert refused.value.code == "scope.sign_in"


def test_an_api_operation_keeps_its_parameters_through_the_guard(site: URLResolver) -> None:
    made = RequestFactory().post("/api/cases/7", {"text": "好"}, content_type="application/json")
    made.viewer = Viewer(actor="key:1", role=roles.INTEGRATOR)  # type: ignore[attr-defined]
    match = site.resolve("/api/cases/7")
    assert json.loads(match.func(made, **match.kwargs).content) == {"text": "好"}


def test_an_unknown_role_or_a_name_declared_twice_is_a_mistake(site: URLResolver) -> None:
    with pytest.raises(ValueError, match="king"):
        scope.endpoint("x", roles={"king"})

    def other(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    with pytest.raises(ValueError, match="twice"):
        scope.endpoint("desk.queue", roles={roles.CLERK})(other)


def test_an_asynchronous_view_cannot_be_guarded_by_mistake() -> None:
    async def later(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    with pytest.raises(TypeError, match="asynchronous"):
        scope.endpoint("later", roles={roles.CLERK})(later)
