"""What a city sets for itself, with shipped defaults; each default says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Default:
    """A shipped value: its source, and whether that source was seen (domain dossier, section 0)."""

    value: str
    source: str
    verified: bool


DEFAULTS: dict[str, Default] = {
    "accept_limit": Default("15分钟", "a city's signed-off workflow, 2026", False),
    "dispatch_limit": Default("15分钟", "a city's signed-off workflow, 2026", False),
    "check_limit": Default("30分钟", "a city's signed-off workflow, 2026", False),
    "sign_limit": Default("1工作日", "remembered from several hotlines", False),
    "callback_limit": Default("2法定工作日", "own default", False),
    "handle_limit": Default("5法定工作日", "济南市12345条例 §24; 潍坊市12345条例 §20", True),
    "response_limit": Default("24小时连续", "remembered from several hotlines", False),
    "judging_days": Default("90", "own default", False),
    "reopening_days": Default("30", "own default", False),
    "question_limit": Default("3法定工作日", "own default", False),
    "twin_radius": Default("100", "own default, metres", False),
    "weight_response": Default("0.30", "caprane.cn/zixun_detail/445180.html (准格尔旗)", True),
    "weight_solved": Default("0.35", "caprane.cn/zixun_detail/445180.html (准格尔旗)", True),
    "weight_satisfied": Default("0.35", "caprane.cn/zixun_detail/445180.html (准格尔旗)", True),
    "fairly_counts": Default("yes", "whether 基本满意 counts as satisfied; cities differ", False),
}
