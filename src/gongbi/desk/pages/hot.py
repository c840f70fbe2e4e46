"""What many people write about: the issues of a period, the hottest first, each with its cases."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gongbi.cases import queries
from gongbi.cases.flow import CASE
from gongbi.desk.frame import RANKERS, viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.insight import actions_hot, queries_hot
from gongbi.insight import period as periods
from gongbi.insight.period import Period
from gongbi.insight.queries_hot import HotIssue
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere
from gongbi.look.furniture import Cell, Column, Tab, Table

DAYS = ((7, gettext_lazy("7 days")), (30, gettext_lazy("30 days")), (90, gettext_lazy("90 days")))
USUAL = 30
YEARS = 8  # before this one, offered beside the recent days
ROWS = 100


def _period(request: HttpRequest, today: date) -> Period:
    """``?days=``, or ``?from=&to=``; the last 30 days without either. Refused for dates that make no sense."""
    first, last = (request.GET.get(name, "").strip() for name in ("from", "to"))
    if first or last:
        return periods.read(first or last, last or first)
    given = request.GET.get("days", "")
    return periods.recent(next((days for days, _words in DAYS if str(days) == given), USUAL), today)


def _query(period: Period) -> str:
    return urlencode({"from": period.first.isoformat(), "to": period.last.isoformat()})


def _tabs(period: Period, earliest: date | None, today: date) -> list[Tab]:
    """The recent days, and the years in which something was said, the newest first."""
    tabs = [
        Tab(words, f"{reverse('desk:hot')}?days={days}", period == periods.recent(days, today))
        for days, words in DAYS
    ]
    begin = max(earliest.year, today.year - YEARS) if earliest else today.year
    for year in range(today.year, begin - 1, -1):
        whole = Period(date(year, 1, 1), date(year, 12, 31))
        tabs.append(Tab(str(year), f"{reverse('desk:hot')}?{_query(whole)}", period == whole))
    return tabs


@require_safe
@scope.endpoint("desk.hot", roles=RANKERS)
def ranking(request: HttpRequest) -> HttpResponse:
    """The issues of the period that two or more people in the viewer's field wrote about."""
    viewer, now = viewer_of(request), timezone.now()
    today = timezone.localdate(now)
    period = _period(request, today)
    kept = actions_hot.fresh(period, at=now)
    found = queries_hot.issues(viewer, kept)
    context = {
        "period": period,
        "kept": kept,
        "tabs": _tabs(period, kept.earliest, today),
        "table": _ranked(found, period),
        "found": found,
    }
    return show(request, "desk/hot.html", context, here="desk:hot")


def _ranked(found: list[HotIssue], period: Period) -> Table:
    columns = (
        Column(gettext_lazy("In the words of a reporter")),
        Column(gettext_lazy("Heat"), number=True),
        Column(gettext_lazy("Writers + likes + weeks + recency"), number=True),
        Column(gettext_lazy("Writers"), number=True),
        Column(gettext_lazy("Reports"), number=True),
        Column(gettext_lazy("Cases"), number=True),
        Column(gettext_lazy("First and last report"), tight=True),
    )
    lines = [
        (
            Cell(issue.name or "—", f"{reverse('desk:hot_one', args=[issue.number])}?{_query(period)}"),
            Cell(f"{issue.heat.total:.1f}", raw=f"{issue.heat.total:.3f}"),
            Cell(
                f"{issue.heat.writers:.1f} + {issue.heat.likes:.1f} + {issue.heat.persistence:.1f} + {issue.heat.recency:.1f}"
            ),
            Cell(issue.writers),
            Cell(issue.reports),
            Cell(len(issue.cases)),
            Cell(_span(issue)),
        )
        for issue in found
    ]
    return Table(gettext_lazy("Hot issues, the hottest first"), columns, lines)


def _span(issue: HotIssue) -> str:
    first, last = timezone.localdate(issue.first), timezone.localdate(issue.last)
    return first.isoformat() if first == last else f"{first.isoformat()} – {last.isoformat()}"


@require_safe
@scope.endpoint("desk.hot_one", roles=RANKERS)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """The cases of one issue, the newest report first. The list is the one that is kept: its numbers change with the next."""
    viewer, now = viewer_of(request), timezone.now()
    period = _period(request, timezone.localdate(now))
    kept = queries_hot.latest(viewer, period)
    issue = queries_hot.issue(viewer, kept, number) if kept else None
    if issue is None:
        raise NotThere("desk.hot", _("There is no such issue any more. Go back to the list of hot issues."))
    page = Paginator(issue.cases, ROWS).get_page(request.GET.get("page"))
    context = {
        "issue": issue,
        "span": _span(issue),
        "page": page,
        "table": _cases(request, list(page.object_list)),
        "back": f"{reverse('desk:hot')}?{_query(period)}",
    }
    return show(request, "desk/hot_one.html", context, here="desk:hot")


def _cases(request: HttpRequest, keys: list[int]) -> Table:
    viewer, now = viewer_of(request), timezone.now()
    names = Names(viewer, now)
    found: dict[int, Any] = {case.pk: case for case in queries.case_list(viewer, keys)}
    cases = [found[key] for key in keys if key in found]
    places = names.places(case.territory for case in cases)
    columns = (
        Column(gettext_lazy("Matter")),
        Column(gettext_lazy("Number"), tight=True),
        Column(gettext_lazy("Kind"), tight=True),
        Column(gettext_lazy("Place")),
        Column(gettext_lazy("State"), tight=True),
        Column(gettext_lazy("Reports"), number=True),
    )
    lines = [
        (
            Cell(case.title, reverse("desk:case", args=[case.number])),
            Cell(case.number),
            Cell(names.kind(case.kind) or "—"),
            Cell(case.place_words or places.get(case.territory, "") or "—"),
            Cell(CASE.by_state[case.state].words),
            Cell(case.report_count),
        )
        for case in cases
    ]
    return Table(gettext_lazy("The cases of this issue, the newest report first"), columns, lines)
