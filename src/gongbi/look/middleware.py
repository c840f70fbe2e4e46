"""A rule that refuses answers as a page (or a piece of one) in the reader's words; nothing else needs to catch it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from gongbi.kernel.errors import Refused
from gongbi.look.methods import WrongMethod
from gongbi.look.pages import refused


class RefusalPages:
    """Turns :class:`~gongbi.kernel.errors.Refused` that left a page's view into the page that says why.

    Pages that can show the refusal beside its field catch it themselves; the API has its own handler.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code != 405 or answer.content:
            return answer
        # The library's own answer is an empty page: somebody reloaded what a button had sent.
        page = refused(request, WrongMethod(request.method or ""))
        page["Allow"] = answer["Allow"]
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refused(request, exception) if isinstance(exception, Refused) else None
