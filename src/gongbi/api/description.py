"""What the description says beyond the routers' own words: refusals, examples, shapes of answers that are made as bytes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema

from gongbi.api.examples import ANSWERS, BODIES, PARAMETERS

ABOUT = (
    "Report, follow, handle, check, judge, and read every rate with the matters behind it. "
    "上报、跟踪、处置、核查、评价，并查看每个指标及其背后的案件。\n\n"
    "* Staff operations take a key (`Authorization: Bearer …` or `X-API-Key: …`) or a signed-in session; with a session, requests that "
    "change something also need the page's CSRF token (`X-CSRFToken`).\n"
    "* Times are ISO 8601 with a zone; answers give them in local time with its offset.\n"
    "* Coordinates are CGCS2000 (EPSG:4490) degrees, longitude first, unless `crs` says otherwise.\n"
    "* Send an `Idempotency-Key` with each report: the same key gives the same receipt, however often it is sent.\n"
    "* Every refusal is `{code, message, article, field}`: a stable code, a sentence in the language of `Accept-Language` (Chinese, "
    "or English for `en`), the article that refuses, the field it belongs to.\n\n"
    "More in docs/api.md."
)
_ONE = {
    "type": "object",
    "title": "Refusal",
    "description": "What is wrong, where, and what to do.",
    "properties": {
        "code": {"type": "string", "description": "Stable; for programs."},
        "message": {"type": "string", "description": "A sentence in the reader's language."},
        "article": {
            "type": "string",
            "description": "The law, standard or duty item that refuses; may be empty.",
        },
        "field": {"type": "string", "description": "The input it belongs to; may be empty."},
        "errors": {
            "type": "array",
            "description": "With the code api.invalid: everything whose shape is wrong, the first one repeated above.",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("message", "field", "type")},
                "required": ["message", "field", "type"],
            },
        },
    },
    "required": ["code", "message", "article", "field"],
}
# Status → (what it means, an example).
REFUSALS: dict[str, tuple[str, dict[str, str]]] = {
    "400": ("The body cannot be read.", {"code": "api.http", "message": "请求内容读不懂：应为 UTF-8 编码的 JSON，见 /api/docs。"}),
    "401": ("No valid key and no session.", {"code": "scope.sign_in", "message": "请提供有效的密钥（Authorization: Bearer …），或先登录。"}),
    "403": ("Another role's, or a session without the page's token.", {"code": "scope.role", "message": "这个页面属于其他角色。请切换到有权限的岗位，或返回。"}),
    "404": ("There is none, or it is not the asker's to see.", {"code": "cases.not_there", "message": "没有这个案件，或不在您的权限内。"}),
    "409": ("Somebody changed it first.", {"code": "flow.stale", "message": "别人刚刚更改了这件事。请重新打开后再决定。"}),
    "413": ("The body is too large.", {"code": "api.too_large", "message": "请求内容太大，请分几次发送。"}),
    "422": ("A value or a rule refuses it; nothing was changed.", {"code": "territory.swapped", "message": "经度和纬度颠倒了。", "field": "lon"}),
    "429": ("Too often; the header Retry-After says when to try again.", {"code": "kernel.too_many", "message": "短时间内次数太多了，请在 1 分钟以后再试。"}),
}  # fmt: skip


class DescribedAPI(NinjaAPI):
    """The interface with its whole description."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        describe(document)
        return document


def describe(document: dict[str, Any]) -> None:
    """Add refusals, examples and shapes to every operation of an OpenAPI document."""
    parts = document["components"]
    _plain_pairs(parts["schemas"])
    parts["schemas"]["Refusal"] = _ONE
    parts["responses"] = {f"Refused{status}": _refusal(*told) for status, told in REFUSALS.items()}
    parts["responses"]["Refused429"]["headers"] = {
        "Retry-After": {
            "description": "In how many seconds it would pass.",
            "schema": {"type": "integer", "minimum": 1},
        }
    }
    document["tags"] = [
        {"name": "reports", "description": "For everybody: say, follow, answer, judge. 居民与外部系统：上报、跟踪、答复、评价。"},
        {"name": "cases", "description": "For staff: every step of a case. 工作人员：案件的每一步。"},
        {"name": "ground", "description": "Reference data: places, units, kinds. 基础数据：区划、单位、类别。"},
        {"name": "board", "description": "Rates and the rows behind them. 指标与明细。"},
    ]  # fmt: skip
    for path, operations in document["paths"].items():
        short = path.partition("/api")[2]
        for method, operation in operations.items():
            _describe_one(operation, short, method)


def _plain_pairs(node: Any) -> None:
    """Pairs as lists of two: many a generator of clients does not know ``prefixItems``."""
    if isinstance(node, dict):
        kinds = node.pop("prefixItems", None)
        if kinds is not None:
            node["items"] = kinds[0] if all(kind == kinds[0] for kind in kinds) else {"anyOf": kinds}
        for value in node.values():
            _plain_pairs(value)
    elif isinstance(node, list):
        for value in node:
            _plain_pairs(value)


def _refusal(words: str, example: dict[str, str]) -> dict[str, Any]:
    whole = {"code": "", "message": "", "article": "", "field": ""} | example
    return {
        "description": words,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}, "example": whole}
        },
    }


def _describe_one(operation: dict[str, Any], path: str, method: str) -> None:
    told = {"401", "429"}
    if operation.get("security") and "PostAuth" in {name for way in operation["security"] for name in way}:
        told |= {"403"}
    elif operation.get("security"):
        operation["security"].append({})  # nobody needs a key here
        told |= {"403"}
    if operation.get("parameters") or "requestBody" in operation:
        told |= {"422"}
    if "{" in path or path in ("/cases", "/reports"):
        told |= {"404"}
    if method == "post":
        told |= {"400", "413"}
    if method == "post" and path.startswith(("/cases/", "/reports/{")):
        told |= {"409"}
    for status in sorted(told):
        operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Refused{status}"})
    for parameter in operation.get("parameters", ()):
        words, example = PARAMETERS.get(parameter["name"], ("", None))
        if words and "description" not in parameter:
            parameter["description"] = words
        if example is not None:
            parameter["example"] = example
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if kind == "application/json" and path in BODIES:
            content["example"] = BODIES[path]
    if path in ANSWERS:
        good = next(status for status in operation["responses"] if str(status).startswith("2"))
        operation["responses"][good]["content"] = {"application/json": ANSWERS[path]}


class Docs(Swagger):
    """The page that people read: our own frame, every file from this house, the session's token for "try it out"."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """The page for one description."""
        values = self.settings | {"url": self.get_openapi_url(api, kwargs), "tryItOutEnabled": True}
        return render(request, "api/docs.html", {"settings": values, "api": api, "token": get_token(request)})
