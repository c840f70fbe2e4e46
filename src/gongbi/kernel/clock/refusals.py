"""What the clock says when it refuses, in one place for the translator. Every function returns the error
to raise.
"""

from __future__ import annotations

from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.errors import Forbidden, NotThere, Refused

_EXAMPLES = "15分钟、4工作时、2紧急工作时、24小时连续、5工作日、20个法定工作日、30日历日"


def _say(template: Any, **values: object) -> Any:
    """The sentence with its values, still lazy: it is translated when somebody reads it."""
    return format_lazy(template, **values)


def limit_empty() -> Refused:
    text = _("The time limit is empty. Write a number and a unit, for example: {examples}.")
    return Refused("clock.limit_empty", _say(text, examples=_EXAMPLES), field="limit")


def limit_too_long(length: int, most: int) -> Refused:
    text = _(
        "The time limit has {length} characters; at most {most} fit. Keep the number, the unit and a "
        "short condition."
    )
    return Refused("clock.limit_long", _say(text, length=length, most=most), field="limit")


def limit_unknown(raw: str) -> Refused:
    text = _(
        "The time limit “{raw}” has no number followed by a known unit. Write it like one of these: "
        "{examples}."
    )
    return Refused("clock.limit_unknown", _say(text, raw=raw, examples=_EXAMPLES), field="limit")


def limit_several(raw: str) -> Refused:
    text = _(
        "The time limit “{raw}” holds more than one number, so it is not clear which one counts. Write "
        "one number and one unit."
    )
    return Refused("clock.limit_several", _say(text, raw=raw), field="limit")


def limit_number(raw: str, number: str) -> Refused:
    text = _(
        "In the time limit “{raw}”, “{number}” is not a number above zero that comes to whole minutes "
        "(or whole days, for day counts). Correct the number."
    )
    return Refused("clock.limit_number", _say(text, raw=raw, number=number), field="limit")


def limit_far(raw: str, years: int) -> Refused:
    text = _("The time limit “{raw}” is longer than {years} years. Check the number and the unit.")
    return Refused("clock.limit_far", _say(text, raw=raw, years=years), field="limit")


def extension_differs(limit: str, extension: str) -> Refused:
    text = _(
        "The limit “{limit}” cannot be extended by “{extension}”: the two are counted in different kinds "
        "of time. Give the extension in the limit's own unit."
    )
    return Refused("clock.extension_kind", _say(text, limit=limit, extension=extension), field="limit")


def naive(moment: object) -> Refused:
    text = _(
        "The time {moment} has no time zone, so it could mean several moments. Send it with its zone, "
        "for example 2026-11-23T09:00:00+08:00."
    )
    return Refused("clock.naive", _say(text, moment=moment), field="at")


def out_of_range(moment: object, first: int, last: int) -> Refused:
    text = _("The time {moment} is outside the working calendar (years {first} to {last}). Check the year.")
    return Refused("clock.out_of_range", _say(text, moment=moment, first=first, last=last), field="at")


def pause_backwards(since: object, until: object) -> Refused:
    text = _("The pause ends at {until}, before it begins at {since}. Swap or correct the two times.")
    return Refused("clock.pause_backwards", _say(text, since=since, until=until), field="at")


def slots_wrong(slots: object) -> Refused:
    text = _(
        "The office hours {slots} are not a row of periods inside one day, each beginning after the one "
        "before has ended. Correct them, for example 08:00–12:00 and 14:00–18:00."
    )
    return Refused("clock.slots", _say(text, slots=slots), field="slots")


def no_office_hours() -> Refused:
    text = _(
        "The working calendar holds too few office hours to reach this deadline. Check the office hours "
        "and the working days of the calendar."
    )
    return Refused("clock.no_hours", text, field="limit")


def running(name: str) -> Refused:
    text = _("The clock “{name}” of this matter is already running. Stop it before it is started again.")
    return Refused("clock.running", _say(text, name=name))


def not_running(name: str) -> NotThere:
    text = _(
        "This matter has no running clock “{name}”. Reload the page: it may have been stopped meanwhile."
    )
    return NotThere("clock.not_running", _say(text, name=name))


def already_paused(name: str) -> Refused:
    text = _(
        "The clock “{name}” is already paused. Resume it first if it is to be paused for another reason."
    )
    return Refused("clock.paused", _say(text, name=name))


def no_reason() -> Refused:
    return Refused(
        "clock.reason", _("Give the reason: it is shown to everyone who sees the deadline."), field="reason"
    )


def before(at: object, earlier: object) -> Refused:
    text = _("The time {at} lies before {earlier}, when the clock was last changed. Give a later time.")
    return Refused("clock.backwards", _say(text, at=at, earlier=earlier), field="at")


def calendar_viewer() -> Forbidden:
    return Forbidden("clock.calendar_who", _("Only an administrator may change the working calendar."))


def notice_empty() -> Refused:
    return Refused(
        "clock.notice_empty",
        _("The notice holds no dates. Give one row for each day off and each make-up working day."),
    )


def notice_years(years: str) -> Refused:
    text = _(
        "The notice spans the years {years}. Import one notice per year: its own year and, at most, the "
        "December before."
    )
    return Refused("clock.notice_years", _say(text, years=years), field="date")


def notice_twice(day: object) -> Refused:
    text = _("The notice says both “work” and “rest” for {day}. Keep the right one.")
    return Refused("clock.notice_twice", _say(text, day=day), field="date")


def cell_date(value: str) -> Any:
    return _say(_("“{value}” is not a date. Write it like 2027-01-01 or 2027年1月1日."), value=value)


def cell_year(value: str, first: int, last: int) -> Any:
    return _say(
        _("The year of “{value}” is outside {first} to {last}. Check it."),
        value=value,
        first=first,
        last=last,
    )


def cell_working(value: str) -> Any:
    return _say(_("“{value}” says neither work nor rest. Write 上班 or 休息."), value=value)


def cell_twice(day: object, row: int) -> Any:
    return _say(
        _("{day} stands in row {row} already, with the opposite. Keep the right one."), day=day, row=row
    )
