"""Open data for everybody: what was published, its files, what each field means. Every edition stays."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from gongbi.bulletin import opendata, queries_open, words
from gongbi.bulletin.shape import said
from gongbi.bulletin.shown import is_english
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, in_language
from gongbi.kernel.scope.viewer import PUBLIC
from gongbi.look.furniture import Cell, Column, Fact, Table
from gongbi.resident.pages.common import district_name, invented

T = words.TEXTS


@require_safe
@scope.endpoint("resident.open", roles=scope.ANYONE)
def listed(request: HttpRequest) -> HttpResponse:
    """Every month and edition with its files, the dictionary, the licence and the rule of small counts."""
    found = queries_open.releases(PUBLIC)
    columns = [Column(T["month"], tight=True), Column(T["edition"], tight=True), Column(T["published_at"], tight=True), Column(T["hidden"], tight=True),
               Column(T["csv"], tight=True), Column(T["json"], tight=True), Column(T["why"])]  # fmt: skip
    rows = []
    for one in found:
        month = queries_open.month_name(one)
        files = [
            reverse("resident:open_file", args=[month, one.edition, ending]) for ending in ("csv", "json")
        ]
        day = f"{timezone.localtime(one.published_at):%Y-%m-%d}" if one.published_at else "—"
        edition = in_language(T["bulletin_no"]) % {"edition": one.edition}
        told = [month, edition, day, f"{one.hidden_cells} / {one.cells}"]
        rows.append(
            [
                *(Cell(text) for text in told),
                Cell("CSV", files[0]),
                Cell("JSON", files[1]),
                Cell(one.why or "—"),
            ]
        )
    newest = (
        queries_open.plain_of(queries_open.release(queries_open.month_name(found[0]), PUBLIC), PUBLIC)
        if found
        else None
    )
    english = is_english()
    facts = []
    if newest is not None:
        facts = [
            Fact(T["licence"], newest["licence"]), Fact(T["provenance"], said(newest["provenance"], english)),
            Fact(T["rule"], said(newest["suppression"]["rule"], english)), Fact(T["source"], said(newest["suppression"]["source"], english)),
            Fact(T["risk"], T["risk_told"]),
        ]  # fmt: skip
    fields = Table(
        T["dictionary"], [Column(T["field"], tight=True), Column(T["type"], tight=True), Column(T["meaning"])],
        [[Cell(name), Cell(kind), Cell(told)] for name, kind, told in opendata.FIELDS],
    )  # fmt: skip
    context = {
        "t": T,
        "table": Table(T["open"], columns, rows),
        "empty": not rows,
        "facts": facts,
        "fields": fields,
        "definitions": []
        if newest is None
        else [(said(one["words"], english), said(one["definition"], english)) for one in newest["tables"]],
        "district": district_name(),
        "synthetic_data": invented(timezone.now()),
    }
    return render(request, "resident/open.html", context)


@require_safe
@scope.endpoint("resident.open_file", roles=scope.ANYONE)
def file(request: HttpRequest, month: str, edition: int, ending: str) -> HttpResponse:
    """One edition as CSV or JSON: the very bytes that were published (of the CSV: made of them)."""
    one = queries_open.release(month, PUBLIC, edition=edition)
    if ending not in ("csv", "json"):
        raise NotThere("bulletin.format", ("没有这种格式。", "There is no such format."))
    if ending == "json":
        answer = HttpResponse(one.plain.encode(), content_type="application/json")
    else:
        body = opendata.as_csv(queries_open.plain_of(one, PUBLIC), is_english())
        answer = HttpResponse(body, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="open-counts-{month}-{one.edition}.{ending}"'
    answer["Cache-Control"] = "public, max-age=3600"
    answer["ETag"] = f'"{one.digest}-{ending}-{int(is_english())}"'
    return answer
