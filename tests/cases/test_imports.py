"""``gongbi import reports``: every office program's file, row by row; what is good is kept whatever its neighbours are."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.utils import translation

from gongbi.cases import exchange
from gongbi.cases.actions.bulk import Taken
from gongbi.cases.exchange import COLUMNS, Imported, import_reports
from gongbi.cases.models import Case, Report
from gongbi.kernel.errors import Refused
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.ledger.queries import verify
from gongbi.kernel.scope.viewer import system
from gongbi.kernel.tables import write_csv, write_xlsx

VIEWER = system("import")
HEAD = ["编号", "诉求内容", "时间", "经度", "纬度"]
GOOD = ["M1", "劳动路路口的路灯不亮了", "2026-03-09 09:30", "108.913", "34.265"]


def text_of(rows: Sequence[Sequence[str]], encoding: str = "utf-8", head: Sequence[str] = HEAD) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode(encoding)


def take(data: bytes, now: datetime, name: str = "a.csv", **more: Any) -> Imported:
    return import_reports(data, name, viewer=VIEWER, at=now, **more)


def errors(done: Imported) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.code) for fault in done.faults]


# --- What office programs write ------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_in_every_encoding_gives_the_same_report(now: datetime, encoding: str) -> None:
    done = take(text_of([GOOD], encoding), now)
    assert (done.new, errors(done)) == (1, [])
    report = Report.objects.get()
    assert (report.text, report.external, report.lon) == (GOOD[1], "M1", 108.913)
    assert report.said_at.isoformat() == "2026-03-09T01:30:00+00:00"
    assert report.case.territory.startswith("610104")


@pytest.mark.django_db
def test_the_same_rows_sent_again_in_another_form_double_nothing(now: datetime) -> None:
    rows = [
        ["M1", "路灯不亮", "2026-03-09 09:30", "", ""],
        ["", "垃圾没人清", "", "108.913", "34.265"],
        ["", "没有时间也没有编号", "", "", ""],
    ]
    assert take(text_of(rows, "gb18030"), now).new == 3
    for later, data in (
        (timedelta(0), text_of(rows)),
        (timedelta(days=9), text_of(list(reversed(rows)), "utf-8-sig")),
        (timedelta(days=9), workbook([HEAD, *rows])),
    ):
        done = take(data, now + later)
        assert (done.new, done.same, errors(done)) == (0, 3, [])
    assert (Report.objects.count(), Case.objects.count(), LedgerEntry.objects.count()) == (3, 3, 3)


@pytest.mark.django_db
def test_a_row_that_stands_twice_in_one_file_is_taken_once_and_a_like_one_elsewhere_is_another(
    now: datetime,
) -> None:
    elsewhere = ["", GOOD[1], "", "108.914", "34.266"]
    done = take(
        text_of([GOOD, GOOD, ["", *GOOD[1:]], ["", GOOD[1], "", "108.913", "34.265"], elsewhere]), now
    )
    assert (done.new, done.same) == (4, 1)


def workbook(rows: Sequence[Sequence[Any]], merge: Sequence[tuple[int, int, int, int, Any]] = ()) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    page = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for number, cells in enumerate(rows):
        for place, cell in enumerate(cells):
            if isinstance(cell, datetime):
                page.write_datetime(number, place, cell, day)
            elif cell != "":
                page.write(number, place, cell)
    for block in merge:
        page.merge_range(*block)
    book.close()
    return out.getvalue()


@pytest.mark.django_db
def test_a_workbook_with_a_title_merged_cells_and_real_dates(now: datetime) -> None:
    rows = [
        ["三月上报", "", ""],
        ["诉求内容", "地点", "时间"],
        ["路灯不亮", "", datetime(2026, 3, 9, 9, 30)],  # noqa: DTZ001 - as a spreadsheet keeps it
        ["垃圾没人清", "", datetime(2026, 3, 9)],  # noqa: DTZ001
        ["井盖松动", "", 46090.5],
    ]
    data = workbook(rows, merge=[(0, 0, 0, 2, "三月上报"), (2, 1, 3, 1, "劳动路")])
    done = take(data, now, "a.xlsx")
    # The third date was left as the number that the program counts it by.
    assert (done.new, errors(done)) == (3, [])
    assert list(Report.objects.order_by("pk").values_list("place_words", flat=True)) == [
        "劳动路",
        "劳动路",
        "",
    ]
    days = [report.said_at.astimezone(now.tzinfo).date() for report in Report.objects.order_by("pk")]
    assert days == [date(2026, 3, 9)] * 3


@pytest.mark.django_db
def test_the_template_filled_in_comes_back(now: datetime) -> None:
    row = {column.key: column.example for column in COLUMNS} | {
        "text": "路灯不亮",
        "said_at": "2026-03-09 09:30",
        "kind": "C0137",
    }
    for language in ("zh", "en"):
        done = take(write_xlsx(COLUMNS, [row | {"external": language}], lang=language), now, "a.xlsx")
        assert (done.new, errors(done)) == (1, [])


# --- What is wrong -------------------------------------------------------------------------------------------------------

WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"诉求内容": ""}, "text", "required"),
    ({"诉求内容": "灯" * 10_001}, "text", "cases.long_text"),
    ({"时间": "昨天"}, "said_at", "said_at"),
    ({"时间": "2026-02-30 10:00"}, "said_at", "said_at"),
    ({"时间": "2026-13-01"}, "said_at", "said_at"),
    ({"时间": "2027-01-01"}, "said_at", "cases.future"),
    ({"时间": "1900-01-01"}, "said_at", "cases.long_ago"),
    ({"经度": "东经108"}, "lon", "degrees"),
    ({"点赞": "lots"}, "likes", "count"),
    ({"点赞": "-1"}, "likes", "count"),
    ({"反对": "12345678901"}, "dislikes", "count"),
    ({"经度": "34.265", "纬度": "108.913"}, "lon", "territory.swapped"),
    ({"经度": "nan"}, "lon", "territory.not_finite"),
    ({"经度": "116.4", "纬度": "39.9"}, "lon", "cases.outside"),
    ({"纬度": ""}, "lat", "cases.half_point"),
    ({"类别代码": "X9999"}, "kind", "cases.kind"),
    ({"社区或网格代码": "610104999999"}, "division", "cases.division"),
    ({"坐标系": "UTM"}, "crs", "choice"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("cells", "column", "code"), WRONG)
def test_a_wrong_cell_is_named_and_its_neighbours_are_taken(
    now: datetime, cells: dict[str, str], column: str, code: str
) -> None:
    head = [*HEAD, *(name for name in cells if name not in HEAD)]
    plain = dict(zip(HEAD, GOOD, strict=True))
    rows = [
        [str((plain | {"编号": f"A{n}"} | (cells if n == 1 else {})).get(name, "")) for name in head]
        for n in range(3)
    ]
    done = take(text_of(rows, head=head), now)
    assert errors(done) == [(3, column, code)]
    assert done.new == Report.objects.count() == 2
    (error,) = done.faults
    for language, chinese in (("zh-hans", True), ("en", False)):
        with translation.override(language):
            words = error.message
        assert "%(" not in words
        assert (
            any(
                "\u4e00" <= sign <= "\u9fff"
                for sign in words.replace(cells.get("经度", "·"), "").replace(cells.get("时间", "·"), "")
            )
            == chinese
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("time", "kept"),
    [
        ("2026-03-09 09:30", "2026-03-09T09:30:00"),
        ("2026/3/9 9:30", "2026-03-09T09:30:00"),
        ("2026年3月9日", "2026-03-09T00:00:00"),
        ("2026.3.9", "2026-03-09T00:00:00"),
        ("2026-03-09T01:30:00Z", "2026-03-09T09:30:00"),
        ("2026-03-09 09:30:15.5", "2026-03-09T09:30:15.500000"),
        ("２０２６-０３-０９ ０９:３０", "2026-03-09T09:30:00"),
    ],
)
def test_times_as_people_write_them(now: datetime, time: str, kept: str) -> None:
    done = take(text_of([["M1", "路灯不亮", time, "", ""]]), now)
    assert errors(done) == []
    assert Report.objects.get().said_at.astimezone(now.tzinfo).replace(tzinfo=None).isoformat() == kept


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "table_empty"),
        (b"\xff\xd8\xff\xe0JFIF", "table_"),
        (text_of([["1", "2"]], head=["a", "b"]), "table_headings"),
        (text_of([["1", "108.9"]], head=["编号", "经度"]), "columns_missing"),
        (text_of([["1", "2"]], head=["诉求内容", "内容"]), "columns_twice"),
        (b"PK\x03\x04 no workbook", "table_unreadable"),
    ],
)
def test_a_file_that_is_no_list_is_refused_as_a_whole(now: datetime, data: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        take(data, now)
    assert caught.value.code.startswith(code)
    assert not Report.objects.exists()


@pytest.mark.django_db
def test_a_column_that_nobody_knows_is_named_and_the_rest_is_taken(now: datetime) -> None:
    done = take(text_of([[*GOOD, "红"]], head=[*HEAD, "颜色"]), now)
    assert done.new == 1
    assert any("颜色" in zh and "颜色" in en for zh, en in done.notes)


@pytest.mark.django_db
def test_markup_and_formulas_in_cells_stay_text_and_leave_harmless(now: datetime) -> None:
    evil = [
        "=cmd|' /C calc'!A0 路灯",
        "+1+1 路灯",
        "@SUM(A1) 路灯",
        "-2+3 路灯",
        "<script>alert(1)</script> 路灯",
    ]
    done = take(text_of([[f"E{n}", words, "", "", ""] for n, words in enumerate(evil)]), now)
    assert done.new == len(evil)
    assert sorted(Report.objects.values_list("text", flat=True)) == sorted(evil)
    rows = [{"text": report.text} for report in Report.objects.order_by("pk")]
    written = b"".join(write_csv(COLUMNS[:1], rows)).decode("utf-8-sig").splitlines()[1:]
    assert all(line.lstrip('"')[0] in "'<" for line in written)


# --- Many ----------------------------------------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """A CSV of ``count`` rows that is never whole in memory."""

    def __init__(self, count: int, row: Callable[[int], str]) -> None:
        self.count, self.row = count, row
        self.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = 0) -> int:
        assert (place, whence) == (0, 0)
        self.next, self.rest = 0, "诉求内容,时间,经度,纬度\n".encode()
        return 0

    def tell(self) -> int:
        return 0

    def readinto(self, buffer: Any) -> int:
        while len(self.rest) < len(buffer) and self.next < self.count:
            upto = min(self.next + 500, self.count)
            self.rest += "".join(map(self.row, range(self.next, upto))).encode()
            self.next = upto
        part, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


@pytest.mark.either
@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [False, True], ids=["good", "all_wrong"])
def test_a_long_file_streams_in_little_memory(
    now: datetime, monkeypatch: pytest.MonkeyPatch, wrong: bool
) -> None:
    """What becomes of the rows is another test's matter; here they only pass through. A million behave like these."""
    monkeypatch.setattr(exchange.Intake, "take", lambda self, told: [Taken(None, again=True) for _ in told])
    count = 60_000
    time = "never" if wrong else "2026-03-09 09:30"
    file = io.BufferedReader(
        Endless(count, lambda n: f"第{n}盏路灯不亮了，晚上很黑很黑,{time},108.913,34.265\n")
    )
    tracemalloc.start()
    done = import_reports(file, "long.csv", viewer=VIEWER, at=now)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000
    if wrong:
        assert (done.refused, len(done.faults)) == (count, exchange.KEPT)
        assert any(str(count - exchange.KEPT) in zh for zh, _ in done.notes)
    else:
        assert done.same == count


@pytest.mark.slow
@pytest.mark.django_db
def test_two_thousand_rows_are_all_answered(now: datetime) -> None:
    rows = [
        [f"N{n}", f"第{n}号：路灯不亮", "" if n % 7 else "昨天", f"108.91{n % 5}", f"34.26{n % 6}"]
        for n in range(2000)
    ]
    done = take(text_of(rows), now)
    assert done.new + done.same + done.refused == 2000
    assert done.refused == len(range(0, 2000, 7))
    assert done.new == Report.objects.count() == Case.objects.count() == LedgerEntry.objects.count()
    assert list(verify()) == []
    again = take(text_of(rows), now + timedelta(days=1))
    assert (again.new, again.same, again.refused) == (0, done.new, done.refused)


# --- Real messages -------------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.slow
def test_the_real_messages_go_through_triage_and_the_board_equals_a_recount(
    own_database: str, real_data: Callable[[str], Path]
) -> None:
    from zoneinfo import ZoneInfo

    from gongbi.insight import actions as insight
    from gongbi.insight import queries as board
    from gongbi.insight.period import Period
    from gongbi.insight.recount import differences, recount
    from gongbi.territory.demo_data import place_for_name

    path = real_data("messages/places_and_times.csv")
    at = datetime(2026, 3, 10, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    with path.open("rb") as file:
        done = import_reports(file, path.name, viewer=VIEWER, at=at, position=place_for_name)
    assert done.new + done.same + done.refused == 4326
    assert done.refused == 0
    assert done.new == Report.objects.count() == Case.objects.filter(is_open=True).count()
    assert done.placed == Case.objects.exclude(territory="").count() > 2000
    assert done.kinds == Case.objects.exclude(kind="").count() > 1500
    assert any("合成" in zh for zh, _ in done.notes)
    assert set(Case.objects.exclude(place_words="").values_list("place_words", flat=True).distinct()[:5])
    with path.open("rb") as file:
        again = import_reports(
            file, path.name, viewer=VIEWER, at=at + timedelta(days=1), position=place_for_name
        )
    assert (again.new, again.same) == (0, 4326)
    while insight.catch_up():
        pass
    period = Period(date(2026, 3, 1), date(2026, 3, 31))
    shown = board.board(VIEWER, period)
    told = board.board_json(VIEWER, period, config=shown.config)
    assert differences(told, recount(period, config=shown.config)) == []
    assert list(verify()) == []


# --- Hostile files --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_stood_before_a_broken_row_is_taken_and_the_row_is_named(now: datetime) -> None:
    good = "".join(f"{n},第{n}盏路灯不亮\n" for n in range(40))
    text = "number,诉求内容\n" + good + '40,"没有收尾的引号\n41,路灯不亮\n'
    done = take(text.encode(), now)
    assert done.new == Report.objects.count() == 40
    assert errors(done) == [(42, "", "table_row")]
    assert "引号" in done.faults[0].message


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("46090", "2026-03-08T16:00:00+00:00"),
        ("46090.4", "2026-03-09T01:36:00+00:00"),
        ("36526", "1999-12-31T16:00:00+00:00"),
    ],
)
def test_a_date_that_the_spreadsheet_left_as_a_number_is_that_date(
    now: datetime, cell: str, moment: str
) -> None:
    done = take(text_of([["M1", "路灯不亮", cell, "", ""]]), now)
    assert (done.new, errors(done)) == (1, [])
    assert Report.objects.get().said_at.isoformat() == moment


@pytest.mark.django_db
@pytest.mark.parametrize("cell", ["4609", "36525", "73051", "460900", "-46090", "46090.5.1"])
def test_another_number_is_no_date(now: datetime, cell: str) -> None:
    assert errors(take(text_of([["M1", "路灯不亮", cell, "", ""]]), now)) == [(2, "said_at", "said_at")]


@pytest.mark.django_db
def test_wrong_rows_are_told_from_the_top(now: datetime) -> None:
    rows = [
        ["1", "颠倒", "2026-03-09", "34.265", "108.913"],
        ["2", "", "2026-03-09", "", ""],
        ["3", "外地", "2026-03-09", "116.4", "39.9"],
        ["4", "昨天", "昨天", "", ""],
    ]
    assert [row for row, _column, _code in errors(take(text_of(rows), now))] == [2, 3, 4, 5]


@pytest.mark.django_db
def test_a_file_without_rows_says_so(now: datetime) -> None:
    assert any("没有数据行" in zh for zh, _en in take(text_of([]), now).notes)
