"""What this room says to people."""

from __future__ import annotations

from gongbi.warning import rules
from gongbi.warning.rules import Words

SORTS: dict[str, Words] = {
    rules.CLUSTER: ("聚集", "Cluster"),
    rules.RISE: ("上升", "Rise"),
    rules.REPEAT: ("反复", "Repeat"),
    rules.LATE: ("超期风险", "Risk of lateness"),
}
SORTS_TOLD: dict[str, Words] = {
    rules.CLUSTER: ("相邻网格近期案件比平时集中", "more cases than usual close together in place and time"),
    rules.RISE: ("一个社区的案件比以往多", "more cases in a community than its past lets expect"),
    rules.REPEAT: (
        "同一地点同类问题办结后又出现",
        "the same problem at the same place again after it was closed",
    ),
    rules.LATE: ("一个单位的在办案件很可能超期", "a unit's open cases will probably be late"),
}
# The law's words: the first level is the highest.
LEVELS: dict[int, Words] = {
    rules.RED: ("一级（红色）", "Level 1 (red)"),
    rules.ORANGE: ("二级（橙色）", "Level 2 (orange)"),
    rules.YELLOW: ("三级（黄色）", "Level 3 (yellow)"),
    rules.BLUE: ("四级（蓝色）", "Level 4 (blue)"),
}
VERDICTS: dict[str, Words] = {
    rules.RIGHT: ("对，确有其事", "Right"),
    rules.WRONG: ("错，误报", "Wrong: a false alarm"),
}
TABS: dict[str, Words] = {
    "open": ("待处理", "To deal with"),
    "review": ("待复核", "To review"),
    "closed": ("已复核", "Reviewed"),
    "all": ("全部", "All"),
}
OBSERVED: dict[str, Words] = {
    rules.CLUSTER: ("实际件数", "Observed"),
    rules.RISE: ("实际件数", "Observed"),
    rules.REPEAT: ("办结后又出现", "Came back"),
    rules.LATE: ("有风险的件数", "Cases at risk"),
}
EXPECTED: dict[str, Words] = {
    rules.CLUSTER: ("预期件数", "Expected"),
    rules.RISE: ("预期件数", "Expected"),
    rules.REPEAT: ("预期件数", "Expected"),
    rules.LATE: ("估计会超期", "Probably late"),
}
TEXTS: dict[str, Words] = {
    "warnings": ("预警", "Warnings"),
    "about": (
        "只对地点、类别和单位预警，从不针对个人。四级颜色出自《突发事件应对法》第六十三条，从多少起算哪一级是本区自己的设置。",
        "Warnings are about places, kinds and units, never about persons. The four levels are the law's (Emergency Response Law 2024, "
        "article 63); from which figure on a level begins is the district's own setting.",
    ),
    "none": ("没有要处理的预警", "No warning waits here"),
    "none_hint": ("每天凌晨自动检查前一天，也可以现在检查今天。", "Every night the day before is looked at; you can also look at today now."),
    "nightly_hint": ("每天凌晨自动检查前一天。", "Every night the day before is looked at."),
    "look_now": ("现在检查今天", "Look at today now"),
    "runs": ("检查记录", "Looks"),
    "settings": ("预警设置", "Settings of warnings"),
    "same": ("同一问题的其他预警", "Other warnings about the same problem"),
    "last": ("上次检查", "Last look"),
    "no_reviews": ("还没有复核过的预警，不作准确率的承诺。", "No warning has been reviewed yet: no precision is claimed."),
    "precision": ("公开的准确率", "Published precision"),
    "precision_hint": ("复核为“对”的占全部复核的比例。", "Share of right ones among those reviewed."),
    "weekly": ("近12周每周", "A week, over the last 12 weeks"),
    "level": ("级别", "Level"),
    "sort": ("种类", "Sort"),
    "place": ("地点", "Place"),
    "kind": ("类别", "Kind"),
    "window": ("时段", "Window"),
    "observed": ("实际 / 预期", "Observed / expected"),
    "recurrence": ("重现期", "Recurrence"),
    "recurrence_note": ("单靠偶然多久才有一次", "how often chance alone gives this"),
    "state": ("状态", "State"),
    "number": ("编号", "Number"),
    "right": ("对", "Right"),
    "wrong": ("错", "Wrong"),
    "value": ("准确率", "Precision"),
    "all": ("合计", "All"),
    "any": ("全部", "All"),
    "back": ("返回预警列表", "Back to the warnings"),
    "why": ("为什么预警", "Why"),
    "facts": ("情况", "Facts"),
    "map": ("区域与案件", "The area and its cases"),
    "area": ("涉及网格", "Places"),
    "inside": ("其中的案件", "The cases inside"),
    "inside_none": ("您的范围内没有其中的案件。", "None of its cases lies in your area."),
    "made": ("由此交办的案件", "Cases made from it"),
    "history": ("经过", "What has happened"),
    "unit": ("单位", "Unit"),
    "radius": ("半径", "Radius"),
    "nothing": ("您在这里没有可做的操作。", "There is nothing for your post to do here now."),
    "title": ("标题", "Title"),
    "opened": ("上报时间", "Opened"),
    "day": ("检查的日期", "Day looked at"),
    "at": ("检查时间", "Looked at"),
    "seconds": ("用时（秒）", "Seconds"),
    "counted": ("案件数", "Cases"),
    "new": ("新发出", "Raised"),
    "grown": ("延续", "Went on"),
    "silent": ("不再重复", "Not again"),
    "live": ("即时", "Live"),
    "nightly": ("夜间", "Nightly"),
    "details": ("各项用时与数量", "Numbers"),
    "hindsight": ("超期风险的事后检验", "Risks of lateness in hindsight"),
    "hindsight_note": (
        "对 14、28、42、56 天前在办、现已到期的案件，只用当时已知的历史估计，再与结果对照，估计时没有用到这些结果。",
        "Of cases that were open 14, 28, 42 and 56 days ago and are due by now: the risk as it was said from what was known then, against "
        "what became of them. None of these outcomes was learnt from.",
    ),
    "brier": (
        "布赖尔分数 %(brier)s（0 最好；对每件都只说以往的超期比例是 %(average)s），共 %(cases)s 次估计。",
        "Brier score %(brier)s (0 is best; saying the past share of late ones to every case gives %(average)s), %(cases)s risks.",
    ),
    "brier_worse": (
        "目前不比只说以往比例更准，请慎用超期风险预警。",
        "For now no better than the past share alone: take risks of lateness with care.",
    ),
    "tested": ("事后检验", "In hindsight"),
    "no_test": ("还没有到期的案件可以检验。", "No case that was asked about is due yet: not tested."),
    "setting": ("设置", "Setting"),
    "in_force": ("现行值", "In force"),
    "shipped": ("默认值", "As shipped"),
    "source": ("来源", "Source"),
    "finding": ("研判意见", "Finding"),
    "reason": ("理由", "Reason"),
    "verdict": ("这个预警", "This warning was"),
    "what": ("要办的事", "What is to be done"),
    "what_hint": ("按普通上报进入受理，与预警相连。不要写个人信息。", "It enters as a report like any other, tied to the warning. No personal data, please."),
    "where": ("社区或网格", "Community or grid"),
    "kind_choice": ("类别（可空）", "Kind (may be empty)"),
    "looked": ("检查完毕：新发出%(new)s个，延续%(grown)s个，用时%(seconds)s秒。", "Looked: %(new)s raised, %(grown)s went on, in %(seconds)s s."),
    "done": ("%(step)s：%(number)s 现为“%(state)s”。", "%(step)s: %(number)s is now “%(state)s”."),
    "accepted_rate": ("容许误报", "Accepted false alarms"),
    "raised_rate": ("发出", "Raised"),
    "wrong_rate": ("复核为误报", "Found wrong"),
    "cancel": ("取消", "Cancel"),
    "said_risk": ("估计", "Said"),
    "late_share": ("实际超期", "Late"),
    "saved": ("已保存。", "Saved."),
    "narrow": ("筛选", "Show"),
}  # fmt: skip


def act_text(where: str, kind: str, days: int, observed: int) -> str:
    """The words that a clerk finds filled in: Chinese, as reports are."""
    return f"预警核查：{where}近{days}天“{kind}”类问题{observed}件，请到现场查看原因并处理。"
