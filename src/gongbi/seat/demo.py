"""A few invented answers and a month of invented calls for the demonstration district."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.utils import timezone

from gongbi.kernel.scope.viewer import ADMIN, CLERK, Viewer
from gongbi.seat import actions, rules
from gongbi.seat.models import CallDay

# Title, answer, how callers say it, kind, days that it is valid for.
_ARTICLES = (
    ("路灯不亮多久修好", "路灯不亮由城市管理局负责，受理后一般两个工作日内修好，修好后会通知您。", "路灯 不亮 灯坏了 街上黑", "C0137", 365),
    ("垃圾没有清运", "生活垃圾每天清运。请告诉我具体位置，我们转给街道，当天安排清运。", "垃圾 没人收 垃圾桶满了 臭", "", 180),
    ("冬季供暖时间", "本市供暖期为每年 11 月 15 日至次年 3 月 15 日。温度不达标请先联系供热单位，仍不解决再打 12345。", "暖气 不热 供暖 什么时候", "", 120),
    ("老年人优待证怎么办", "年满 65 周岁的老年人凭身份证到社区服务站当场办理，不收费。", "老年证 优待证 坐公交", "", 365),
    ("楼上漏水找谁", "先请物业查明原因；属于住户的责任由住户修理，协商不成可以申请社区调解。", "漏水 楼上 天花板 渗水", "", -1),
)  # fmt: skip


def build_demo(*, at: datetime) -> str:
    """Answers written by one and reviewed by another, the last one expired; calls of the last 30 days, some below the limit."""
    writer, reviewer = Viewer(actor="system:demo", role=CLERK), Viewer(actor="system:demo-review", role=ADMIN)
    today = timezone.localdate(at)
    for title, answer, words, kind, days in _ARTICLES:
        written = at - timedelta(days=90)
        row = actions.write(
            viewer=writer, at=written, today=today - timedelta(days=90), title=title, answer=answer, words=words, kind=kind,
            valid_until=today + timedelta(days=days),
        )  # fmt: skip
        actions.review(version_id=row.pk, viewer=reviewer, at=written + timedelta(hours=3))
    chance = random.Random(12345)
    days_made = []
    for before in range(30, 0, -1):
        offered = chance.randint(300, 420)
        connected = round(offered * chance.uniform(0.94, 0.995))
        quick = round(connected * chance.uniform(0.93, 0.99))
        days_made.append(
            CallDay(
                day=today - timedelta(days=before),
                offered=offered,
                connected=connected,
                answered_15=quick,
                at=at,
                by="demo",
            )
        )
    CallDay.objects.bulk_create(days_made)
    return f"{len(_ARTICLES)} articles of knowledge, {len(days_made)} days of calls (all invented; {rules.STANDARD})"
