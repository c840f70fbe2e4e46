"""The app's frame: one page without anybody's data, the service worker, the manifest. All of it may be kept on any phone."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from gongbi.kernel import scope
from gongbi.look import assets
from gongbi.look.house import district_words

ENTRY, WORKER = "field/app", "field-worker.js"
# Dictation on the phone needs the microphone; no other page of the house may ask for it.
PERMISSIONS = "camera=(self), geolocation=(self), microphone=(self), payment=(), usb=(), browsing-topics=()"
ICONS = ("field/icon-192.png", "field/icon-512.png")


def _static(name: str) -> str:
    """Its address; by its plain name where the static files were not collected."""
    try:
        return static(name)
    except ValueError:
        return f"{settings.STATIC_URL}{name}"


def _kept() -> list[str]:
    """Everything that the first start needs, so that the next needs no line."""
    entry = assets.entry(ENTRY)
    if entry is None:
        return []
    files = [entry.script, *entry.imports, *entry.styles]
    return [
        reverse("field:app"),
        reverse("field:manifest"),
        *(file.url for file in files),
        *map(_static, ICONS),
    ]


@require_safe
@scope.endpoint("field.app", roles=scope.ANYONE)
def shell(request: HttpRequest) -> HttpResponse:
    """The same page for everybody; who is signed in the app asks for itself.

    Opened by a person, it has the browser fetch the bundle beside the script; the service worker, which keeps the page, gets it without.
    """
    context = {
        "touch_icon": _static(ICONS[0]),
        "district": district_words(),
        "opened": request.headers.get("Sec-Fetch-Dest") == "document",
    }
    answer = render(request, "field/app.html", context)
    answer["Cache-Control"] = "no-cache"
    answer["Permissions-Policy"] = PERMISSIONS
    return answer


@require_safe
@scope.endpoint("field.worker", roles=scope.ANYONE)
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker with the list of what it keeps; a new build is a new list, and the browser notices."""
    path = assets.BUILT / WORKER
    code = path.read_text("utf-8") if path.exists() else ""
    kept = _kept()
    version = hashlib.sha256(("\n".join(kept) + code).encode()).hexdigest()[:12]
    head = f"self.__KEPT__ = {json.dumps({'version': version, 'files': kept})};\n"
    answer = HttpResponse(head + code, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    answer["Service-Worker-Allowed"] = reverse("field:app")
    return answer


@require_safe
@scope.endpoint("field.manifest", roles=scope.ANYONE)
def manifest(request: HttpRequest) -> HttpResponse:
    """What the home screen shows."""
    english = (get_language() or "").startswith("en")
    place = district_words()[1 if english else 0]
    told: dict[str, Any] = {
        "name": f"{place} · Grid worker" if english else f"{place}网格员",
        "short_name": "Grid" if english else "网格员",
        "lang": "en" if english else "zh-Hans",
        "id": reverse("field:app"),
        "start_url": reverse("field:app"),
        "scope": reverse("field:app"),
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#faf8f3",
        "theme_color": "#1f5f8b",
        "icons": [
            {"src": _static(name), "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any maskable"}
            for name, size in zip(ICONS, (192, 512), strict=True)
        ],
        "shortcuts": [{"name": "Report" if english else "上报", "url": reverse("field:app") + "#/report"}],
    }
    return JsonResponse(
        told, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False}
    )
