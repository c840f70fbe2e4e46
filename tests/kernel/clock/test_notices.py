"""A holiday notice comes in: the calendar changes, open deadlines follow, closed ones and their history stay."""

import io
from datetime import date, timedelta

import pytest
import xlsxwriter
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongbi.kernel.clock import actions, exchange, notices, queries
from gongbi.kernel.clock.calendar import Day
from gongbi.kernel.clock.models import CalendarDay, CalendarVersion, Clock
from gongbi.kernel.clock.notices import NoticeRow, is_whole_year, merge, year_of
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import ADMIN, CLERK, Viewer, system
from tests.kernel.clock.given import bj, matter

AT = bj("2026-11-25 10:00")
ADMINISTRATOR = Viewer(actor="post:1", role=ADMIN)


def off(first: str, last: str, name: str) -> list[NoticeRow]:
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days
    return [NoticeRow(date.fromisoformat(first) + timedelta(days=n), False, name) for n in range(days + 1)]


# An invented notice: the real one for 2027 is not out.
NOTICE = [
    NoticeRow(date(2026, 12, 31), False, "元旦"),
    *off("2027-01-01", "2027-01-02", "元旦"),
    NoticeRow(date(2027, 1, 3), True, "元旦"),
    *off("2027-02-05", "2027-02-11", "春节"),
    NoticeRow(date(2027, 2, 14), True, "春节"),
    *off("2027-10-01", "2027-10-07", "国庆节"),
]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "clock.notice_empty"),
        ([NOTICE[0], NoticeRow(date(2026, 12, 31), True)], "clock.notice_twice"),
        ([NoticeRow(date(2026, 11, 30), False), *NOTICE], "clock.notice_years"),
        ([NoticeRow(date(2025, 12, 31), False), *NOTICE], "clock.notice_years"),
        ([NoticeRow(date(1992, 1, 1), False)], "clock.out_of_range"),
        ([NoticeRow(date(2101, 1, 1), False)], "clock.out_of_range"),
    ],
)
def test_a_notice_that_contradicts_itself_or_spans_two_years_is_refused(
    rows: list[NoticeRow], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        year_of(rows)
    assert refused.value.code == code


def test_the_years_own_notice_settles_the_whole_year_and_the_december_before() -> None:
    assert year_of(NOTICE) == 2027
    assert is_whole_year(NOTICE, 2027)
    known = {date(2026, 12, 29): Day(True, official=False), date(2026, 12, 30): Day(True, official=False)}
    news = merge(known, NOTICE)
    assert news[date(2026, 12, 29)] == Day(True, official=True)
    assert news[date(2026, 12, 31)] == Day(False, True, True, "元旦")
    assert news[date(2027, 1, 3)] == Day(True, False, True, "元旦")
    assert news[date(2027, 6, 1)] == Day(True)
    assert news[date(2027, 6, 5)] == Day(False)
    assert not news[date(2027, 12, 29)].official  # may still be moved by the notice for 2028
    assert news[date(2027, 12, 28)].official
    assert min(news) == date(2026, 12, 29)
    assert max(news) == date(2027, 12, 31)
    assert merge({**known, **news}, NOTICE) == {}


def test_an_amendment_settles_only_the_days_it_lists() -> None:
    rows = off("2020-01-31", "2020-02-02", "春节")
    assert not is_whole_year(rows, 2020)
    assert set(merge({}, rows)) == {date(2020, 1, 31), date(2020, 2, 1), date(2020, 2, 2)}


def test_a_day_dropped_from_a_corrected_notice_follows_the_weekday_again() -> None:
    known = merge({}, NOTICE)
    corrected = [row for row in NOTICE if row.day not in (date(2027, 1, 3), date(2026, 12, 31))]
    news = merge(known, corrected)
    assert news == {date(2027, 1, 3): Day(False)}  # December stays as its own year's papers left it


@pytest.mark.django_db
def test_without_a_seed_the_calendar_is_what_the_library_knows() -> None:
    assert not CalendarDay.objects.exists()
    calendar = queries.current_calendar()
    assert not calendar.is_working(date(2026, 10, 1))
    assert calendar.is_working(date(2026, 2, 14))


@pytest.mark.django_db
def test_seeding_twice_changes_nothing() -> None:
    assert actions.seed_calendar(2025, 2027) == 365 * 3
    version = CalendarVersion.objects.get()
    assert actions.seed_calendar(2025, 2027) == 0
    assert CalendarVersion.objects.get() == version
    assert CalendarDay.objects.filter(official=False, day__year=2027).count() == 365
    assert queries.current_calendar() is queries.current_calendar()
    assert queries.current_calendar().digest == version.digest


@pytest.mark.django_db
def test_seeding_never_overwrites_a_notice() -> None:
    actions.seed_calendar(2026, 2027)
    actions.import_notice(NOTICE, at=AT, viewer=ADMINISTRATOR)
    assert actions.seed_calendar(2026, 2027, at=AT) == 0
    assert queries.current_calendar().is_working(date(2027, 1, 3))


@pytest.mark.django_db
def test_provisional_deadlines_are_counted_anew_when_the_notice_comes() -> None:
    case, other, closed = matter(), matter(), matter()
    start = bj("2026-12-30 10:00")
    actions.start(case, "handle", "3工作日", at=start)
    actions.start(case, "total", "24小时连续", at=start)
    actions.start(case, "sign", "3工作日", at=start)
    actions.stop(case, "sign", at=bj("2026-12-30 11:00"))
    actions.start(other, "handle", "4工作时", at=bj("2026-11-25 09:00"))
    actions.start(closed, "handle", "3工作日", at=start)
    actions.stop(closed, "handle", at=bj("2026-12-31 10:00"))
    for each in (case, other, closed):
        each.save()
    before = Clock.objects.get(matter_id=case.pk, name="handle")
    # By the weekday rule Friday 2027-01-01 would work; nobody knows yet.
    assert (before.due_at, before.provisional) == (bj("2027-01-04 10:00"), True)
    done = actions.import_notice(NOTICE, at=AT, viewer=ADMINISTRATOR)
    assert (done.year, done.clocks) == (2027, 1)
    after = Clock.objects.get(pk=before.pk)
    # 12-31 and 01-01 rest, Sunday 01-03 works: 12-30, 01-03, 01-04, until 10:00 on the 5th.
    assert (after.due_at, after.provisional) == (bj("2027-01-05 10:00"), False)
    assert after.history == [
        {
            "at": AT.isoformat(),
            "due_at": "2027-01-04T10:00:00+08:00",
            "to": "2027-01-05T10:00:00+08:00",
            "provisional": True,
            "why": "calendar",
            "by": "post:1",
        }
    ]
    # The closed one keeps the deadline it was judged by; untouched ones have no history.
    assert Clock.objects.get(matter_id=closed.pk).due_at == bj("2027-01-04 10:00")
    assert Clock.objects.get(name="sign").due_at == bj("2027-01-04 10:00")
    assert Clock.objects.get(matter_id=other.pk).history == []
    assert Clock.objects.get(name="total").history == []
    case.refresh_from_db()
    assert case.due_at == bj("2026-12-31 10:00")  # the clock round was and is the earliest
    actions.stop(case, "total", at=start)
    assert case.due_at == bj("2027-01-05 10:00")


@pytest.mark.django_db
def test_a_deadline_that_only_becomes_certain_loses_its_flag_and_the_matter_follows() -> None:
    case = matter()
    actions.start(case, "handle", "3工作日", at=bj("2027-03-01 10:00"))
    case.due_at = None
    case.save()  # as if the matter had got out of step
    actions.import_notice(NOTICE, at=AT, viewer=system("import"))
    clock = Clock.objects.get()
    assert (clock.due_at, clock.provisional) == (bj("2027-03-04 10:00"), False)
    assert clock.history[0]["provisional"] is True
    assert Matter.objects.get().due_at == clock.due_at


@pytest.mark.django_db
def test_an_amendment_in_mid_year_moves_open_deadlines() -> None:
    actions.seed_calendar(2019, 2020)
    CalendarDay.objects.filter(day=date(2020, 1, 31)).update(
        working=True, holiday=False
    )  # as first published
    CalendarVersion.objects.create(digest=queries.digest_now(), why="first paper", actor="system:test")
    case = matter("2020-01-22 10:00")
    actions.start(case, "handle", "2个法定工作日", at=bj("2020-01-22 10:00"))
    assert case.due_at == bj("2020-01-31 18:00")
    actions.import_notice(
        off("2020-01-31", "2020-02-02", "春节"), at=bj("2020-01-27 10:00"), viewer=ADMINISTRATOR
    )
    clock = Clock.objects.get()
    assert clock.due_at == bj("2020-02-03 18:00")
    assert len(clock.history) == 1
    assert queries.current_calendar().is_official(date(2020, 3, 2))


@pytest.mark.django_db
def test_importing_the_same_notice_again_changes_nothing() -> None:
    actions.import_notice(NOTICE, at=AT, viewer=ADMINISTRATOR)
    versions = CalendarVersion.objects.count()
    again = actions.import_notice(NOTICE, at=AT, viewer=ADMINISTRATOR)
    assert (again.days, again.clocks) == (0, 0)
    assert CalendarVersion.objects.count() == versions


@pytest.mark.django_db
def test_another_process_sees_the_new_calendar_before_it_writes_a_deadline() -> None:
    actions.seed_calendar(2026, 2026)
    queries.current_calendar()
    held = queries._Memory.kept
    actions.import_notice(NOTICE, at=AT, viewer=ADMINISTRATOR)
    queries._Memory.kept = held  # what another process still holds
    case = matter()
    actions.start(case, "handle", "1个法定工作日", at=bj("2026-12-30 10:00"))
    assert case.due_at == bj("2027-01-03 18:00")
    assert queries.current_calendar().is_working(date(2027, 1, 3))


@pytest.mark.django_db(transaction=True)
def test_a_page_asks_for_the_version_once_and_this_process_sees_its_own_import_at_once() -> None:
    actions.seed_calendar(2026, 2026)
    queries.forget_calendar()
    with CaptureQueriesContext(connection) as seen:
        for _row in range(50):
            queries.current_calendar()
    assert len([q for q in seen.captured_queries if "calendarversion" in q["sql"]]) == 1
    actions.import_notice(NOTICE, at=AT, viewer=ADMINISTRATOR)
    assert queries.current_calendar().is_working(date(2027, 1, 3))
    held = queries._Memory.kept
    assert held is not None
    CalendarDay.objects.all().delete()
    CalendarVersion.objects.all().delete()  # another process
    assert queries.current_calendar().is_working(date(2027, 1, 3))
    queries._Memory.kept = held._replace(checked=held.checked - queries.RECHECK)
    assert not queries.current_calendar().is_working(date(2027, 1, 3))


@pytest.mark.django_db
def test_only_an_administrator_changes_the_calendar() -> None:
    for viewer in (Viewer(actor="post:2", role=CLERK), Viewer(actor="public")):
        with pytest.raises(Forbidden):
            actions.import_notice(NOTICE, at=AT, viewer=viewer)
        with pytest.raises(Forbidden):
            actions.set_office_hours(date(2027, 5, 1), [["08:00", "12:00"]], at=AT, viewer=viewer)
    assert not CalendarDay.objects.exists()


@pytest.mark.django_db
def test_a_moved_deadline_stands_in_the_ledger_and_is_announced() -> None:
    """Domain dossier §15.1: open deadlines are computed anew and the old value is kept, where everybody can read it."""
    moved, settled, quiet, paused = matter(), matter(), matter(), matter()
    start = bj("2026-12-30 10:00")
    actions.start(moved, "handle", "3工作日", at=start)
    actions.start(moved, "total", "9工作日", at=start)
    actions.start(settled, "handle", "1工作时", at=start)  # provisional until the notice, and not moved by it
    actions.start(quiet, "handle", "1工作日", at=bj("2026-11-25 09:00"))
    actions.start(paused, "handle", "3工作日", at=start)
    actions.pause(paused, "handle", at=bj("2026-12-30 11:00"), reason="x")
    for each in (moved, settled, quiet, paused):
        each.save()
    actions.import_notice(NOTICE, at=AT, viewer=ADMINISTRATOR)
    assert not Clock.objects.filter(matter_id=settled.pk, provisional=True).exists()
    for each in (settled, quiet):
        assert not LedgerEntry.objects.filter(matter_id=each.pk).exists()
    entry = LedgerEntry.objects.get(matter_id=moved.pk)
    assert (entry.transition, entry.actor, entry.to_state, entry.at) == (
        "deadline_moved",
        "post:1",
        "open",
        AT,
    )
    assert entry.facts == {
        "was": {"handle": "2027-01-04T02:00:00.000000Z", "total": "2027-01-12T02:00:00.000000Z"},
        "due": {"handle": "2027-01-05T02:00:00.000000Z", "total": "2027-01-13T02:00:00.000000Z"},
        "why": "calendar",
        "notice": 2027,
    }
    assert LedgerEntry.objects.get(matter_id=paused.pk).facts["due"] == {
        "handle": "2027-01-05T02:00:00.000000Z"
    }
    told = OutboxRow.objects.get(matter_id=moved.pk)
    assert (told.topic, told.payload["notifies"]) == ("test.deadline_moved", ["unit", "reporter"])
    kept = Matter.objects.get(pk=moved.pk)
    assert (kept.due_at, kept.last_seq) == (bj("2027-01-05 10:00"), 1)
    # The same notice again moves nothing and tells nobody.
    actions.import_notice(NOTICE, at=AT, viewer=ADMINISTRATOR)
    assert LedgerEntry.objects.filter(matter_id=moved.pk).count() == 1


@pytest.mark.django_db
def test_new_office_hours_move_open_deadlines_from_their_day_on() -> None:
    case, earlier = matter(), matter()
    actions.start(case, "handle", "2工作日", at=bj("2026-11-30 17:00"))
    actions.start(earlier, "handle", "1工作时", at=bj("2026-11-30 09:00"))
    winter = [["08:30", "12:00"], ["13:30", "17:00"]]
    assert actions.set_office_hours(date(2026, 12, 1), winter, at=AT, viewer=ADMINISTRATOR) == 1
    assert Clock.objects.get(matter_id=case.pk).due_at == bj("2026-12-03 09:30")
    assert Clock.objects.get(matter_id=case.pk).history[0]["why"] == "hours"
    assert Clock.objects.get(matter_id=earlier.pk).due_at == bj("2026-11-30 10:00")
    for wrong in (
        [],
        [["12:00", "08:00"]],
        [["08:00", "25:00"]],
        [["08:00"]],
        [["08:00", "12:00"], ["11:00", "13:00"]],
    ):
        with pytest.raises(Refused) as refused:
            actions.set_office_hours(date(2026, 12, 1), wrong, at=AT, viewer=ADMINISTRATOR)
        assert refused.value.code == "clock.slots"


@pytest.mark.django_db
def test_the_nightly_recount_puts_right_what_went_astray_and_only_that() -> None:
    case = matter()
    actions.start(case, "handle", "4工作时", at=bj("2026-11-25 09:00"))
    actions.start(case, "total", "5工作日", at=bj("2026-11-25 09:00"))
    Clock.objects.filter(name="handle").update(due_at=bj("2026-11-25 16:00"))
    assert actions.recompute_open(at=AT, why="nightly") == 1
    assert Clock.objects.get(name="handle").due_at == bj("2026-11-25 15:00")
    assert Clock.objects.get(name="total").history == []
    assert actions.recompute_open(at=AT, why="nightly") == 0


CSV = """日期,上班/休息,节日
2027-01-01,休息,元旦
2027年1月3日,上班,元旦
２０２７／２／５,休,春节
20270214,补班,春节
2027-02-30,休息,春节
2027-03-01,也许,
,休息,
1900-01-01,休息,
2027-01-01,上班,
2027-01-01,休息,元旦
明天,休息,
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_notice_is_read_from_csv_and_wrong_rows_hide_no_good_ones(encoding: str) -> None:
    notice = exchange.read(CSV.encode(encoding), "2027.csv")
    assert notice.rows == [
        NoticeRow(date(2027, 1, 1), False, "元旦"),
        NoticeRow(date(2027, 1, 3), True, "元旦"),
        NoticeRow(date(2027, 2, 5), False, "春节"),
        NoticeRow(date(2027, 2, 14), True, "春节"),
    ]
    assert [(fault.row, fault.column, fault.code) for fault in notice.wrong] == [
        (6, "date", "date"),
        (7, "working", "working"),
        (8, "date", "required"),
        (9, "date", "year"),
        (10, "date", "twice"),
        (12, "date", "date"),
    ]
    assert "2027-02-30" in notice.wrong[0].message
    assert notices.is_whole_year(notice.rows, 2027) is False


def test_a_notice_is_read_from_excel_with_real_dates() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["2027 年放假安排"])
    sheet.write_row(1, 0, ["日期", "上班/休息", "名称"])
    style = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_datetime(2, 0, bj("2027-10-01 00:00").replace(tzinfo=None), style)
    sheet.write_row(2, 1, ["放假", "国庆节"])
    book.close()
    notice = exchange.read(out.getvalue(), "2027.xlsx")
    assert notice.rows == [NoticeRow(date(2027, 10, 1), False, "国庆节")]
    assert notice.wrong == []


def test_the_empty_form_can_be_read_back() -> None:
    for lang in ("zh", "en"):
        assert exchange.read(exchange.template(lang), "form.xlsx").rows == []


def test_a_file_without_the_columns_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        exchange.read("日期,名称\n2027-01-01,元旦\n".encode(), "x.csv")
    assert refused.value.code == "columns_missing"
