"""Alerts for everybody: the Atom feed, and one CAP file each. Only real ones: a drill's never leaves the house."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from gongbi.incidents import cap, queries
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, in_language
from gongbi.kernel.scope.viewer import PUBLIC


@require_safe
@scope.endpoint("resident.alerts_feed", roles=scope.ANYONE)
def feed(request: HttpRequest) -> HttpResponse:
    """The last fifty messages, newest first; each leads to its file."""
    found = queries.public_feed()
    address = request.build_absolute_uri(reverse("resident:alerts_feed"))
    listed = [
        cap.Listed(
            one.identifier, in_language(one.words), f"{one.msg_type} · {one.identifier}", timezone.localtime(one.sent_at),
            request.build_absolute_uri(reverse("resident:alert", args=[one.identifier])),
        )
        for one in found
    ]  # fmt: skip
    updated = timezone.localtime(found[0].sent_at if found else timezone.now())
    name = in_language(settings.DISTRICT_NAME)
    title = in_language((f"{name}预警信息", f"Alerts of {name}"))
    body = cap.feed(title=title, address=address, author=name, messages=listed, updated=updated)
    answer = HttpResponse(body, content_type="application/atom+xml; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=30"
    return answer


@require_safe
@scope.endpoint("resident.alert", roles=scope.ANYONE)
def message(request: HttpRequest, identifier: str) -> HttpResponse:
    """One message as it was sent; it never changes. Of a drill there is none, whoever asks."""
    found = queries.alert_file(identifier, PUBLIC)
    if found.drill:
        raise NotThere("incidents.alert", ("没有这条预警信息。", "There is no such alert."))
    answer = HttpResponse(found.body.encode(), content_type=f"{cap.MIME}; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=86400, immutable"
    return answer
