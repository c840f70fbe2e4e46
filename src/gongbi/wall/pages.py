"""The wall, for whoever leads or directs; the same for a screen that hangs in a room; and the screens themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.insight.catalogue import rates
from gongbi.insight.config import current as rules_in_force
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused, in_full
from gongbi.kernel.scope.viewer import SECURITY, Viewer
from gongbi.look.house import district_words
from gongbi.territory import queries as territory
from gongbi.wall import actions, links, queries
from gongbi.wall.rules import LAYERS, PASS, RATES, SESSION, WHOLE, rolled, total, warnings
from gongbi.wall.scope import KEEPERS, ROLES, of_screen, scope_of
from gongbi.wall.words import TEXTS

COOKIE = "gongbi_wall"
KEPT = 400 * 24 * 3600  # s: as long as browsers keep a cookie
STAFF, SCREEN = "wall", "wall:screen"
View = Callable[..., HttpResponse]


def _viewer(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


def _screen(request: HttpRequest) -> Viewer:
    """As whom the screen with this cookie reads. Errors: NotThere. That it is on is noted now and then."""
    found = queries.screen_by(request.COOKIES.get(COOKIE, ""), viewer=_viewer(request))
    actions.seen(found, at=timezone.now())
    return of_screen(found)


def _unkept(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer


# --- For whoever leads or directs -----------------------------------------------------------------------------------------


@require_safe
@scope.endpoint("wall", roles=ROLES)
def wall(request: HttpRequest) -> HttpResponse:
    """The wall of the own places."""
    return _wall(request, _viewer(request), screen=False)


@require_safe
@scope.endpoint("wall.pass", roles=ROLES)
def renew(request: HttpRequest) -> HttpResponse:
    """Another pass to the live line for whoever is still signed in."""
    return _json(_passed(_viewer(request), screen=False))


@require_safe
@scope.endpoint("wall.now", roles=ROLES)
def now(request: HttpRequest) -> HttpResponse:
    """The figures as they are now."""
    return _json(queries.snapshot(_viewer(request), at=timezone.now()))


@require_safe
@scope.endpoint("wall.day", roles=ROLES)
def day(request: HttpRequest, day: date) -> HttpResponse:
    """A past day, ready to be played."""
    return _answer(lambda: queries.day(_viewer(request), day))


@require_safe
@scope.endpoint("wall.shapes", roles=ROLES)
def shapes(request: HttpRequest, day: date) -> HttpResponse:
    """The boundaries of a day."""
    return _answer(lambda: queries.shapes(_viewer(request), parent=request.GET.get("in", ""), on=day))


# --- For a screen ---------------------------------------------------------------------------------------------------------


@require_safe
@scope.endpoint("wall.screen_link", roles=scope.ANYONE)
@sensitive_variables("secret")
def screen_link(request: HttpRequest, secret: str) -> HttpResponse:
    """The link of a screen, opened on it once: from then on the cookie is the permission, and no secret stands in the address."""
    queries.screen_by(secret, viewer=_viewer(request))
    answer = HttpResponseRedirect(reverse("wall:screen"))
    answer.set_cookie(
        COOKIE, secret, max_age=KEPT, path=reverse("wall:screen"), httponly=True, samesite="Lax", secure=request.is_secure()
    )  # fmt: skip
    answer["Referrer-Policy"] = "no-referrer"
    return _unkept(answer)


@require_safe
@scope.endpoint("wall.screen", roles=scope.ANYONE)
def screen(request: HttpRequest) -> HttpResponse:
    """The wall of a screen's place."""
    viewer = _screen(request)
    answer = _wall(request, viewer, screen=True)
    # Each opening keeps the cookie for another year: a screen is not to be climbed to.
    answer.set_cookie(
        COOKIE, request.COOKIES[COOKIE], max_age=KEPT, path=reverse("wall:screen"), httponly=True, samesite="Lax",
        secure=request.is_secure(),
    )  # fmt: skip
    return answer


@require_safe
@scope.endpoint("wall.screen_pass", roles=scope.ANYONE)
def screen_renew(request: HttpRequest) -> HttpResponse:
    """Another pass, while the screen is not taken back."""
    return _answer(lambda: _passed(_screen(request), screen=True))


@require_safe
@scope.endpoint("wall.screen_now", roles=scope.ANYONE)
def screen_now(request: HttpRequest) -> HttpResponse:
    """The figures as they are now."""
    return _answer(lambda: queries.snapshot(_screen(request), at=timezone.now()))


@require_safe
@scope.endpoint("wall.screen_day", roles=scope.ANYONE)
def screen_day(request: HttpRequest, day: date) -> HttpResponse:
    """A past day of the screen's place."""
    return _answer(lambda: queries.day(_screen(request), day))


@require_safe
@scope.endpoint("wall.screen_shapes", roles=scope.ANYONE)
def screen_shapes(request: HttpRequest, day: date) -> HttpResponse:
    """The boundaries of a day in the screen's place."""
    return _answer(lambda: queries.shapes(_screen(request), parent=request.GET.get("in", ""), on=day))


# --- What both are made of --------------------------------------------------------------------------------------------------


def _wall(request: HttpRequest, viewer: Viewer, *, screen: bool) -> HttpResponse:
    at = timezone.now()
    today = timezone.localdate(at)
    snapshot = queries.snapshot(viewer, at=at)
    places = scope_of(viewer)
    drawn = queries.shapes(viewer, parent="", on=today)["features"]
    names = {one["properties"]["code"]: one["properties"]["name"] for one in drawn}
    playable = queries.days(viewer)
    home = SCREEN if screen else STAFF
    base = "wall:screen_" if screen else "wall:"
    sums = rolled(snapshot["cells"], names)
    known = {rate.code: rate for rate in rates(rules_in_force())}
    data = {
        "scope": list(places),
        "whole": any(len(code) <= WHOLE for code in places),
        "title": _title(places, today),
        "layers": list(LAYERS),
        "snapshot": snapshot,
        "pass": _passed(viewer, screen=screen),
        "today": today.isoformat(),
        "days": [one.isoformat() for one in playable] if playable else None,
        "names": queries.names(viewer, on=today) | names,
        "kinds": {code: list(name) for code, name in queries.kinds(viewer).items()},
        "rates": [
            {
                "code": code,
                "words": list(known[code].words),
                "below": list(known[code].below_words),
                "better": known[code].better,
                "fewest": rules_in_force().fewest,
            }
            for code in RATES
        ],
        "urls": {
            "pass": reverse(base + "pass"),
            "now": reverse(base + "now"),
            "day": reverse(base + "day", args=[today]).replace(today.isoformat(), "DAY"),
            "shapes": reverse(base + "shapes", args=[today]).replace(today.isoformat(), "DAY"),
            "list": "" if screen else reverse("desk:queue", args=["open"]),
            "case": "" if screen else reverse("desk:case_key", args=[0]).removesuffix("0"),
            "board": "" if screen else reverse("board:board"),
            "incident": "" if screen else reverse("incidents:incident", args=["NUMBER"]),
            "whistle": "" if screen else reverse("command:whistle", args=["NUMBER"]),
            "order": "" if screen else reverse("command:order", args=["NUMBER"]),
        },
    }
    context = {
        "t": TEXTS, "data": data, "screen": screen, "title": data["title"], "now": at, "home": home.split(":")[0],
        "rows": [(names[code], sums[code], warnings(sums[code])) for code in sorted(names)],
        "total": total(snapshot["cells"].values()),
        "synthetic_data": any(one["properties"]["synthetic"] for one in drawn),
        "rates": [known[code] for code in RATES],
    }  # fmt: skip
    return _unkept(render(request, "wall/wall.html", context))


def _title(places: Sequence[str], today: date) -> str:
    names = territory.names(list(places), on=today)
    found = [names[code] for code in places if code in names]
    return "、".join(found[:3]) if found else in_full(district_words(), {})


def _passed(viewer: Viewer, *, screen: bool) -> str:
    """A screen shows its pass again every ten minutes. Somebody's page has one for as long as every page follows the house: asking again
    by itself would keep a session awake in which nobody touches anything.
    """
    now = timezone.now()
    lasts = PASS if screen else SESSION
    if viewer.acting is not None:  # a deputy's ends with the other's absence
        lasts = min(lasts, viewer.acting.until - now)
    return links.write(scope_of(viewer), at=now, lasts=lasts)


def _json(value: Any, status: int = 200) -> HttpResponse:
    return _unkept(
        JsonResponse(value, safe=False, status=status, json_dumps_params={"separators": (",", ":")})
    )


def _answer(asked: Callable[[], Any]) -> HttpResponse:
    """As JSON; what is not there, in words."""
    try:
        return _json(asked())
    except NotThere as none:
        return _json({"code": none.code, "message": none.message}, none.status)


# --- Screens, hung up and taken back ---------------------------------------------------------------------------------------


@require_safe
@scope.endpoint("wall.screens", roles=KEEPERS)
def screens(request: HttpRequest) -> HttpResponse:
    """Every screen: where it hangs, what it shows, when it was last on."""
    return _screens(request, {})


@require_POST
@scope.endpoint("wall.screen_new", roles={SECURITY})
@sensitive_variables("secret", "link")
def screen_new(request: HttpRequest) -> HttpResponse:
    """Make a link; it stands on the page that answers, and nowhere else."""
    name, code = request.POST.get("name", ""), request.POST.get("code", "")
    try:
        made, secret = actions.make_screen(name=name, code=code, viewer=_viewer(request), at=timezone.now())
    except Refused as refusal:
        more = {"wrong": {refusal.field: refusal.message}, "typed": {"name": name[:60], "code": code}}
        return _screens(request, more, status=refusal.status)
    link = request.build_absolute_uri(reverse("wall:screen_link", args=[secret]))
    return _screens(request, {"made": made, "link": link})


@require_http_methods(["POST"])
@scope.endpoint("wall.screen_end", roles={SECURITY})
def screen_end(request: HttpRequest, screen: int) -> HttpResponse:
    """Take a link back."""
    done = actions.end_screen(screen, viewer=_viewer(request), at=timezone.now())
    messages.success(request, in_full(TEXTS["taken_back"], {"name": done.name}))
    return HttpResponseRedirect(reverse("wall:screens"))


def _screens(request: HttpRequest, more: dict[str, Any], *, status: int = 200) -> HttpResponse:
    viewer, at = _viewer(request), timezone.now()
    found = queries.screens(viewer)
    places = [
        one
        for level in ("district", "street", "community")
        for one in territory.divisions(level=level, on=at)
    ]
    names = {one.code: one.name for one in places}
    context = {
        "t": TEXTS, "now": at, "rows": [(one, names.get(one.territory, one.territory)) for one in found],
        "places": sorted((one.code, one.name, len(one.code)) for one in places), "keeps": viewer.role == SECURITY, "typed": {}, "wrong": {},
    }  # fmt: skip
    return _unkept(render(request, "wall/screens.html", context | more, status=status))
