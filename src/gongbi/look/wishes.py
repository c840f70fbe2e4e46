"""What a person wants to see: light or dark, text size. Kept in cookies, so that the first byte of a page is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

THEMES: Final = ("auto", "light", "dark")
SIZES: Final = ("normal", "large", "elder")
KEPT_SECONDS: Final = 60 * 60 * 24 * 365


@dataclass(frozen=True, slots=True)
class Wishes:
    theme: str = "auto"
    size: str = "normal"


def of(request: HttpRequest | None) -> Wishes:
    """The wishes in the request's cookies; what is unknown there counts as not said."""
    if request is None:
        return Wishes()
    theme, size = request.COOKIES.get("gongbi_theme", ""), request.COOKIES.get("gongbi_size", "")
    return Wishes(theme if theme in THEMES else "auto", size if size in SIZES else "normal")
