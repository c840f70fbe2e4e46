"""The gallery: every component in every state, for people who build pages and for the tests. Not there in production."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from gongbi.look import gallery_samples as samples
from gongbi.look.furniture import Turn
from gongbi.look.templatetags.look import said

View = Callable[..., HttpResponse]


def _only_here(view: View) -> View:
    """Only with ``DEBUG`` or ``LOOK_GALLERY``; otherwise there is no such page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (settings.DEBUG or getattr(settings, "LOOK_GALLERY", False)):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _context(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    pages = Paginator(range(1, 400), 20)
    wrong = samples.SampleForm({"words": "", "phone": "没有", "community": "9"})
    return {
        "now": now,
        "synthetic_data": True,
        "nav": samples.nav(),
        "posts": samples.posts(),
        "switch_href": "/",
        "logout_href": "/",
        "search_href": request.path,
        "matter": samples.MATTER,
        "states": [samples.HANDLING, samples.ASKED, samples.CLOSED],
        "deadlines": samples.deadlines(now),
        "steps": samples.STEPS,
        "pictures": samples.pictures(),
        "events": samples.events(now),
        "facts": samples.facts(),
        "rates": samples.rates(),
        "cases": samples.cases(),
        "tiles": samples.tiles(),
        "tabs": samples.tabs(),
        "found": samples.similar(),
        "form": samples.SampleForm(prefix="new"),
        "wrong": wrong,
        "page": pages.get_page(request.GET.get("page", 7)),
        "turn": Turn("?before=1", "?after=2", 20),
        "letters": [("a", ("办好了", "Done")), ("r", ("问一下", "Ask"))],
        "rows": range(1, 9),
        "number": samples.MATTER.number,
        "printed_at": now,
    }


@_only_here
def show(request: HttpRequest) -> HttpResponse:
    return render(request, "look/gallery.html", _context(request))


@_only_here
def drawings(request: HttpRequest) -> HttpResponse:
    """The page of the desk with its maps and charts, apart because they are heavy."""
    return render(request, "look/gallery_drawings.html", _context(request))


@_only_here
def public(request: HttpRequest) -> HttpResponse:
    return render(request, "look/gallery_public.html", _context(request))


@_only_here
def paper(request: HttpRequest) -> HttpResponse:
    return render(request, "look/gallery_print.html", _context(request))


@_only_here
def queue(request: HttpRequest) -> HttpResponse:
    return render(request, "look/gallery_queue.html", _context(request))


@_only_here
def queue_item(request: HttpRequest, number: int) -> HttpResponse:
    context = _context(request) | {"number": number}
    return render(request, "look/gallery_queue_item.html", context)


@_only_here
def outlines(request: HttpRequest) -> HttpResponse:
    return JsonResponse(samples.OUTLINES)


@_only_here
def points(request: HttpRequest) -> HttpResponse:
    return JsonResponse(samples.POINTS)


@_only_here
def locate(request: HttpRequest) -> HttpResponse:
    lon, lat = float(request.GET["lon"]), float(request.GET["lat"])
    for feature in samples.OUTLINES["features"]:
        ring = feature["geometry"]["coordinates"][0]  # type: ignore[index]
        if ring[0][0] <= lon <= ring[1][0] and ring[0][1] <= lat <= ring[3][1]:
            return JsonResponse({"words": feature["properties"]["name"], "inside": True})  # type: ignore[index]
    return JsonResponse({"words": _("Outside the district"), "inside": False})


@_only_here
def similar(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("new-words", "")
    found = samples.similar() if said(("垃圾", "refuse")) in words.lower() else []
    return render(request, "look/components/similar.html", {"found": found})


@_only_here
def error(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, f"{status}.html", status=status)
