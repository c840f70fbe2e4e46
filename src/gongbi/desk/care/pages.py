"""The pages of the care lists. Thin: what for, ask the room, show. Each look is kept in the access log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.desk.care.forms import EndForm, LineForm
from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import is_piece, piece, show
from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden, NotThere, Refused, in_language
from gongbi.kernel.scope.viewer import MANAGER, Viewer
from gongbi.kernel.vault import actions as vault
from gongbi.kernel.vault.queries import retention
from gongbi.look.furniture import Cell, Column, Fact, Tab, Table
from gongbi.look.templatetags.look import chip, said
from gongbi.parties import directory
from gongbi.parties import queries as parties
from gongbi.rounds import actions, queries, rules, words
from gongbi.rounds.scope import kept_by
from gongbi.territory import queries as territory

T = words.TEXTS
HERE = "care:list"
SEALED = ("name", "phone")


def keeper_of(request: HttpRequest) -> Viewer:
    """The viewer, who keeps some care list. Forbidden, in words, for other managers."""
    viewer = viewer_of(request)
    if not kept_by(viewer):
        raise Forbidden("rounds.care_keeper", T["no_field"])
    return viewer


def grids_of(viewer: Viewer, now: datetime) -> list[tuple[str, str]]:
    """Grids whose lists this viewer keeps, with their names."""
    codes = kept_by(viewer)
    for digits in (9, 12):
        wider = [code for code in codes if len(code) == digits]
        inside = [one.code for code in wider for one in territory.children(code, on=now)]
        codes = sorted({code for code in codes if len(code) != digits} | set(inside))
    names = Names(viewer, now).places(codes)
    return [(code, names[code]) for code in codes]


def workers_of(grid: str, now: datetime) -> str:
    """The names on the posts of those who go to a grid, or that nobody does."""
    known = directory.current()
    posts = [post for code in (grid, grid[:12]) for post in known.workers_of(code) if post.in_force(now)]
    return "、".join(dict.fromkeys(post.name for post in posts)) or said(T["nobody_goes"])


class Workers:
    """Who visited or changed something, by the name on the post, as the public card shows it; else by the office."""

    def __init__(self, actors: Iterable[str], viewer: Viewer, now: datetime) -> None:
        keys = {int(actor[5:]) for actor in actors if actor.startswith("post:") and actor[5:].isdigit()}
        found = parties.posts(viewer, at=now).filter(pk__in=keys)
        self._names = {post.actor: post.work_name for post in found} if keys else {}
        self._offices = Names(viewer, now)

    def __call__(self, actor: str) -> str:
        return self._names.get(actor) or said(self._offices.actor(actor))


@require_safe
@scope.endpoint("care.list", roles={MANAGER})
def care(request: HttpRequest) -> HttpResponse:
    """How many there are; and, once it was said what for, who."""
    viewer, now = keeper_of(request), timezone.now()
    asked = {name: request.GET.get(name, "")[:24] for name in ("for", "kind", "grid", "tab")}
    context: dict[str, Any] = {
        "t": T, "asked": asked, "purposes": rules.CARE_PURPOSES.items(), "kinds": rules.CARE_KINDS.items(),
        "counts": [(rules.CARE_KINDS[kind], n) for kind, n in queries.care_counts(viewer).items()],
    }  # fmt: skip
    if asked["for"] in rules.CARE_PURPOSES:
        ended = asked["tab"] == "ended"
        found = queries.care_list(viewer, at=now, kind=asked["kind"], grid=asked["grid"], ended=ended)
        what = f"{len(found)} / {asked['kind'] or '*'} / {asked['grid'] or '*'}"
        actions.look_at_care(asked["for"], what=what, viewer=viewer, at=now)
        grids = grids_of(viewer, now)
        context |= {
            "table": _table(found, dict(grids), asked["for"], viewer, now) if found else None,
            "grids": grids,
            "ended": ended,
            "purpose": rules.CARE_PURPOSES[asked["for"]],
            "tabs": [
                Tab(T[name], "?" + urlencode({"for": asked["for"], "tab": tab}), ended == bool(tab))
                for name, tab in (("running", ""), ("over", "ended"))
            ],
        }
    return show(request, "desk/care/list.html", context, here=HERE)


def _table(
    found: Sequence[queries.Listed], grids: dict[str, str], purpose: str, viewer: Viewer, now: datetime
) -> Table:
    who = Workers((one.last.actor for one in found if one.last is not None), viewer, now)
    today = timezone.localdate(now)
    columns = (
        Column(T["name"], tight=True), Column(T["kind"], tight=True), Column(T["door"]), Column(T["grid"]), Column(T["goes"]),
        Column(T["last"]), Column(T["due"], tight=True), Column(T["ground"]),
    )  # fmt: skip
    workers = {grid: workers_of(grid, now) for grid in {one.care.territory for one in found}}
    rows = []
    for one in found:
        care = one.care
        due: Any = f"{one.due:%Y-%m-%d}"
        if one.late:
            due = chip(in_language(T["late"]) % {"n": (today - one.due).days}, "late")
        elif care.ended:
            due = rules.CARE_ENDS[care.ended]
        href = reverse("care:one", args=[care.pk]) + "?" + urlencode({"for": purpose})
        rows.append((
            Cell(str(care.name) or "—", href), Cell(rules.CARE_KINDS[care.kind]), Cell(care.door),
            Cell(grids.get(care.territory, care.territory)), Cell(workers[care.territory]), Cell(_last(one, who)), Cell(due),
            Cell(rules.GROUNDS[care.ground] if care.ground else chip(said(T["no_ground"]), "soon")),
        ))  # fmt: skip
    return Table(T["care"], columns, rows)


def _last(one: queries.Listed, who: Workers) -> Any:
    if one.care.visited_at is None:
        return T["never"]
    day = f"{timezone.localtime(one.care.visited_at):%Y-%m-%d}"
    return f"{day} · {who(one.last.actor)}" if one.last is not None else day


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("care.new", roles={MANAGER})
@sensitive_post_parameters("name", "phone")
def new(request: HttpRequest) -> HttpResponse:
    """Put somebody on a list."""
    viewer, now = keeper_of(request), timezone.now()
    grids, status = grids_of(viewer, now), 200
    form = LineForm(initial={"since": timezone.localdate(now)}, grids=grids)
    if request.method == "POST":
        form, status = LineForm(request.POST, grids=grids), 422
        if form.is_valid():
            try:
                made, fresh = actions.add_care(
                    line=form.line, since=form.cleaned_data["since"], viewer=viewer, at=now
                )
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, in_language(T["added" if fresh else "there"]))
                return HttpResponseRedirect(_page(made.pk, "upkeep"))
    return show(request, "desk/care/new.html", {"t": T, "form": form}, here=HERE, status=status)


def _page(key: int, purpose: str) -> str:
    return reverse("care:one", args=[key]) + "?" + urlencode({"for": purpose})


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("care.one", roles={MANAGER})
@sensitive_post_parameters("name", "phone")
def one(request: HttpRequest, key: int) -> HttpResponse:
    """One person: who goes there and when, on which ground it is kept, who changed it; and changing it."""
    viewer, now = keeper_of(request), timezone.now()
    found = queries.care_kept(key, viewer)
    if request.method != "POST":
        return _one(request, found, now)
    form = LineForm(request.POST, grids=grids_of(viewer, now), known=True)
    if form.is_valid():
        try:
            expected = parse_datetime(form.cleaned_data["expected"] or "")
            actions.change_care(care_id=key, line=form.line, viewer=viewer, at=now, expected=expected)
        except NotThere:
            raise
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, in_language(T["saved"]))
            return HttpResponseRedirect(_page(key, "upkeep"))
    return _one(request, found, now, form=form, status=422)


@require_POST
@scope.endpoint("care.end", roles={MANAGER})
def end(request: HttpRequest, key: int) -> HttpResponse:
    """Take somebody off the list."""
    viewer, now = keeper_of(request), timezone.now()
    found, form = queries.care_kept(key, viewer), EndForm(request.POST)
    if form.is_valid():
        try:
            actions.end_care(care_id=key, viewer=viewer, at=now, **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            gone = form.cleaned_data["reason"] == "asked"
            messages.success(request, in_language(T["forgotten" if gone else "ended"]))
            return HttpResponseRedirect(reverse(HERE) + "?for=upkeep")
    return _one(request, found, now, ending=form, status=422)


def _one(
    request: HttpRequest,
    found: Any,
    now: datetime,
    *,
    form: LineForm | None = None,
    ending: EndForm | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer = viewer_of(request)
    purpose = request.GET.get("for", "upkeep" if request.method == "POST" else "")
    if purpose not in rules.CARE_PURPOSES:
        return HttpResponseRedirect(reverse(HERE))
    actions.look_at_care(purpose, what=f"#{found.pk}", viewer=viewer, at=now)
    grids = dict(grids_of(viewer, now))
    changed = found.changed_at.isoformat() if found.changed_at else ""
    initial = {name: getattr(found, name) for name in ("kind", "door", "every_days", "ground", "ground_note")}
    if form is None:
        initial |= {"grid": found.territory, "expected": changed}
        form = LineForm(initial=initial, grids=list(grids.items()), known=True)
    ground = (
        f"{said(rules.GROUNDS[found.ground])} · {found.ground_note}"
        if found.ground
        else chip(said(T["no_ground"]), "soon")
    )
    facts = [
        Fact(T["kind"], rules.CARE_KINDS[found.kind]), Fact(T["door"], found.door or "—", grids.get(found.territory, found.territory)),
        Fact(T["goes"], workers_of(found.territory, now)), Fact(T["every_days"], in_language(T["every"]) % {"n": found.every_days}),
        Fact(T["last"], f"{timezone.localtime(found.visited_at):%Y-%m-%d %H:%M}" if found.visited_at else T["never"]),
        Fact(T["ground"], ground), Fact(T["since"], f"{found.since:%Y-%m-%d}"),
    ]  # fmt: skip
    if found.ended:
        facts.append(Fact(T["until"], f"{found.until:%Y-%m-%d}", rules.CARE_ENDS[found.ended]))
    visits, changes = queries.visits_of(found, viewer), queries.care_changes(found, viewer)
    who = Workers([one.actor for one in visits] + [one.actor for one in changes], viewer, now)
    keep = retention("care_list").keep
    context = {
        "t": T, "care": found, "facts": facts, "sealed": [(name, T[name], str(getattr(found, name))) for name in SEALED if getattr(found, name)],
        "visits": _visits(visits, who), "changes": _changes(changes, who),
        "form": form if not found.ended else None, "ending": ending or EndForm(initial={"until": timezone.localdate(now)}),
        "end_told": in_language(T["end_told"]) % {"days": keep}, "purpose": rules.CARE_PURPOSES[purpose],
    }  # fmt: skip
    return show(request, "desk/care/one.html", context, here=HERE, status=status)


def _visits(found: Sequence[Any], who: Workers) -> Table | None:
    rows = [
        (Cell(f"{timezone.localtime(one.at):%Y-%m-%d %H:%M}"), Cell(who(one.actor)), Cell(one.note or "—"), Cell(one.report or "—"))
        for one in found
    ]  # fmt: skip
    columns = (
        Column(T["when"], tight=True),
        Column(T["who"]),
        Column(T["what"]),
        Column(("转为事项", "Became matter")),
    )
    return Table(T["visits"], columns, rows) if rows else None


def _changes(found: Sequence[Any], who: Workers) -> Table | None:
    told = {
        **{name: T.get(name, (name, name)) for name in LineForm.base_fields},
        "territory": T["grid"],
        **rules.CARE_ENDS,
    }
    rows = [
        (
            Cell(f"{timezone.localtime(one.at):%Y-%m-%d %H:%M}"), Cell(who(one.actor)), Cell(words.ACTS[one.act]),
            Cell("、".join(said(told.get(name, name)) for name in one.columns) or "—"),
        )
        for one in found
    ]  # fmt: skip
    columns = (
        Column(T["when"], tight=True),
        Column(T["who"]),
        Column(T["what"], tight=True),
        Column(("涉及", "Which")),
    )
    return Table(T["changes"], columns, rows) if rows else None


@require_POST
@scope.endpoint("care.open", roles={MANAGER})
@sensitive_variables("plain")
def unseal(request: HttpRequest, key: int, field: str) -> HttpResponse:
    """Show a name or a number, for a reason that is kept. Nothing keeps the answer."""
    viewer, now = keeper_of(request), timezone.now()
    found = queries.care_kept(key, viewer)
    if field not in SEALED:
        raise NotThere("rounds.care", ("没有这一项。", "There is no such field."))
    context: dict[str, Any] = {"t": T, "care": found, "field": field}
    status = 200
    try:
        context["plain"] = vault.unseal(
            found, field, viewer=viewer, reason=request.POST.get("reason", ""), at=now
        )
    except Refused as refusal:
        if refusal.status == 403:
            raise
        context["refusal"], status = refusal, refusal.status
    if is_piece(request):
        return piece(request, "desk/parts/unsealed.html", context, status=status)
    return show(request, "desk/care/opened.html", context, here=HERE, status=status)
