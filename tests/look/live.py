"""A small stream of events, as the live process sends them, to try the island against."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

asked: list[str] = []  # what each connection said it had last
go_on = threading.Event()


def stream(request: HttpRequest) -> StreamingHttpResponse:
    last = request.headers.get("Last-Event-ID") or request.GET.get("last", "")
    asked.append(last)

    def events() -> Iterator[str]:
        yield "retry: 50\n\n"
        if last == "41":
            yield 'id: 42\ndata: {"topic": "case.accepted", "matter_id": 7, "words": "7 号案件已立案"}\n\n'
        elif last == "42":
            go_on.wait(5)
            yield 'id: 43\nevent: case.closed\ndata: {"matter_id": 7}\n\n'

    return StreamingHttpResponse(events(), content_type="text/event-stream")


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "tests_look/live.html")


_pieces = 0


def piece(request: HttpRequest) -> HttpResponse:
    global _pieces
    _pieces += 1
    return HttpResponse(f"<p>第 {_pieces} 次</p>")
