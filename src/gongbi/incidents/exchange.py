"""Plans and stock as sheets: a row is a step of a plan, or one thing that a shelter or depot has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from gongbi.incidents import actions, catalogue, queries
from gongbi.incidents.actions.stock import Listed
from gongbi.incidents.models import Plan
from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, Fault, Row, read_table

Words = tuple[str, str]
DATA = Path(__file__).resolve().parent / "data"


def _both(known: Mapping[str, Words]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for code, words in known.items() for text in (words[0], words[1], code)))


_EVENTS = {code: event.words for code, event in catalogue.EVENTS.items()}
_YES = ("是", "否", "yes", "no")
PLAN_COLUMNS = (
    Column("plan", "预案代码", "Plan", required=True, example="water_main"),
    Column("name", "预案名称", "Plan's name", required=True, example="供水管道爆裂处置预案"),
    Column("name_en", "预案英文名", "English name", example="Burst water main"),
    Column("kind", "事件种类", "Event", required=True, choices=_both(_EVENTS), example="供水管道爆裂"),
    Column("source", "依据", "Source", required=True, example="本区防汛预案（2026年修订）"),
    Column("verified", "已核对", "Verified", required=True, choices=_YES, example="是"),
    Column("step", "步骤代码", "Step", required=True, example="valve"),
    Column("zh", "步骤内容", "What is done", required=True, example="关闭上下游阀门"),
    Column("en", "步骤英文", "English text", example="Shut the valves"),
    Column("role", "角色", "Role", required=True, choices=_both(catalogue.ROLES), example="抢险救援"),
    Column("unit", "单位代码", "Unit", note=("不填为牵头单位；street、community 为属地", "empty: who leads; street, community: of the place"), example="water"),
    Column("minutes", "时限（分钟）", "Minutes", required=True, note=("从启动起算", "from the start"), example="30"),
    Column("needs", "物资", "Resources", note=("品名数量，用分号隔开", "item and amount, separated by semicolons"), example="抽水泵4；沙袋200"),
)  # fmt: skip
STOCK_COLUMNS = (
    Column("code", "场所代码", "Code", required=True, example="depot_north"),
    Column("sort", "场所类型", "Sort", required=True, choices=_both(catalogue.STORES), example="物资库"),
    Column("name", "场所名称", "Name", required=True, example="区应急物资北库"),
    Column("name_en", "场所英文名", "English name", example="Northern depot"),
    Column("territory", "区划代码", "Division", required=True, example="610104001"),
    Column("place_words", "地址", "Address", example="劳动路1号"),
    Column("lon", "经度", "Longitude", note=("CGCS2000", "CGCS2000"), example="108.913"),
    Column("lat", "纬度", "Latitude", note=("CGCS2000", "CGCS2000"), example="34.265"),
    Column("accessible", "无障碍", "Step-free", choices=_YES, example="是"),
    Column("open", "开放", "Open", choices=_YES, example="是"),
    Column("item", "品名", "Item", required=True, choices=_both(catalogue.ITEMS), example="抽水泵"),
    Column("total", "总数", "Total", required=True, example="12"),
)  # fmt: skip
_NEED = re.compile(r"^(.*?)[\s:：×x]*(\d+)$")


def _code(text: str, known: Mapping[str, Words]) -> str:
    return next((code for code, words in known.items() if text in (code, *words)), text)


def _whole(text: str, field: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Refused(
            "incidents.whole",
            ("“%(text)s”不是整数。", "“%(text)s” is no whole number."),
            values={"text": text},
            field=field,
        )
    return int(text)


def _needs(text: str) -> list[dict[str, Any]]:
    found = []
    for part in re.split(r"[;；]", text):
        if not part.strip():
            continue
        match = _NEED.match(part.strip())
        if match is None:
            raise Refused(
                "incidents.need_text",
                (
                    "“%(text)s”须写成品名加数量，如“抽水泵4”。",
                    "Write “%(text)s” as item and amount, such as “Pumps 4”.",
                ),
                values={"text": part.strip()},
                field="needs",
            )
        found.append({"item": _code(match[1].strip(), catalogue.ITEMS), "amount": int(match[2][:9])})
    return found


def read_plans(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Take plans in: all rows of a plan are its next version; a plan with a wrong row stays as it was. Others stay in force."""
    result = Result()
    rows: dict[str, list[Row]] = {}
    for row in read_table(file, filename, PLAN_COLUMNS):
        rows.setdefault(row.values.get("plan", ""), []).append(row)
    for code, steps in rows.items():
        wrong = [fault for row in steps for fault in row.errors]
        if wrong:
            result.faults += wrong
            continue
        try:
            before = Plan.objects.filter(code=code, retired_at__isnull=True).first()
            kept = _take_plan(code, steps, viewer, at)
        except Refused as refusal:
            result.faults.append(_fault(steps[0], refusal))
            continue
        if before is None:
            result.new += 1
        elif kept.pk == before.pk:
            result.same += 1
        else:
            result.changed += 1
    return result


def _fault(row: Row, refusal: Refused) -> Fault:
    field = refusal.field or "plan"
    return Fault(
        row.number, field, refusal.words, refusal.code, refusal.values, row.headings.get(field, field)
    )


def _take_plan(code: str, rows: list[Row], viewer: Viewer, at: datetime) -> Plan:
    first = rows[0].values
    kind = _code(first["kind"], _EVENTS)
    steps = [
        {
            "key": row.values["step"], "zh": row.values["zh"], "en": row.values.get("en", ""),
            "role": _code(row.values["role"], catalogue.ROLES), "unit": row.values.get("unit", ""),
            "minutes": _whole(row.values["minutes"], "minutes"), "needs": _needs(row.values.get("needs", "")),
        }
        for row in rows
    ]  # fmt: skip
    return actions.save_plan(
        code=code, names=(first["name"], first.get("name_en", "")), sort=catalogue.EVENTS[kind].sort, kind=kind, steps=steps,
        source=first["source"], verified=first["verified"] in ("是", "yes"), viewer=viewer, at=at,
    )  # fmt: skip


def plan_rows(viewer: Viewer, /, *, on: date) -> Iterator[Mapping[str, Any]]:
    """The plans in force, a row for each step, in the columns that come in again."""
    for plan in queries.plans(viewer):
        for step in plan.steps:
            needs = "；".join(
                f"{catalogue.ITEMS[need['item']][0]} {need['amount']}" for need in step["needs"]
            )
            yield {
                "plan": plan.code, "name": plan.name_zh, "name_en": plan.name_en, "kind": _EVENTS[plan.kind][0], "source": plan.source,
                "verified": "是" if plan.verified else "否", "step": step["key"], "zh": step["zh"], "en": step["en"],
                "role": catalogue.ROLES[step["role"]][0], "unit": step["unit"], "minutes": step["minutes"], "needs": needs,
            }  # fmt: skip


def read_stock(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Take the list of stock in, each row by itself; what is not in it stays."""
    result = Result()
    for row in read_table(file, filename, STOCK_COLUMNS):
        if not row.good:
            result.faults += row.errors
            continue
        try:
            done = actions.save_stock(_line(row.values), viewer=viewer, at=at)
        except Refused as refusal:
            result.faults.append(_fault(row, refusal))
            continue
        result.new += done == "new"
        result.changed += done == "changed"
        result.same += done == "same"
    return result


def _line(given: Mapping[str, str]) -> Listed:
    return Listed(
        code=given["code"][:24], sort=_code(given["sort"], catalogue.STORES), name=(given["name"][:80], given.get("name_en", "")[:120]),
        territory=given["territory"][:15], item=_code(given["item"], catalogue.ITEMS), total=_whole(given["total"], "total"),
        place_words=given.get("place_words", "")[:200], place=_place(given), accessible=given.get("accessible", "") in ("是", "yes"),
        open=given.get("open", "") not in ("否", "no"),
    )  # fmt: skip


def _place(given: Mapping[str, str]) -> tuple[float, float] | None:
    lon, lat = given.get("lon", ""), given.get("lat", "")
    if not lon and not lat:
        return None
    try:
        place = float(lon), float(lat)
    except ValueError:
        place = 999.0, 999.0
    if not (-180 <= place[0] <= 180 and -90 <= place[1] <= 90):
        raise Refused(
            "incidents.place",
            (
                "经纬度须为度数，如 108.913 和 34.265。",
                "Longitude and latitude are degrees, such as 108.913 and 34.265.",
            ),
            field="lon",
        )
    return place


def stock_rows(viewer: Viewer, /, *, on: date) -> Iterator[Mapping[str, Any]]:
    """What is on the list, in the columns that come in again."""
    for store in queries.stores(viewer):
        for stock in sorted(store.stock.all(), key=lambda one: one.item):
            yield {
                "code": store.code, "sort": catalogue.STORES[store.sort][0], "name": store.name_zh, "name_en": store.name_en,
                "territory": store.territory, "place_words": store.place_words, "lon": "" if store.lon is None else store.lon,
                "lat": "" if store.lat is None else store.lat, "accessible": "是" if store.accessible else "否",
                "open": "是" if store.open else "否", "item": catalogue.ITEMS[stock.item][0], "total": stock.total,
            }  # fmt: skip


def examples() -> list[dict[str, Any]]:
    """The plans that are shipped as examples."""
    found: list[dict[str, Any]] = json.loads((DATA / "plans.json").read_text("utf-8"))
    return found


def example_stores() -> list[dict[str, Any]]:
    """The invented shelters and depots of the demonstration."""
    found: list[dict[str, Any]] = json.loads((DATA / "stores.json").read_text("utf-8"))
    return found
