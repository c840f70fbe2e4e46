"""The pages of indicators and schemes: what holds, its versions, a change proposed, tried out and decided."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.desk.evaluation import shown
from gongbi.desk.evaluation.forms import EnactForm, IndicatorForm, SchemeForm
from gongbi.desk.evaluation.pages import ROLES, RULERS, rules_here
from gongbi.desk.frame import viewer_of
from gongbi.desk.pages.common import show
from gongbi.evaluation import actions, phrasing, queries_rules, words
from gongbi.evaluation.fields import FIELDS, LINES
from gongbi.evaluation.models import Rule
from gongbi.evaluation.queries_rules import INDICATOR, KINDS, RuleSet
from gongbi.evaluation.rules import Indicator, Scheme
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused, in_language
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.furniture import Cell, Column, Fact, Table

HERE = "evaluation:rules"
T = words.TEXTS
MOST_ROWS = 300


@require_safe
@scope.endpoint("evaluation.rules", roles=ROLES)
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule that holds today, and what is to come."""
    viewer = viewer_of(request)
    today = timezone.localdate(timezone.now())
    held = queries_rules.rules_on(viewer, today)
    drafts, coming = queries_rules.drafts(viewer), queries_rules.coming(viewer, today)
    context = {
        "t": T,
        "schemes": _schemes(held),
        "indicators": _indicators(held),
        "drafts": _versions(drafts, T["drafts"]) if drafts else None,
        "coming": _versions(coming, T["coming"]) if coming else None,
    }
    return show(request, "desk/evaluation/rules.html", context, here=HERE)


def _schemes(held: RuleSet) -> Table:
    columns = (
        Column(T["scheme"], tight=True), Column(T["classes"]), Column(T["items"]), Column(T["period"], tight=True), Column(T["source"]), Column(T["version"], tight=True),
    )  # fmt: skip
    rows = [
        [
            Cell(one.words, reverse("evaluation:rule", args=["scheme", code])),
            Cell(shown.joined(words.class_words(class_) for class_ in one.classes)),
            Cell(_items(one, held)), Cell(words.PERIODS[one.period]), Cell(one.source), Cell(shown.version(held.versions.get(f"scheme:{code}", 0))),
        ]
        for code, one in held.schemes.items()
    ]  # fmt: skip
    return Table(T["schemes"], columns, rows)


def _items(one: Scheme, held: RuleSet) -> str:
    return str(in_language(("，", ", "))).join(
        f"{in_language(held.indicators[item.indicator].words)} {item.weight}" + (f" · {in_language(T['bands'])}" if item.bands else "")
        for item in one.items
    )  # fmt: skip


def _indicators(held: RuleSet) -> Table:
    columns = (
        Column(T["indicator"], tight=True), Column(T["numerator"]), Column(T["denominator"]), Column(T["exclusions"]), Column(T["source"]),
        Column(T["version"], tight=True),
    )  # fmt: skip
    rows = [
        [
            Cell(one.words, reverse("evaluation:rule", args=["indicator", code])), Cell(phrasing.amount(one.read.numerator)),
            Cell(phrasing.amount(one.read.denominator)), Cell(phrasing.condition(one.read.exclusions)),
            Cell(one.source), Cell(shown.version(held.versions.get(f"indicator:{code}", 0))),
        ]
        for code, one in held.indicators.items()
    ]  # fmt: skip
    return Table(T["indicators"], columns, rows)


def _versions(rows: list[Rule], caption: Any) -> Table:
    columns = (
        Column(T["version"], tight=True),
        Column(T["note"]),
        Column(T["valid_from"], tight=True),
        Column(T["state"], tight=True),
    )
    lines = [
        [
            Cell(f"{row.code} {row.number}", reverse("evaluation:draft", args=[row.pk])), Cell(row.note),
            Cell(row.valid_from.isoformat() if row.valid_from else "—"), Cell(_standing(row)),
        ]
        for row in rows
    ]  # fmt: skip
    return Table(caption, columns, lines)


def _standing(row: Rule) -> Any:
    if row.withdrawn_at is not None:
        return ("已撤回", "withdrawn")
    return ("已批准", "decided") if row.enacted_at is not None else ("待批准", "waiting for a decision")


def _in_force(viewer: Viewer) -> RuleSet:
    return queries_rules.rules_on(viewer, timezone.localdate(timezone.now()))


def _held(request: HttpRequest, kind: str, code: str) -> tuple[Indicator | Scheme, int]:
    held = _in_force(viewer_of(request))
    found: Any = None
    if kind in KINDS:
        found = (held.indicators if kind == INDICATOR else held.schemes).get(code)
    if found is None:
        raise NotThere(
            "evaluation.no_rule", ("没有这个指标或方案。", "There is no such indicator or scheme.")
        )
    return found, held.versions.get(f"{kind}:{code}", 0)


@require_safe
@scope.endpoint("evaluation.rule", roles=ROLES)
def rule(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """One rule as it holds today, with its versions."""
    viewer = viewer_of(request)
    one, number = _held(request, kind, code)
    rows = queries_rules.versions(viewer, kind, code)
    context = {
        "t": T,
        "kind": words.KINDS[kind],
        "one": one,
        "facts": _facts(one, number, _in_force(viewer)),
        "versions": _versions(rows, T["versions"]) if rows else None,
        "change_href": reverse("evaluation:change", args=[kind, code]) if rules_here(viewer) else "",
    }
    return show(request, "desk/evaluation/rule.html", context, here=HERE)


def _facts(one: Indicator | Scheme, number: int, held: RuleSet) -> list[Fact]:
    names = {code: known.words for code, known in held.indicators.items()}
    if isinstance(one, Indicator):
        return shown.definition(one, number)
    facts = [
        Fact(
            names.get(item.indicator, item.indicator),
            item.weight,
            "、".join(f"≥{start}: {points}" for start, points in item.bands),
        )
        for item in one.items
    ]
    return [
        *facts,
        *(Fact(minus.words, shown.code(minus.count), f"{minus.each} / {minus.most}") for minus in one.minus),
        Fact(T["classes"], shown.joined(words.class_words(class_) for class_ in one.classes)),
        Fact(T["period"], words.PERIODS[one.period]),
        Fact(T["missing"], T[f"missing_{one.missing}"]),
        Fact(T["fewest"], one.fewest),
        Fact(T["appeal_within"], one.appeal_within),
        Fact(T["review_within"], one.review_within),
        Fact(T["source"], one.source),
        Fact(T["version"], shown.version(number)),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("evaluation.change", roles=RULERS)
def change(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """Propose a change of what holds, each part in its own field. Another code makes a new rule."""
    one, _number = _held(request, kind, code)
    data = request.POST if request.method == "POST" else None
    form: IndicatorForm | SchemeForm
    if isinstance(one, Indicator):
        form = IndicatorForm(data, initial=IndicatorForm.initial_of(one))
    else:
        form = SchemeForm(data, initial=SchemeForm.initial_of(one))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            note, now = form.cleaned_data["note"], timezone.now()
            try:
                row = actions.propose(
                    kind=kind, plain=form.plain(), note=note, viewer=viewer_of(request), at=now
                )
            except Refused as refusal:
                form.refuse(refusal)
                status = 403 if refusal.status == 403 else 422
            else:
                messages.success(request, in_language(T["proposed"]))
                return HttpResponseRedirect(reverse("evaluation:draft", args=[row.pk]))
    context = {
        "t": T,
        "kind": words.KINDS[kind],
        "one": one,
        "form": form,
        "back": reverse("evaluation:rule", args=[kind, code]),
        "lines": [(name, told) for name, (_what, told) in LINES.items()] if kind == INDICATOR else [],
        "fields": [(name, known.words, known.values) for name, known in FIELDS.items()]
        if kind == INDICATOR
        else [],
        "indicators": [] if kind == INDICATOR else list(_in_force(viewer_of(request)).indicators.values()),
    }
    return show(request, "desk/evaluation/change.html", context, here=HERE, status=status)


@require_safe
@scope.endpoint("evaluation.draft", roles=ROLES)
def draft(request: HttpRequest, key: int) -> HttpResponse:
    """One version: what it says, and what it would have changed last year."""
    return _draft(request, key, None)


def _draft(request: HttpRequest, key: int, form: EnactForm | None, *, status: int = 200) -> HttpResponse:
    viewer = viewer_of(request)
    row, one = queries_rules.rule(key, viewer), queries_rules.held(key, viewer)
    waiting = row.enacted_at is None and row.withdrawn_at is None
    schemes = (row.tried or {}).get("schemes", [])
    context = {
        "t": T,
        "row": row,
        "one": one,
        "kind": words.KINDS[row.kind],
        "standing": _standing(row),
        "facts": _facts(one, row.number, _in_force(viewer)),
        "tried": [(_tried(told), in_language(T["tried_note"]) % {"changed": len(told["units"]), "same": told["same"]}) for told in schemes],
        "nothing": row.tried_at is not None and not any(told["units"] for told in schemes),
        "waiting": waiting,
        "may_decide": waiting and rules_here(viewer),
        "form": form or EnactForm(),
        "rule_href": reverse(HERE),
    }  # fmt: skip
    return show(request, "desk/evaluation/draft.html", context, here=HERE, status=status)


def _tried(told: dict[str, Any]) -> Table | None:
    if not told["units"]:
        return None
    columns = (
        Column(T["unit"]), Column(T["period"], tight=True), Column(T["old_score"], number=True), Column(T["new_score"], number=True),
        Column(T["old_place"], number=True), Column(T["new_place"], number=True),
    )  # fmt: skip
    rows = [
        [
            Cell(shown.pair(one["words"])), Cell(one["period"]), *(Cell(shown.points(score)) for score in one["scores"]),
            *(Cell("—" if place is None else place) for place in one["places"]),
        ]
        for one in told["units"][:MOST_ROWS]
    ]  # fmt: skip
    more = in_language(T["more_rows"]) % {"most": MOST_ROWS} if len(told["units"]) > MOST_ROWS else ""
    return Table(shown.pair(told["words"]), columns, rows, note=more)


@require_POST
@scope.endpoint("evaluation.decide", roles=RULERS)
def decide(request: HttpRequest, key: int, what: str) -> HttpResponse:
    """Decide on a draft, or withdraw it."""
    viewer, now = viewer_of(request), timezone.now()
    if what not in ("enact", "drop"):
        raise NotThere("evaluation.step", ("没有这个步骤。", "There is no such step."))
    form = EnactForm(request.POST)
    try:
        if what == "drop":
            actions.drop(key=key, viewer=viewer, at=now)
            messages.success(request, in_language(T["dropped"]))
        elif form.is_valid():
            row = actions.enact(key=key, valid_from=form.cleaned_data["valid_from"], viewer=viewer, at=now)
            messages.success(request, in_language(T["enacted"]) % {"day": row.valid_from})
        else:
            return _draft(request, key, form, status=422)
    except Refused as refusal:
        if refusal.field == "valid_from":
            form.refuse(refusal)
            return _draft(request, key, form, status=422)
        messages.error(request, refusal.message)
    return HttpResponseRedirect(reverse("evaluation:draft", args=[key]))
