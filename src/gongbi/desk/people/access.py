"""Ways in: logins of people, keys of other systems. A password or secret made here is shown once and kept nowhere."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.desk.people import shown
from gongbi.desk.people.forms import KeyForm, LoginForm, SearchForm, codes, midnight
from gongbi.desk.people.people import person_page
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused, Stale
from gongbi.kernel.scope.viewer import AUDITOR, SECURITY, Viewer
from gongbi.parties import actions
from gongbi.parties import queries as parties
from gongbi.parties.models import Account, ApiKey
from gongbi.parties.passwords import one_time

GUARDS = frozenset({SECURITY, AUDITOR})


@require_safe
@scope.endpoint("desk.accounts", roles=GUARDS)
def accounts(request: HttpRequest) -> HttpResponse:
    """Every login, whose it is and whether it is in use."""
    viewer, now = viewer_of(request), timezone.now()
    form = SearchForm(request.GET)
    page = shown.page_of(request, parties.accounts(viewer, words=form.words))
    rows = list(page.object_list)
    lines = {
        line.person.pk: line
        for line in shown.people([one.person for one in rows if one.person is not None], viewer, now)
    }
    context = {
        "form": form,
        "words": form.words,
        "page": page,
        "rows": [(one, lines.get(one.person_id or 0), shown.account_state(one, now)) for one in rows],
        "guards": viewer.role == SECURITY,
    }
    return show(request, "desk/people/accounts.html", context, here="desk:accounts")


@require_POST
@scope.endpoint("desk.login_new", roles={SECURITY})
@sensitive_variables("password")
def login(request: HttpRequest, person: int) -> HttpResponse:
    """A login for a person; the one-time password stands on the page that answers, and nowhere else."""
    viewer, now = viewer_of(request), timezone.now()
    found = parties.person(viewer, person)
    form = LoginForm(request.POST)
    if form.is_valid():
        password, good = one_time(), form.cleaned_data
        try:
            actions.create_account(
                person_id=person,
                login=good["login"],
                password=password,
                language=good["language"],
                at=now,
                viewer=viewer,
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return person_page(request, found, {"once": (good["login"], password)})
    return person_page(request, found, {"login": form}, status=422)


@sensitive_variables("password")
def _with_password(
    request: HttpRequest, account: int, act: Callable[[int, str, datetime, Viewer], Account]
) -> HttpResponse:
    """Do something that gives an account a new one-time password, and show it."""
    viewer, now = viewer_of(request), timezone.now()
    found = scope.one(parties.accounts(viewer), viewer, pk=account)
    if found.person is None:
        return _back(request, found)
    password = one_time()
    try:
        done = act(account, password, now, viewer)
    except Refused as refusal:
        return person_page(request, found.person, {"refused": refusal}, status=refusal.status)
    return person_page(request, found.person, {"once": (done.username, password)})


@require_POST
@scope.endpoint("desk.account_password", roles={SECURITY})
def password(request: HttpRequest, account: int) -> HttpResponse:
    """A new one-time password for somebody who has lost theirs; open sessions end."""
    return _with_password(
        request, account, lambda key, word, at, who: actions.set_password(key, word, at=at, viewer=who)
    )


@require_POST
@scope.endpoint("desk.account_open", roles={SECURITY})
def reopen(request: HttpRequest, account: int) -> HttpResponse:
    """A switched-off account is used again, with a new one-time password."""
    return _with_password(
        request, account, lambda key, word, at, who: actions.open_account(key, word, at=at, viewer=who)
    )


@require_POST
@scope.endpoint("desk.account_close", roles={SECURITY})
def close(request: HttpRequest, account: int) -> HttpResponse:
    """Nobody signs in with it any more; open sessions end at once."""
    viewer, now = viewer_of(request), timezone.now()
    found = scope.one(parties.accounts(viewer), viewer, pk=account)
    try:
        actions.close_account(account, at=now, viewer=viewer)
    except Refused as refusal:
        if found.person is None:
            raise
        return person_page(request, found.person, {"refused": refusal}, status=refusal.status)
    messages.success(request, _("The account %(login)s is switched off.") % {"login": found.username})
    return _back(request, found)


@require_POST
@scope.endpoint("desk.account_sign_out", roles={SECURITY})
def sign_out(request: HttpRequest, account: int) -> HttpResponse:
    """A lost telephone, a machine left open: every session of the account ends at once; its password stays."""
    viewer, now = viewer_of(request), timezone.now()
    found = scope.one(parties.accounts(viewer), viewer, pk=account)
    actions.end_sessions(account, at=now, viewer=viewer)
    messages.success(request, _("%(login)s is signed out everywhere.") % {"login": found.username})
    return _back(request, found)


def _back(request: HttpRequest, account: Account) -> HttpResponseRedirect:
    where = ("desk:person", [account.person_id]) if account.person_id else ("desk:accounts", [])
    return HttpResponseRedirect(reverse(where[0], args=where[1]))


# --- Keys -------------------------------------------------------------------------------------------------------------


@require_safe
@scope.endpoint("desk.keys", roles=GUARDS)
def keys(request: HttpRequest) -> HttpResponse:
    """Every key of another system: for which unit, where, through which channel, until when."""
    return keys_page(request, {})


def keys_page(request: HttpRequest, more: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The list of keys with whatever was refused above it."""
    viewer, now = viewer_of(request), timezone.now()
    page = shown.page_of(request, parties.keys(viewer))
    rows: list[ApiKey] = list(page.object_list)
    names = Names(viewer, now)
    places = names.places(code for key in rows for code in key.territories)
    context = {
        "page": page,
        "rows": [
            (key, [places.get(code, code) for code in key.territories], shown.key_state(key, now))
            for key in rows
        ],
        "guards": viewer.role == SECURITY,
        "happened": shown.history(parties.changes(viewer).filter(kind="key")[: shown.HISTORY], names),
    }
    return show(request, "desk/people/keys.html", context | more, here="desk:keys", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.key_new", roles={SECURITY})
@sensitive_variables("secret")
def key_new(request: HttpRequest) -> HttpResponse:
    """Make a key; its secret stands on the page that answers, and nowhere else. The same form makes one key only."""
    viewer, now = viewer_of(request), timezone.now()
    units = list(parties.units(viewer, at=now))
    if request.method != "POST":
        form = KeyForm(initial={"once": secrets.token_urlsafe(24)}, units=units)
        return show(request, "desk/people/key_new.html", {"form": form}, here="desk:keys")
    form, status, refused = KeyForm(request.POST, units=units), 422, None
    if form.is_valid():
        good = form.cleaned_data
        try:
            key, secret = actions.make_key(
                name=good["name"],
                unit_id=good["unit"],
                channel=good["channel"],
                territories=codes(good["territories"]),
                valid_to=midnight(good["valid_to"]),
                once=good["once"],
                at=now,
                viewer=viewer,
            )
        except Stale as stale:
            return keys_page(request, {"refused": stale}, status=stale.status)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return keys_page(request, {"made": key, "secret": secret})
    context = {"form": form, "refused": refused}
    return show(request, "desk/people/key_new.html", context, here="desk:keys", status=status)


@require_POST
@scope.endpoint("desk.key_withdraw", roles={SECURITY})
def withdraw(request: HttpRequest, key: int) -> HttpResponse:
    """From now on the key opens nothing."""
    viewer, now = viewer_of(request), timezone.now()
    found = scope.one(parties.keys(viewer), viewer, pk=key)
    try:
        actions.withdraw_key(key, at=now, viewer=viewer)
    except Refused as refusal:
        return keys_page(request, {"refused": refusal}, status=refusal.status)
    messages.success(request, _("The key %(name)s is withdrawn.") % {"name": found.name})
    return HttpResponseRedirect(reverse("desk:keys"))
