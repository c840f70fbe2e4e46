"""The lists that people keep: what each is called, its columns for the template, and the room that reads the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from gongbi.duties import actions as duties
from gongbi.duties import exchange as duty_sheets
from gongbi.kernel.clock import exchange as notices
from gongbi.kernel.clock.actions_calendar import import_notice
from gongbi.kernel.errors import in_language
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import exchange as party_sheets
from gongbi.territory import exchange as places
from gongbi.territory.actions import import_boundaries
from gongbi.territory.words import sentence

Words = tuple[str, str]


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


Reader = Callable[[IO[bytes], str, date, Viewer, datetime], Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """One list. ``columns`` is empty for what is no spreadsheet."""

    words: Words
    hint: Words
    read: Reader
    columns: Sequence[Any] = ()
    ends: str = ".xlsx,.csv"


def _duty(name: str) -> Reader:
    return lambda file, filename, day, viewer, at: duties.import_list(
        name, file, filename, valid_from=day, viewer=viewer, at=at
    )


def _party(name: str) -> Reader:
    return lambda file, filename, day, viewer, at: party_sheets.import_list(
        name, file, filename, at=at, viewer=viewer
    )


def _boundaries(file: IO[bytes], filename: str, day: date, viewer: Viewer, at: datetime) -> Result:
    record = import_boundaries(file.read(), effective=day, viewer=viewer, at=at)
    faults = [Fault(0, ", ".join(problem["ids"]), sentence(problem)) for problem in record.problems]
    notes = []
    if record.held:
        held = (
            f"{len(record.held)} 个要素被暂扣：更正后重新上传。",
            f"{len(record.held)} features are held: correct them and send them again.",
        )
        notes.append(in_language(held))
    return Result(new=len(record.accepted), faults=faults, notes=notes)


def _notice(file: IO[bytes], filename: str, day: date, viewer: Viewer, at: datetime) -> Result:
    """A notice with a wrong row is not entered: half a year's holidays would move deadlines twice."""
    notice = notices.read(file, filename)
    faults = list(_of_rows(notice.wrong))
    if faults or not notice.rows:
        return Result(faults=faults)
    done = import_notice(notice.rows, viewer=viewer, at=at)
    told = (
        f"{done.year} 年：改动 {done.days} 天，{done.clocks} 个在办期限已重算。",
        f"{done.year}: {done.days} days changed, {done.clocks} open deadlines computed anew.",
    )
    return Result(changed=done.days, notes=[in_language(told)])


def _sheet(name: str, words: Words, hint: Words) -> Kept:
    return Kept(words, hint, _duty(name), duty_sheets.LISTS[name])


LISTS: dict[str, Kept] = {
    "divisions": Kept(
        ("区划", "Divisions"), ("区、街道、社区、网格的代码和名称", "Codes and names of districts, streets, communities, grids"),
        lambda file, name, day, viewer, at: places.import_division_file(file, name, valid_from=day, viewer=viewer, at=at),
        places.DIVISION_COLUMNS,
    ),
    "boundaries": Kept(
        ("边界", "Boundaries"), ("GeoJSON：闭合、不重叠、不留缝", "GeoJSON: closed, no overlap, no gap"), _boundaries, ends=".geojson,.json",
    ),
    "places": Kept(
        ("地名", "Places"), ("道路、小区、单位及别名", "Roads, compounds, institutions with aliases"),
        lambda file, name, day, viewer, at: places.import_place_file(file, name, valid_from=day, viewer=viewer, at=at),
        places.PLACE_COLUMNS,
    ),
    "units": Kept(
        ("单位", "Units"), ("部门、街道、社区、物业企业", "Departments, streets, communities, property firms"), _party("units"), party_sheets.LISTS["units"],
    ),
    "people": Kept(("人员", "People"), ("姓名与电话加密保存", "Names and numbers are sealed"), _party("people"), party_sheets.LISTS["people"]),
    "posts": Kept(
        ("岗位", "Posts"), ("人 × 单位 × 角色 × 范围 × 时间", "Person × unit × role × territory × time"), _party("posts"), party_sheets.LISTS["posts"],
    ),
    "kinds": _sheet("kinds", ("案件类别", "Kinds"), ("代码、名称、用词、主管单位", "Codes, names, words, who is in charge")),
    "standards": _sheet("standards", ("立案标准", "Filing standards"), ("立案、结案条件，证据，时限", "When to file, when to close, evidence, limits")),
    "duty-list": _sheet("lists", ("三项清单", "The three lists"), ("履职、代办、协办事项", "Perform, act for, assist")),
    "questions": _sheet("questions", ("补充问题", "Questions"), ("按类别向反映人提的问题", "What is asked of reporters by kind")),
    "routes": _sheet("routes", ("派遣规则", "Routing rules"), ("按次序，先试算再生效", "In order; try a draft first")),
    "words": _sheet("words", ("紧急与特殊用词", "Emergency and special words"), ("转 110/119/120/122 的用词", "Words that lead to 110/119/120/122")),
    "notice": Kept(
        ("放假通知", "Holiday notice"), ("国务院办公厅每年的放假安排", "The yearly notice of days off and days worked"), _notice, notices.COLUMNS,
    ),
}  # fmt: skip


def read(
    name: str, file: IO[bytes], filename: str, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read a file as the list ``name``. Good rows are kept whatever their neighbours are; Refused when it is unreadable."""
    return result_of(LISTS[name].read(file, filename, valid_from, viewer, at))


def result_of(outcome: Any) -> Result:
    """The rooms' outcomes in one shape."""
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
    yield from _of_rows(getattr(outcome, "refused", ()))


def _of_rows(rows: Any) -> Iterator[Fault]:
    for row in rows:
        for error in row.errors:
            yield Fault(row.number, error.heading or error.column, in_language(error.message))
