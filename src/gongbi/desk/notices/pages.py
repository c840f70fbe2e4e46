"""The pages of notices. Thin: read the question, ask the room, show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.cases.flow import CASE
from gongbi.channels import actions as channels
from gongbi.channels import queries as channel_queries
from gongbi.channels.adapters import settings_of
from gongbi.channels.notices import actions, queries, rules, words
from gongbi.channels.notices.models import Notice
from gongbi.command.flow import ORDER, WHISTLE
from gongbi.command.words import SORTS
from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.notices.forms import TemplateForm, UnitWayForm, WayForm
from gongbi.desk.pages.common import show
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused, Stale, in_language
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, DISPATCHER, INTEGRATOR
from gongbi.look.furniture import Cell, Column, Table
from gongbi.look.templatetags.look import chip, said
from gongbi.parties import queries as parties

T = words.TEXTS
READERS = frozenset({ADMIN, AUDITOR, DISPATCHER})
SENDERS = frozenset({ADMIN, DISPATCHER})
HERE, MINE = "notices:list", "notices:mine"
SHOWN = 60
_TONES = {"waiting": "quiet", "quiet": "quiet", "sent": "ok", "dead": "late", "nowhere": "soon"}


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%m-%d %H:%M}" if at is not None else "—"


def _standing(one: Notice, now: datetime) -> str:
    message = one.outgoing
    if message is None:
        return "nowhere"
    if message.done_at is not None:
        return "sent"
    if message.dead_at is not None:
        return "dead"
    return "quiet" if message.next_at > now and not message.attempts else "waiting"


@require_safe
@scope.endpoint("notices.list", roles=READERS)
def notices(request: HttpRequest) -> HttpResponse:
    """Gateways and how they do, what was given up, and the latest notices, addressees masked."""
    viewer, now = viewer_of(request), timezone.now()
    health = {one.source.pk: one for one in channel_queries.health(viewer, now=now) if one.source is not None}
    ways = []
    for gateway in queries.gateways(viewer):
        set_to, well = settings_of(gateway), health[gateway.pk]
        ways.append(
            [
                Cell(gateway.words),
                Cell("、".join(said(rules.WAYS[way]) for way in set_to.ways)),
                Cell(words.TRANSPORTS[set_to.transport]),
                Cell(f"{set_to.quiet_from}–{set_to.quiet_to}"),
                Cell(well.outgoing),
                Cell(well.dead),
                Cell(well.error or "—"),
            ]
        )
    columns = [
        Column(T["gateway"]), Column(T["ways"]), Column(T["how"]), Column(T["quiet"], tight=True), Column(T["waiting"], number=True),
        Column(T["given_up"], number=True), Column(T["error"]),
    ]  # fmt: skip
    latest = [
        [
            Cell(_moment(one.at)),
            Cell(one.facts.get("number", "—")),
            Cell(_name(one.state or one.step)),
            Cell(
                f"{said(rules.AUDIENCES[one.audience])} · {said(rules.WAYS[one.contact.way])} {one.contact.hint}"
            ),
            Cell(chip(said(words.STANDINGS[standing := _standing(one, now)]), _TONES[standing])),
        ]
        for one in queries.latest(viewer, most=SHOWN)
    ]
    heads = [
        Column(T["when"], tight=True),
        Column(T["matter"], tight=True),
        Column(T["what"]),
        Column(T["to"]),
        Column(T["standing"]),
    ]
    context = {
        "t": T,
        "gateways": Table(T["gateways"], columns, ways) if ways else None,
        "dead": queries.dead(viewer),
        "latest": Table(T["latest"], heads, latest) if latest else None,
        "unserved": in_language(T["unserved"]) % {"n": count}
        if (count := queries.without_gateway(viewer))
        else "",
        "sends": viewer.role in SENDERS,
        "keeps": viewer.role == ADMIN,
    }
    return show(request, "desk/notices/list.html", context, here=HERE)


def _name(name: str) -> Any:
    """What a state or step is called."""
    if name in words.NAMES:
        return words.NAMES[name]
    states = {state.name: state.words for flow in (WHISTLE, ORDER, CASE) for state in flow.states}
    return states.get(name, (name, name))


@require_POST
@scope.endpoint("notices.again", roles=SENDERS)
def again(request: HttpRequest) -> HttpResponse:
    """Notices that were given up go out once more."""
    viewer, now = viewer_of(request), timezone.now()
    given_up = {row.pk for row in queries.dead(viewer, most=1000)}
    chosen = [
        int(key)
        for key in request.POST.getlist("row")
        if key.isascii() and key.isdigit() and int(key) in given_up
    ]
    if chosen:
        count = channels.resend(chosen, viewer=viewer, at=now)
        messages.success(request, in_language(T["again_done"]) % {"n": count})
    else:
        messages.error(request, in_language(T["again_none"]))
    return HttpResponseRedirect(reverse(HERE))


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("notices.mine", roles=scope.STAFF - {INTEGRATOR})
@sensitive_post_parameters("address")
def mine(request: HttpRequest) -> HttpResponse:
    """The own way: chosen, changed, or none."""
    viewer, now = viewer_of(request), timezone.now()
    contact = queries.contact_of(viewer, person_id=viewer.person_id) if viewer.person_id is not None else None
    status = 200
    if request.method == "POST":
        form, status = WayForm(request.POST, contact=contact), 422
        if form.is_valid():
            try:
                actions.choose_own(viewer=viewer, at=now, **form.cleaned_data)
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, in_language(T["kept"]))
                return HttpResponseRedirect(reverse(MINE))
    else:
        form = WayForm(contact=contact)
    context = {"t": T, "form": form, "title": T["mine"], "about": T["mine_about"], "now_way": _now(contact)}
    return show(request, "desk/notices/way.html", context, here=MINE, status=status)


def _now(contact: Any) -> str:
    if contact is None or contact.way == rules.NONE:
        return ""
    return in_language(T["now"]) % {"way": said(rules.WAYS[contact.way]), "hint": contact.hint}


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("notices.units", roles={ADMIN})
@sensitive_post_parameters("address")
def units(request: HttpRequest) -> HttpResponse:
    """How units are told, and a form for one more or a change."""
    viewer, now = viewer_of(request), timezone.now()
    names = {unit.pk: unit.label for unit in parties.units(viewer, at=now)}
    status = 200
    if request.method == "POST":
        form, status = UnitWayForm(request.POST, units=names), 422
        if form.is_valid():
            data = dict(form.cleaned_data)
            try:
                actions.choose_for_unit(viewer=viewer, unit_id=data.pop("unit"), at=now, **data)
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, in_language(T["kept"]))
                return HttpResponseRedirect(reverse("notices:units"))
    else:
        form = UnitWayForm(units=names)
    rows = [
        [Cell(one.unit.label), Cell(rules.WAYS[one.way]), Cell(one.hint or "—"), Cell(rules.HOURS[one.hours])]
        for one in queries.unit_contacts(viewer)
        if one.unit is not None
    ]
    heads = [Column(T["unit"]), Column(T["way"]), Column(T["to"]), Column(T["hours"])]
    context = {
        "t": T, "form": form, "title": T["units"], "about": T["units_about"], "table": Table(T["units"], heads, rows) if rows else None,
        "back": reverse(HERE),
    }  # fmt: skip
    return show(request, "desk/notices/way.html", context, here=HERE, status=status)


@require_safe
@scope.endpoint("notices.templates", roles=READERS)
def templates(request: HttpRequest) -> HttpResponse:
    """Every text in force."""
    viewer = viewer_of(request)
    rows = [
        [
            Cell(_name(one.name), reverse("notices:template", args=[one.audience, one.name, one.language])),
            Cell(rules.AUDIENCES[one.audience]),
            Cell(words.LANGUAGES[one.language]),
            Cell(f"v{one.version}" if one.version else T["shipped"]),
            Cell(one.body),
        ]
        for one in queries.texts(viewer)
    ]
    heads = [
        Column(T["name"], tight=True),
        Column(T["audience"]),
        Column(T["language"], tight=True),
        Column(T["version"], tight=True),
        Column(T["body"]),
    ]
    return show(
        request,
        "desk/notices/templates.html",
        {"t": T, "table": Table(T["templates"], heads, rows)},
        here=HERE,
    )


def _sample(language: str, audience: str, state: str) -> dict[str, str]:
    """Made-up values, to see a text as its addressee would."""
    place = 1 if language == "en" else 0
    commanded = audience in (rules.ORDERED, rules.ISSUER, rules.CLIMBED)
    flow = ORDER if commanded else CASE
    known = {one.name: one for one in flow.states}.get(state) or flow.states[0 if commanded else 5]
    name = settings.DISTRICT_NAME
    number, page = (
        ("AJ-26-1123-0000-1", "/desk/case/…") if not commanded else ("ZL-26-1123-0000-1", "/desk/command/…")
    )
    if audience == rules.REPORTER:
        number, page = "LH-26-1123-0000-1", "/r/…"
    return {
        "number": number, "state": known.words[place], "meaning": known.hint[place], "unit": words.TEXTS["example_unit"][place],
        "due": "2026-11-30 18:00", "what": SORTS["call"][place], "issuer": words.TEXTS["example_street"][place],
        "come": "2026-11-30 17:30", "drill": "", "district": name[min(place, len(name) - 1)], "link": settings.SITE_URL.rstrip("/") + page,
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("notices.template", roles=READERS)
def template(request: HttpRequest, audience: str, name: str, language: str) -> HttpResponse:
    """One text: its preview, its versions; an administrator tries and saves another."""
    viewer, now = viewer_of(request), timezone.now()
    text = queries.one_text(viewer, audience, name, language)
    sample, status = _sample(language, audience, name), 200
    shown = actions.preview(text.subject, text.body, sample)
    if request.method == "POST":
        form, status = TemplateForm(request.POST), 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                if request.POST.get("do") == "save":
                    kept = actions.save_template(
                        audience=audience, name=name, language=language, subject=data["subject"], body=data["body"],
                        version=data["version"], viewer=viewer, at=now,
                    )  # fmt: skip
                    messages.success(request, in_language(T["saved"]) % {"n": kept.version})
                    return HttpResponseRedirect(request.path)
                shown, status = actions.preview(data["subject"], data["body"], sample), 200
            except Refused as refusal:
                form.refuse(refusal)
                status = refusal.status if isinstance(refusal, Stale) or refusal.status == 403 else 422
    else:
        form = TemplateForm(initial={"subject": text.subject, "body": text.body, "version": text.version})
    names = Names(viewer, now)
    rows = [
        [
            Cell(f"v{one.version}" if one.version else T["shipped"]),
            Cell(_moment(one.at)),
            Cell(names.actor(one.by) if one.by else "—"),
            Cell(one.body),
        ]
        for one in queries.versions(viewer, audience, name, language)
    ]
    heads = [
        Column(T["version"], tight=True),
        Column(T["when"], tight=True),
        Column(T["by"]),
        Column(T["body"]),
    ]
    context = {
        "t": T, "text": text, "form": form, "preview": shown, "fields": rules.FIELDS.items(), "keeps": viewer.role == ADMIN,
        "title": _name(name), "audience": rules.AUDIENCES[audience], "language": words.LANGUAGES[language],
        "history": Table(T["history"], heads, rows),
    }  # fmt: skip
    return show(request, "desk/notices/template.html", context, here=HERE, status=status)
