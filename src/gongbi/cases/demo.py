"""Sample cases in every state, made through the same actions as real ones. Texts, people and places are invented.

Times run back from now over four weeks, so that the board has something to count: some late, some extended, some sent back.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta

from PIL import Image, ImageDraw

from gongbi.cases import actions, links, queries
from gongbi.cases.actions.statement import Statement
from gongbi.cases.models import Case
from gongbi.cases.triage import Said
from gongbi.kernel.errors import Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.scope.viewer import (
    ADJUDICATOR,
    CHECKER,
    CLERK,
    DISPATCHER,
    GRID_WORKER,
    HANDLER,
    PUBLIC,
    Viewer,
    system,
)
from gongbi.parties import queries as parties
from gongbi.parties.demo import stand_in
from gongbi.territory import queries as territory

# (text, kind, channel): everyday sentences of our own.
TEXTS: tuple[tuple[str, str, str], ...] = (
    ("劳动路公交站旁边的路灯连着三天不亮，晚上过马路很危险", "C0137", "web"),
    ("小区北门口的污水井盖翘起来了，骑车差点摔倒", "C0102", "web"),
    ("菜市场后门垃圾堆了两天没人清，味道很大", "E0110", "hotline"),
    ("楼下烧烤店把桌子摆到人行道上，推婴儿车过不去", "E0405", "web"),
    ("工地夜里十一点还在打桩，孩子没法睡觉", "E0301", "hotline"),
    ("路口的果皮箱倒了，垃圾撒了一地", "C0305", "field"),
    ("共享单车把盲道全占了", "E0493", "web"),
    ("绿化带里的行道树枯死了好几棵", "C0402", "web"),
    ("人行道地砖松动，下雨一踩一脚水", "E0113", "hall"),
    ("单元门口贴满了小广告，还有开锁的电话", "E0201", "field"),
    ("雨后路口积水很深，行人只能绕到车道上走", "E0506", "hotline"),
    ("公交站亭的玻璃碎了，没人收拾", "C0204", "web"),
    ("消防通道被私家车停满了", "E0496", "web"),
    ("路面上有一段自来水管一直在往外冒水", "E0501", "hotline"),
    ("健身器材的扶手断了，老人容易摔着", "C0146", "web"),
    ("背街巷口的雨水箅子堵了，全是树叶", "C0104", "field"),
)
Ways = Callable[[Case, datetime], None]


def build_demo(*, at: datetime) -> str:
    """Make the sample cases; idempotent (nothing when there are cases). Returns what was made, in words."""
    if Case.objects.exists():
        return "cases were there already"
    made = Maker(at).run()
    states = sorted(set(Case.objects.values_list("state", flat=True)))
    return f"{made} sample cases in {len(states)} states: {', '.join(states)}"


class Maker:
    """Plays the posts of the demo district."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.count = 0
        self.posts: dict[tuple[str, int | None, str], Viewer] = {}
        self.units = {unit.code: unit.pk for unit in parties.units(system("demo"), at=at)}
        self.finished: dict[int, datetime] = {}
        self.grids = territory.divisions(level="grid", on=at)

    def run(self) -> int:
        """Every way through the flow, on several places and days."""
        ways: tuple[tuple[str, Ways], ...] = (
            ("received", lambda case, t: None),
            ("received", lambda case, t: None),
            ("clarifying", self.clarifying),
            ("accepted", self.accepted),
            ("dispatched", self.dispatched),
            ("contested", self.contested),
            ("disputed", self.disputed),
            ("ruled", self.ruled),
            ("handling", self.handling),
            ("extension", self.extension),
            ("asking", self.asking),
            ("suspended", self.suspended),
            ("handled", self.handled),
            ("rework", self.rework),
            ("checked", self.checked),
            ("closed", self.closed),
            ("judged", self.judged),
            ("unhappy", self.unhappy),
            ("reopened", self.reopened),
            ("rejected", self.rejected),
            ("merged", self.merged),
            ("on_spot", lambda case, t: None),
            ("answered", lambda case, t: None),
        )
        # What waits was said today or yesterday, what is done lies up to four weeks back.
        fresh = {"received", "clarifying", "accepted", "dispatched", "contested", "disputed"}
        for round_, back in enumerate((26, 19, 12, 6)):
            for place, (name, way) in enumerate(ways):
                waits = name in fresh and round_ < 3
                if waits:
                    continue
                hours = 2 + place * 0.4 if name in fresh else back * 24 + place * 3.1
                self._make(name, way, round_ * 7 + place, self.at - timedelta(hours=hours))
        for extra in range(40):
            self._make("judged", self.judged, extra * 3 + 1, self.at - timedelta(hours=40 + extra * 15.3))
        return self.count

    def _make(self, name: str, way: Ways, number: int, t: datetime) -> None:
        # Only a hotline matter waits for a call-back.
        text, kind, channel = TEXTS[2 if name == "checked" else number % len(TEXTS)]
        lon, lat = self._point(number)
        said = Said(text=text, said_at=t, channel=channel, lon=lon, lat=lat, kind=kind)
        phone = f"1380000{number % 10000:04d}" if channel in ("hotline", "hall") else ""
        if name == "answered":
            actions.receive(
                Statement(
                    said=Said("请问法院什么时候判", t, "hotline"),
                    phone=f"1380000{9000 + number % 1000}",
                    route=2,
                ),
                viewer=self.post(CLERK),
                at=t,
            )
        elif name == "on_spot":
            self._on_spot(number, t)
        else:
            viewer = self.post(CLERK) if channel in ("hotline", "hall") else PUBLIC
            channel_said = said if channel != "field" else Said(text, t, "web", lon=lon, lat=lat, kind=kind)
            got = actions.receive(
                Statement(said=channel_said, phone=phone, photos=[self.photo(number, "前", t)]),
                viewer=viewer,
                at=t,
            )
            way(got.report.case, t)
        self.count += 1

    # --- who and where ------------------------------------------------------------------------------------------------

    def post(self, role: str, unit_id: int | None = None, grid: str = "") -> Viewer:
        key = (role, unit_id, grid)
        if key not in self.posts:
            self.posts[key] = stand_in(role, unit_id=unit_id, grid=grid)
        return self.posts[key]

    def _point(self, number: int) -> tuple[float, float]:
        grid = self.grids[(number * 193 + 71) % len(self.grids)]
        if grid.lon is None or grid.lat is None:
            raise ValueError(f"grid {grid.code} has no middle")
        return grid.lon, grid.lat

    def photo(self, number: int, words: str, t: datetime) -> int:
        picture = Image.new("RGB", (320, 240), (120 + number * 7 % 100, 132, 110 + number * 3 % 90))
        ImageDraw.Draw(picture).rectangle(
            (90, 70, 230, 170), outline=(250, 248, 243), width=4 if words == "前" else 10
        )
        out = io.BytesIO()
        picture.save(out, "JPEG")
        return files.store(out.getvalue(), purpose="report", viewer=PUBLIC, at=t).pk

    def _unit(self, case: Case) -> int:
        """The unit that triage proposes, else the street of the place."""
        code = (case.proposal.get("route") or {}).get("unit_code") or (case.proposal.get("route") or {}).get(
            "lead", ""
        )
        code = str(code).removeprefix("department:").removeprefix("unit:")
        return self.units.get(code) or self.units[case.territory[:9]]

    # --- the ways -----------------------------------------------------------------------------------------------------

    def clarifying(self, case: Case, t: datetime) -> None:
        actions.clarify(
            case_id=case.pk, viewer=self.post(DISPATCHER), at=t + _m(6), question="请问是在哪个门口？"
        )

    def accepted(self, case: Case, t: datetime) -> None:
        actions.accept(case_id=case.pk, viewer=self.post(DISPATCHER), at=t + _m(7), kind=case.kind)

    def dispatched(self, case: Case, t: datetime) -> None:
        self.accepted(case, t)
        unit = self._unit(case)
        actions.dispatch(case_id=case.pk, viewer=self.post(DISPATCHER), at=t + _m(15), unit_id=unit)

    def contested(self, case: Case, t: datetime) -> None:
        self.dispatched(case, t)
        handler = self.post(HANDLER, self._unit(case))
        actions.contest(case_id=case.pk, viewer=handler, at=t + _m(25), reason="该处属产权单位自管，请核对。")

    def disputed(self, case: Case, t: datetime) -> None:
        self.contested(case, t)
        actions.dispatch(
            case_id=case.pk, viewer=self.post(DISPATCHER), at=t + _m(30), unit_id=self._unit(case)
        )
        handler = self.post(HANDLER, self._unit(case))
        actions.contest(case_id=case.pk, viewer=handler, at=t + _m(40), reason="仍认为不属本单位职责。")

    def ruled(self, case: Case, t: datetime) -> None:
        self.disputed(case, t)
        actions.rule(
            case_id=case.pk, viewer=self.post(ADJUDICATOR), at=t + _m(60), unit_id=self._unit(case), reason="按目录属该单位养护范围。",
            article="类别目录", precedent=False,
        )  # fmt: skip

    def handling(self, case: Case, t: datetime) -> None:
        self.dispatched(case, t)
        handler = self.post(HANDLER, self._unit(case))
        actions.sign(case_id=case.pk, viewer=handler, at=t + _m(35))
        report = case.reports.order_by("id").first()
        if report is not None:
            actions.contacted(case_id=case.pk, report_id=report.pk, viewer=handler, at=t + _m(50))

    def extension(self, case: Case, t: datetime) -> None:
        self.handling(case, t)
        handler = self.post(HANDLER, self._unit(case))
        actions.ask_for(
            case_id=case.pk, kind="extension", viewer=handler, at=t + _m(70), reason="配件明天到货。"
        )

    def asking(self, case: Case, t: datetime) -> None:
        self.handling(case, t)
        handler = self.post(HANDLER, self._unit(case))
        actions.ask(case_id=case.pk, viewer=handler, at=t + _m(60), question="方便说一下具体是几号楼前吗？")

    def suspended(self, case: Case, t: datetime) -> None:
        self.handling(case, t)
        handler = self.post(HANDLER, self._unit(case))
        until = self.at + timedelta(days=40)
        actions.ask_for(
            case_id=case.pk,
            kind="suspension",
            viewer=handler,
            at=t + _m(60),
            reason="列入下季度改造。",
            until=until,
        )
        actions.decide(case_id=case.pk, granted=True, viewer=self.post(DISPATCHER), at=t + _m(80))

    def handled(self, case: Case, t: datetime) -> None:
        self.handling(case, t)
        self.finished[case.pk] = t + _m(100 + case.pk % 5 * 40)
        self._finish(case, self.finished[case.pk])

    def _check_time(self, case: Case) -> datetime:
        """Three of four are checked in time."""
        return self.finished[case.pk] + _m(20 if case.pk % 4 else 55)

    def _finish(self, case: Case, t: datetime) -> None:
        handler = self.post(HANDLER, self._unit(case))
        photo = self.photo(case.pk, "后", t)
        actions.finish(case_id=case.pk, viewer=handler, at=t, result="已现场处理，恢复正常。", photos=[photo])

    def rework(self, case: Case, t: datetime) -> None:
        self.handled(case, t)
        actions.rework(
            case_id=case.pk,
            viewer=self.post(CHECKER),
            at=self._check_time(case),
            reason="现场仍未恢复，请重新处理。",
        )

    def checked(self, case: Case, t: datetime) -> None:
        self.handled(case, t)
        actions.confirm(
            case_id=case.pk, viewer=self.post(CHECKER), at=self._check_time(case), finding="现场已恢复。"
        )

    def closed(self, case: Case, t: datetime) -> None:
        self.checked(case, t)
        case.refresh_from_db()
        report = case.reports.order_by("id").first()
        if case.state == "checked" and report is not None:
            actions.call_back(
                case_id=case.pk,
                report_id=report.pk,
                viewer=self.post(CLERK),
                at=self._check_time(case) + _m(90),
                outcome="reached",
            )

    def judged(self, case: Case, t: datetime, *, solved: bool = True, grade: int | None = None) -> None:
        self.closed(case, t)
        report = case.reports.order_by("id").first()
        if report is not None:
            holder = queries.report_by_link(links.token(report))[1]
            given = grade or (5, 4, 5, 3, 5, 4)[case.pk % 6]
            actions.judge(
                report_id=report.pk,
                viewer=holder,
                at=self._check_time(case) + _m(300),
                solved=solved,
                grade=given,
            )

    def unhappy(self, case: Case, t: datetime) -> None:
        self.judged(case, t, solved=False, grade=2)

    def reopened(self, case: Case, t: datetime) -> None:
        self.closed(case, t)
        report = case.reports.order_by("id").first()
        if report is not None:
            holder = queries.report_by_link(links.token(report))[1]
            photo = self.photo(case.pk + 50, "前", t)
            actions.reopen(
                report_id=report.pk,
                viewer=holder,
                at=self._check_time(case) + _m(400),
                reason="今天又和原来一样了。",
                photos=[photo],
            )

    def rejected(self, case: Case, t: datetime) -> None:
        desk = self.post(DISPATCHER)
        actions.reject(
            case_id=case.pk, viewer=desk, at=t + _m(9), ground="untrue", reason="网格员到场核实，设施完好。"
        )

    def merged(self, case: Case, t: datetime) -> None:
        other = (
            Case.objects.filter(is_open=True, title=case.title).exclude(pk=case.pk).order_by("-pk").first()
        )
        if other is not None:
            actions.merge(
                case_id=case.pk,
                into_id=other.pk,
                viewer=self.post(DISPATCHER),
                at=max(t, self.at - timedelta(hours=1)),
            )

    def _on_spot(self, number: int, t: datetime) -> None:
        lon, lat = self._point(number)
        placed = territory.locate(lon, lat, on=t)
        if placed is None:
            return
        worker = self.post(GRID_WORKER, grid=placed.grid)
        said = Said("巡查时发现非法小广告，已当场清理", t, "field", lon=lon, lat=lat, kind="E0201")
        try:
            actions.solve_on_spot(
                statement=Statement(said=said, photos=[self.photo(number, "前", t)]),
                photos=[self.photo(number, "后", t)],
                viewer=worker,
                at=t,
            )
        except Refused:
            self.count -= 1


def _m(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)
