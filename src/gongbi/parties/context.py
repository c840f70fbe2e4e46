"""What every page may use about who is asking: ``viewer``, ``posts``, ``switch_href``, ``logout_href``, sign-in facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from gongbi.kernel.scope.viewer import PUBLIC
from gongbi.parties import queries, rules
from gongbi.parties.signin import setting
from gongbi.parties.words import role_name


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the post switcher."""

    id: int
    words: str
    current: bool


def who(request: HttpRequest) -> dict[str, Any]:
    """Context processor. The posts are looked up only when a page shows them."""
    viewer = getattr(request, "viewer", PUBLIC)
    values: dict[str, Any] = {
        "viewer": viewer,
        "failures": rules.FAILURES,
        "minutes": rules.WINDOW.seconds // 60,
    }
    if viewer.account_id is not None:
        values |= {
            "posts": SimpleLazyObject(lambda: _choices(request)),
            "switch_href": reverse("account_post"),
            "logout_href": reverse("account_logout"),
        }
    else:
        values["OPENID"] = _openid()
    return values


def _choices(request: HttpRequest) -> list[Choice]:
    current = request.viewer.post_id  # type: ignore[attr-defined]
    return [
        Choice(
            post.id, f"{_('Standing in')}: {words}" if post.deputy is not None else words, post.id == current
        )
        for post in queries.posts_of(request.user, timezone.now())  # type: ignore[arg-type]
        for words in (f"{post.unit.label} · {role_name(post.role)}",)
    ]


def _openid() -> dict[str, str]:
    for app in setting("SOCIALACCOUNT_PROVIDERS").get("openid_connect", {}).get("APPS", ()):
        href = reverse("openid_connect_login", kwargs={"provider_id": app["provider_id"]})
        return {"name": app["name"], "href": href}
    return {}
