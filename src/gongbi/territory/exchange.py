"""Spreadsheets of divisions and places, in and out: templates, import with an answer for each row, export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import IO, Any

from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, Fault, Table, read_table, write_template, write_xlsx
from gongbi.territory import queries
from gongbi.territory.actions import DivisionRow, PlaceRow, import_divisions, import_places
from gongbi.territory.memory import places as known_places
from gongbi.territory.models import Place
from gongbi.territory.words import WORDS

DIVISION_COLUMNS = (
    Column(
        "code", "区划代码", "Code", required=True, example="610104002004", also=("统计用区划代码", "代码"),
        note=("区 6 位、街道 9 位、社区 12 位、网格 15 位", "6, 9, 12 or 15 digits"),
    ),
    Column("name", "名称", "Name", required=True, example="二府街社区居委会"),
    Column("households", "户数", "Households", example="420"),
    Column("population", "人口", "Population", example="1050"),
)  # fmt: skip

PLACE_COLUMNS = (
    Column("name", "地名", "Place", required=True, example="劳动一坊小区"),
    Column("kind", "类型", "Kind", required=True, example="compound", choices=Place.KINDS),
    Column(
        "aliases", "别名", "Aliases", example="劳动坊；一坊小区",
        note=("多个别名用分号隔开", "several, separated by semicolons"),
    ),
    Column("division", "所在区划代码", "Division code", example="610104008001"),
    Column("lon", "经度", "Longitude", example="108.8921"),
    Column("lat", "纬度", "Latitude", example="34.2688"),
    Column(
        "crs", "坐标系", "Coordinate system", example="CGCS2000", choices=("CGCS2000", "WGS84", "GCJ-02", "BD-09"),
        note=("留空为 CGCS2000；高德、腾讯为 GCJ-02，百度为 BD-09", "empty: CGCS2000; Amap and Tencent: GCJ-02; Baidu: BD-09"),
    ),
)  # fmt: skip


def division_template(*, lang: str = "zh") -> bytes:
    """The empty Excel form for divisions."""
    return write_template(DIVISION_COLUMNS, "区划" if lang == "zh" else "Divisions", lang=lang)


def place_template(*, lang: str = "zh") -> bytes:
    """The empty Excel form for places."""
    return write_template(PLACE_COLUMNS, "地名" if lang == "zh" else "Places", lang=lang)


def import_division_file(
    data: bytes | IO[bytes], filename: str, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read a CSV or Excel list of divisions; wrong rows are reported with row and column, the others taken."""
    table = read_table(data, filename, DIVISION_COLUMNS)
    wrong: list[Fault] = []
    rows = list(_division_rows(table, wrong))
    return _with(wrong, table, import_divisions(rows, valid_from=valid_from, viewer=viewer, at=at))


def import_place_file(
    data: bytes | IO[bytes], filename: str, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read a CSV or Excel list of places; as :func:`import_division_file`."""
    table = read_table(data, filename, PLACE_COLUMNS)
    wrong: list[Fault] = []
    rows = list(_place_rows(table, wrong))
    return _with(wrong, table, import_places(rows, valid_from=valid_from, viewer=viewer, at=at))


def division_rows(viewer: Viewer, *, on: date) -> Iterator[dict[str, Any]]:
    """The divisions of a day, in the columns of the template."""
    for one in queries.divisions(on=on, viewer=viewer):
        yield {
            "code": one.code, "name": one.name, "households": one.households, "population": one.population,
        }  # fmt: skip


def place_rows(viewer: Viewer, *, on: date) -> Iterator[dict[str, Any]]:
    """The places of a day, in the columns of the template; places are public."""
    for _, name, kind, aliases, lon, lat, code, begin, end, _ in known_places().rows.values():
        if begin <= on and (end is None or on < end):
            yield {
                "name": name, "kind": kind, "aliases": "；".join(aliases), "division": code,
                "lon": lon, "lat": lat, "crs": "CGCS2000",
            }  # fmt: skip


def export_divisions(*, on: date, viewer: Viewer) -> bytes:
    """The divisions of a day as Excel, in the columns of the template."""
    return write_xlsx(DIVISION_COLUMNS, division_rows(viewer, on=on))


def export_places(*, on: date, viewer: Viewer) -> bytes:
    """The places of a day as Excel, in the columns of the template."""
    return write_xlsx(PLACE_COLUMNS, place_rows(viewer, on=on))


def _with(wrong: list[Fault], table: Table, result: Result) -> Result:
    """The result of the rows that could be read, and what is ``wrong`` with the others: from the top, in the file's own headings."""
    named = (replace(fault, heading=table.named.get(fault.column, "")) for fault in result.faults)
    result.faults = sorted([*wrong, *named], key=lambda fault: fault.row)
    return result


def _division_rows(table: Table, wrong: list[Fault]) -> Iterator[DivisionRow]:
    for row in table:
        numbers: dict[str, int | None] = {}
        for key in ("households", "population"):
            text = row.values[key]
            if text and not (text.isascii() and text.isdigit() and len(text) < 10):
                row.wrong(key, WORDS["number"], "number")
            else:
                numbers[key] = int(text) if text else None
        if row.good:
            yield DivisionRow(row.values["code"], row.values["name"], row.number, **numbers)
        wrong += row.errors


def _place_rows(table: Table, wrong: list[Fault]) -> Iterator[PlaceRow]:
    for row in table:
        values = row.values
        lon = lat = None
        try:
            lon, lat = (float(values[key]) if values[key] else None for key in ("lon", "lat"))
        except ValueError:
            row.wrong(
                "lon", WORDS["not_finite"], "not_finite", lon=values["lon"][:20], lat=values["lat"][:20]
            )
        if row.good:
            names = values["aliases"].replace("；", ";").replace("、", ";").split(";")
            crs = values["crs"] or "CGCS2000"
            yield PlaceRow(
                values["name"], values["kind"], values["division"], tuple(names), lon, lat, crs, row.number
            )
        wrong += row.errors
