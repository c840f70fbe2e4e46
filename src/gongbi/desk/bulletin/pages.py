"""The pages of bulletins. Thin: read the question, ask the room, show."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.bulletin import actions, composing, drawing, papers, queries, rules, shown, words
from gongbi.bulletin.models import Bulletin
from gongbi.bulletin.scope import READERS, WRITERS
from gongbi.bulletin.shape import Plain, said
from gongbi.bulletin.shown import Shown
from gongbi.desk.bulletin.forms import FORMS, CorrectForm, MakeForm, StepForm
from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show, unkept
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused, Stale, in_language
from gongbi.kernel.flow import queries as flow
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.furniture import Cell, Column, Happened, Tab, Table, Turn
from gongbi.look.templatetags.look import state
from gongbi.parties.actions import exported
from gongbi.territory import queries as territory

ROLES = READERS - {roles.INTEGRATOR}
HERE = "bulletins:list"
T = words.TEXTS
_TOLD = 5  # differences named in a message


@require_safe
@scope.endpoint("bulletins.list", roles=ROLES)
def bulletins(request: HttpRequest) -> HttpResponse:
    """What was issued, the newest first; what waits; and for its writers the form that drafts one."""
    return _list(request, None)


def _list(request: HttpRequest, form: MakeForm | None, *, status: int = 200) -> HttpResponse:
    viewer = viewer_of(request)
    tab, sort = request.GET.get("tab", "issued"), request.GET.get("sort", "")
    tab = tab if tab in queries.TABS else "issued"
    sort = sort if sort in rules.SORTS else ""
    given = request.GET.get("page", "1")
    number = min(int(given), 10_000) if given.isascii() and given.isdigit() else 1
    found = queries.bulletins(viewer, tab, sort=sort, page=number)
    link = f"?{urlencode({'tab': tab, 'sort': sort})}&page="
    writes = viewer.role in WRITERS
    if form is None and writes:
        last = rules.last_before("day", timezone.localdate(timezone.now()))
        form = MakeForm(_places(viewer), initial={"period": last.first.isoformat()})
    context = {
        "t": T,
        "tabs": [Tab(text, f"?tab={name}", name == tab) for name, text in words.TABS.items()],
        "sorts": [Tab(text, f"?{urlencode({'tab': tab, 'sort': name})}", name == sort) for name, text in words.SORTS.items()],
        "table": _table(found.bulletins),
        "empty": not found.bulletins,
        "turn": Turn(
            previous=f"{link}{number - 1}" if number > 1 else "", next=f"{link}{number + 1}" if found.more else "",
            shown=len(found.bulletins),
        ),
        "form": form,
        "writes": writes,
    }  # fmt: skip
    return show(request, "desk/bulletin/list.html", context, here=HERE, status=status)


def _places(viewer: Viewer) -> list[tuple[str, Any]]:
    """The district and its streets, as far as the viewer covers them."""
    day = timezone.localdate(timezone.now())
    found: list[tuple[str, Any]] = [(settings.DISTRICT_CODE, in_language(settings.DISTRICT_NAME))]
    found += [(street.code, street.name) for street in territory.divisions(level="street", on=day)]
    return [pair for pair in found if viewer.covers(pair[0])]


def _table(found: Any) -> Table:
    columns = [
        Column(T[name], tight=name != "bulletins")
        for name in ("bulletins", "period", "edition", "state", "issued_at")
    ]
    rows = [
        [
            Cell(shown.title(one), reverse("bulletins:bulletin", args=[one.number])), Cell(shown.span(one)),
            Cell(in_language(T["bulletin_no"]) % {"edition": one.edition}), Cell(state(one)),
            Cell(f"{timezone.localtime(one.issued_at):%Y-%m-%d %H:%M}" if one.issued_at else "—"),
        ]
        for one in found
    ]  # fmt: skip
    return Table(T["bulletins"], columns, rows)


@require_POST
@scope.endpoint("bulletins.new", roles=WRITERS)
def new(request: HttpRequest) -> HttpResponse:
    """Draft the bulletin of a period that is over, or find the one that is there."""
    viewer, now = viewer_of(request), timezone.now()
    form = MakeForm(_places(viewer), request.POST)
    if form.is_valid():
        try:
            made = actions.draft(**form.cleaned_data, viewer=viewer, at=now)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, in_language(T["drafted"]) % {"number": made.number})
            return HttpResponseRedirect(reverse("bulletins:bulletin", args=[made.number]))
    return _list(request, form, status=422)


@require_safe
@scope.endpoint("bulletins.bulletin", roles=ROLES)
def bulletin(request: HttpRequest, number: str) -> HttpResponse:
    """One edition, all of it; ``?step=`` opens the form of a step."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.bulletin_by_number(number, viewer)
    step = request.GET.get("step", "")
    may = step in FORMS and step in flow.allowed(found, viewer, at=now)
    return _page(request, found, step, FORMS[step](found) if may else None)


@require_POST
@scope.endpoint("bulletins.step", roles=WRITERS)
def take(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Do one step. What is wrong stands beside its field (422), an old version is told so (409)."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.bulletin_by_number(number, viewer)
    if step not in FORMS:
        raise NotThere("bulletin.step", ("没有这个步骤。", "There is no such step."))
    form, status = FORMS[step](found, request.POST), 422
    if form.is_valid():
        try:
            form.act(viewer, now)
        except Refused as refusal:
            form.refuse(refusal)
            status = refusal.status if isinstance(refusal, Stale) or refusal.status == 403 else 422
        else:
            after = queries.bulletin_by_number(number, viewer)
            told = {
                "step": in_language(after.declared.by_name[step].words),
                "state": in_language(after.declared_state.words),
            }
            messages.success(request, in_language(T["done"]) % told)
            return HttpResponseRedirect(reverse("bulletins:bulletin", args=[number]))
    return _page(request, found, step, form, status=status)


@require_http_methods(["POST"])
@scope.endpoint("bulletins.correct", roles=WRITERS)
def correct(request: HttpRequest, number: str) -> HttpResponse:
    """Another edition of one that was issued."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.bulletin_by_number(number, viewer)
    form = CorrectForm(found, request.POST)
    if form.is_valid():
        try:
            made = actions.correct(key=found.pk, reason=form.cleaned_data["reason"], viewer=viewer, at=now)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, in_language(T["drafted"]) % {"number": made.number})
            return HttpResponseRedirect(reverse("bulletins:bulletin", args=[made.number]))
    return _page(request, found, "", None, correction=form, status=422)


@require_POST
@scope.endpoint("bulletins.recompute", roles=ROLES)
def recompute(request: HttpRequest, number: str) -> HttpResponse:
    """Take the figures anew and say whether they are the same. Changes nothing."""
    viewer, now = viewer_of(request), timezone.now()
    again = queries.recompute(queries.bulletin_by_number(number, viewer), viewer, at=now)
    if again.same:
        messages.success(request, in_language(T["same"]))
    elif not again.changes:
        messages.error(request, in_language(T["differs_form"]))
    else:
        named = "、".join(said(one["words"], shown.is_english()) for one in again.changes[:_TOLD])
        messages.error(request, in_language(T["differs"]) % {"n": len(again.changes), "what": named})
    return HttpResponseRedirect(reverse("bulletins:bulletin", args=[number]))


@require_safe
@scope.endpoint("bulletins.file", roles=ROLES)
def file(request: HttpRequest, number: str, ending: str) -> HttpResponse:
    """One edition as Word, PDF or its own bytes; who may not see it has no file of it either."""
    viewer = viewer_of(request)
    found = queries.bulletin_by_number(number, viewer)
    plain = queries.plain_of(found, viewer)
    kinds = {"docx": papers.WORD, "pdf": papers.PDF, "json": "application/json"}
    if ending not in kinds:
        raise NotThere("bulletin.format", ("没有这种格式。", "There is no such format."))
    body = (
        found.plain.encode()
        if ending == "json"
        else (papers.word if ending == "docx" else papers.pdf)(found, plain)
    )
    name = papers.name_of(found, ending)
    exported(name, viewer=viewer, at=timezone.now())
    answer = HttpResponse(body, content_type=kinds[ending])
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return unkept(answer)


def _page(
    request: HttpRequest,
    found: Bulletin,
    step: str,
    form: StepForm | None,
    *,
    correction: CorrectForm | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    plain = queries.plain_of(found, viewer)
    editions = queries.editions(found, viewer)
    newest = editions[0] if editions else found
    correctable = found.state == "issued" and newest.pk == found.pk and viewer.role in WRITERS
    names = Names(viewer, now)
    events = queries.timeline(found, viewer)
    names.remember(event.actor for event in events)
    context: dict[str, Any] = {
        "t": T,
        "bulletin": found,
        "title": shown.title(found),
        "span": shown.span(found),
        "edition": in_language(T["bulletin_no"]) % {"edition": found.edition},
        "marks": shown.marks(found),
        "facts": list(shown.head(found)),
        "parts": [_part(part, one, plain) for part, one in zip(shown.parts(plain), plain["parts"], strict=True)],
        "definitions": shown.definitions(plain),
        "corrected": in_language(T["corrected"]) % {"edition": newest.edition}
        if newest.pk != found.pk and newest.edition > found.edition and newest.state == "issued" else "",
        "newest": newest,
        "changes": table_of(shown.changes(found), T["changes"]) if found.changes else None,
        "corrects": found.corrects,
        "steps": flow.steps(found, viewer, at=now) if found.state in queries.TABS["open"] else [],
        "step_href": f"{reverse('bulletins:bulletin', args=[found.number])}?step=",
        "step": step,
        "arrow": found.declared.by_name[step] if form is not None else None,
        "form": form,
        "correction": correction or (CorrectForm(found) if correctable else None),
        "editions": _table(editions) if len(editions) > 1 else None,
        "files": [(reverse("bulletins:file", args=[found.number, end]), T[name]) for end, name in (("docx", "word"), ("pdf", "pdf"), ("json", "json"))],
        "events": [
            Happened(event.arrow.words, event.at, names.actor(event.actor, event.unit_id), str(event.facts.get("reason") or ""))
            for event in reversed(events)
        ],
    }  # fmt: skip
    return show(request, "desk/bulletin/bulletin.html", context, here=HERE, status=status)


def _part(part: shown.Part, kept: Plain, plain: Plain) -> dict[str, Any]:
    """A part for the page: its figures lead to the board's rows."""
    figures = None if part.figures is None else table_of(part.figures, part.heading)
    if figures is not None:
        rows = [list(row) for row in figures.rows]
        for row, one in zip(rows, kept["figures"], strict=True):
            if one["rows"]:
                row[1] = Cell(row[1].value, _rows(one["rows"], plain))
        figures = Table(figures.caption, figures.columns, rows)
    return {
        "name": part.name,
        "heading": part.heading,
        "said": part.said,
        "figures": figures,
        "charts": [
            (chart, SafeString(drawing.svg(drawing.draw(chart.kind, chart.labels, chart.series), chart.alt)))
            for chart in part.charts
        ],
        "tables": [
            (table.caption, table_of(table, table.caption) if table.rows else None, table.note)
            for table in part.tables
        ],
    }


def _rows(asked: dict[str, str], plain: Plain) -> str:
    place = {"territory": plain["territory"]} if len(plain["territory"]) > composing.DISTRICT_DIGITS else {}
    return f"{reverse('board:board_rows')}?{urlencode({'from': plain['first'], 'to': plain['last'], **place, **asked})}"


def table_of(found: Shown, caption: Any) -> Table:
    """A table of text as the pages' component takes it."""
    columns = [Column(name, number=at in found.numbers) for at, name in enumerate(found.columns)]
    return Table(caption, columns, [[Cell(text) for text in row] for row in found.rows], note=found.note)
