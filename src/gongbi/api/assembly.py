"""The HTTP interface: every room's routers under one description, refusals as sentences, keys or a signed-in session."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, ValidationError

from gongbi.api import unreadable
from gongbi.api.description import ABOUT, DescribedAPI, Docs
from gongbi.api.ground import router as ground_router
from gongbi.api.render import Json
from gongbi.api.words import of_validation
from gongbi.bulletin.api import public_router as open_router
from gongbi.bulletin.api import router as bulletin_router
from gongbi.cases.api import public_router, staff_router
from gongbi.command.api import router as command_router
from gongbi.evaluation.api import router as evaluation_router
from gongbi.incidents.api import router as incident_router
from gongbi.insight.api import router as board_router
from gongbi.kernel.errors import Refused, TooMany
from gongbi.kernel.scope import ANYONE, endpoints
from gongbi.roster.api import router as roster_router
from gongbi.warning.api import router as warning_router

api = DescribedAPI(
    title="Gongbi 工笔", version="1", description=ABOUT, urls_namespace="api", renderer=Json(), docs=Docs()
)
api.add_router("", public_router)
api.add_router("", staff_router)
api.add_router("", ground_router)
api.add_router("", board_router)
api.add_router("", warning_router)
api.add_router("", incident_router)
api.add_router("", evaluation_router)
api.add_router("", command_router)
api.add_router("", roster_router)
api.add_router("", bulletin_router)
api.add_router("", open_router)
# A face beside this one: known by name, so that neither imports the other.
api.add_router("", "gongbi.channels.devices.api.router")
api.add_router("", "gongbi.channels.nets.api.router")
endpoints.module("ninja", roles=ANYONE, why="the description of the interface itself")


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """What refused it, in the reader's language."""
    status = 401 if error.code == "scope.sign_in" else error.status
    answer = api.create_response(
        request,
        {"code": error.code, "message": error.message, "article": error.article, "field": error.field},
        status=status,
    )
    if isinstance(error, TooMany):
        answer["Retry-After"] = str(error.after)
    return answer


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Input that does not have the described shape: the first thing wrong as the sentence, all of them in ``errors``."""
    found: list[dict[str, Any]] = [of_validation(item) for item in error.errors]
    first = found[0] if found else {"message": "", "field": ""}
    body = {
        "code": "api.invalid",
        "message": first["message"],
        "article": "",
        "field": first["field"],
        "errors": found,
    }
    return api.create_response(request, body, status=422)


@api.exception_handler(AuthenticationError)
def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """No key, or one that does not hold."""
    from gongbi.kernel.errors import in_language

    message = in_language(
        (
            "请提供有效的密钥（Authorization: Bearer …），或先登录。",
            "Give a valid key (Authorization: Bearer …), or sign in first.",
        )
    )
    return api.create_response(
        request, {"code": "scope.sign_in", "message": message, "article": "", "field": ""}, status=401
    )


unreadable.register(api)
