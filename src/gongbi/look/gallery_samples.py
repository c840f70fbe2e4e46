"""Invented things for the gallery: every component in every state. Nothing here is read by a page that people use."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.flow.declare import State, Transition
from gongbi.look.deadlines import NO_CLOCK, Deadline
from gongbi.look.furniture import (
    Cell,
    Column,
    Fact,
    Happened,
    NavItem,
    Offered,
    Picture,
    PostChoice,
    Similar,
    Tab,
    Table,
    Tile,
)

HANDLING = State("handling", ("处置中", "being handled"))
ASKED = State("asked", ("等您回答", "waiting for your answer"), "waiting")
CLOSED = State("closed", ("已办结", "closed"), "closed")


@dataclass(frozen=True)
class SampleMatter:
    number: str
    declared_state: State


MATTER = SampleMatter("AJ20261123-00012345-7", HANDLING)


def deadlines(now: datetime) -> list[Deadline]:
    hour = timedelta(hours=1)
    stretch = json.dumps([[now.isoformat(), (now + 2 * hour).isoformat()]], separators=(",", ":"))
    return [
        Deadline(
            ("还剩 3 个工作日（周五 18:00 前）", "3 working days left (by Friday 18:00)"),
            "ok",
            "ring",
            now + 72 * hour,
        ),
        Deadline(
            ("还剩 2 个工作时（今天 16:30 前）", "2 office hours left (by today 16:30)"),
            "soon",
            "soon",
            now + 2 * hour,
            measure="office",
            stretches=stretch,
        ),
        Deadline(
            ("已超 40 分钟（应于今天 09:20 前）", "over by 40 minutes (was due by today 09:20)"),
            "late",
            "late",
            now - hour,
        ),
        Deadline(("已暂停，还剩 1 个工作日", "paused; 1 office day left"), "quiet", "paused", now + hour),
        Deadline(
            ("还剩 12 个工作日（2027年1月8日 18:00 前）", "12 working days left (by 8 January 2027 18:00)"),
            "ok",
            "ring",
            now + 400 * hour,
            provisional=True,
        ),
        Deadline(NO_CLOCK, "quiet", "quiet"),
    ]


def _arrow(name: str, zh: str, en: str) -> Transition:
    return Transition(name, (zh, en), ("handling",), "=", ())


STEPS = [
    Offered(_arrow("finish", "办好了", "Done"), True, key="a"),
    Offered(_arrow("ask", "问一下当事人", "Ask the reporter"), True, key="r"),
    Offered(_arrow("extend", "申请延期", "Ask for more time"), True),
    Offered(
        _arrow("contest", "不属于我们", "Not ours"),
        False,
        "签收后不能再提出异议。",
        "GB/T 30428.8 §6.3",
        key="d",
    ),
]


def pictures() -> list[Picture]:
    def drawn(hue: str, mark: str) -> str:
        return (
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 320 240'%3E%3Crect width='320' "
            f"height='240' fill='%23{hue}'/%3E%3Cpath d='{mark}' fill='none' stroke='%23565a5f' stroke-width='3'/%3E%3C/svg%3E"
        )

    return [
        Picture(
            "#",
            drawn("ddd8cc", "M0 180 90 90l70 70 60-50 100 90"),
            ("路边堆着三袋垃圾", "Three bags of refuse at the kerb"),
            ("处置前", "Before"),
        ),
        Picture(
            "#",
            drawn("e6e2d8", "M0 190h320M40 190v-60h50v60"),
            ("路边已清理干净", "The kerb is clean"),
            ("处置后", "After"),
        ),
    ]


def events(now: datetime) -> list[Happened]:
    return [
        Happened(
            ("街道已签收", "The street signed for it"),
            now - timedelta(minutes=25),
            ("环城西路街道", "Huancheng West Road street"),
            tone="info",
            shape="info",
        ),
        Happened(
            ("派遣到环城西路街道", "Dispatched to Huancheng West Road street"),
            now - timedelta(hours=3),
            ("区指挥中心", "District command centre"),
            article="履职清单 第 34 项",
        ),
        Happened(
            ("网格员补充了照片", "The grid worker added photos"),
            now - timedelta(days=1, hours=2),
            ("网格员", "Grid worker"),
            said=("现场还有一袋没有清走，靠近公交站。", "One bag is still there, near the bus stop."),
            pictures=pictures(),
        ),
        Happened(
            ("已收到您的诉求", "We have received what you said"),
            now - timedelta(days=3),
            tone="ok",
            shape="ok",
        ),
    ]


def facts() -> list[Fact]:
    return [
        Fact(
            ("位置", "Place"),
            ("环城西路街道 · 西关社区 · 第 12 网格", "Huancheng West Road · Xiguan · grid 12"),
        ),
        Fact(
            ("类别", "Kind"),
            ("市容环境 › 暴露垃圾", "Appearance › exposed refuse"),
            ("置信度 92%", "confidence 92%"),
        ),
        Fact(("主办", "Lead"), ("环城西路街道", "Huancheng West Road street")),
        Fact(("依据", "Ground"), ("履职清单 第 34 项", "Duty list, item 34")),
    ]


def rates() -> Table:
    months = ["6 月", "7 月", "8 月", "9 月", "10 月", "11 月"]
    values = [
        (91.2, 89.9, 92.4),
        (92.0, 90.8, 93.1),
        (90.4, 89.0, 91.7),
        (93.8, 92.7, 94.8),
        (95.1, 94.1, 96.0),
        (94.6, 93.5, 95.6),
    ]
    return Table(
        ("按时办结率", "Closed on time"),
        [
            Column(("月份", "Month")),
            Column(("本区", "District"), number=True),
            Column(("下限", "Low"), number=True, role="low"),
            Column(("上限", "High"), number=True, role="high"),
            Column(("同类区平均", "Peers"), number=True),
        ],
        [
            [Cell(month), *(Cell(f"{v}%", raw=str(v)) for v in (mid, low, high)), Cell(f"{mid - 2.1:.1f}%")]
            for month, (mid, low, high) in zip(months, values, strict=True)
        ],
    )


def cases() -> Table:
    return Table(
        ("我的案件", "My cases"),
        [
            Column(("编号", "Number"), tight=True, sort_href="?sort=number"),
            Column(("说了什么", "What was said")),
            Column(("社区", "Community"), tight=True),
            Column(("人数", "People"), number=True, sort_href="?sort=people", sorted="descending"),
        ],
        [
            [
                Cell("AJ20261123-00012345-7", "#"),
                Cell(("垃圾三天没清", "Refuse for three days")),
                Cell(("西关", "Xiguan")),
                Cell(4),
            ],
            [
                Cell("AJ20261122-00012218-1", "#"),
                Cell(("路灯不亮，晚上看不见台阶", "Street lamp out, steps unseen at night")),
                Cell(("土门", "Tumen")),
                Cell(1),
            ],
        ],
        foot=[Cell(("合计", "Total")), Cell(""), Cell(""), Cell(5)],
        note=("合成数据", "synthetic"),
    )


def tiles() -> list[Tile]:
    return [
        Tile(
            ("按时办结率", "Closed on time"),
            "#",
            1234,
            1297,
            interval=(93.8, 96.2),
            note=("比上月 +0.5 个百分点", "+0.5 points on last month"),
        ),
        Tile(("满意率", "Satisfied"), "#", 0, 0),
        Tile(("未结", "Open"), "#", value="312", note=("其中 9 件已超期", "9 of them late")),
        Tile(("退件", "Returned"), "#", 1999, 2000),
    ]


def nav() -> list[NavItem]:
    return [
        NavItem(("我的", "Mine")),
        NavItem(("待办", "To do"), "#todo", "inbox", True, 12),
        NavItem(("全部案件", "All matters"), "#all", "list", False, 312),
        NavItem(("地图", "Map"), "#map", "map"),
        NavItem(("看板", "Board"), "#board", "chart-column"),
        NavItem(("名册", "Lists")),
        NavItem(("清单与规则", "Duty lists"), "#duties", "scale"),
        NavItem(("工作日历", "Calendar"), "#calendar", "calendar"),
    ]


def posts() -> list[PostChoice]:
    return [
        PostChoice(1, ("受理派遣员 · 区指挥中心", "Dispatcher · command centre"), True),
        PostChoice(2, ("核查员 · 环城西路街道", "Checker · Huancheng West Road")),
    ]


def tabs() -> list[Tab]:
    return [
        Tab(("经过", "History"), "#", True),
        Tab(("相似", "Similar"), "#", count=3),
        Tab(("证据", "Evidence"), "#", count=2),
    ]


def similar() -> list[Similar]:
    return [
        Similar(
            "AJ20261121-00011980-4",
            ("西关正街公交站旁有垃圾", "Refuse by the bus stop"),
            "#",
            80,
            MATTER,
            3,
            "#join",
        ),
    ]


class SampleForm(forms.Form):
    """Every kind of input."""

    words = forms.CharField(
        label=_("What is it about?"), help_text=_("As you would say it."), widget=forms.Textarea
    )
    phone = forms.CharField(
        label=_("Telephone"),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    community = forms.ChoiceField(label=_("Community"), choices=[("", "—"), ("1", "西关"), ("2", "土门")])
    grade = forms.ChoiceField(
        label=_("Are you satisfied?"),
        widget=forms.RadioSelect,
        choices=[("5", _("Very")), ("3", _("So so")), ("1", _("Not at all"))],
    )
    day = forms.DateField(
        label=_("Since when?"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    paper = forms.FileField(label=_("A paper, if you have one"), required=False)
    agree = forms.BooleanField(label=_("You may call me back"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].seen_by = "public"  # type: ignore[attr-defined]
        self.fields["phone"].seen_by = "sealed"  # type: ignore[attr-defined]
        self.fields["paper"].seen_by = "handlers"  # type: ignore[attr-defined]


OUTLINES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"code": f"S{row}{column}", "name": name, "level": "street"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [108.88 + 0.03 * column, 34.25 + 0.02 * row],
                        [108.91 + 0.03 * column, 34.25 + 0.02 * row],
                        [108.912 + 0.03 * column, 34.262 + 0.02 * row],
                        [108.91 + 0.03 * column, 34.27 + 0.02 * row],
                        [108.88 + 0.03 * column, 34.27 + 0.02 * row],
                        [108.88 + 0.03 * column, 34.25 + 0.02 * row],
                    ]
                ],
            },
        }
        for row, column, name in [(0, 0, "甲街道"), (0, 1, "乙街道"), (1, 0, "丙街道"), (1, 1, "丁街道")]
    ],
}

POINTS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"tone": tone, "words": word, "title": f"AJ-{i}", "href": "#"},
            "geometry": {"type": "Point", "coordinates": [108.89 + 0.011 * i, 34.258 + 0.005 * i]},
        }
        for i, (tone, word) in enumerate(
            [("info", "处置中"), ("ok", "已办结"), ("soon", "快到期"), ("late", "已超期"), ("quiet", "暂停")]
        )
    ],
}
