"""Requests that cannot be read at all: no JSON, broken uploads, too much of everything. A sentence for each, never a 500."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import HttpError

from gongbi.kernel.errors import in_language

Words = tuple[str, str]
_BODY: Words = (
    "请求内容读不懂：应为 UTF-8 编码的 JSON，见 /api/docs。",
    "The body cannot be read: it should be JSON in UTF-8, see /api/docs.",
)
_BY_STATUS: dict[int, Words] = {
    400: _BODY,
    403: (
        "页面的安全标记缺失或已过期，请刷新页面后再试。",
        "The page's security token is missing or has run out. Reload the page and try again.",
    ),
    413: ("请求内容太大，请分几次发送。", "The request is too large; send it in several parts."),
}
_ELSE: Words = ("请求未能受理。", "The request could not be taken.")
_BROKEN: list[tuple[type[Exception], int, str, Words]] = [
    (RequestDataTooBig, 413, "api.too_large", _BY_STATUS[413]),
    (TooManyFieldsSent, 400, "api.too_many", ("表单字段太多。", "The form has too many fields.")),
    (
        TooManyFilesSent,
        400,
        "api.too_many",
        ("一次发送的文件太多，请分几次发送。", "Too many files at once; send them in several parts."),
    ),
    (
        MultiPartParserError,
        400,
        "api.upload",
        ("上传的内容不完整或格式不对，请重新发送。", "The upload is incomplete or malformed; send it again."),
    ),
    (
        UnreadablePostError,
        400,
        "api.upload",
        ("上传中断，请重新发送。", "The upload was cut off; send it again."),
    ),
    (SuspiciousOperation, 400, "api.http", _BODY),
    (BadRequest, 400, "api.http", _BODY),
]


def register(api: NinjaAPI) -> None:
    """Give ``api`` an answer of its usual shape for everything that a client can break."""

    def answer(request: HttpRequest, status: int, code: str, words: Words) -> HttpResponse:
        body = {"code": code, "message": in_language(words), "article": "", "field": ""}
        return api.create_response(request, body, status=status)

    def plain(request: HttpRequest, error: HttpError) -> HttpResponse:
        return answer(request, error.status_code, "api.http", _BY_STATUS.get(error.status_code, _ELSE))

    api.add_exception_handler(HttpError, plain)  # type: ignore[arg-type]
    for kind, status, code, words in _BROKEN:

        def broken(
            request: HttpRequest, error: Any, told: tuple[int, str, Words] = (status, code, words)
        ) -> HttpResponse:
            return answer(request, *told)

        api.add_exception_handler(kind, broken)
