"""Posts: who has which role where; a post changed, or ended with a handover. Nothing open stays with nobody."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.desk.people import shown
from gongbi.desk.people.forms import EndForm, PostForm, PostsForm, codes
from gongbi.desk.people.people import READERS, only_administrators
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused, Stale
from gongbi.kernel.scope.viewer import ADMIN
from gongbi.parties import actions, handover
from gongbi.parties import queries as parties
from gongbi.parties.models import Handover

OPEN_SHOWN = 200  # open matters listed one by one; all are handed over


@require_safe
@scope.endpoint("desk.posts", roles=READERS)
def posts(request: HttpRequest) -> HttpResponse:
    """Who has which role where, now: by unit and role; narrowed by role, unit, division and words."""
    viewer, now = viewer_of(request), timezone.now()
    form = PostsForm(request.GET, units=parties.units(viewer, at=now))
    words, good = form.words, form.cleaned_data
    found = parties.posts(
        viewer,
        at=now,
        unit_id=int(good["unit"]) if good.get("unit") else None,
        role=good.get("role") or None,
        territory=good.get("territory", ""),
        words=words,
    )
    page = shown.page_of(request, found.select_related("person").prefetch_related("areas", "handed_over"))
    names = Names(viewer, now)
    context = {
        "form": form,
        "page": page,
        "offices": shown.posts(page.object_list, names),
        "keeps": viewer.role == ADMIN,
    }
    return show(request, "desk/people/posts.html", context, here="desk:posts")


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.post", roles=READERS)
def post(request: HttpRequest, post: int) -> HttpResponse:
    """One post: its card and territory; the administrator changes them here."""
    viewer, now = viewer_of(request), timezone.now()
    found = parties.post(viewer, post)
    (held,) = shown.posts([found], Names(viewer, now))
    status = 200
    if request.method == "POST":
        only_administrators(viewer)
        form, status = PostForm(request.POST), 422
        if form.is_valid():
            good = form.cleaned_data
            try:
                actions.change_post(
                    post,
                    at=now,
                    viewer=viewer,
                    work_name=good["work_name"],
                    work_phone=good["work_phone"],
                    territories=codes(good["territories"]),
                )
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("The post is changed."))
                return HttpResponseRedirect(reverse("desk:post", args=[post]))
    else:
        areas = " ".join(sorted(area.code for area in found.areas.all()))
        form = PostForm(
            initial={"territories": areas, "work_name": found.work_name, "work_phone": found.work_phone}
        )
    names = Names(viewer, now)
    context = {
        "held": held,
        "post": found,
        "form": form,
        "keeps": viewer.role == ADMIN,
        "happened": shown.history(parties.changes_of(viewer, [("post", found.pk)])[: shown.HISTORY], names),
    }
    return show(request, "desk/people/post.html", context, here="desk:posts", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.post_end", roles={ADMIN})
def end(request: HttpRequest, post: int) -> HttpResponse:
    """End a post: what is open, who gets it. Refused while anything would stay with nobody."""
    viewer, now = viewer_of(request), timezone.now()
    found = parties.post(viewer, post)
    items = handover.held(found)
    heirs = [
        (one, f"{one.unit.label} · {one.work_name or one.person.number}")
        for one in parties.successors(viewer, found, at=now)
    ]
    status, refused = 200, None
    if request.method == "POST":
        form, status = EndForm(request.POST, heirs=heirs), 422
        if form.is_valid():
            good = form.cleaned_data
            try:
                record = actions.end_post(
                    post,
                    at=now,
                    viewer=viewer,
                    successor_id=good["successor"],
                    reason=good["reason"],
                    shown=good["shown"],
                )
            except Stale as stale:  # the list is shown anew, as it is now
                refused, status = stale, stale.status
                form = EndForm(initial={**good, "shown": len(items)}, heirs=heirs)
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("The post is ended; what was open is handed over."))
                return HttpResponseRedirect(reverse("desk:handover", args=[record.pk]))
    else:
        only = heirs[0][0].pk if len(heirs) == 1 and items else None
        form = EndForm(initial={"shown": len(items), "successor": only}, heirs=heirs)
    (held,) = shown.posts([found], Names(viewer, now))
    same = sum(one.unit_id == found.unit_id for one, _words in heirs)
    context = {
        "held": held,
        "post": found,
        "form": form,
        "refused": refused,
        "count": len(items),
        "open": handover.listed(items[:OPEN_SHOWN]),
        "more": max(0, len(items) - OPEN_SHOWN),
        "heirs": heirs,
        "last_one": not same,
    }
    return show(request, "desk/people/end.html", context, here="desk:posts", status=status)


@require_safe
@scope.endpoint("desk.handover", roles=READERS)
def handed(request: HttpRequest, handover_id: int) -> HttpResponse:
    """A handover as it was signed: from whom, to whom, what; and whether the list is still the signed one."""
    viewer, now = viewer_of(request), timezone.now()
    record = scope.one(parties.handovers(viewer), viewer, pk=handover_id)
    names = Names(viewer, now)
    names.remember([record.actor])
    items = list(record.items.values_list("source", "matter_id"))
    context = {
        "record": record,
        "left": _post_of(record, names, "from"),
        "right": _post_of(record, names, "to"),
        "by": names.actor(record.actor),
        "open": handover.listed(items[:OPEN_SHOWN]),
        "more": max(0, len(items) - OPEN_SHOWN),
        "genuine": parties.handover_is_genuine(record, viewer),
    }
    return show(request, "desk/people/handover.html", context, here="desk:posts")


def _post_of(record: Handover, names: Names, side: str) -> shown.Held | None:
    found = record.post_from if side == "from" else record.post_to
    return shown.posts([found], names)[0] if found is not None else None
