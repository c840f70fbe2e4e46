"""What holds for every start, limit and pause, and an oracle that counts minute by minute and day by day."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import holidays
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gongbi.kernel.clock.calendar import ZONE, Calendar, Season, from_chinesecalendar
from gongbi.kernel.clock.engine import Pause, due, elapsed, explain, on_time, remaining
from gongbi.kernel.clock.limits import KINDS, Kind, Limit, total
from tests.kernel.clock.given import notices

MINUTE = timedelta(minutes=1)
CHINA = holidays.country_holidays("CN", years=range(2009, 2028))
STARTS = st.datetimes(datetime(2010, 1, 1), datetime(2026, 10, 31), timezones=st.just(ZONE))  # noqa: DTZ001
MINUTE_KINDS: list[Kind] = ["minutes", "hours", "days", "office_hours", "office_days"]
DAY_KINDS: list[Kind] = ["legal_days", "calendar_days"]
SUMMER = Calendar(
    from_chinesecalendar(range(2004, 2027)),
    seasons=[
        Season(date(year, month, 1), slots)
        for year in range(2009, 2028)
        for month, slots in ((5, ((480, 720), (870, 1110))), (10, ((510, 720), (810, 1050))))
    ],
)
CALENDARS = st.sampled_from([notices(), SUMMER])


def of(kinds: list[Kind], most: int = 40) -> st.SearchStrategy[Limit]:
    return st.builds(lambda kind, n: Limit(kind, Fraction(n)), st.sampled_from(kinds), st.integers(1, most))


def amount_of(limit: Limit, units: int) -> Limit:
    """``units`` minutes or days of the limit's own time, as a limit."""
    if limit.measure == "office":
        return Limit("office_hours", Fraction(units, 60))
    return Limit("minutes" if limit.measure == "continuous" else "legal_days", Fraction(units))


@st.composite
def paused(draw: st.DrawFn, start: datetime, most: int = 4) -> list[Pause]:
    """Up to ``most`` closed pauses around and after ``start``, overlapping as they like."""
    pauses: list[Pause] = []
    for _ in range(draw(st.integers(0, most))):
        since = start + timedelta(minutes=draw(st.integers(-600, 30 * 1440)))
        pauses.append((since, since + timedelta(minutes=draw(st.integers(0, 12 * 1440)))))
    return pauses


def floor(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def step(start: datetime, limit: Limit, calendar: Calendar, pauses: list[Pause]) -> datetime:
    """The oracle for minutes: walk, and count each minute that runs."""
    spans = [(floor(a), floor(b)) for a, b in pauses if b is not None]
    at, left = floor(start), limit.units
    while left:
        minute = at.hour * 60 + at.minute
        counts = limit.measure == "continuous" or any(a <= minute < b for a, b in calendar.slots(at.date()))
        if counts and not any(a <= at < b for a, b in spans):
            left -= 1
        at += MINUTE
    return at


@settings(max_examples=120, deadline=None)
@given(st.data(), STARTS, of(["minutes", "hours", "office_hours"], 20), CALENDARS)
def test_the_deadline_is_what_counting_minute_by_minute_gives(
    data: st.DataObject, start: datetime, limit: Limit, calendar: Calendar
) -> None:
    pauses = data.draw(paused(start, 3))
    assert due(start, limit, calendar, pauses=pauses).at == step(start, limit, calendar, pauses)


@given(STARTS, st.integers(1, 60))
def test_legal_days_are_what_an_independent_calendar_counts(start: datetime, count: int) -> None:
    assume(start.date() + timedelta(days=count * 2 + 20) < date(2026, 12, 28))
    end = due(start, Limit("legal_days", Fraction(count)), notices()).at
    assert end.date() == CHINA.get_nth_working_day(start.date(), count)
    assert (end.hour, end.minute) == (18, 0)


@given(STARTS, st.integers(1, 90))
def test_calendar_days_end_on_the_first_working_day_from_the_last(start: datetime, count: int) -> None:
    assume(start.date() + timedelta(days=count + 15) < date(2026, 12, 28))
    day = start.date() + timedelta(days=count)
    while not CHINA.is_working_day(day):
        day += timedelta(days=1)
    assert due(start, Limit("calendar_days", Fraction(count)), notices()).at.date() == day


@given(STARTS, st.integers(0, 20_000), of(MINUTE_KINDS + DAY_KINDS), CALENDARS)
def test_who_starts_later_is_never_due_earlier(
    start: datetime, later: int, limit: Limit, calendar: Calendar
) -> None:
    assert due(start, limit, calendar).at <= due(start + later * MINUTE, limit, calendar).at


@given(st.data(), STARTS, of(MINUTE_KINDS + DAY_KINDS), st.integers(1, 10), CALENDARS)
def test_a_longer_limit_is_never_due_earlier(
    data: st.DataObject, start: datetime, limit: Limit, more: int, calendar: Calendar
) -> None:
    longer = Limit(limit.kind, limit.amount + more)
    pauses = data.draw(paused(start))
    first, second = (due(start, x, calendar, pauses=pauses).at for x in (limit, longer))
    # Only a roll over days off can make two calendar-day limits end together.
    assert first < second or (limit.kind == "calendar_days" and first == second)


@given(STARTS, of(["office_hours", "office_days"]), CALENDARS)
def test_office_deadlines_never_land_outside_office_hours(
    start: datetime, limit: Limit, calendar: Calendar
) -> None:
    end = due(start, limit, calendar).at
    minute = end.hour * 60 + end.minute
    assert any(a < minute <= b for a, b in calendar.slots(end.date()))


@given(st.data(), STARTS, of(DAY_KINDS), CALENDARS)
def test_day_counts_end_at_the_close_of_a_working_day(
    data: st.DataObject, start: datetime, limit: Limit, calendar: Calendar
) -> None:
    end = due(start, limit, calendar, pauses=data.draw(paused(start))).at
    assert calendar.slots(end.date())[-1][1] == end.hour * 60 + end.minute


@given(st.data(), STARTS, of(MINUTE_KINDS), CALENDARS)
def test_a_pause_moves_the_deadline_by_exactly_the_lawful_minutes_it_took(
    data: st.DataObject, start: datetime, limit: Limit, calendar: Calendar
) -> None:
    plain = due(start, limit, calendar).at
    span = int((plain - floor(start)) / MINUTE)
    since = floor(start) + data.draw(st.integers(0, span - 1)) * MINUTE
    until = since + data.draw(st.integers(0, 20_000)) * MINUTE
    taken = elapsed(since, limit, calendar, until)
    assume(elapsed(start, limit, calendar, since) < limit.units)
    extra = [amount_of(limit, taken)] if taken else []
    assert (
        due(start, limit, calendar, pauses=[(since, until)]).at
        == due(start, limit, calendar, extensions=extra).at
    )


@given(st.data(), STARTS, of(["legal_days"]))
def test_a_pause_moves_a_legal_period_by_the_working_days_it_took(
    data: st.DataObject, start: datetime, limit: Limit
) -> None:
    plain = due(start, limit, notices()).at
    since = floor(start) + data.draw(st.integers(0, int((plain - floor(start)) / MINUTE) - 1)) * MINUTE
    until = since + data.draw(st.integers(0, 20_000)) * MINUTE
    days = notices().working_days(since.date(), until.date())
    longer = Limit("legal_days", limit.amount + days)
    assert due(start, limit, notices(), pauses=[(since, until)]).at == due(start, longer, notices()).at


@given(st.data(), STARTS, of(MINUTE_KINDS + DAY_KINDS), CALENDARS)
def test_how_pauses_are_cut_and_ordered_makes_no_difference(
    data: st.DataObject, start: datetime, limit: Limit, calendar: Calendar
) -> None:
    pauses = data.draw(paused(start))
    cut: list[Pause] = []
    for since, until in pauses:
        assert until is not None
        middle = since + (until - since) * data.draw(st.floats(0, 1))
        cut += [(since, middle), (middle, until)]
    again = [*data.draw(st.permutations(cut)), *pauses]  # every minute of a pause twice
    assert due(start, limit, calendar, pauses=pauses) == due(start, limit, calendar, pauses=again)


@given(st.data(), STARTS, of(MINUTE_KINDS + DAY_KINDS), st.booleans(), CALENDARS)
def test_the_explanation_has_no_gaps_and_sums_to_the_limit(
    data: st.DataObject, start: datetime, limit: Limit, extended: bool, calendar: Calendar
) -> None:
    pauses = data.draw(paused(start))
    extra = [limit] if extended else []
    lines = explain(start, limit, calendar, pauses=pauses, extensions=extra)
    assert sum(line.counted for line in lines) == total(limit, extra)
    assert lines[0].since == floor(start)
    assert lines[-1].until == due(start, limit, calendar, pauses=pauses, extensions=extra).at
    assert all(a.until == b.since for a, b in pairwise(lines))
    assert all(line.since < line.until and all(line.why) for line in lines)
    if KINDS[limit.kind][0] in ("continuous", "office"):
        for line in lines:
            assert line.counted in (0, int((line.until - line.since) / MINUTE))


@given(st.data(), STARTS, of(MINUTE_KINDS + DAY_KINDS), CALENDARS)
def test_what_is_left_leads_back_to_the_deadline(
    data: st.DataObject, start: datetime, limit: Limit, calendar: Calendar
) -> None:
    end = due(start, limit, calendar).at
    now = start + data.draw(st.integers(0, int((end - floor(start)) / MINUTE) - 1)) * MINUTE
    left = remaining(start, limit, calendar, now)
    assert left.due.at == end
    assert not left.late
    if limit.measure == "calendar":
        assert left.left == (end.date() - now.date()).days
    elif left.left:
        assert due(now, amount_of(limit, left.left), calendar).at == end
    else:
        assert now.date() == end.date()
    used = elapsed(start, limit, calendar, now)
    assert left.left + used >= limit.units
    assert remaining(start, limit, calendar, end).left == 0


@given(st.data(), STARTS, of(MINUTE_KINDS + DAY_KINDS), CALENDARS)
def test_late_and_on_time_say_the_same(
    data: st.DataObject, start: datetime, limit: Limit, calendar: Calendar
) -> None:
    end = due(start, limit, calendar).at
    now = end + timedelta(seconds=data.draw(st.integers(-200_000, 200_000)))
    assert remaining(start, limit, calendar, now).late is not on_time(now, end)


@given(st.data(), STARTS, of(MINUTE_KINDS + DAY_KINDS))
def test_while_paused_nothing_is_lost(data: st.DataObject, start: datetime, limit: Limit) -> None:
    plain = due(start, limit, notices())
    since = floor(start) + data.draw(st.integers(0, int((plain.at - floor(start)) / MINUTE) - 1)) * MINUTE
    now = since + data.draw(st.integers(0, 20_000)) * MINUTE
    before = remaining(start, limit, notices(), since, [(since, None)])
    after = remaining(start, limit, notices(), now, [(since, None)])
    assert (before.left, after.late, after.due.waiting) == (after.left, False, True)
    assert after.due.at == plain.at
