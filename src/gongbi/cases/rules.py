"""The rules of a case: plain values in, nothing or a refusal out, each citing its article. No database, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from gongbi.kernel.clock.words import when
from gongbi.kernel.errors import Refused

CALLBACK_CHANNELS = frozenset({"hotline"})
MAX_EXTENSIONS = 2
MAX_SUSPENSIONS = 1
MAX_SUSPENSION_DAYS = 365
JUDGING_DAYS = 90  # setting: how long after closing a judgement counts
REOPENING_DAYS = 30  # setting: how long after closing "still there" reopens
MAX_TEXT = 10_000
MAX_PHOTOS = 12
GRADES = (5, 4, 3, 2, 1)  # 非常满意 … 非常不满意, the fixed order of the national 好差评
SATISFIED = frozenset({5, 4})
FAIRLY = 3

RULED = "《潍坊市12345政务服务便民热线条例》第二十二条"
BEIJING_11 = "《北京市接诉即办工作条例》第十一条"
BEIJING_23 = "《北京市接诉即办工作条例》第二十三条"
FOUR_EYES = "GB/T 30428 管办分离"
WORKFLOW = "案件流程规范 第7条"

# Lawful reasons not to accept (Beijing §11; Weifang §19 and the like): code → (zh, en, article)
REJECTION_GROUNDS: dict[str, tuple[str, str, str]] = {
    "untrue": ("经核实不属实", "Verified: not as reported", "GB/T 30428 核实"),
    "outside_duties": (
        "不属于政府职责范围，已告知其他渠道",
        "Outside the government's duties; other channels told",
        BEIJING_11 + "（五）",
    ),
    "legal_channel": (
        "已进入诉讼、仲裁、复议、信访等法定程序",
        "Already in a lawsuit, arbitration, reconsideration or petition",
        BEIJING_11 + "（二）",
    ),
    "repeat_no_news": (
        "同一人同一事且无新事实",
        "Same person, same matter, nothing new",
        BEIJING_11 + "（三）",
    ),
    "secrets": (
        "涉及国家秘密、商业秘密、个人隐私",
        "Touches state secrets, trade secrets or privacy",
        BEIJING_11 + "（四）",
    ),
    "unlawful": ("诉求违法或违背公序良俗", "Unlawful or against public morals", BEIJING_11 + "（六）"),
    "no_place": ("地点不明且无法联系补充", "No place, and nobody who could add it", "GB/T 30428 立案条件"),
    "below_condition": ("未达到立案条件", "Does not meet the filing condition", "GB/T 30428 立案条件"),
}
# Why a matter may leave the rating; all counted and listed beside the rate.
EXCLUSION_GROUNDS: dict[str, tuple[str, str]] = {
    "unreasonable": ("不合理诉求", "Unreasonable demand"),
    "outside_duties": ("职责范围外", "Outside the duties"),
    "unreachable": ("多次联系不上", "Could not be reached after several tries"),
    "policy_limit": ("受现行政策法规限制", "Held back by law or policy in force"),
    "force_majeure": ("不可抗力", "Force majeure"),
}


def check_contest_open(*, ruled: bool) -> None:
    """After a ruling the designated unit may not return it (Weifang §22)."""
    if ruled:
        raise Refused(
            "cases.ruled",
            (
                "裁定员已裁定此件由贵单位办理，不能再提异议，请签收。",
                "An adjudicator has ruled that this matter is your unit's. It cannot be contested again; please sign for it.",
            ),
            article=RULED,
        )


def check_contest_count(count: int, *, first: bool) -> None:
    """The first contest goes back to the dispatcher, the second to the adjudicator."""
    if first and count >= 1:
        raise Refused(
            "cases.contested_before",
            (
                "此件已提过一次异议；再次提出将交裁定员裁定。",
                "This dispatch was contested before; a second contest goes to the adjudicator.",
            ),
        )
    if not first and count != 1:
        raise Refused(
            "cases.not_contested_yet",
            ("须先提出一次异议，才能交裁定员裁定。", "Contest it once before it can go to the adjudicator."),
        )


def check_before(now: datetime, due: datetime, *, what: Literal["sign", "extension"]) -> None:
    """At the very minute is still in time (domain: equal to the deadline is on time)."""
    if now.replace(second=0, microsecond=0) > due:
        if what == "sign":
            raise Refused(
                "cases.sign_term_over",
                (
                    "提出异议的期限已过。请签收；如确非本单位职责，请告知派遣员。",
                    "The term for contesting this dispatch has passed. Please sign for it; if it is not yours, tell the dispatcher.",
                ),
                article=WORKFLOW,
            )
        raise Refused(
            "cases.overdue",
            (
                "延期须在到期之前申请，此件已到期。",
                "An extension must be asked for before the deadline, and the deadline has passed.",
            ),
            article=WORKFLOW,
        )


def check_extensions(approved: int) -> None:
    """At most two approved extensions; refused ones do not count."""
    if approved >= MAX_EXTENSIONS:
        raise Refused(
            "cases.extensions_used",
            (
                "此件已延期两次，不能再次延期。",
                "This matter has been extended twice already; a third time is not possible.",
            ),
            article=WORKFLOW,
        )


def check_suspensions(approved: int) -> None:
    """At most one approved suspension."""
    if approved >= MAX_SUSPENSIONS:
        raise Refused(
            "cases.suspended_before",
            (
                "此件已挂账一次，只能挂账一次。",
                "This matter was suspended once already; that is possible only once.",
            ),
            article=WORKFLOW,
        )


def check_suspension_until(now: datetime, until: datetime) -> None:
    """A suspension ends in the future and lasts a year at most."""
    if until <= now:
        raise Refused(
            "cases.until_past",
            ("挂账的截止时间须在将来。", "The suspension must end in the future."),
            field="until",
            article=WORKFLOW,
        )
    if until > now + timedelta(days=MAX_SUSPENSION_DAYS):
        raise Refused(
            "cases.until_too_far",
            (
                "挂账最长一年，请选一个更早的日期。",
                "A suspension may last one year at most. Choose an earlier day.",
            ),
            field="until",
            article=WORKFLOW,
        )


def check_suspension_ahead(now: datetime, until: datetime) -> None:
    """What is granted still lies ahead: at the very moment of its end there is nothing left to grant."""
    if until <= now:
        raise Refused(
            "cases.suspension_over",
            (
                "申请挂账到%(until)s，这一时间已到，不能再同意。请选“不同意”；仍需挂账的，由承办单位重新申请。",
                "The suspension was asked for until %(until)s. That time has come, so it cannot be granted any more: refuse "
                "it; the unit may ask again if it still needs one.",
            ),
            values={"until": when(until, now)},
            article=WORKFLOW,
        )


def check_nothing_pending(kind: str | None) -> None:
    if kind is not None:
        raise Refused(
            "cases.pending",
            (
                "此件有一项申请正在等待审批，请等待或询问派遣员。",
                "A request of this matter waits for a decision. Wait for it or ask the dispatcher.",
            ),
        )


def check_pending_is(kind: str | None, wanted: str) -> None:
    if kind != wanted:
        raise Refused(
            "cases.nothing_asked",
            (
                "没有待审批的这类申请，或已审批完毕。",
                "Nothing of that kind was asked for, or it has been decided already.",
            ),
        )


def check_other_person(
    person: int | None, unit: int | None, *, asker_person: int | None, asker_unit: int | None
) -> None:
    """Who asks does not approve, nor does the asker's own unit."""
    if (person is not None and person == asker_person) or (unit is not None and unit == asker_unit):
        raise Refused(
            "cases.own_request",
            (
                "申请须由提出单位以外的人审批。",
                "A request must be decided by somebody outside the unit that made it.",
            ),
            article=FOUR_EYES,
        )


def check_parts_done(left: int) -> None:
    if left:
        raise Refused(
            "cases.parts_open",
            (
                "还有 %(count)s 个协办单位没有完成。",
                "%(count)s co-handling units have not finished their part yet.",
            ),
            values={"count": left},
        )


def check_on_spot(allowed: bool) -> None:
    if not allowed:
        raise Refused(
            "cases.not_on_spot",
            (
                "这类事项不能当场办结，请上报派遣。",
                "A matter of this kind cannot be closed on the spot; report it so that it is dispatched.",
            ),
        )


def check_four_eyes(
    *,
    checker_person: int | None,
    checker_units: frozenset[int],
    handler_person: int | None,
    handler_units: frozenset[int | None],
) -> None:
    """The checker is never the handler nor of a handling unit (管办分离; C6)."""
    own = (checker_person is not None and checker_person == handler_person) or bool(
        checker_units & handler_units
    )
    if own:
        raise Refused(
            "cases.four_eyes",
            (
                "此件由您或您所在单位处置，须由别人核查。",
                "You or your unit handled this matter, so somebody else must check it.",
            ),
            article=FOUR_EYES,
        )


def check_callback(owed: bool, *, wanted: bool) -> None:
    """A hotline matter closes only after a call-back (H9)."""
    if owed and not wanted:
        raise Refused(
            "cases.callback_owed",
            ("结案前须先回访报告人。", "The reporter must be called back before this matter can be closed."),
            article=BEIJING_23,
        )
    if not owed and wanted:
        raise Refused(
            "cases.no_callback",
            ("此件不需回访，可直接核查通过。", "No call-back is owed for this matter; confirm it directly."),
        )


def check_window(now: datetime, closed_at: datetime, *, days: int, what: Literal["judge", "reopen"]) -> None:
    """Within ``days`` whole days after closing, the last moment included."""
    if now > closed_at + timedelta(days=days):
        if what == "judge":
            raise Refused(
                "cases.judging_over",
                (
                    "%(days)s 天的评价期已过。如问题仍在，请重新反映。",
                    "The %(days)s days for judging have passed. Please report it anew if it is still there.",
                ),
                values={"days": days},
            )
        raise Refused(
            "cases.reopening_over",
            (
                "%(days)s 天的重开期已过。请重新反映，我们会把两件关联起来。",
                "The %(days)s days for reopening have passed. Please report it anew; we link the two.",
            ),
            values={"days": days},
        )


def check_reject_ground(ground: str) -> str:
    """The article behind a lawful ground; anything else is refused."""
    if ground not in REJECTION_GROUNDS:
        raise Refused(
            "cases.no_ground",
            (
                "请选择一条法定的不予受理理由。",
                "Choose one of the lawful reasons for not accepting a matter.",
            ),
            field="ground",
            article=BEIJING_11,
        )
    return REJECTION_GROUNDS[ground][2]


def check_zone(time: datetime, *, field: str) -> None:
    """A time without a zone is refused: nobody knows when it was."""
    if time.tzinfo is None or time.utcoffset() is None:
        raise Refused(
            "cases.naive_time",
            (
                "时间“%(time)s”没有时区，请写成 2026-11-23T09:30:00+08:00 这样。",
                "The time “%(time)s” has no zone. Write it like 2026-11-23T09:30:00+08:00.",
            ),
            values={"time": time.isoformat()},
            field=field,
        )


def check_said_at(said_at: datetime, now: datetime) -> None:
    """A time has a zone, is not in the future (5 minutes of wrong clocks are forgiven) and not before the year 2000."""
    check_zone(said_at, field="said_at")
    if said_at > now + timedelta(minutes=5):
        raise Refused(
            "cases.future",
            (
                "时间 %(time)s 在将来，请核对日期和时钟。",
                "The time %(time)s lies in the future. Check the date and the clock.",
            ),
            values={"time": said_at.isoformat()},
            field="said_at",
        )
    if said_at.year < 2000:
        raise Refused(
            "cases.long_ago",
            (
                "时间 %(time)s 早于 2000 年，请核对日期。",
                "The time %(time)s lies before the year 2000. Check the date.",
            ),
            values={"time": said_at.isoformat()},
            field="said_at",
        )


def check_grade(grade: int) -> int:
    """One of the five grades."""
    if grade not in GRADES:
        raise Refused(
            "cases.grade", ("请在五个等级中选一个。", "Choose one of the five grades."), field="grade"
        )
    return grade


def three_rates(
    *,
    responded: tuple[int, int],
    solved: tuple[int, int],
    satisfied: tuple[int, int],
    weights: tuple[float, float, float],
) -> float | None:
    """The weighted score of response, solution and satisfaction rates; None where a denominator is empty.

    ``weights`` must sum to one (C9). H6: .95, .80, .90 with .30/.35/.35 gives .88.
    """
    check_weights(weights)
    if not (responded[1] and solved[1] and satisfied[1]):
        return None
    rates = (responded[0] / responded[1], solved[0] / solved[1], satisfied[0] / satisfied[1])
    return sum(w * r for w, r in zip(weights, rates, strict=True))


def check_weights(weights: Iterable[float]) -> None:
    """Weights sum to one to within rounding of the ninth digit."""
    total = sum(weights)
    if abs(total - 1) > 1e-9:
        raise Refused(
            "insight.weights",
            ("各权重之和为 %(sum)s，应为 1。", "The weights add up to %(sum)s; they must add up to 1."),
            values={"sum": f"{total:g}"},
            field="weights",
        )


def said_by_phone(channel: str) -> bool:
    """Whether who spoke through this channel is owed a call-back before the case closes (H9)."""
    return channel in CALLBACK_CHANNELS
