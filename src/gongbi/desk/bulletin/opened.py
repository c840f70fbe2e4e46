"""Open data at the desk: what waits, what was published; and the settings of both."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.bulletin import actions, queries, queries_open, rules, words
from gongbi.bulletin.models import Release
from gongbi.bulletin.opendata import OUTCOMES
from gongbi.bulletin.settings import DEFAULTS, LONGEST
from gongbi.bulletin.shape import said
from gongbi.bulletin.shown import is_english
from gongbi.desk.frame import KEEPERS, viewer_of
from gongbi.desk.pages.common import show
from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden, NotThere, Refused, in_language
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import ADMIN, MANAGER
from gongbi.look.furniture import Cell, Column, Fact, Table
from gongbi.look.templatetags.look import state

HERE = "bulletins:open"
ROLES = frozenset({roles.MANAGER, roles.AUDITOR})
LEADERS = frozenset({roles.MANAGER})
T = words.TEXTS


@require_safe
@scope.endpoint("bulletins.open", roles=ROLES)
def releases(request: HttpRequest) -> HttpResponse:
    """Every release that this viewer may see, the newest month first."""
    return _list(request, {})


def _list(request: HttpRequest, wrong: dict[str, str], *, status: int = 200) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    found = queries_open.releases(viewer, all_=True)
    columns = [
        Column(T[name], tight=True)
        for name in ("month", "edition", "state", "cells", "hidden", "published_at", "why")
    ]
    rows = [
        [
            Cell(queries_open.month_name(one), reverse("bulletins:open_one", args=[one.pk])),
            Cell(in_language(T["bulletin_no"]) % {"edition": one.edition}), Cell(state(one)), Cell(one.cells), Cell(one.hidden_cells),
            Cell(f"{timezone.localtime(one.published_at):%Y-%m-%d %H:%M}" if one.published_at else "—"), Cell(one.why or "—"),
        ]
        for one in found
    ]  # fmt: skip
    month = rules.name_of(rules.MONTH, rules.last_before("month", timezone.localdate(now)).first)
    context = {
        "t": T,
        "table": Table(T["open"], columns, rows),
        "empty": not rows,
        "prepares": viewer.role == MANAGER,
        "month": request.POST.get("month", month)[:12],
        "reason": request.POST.get("reason", "")[:500],
        "wrong": wrong,
    }
    return show(request, "desk/bulletin/open.html", context, here=HERE, status=status)


@require_POST
@scope.endpoint("bulletins.open_prepare", roles=LEADERS)
def prepare(request: HttpRequest) -> HttpResponse:
    """The next edition of a month, to be looked at before it is published."""
    viewer, now = viewer_of(request), timezone.now()
    try:
        made = actions.prepare(
            month=request.POST.get("month", "")[:12],
            viewer=viewer,
            at=now,
            reason=request.POST.get("reason", ""),
        )
    except Forbidden:
        raise
    except Refused as refusal:
        return _list(request, {refusal.field or "month": refusal.message}, status=422)
    messages.success(request, in_language(T["prepared"]) % _told(made))
    return HttpResponseRedirect(reverse("bulletins:open_one", args=[made.pk]))


def _told(one: Release) -> dict[str, Any]:
    return {
        "month": queries_open.month_name(one),
        "edition": one.edition,
        "hidden": one.hidden_cells,
        "cells": one.cells,
    }


@require_safe
@scope.endpoint("bulletins.open_one", roles=ROLES)
def release(request: HttpRequest, key: int) -> HttpResponse:
    """One release as everybody will see it, before or after it is published."""
    return _one(request, queries_open.release_by_key(key, viewer_of(request)), "")


def _one(request: HttpRequest, one: Release, wrong: str, *, status: int = 200) -> HttpResponse:
    viewer = viewer_of(request)
    plain = queries_open.plain_of(one, viewer)
    context = {
        "t": T,
        "release": one,
        "month": queries_open.month_name(one),
        "edition": in_language(T["bulletin_no"]) % {"edition": one.edition},
        "facts": [
            Fact(T["cells"], one.cells), Fact(T["hidden"], one.hidden_cells), Fact(T["rule"], said(plain["suppression"]["rule"], is_english())),
            Fact(T["source"], said(plain["suppression"]["source"], is_english())), Fact(T["licence"], plain["licence"]), Fact(T["digest"], one.digest),
        ],
        "tables": [preview(plain, told) for told in plain["tables"]],
        "publishes": viewer.role == MANAGER and one.state == "draft",
        "wrong": wrong,
    }  # fmt: skip
    return show(request, "desk/bulletin/open_one.html", context, here=HERE, status=status)


def preview(plain: dict[str, Any], told: dict[str, Any]) -> Table:
    """The rows of one published table; what is not told says so."""
    english = is_english()
    columns = [
        Column(("街道", "Street")),
        Column(("社区", "Community")),
        Column(("大类", "Class")),
        Column(("结果", "Outcome")),
        Column(("件数", "Count"), number=True),
    ]
    whole = in_language(OUTCOMES[""])
    rows = []
    for row in plain["rows"]:
        if row["table"] == told["code"]:
            names = [
                said(row[f"{name}_name"], english) or row[name] or whole
                for name in ("street", "community", "class")
            ]
            outcome = said(plain["outcomes"][row["outcome"]], english)
            count = in_language(T["suppressed"]) if row["count"] is None else f"{row['count']:,}"
            rows.append([Cell(text) for text in (*names, outcome, count)])
    return Table(tuple(told["words"]), columns, rows, note=tuple(told["definition"]))


@require_POST
@scope.endpoint("bulletins.open_step", roles=LEADERS)
def take(request: HttpRequest, key: int, step: str) -> HttpResponse:
    """Publish or drop."""
    viewer, now = viewer_of(request), timezone.now()
    one = queries_open.release_by_key(key, viewer)
    version = request.POST.get("version", "")
    seen = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else None
    try:
        if step == "publish":
            actions.publish_release(key=one.pk, viewer=viewer, at=now, expected_version=seen)
            messages.success(request, in_language(T["published"]) % _told(one))
        elif step == "drop":
            actions.drop_release(
                key=one.pk,
                reason=request.POST.get("reason", ""),
                viewer=viewer,
                at=now,
                expected_version=seen,
            )
            messages.success(request, in_language(T["open_dropped"]))
        else:
            raise NotThere("bulletin.step", ("没有这个步骤。", "There is no such step."))
    except (Forbidden, NotThere):
        raise
    except Refused as refusal:
        return _one(request, one, refusal.message, status=refusal.status)
    return HttpResponseRedirect(reverse("bulletins:open_one", args=[one.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("bulletins.settings", roles=KEEPERS | ROLES)
def settings(request: HttpRequest) -> HttpResponse:
    """What the district sets, each with its source; an administrator changes it here."""
    viewer, now = viewer_of(request), timezone.now()
    set_here = queries.settings_set(viewer)
    wrong, typed, status = {}, {}, 200
    if request.method == "POST":
        typed = {key: request.POST.get(key, "")[:LONGEST] for key in DEFAULTS}
        changed = {key: text for key, text in typed.items() if text.strip() != set_here.get(key, "")}
        try:
            actions.change_settings(changed, viewer=viewer, at=now)
        except Forbidden:
            raise
        except Refused as refusal:
            wrong, status = {refusal.field: refusal.message}, 422
        else:
            messages.success(request, in_language(T["saved"]))
            return HttpResponseRedirect(reverse("bulletins:settings"))
    rows = [
        {
            "key": key,
            "default": default,
            "value": typed.get(key, set_here.get(key, "")),
            "wrong": wrong.get(key, ""),
        }
        for key, default in DEFAULTS.items()
    ]
    context = {"t": T, "rows": rows, "changes": viewer.role == ADMIN, "longest": LONGEST}
    return show(request, "desk/bulletin/settings.html", context, here="bulletins:settings", status=status)
