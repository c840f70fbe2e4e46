"""What the clock says when it refuses, in one place: each sentence as a (Chinese, English) pair. Every function returns
the error to raise.
"""

from __future__ import annotations

from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale

_EXAMPLES = "15分钟、4工作时、2紧急工作时、24小时连续、5工作日、20个法定工作日、30日历日"


def limit_empty() -> Refused:
    words = (
        "时限为空。请写明数字和单位，例如：%(examples)s。",
        "The time limit is empty. Write a number and a unit, for example: %(examples)s.",
    )
    return Refused("clock.limit_empty", words, values={"examples": _EXAMPLES}, field="limit")


def limit_too_long(length: int, most: int) -> Refused:
    words = (
        "时限有 %(length)s 个字，最多 %(most)s 个。请只写数字、单位和简短的条件。",
        "The time limit has %(length)s characters; at most %(most)s fit. Keep the number, the unit and a short condition.",
    )
    return Refused("clock.limit_long", words, values={"length": length, "most": most}, field="limit")


def limit_unknown(raw: str) -> Refused:
    words = (
        "时限“%(raw)s”里没有数字加可识别的单位。请按下列之一书写：%(examples)s。",
        "The time limit “%(raw)s” has no number followed by a known unit. Write it like one of these: %(examples)s.",
    )
    return Refused("clock.limit_unknown", words, values={"raw": raw, "examples": _EXAMPLES}, field="limit")


def limit_several(raw: str) -> Refused:
    words = (
        "时限“%(raw)s”里不止一个数字，无法确定以哪个为准。请只写一个数字和一个单位。",
        "The time limit “%(raw)s” holds more than one number, so it is not clear which one counts. Write one number and one unit.",
    )
    return Refused("clock.limit_several", words, values={"raw": raw}, field="limit")


def limit_number(raw: str, number: str) -> Refused:
    words = (
        "时限“%(raw)s”中的“%(number)s”不是大于零、且合整分钟（按日计的合整日）的数。请改正数字。",
        "In the time limit “%(raw)s”, “%(number)s” is not a number above zero that comes to whole minutes "
        "(or whole days, for day counts). Correct the number.",
    )
    return Refused("clock.limit_number", words, values={"raw": raw, "number": number}, field="limit")


def limit_far(raw: str, years: int) -> Refused:
    words = (
        "时限“%(raw)s”超过 %(years)s 年。请核对数字和单位。",
        "The time limit “%(raw)s” is longer than %(years)s years. Check the number and the unit.",
    )
    return Refused("clock.limit_far", words, values={"raw": raw, "years": years}, field="limit")


def extension_differs(limit: str, extension: str) -> Refused:
    words = (
        "时限“%(limit)s”不能用“%(extension)s”延长：两者的计时方式不同。请用与原时限相同的单位。",
        "The limit “%(limit)s” cannot be extended by “%(extension)s”: the two are counted in different kinds "
        "of time. Give the extension in the limit's own unit.",
    )
    return Refused(
        "clock.extension_kind", words, values={"limit": limit, "extension": extension}, field="limit"
    )


def naive(moment: object) -> Refused:
    words = (
        "时间 %(moment)s 没有时区，可能指不同的时刻。请带上时区，例如 2026-11-23T09:00:00+08:00。",
        "The time %(moment)s has no time zone, so it could mean several moments. Send it with its zone, for "
        "example 2026-11-23T09:00:00+08:00.",
    )
    return Refused("clock.naive", words, values={"moment": moment}, field="at")


def out_of_range(moment: object, first: int, last: int) -> Refused:
    words = (
        "时间 %(moment)s 不在工作日历（%(first)s 年至 %(last)s 年）之内。请核对年份。",
        "The time %(moment)s is outside the working calendar (years %(first)s to %(last)s). Check the year.",
    )
    return Refused(
        "clock.out_of_range", words, values={"moment": moment, "first": first, "last": last}, field="at"
    )


def pause_backwards(since: object, until: object) -> Refused:
    words = (
        "暂停的结束时间 %(until)s 早于开始时间 %(since)s。请对调或改正。",
        "The pause ends at %(until)s, before it begins at %(since)s. Swap or correct the two times.",
    )
    return Refused("clock.pause_backwards", words, values={"since": since, "until": until}, field="at")


def slots_wrong(slots: object) -> Refused:
    words = (
        "办公时间 %(slots)s 有误：各时段须在同一天内、先后有序、互不相接。请改正，例如 08:00–12:00 和 14:00–18:00。",
        "The office hours %(slots)s are not a row of periods inside one day, each beginning after the one "
        "before has ended. Correct them, for example 08:00–12:00 and 14:00–18:00.",
    )
    return Refused("clock.slots", words, values={"slots": str(slots)}, field="slots")


def no_office_hours() -> Refused:
    words = (
        "工作日历里的办公时间不足以算到这个期限。请检查办公时间和日历中的工作日。",
        "The working calendar holds too few office hours to reach this deadline. Check the office hours and "
        "the working days of the calendar.",
    )
    return Refused("clock.no_hours", words, field="limit")


def running(name: str) -> Refused:
    words = (
        "该事项的计时“%(name)s”正在进行。请先停止，再重新开始。",
        "The clock “%(name)s” of this matter is already running. Stop it before it is started again.",
    )
    return Refused("clock.running", words, values={"name": name})


def not_running(name: str) -> NotThere:
    words = (
        "该事项没有正在进行的计时“%(name)s”。请刷新页面：可能已被停止。",
        "This matter has no running clock “%(name)s”. Reload the page: it may have been stopped meanwhile.",
    )
    return NotThere("clock.not_running", words, values={"name": name})


def already_paused(name: str) -> Refused:
    words = (
        "计时“%(name)s”已在暂停中。如需因其他原因暂停，请先恢复。",
        "The clock “%(name)s” is already paused. Resume it first if it is to be paused for another reason.",
    )
    return Refused("clock.paused", words, values={"name": name})


def no_reason() -> Refused:
    words = (
        "请填写原因：凡能看到期限的人都会看到它。",
        "Give the reason: it is shown to everyone who sees the deadline.",
    )
    return Refused("clock.reason", words, field="reason")


def before(at: object, earlier: object) -> Refused:
    words = (
        "时间 %(at)s 早于该计时上次变动的时间 %(earlier)s。请填写更晚的时间。",
        "The time %(at)s lies before %(earlier)s, when the clock was last changed. Give a later time.",
    )
    return Refused("clock.backwards", words, values={"at": at, "earlier": earlier}, field="at")


def calendar_viewer() -> Forbidden:
    words = ("只有管理员可以修改工作日历。", "Only an administrator may change the working calendar.")
    return Forbidden("clock.calendar_who", words)


def notice_empty() -> Refused:
    words = (
        "通知里没有日期。请为每个放假日和每个调休上班日各填一行。",
        "The notice holds no dates. Give one row for each day off and each make-up working day.",
    )
    return Refused("clock.notice_empty", words)


def notice_years(years: str) -> Refused:
    words = (
        "通知跨了 %(years)s 年。请一次导入一年的通知：只含当年，至多加上一年的十二月。",
        "The notice spans the years %(years)s. Import one notice per year: its own year and, at most, the December before.",
    )
    return Refused("clock.notice_years", words, values={"years": years}, field="date")


def notice_twice(day: object) -> Refused:
    words = (
        "通知里 %(day)s 既写了上班又写了休息。请保留正确的一行。",
        "The notice says both “work” and “rest” for %(day)s. Keep the right one.",
    )
    return Refused("clock.notice_twice", words, values={"day": day}, field="date")


def raced() -> Stale:
    words = (
        "有人同时开始了这个计时。本次没有保存，请刷新页面。",
        "Somebody else started this clock at the same moment. Nothing was saved; reload the page.",
    )
    return Stale("clock.raced", words)
