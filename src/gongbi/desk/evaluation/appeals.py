"""The pages of appeals."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.cases.rules import EXCLUSION_GROUNDS
from gongbi.desk.evaluation import shown
from gongbi.desk.evaluation.forms import FORMS, AskForm, StepForm
from gongbi.desk.evaluation.pages import ROLES
from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.evaluation import actions, queries, queries_appeals, words
from gongbi.evaluation.models import Appeal
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused, Stale, in_language
from gongbi.kernel.flow import queries as flow
from gongbi.kernel.scope import viewer as roles
from gongbi.look.furniture import Fact, Happened, Tab, Turn

HERE = "evaluation:appeals"
ASKERS = frozenset({roles.HANDLER, roles.MANAGER})
T = words.TEXTS


@require_safe
@scope.endpoint("evaluation.appeals", roles=ROLES - {roles.ADMIN, roles.GRID_WORKER, roles.CLERK})
def appeals(request: HttpRequest) -> HttpResponse:
    """What waits for a review first, by its deadline."""
    viewer, now = viewer_of(request), timezone.now()
    tab = request.GET.get("tab", "open")
    tab = tab if tab in queries_appeals.TABS else "open"
    given = request.GET.get("page", "1")
    number = min(int(given), 10_000) if given.isascii() and given.isdigit() else 1
    rows, more = queries_appeals.appeals(viewer, tab, page=number)
    counts = queries_appeals.counts(viewer)
    cases = queries_appeals.cases_of(viewer, [one.case_id for one in rows])
    context = {
        "t": T,
        "tabs": [Tab(told, f"?tab={name}", name == tab, counts[name]) for name, told in words.TABS.items()],
        "table": shown.appeals(rows, Names(viewer, now), cases),
        "empty": not rows,
        "turn": Turn(
            previous=f"?tab={tab}&page={number - 1}" if number > 1 else "",
            next=f"?tab={tab}&page={number + 1}" if more else "",
            shown=len(rows),
        ),
    }
    return show(request, "desk/evaluation/appeals.html", context, here=HERE)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("evaluation.ask", roles=ASKERS)
def ask(request: HttpRequest, edition: int, unit: int, case: int) -> HttpResponse:
    """Appeal about one case. What is wrong stands beside its field, what was typed is kept."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.results(viewer, queries.edition_by_key(edition, viewer))
    rated = found.rated(unit)
    queries.must_open(viewer, rated)
    matter = queries_appeals.cases_of(viewer, [case]).get(case)
    form = AskForm(request.POST if request.method == "POST" else None, initial={"sort": "exempt"})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = actions.ask(
                    actions.Asked(edition=edition, unit=unit, case=case, **form.cleaned_data),
                    viewer=viewer,
                    at=now,
                )
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, in_language(T["asked"]) % {"number": made.number})
                return HttpResponseRedirect(reverse("evaluation:appeal", args=[made.number]))
    context = {
        "t": T,
        "form": form,
        "unit": rated,
        "case": matter,
        "found": found,
        "back": reverse("evaluation:unit", args=[edition, unit]),
    }
    return show(request, "desk/evaluation/ask.html", context, here=HERE, status=status)


@require_safe
@scope.endpoint("evaluation.appeal", roles=ROLES - {roles.ADMIN, roles.GRID_WORKER, roles.CLERK})
def appeal(request: HttpRequest, number: str) -> HttpResponse:
    """One appeal; ``?step=`` opens the form of a step."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries_appeals.appeal_by_number(number, viewer)
    step = request.GET.get("step", "")
    may = step in FORMS and step in flow.allowed(found, viewer, at=now)
    return _page(request, found, step, FORMS[step](found) if may else None)


@require_POST
@scope.endpoint("evaluation.step", roles=ASKERS | {roles.ADJUDICATOR})
def take(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Do one step. What is wrong stands beside its field (422), an old version is told so (409)."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries_appeals.appeal_by_number(number, viewer)
    if step not in FORMS:
        raise NotThere("evaluation.step", ("没有这个步骤。", "There is no such step."))
    form, status = FORMS[step](found, request.POST), 422
    if form.is_valid():
        try:
            form.act(viewer, now)
        except Refused as refusal:
            form.refuse(refusal)
            status = refusal.status if isinstance(refusal, Stale) or refusal.status == 403 else 422
        else:
            after = queries_appeals.appeal_by_number(number, viewer)
            told = {
                "step": in_language(after.declared.by_name[step].words),
                "number": after.number,
                "state": in_language(after.declared_state.words),
            }
            messages.success(request, in_language(T["done"]) % told)
            return HttpResponseRedirect(reverse("evaluation:appeal", args=[number]))
    return _page(request, found, step, form, status=status)


def _page(
    request: HttpRequest, found: Appeal, step: str, form: StepForm | None, *, status: int = 200
) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    names = Names(viewer, now)
    case = queries_appeals.cases_of(viewer, [found.case_id]).get(found.case_id)
    events = queries_appeals.timeline(found, viewer)
    names.remember(event.actor for event in events)
    context: dict[str, Any] = {
        "t": T,
        "appeal": found,
        "sort": words.SORTS[found.sort],
        "unit": names.unit(found.asked_unit),
        "facts": _facts(found, names, case),
        "case": case,
        "steps": flow.steps(found, viewer, at=now),
        "step_href": f"{reverse('evaluation:appeal', args=[found.number])}?step=",
        "step": step,
        "arrow": found.declared.by_name[step] if form is not None else None,
        "form": form,
        "events": [
            Happened(event.arrow.words, event.at, names.actor(event.actor, event.unit_id), _said(event.facts), event.arrow.article)
            for event in reversed(events)
        ],
        "now": now,
    }  # fmt: skip
    return show(request, "desk/evaluation/appeal.html", context, here=HERE, status=status)


def _said(facts: Any) -> str:
    return "\n".join(str(facts[name]) for name in ("reason", "evidence") if facts.get(name))


def _facts(found: Appeal, names: Names, case: Any) -> list[Fact]:
    facts = [
        Fact(T["unit"], names.unit(found.asked_unit)),
        Fact(T["period"], found.period),
        Fact(T["sort"], words.SORTS[found.sort]),
        Fact(T["case"], case.number if case is not None else T["outside"]),
    ]
    if found.ground:
        facts.append(Fact(T["ground"], EXCLUSION_GROUNDS.get(found.ground, found.ground)))
    if found.answer:
        facts.append(Fact(T["answer"], found.answer))
    if found.state == "upheld":
        facts.append(
            Fact(T["entered"], shown.moment(found.entered_at) if found.entered_at else T["not_entered"])
        )
    return facts
