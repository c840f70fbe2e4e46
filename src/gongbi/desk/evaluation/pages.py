"""Rankings, a unit's score and the matters behind it. Thin: read the question, ask the room, show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from gongbi.desk.evaluation import shown
from gongbi.desk.frame import viewer_of
from gongbi.desk.pages.common import show
from gongbi.evaluation import actions, exchange, queries, queries_appeals, queries_rules, reading, words
from gongbi.evaluation.models import Edition
from gongbi.evaluation.queries import PARTS, Results
from gongbi.evaluation.rules import PERIODS
from gongbi.evaluation.scope import READERS
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused, in_language
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer, sees_unplaced
from gongbi.look.furniture import Tab, Turn
from gongbi.parties.actions import exported

ROLES = READERS - {roles.INTEGRATOR}
RULERS = frozenset(
    {roles.MANAGER, roles.ADMIN}
)  # who has results computed and changes rules, for a whole district
HERE = "evaluation:ranking"
T = words.TEXTS
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def rules_here(viewer: Viewer) -> bool:
    """Whether this viewer has results computed and changes rules."""
    return viewer.role == roles.ADMIN or (viewer.role == roles.MANAGER and sees_unplaced(viewer.territories))


def _edition(request: HttpRequest, viewer: Viewer, scheme: str) -> Edition | None:
    given = request.GET.get("edition", "")
    if given:
        return queries.edition_by_key(int(given) if given.isascii() and given.isdigit() else 0, viewer)
    try:
        return queries.latest(viewer, scheme, request.GET.get("period", "")[:8])
    except NotThere:
        return None


@require_safe
@scope.endpoint("evaluation.ranking", roles=ROLES)
def ranking(request: HttpRequest) -> HttpResponse:
    """Who stands where among its peers, how sure that is, and how it was before."""
    viewer, now = viewer_of(request), timezone.now()
    today = timezone.localdate(now)
    held = queries_rules.rules_on(viewer, today)
    edition = _edition(request, viewer, request.GET.get("scheme", "") or next(iter(held.schemes)))
    wanted = (
        edition.scheme if edition is not None else request.GET.get("scheme", "") or next(iter(held.schemes))
    )
    if wanted not in held.schemes and edition is None:
        raise NotThere("evaluation.no_scheme", ("没有这个考评方案。", "There is no such scheme."))
    sort = held.schemes[wanted].period if wanted in held.schemes else PERIODS[0]
    choices = reading.last_year(sort, today)[::-1]
    there = queries.editions(viewer, scheme=wanted)
    periods = sorted({*choices, *(one.period for one in there)}, reverse=True)
    period = edition.period if edition is not None else request.GET.get("period") or choices[0]
    siblings = [one for one in there if one.period == period]
    context: dict[str, Any] = {
        "t": T,
        "tabs": [
            Tab(one.words, "?" + urlencode({"scheme": code}), code == wanted)
            for code, one in held.schemes.items()
        ],
        "scheme": wanted,
        "period": period,
        "periods": periods,
        "edition": edition,
        "may_compute": rules_here(viewer),
        "over": today,
    }
    if edition is not None:
        found = queries.results(viewer, edition)
        context |= {
            "found": found,
            "tables": shown.rankings(found, _before(viewer, edition)),
            "editions": shown.editions(siblings, edition),
            "newest": siblings[0] if siblings and siblings[0].pk != edition.pk else None,
            "exports": [(form, f"{reverse('evaluation:export', args=[edition.pk])}?format={form}") for form in exchange.FORMS],
        }  # fmt: skip
    return show(request, "desk/evaluation/ranking.html", context, here=HERE)


def _before(viewer: Viewer, edition: Edition) -> Results | None:
    try:
        return queries.results(viewer, queries.latest(viewer, edition.scheme, reading.before(edition.period)))
    except NotThere:
        return None


@require_POST
@scope.endpoint("evaluation.compute", roles=RULERS)
def compute(request: HttpRequest) -> HttpResponse:
    """Have the results of a period computed."""
    viewer = viewer_of(request)
    scheme, period = request.POST.get("scheme", "")[:32], request.POST.get("period", "")[:8]
    try:
        made = actions.evaluate(scheme=scheme, period=period, viewer=viewer, at=timezone.now())
    except Refused as refusal:
        messages.error(request, refusal.message)
        return HttpResponseRedirect(f"{reverse(HERE)}?{urlencode({'scheme': scheme})}")
    told = {"scheme": in_language(_scheme_words(viewer, made)), "period": made.period, "number": made.number}
    messages.success(request, in_language(T["computed"]) % told)
    return HttpResponseRedirect(f"{reverse(HERE)}?edition={made.pk}")


def _scheme_words(viewer: Viewer, edition: Edition) -> tuple[str, str]:
    return queries.results(viewer, edition).inputs.scheme.words


@require_POST
@scope.endpoint("evaluation.recompute", roles=ROLES)
def recompute(request: HttpRequest, edition: int) -> HttpResponse:
    """Compute an edition again and say whether the bytes are the same. Changes nothing."""
    again = queries.recompute(viewer_of(request), edition)
    tell = messages.success if again.same else messages.error
    tell(request, in_language(T["same" if again.same else "differs"]))
    return HttpResponseRedirect(f"{reverse(HERE)}?edition={edition}")


@require_safe
@scope.endpoint("evaluation.export", roles=ROLES)
def export(request: HttpRequest, edition: int) -> HttpResponse:
    """A ranking as xlsx, csv or canonical JSON."""
    viewer = viewer_of(request)
    found = queries.results(viewer, queries.edition_by_key(edition, viewer))
    form = request.GET.get("format", "xlsx")
    if form not in exchange.FORMS:
        raise NotThere(
            "evaluation.format",
            ("没有这种格式，可用 xlsx、csv、json。", "There is no such format; use xlsx, csv or json."),
        )
    name = f"ranking-{found.edition.scheme}-{found.edition.period}-{found.edition.number}.{form}"
    body, kind = exchange.written(found, form)
    exported(name, viewer=viewer, at=timezone.now(), edition=edition)
    answer = HttpResponse(body, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_safe
@scope.endpoint("evaluation.unit", roles=ROLES)
def unit(request: HttpRequest, edition: int, unit: int) -> HttpResponse:
    """One unit's score: every indicator, what it adds, and what was asked of its workers."""
    viewer = viewer_of(request)
    found = queries.results(viewer, queries.edition_by_key(edition, viewer))
    rated, plain = found.rated(unit), found.unit(unit)
    queries.must_open(viewer, rated)
    asked = queries.burden(viewer, rated, reading.period(found.edition.period))
    versions = found.inputs.versions or {}
    context = {
        "t": T,
        "found": found,
        "unit": rated,
        "facts": shown.summary(plain, found),
        "table": shown.explained(plain, found),
        "definitions": [
            (one, shown.definition(one, versions.get(f"indicator:{code}", 0))) for code, one in found.inputs.indicators.items()
        ],
        "burden": shown.burden(asked) if asked else None,
        "back": f"{reverse(HERE)}?edition={edition}",
        "open_until": found.edition.appeal_until if found.edition.appeal_until >= timezone.now() else None,
    }  # fmt: skip
    return show(request, "desk/evaluation/unit.html", context, here=HERE)


@require_safe
@scope.endpoint("evaluation.matters", roles=ROLES)
def matters(request: HttpRequest, edition: int, unit: int, indicator: str) -> HttpResponse:
    """The matters behind one figure of a unit: which counted, which did not, by which rule; each may be appealed within the term."""
    viewer = viewer_of(request)
    found = queries.results(viewer, queries.edition_by_key(edition, viewer))
    rated = found.rated(unit)
    part = request.GET.get("part") or "denominator"
    page = queries.matters(viewer, found, rated, indicator, part, after=_after(request.GET.get("after", "")))
    one, figure = found.inputs.indicators[indicator], found.unit(unit)["indicators"][indicator]
    keys = [line.case_id for line in page.lines] + [row.line.case_id for row in page.changed]
    cases = queries_appeals.cases_of(viewer, keys)
    appeals = queries_appeals.appeals_of(viewer, found.edition.period, sorted(rated.below))
    mine = viewer.role in (roles.HANDLER, roles.MANAGER) and rated.id in viewer.units
    is_open = mine and found.edition.appeal_until >= timezone.now()

    def ask(case: int) -> str:
        return reverse("evaluation:ask", args=[edition, unit, case]) if is_open else ""

    here = request.path
    context = {
        "t": T,
        "found": found,
        "unit": rated,
        "indicator": one,
        "value": shown.value_words(figure, one),
        "figure": figure,
        "counted": f"{shown.amount(figure['above'])} / {shown.amount(figure['below'])}",
        "facts": shown.definition(one, (found.inputs.versions or {}).get(f"indicator:{indicator}", 0)),
        "tabs": [Tab(words.PARTS[name], f"{here}?part={name}", name == part) for name in PARTS],
        "table": shown.matters(page.lines, cases, appeals, ask),
        "changed": shown.changed(page.changed, cases) if page.changed else None,
        "empty": not page.lines,
        "turn": Turn(
            next=f"{here}?{urlencode({'part': part, 'after': _mark(*page.after)})}" if page.after else "",
            shown=len(page.lines),
            total=page.total,
        ),
        "back": reverse("evaluation:unit", args=[edition, unit]),
    }
    return show(request, "desk/evaluation/matters.html", context, here=HERE)


def _mark(at: datetime, key: int) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{key}"


def _after(text: str) -> tuple[datetime, int] | None:
    """Where the page before ended; a mangled mark begins anew."""
    at, _dash, key = text.partition("-")
    try:
        return datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), int(key[:18])
    except ValueError:
        return None
