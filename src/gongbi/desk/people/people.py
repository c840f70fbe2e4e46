"""People: found, added, corrected, appointed. Names stay masked until somebody opens one, with a reason that is kept."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.desk.people import shown
from gongbi.desk.people.forms import (
    AppointForm,
    CorrectForm,
    LoginForm,
    OpenForm,
    PersonForm,
    SearchForm,
    codes,
    midnight,
)
from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, SECURITY, Viewer
from gongbi.kernel.vault import actions as vault
from gongbi.parties import actions
from gongbi.parties import queries as parties
from gongbi.parties.models import Person

READERS = frozenset({ADMIN, SECURITY, AUDITOR})
LEFT_SHOWN = 20


@require_safe
@scope.endpoint("desk.people", roles=READERS)
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, by staff number; above them the posts that ran out and still hold something."""
    viewer, now = viewer_of(request), timezone.now()
    form = SearchForm(request.GET)
    page = shown.page_of(request, parties.people(viewer, words=form.words))
    left = []
    for post, count in parties.left_alone(viewer, now):
        left.append((post, count))
        if len(left) >= LEFT_SHOWN:
            break
    names = Names(viewer, now)
    held = parties.posts_held(viewer, {post.person_id for post, _count in left})
    mine = {post.pk: post for posts in held.values() for post in posts}
    context = {
        "form": form,
        "words": form.words,
        "page": page,
        "lines": shown.people(page.object_list, viewer, now),
        "left": [(shown.posts([mine[post.pk]], names)[0], count) for post, count in left],
        "keeps": viewer.role == ADMIN,
    }
    return show(request, "desk/people/people.html", context, here="desk:people")


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.person_new", roles={ADMIN})
@sensitive_post_parameters("name", "phone")
def new(request: HttpRequest) -> HttpResponse:
    """Somebody new, by staff number; a post comes next."""
    viewer, now = viewer_of(request), timezone.now()
    form, status = PersonForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            good = form.cleaned_data
            try:
                made = actions.add_person(
                    number=good["number"], name=good["name"], phone=good["phone"], at=now, viewer=viewer
                )
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(
                    request, _("%(number)s is on the list. Now the post.") % {"number": made.number}
                )
                return HttpResponseRedirect(reverse("desk:appoint", args=[made.pk]))
    return show(request, "desk/people/new.html", {"form": form}, here="desk:people", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.person", roles=READERS)
@sensitive_post_parameters("name", "phone")
def person(request: HttpRequest, person: int) -> HttpResponse:
    """One person: posts, login, history; the administrator corrects name and telephone here."""
    viewer, now = viewer_of(request), timezone.now()
    found = parties.person(viewer, person)
    form, status = CorrectForm(), 200
    if request.method == "POST":
        only_administrators(viewer)
        form, status = CorrectForm(request.POST), 422
        if form.is_valid():
            good = form.cleaned_data
            try:
                actions.change_person(person, at=now, viewer=viewer, name=good["name"], phone=good["phone"])
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("It is corrected."))
                return HttpResponseRedirect(reverse("desk:person", args=[person]))
    return person_page(request, found, {"correct": form}, status=status)


def only_administrators(viewer: Viewer) -> None:
    """Forbidden for those who may only read these pages."""
    if viewer.role != ADMIN:
        raise Forbidden("desk.people", gettext_lazy("This belongs to another administrator."))


def person_page(
    request: HttpRequest, found: Person, more: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The page of one person with whatever form was refused in it."""
    viewer, now = viewer_of(request), timezone.now()
    names = Names(viewer, now)
    held = parties.posts_held(viewer, [found.pk]).get(found.pk, [])
    account = parties.accounts(viewer).filter(person=found).first() if viewer.role != ADMIN else None
    subjects: list[tuple[str, object]] = [("person", found.number), *(("post", post.pk) for post in held)]
    if account is not None:
        subjects.append(("account", account.pk))
    context = {
        "person": found,
        "name": parties.masked(found, "name", viewer),
        "phone": parties.masked(found, "phone", viewer),
        "offices": shown.posts(held, names),
        "account": account,
        "account_state": shown.account_state(account, now) if account is not None else "",
        "sees_account": viewer.role != ADMIN,
        "happened": shown.history(parties.changes_of(viewer, subjects)[: shown.HISTORY], names),
        "keeps": viewer.role == ADMIN,
        "guards": viewer.role == SECURITY,
        "correct": CorrectForm(),
        "open": OpenForm(),
        "login": LoginForm(initial={"login": _login_of(found)}),
    }
    return show(request, "desk/people/person.html", context | more, here="desk:people", status=status)


def _login_of(found: Person) -> str:
    """A first proposal: the staff number in small letters."""
    return "".join(sign for sign in found.number.lower() if sign.isalnum() or sign in "._-@+")


@require_POST
@scope.endpoint("desk.person_open", roles={ADMIN})
@sensitive_variables("plain")
def unseal(request: HttpRequest, person: int, field: str) -> HttpResponse:
    """Show a name or telephone for a reason; that it was opened, when and why is kept, and the person can read it."""
    viewer = viewer_of(request)
    found = parties.person(viewer, person)
    if field not in ("name", "phone"):
        raise NotThere("desk.sealed", gettext_lazy("There is nothing of that kind here."))
    form = OpenForm(request.POST)
    if form.is_valid():
        try:
            plain = vault.unseal(
                found, field, viewer=viewer, reason=form.cleaned_data["reason"], at=timezone.now()
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return person_page(request, found, {"opened": {"field": field, "plain": plain}})
    return person_page(request, found, {"open": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.appoint", roles={ADMIN})
def appoint(request: HttpRequest, person: int) -> HttpResponse:
    """Give a person a post. A rule that refuses (roles of one person, units, periods) says so beside the field."""
    viewer, now = viewer_of(request), timezone.now()
    found = parties.person(viewer, person)
    units = list(parties.units(viewer, at=now))
    status = 200
    if request.method == "POST":
        form, status = AppointForm(request.POST, units=units), 422
        if form.is_valid():
            good = form.cleaned_data
            begin = midnight(good["valid_from"])
            assert begin is not None  # the form requires it
            if good["valid_from"] == timezone.localdate(now):
                begin = min(now, max(begin, _founded(units, good["unit"], begin)))
            try:
                made = actions.appoint(
                    person_id=person,
                    unit_id=good["unit"],
                    role=good["role"],
                    territories=codes(good["territories"]) or None,
                    valid_from=begin,
                    valid_to=midnight(good["valid_to"]),
                    work_name=good["work_name"],
                    work_phone=good["work_phone"],
                    at=now,
                    viewer=viewer,
                )
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(
                    request,
                    _("%(number)s is appointed: %(unit)s.")
                    % {"number": found.number, "unit": made.unit.label},
                )
                return HttpResponseRedirect(reverse("desk:person", args=[person]))
    else:
        form = AppointForm(initial={"valid_from": timezone.localdate(now)}, units=units)
    context = {"form": form, "person": found, "name": parties.masked(found, "name", viewer)}
    return show(request, "desk/people/appoint.html", context, here="desk:people", status=status)


def _founded(units: list[Any], unit_id: int, otherwise: Any) -> Any:
    """When a unit that was made today began: a post of today begins with it, not at the midnight before."""
    return next((unit.valid_from for unit in units if unit.pk == unit_id), otherwise)
