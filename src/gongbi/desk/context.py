"""For pages that other rooms hang under ``/desk/``: the side navigation without asking for it (a context processor)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from gongbi.desk.frame import READERS, navigation, synthetic, where
from gongbi.kernel.scope.viewer import PUBLIC


def around(request: HttpRequest) -> dict[str, Any]:
    """``nav`` (made only when a page shows it) and ``search_href``; nothing for residents and visitors."""
    viewer = getattr(request, "viewer", PUBLIC)
    if not viewer.is_staff:
        return {}
    match = request.resolver_match
    here = match.view_name if match is not None else ""
    nav = SimpleLazyObject(lambda: navigation(viewer, here, timezone.now()))
    return {
        "nav": nav,
        "search_href": where("desk:search") if viewer.role in READERS else "",
        "synthetic_data": SimpleLazyObject(lambda: synthetic(viewer)),
    }
