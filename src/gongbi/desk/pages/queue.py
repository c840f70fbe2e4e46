"""The queues: what waits for this role, my clock first; the list at the left, the matter at the right."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gongbi.cases.queries import lists
from gongbi.desk.doing import letters
from gongbi.desk.forms.filters import NAMES, FilterForm
from gongbi.desk.frame import READERS, frame, landing, viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import is_piece, piece, unkept, way_back
from gongbi.kernel import scope
from gongbi.kernel.clock.queries import with_running_clocks
from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look import deadlines
from gongbi.look.furniture import Tab, Turn

VIEWS = "desk_views"  # session key: the saved views of this account
MOST_VIEWS = 12
LETTERS_OF_A_VIEW = 24
TITLES: dict[str, Any] = {
    "accept": _("Nothing waits to be accepted"),
    "dispatch": _("Nothing waits to be dispatched"),
    "requests": _("Nobody has asked for more time"),
    "sign": _("Nothing waits to be signed for"),
    "handle": _("Nothing is being handled"),
    "check": _("Nothing waits to be checked"),
    "callback": _("Nobody waits for a call"),
    "rule": _("Nothing is disputed"),
    "waiting": _("Nothing is waiting"),
    "open": _("Nothing is open"),
    "closed": _("Nothing has been closed yet"),
    "ended": _("Nothing was rejected, merged or answered at once"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a queue."""

    case: Any
    kind: Any
    place: str
    unit: str
    deadline: Any
    href: str
    current: bool


def rows_of(
    cases: Sequence[Any], viewer: Viewer, now: datetime, back: str = "", *, index: int | None = None
) -> list[Row]:
    """The lines for these cases; three queries, however many they are. ``index``: the one that is opened at first."""
    found = list(cases)
    with_running_clocks(found)
    names = Names(viewer, now)
    places = names.places(case.territory for case in found)
    opened = min(index, len(found) - 1) if index is not None and found else None
    return [
        Row(
            case,
            names.kind(case.kind),
            places.get(case.territory, ""),
            names.unit(case.unit_id),
            deadlines.read(case, now),
            f"{reverse('desk:case', args=[case.number])}?{urlencode({'from': back, 'i': place})}" if back
            else reverse("desk:case", args=[case.number]),
            place == opened,
        )
        for place, case in enumerate(found)
    ]  # fmt: skip


@require_safe
@scope.endpoint("desk.home", roles=scope.STAFF)
def home(request: HttpRequest) -> HttpResponse:
    """Each role lands where its work is."""
    return HttpResponseRedirect(landing(viewer_of(request)))


@require_safe
@scope.endpoint("desk.queue", roles=READERS)
def queue(request: HttpRequest, tab: str) -> HttpResponse:
    """One page of a queue. ``part=list`` answers the list alone, or nothing (204) when it is as it was."""
    viewer, now = viewer_of(request), timezone.now()
    known = lists.TAB.get(tab)
    if known is None or viewer.role not in known.roles:
        raise NotThere("desk.tab", _("Your post has no such queue. Choose one at the side."))
    narrowed = any(request.GET.get(name) for name in NAMES)
    folded = not narrowed and not request.GET.get(
        "filters"
    )  # the lists of the filters are fetched when they are opened
    form = None if folded else FilterForm(request.GET if narrowed else None, viewer=viewer, now=now)
    if is_piece(request) and request.GET.get("part") == "filters":
        shown = {"form": FilterForm(viewer=viewer, now=now), "tab": known, "address": _address(request, tab)}
        return piece(request, "desk/parts/filters.html", shown)
    after = _after(request.GET.get("after", ""))
    wanted = form.wanted(tab, after) if form and narrowed else lists.QueueFilter(tab=tab, after=after)
    page = lists.queue(viewer, wanted, now=now)
    address = _address(request, tab)
    rows = rows_of(page.cases, viewer, now, address, index=_index(request))
    seen = _digest(rows)
    if is_piece(request) and request.GET.get("part") == "list" and request.GET.get("seen") == seen:
        return unkept(HttpResponse(status=204))
    context: dict[str, Any] = {
        "rows": rows,
        "tab": known,
        "address": address,
        "narrowed": narrowed,
        "empty_title": _("Nothing fits these filters") if narrowed else TITLES[tab],
        "turn": _turn(request, tab, page, after),
        "live_href": f"{address}{'&' if '?' in address else '?'}{urlencode({'part': 'list', 'seen': seen})}",
        "now": now,
    }
    if is_piece(request) and request.GET.get("part") == "list":
        return piece(request, "desk/parts/queue_list.html", context)
    around = frame(request, f"desk:queue/{tab}", now=now)
    context |= {
        "form": form,
        "views": _views(request),
        "letters": letters(viewer.role),
        "tabs": [
            Tab(item.words, item.href, item.current, item.count)
            for item in around["nav"]
            if item.href.startswith(reverse("desk:queue", args=["x"])[:-1])
        ],
    }
    return unkept(render(request, "desk/queue.html", around | context))


@require_POST
@scope.endpoint("desk.views", roles=READERS)
def views(request: HttpRequest) -> HttpResponse:
    """Keep the filters of a queue under a name (``name``, ``from``), or drop one (``drop``); they stay with this account's
    session.
    """
    back = way_back(request, reverse("desk:home"))
    kept = _views(request)
    dropped = request.POST.get("drop", "")
    if dropped:
        kept = [one for one in kept if one["name"] != dropped]
    else:
        name = " ".join(request.POST.get("name", "").split())[:LETTERS_OF_A_VIEW]
        if not name:
            messages.error(request, _("Give the view a name, so that you find it again."))
        elif len(kept) >= MOST_VIEWS:
            messages.error(request, _("Twelve views are kept at most. Remove one first."))
        else:
            kept = [one for one in kept if one["name"] != name] + [{"name": name, "href": back}]
    request.session[VIEWS] = {str(viewer_of(request).account_id): kept}
    return HttpResponseRedirect(back)


def _views(request: HttpRequest) -> list[dict[str, str]]:
    kept = request.session.get(VIEWS, {})
    found = kept.get(str(viewer_of(request).account_id), []) if isinstance(kept, dict) else []
    return [dict(one) for one in found]


def _address(request: HttpRequest, tab: str) -> str:
    """This page of this queue, with its filters and without what belongs to the moment."""
    kept = {name: request.GET[name] for name in (*NAMES, "after") if request.GET.get(name)}
    return reverse("desk:queue", args=[tab]) + (f"?{urlencode(kept)}" if kept else "")


def _after(text: str) -> tuple[datetime | None, int] | None:
    """``<deadline>|<key>`` of the last row shown."""
    due, _bar, key = text.rpartition("|")
    if not (key.isascii() and key.isdigit()) or len(key) > 15:
        return None
    try:
        moment = parse_datetime(due) if due else None
    except ValueError:
        return None
    if moment is not None and moment.tzinfo is None:
        return None
    return moment, int(key)


def _index(request: HttpRequest) -> int | None:
    """Which line opens at first: the one that took the place of the one just dealt with, else the first."""
    text = request.GET.get("i", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _turn(request: HttpRequest, tab: str, page: lists.Page, after: Any) -> Turn:
    kept = {name: request.GET[name] for name in NAMES if request.GET.get(name)}
    address = reverse("desk:queue", args=[tab])
    onward = ""
    if page.more and not kept.get("q"):
        last = page.cases[-1]
        due = last.due_at.isoformat() if last.due_at else ""
        onward = f"{address}?{urlencode({**kept, 'after': f'{due}|{last.pk}'})}"
    back = address + (f"?{urlencode(kept)}" if kept else "") if after else ""
    return Turn(previous=back, next=onward, shown=len(page.cases))


def _digest(rows: Sequence[Row]) -> str:
    """What the list shows, in a few letters: the same letters, the same list."""
    told = "|".join(f"{row.case.pk}.{row.case.version}.{row.deadline.words[0]}" for row in rows)
    return hashlib.sha256(told.encode()).hexdigest()[:16]
