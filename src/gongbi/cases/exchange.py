"""Reports from a spreadsheet, answered row by row; and the template that people fill in.

A spreadsheet's times have no zone: they are read as local time (Asia/Shanghai), and the template says so.
"""

from __future__ import annotations

import gc
import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from gongbi.cases.actions.bulk import Intake, Taken
from gongbi.cases.actions.statement import Statement
from gongbi.cases.triage import Said
from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, Row, read_table
from gongbi.territory import queries as territory

BATCH = 500
_GARBAGE = 100_000  # a batch makes as many objects and keeps few; looking for cycles each 700 would take a sixth of the time
KEPT = 10_000  # refused rows that are answered one by one
_COUNT = ("整数，空着即 0", "A whole number; empty means 0")
_MOST_COUNT = 1_000_000_000
COLUMNS = (
    Column(
        "text",
        "诉求内容",
        "text",
        True,
        ("发生了什么，一句话也行", "What happened; one sentence will do"),
        "劳动路路口的路灯不亮",
        ("body", "content", "内容", "诉求"),
    ),
    Column("title", "标题", "title", also=("主题", "subject")),
    Column(
        "said_at",
        "时间",
        "time",
        note=(
            "本地时间，如 2026-11-23 09:30；空着即现在",
            "Local time, like 2026-11-23 09:30; empty means now",
        ),
        example="2026-11-23 09:30",
        also=("留言时间", "created"),
    ),
    Column(
        "place_words",
        "地点",
        "place",
        note=("路名、小区、门牌", "Road, compound, house number"),
        example="劳动路与大庆路口",
        also=("地址", "address"),
    ),
    Column("lon", "经度", "longitude", also=("lng",)),
    Column("lat", "纬度", "latitude"),
    Column(
        "crs",
        "坐标系",
        "crs",
        note=("空着即 CGCS2000", "Empty means CGCS2000"),
        choices=("CGCS2000", "WGS84", "GCJ02", "BD09"),
    ),
    Column("division", "社区或网格代码", "division", example="610104005001"),
    Column("kind", "类别代码", "kind", example="C0137"),
    Column("name", "姓名", "name", note=("加密保存", "Sealed"), also=("联系人",)),
    Column("phone", "电话", "phone", note=("加密保存", "Sealed"), also=("联系电话", "手机")),
    Column(
        "account",
        "账号",
        "account",
        note=(
            "只用于同一人的多条留言算一人；没有姓名时当作姓名加密保存",
            "Only tells that several messages have one writer; sealed as the name where no name is given",
        ),
        also=("user", "用户", "writer"),
    ),
    Column("likes", "点赞", "likes", note=_COUNT, also=("点赞数", "赞同")),
    Column("dislikes", "反对", "dislikes", note=_COUNT, also=("反对数",)),
    Column("net", "来源网", "net"),
    Column(
        "external",
        "原编号",
        "number",
        note=("编号与内容都相同的只收一次", "The same number with the same text is taken once"),
        also=("msg_id", "编号", "id"),
    ),
)
_PLACE = re.compile(
    r"[\u4e00-\u9fffA-Z0-9]{2,10}?(?:小区|社区|花园|家园|家苑|公寓|国际|大道|广场|步行街|街道|路|街|巷|村|镇|学校|中学|小学|幼儿园|学院|大学|"
    r"医院|公园|市场|车站|地铁站|大厦|山庄|楼盘|新城|华庭|名邸|嘉园|佳园|景区|工地)"
)
_LEAD = re.compile(r"^(?:[A-Z]\d*[市区县]|反映|关于|咨询|投诉|请问|建议|位于|我是|在|的|对)+")


@dataclass(slots=True)
class Imported(Result):
    """What became of a file of reports; ``same``: repeated ones. What triage found in the new ones, and how many rows were refused."""

    placed: int = 0
    kinds: int = 0
    twins: int = 0
    refused: int = 0

    def refuse(self, row: Row) -> None:
        """Count a refused row; of a file that is wrong throughout only the first are named, so that memory stays bounded."""
        if self.refused < KEPT:
            self.faults += row.errors
        self.refused += 1


def import_reports(
    file: bytes | IO[bytes],
    filename: str,
    *,
    viewer: Viewer,
    at: datetime,
    position: Callable[[str], tuple[float, float]] | None = None,
    helpers: int = 0,
) -> Imported:
    """Take every row of a CSV or Excel file through triage. What is good is kept whatever its neighbours are.

    ``position`` gives a made-up point for a place name: used for files without any place column on a demonstration district, and
    said in the notes and beside each place. ``helpers``: processes that read and place the rows of a file of more than a batch while
    this one writes; none inside a transaction. Raises Refused when the file as a whole cannot be read.
    """
    table = read_table(file, filename, COLUMNS)
    placeless = not {"lon", "division", "place_words"} & set(table.headings)
    invent = position if placeless and _is_demo(at) else None
    intake = Intake(viewer=viewer, at=at, helpers=helpers)
    done = Imported()
    if table.unknown:
        names = "、".join(table.unknown)
        done.notes.append((f"未使用的列：{names}", f"Columns that were not used: {names}"))
    if table.unread:
        names = "、".join(table.unread)
        done.notes.append(
            (f"只读了第一个工作表；未读：{names}", f"Only the first sheet was read, not: {names}")
        )
    invented = read = 0

    def understood() -> Iterator[list[tuple[Row, Statement]]]:
        nonlocal invented, read
        for rows in _batches(iter(table), BATCH):
            read += len(rows)
            good: list[tuple[Row, Statement]] = []
            for row in rows:
                statement = None if row.errors else _statement(row, at, invent)
                if row.errors or statement is None:
                    done.refuse(row)
                else:
                    invented += invent is not None and statement.said.lon is not None
                    good.append((row, statement))
            yield good

    threshold = gc.get_threshold()
    gc.set_threshold(_GARBAGE, *threshold[1:])
    try:
        for good, statements in _ahead(understood(), intake):
            for (row, _), taken in zip(good, intake.take(statements), strict=True):
                _count(done, row, taken)
    finally:
        gc.set_threshold(*threshold)
        intake.helpers.close()
    # Triage answers after a batch what reading found at once: people go through the file from the top.
    done.faults.sort(key=lambda fault: fault.row)
    if not read:
        done.notes.append(("文件只有列名，没有数据行。", "The file has headings and no rows."))
    done.notes.append(
        (
            f"分拣：{done.placed} 条有地点，{done.kinds} 条有类别建议，{done.twins} 条可能与在办案件相同。",
            f"Triage: {done.placed} placed, {done.kinds} with a proposed kind, {done.twins} maybe the same as an open case.",
        )
    )
    if done.refused > KEPT:
        more = done.refused - KEPT
        done.notes.append(
            (
                f"另有 {more} 行有错，未逐行列出。请先改正列出的行。",
                f"{more} more rows are wrong and not listed one by one. Correct the listed ones first.",
            )
        )
    if invented:
        done.notes.append(
            (
                f"文件没有位置列：{invented} 条的位置由地名生成，落在演示区内，是合成的。",
                f"The file has no place column: {invented} positions were generated from place names onto the demonstration district; they are synthetic.",
            )
        )
    return done


def _count(done: Imported, row: Row, taken: Taken) -> None:
    if taken.refused is not None:
        row.refuse(taken.refused, "text")
        done.refuse(row)
    elif taken.again:
        done.same += 1
    else:
        done.new += 1
        if taken.proposal is not None:
            done.placed += taken.proposal.where is not None
            done.kinds += taken.proposal.kind is not None
            done.twins += bool(taken.proposal.twins)


def _ahead(
    batches: Iterator[list[tuple[Row, Statement]]], intake: Intake
) -> Iterator[tuple[list[tuple[Row, Statement]], list[Statement]]]:
    """Batches with their statements, in order; while one is written the helpers hear the next ones. A single batch needs none."""
    waiting: deque[tuple[list[tuple[Row, Statement]], list[Statement]]] = deque()
    for number, good in enumerate(batches):
        statements = [statement for _, statement in good]
        if number:
            intake.helpers.hear(statements)
        waiting.append((good, statements))
        if len(waiting) > 1 + intake.helpers.most:
            yield waiting.popleft()
    yield from waiting


def _is_demo(at: datetime) -> bool:
    return any(division.synthetic for division in territory.divisions(level="street", on=at))


def _batches(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    """Lists of ``size`` rows. A row at which the file itself breaks off is one more row, with what is wrong: what stood before it
    is taken."""
    batch: list[Row] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == size:
                yield batch
                batch = []
    except Refused as broken:
        last = Row(int(broken.values.get("row", 0)), {})
        last.refuse(broken)
        batch.append(last)
    if batch:
        yield batch


def _statement(
    row: Row, at: datetime, invent: Callable[[str], tuple[float, float]] | None
) -> Statement | None:
    """The statement of a row; what is wrong is noted on the row."""
    value = row.values.get
    text, title = value("text", ""), value("title", "")
    if title and title not in text:
        text = f"{title}。{text}" if text else title
    said_at = _moment(row, value("said_at", ""), at)
    lon, lat = _degrees(row, "lon"), _degrees(row, "lat")
    likes, dislikes = _count_of(row, "likes"), _count_of(row, "dislikes")
    place = value("place_words", "")
    if invent is not None and lon is None:
        name = place_in(title) or place_in(text)
        if name:
            lon, lat = invent(name)
            place = f"{name}（合成位置）"
    if row.errors or said_at is None:
        return None
    said = Said(
        text=text,
        said_at=said_at,
        channel="import",
        place_words=place,
        lon=lon,
        lat=lat,
        division=value("division", ""),
        kind=value("kind", ""),
        net=value("net", ""),
    )
    external = value("external", "")
    # Without a time of its own a row must not differ each time it is sent; then its other values tell rows apart.
    when = said_at.isoformat() if value("said_at", "") else ""
    parts = (
        when,
        text,
        value("place_words", ""),
        *map(str, (lon, lat)),
        value("division", ""),
        value("phone", ""),
    )
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return Statement(
        said=said,
        crs=value("crs", "") or "CGCS2000",
        name=value("name", "") or value("account", ""),
        phone=value("phone", ""),
        account=value("account", ""),
        likes=likes,
        dislikes=dislikes,
        external=external,
        idempotency=f"{external}|{digest}",
    )


def _count_of(row: Row, key: str) -> int:
    """A count of people; 0 where the row has none. Spreadsheet programs write 3 as 3.0 at times."""
    text = row.values.get(key, "")
    found = re.fullmatch(r"([0-9]{1,10})(?:\.0*)?", text)
    if not text or (found and int(found[1]) <= _MOST_COUNT):
        return int(found[1]) if found else 0
    row.wrong(
        key,
        (
            "“%(text)s”不是个数，请写 0 或正整数。",
            "“%(text)s” is not a count; write 0 or a whole number above it.",
        ),
        "count",
        text=text,
    )
    return 0


def place_in(text: str) -> str:
    """The first thing in ``text`` that looks like a place's name, "" where there is none."""
    found = _PLACE.search(_LEAD.sub("", text))
    return _LEAD.sub("", found[0]) if found else ""


def _moment(row: Row, text: str, at: datetime) -> datetime | None:
    if not text:
        return at
    try:
        moment = parse_datetime(text.replace("/", "-").replace("T", " ", 1)) or _day(text) or _serial(text)
    except ValueError:
        moment = None
    if moment is None:
        row.wrong(
            "said_at",
            (
                "时间“%(text)s”读不懂，请写成 2026-11-23 09:30。",
                "The time “%(text)s” cannot be read; write it like 2026-11-23 09:30.",
            ),
            "said_at",
            text=text,
        )
        return None
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _day(text: str) -> datetime | None:
    match = re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s+(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?)?",
        text.strip(),
    )
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - made aware by the caller


def _serial(text: str) -> datetime | None:
    """A day as spreadsheet programs count it, where the cell was not formatted as a date: days since 1899-12-30, 2000 to 2099."""
    if not re.fullmatch(r"\d{5}(\.\d+)?", text) or not 36526 <= float(text) < 73051:
        return None
    minutes = round(float(text) * 1440)
    return datetime(1899, 12, 30) + timedelta(minutes=minutes)  # noqa: DTZ001 - made aware by the caller


def _degrees(row: Row, key: str) -> float | None:
    text: Any = row.values.get(key, "")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        row.wrong(
            key,
            (
                "“%(text)s”不是数字，请写成 108.93558。",
                "“%(text)s” is not a number; write it like 108.93558.",
            ),
            "degrees",
            text=text,
        )
        return None
