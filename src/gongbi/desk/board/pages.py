"""The pages of the board. Thin: read the question, ask insight, show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from gongbi.cases import queries as cases
from gongbi.desk.board import asked as asking
from gongbi.desk.board import shown
from gongbi.desk.board.asked import Asked
from gongbi.desk.frame import frame, where
from gongbi.insight import exchange, queries, words
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope.viewer import ADJUDICATOR, AUDITOR, CHECKER, DISPATCHER, HANDLER, MANAGER, Viewer
from gongbi.look.furniture import Tab, Tile, Turn
from gongbi.parties.actions import exported
from gongbi.seat import queries as seat
from gongbi.seat.rules import Calls
from gongbi.seat.words import TEXTS as SEAT_TEXTS
from gongbi.territory import queries as territory

ROLES = {MANAGER, AUDITOR, DISPATCHER, ADJUDICATOR, CHECKER, HANDLER}
CALL_READERS = frozenset({MANAGER, AUDITOR, DISPATCHER})
RATE = "handled_on_time"  # looked at first
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _asked(request: HttpRequest) -> Asked:
    return asking.read(request.GET.dict(), timezone.localdate())


def _viewer(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


@require_safe
@scope.endpoint("board.read", roles=ROLES)
def board(request: HttpRequest) -> HttpResponse:
    """All rates of a period and a territory, one of them closer: its course and its peers. Four queries of insight's."""
    viewer, asked = _viewer(request), _asked(request)
    by = asked.by or ("unit" if viewer.role == HANDLER else "street")
    asked = Asked(asked.name, asked.period, asked.filters, by, asked.rate or RATE)
    rate = queries.rate_named(asked.rate, viewer=viewer)
    found = queries.board(viewer, asked.period, by=by, filters=asked.filters)
    points = queries.trend(viewer, rate.code, asked.period, asked.period.step, filters=asked.filters)
    return render(
        request,
        "desk/board/board.html",
        {
            **frame(request, "board:board"),
            "t": words.TEXTS,
            "asked": asked,
            "period_tabs": [
                Tab(
                    name_words,
                    asked.link("board", **{"period": name, "from": "", "to": ""}),
                    name == asked.name,
                )
                for name, name_words in words.PERIODS.items()
            ],
            "by_choices": [(name, name_words, name == by) for name, name_words in words.BY.items()],
            "rate_choices": [(one.code, one.words, one.code == rate.code) for one in found.rates],
            "places": _places(viewer, asked),
            "sections": shown.sections(found, asked),
            "score": shown.score(found),
            "calls": _calls(viewer, asked),
            "calls_words": SEAT_TEXTS["calls"],
            "weights": " / ".join(f"{weight:.2f}" for weight in found.config.weights),
            "rate": rate,
            "definition": shown.definition(rate),
            "course": shown.course(points, rate, asked),
            "peers": shown.peers(found, rate, asked),
            "exports": [(form, asked.fixed("board_export", format=form)) for form in ("xlsx", "csv", "json")],
        },
    )


def _calls(viewer: Viewer, asked: Asked) -> list[Tile]:
    """The hotline's two rates over the period, for a whole district: calls have no place. [] where none were imported."""
    if viewer.role not in CALL_READERS or asked.filters.territory:
        return []
    first, last = asked.period.first, asked.period.last
    total = sum(
        (one.calls for one in seat.calls(viewer, since=first, until=last + timedelta(days=1))), Calls()
    )
    if not total.offered:
        return []
    href = where("seat:calls")
    return [
        Tile(SEAT_TEXTS["connect_rate"], href, total.connected, total.offered),
        Tile(SEAT_TEXTS["answer_rate"], href, total.answered_15, total.connected),
    ]


def _places(viewer: Viewer, asked: Asked) -> list[tuple[str, str, bool]]:
    """Streets of the viewer's field, and the communities of the chosen one: (code, name, chosen)."""
    chosen, day = asked.filters.territory, asked.period.last
    found = [d for d in territory.divisions(level="street", on=day) if _touches(viewer, d.code)]
    options = []
    for street in found:
        options.append((street.code, street.name, street.code == chosen))
        if chosen.startswith(street.code):
            below = territory.divisions(level="community", parent=street.code, on=day)
            options += [(c.code, f"— {c.name}", c.code == chosen) for c in below if _touches(viewer, c.code)]
    return options


def _touches(viewer: Viewer, code: str) -> bool:
    return viewer.covers(code) or any(own.startswith(code) for own in viewer.territories)


@require_safe
@scope.endpoint("board.rows", roles=ROLES)
def rows(request: HttpRequest) -> HttpResponse:
    """The matters behind one number, oldest first, and what was excluded with its ground."""
    viewer, asked = _viewer(request), _asked(request)
    given = request.GET
    rate = queries.rate_named(asked.rate, viewer=viewer)
    part: Any = given.get("part") or "denominator"
    if part not in queries.PARTS:
        raise NotThere("insight.part", ("没有这个部分。", "A figure has no such part."), field="part")
    key = asking.key_of(given.dict(), asked.by)
    where: dict[str, Any] = {"by": asked.by, "key": key, "filters": asked.filters}
    figure = queries.figure(viewer, rate.code, asked.period, **where)
    page = queries.rows_behind(
        viewer, rate.code, part, asked.period, after=_after(given.get("after", "")), **where
    )
    visible = cases.case_list(viewer, list({row.case_id for row in page.rows}))
    seen = {case.pk: shown.Seen(case.number, case.title) for case in visible}
    counts = {
        "numerator": figure.above,
        "rest": figure.below - figure.above,
        "denominator": figure.below,
        "excluded": sum(figure.left_out.values()),
    }
    group = {"key": key} if asked.by else {}
    following = asked.fixed("board_rows", part=part, after=_mark(*page.after), **group) if page.after else ""
    return render(
        request,
        "desk/board/rows.html",
        {
            **frame(request, "board:board"),
            "t": words.TEXTS,
            "asked": asked,
            "rate": rate,
            "figure": figure,
            "left_out": words.tally(figure.left_out),
            "group": words.labels(asked.by, [key], asked.period.last)[key] if asked.by else "",
            "tabs": [
                Tab(name_words, asked.fixed("board_rows", part=name, **group), name == part, counts[name])
                for name, name_words in words.PARTS.items()
            ],
            "definition": shown.definition(rate),
            "table": shown.rows(page.rows, rate, seen, asked, part == "excluded"),
            "empty": not page.rows,
            "turn": Turn(next=following, shown=len(page.rows), total=page.total),
            "back": asked.link("board", by=""),
        },
    )


def _mark(at: datetime, key: int) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{key}"


def _after(text: str) -> tuple[datetime, int] | None:
    """Where the page before ended; a mangled mark begins anew."""
    moment, _, key = text.partition("-")
    try:
        return datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), int(key[:18])
    except ValueError:
        return None


@require_safe
@scope.endpoint("board.export", roles=ROLES)
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The board as xlsx, csv or canonical JSON."""
    viewer, asked = _viewer(request), _asked(request)
    form = request.GET.get("format", "xlsx")
    name = f"board-{asked.period.first}-{asked.period.last}.{form}"
    if form == "json":
        by = (asked.by,) if asked.by else ()
        body = queries.board_json(viewer, asked.period, by=by, filters=asked.filters)
        response: HttpResponse | StreamingHttpResponse = HttpResponse(body, content_type="application/json")
    elif form in ("csv", "xlsx"):
        found = queries.board(viewer, asked.period, by=asked.by, filters=asked.filters)
        if form == "csv":
            response = StreamingHttpResponse(exchange.as_csv(found), content_type="text/csv; charset=utf-8")
        else:
            response = HttpResponse(exchange.as_xlsx(found), content_type=SHEET)
    else:
        raise NotThere(
            "insight.format",
            ("没有这种格式,可用 xlsx、csv、json。", "There is no such format; use xlsx, csv or json."),
            field="format",
        )
    days = {"valid_from": asked.period.first.isoformat(), "valid_to": asked.period.last.isoformat()}
    exported(name, viewer=viewer, at=timezone.now(), **days)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
