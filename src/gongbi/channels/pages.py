"""The pages of channels below ``/desk/channels/``. Thin: read the question, ask the room, show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from gongbi.channels import actions, queries, rules, shown, words
from gongbi.channels.adapters import adapter_of
from gongbi.channels.forms import SourceForm
from gongbi.channels.models import Source
from gongbi.channels.scope import READERS
from gongbi.duties import queries as duties
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused, in_language
from gongbi.kernel.scope.viewer import ADMIN, DISPATCHER, Viewer
from gongbi.parties import queries as parties

T = words.TEXTS
SHOWN = 100


def _viewer(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


def _show(request: HttpRequest, page: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    more = {"t": T, "now": timezone.now(), "keeps": _viewer(request).role == ADMIN}
    answer = render(request, f"channels/{page}.html", more | context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _keys(request: HttpRequest, name: str) -> list[int]:
    return [
        int(key) for key in request.POST.getlist(name) if key.isascii() and key.isdigit() and len(key) < 19
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("channels.health", roles=READERS)
def health(request: HttpRequest) -> HttpResponse:
    """Every counterpart's day; what was refused and what was not delivered, each with its button."""
    viewer, now = _viewer(request), timezone.now()
    if request.method == "POST":
        return _again(request, viewer, now)
    found = queries.health(viewer, now=now)
    context = {
        "table": shown.health(found, now) if found else None,
        "refused": queries.refused(viewer, limit=SHOWN),
        "rejected": shown.rejections(queries.rejected(viewer, limit=SHOWN)),
        "letters": queries.dead_letters(viewer, limit=SHOWN),
        "errors": [one for one in found if one.error and one.source is not None],
        "all_well": not any(one.refused or one.dead or one.error for one in found),
        "may_act": viewer.role in (ADMIN, DISPATCHER),
        "kinds": [(kind, told) for kind, told in rules.KINDS.items() if kind not in rules.OWN_KINDS],
    }
    return _show(request, "health", context)


def _again(request: HttpRequest, viewer: Viewer, now: datetime) -> HttpResponse:
    arrivals, letters = _keys(request, "arrival"), _keys(request, "letter")
    if not arrivals and not letters:
        messages.error(request, in_language(T["choose_one"]))
    if arrivals:
        count = actions.try_again(arrivals, viewer=viewer, at=now)
        messages.success(request, in_language(T["tried"]) % {"n": count})
    if letters:
        count = actions.resend(letters, viewer=viewer, at=now)
        messages.success(request, in_language(T["sent"]) % {"n": count})
        if count < len(set(letters)):
            messages.info(request, in_language(T["overtaken"]) % {"n": len(set(letters)) - count})
    return HttpResponseRedirect(reverse("channels:health"))


def _units(viewer: Viewer, now: datetime) -> list[tuple[int, str]]:
    return [(unit.pk, f"{unit.label} {unit.code}") for unit in parties.units(viewer, at=now)]


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("channels.new", roles={ADMIN})
def new(request: HttpRequest) -> HttpResponse:
    """A new counterpart of a kind that was chosen."""
    viewer, now = _viewer(request), timezone.now()
    kind = request.GET.get("kind", "")
    if kind not in rules.KINDS or kind in rules.OWN_KINDS:
        kind = next(iter(rules.KINDS))
    form = SourceForm(kind, _units(viewer, now), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        try:
            if any(one.code == code for one in queries.sources(viewer)):
                raise Refused("channels.taken", ("这个代码已被使用。", "This code is taken."), field="code")
            _save(form, code, viewer, now)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, in_language(T["saved"]))
            return HttpResponseRedirect(reverse("channels:source", args=[code]))
    context = {"form": form, "kind": rules.KINDS[kind]}
    return _show(request, "new", context, status=422 if request.method == "POST" else 200)


def _save(form: SourceForm, code: str, viewer: Viewer, now: datetime) -> Source:
    given = form.cleaned_data
    made = actions.save_source(
        code=code, name=given["name"], name_en=given["name_en"], kind=form.kind, direction=given["direction"],
        settings=form.settings, unit_id=int(given["unit"]) if given["unit"] else None, enabled=given["enabled"],
        joins_at=given.get("joins_at"), viewer=viewer, at=now, synthetic=form.source.synthetic if form.source is not None else False,
    )  # fmt: skip
    return actions.save_secret(made.pk, form.secrets, viewer=viewer, at=now) if form.secrets else made


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("channels.source", roles=READERS)
def source(request: HttpRequest, code: str) -> HttpResponse:
    """One counterpart: its day, its settings, what its codes mean and how well they cover what comes."""
    viewer, now = _viewer(request), timezone.now()
    found = queries.source(code, viewer)
    keeps = viewer.role == ADMIN
    form = SourceForm(found.kind, _units(viewer, now), request.POST or None, source=found) if keeps else None
    status = 200
    if request.method == "POST" and form is not None:
        status = 422
        if form.is_valid():
            try:
                _save(form, found.code, viewer, now)
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, in_language(T["saved"]))
                return HttpResponseRedirect(reverse("channels:source", args=[code]))
    return _source(request, found, form, status)


def _source(
    request: HttpRequest, found: Source, form: SourceForm | None, status: int, wrong: str = ""
) -> HttpResponse:
    viewer, now = _viewer(request), timezone.now()
    mine = next(
        (
            one
            for one in queries.health(viewer, now=now)
            if one.source is not None and one.source.pk == found.pk
        ),
        None,
    )
    coverage = queries.coverage(found, viewer, since=now - queries.RECENT, on=now)
    context = {
        "source": found,
        "facts": shown.facts(found, mine, now),
        "form": form,
        "has_codes": adapter_of(found.kind).has_codes,
        "mapping": shown.mappings(queries.mappings(found, viewer)),
        "coverage": shown.coverage(coverage),
        "unmapped": [code for code, _count in coverage.unmapped[:1]],
        "catalogue": [(kind.code, kind.name) for kind in duties.kinds()],
        "wrong": wrong,
        "list_href": reverse("desk:list", args=["channel-mappings"]),
    }
    return _show(request, "source", context, status=status)


@require_POST
@scope.endpoint("channels.map", roles={ADMIN})
def map_code(request: HttpRequest, code: str) -> HttpResponse:
    """Say what one code of theirs means."""
    viewer, now = _viewer(request), timezone.now()
    found = queries.source(code, viewer)
    given = {name: request.POST.get(name, "")[:160] for name in ("theirs", "name", "kind")}
    try:
        actions.map_code(found.pk, given["theirs"], kind=given["kind"][:8], name=given["name"], viewer=viewer)
    except Refused as refusal:
        form = SourceForm(found.kind, _units(viewer, now), source=found)
        return _source(request, found, form, 422, str(refusal))
    messages.success(request, in_language(T["saved"]))
    return HttpResponseRedirect(reverse("channels:source", args=[code]))
