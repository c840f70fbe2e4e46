"""What a city sets for itself, with shipped defaults; each default says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

Words = tuple[str, str]

_WORKFLOW: Words = ("某市签批的工作流程（2026年）", "a city's signed-off workflow, 2026")
_HOTLINES: Words = ("几家热线的通行做法，凭记忆", "remembered from several hotlines")
_BYLAWS: Words = ("济南市12345条例第24条；潍坊市12345条例第20条", "济南市12345条例 §24; 潍坊市12345条例 §20")
_OWN: Words = ("本系统自定", "own default")
_BANNER: Words = (
    "caprane.cn/zixun_detail/445180.html（准格尔旗）",
    "caprane.cn/zixun_detail/445180.html (准格尔旗)",
)


@dataclass(frozen=True, slots=True)
class Default:
    """A shipped value: its source (zh, en), and whether that source was seen (domain dossier, section 0)."""

    value: str
    source: Words
    verified: bool


DEFAULTS: dict[str, Default] = {
    "accept_limit": Default("15分钟", _WORKFLOW, False),
    "dispatch_limit": Default("15分钟", _WORKFLOW, False),
    "check_limit": Default("30分钟", _WORKFLOW, False),
    "sign_limit": Default("1工作日", _HOTLINES, False),
    "callback_limit": Default("2法定工作日", _OWN, False),
    "handle_limit": Default("5法定工作日", _BYLAWS, True),
    "response_limit": Default("24小时连续", _HOTLINES, False),
    "judging_days": Default("90", _OWN, False),
    "reopening_days": Default("30", _OWN, False),
    "question_limit": Default("3法定工作日", _OWN, False),
    "twin_radius": Default("100", ("本系统自定，单位米", "own default, metres"), False),
    # Channels and sources whose reports join an open case by themselves, and from which probability on: "device=0.95 api/traffic=0.9".
    "machines_join": Default("no", _OWN, False),
    "weight_response": Default("0.30", _BANNER, True),
    "weight_solved": Default("0.35", _BANNER, True),
    "weight_satisfied": Default("0.35", _BANNER, True),
    "fairly_counts": Default(
        "yes",
        ("“基本满意”是否计为满意，各地不一", "whether 基本满意 counts as satisfied; cities differ"),
        False,
    ),
}
