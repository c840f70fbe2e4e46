"""The pages of devices below ``/desk/devices/``. Thin: read the question, ask the room, show."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from gongbi.channels.devices import actions, queries, shown, words
from gongbi.channels.devices.kinds import KINDS
from gongbi.channels.devices.models import Device
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault import actions as vault
from gongbi.look.furniture import Tab, Turn
from gongbi.look.templatetags.look import said

T = words.TEXTS
READERS = frozenset(
    {roles.DISPATCHER, roles.MANAGER, roles.CHECKER, roles.AUDITOR, roles.ADMIN, roles.GRID_WORKER, roles.CLERK}
)  # fmt: skip
SILENCERS = frozenset({roles.DISPATCHER, roles.MANAGER})
SHOWN = 96  # readings on a device's page


class SilenceForm(forms.Form):
    """A maintenance window from now on."""

    over = forms.ChoiceField(widget=forms.RadioSelect)
    hours = forms.FloatField(min_value=0.1)
    reason = forms.CharField(max_length=200)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **more})
        over = self.fields["over"]
        assert isinstance(over, forms.ChoiceField)
        over.choices = [("device", said(T["this_device"])), ("place", said(T["whole_place"]))]
        over.label, over.initial = said(T["scope"]), "device"
        self.fields["hours"].label, self.fields["hours"].initial = said(T["hours"]), 2
        self.fields["reason"].label = said(T["reason"])


def _viewer(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


def _show(request: HttpRequest, page: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    answer = render(
        request, f"devices/{page}.html", {"t": T, "now": timezone.now(), **context}, status=status
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _page(request: HttpRequest) -> int:
    given = request.GET.get("page", "1")
    return max(1, min(int(given), 10_000)) if given.isascii() and given.isdigit() else 1


@require_safe
@scope.endpoint("devices.list", roles=READERS)
def devices(request: HttpRequest) -> HttpResponse:
    """The register: what is in alarm, what says nothing, all."""
    viewer, number = _viewer(request), _page(request)
    kind, standing = request.GET.get("kind", ""), request.GET.get("standing", "")
    wanted = queries.Filter(
        kind=kind if kind in KINDS else "",
        standing=standing if standing in words.STANDINGS else "",
        words=request.GET.get("q", "").strip()[:60],
    )
    page, counts = queries.devices(viewer, wanted, page=number), queries.counts(viewer)

    def link(**more: Any) -> str:
        values = {"standing": wanted.standing, "kind": wanted.kind, "q": wanted.words, **more}
        return "?" + urlencode({key: value for key, value in values.items() if value})

    tabs = [
        Tab(text, link(standing=name), name == wanted.standing, counts[name or "all"])
        for name, text in words.STANDINGS.items()
    ]
    context = {
        "tabs": tabs,
        "wanted": wanted,
        "kinds": [(code, one.words) for code, one in KINDS.items()],
        "table": shown.register(page.devices) if page.devices else None,
        "turn": Turn(
            previous=link(page=number - 1) if number > 1 else "",
            next=link(page=number + 1) if page.more else "",
            shown=len(page.devices),
        ),
    }
    return _show(request, "list", context)


@require_safe
@scope.endpoint("devices.events", roles=READERS)
def events(request: HttpRequest) -> HttpResponse:
    """What happened: one line an event, with its case."""
    viewer, number = _viewer(request), _page(request)
    found = queries.events(viewer, page=number)
    cases = queries.cases_of(found, viewer)
    turn = Turn(
        previous=f"?page={number - 1}" if number > 1 else "",
        next=f"?page={number + 1}" if len(found) > queries.PAGE else "",
        shown=min(len(found), queries.PAGE),
    )
    table = shown.events(found[: queries.PAGE], cases) if found else None
    return _show(request, "events", {"table": table, "turn": turn})


@require_safe
@scope.endpoint("devices.intake", roles=READERS)
def intake(request: HttpRequest) -> HttpResponse:
    """What became of what was sent, and whose clock is wrong."""
    viewer = _viewer(request)
    found = queries.tallies(viewer, day=timezone.localdate(timezone.now()))
    skewed = queries.skewed(viewer)
    context = {
        "table": shown.tallies(found) if found else None,
        "clocks": shown.clocks(skewed) if skewed else None,
        "waiting": queries.waiting(viewer),
    }
    return _show(request, "intake", context)


@require_safe
@scope.endpoint("devices.device", roles=READERS)
def device(request: HttpRequest, number: str) -> HttpResponse:
    """One device: what its sign says, its readings as a curve and a table, its alarms, its silences."""
    return _device(request, queries.device(number, _viewer(request)))


def _device(
    request: HttpRequest, found: Device, more: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    viewer, now = _viewer(request), timezone.now()
    readings = queries.readings(found.pk, viewer, most=SHOWN)
    alarms = queries.alarms(viewer, device_id=found.pk)
    longest = queries.longest_silence(found, viewer)
    context = {
        "device": found,
        "kind": KINDS[found.kind],
        "facts": shown.facts(found),
        "standing": shown.standing(found),
        "readings": shown.readings(found, readings) if readings else None,
        "alarms": shown.alarms(alarms) if alarms else None,
        "silences": queries.silences_of(found, viewer, at=now),
        "silence_hint": said(T["silence_hint"]) % longest,
        "form": SilenceForm(),
        "may_silence": viewer.role in SILENCERS and found.retired_at is None,
        "may_keep": viewer.role == roles.ADMIN and found.retired_at is None,
        "may_open": viewer.role in SILENCERS and bool(found.contact),
    }
    return _show(request, "device", context | (more or {}), status)


def _to(number: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("devices:device", args=[number]))


@require_POST
@scope.endpoint("devices.silence", roles=SILENCERS)
def silence(request: HttpRequest, number: str) -> HttpResponse:
    """Silence a device or its place; what is wrong stands beside its field."""
    viewer = _viewer(request)
    found = queries.device(number, viewer)
    form = SilenceForm(request.POST)
    if form.is_valid():
        good = form.cleaned_data
        over = {"number": found.number} if good["over"] == "device" else {"place": found.place}
        try:
            actions.silence(
                **over, hours=good["hours"], reason=good["reason"], viewer=viewer, at=timezone.now()
            )
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, said(T["silenced"]))
            return _to(number)
    return _device(request, found, {"form": form}, 422)


@require_POST
@scope.endpoint("devices.silence_end", roles=SILENCERS)
def end_silence(request: HttpRequest, key: int) -> HttpResponse:
    """End it before its time."""
    ended = actions.end_silence(key, viewer=_viewer(request), at=timezone.now())
    messages.success(request, said(T["silence_ended"]))
    return _to(ended.device.number) if ended.device else HttpResponseRedirect(reverse("devices:list"))


@require_POST
@scope.endpoint("devices.retire", roles={roles.ADMIN})
def retire(request: HttpRequest, number: str) -> HttpResponse:
    """Out of use from now on."""
    actions.retire(number, viewer=_viewer(request), at=timezone.now())
    messages.success(request, said(T["retired"]))
    return _to(number)


@require_POST
@scope.endpoint("devices.contact", roles=SILENCERS)
@sensitive_variables("plain")
def contact(request: HttpRequest, number: str) -> HttpResponse:
    """Show the owner's telephone for a reason, which is kept."""
    viewer = _viewer(request)
    found = queries.device(number, viewer)
    try:
        plain = vault.unseal(
            found, "contact", viewer=viewer, reason=request.POST.get("reason", ""), at=timezone.now()
        )
    except Refused as refusal:
        return _device(request, found, {"contact_wrong": str(refusal)}, 422)
    return _device(request, found, {"plain": plain})
