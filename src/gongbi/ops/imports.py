"""Every list that people keep and can send as a file: ``gongbi import NAME FILE``, ``gongbi template NAME``.

A room adds its list with one line in ``LISTS``. ``reader`` names a callable
``(data, filename, *, viewer, at) -> outcome``; ``dated`` ones also take ``valid_from`` (the day the rows are valid from);
``named`` ones take that name first. An outcome has counts and errors under the names of :func:`result_of`.
``columns`` names the declared columns (``kernel.tables.Column``) that the template is made of, "" for lists without one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from gongbi.kernel.errors import Refused, in_language
from gongbi.kernel.scope.viewer import Viewer
from gongbi.ops.parts import load

Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One list: what it is (zh, en), who reads it, what its columns are."""

    words: Words
    reader: str
    columns: str = ""
    dated: bool = False
    named: str = ""  # what its reader calls it, where one reader reads several
    key: str = ""  # with ``columns`` naming a mapping: the key in it


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: the row as the spreadsheet program numbers it (0: the whole file), the column, a sentence."""

    row: int
    column: str
    message: str


@dataclass(slots=True)
class Result:
    """What became of a file."""

    new: int = 0
    changed: int = 0
    same: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


_TERRITORY, _PARTIES = "gongbi.territory.exchange", "gongbi.parties.exchange"
_DUTIES = ("gongbi.duties.actions:import_list", "gongbi.duties.exchange:LISTS")
LISTS: dict[str, Sheet] = {
    "divisions": Sheet(
        ("区划", "divisions"),
        f"{_TERRITORY}:import_division_file",
        f"{_TERRITORY}:DIVISION_COLUMNS",
        dated=True,
    ),
    "boundaries": Sheet(
        ("边界(GeoJSON)", "boundaries (GeoJSON)"), "gongbi.ops.imports:read_boundaries", dated=True
    ),
    "places": Sheet(
        ("地名", "places"), f"{_TERRITORY}:import_place_file", f"{_TERRITORY}:PLACE_COLUMNS", dated=True
    ),
    "units": Sheet(
        ("单位", "units"), f"{_PARTIES}:import_list", f"{_PARTIES}:LISTS", named="units", key="units"
    ),
    "people": Sheet(
        ("人员", "people"), f"{_PARTIES}:import_list", f"{_PARTIES}:LISTS", named="people", key="people"
    ),
    "posts": Sheet(
        ("岗位", "posts"), f"{_PARTIES}:import_list", f"{_PARTIES}:LISTS", named="posts", key="posts"
    ),
    "kinds": Sheet(("案件类别", "kinds"), *_DUTIES, dated=True, named="kinds", key="kinds"),
    "standards": Sheet(("立案标准", "standards"), *_DUTIES, dated=True, named="standards", key="standards"),
    "duty-list": Sheet(("三项清单", "duty lists"), *_DUTIES, dated=True, named="lists", key="lists"),
    "questions": Sheet(("补充问题", "questions"), *_DUTIES, dated=True, named="questions", key="questions"),
    "routes": Sheet(("派遣规则", "routing rules"), *_DUTIES, dated=True, named="routes", key="routes"),
    "words": Sheet(("紧急与特殊用词", "emergency words"), *_DUTIES, dated=True, named="words", key="words"),
    "reports": Sheet(("上报", "reports"), "gongbi.ops.imports:read_reports", "gongbi.cases.exchange:COLUMNS"),
    "calendar": Sheet(
        ("放假安排", "holiday notice"),
        "gongbi.ops.imports:read_notice",
        "gongbi.kernel.clock.exchange:COLUMNS",
    ),
}


def read(
    name: str, file: IO[bytes], filename: str, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read ``file`` as the list ``name``. Good rows are kept whatever their neighbours are; Refused when the file is unreadable."""
    sheet = LISTS[name]
    before: tuple[Any, ...] = (sheet.named,) if sheet.named else ()
    more: dict[str, Any] = {"valid_from": valid_from} if sheet.dated else {}
    return result_of(load(sheet.reader)(*before, file, filename, viewer=viewer, at=at, **more))


def columns_of(name: str) -> Any:
    """The declared columns of the list ``name``; None when it is no spreadsheet."""
    sheet = LISTS[name]
    if not sheet.columns:
        return None
    columns = load(sheet.columns)
    return columns[sheet.key] if sheet.key else columns


def result_of(outcome: Any) -> Result:
    """The rooms' outcomes in one shape: ``new`` or ``added``; ``changed``; ``same`` or ``unchanged``; ``errors`` (row, column,
    message) or ``refused`` (rows of ``kernel.tables`` with their errors); ``notes``."""
    if isinstance(outcome, Result):
        return outcome
    return Result(
        new=_first(outcome, "new", "added"),
        changed=_first(outcome, "changed"),
        same=_first(outcome, "same", "unchanged"),
        faults=[*_faults(outcome)],
        notes=[in_language(note) for note in getattr(outcome, "notes", ())],
    )


def _first(outcome: Any, *names: str) -> int:
    return next((int(getattr(outcome, name)) for name in names if hasattr(outcome, name)), 0)


def _faults(outcome: Any) -> Iterator[Fault]:
    for error in getattr(outcome, "errors", ()):
        yield Fault(error.row, error.column, in_language(error.message))
    yield from faults_of_rows(getattr(outcome, "refused", ()))


def faults_of_rows(rows: Any) -> Iterator[Fault]:
    """Every error of rows read by ``kernel.tables``."""
    for row in rows:
        for error in row.errors:
            yield Fault(row.number, error.heading or error.column, in_language(error.message))


# --- Readers whose rooms keep reading and writing apart ----------------------------------------------------------------


def read_reports(file: IO[bytes], filename: str, *, viewer: Viewer, at: datetime) -> Any:
    """Reports; on a demonstration district a file without places gets synthetic positions, and says so."""
    from gongbi.cases.exchange import import_reports
    from gongbi.territory.demo_data import place_for_name

    return import_reports(file, filename, viewer=viewer, at=at, position=place_for_name)


def read_boundaries(
    file: IO[bytes], filename: str, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """A GeoJSON feature collection; each feature with ``properties.code``. What does not fit is held and named."""
    from gongbi.territory.actions import import_boundaries
    from gongbi.territory.words import sentence

    record = import_boundaries(file.read(), effective=valid_from, viewer=viewer, at=at)
    faults = [Fault(0, ", ".join(problem["ids"]), sentence(problem)) for problem in record.problems]
    held = f"{len(record.held)} features are held (import {record.pk}): correct them and send them again."
    return Result(new=len(record.accepted), faults=faults, notes=[held] if record.held else [])


def read_notice(file: IO[bytes], filename: str, *, viewer: Viewer, at: datetime) -> Result:
    """The yearly holiday notice. A notice with a wrong row is not entered: half a year's holidays would move deadlines twice."""
    from gongbi.kernel.clock.actions_calendar import import_notice
    from gongbi.kernel.clock.exchange import read as read_file

    notice = read_file(file, filename)
    result = Result(faults=[*faults_of_rows(notice.wrong)])
    if result.faults or not notice.rows:
        return result
    done = import_notice(notice.rows, viewer=viewer, at=at)
    result.changed = done.days
    result.notes = [f"{done.year}: {done.days} days changed, {done.clocks} open deadlines computed anew."]
    return result


def known(name: str) -> Sheet:
    """The list called ``name``; Refused, naming all of them, when there is none."""
    if name not in LISTS:
        raise Refused(
            "import.unknown_list",
            (
                "没有名为“%(name)s”的清单。可用:%(names)s。",
                "There is no list “%(name)s”. There are: %(names)s.",
            ),
            values={"name": name, "names": ", ".join(LISTS)},
        )
    return LISTS[name]
