"""A hotline of the demonstration district: a few invented orders, one of each standing, a clean reconciliation and one with differences.

It has no interface: nobody outside hears of invented matters. Its answers go out as a file, as with any hotline without one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gongbi.cases import actions as cases
from gongbi.channels import actions as channels
from gongbi.channels.actions import draining
from gongbi.channels.hotline import actions, messages, queries
from gongbi.channels.models import Source
from gongbi.kernel.scope.viewer import CHECKER, CLERK, DISPATCHER, HANDLER, system
from gongbi.parties.demo import stand_in
from gongbi.territory import queries as territory

CODE, NUMBER = "hotline-demo", "YS-{:04d}"
SHEET = "示例清单（合成）.xlsx"


@dataclass(frozen=True, slots=True)
class Invented:
    """One order. ``hours`` before now it was sent; ``then``: what became of it."""

    hours: float
    kind: str
    urgency: str
    title: str
    text: str
    place: str
    then: str = ""


ORDERS = (
    Invented(
        46,
        "consult",
        "ordinary",
        "居住证办理",
        "来电人想了解居住证到期后如何续签，需要带哪些材料。",
        "",
        "answer",
    ),
    Invented(
        30,
        "complain",
        "ordinary",
        "路灯不亮",
        "丰登路东侧人行道有三盏路灯不亮，夜间出行不便。",
        "丰登路",
        "handle",
    ),
    Invented(
        26,
        "complain",
        "ordinary",
        "高速服务区收费",
        "来电人反映外地高速服务区停车收费偏高。",
        "",
        "give back",
    ),
    Invented(
        22,
        "help",
        "ordinary",
        "树枝遮挡",
        "小区门口树枝遮挡交通信号灯，后来电人称已修剪。",
        "劳动路",
        "cancel",
    ),
    Invented(
        5, "complain", "ordinary", "共享单车堵路", "地铁口人行道上共享单车乱停，轮椅过不去。", "玉祥门地铁站"
    ),
    Invented(1, "help", "urgent", "公厕停水", "公园公厕停水，老人小孩使用不便。", "劳动公园"),
)


def build_demo(*, at: datetime) -> str:
    """Make the hotline, its orders and two reconciliations; says how many."""
    source = channels.save_source(
        code=CODE, name="12345 热线（合成）", name_en="12345 hotline (synthetic)", kind="hotline", direction="both", viewer=system("demo"),
        at=at - timedelta(days=3), synthetic=True,
    )  # fmt: skip
    points = [one["properties"]["label"] for one in territory.map_geojson("community", on=at)["features"]]
    for place, order in enumerate(ORDERS, start=1):
        lon, lat = points[place * 11 % len(points)]
        _order(source, NUMBER.format(place), order, (lon, lat), at - timedelta(hours=order.hours))
    _reconciled(source, at)
    return f"1 hotline with {len(ORDERS)} orders and two reconciliations (all invented)"


def _order(source: Source, number: str, order: Invented, point: tuple[float, float], at: datetime) -> None:
    said = {
        "type": "order", "number": number, "version": 1, "kind": order.kind, "urgency": order.urgency, "title": f"{order.title}（合成）",
        "text": order.text, "place": order.place, "lon": point[0], "lat": point[1], "anonymous": True, "said_at": at.isoformat(), "sent_at": at.isoformat(),
    }  # fmt: skip
    actions.take(source, messages.read(said), at=at)
    draining.drain(source.pk, at=at + timedelta(minutes=1))
    _go_on(source, number, order.then, at)


def _go_on(source: Source, number: str, then: str, at: datetime) -> None:
    found = queries.order_of(source, number, system("demo"))
    report = found.arrival.report if found is not None else None
    if found is None or report is None:
        return
    if then == "cancel":
        said = {"type": "cancel", "number": number, "reason": "来电人称问题已解决"}
        actions.take(source, messages.read(said), at=at + timedelta(hours=2))
    elif then == "give back":
        actions.give_back(
            found.pk, ground="outside_duties", reason="高速服务区不属本区管辖，请转交通主管部门。", viewer=stand_in(DISPATCHER),
            at=at + timedelta(minutes=40),
        )  # fmt: skip
    elif then:
        desk, handler = stand_in(DISPATCHER), stand_in(HANDLER)
        kind = "C0137" if then == "handle" else "H1296"
        cases.accept(case_id=report.case_id, viewer=desk, at=at + timedelta(minutes=10), kind=kind)
        cases.dispatch(
            case_id=report.case_id, viewer=desk, at=at + timedelta(minutes=20), unit_id=handler.unit_id or 0
        )
        cases.sign(case_id=report.case_id, viewer=handler, at=at + timedelta(minutes=50))
        if then == "answer":
            cases.finish(
                case_id=report.case_id, viewer=handler, at=at + timedelta(hours=2),
                result="到期前一个月内持居民身份证、居住证到社区便民服务站办理续签，也可以网上办理。",
            )  # fmt: skip
            cases.confirm(
                case_id=report.case_id,
                viewer=stand_in(CHECKER),
                at=at + timedelta(hours=3),
                finding="已答复。",
            )


def _reconciled(source: Source, at: datetime) -> None:
    """Yesterday both sides agreed; today one limit differs, and they miss an order."""
    viewer = stand_in(CLERK)
    first, *rest = queries.beliefs(source, viewer)
    actions.reconcile(source, [first, *rest], through=SHEET, viewer=viewer, at=at - timedelta(hours=24))
    *known, moved, _lost = [first, *rest]
    due = moved.due + timedelta(days=1) if moved.due is not None else None
    actions.reconcile(
        source, [*known, replace(moved, due=due)], through=SHEET, viewer=viewer, at=at - timedelta(minutes=30)
    )
