"""Every rate of the board: what it counts below and above the line, who says so, and whether that was seen. Pure data.

Sources: domain dossier §4.6 (city management) and §5.3 (hotline). docs/rates.md is printed from this table.
"""

from __future__ import annotations

from functools import lru_cache

from gongbi.insight.lines import FAIRLY, SATISFIED, Result, What, verdict
from gongbi.insight.rates import (
    DONE,
    EVERY,
    EXEMPT,
    LATE,
    ON_TIME,
    SPOILED,
    Config,
    Rate,
    Results,
    Words,
    among,
)

GRADES = (1, 2, 3, 4, 5)
SOLVED = frozenset(verdict(True, grade) for grade in GRADES)
ANSWERED = among(Result.ANSWERED, Result.ANSWERED_REPEAT)

PERIOD: dict[What, Words] = {
    What.REPORTED: ("上报时间", "when it was reported"),
    What.FILING: ("立案时限", "the deadline of filing"),
    What.DISPATCH: ("派遣时间", "when it was dispatched"),
    What.HANDLING: ("处置时限", "the deadline of handling"),
    What.CHECK: ("核查时限", "the deadline of the check"),
    What.CLOSING: (
        "结案时限（核查时限；须回访的为回访时限）",
        "the deadline of the check, or of the call-back where one is owed",
    ),
    What.RESPONSE: ("首次联系时限", "the deadline of the first contact"),
    What.VERDICT: ("评价时间", "when it was judged"),
    What.FILED: ("立案时间", "when it was filed"),
    What.CHECKED: ("核查时间", "when it was checked"),
    What.CLOSED: ("结案时间", "when it was closed"),
}
_BOARD = "GB/T 30428.4 指标，公式据"
_MEMORY = "行业通行读法（未见原文）"
_YC = "某市 2026 年在用系统的指标口径"
_UNICOM = "某运营商城管平台源码注释"
_THREE = "准格尔旗 12345 考核办法（caprane.cn/zixun_detail/445180.html）；核心指标：《北京市接诉即办工作条例》第三十二条"


@lru_cache(maxsize=16)
def rates(config: Config) -> tuple[Rate, ...]:
    """All rates, in the order of the board."""
    satisfied = frozenset(
        verdict(solved, grade)
        for solved in (True, False)
        for grade in GRADES
        if grade >= SATISFIED or (config.fairly_counts and grade == FAIRLY)
    )
    new = among(Result.NEW)
    return (
        Rate(
            "filed",
            ("立案率", "Filing rate"),
            What.REPORTED,
            new,
            DONE,
            (
                "上报并自成一件的诉求（不含并入、直接答复）",
                "reports that made a case of their own (not joined, merged or answered at once)",
            ),
            ("已立案", "filed"),
            _BOARD + _MEMORY,
            group="centre",
        ),
        Rate(
            "filed_on_time",
            ("按时立案率", "Filed on time"),
            What.FILING,
            EVERY,
            ON_TIME,
            ("应立案（不含不予受理、并入）", "cases to be filed (not those rejected or merged)"),
            ("时限内立案", "filed within the limit"),
            _BOARD + _MEMORY,
            group="centre",
        ),
        Rate(
            "public",
            ("监督举报率", "Share raised by the public"),
            What.FILED,
            EVERY,
            among(Result.PUBLIC),
            ("已立案", "cases filed"),
            ("公众反映并核实立案", "raised by the public and found true"),
            _UNICOM,
            verified=True,
            group="centre",
        ),
        Rate(
            "valid",
            ("有效上报率", "Valid reports"),
            What.REPORTED,
            (new & (DONE | SPOILED)) | ANSWERED,
            ~SPOILED,
            (
                "已作决定的上报（立案、不予受理或直接答复）",
                "reports decided on (filed, rejected or answered at once)",
            ),
            ("未被不予受理", "not rejected"),
            _YC,
            group="centre",
        ),
        Rate(
            "repeated",
            ("重复诉求率", "Repeated reports"),
            What.REPORTED,
            EVERY,
            among(Result.JOINED, Result.MERGED, Result.ANSWERED_REPEAT),
            ("全部上报", "all reports"),
            (
                "加入、并入已有案件，或同一人同一事无新事实",
                "joined or merged into a known case, or the same person with nothing new",
            ),
            "12345 年度统计常用指标",
            better="low",
            group="caller",
        ),
        Rate(
            "dispatch_right",
            ("准确派遣率", "Dispatched rightly"),
            What.DISPATCH,
            among(Result.CHOSEN),
            ~SPOILED,
            ("派遣员的派遣（次）", "dispatches by a dispatcher"),
            (
                "未被承办单位退回（裁定维持的算准确）",
                "not returned by the unit (upheld by a ruling counts as right)",
            ),
            _BOARD + _MEMORY,
            group="centre",
        ),
        Rate(
            "returned",
            ("回退率", "Returned"),
            What.DISPATCH,
            EVERY,
            SPOILED,
            ("单位接收的案件（次）", "cases that the unit was given"),
            ("退回（非本单位）", "returned as not its own"),
            _YC,
            excludable=True,
            better="low",
        ),
        Rate(
            "handled",
            ("处置率", "Handled"),
            What.HANDLING,
            EVERY,
            DONE,
            (
                "应处置（处置时限到期；返工另计一次）",
                "to be handled (deadline reached; a rework counts anew)",
            ),
            ("已处置", "handled"),
            _YC,
            verified=True,
            excludable=True,
        ),
        Rate(
            "handled_on_time",
            ("按期处置率", "Handled on time"),
            What.HANDLING,
            EVERY,
            ON_TIME,
            (
                "应处置（处置时限到期；返工另计一次）",
                "to be handled (deadline reached; a rework counts anew)",
            ),
            ("时限内处置，或超期申诉成立", "handled within the limit, or exempt after an appeal"),
            _YC,
            verified=True,
            excludable=True,
        ),
        Rate(
            "settled_on_time",
            ("按时办结率", "Settled on time"),
            What.HANDLING,
            EVERY,
            ON_TIME & ~SPOILED,
            ("应办结（处置时限到期）", "to be settled (deadline reached)"),
            (
                "时限内处置且未被核查或回访退回",
                "handled within the limit and not sent back by the check or the call-back",
            ),
            "西安市 2022 年公布的指标名；公式为" + _MEMORY,
            excludable=True,
        ),
        Rate(
            "reworked",
            ("返工率", "Reworked"),
            What.HANDLING,
            EVERY,
            SPOILED,
            (
                "应处置（处置时限到期；返工另计一次）",
                "to be handled (deadline reached; a rework counts anew)",
            ),
            ("被核查或回访退回返工", "sent back by the check or the call-back"),
            _YC,
            excludable=True,
            better="low",
        ),
        Rate(
            "check_passed",
            ("核查通过率", "Passed the check"),
            What.CHECKED,
            EVERY,
            ~SPOILED,
            ("已核查（通过 + 不通过）", "checked (passed and failed)"),
            ("通过", "passed"),
            _YC,
        ),
        Rate(
            "checked_on_time",
            ("按时核查率", "Checked on time"),
            What.CHECK,
            EVERY,
            ON_TIME,
            ("应核查", "checks to be made"),
            ("时限内核查", "made within the limit"),
            _YC,
            group="centre",
        ),
        Rate(
            "closed",
            ("结案率", "Closing rate"),
            What.CLOSING,
            EVERY,
            DONE,
            ("应结案（已处置，结案时限到期）", "to be closed (handled, deadline reached)"),
            ("已结案", "closed"),
            _UNICOM,
            verified=True,
            excludable=True,
        ),
        Rate(
            "closed_on_time",
            ("按期结案率", "Closed on time"),
            What.CLOSING,
            EVERY,
            DONE & (EXEMPT | ~LATE),
            ("应结案（已处置，结案时限到期）", "to be closed (handled, deadline reached)"),
            ("时限内结案，或结案且超期申诉成立", "closed within the limit, or closed and exempt"),
            _UNICOM + ";" + _YC,
            verified=True,
            excludable=True,
        ),
        Rate(
            "first_time",
            ("一次办结率", "Settled the first time"),
            What.CLOSED,
            EVERY,
            among(Result.CLEAN) & ~SPOILED,
            ("已结案", "closed"),
            (
                "未改派、未返工、未重开，且无人评价未解决或不满意",
                "never re-dispatched, reworked or reopened, and nobody judged it unsolved or bad",
            ),
            "12345 年度统计常用指标；公式为" + _MEMORY,
            excludable=True,
        ),
        Rate(
            "responded",
            ("响应率", "Response rate"),
            What.RESPONSE,
            EVERY,
            DONE & ~LATE,
            ("应响应的诉求（首次联系时限到期）", "reporters to be contacted (deadline reached)"),
            ("时限内联系到诉求人", "contacted within the limit"),
            _THREE,
            excludable=True,
            group="caller",
        ),
        Rate(
            "solved",
            ("解决率", "Solved"),
            What.VERDICT,
            EVERY,
            Results(SOLVED),
            ("参评（已评价或回访有效）的诉求", "reports judged (by the reporter or in a valid call-back)"),
            ("评价“已解决”", "judged solved"),
            _THREE,
            excludable=True,
            group="caller",
        ),
        Rate(
            "satisfied",
            ("满意率", "Satisfied"),
            What.VERDICT,
            EVERY,
            Results(satisfied),
            ("参评（已评价或回访有效）的诉求", "reports judged (by the reporter or in a valid call-back)"),
            (
                "评价非常满意、满意" + ("或基本满意" if config.fairly_counts else ""),
                "judged very satisfied, satisfied" + (" or fairly satisfied" if config.fairly_counts else ""),
            ),
            _THREE,
            excludable=True,
            group="caller",
        ),
    )
