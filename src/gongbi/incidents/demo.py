"""The demo district's incidents: example plans, invented shelters and depots, and a water-main drill of last week. All synthetic."""

from __future__ import annotations

from datetime import datetime, timedelta

from gongbi.incidents import actions, catalogue, exchange
from gongbi.incidents.actions.stock import Listed
from gongbi.incidents.models import Incident, Stock
from gongbi.kernel.scope.viewer import DISPATCHER, Viewer, system
from gongbi.parties.demo import stand_in
from gongbi.territory import queries as territory

SOURCE = "工笔演示内容，自行编写"
# Minutes after the start: settle the step, note, or move stock.
_WORK: tuple[tuple[int, str, str], ...] = (
    (3, "seen", "（演练）丰庆路路口路面冒水，积水约二十厘米，一车道无法通行。"),
    (7, "settle", "report_up"),
    (12, "decided", "（演练）决定启动三级响应，由供排水服务中心牵头抢修。"),
    (18, "settle", "cordon"),
    (36, "settle", "valve"),
    (38, "told", "（演练）阀门关闭比预案晚六分钟：井盖被停放车辆压住。"),
    (40, "settle", "alert"),
    (55, "settle", "basements"),
    (80, "settle", "care"),
    (110, "settle", "tanker"),
    (400, "settle", "repair"),
    (430, "settle", "clear"),
)


def build_demo(*, at: datetime) -> str:
    """Plans, stock and one drill that is over and reviewed; nothing when there are incidents already."""
    if Incident.objects.exists():
        return "incidents were there already"
    keeper = system("demo")
    for plan in exchange.examples():
        actions.save_plan(
            code=plan["code"], names=(plan["zh"], plan["en"]), sort=plan["sort"], kind=plan["kind"], steps=plan["steps"],
            source=SOURCE, verified=False, viewer=keeper, at=at,
        )  # fmt: skip
    streets = territory.divisions(level="street", on=at)
    for place, store in enumerate(exchange.example_stores()):
        for item, total in store["items"].items():
            line = Listed(
                code=store["code"], sort=store["sort"], name=(store["zh"], store["en"]), territory=streets[place % len(streets)].code,
                item=item, total=total, place_words="示范路1号", accessible=store["accessible"], synthetic=True,
            )  # fmt: skip
            actions.save_stock(line, viewer=keeper, at=at)
    drill = _drill(stand_in(DISPATCHER), at - timedelta(days=7))
    return f"{len(exchange.examples())} example plans, {Stock.objects.count()} lines of stock, drill {drill.number}"


def _drill(leader: Viewer, begun: datetime) -> Incident:
    """Played through from the first report to the review."""
    community = territory.divisions(level="community", on=begun)[0]
    one = actions.open_incident(
        actions.Opened(
            key="demo-drill", title="丰庆路供水主管爆裂（演练）", sort="accident", kind="water_main", level=3, territory=community.code,
            happened_at=begun, summary="演练脚本：早高峰主管爆裂，积水漫入地下室，约三百户停水。", place_words="丰庆路与劳动路路口",
            unit_id=leader.unit_id, drill=True, synthetic=True,
        ),
        viewer=leader, at=begun,
    )  # fmt: skip

    def when(minutes: int) -> datetime:
        return begun + timedelta(minutes=minutes)

    actions.respond(key=one.pk, level=3, viewer=leader, at=when(2))
    run = actions.start_plan(key=one.pk, code="water_main", viewer=leader, at=when(2))
    tasks = {task.key: task.pk for task in run.tasks.all()}
    told = catalogue.EVENTS["water_main"].told
    for minutes, what, text in _WORK:
        if what == "settle":
            actions.settle_task(key=one.pk, task_id=tasks[text], viewer=leader, at=when(minutes))
        else:
            actions.note(
                key=one.pk, text=text, sort=what, request=f"demo-{minutes}", viewer=leader, at=when(minutes)
            )
        if text == "alert":
            alert = actions.issue(
                key=one.pk, areas=[community.code], level=3, expires_at=when(400), viewer=leader, at=when(minutes),
                wording=actions.Wording(
                    "丰庆路停水并封路", "供水主管爆裂，丰庆路及周边停水，路口封闭。", told[0], "Water off and road closed at Fengqing Road",
                    "A water main has burst; water is off around Fengqing Road and the junction is closed.", told[1],
                ),
            )  # fmt: skip
        if text == "basements":
            for item, amount in (("pump", 4), ("sandbag", 200)):
                stock = Stock.objects.get(store__code="depot_north", item=item)
                for turn, move in enumerate(("hand_out", "return" if item == "pump" else "use")):
                    actions.move(
                        key=one.pk, stock_id=stock.pk, sort=move, amount=amount, request=f"demo-{item}-{turn}", viewer=leader,
                        at=when(minutes + turn * 30),
                    )  # fmt: skip
    actions.issue(
        key=one.pk, areas=(), level=3, expires_at=when(430), viewer=leader, at=when(430), previous=alert.identifier, cancel=True,
        wording=actions.Wording("解除：丰庆路停水并封路", "管道修复，水质检测合格，恢复供水和通行。", "", "Lifted: water off and road closed"),
    )  # fmt: skip
    actions.end(key=one.pk, reason="抢修完成，供水和交通恢复。", viewer=leader, at=when(440))
    actions.review(
        key=one.pk, viewer=leader, at=when(2 * 24 * 60),
        finding="阀门关闭超时六分钟：阀门井被停车占压。已列入每月巡查并补划禁停线。其余步骤按时完成。",
    )  # fmt: skip
    return Incident.objects.get(pk=one.pk)
