"""The care lists as a sheet, for who keeps them. Names go out masked; a masked name that comes in again stays as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import IO, Any

from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Kept, Result, keep
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, Fault, Row, read_table
from gongbi.kernel.vault import blind, masking
from gongbi.rounds import actions, queries, rules
from gongbi.rounds.models import Care

Words = tuple[str, str]
NAME = "care"


def _both(known: Mapping[str, Words]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(told for code, words in known.items() for told in (words[0], words[1], code)))


COLUMNS = (
    Column("id", "编号", "Number", note=("系统给的编号；新增的不填", "given by the system; empty for somebody new")),
    Column("kind", "类别", "Kind", required=True, choices=_both(rules.CARE_KINDS), example="独居老人"),
    Column("name", "姓名", "Name", note=("带星号的不改动", "with asterisks: stays as it is"), example="赵静安"),
    Column("phone", "电话", "Telephone", note=("不填或带星号的不改动", "empty or with asterisks: stays as it is")),
    Column("door", "门牌", "Door", required=True, example="1号楼2单元301"),
    Column("grid", "网格编号", "Grid", required=True, example="610104001001001"),
    Column("every_days", "走访间隔（天）", "Days between visits", required=True, example="7"),
    Column("ground", "留存依据", "Ground", required=True, choices=_both(rules.GROUNDS), example="本人同意"),
    Column("ground_note", "依据说明", "Paper or article", required=True, example="同意书 2026-03-01"),
    Column("since", "列入日期", "On the list since", note=("不填为今天", "empty: today"), example="2026-03-01"),
    Column("until", "结束日期", "Until", note=("填了就移出名单", "takes the person off the list")),
    Column("ended", "结束原因", "Why it ended", choices=_both(rules.CARE_ENDS)),
    Column("visited", "上次走访", "Last visit", note=("只导出，不读入", "goes out only")),
)  # fmt: skip


def read_care(file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime) -> Result:
    """Take a sheet in, each row by itself; who is not in it stays on the list."""
    result = Result()
    for row in read_table(file, filename, COLUMNS):
        if not row.good:
            result.faults += row.errors
            continue
        try:
            _take(row, result, valid_from, viewer, at)
        except Refused as refusal:
            field = refusal.field or "id"
            result.faults.append(
                Fault(
                    row.number,
                    field,
                    refusal.words,
                    refusal.code,
                    refusal.values,
                    row.headings.get(field, field),
                )
            )
    return result


def _take(row: Row, result: Result, today: date, viewer: Viewer, at: datetime) -> None:
    given = row.values
    name, phone = (
        "" if masking.looks_masked(given.get(field, ""), field) else given.get(field, "")
        for field in ("name", "phone")
    )
    line = actions.Line(
        kind=_code(given["kind"], rules.CARE_KINDS), name=name, phone=phone, door=given["door"][:120], grid=given["grid"],
        every_days=int(_number(given["every_days"], "every_days")), ground=_code(given["ground"], rules.GROUNDS),
        ground_note=given["ground_note"][:120],
    )  # fmt: skip
    until = _day(given.get("until", ""), "until")
    known = _known(given, line, viewer)
    if known is None and until is not None:
        result.same += 1
        return
    if known is None:
        actions.add_care(
            line=line, since=_day(given.get("since", ""), "since") or today, viewer=viewer, at=at
        )
        result.new += 1
        return
    if known.ended:
        result.same += 1
        return
    changed = bool(actions.change_care(care_id=known.pk, line=line, viewer=viewer, at=at))
    if until is not None:
        reason = _code(given.get("ended", ""), rules.CARE_ENDS)
        actions.end_care(care_id=known.pk, until=until, reason=reason, viewer=viewer, at=at)
        result.closed += 1
    elif changed:
        result.changed += 1
    else:
        result.same += 1


def _known(given: Mapping[str, str], line: actions.Line, viewer: Viewer) -> Care | None:
    """The line that a row is about: by its number; without one, by kind, door and name, so that a sheet read twice adds nobody."""
    number = given.get("id", "")
    if number:
        return queries.care_kept(int(_number(number, "id")), viewer)
    index = blind.index(line.name, "name")
    alike = queries.same_care(viewer, kind=line.kind, grid=line.grid, door=line.door)
    return next((one for one in alike if index and bytes(one.name_index) == index), None)


def _number(text: str, field: str) -> str:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Refused(
            "rounds.care_number",
            ("“%(text)s”不是整数。", "“%(text)s” is no whole number."),
            values={"text": text},
            field=field,
        )
    return text


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10].replace("/", "-"))
    except ValueError:
        raise Refused(
            "rounds.care_day",
            ("“%(text)s”不是日期，请写成 2026-03-01。", "“%(text)s” is no day; write it as 2026-03-01."),
            values={"text": text},
            field=field,
        ) from None


def _code(text: str, known: Mapping[str, Words]) -> str:
    return next((code for code, words in known.items() if text in (code, *words)), text)


def care_rows(viewer: Viewer, /, *, on: date) -> Iterator[Mapping[str, Any]]:
    """The lists in force, names and numbers masked, in the columns that come in again."""
    at = datetime.combine(on, datetime.min.time(), queries.ZONE)
    for one in queries.care_list(viewer, at=at):
        care = one.care
        yield {
            "id": care.pk, "kind": rules.CARE_KINDS[care.kind][0], "name": str(care.name), "phone": str(care.phone), "door": care.door,
            "grid": care.territory, "every_days": care.every_days, "ground": rules.GROUNDS.get(care.ground, ("", ""))[0],
            "ground_note": care.ground_note, "since": care.since.isoformat(), "until": "", "ended": "",
            "visited": care.visited_at.astimezone(queries.ZONE).date().isoformat() if care.visited_at else "",
        }  # fmt: skip


keep(
    NAME,
    Kept(
        ("关爱名单", "Care lists"),
        (
            "独居老人等需要定期走访的人；由社区、街道负责人在“关爱名单”页导入导出",
            "Whom to look in on, such as elderly living alone; taken in and out on the page of care lists by who keeps them",
        ),
        read_care,
        COLUMNS,
        care_rows,
        rank=70,
        dated=False,
        desk=False,
    ),
)
