"""The pages of orders below ``/desk/hotline/``. Thin: read the question, ask the room, show."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from gongbi.cases.rules import REJECTION_GROUNDS
from gongbi.channels.hotline import actions, queries, rules, shown
from gongbi.channels.hotline.models import Order
from gongbi.channels.hotline.words import TEXTS as T
from gongbi.kernel import scope
from gongbi.kernel.clock import limits
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.furniture import Cell, Column, Tab, Table, Turn
from gongbi.look.templatetags.look import said

READERS = frozenset({roles.CLERK, roles.DISPATCHER, roles.ADMIN, roles.AUDITOR})
RETURNERS = frozenset({roles.CLERK, roles.DISPATCHER})


def viewer_of(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


def show(request: HttpRequest, page: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of the hotline desk; no cache keeps it."""
    answer = render(
        request, f"hotline/{page}.html", {"t": T, "now": timezone.now(), **context}, status=status
    )
    answer["Cache-Control"] = "no-store"
    return answer


class ReturnForm(forms.Form):
    """Why an order goes back."""

    ground = forms.ChoiceField()
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **more})
        ground = self.fields["ground"]
        assert isinstance(ground, forms.ChoiceField)
        ground.choices = [(code, said((zh, en))) for code, (zh, en, _article) in REJECTION_GROUNDS.items()]
        ground.initial = "outside_duties"
        ground.label, self.fields["reason"].label = said(T["ground"]), said(T["reason"])


@require_safe
@scope.endpoint("hotline.list", roles=READERS)
def orders(request: HttpRequest) -> HttpResponse:
    """Work orders, the nearest limit first."""
    viewer, now = viewer_of(request), timezone.now()
    tab, words, number = request.GET.get("tab", "open"), request.GET.get("q", "").strip(), page_of(request)
    tab = tab if tab in queries.TABS else "open"
    page, counts = queries.orders(viewer, tab=tab, words=words, page=number), queries.counts(viewer)

    def link(**more: Any) -> str:
        values = {"tab": tab, "q": words, **more}
        return "?" + urlencode({key: value for key, value in values.items() if value})

    context = {
        "tabs": [
            Tab(text, link(tab=name, q=""), name == tab and not words, counts[name])
            for name, (text, _where) in queries.TABS.items()
        ],
        "table": shown.orders(page.orders, now) if page.orders else None,
        "words": words,
        "turn": Turn(
            previous=link(page=number - 1) if number > 1 else "",
            next=link(page=number + 1) if page.more else "",
            shown=len(page.orders),
        ),
    }
    return show(request, "list", context)


def page_of(request: HttpRequest) -> int:
    """The page that the address asks for."""
    given = request.GET.get("page", "1")
    return max(1, min(int(given), 10_000)) if given.isascii() and given.isdigit() else 1


@require_safe
@scope.endpoint("hotline.order", roles=READERS)
def order(request: HttpRequest, key: int) -> HttpResponse:
    """One order: both limits, its versions, its attachments, and whether it can go back."""
    return _order(request, queries.order_by_key(key, viewer_of(request)), ReturnForm())


@require_POST
@scope.endpoint("hotline.give_back", roles=RETURNERS)
def give_back(request: HttpRequest, key: int) -> HttpResponse:
    """Return an order; what is wrong stands beside its field (422)."""
    viewer, now = viewer_of(request), timezone.now()
    found, form = queries.order_by_key(key, viewer), ReturnForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.give_back(key, ground=given["ground"], reason=given["reason"], viewer=viewer, at=now)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, said(T["given_back"]))
            return HttpResponseRedirect(reverse("hotline:order", args=[key]))
    return _order(request, found, form, 422)


def _order(request: HttpRequest, found: Order, form: ReturnForm, status: int = 200) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    versions, files = queries.order_rows(found, viewer)
    why = ""
    try:
        rules.check_returnable(found.standing, now, found.return_by)
    except Refused as refusal:
        why = refusal.message
    context = {
        "order": found,
        "facts": shown.facts(found, now),
        "versions": shown.versions(versions),
        "files": shown.attachments(files) if files else None,
        "form": form if viewer.role in RETURNERS and not why else None,
        "why": why if viewer.role in RETURNERS else "",
    }
    return show(request, "order", context, status)


@require_safe
@scope.endpoint("hotline.terms", roles=READERS)
def terms(request: HttpRequest) -> HttpResponse:
    """By when orders are to be answered, by kind and urgency."""
    columns = (
        Column(T["hotline"]), Column(T["kind"]), Column(T["urgency"]), Column(T["answer_term"]), Column(T["return_term"]),
        Column(T["extensions"], number=True), Column(T["basis"]),
    )  # fmt: skip
    rows = [
        (
            Cell(code or T["any"]), Cell(rules.KINDS.get(one.kind, T["any"])), Cell(rules.URGENCIES.get(one.urgency, T["any"])),
            Cell(limits.write(limits.parse(one.answer))), Cell(limits.write(limits.parse(one.giving_back))), Cell(one.extensions),
            Cell(one.basis),
        )
        for code, one in queries.terms(viewer_of(request))
    ]  # fmt: skip
    return show(request, "terms", {"table": Table(T["terms"], columns, rows)})
