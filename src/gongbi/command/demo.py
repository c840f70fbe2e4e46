"""Command in the demo district: a ladder, rules of scores, an order, a whistle under way and a supervision. All of it synthetic."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gongbi.command import actions, rules
from gongbi.command.models import Rung
from gongbi.kernel.scope.viewer import Viewer, system

SOURCE = "演示用示例，非本区规定（合成）"
KEEPER = system("demo")
_RUNGS = (
    ("order", "sign", 0, rules.HEAD, False, ""),
    ("order", "sign", 30, rules.STREET, False, ""),
    ("order", "sign", 120, rules.DISTRICT, True, ""),
    ("order", "report", 0, rules.HEAD, False, ""),
    ("cases", "handle", 24 * 60, rules.HEAD, False, ""),
    ("cases", "handle", 72 * 60, rules.STREET, False, ""),
)
_POINTS = {
    rules.SIGNED_LATE: 10, rules.CAME_LATE: 20, rules.REPORTED_LATE: 10, rules.ABSENT: 60, rules.NEEDLESS: 40,
    rules.WRONGLY_ADDRESSED: 20, rules.CALLED_OFF_LATE: 30,
}  # fmt: skip


def build_demo(
    *, mark: str, centre: Viewer, street: Viewer, handlers: Sequence[Viewer], about: int | None, at: datetime
) -> str:
    """Rules, then one of each: an order that was signed for, a whistle that one unit has come to, a supervision of ``about``.

    ``mark``: the district's letter before 催 and 督. ``handlers``: who acts for the called units, the first leads. Nothing when it is there.
    """
    if Rung.objects.exists():
        return "command: there already"
    since = (at - timedelta(days=90)).date()
    for flow, clock, minutes, to, transfer, notice in _RUNGS:
        actions.save_rung(
            flow=flow, clock=clock, minutes=minutes, to=to, transfer=transfer, notice=notice, source=SOURCE, verified=False,
            valid_from=since, valid_to=None, viewer=KEEPER,
        )  # fmt: skip
    for code, points in _POINTS.items():
        actions.save_score_rule(
            code=code,
            points=points,
            source=SOURCE,
            verified=False,
            valid_from=since,
            valid_to=None,
            viewer=KEEPER,
        )
    actions.change_settings({"mark_urge": f"{mark}催", "mark_supervise": f"{mark}督"}, viewer=KEEPER, at=at)
    first = handlers[0]
    order = actions.give(
        actions.Given(
            unit_id=first.unit_id, title="强降雨前检查低洼路段（合成）", text="请检查低洼路段排水口，发现堵塞立即清理。", come=True,
            place_words="各低洼路段", key="demo",
        ),
        viewer=centre, at=at - timedelta(minutes=50),
    )  # fmt: skip
    actions.sign(key=order.pk, viewer=first, at=at - timedelta(minutes=40))
    units = [actions.Wanted(one.unit_id, lead=number == 0) for number, one in enumerate(handlers)]
    whistle = actions.sound(
        actions.Blown(
            units=units, title="路面塌陷需联合处置（合成）", text="请携带设备到场会商，先行围挡疏导。", place_words="劳动路路口",
            come_by=at + timedelta(minutes=45),
        ),
        viewer=street, at=at - timedelta(minutes=10),
    )  # fmt: skip
    call = whistle.calls.get(lead=True)
    actions.arrive(key=call.pk, viewer=first, at=at - timedelta(minutes=2))
    if about is not None:
        given = actions.Given(
            unit_id=None,
            title="请加快办理（合成）",
            text="居民多次反映，请加快办理并按时反馈。",
            sort=rules.SUPERVISE,
            level=3,
            about=about,
        )
        actions.give(given, viewer=centre, at=at)
    return "a ladder, rules of scores, an order, a whistle, a supervision (all synthetic)"
