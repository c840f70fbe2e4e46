"""Alerts for everybody: those in force in words, the Atom feed, and one CAP file each. Only real ones: a drill's never leaves the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from gongbi.incidents import cap, queries, words
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, in_language
from gongbi.kernel.scope.viewer import PUBLIC
from gongbi.resident.pages.common import district_name

T = words.TEXTS
SHAPES = {1: "late", 2: "soon", 3: "ring", 4: "info"}  # the shape alone tells the four apart


@dataclass(frozen=True, slots=True)
class Standing:
    """One alert in force, in the reader's language."""

    told: cap.Told
    level: tuple[str, str]
    tone: str
    shape: str
    identifier: str
    sent_at: datetime
    expires_at: datetime


def standing(at: datetime) -> list[Standing]:
    """What holds now, the highest first."""
    language = "en" if (get_language() or "").startswith("en") else "zh-CN"
    return [
        Standing(
            cap.told(one.body, language), words.COLOURED[one.level], f"level{one.level}", SHAPES[one.level], one.identifier, one.sent_at,
            one.expires_at,
        )
        for one in queries.in_force(at=at)
    ]  # fmt: skip


@require_safe
@scope.endpoint("resident.alerts", roles=scope.ANYONE)
def alerts(request: HttpRequest) -> HttpResponse:
    """What holds now, where, and what to do; nothing that was lifted or ran out."""
    now = timezone.now()
    context = {"t": T, "now": now, "alerts": standing(now), "district": district_name()}
    answer = render(request, "resident/alerts.html", context)
    answer["Cache-Control"] = "no-cache"
    return answer


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
