"""What this room says when it refuses, or finds something wrong: (Chinese, English), by code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gongbi.kernel.errors import Refused, in_language
from gongbi.science.geometry_tiling import Problem
from gongbi.territory.rules import CodeFault

Words = tuple[str, str]

WORDS: Mapping[str, Words] = {
    "never_deleted": (
        "区划不能删除（%(name)s）：已有案件发生在其中。网格和社区可以自某日起终止。",
        "A division is never deleted (%(name)s): matters stand in it. A grid or community can end on a day.",
    ),
    "may_not": ("只有系统管理员可以维护区划和地名。", "Only an administrator may keep divisions and places."),
    "code_digits": ("代码 %(code)s 只能是数字。", "The code %(code)s may hold digits only."),
    "code_length": (
        "代码 %(code)s 的位数不对：区 6 位、街道 9 位、社区 12 位、网格 15 位。",
        "The code %(code)s has the wrong length: district 6, street 9, community 12, grid 15 digits.",
    ),
    "code_county": ("代码 %(code)s 的前六位不是县级代码。", "The first six digits of %(code)s are no county code."),
    "code_street": (
        "代码 %(code)s 的街道段 %(part)s 不对：街道为 001-099。",
        "The street part %(part)s of %(code)s is wrong: streets are 001-099.",
    ),
    "code_community": (
        "代码 %(code)s 的社区段 %(part)s 不对：街道下的居委会为 001-199。",
        "The community part %(part)s of %(code)s is wrong: residents' committees under a street are 001-199.",
    ),
    "code_grid": ("代码 %(code)s 的网格顺序码不能是 000。", "The grid sequence of %(code)s must not be 000."),
    "no_parent": ("上级区划 %(parent)s 不存在，请先导入上级。", "The division above, %(parent)s, is not there; import it first."),
    "twice": ("代码 %(code)s 出现了两次。", "The code %(code)s is given twice."),
    "name_missing": ("请填写名称。", "Give a name."),
    "name_long": ("名称最多 %(most)s 个字。", "A name has at most %(most)s characters."),
    "date": ("日期应写作 2026-11-23。", "Write the date as 2026-11-23."),
    "number": ("应为不小于 0 的整数。", "This must be a whole number, not below 0."),
    "no_division": ("没有代码为 %(code)s 的区划（在 %(day)s）。", "There is no division with the code %(code)s (on %(day)s)."),
    "not_grid": ("%(code)s 不是网格代码。", "%(code)s is not the code of a grid."),
    "street_fixed": (
        "街道和区的设立与撤销由上级批准，系统中不能终止 %(name)s。",
        "Streets and districts are set up and dissolved by the level above; %(name)s cannot be ended here.",
    ),
    "has_children": (
        "%(name)s 之下还有 %(count)s 个有效的网格，请先合并或终止。",
        "%(name)s still holds %(count)s valid grids; merge or end them first.",
    ),
    "rewrites_history": (
        "生效日期 %(day)s 早于今天：已发生的案件按当日边界定位，历史不能改写。请选今天或以后的日期。",
        "The date %(day)s lies before today: matters of the past were placed by the boundaries of their day. Choose today or later.",
    ),
    "not_before_start": (
        "生效日期 %(day)s 须晚于 %(name)s 的起始日 %(start)s。",
        "The date %(day)s must be after the day %(name)s began, %(start)s.",
    ),
    "future_version": (
        "%(name)s 已有自 %(day)s 起的新版本，请先处理那个版本。",
        "%(name)s already has a newer version from %(day)s; deal with that one first.",
    ),
    "grid_overflow": (
        "社区 %(community)s 的网格顺序码已用完（最多 999，用过的不再使用）。请先调整社区。",
        "The grid numbers of community %(community)s are used up (999 at most, never reused). Rearrange the community first.",
    ),
    "second_layer": (
        "全区只有一张网格底图，部门不得另行划分网格：请在现有网格上挂接“%(layer)s”。",
        "The district has one layer of grids; departments draw none of their own. Hang “%(layer)s” on the existing grids.",
    ),
    "split_count": ("拆分至少需要两块。", "A split needs at least two parts."),
    "merge_count": ("合并至少需要两个网格。", "A merge needs at least two grids."),
    "merge_apart": ("只能合并同一社区内相邻的网格。", "Only adjoining grids of one community can be merged."),
    "no_boundary": ("%(name)s 还没有边界。", "%(name)s has no boundary yet."),
    "tiling": ("各块没有拼满原网格：%(problems)s", "The parts do not tile the old grid: %(problems)s"),
    "file_json": ("文件不是有效的 GeoJSON：%(why)s", "The file is not valid GeoJSON: %(why)s"),
    "file_features": ("GeoJSON 中没有要素（FeatureCollection）。", "The GeoJSON holds no features (FeatureCollection)."),
    "crs": (
        "不认识坐标系 %(crs)s，可用 CGCS2000、WGS84、GCJ-02、BD-09。",
        "The coordinate system %(crs)s is unknown; use CGCS2000, WGS84, GCJ-02 or BD-09.",
    ),
    "feature_code": (
        "要素缺少代码（properties.code），或代码不是本级区划：%(code)s",
        "The feature lacks a code (properties.code), or it is not one of this level: %(code)s",
    ),
    "held_gone": ("没有这次边界导入的记录。", "There is no record of this boundary import."),
    "empty": ("%(ids)s 的图形是空的。", "The shape of %(ids)s is empty."),
    "not_areal": ("%(ids)s 不是多边形（%(detail)s）。", "%(ids)s is not a polygon (%(detail)s)."),
    "not_closed": (
        "%(ids)s 的边界没有闭合（起点 %(where)s），首尾两点必须相同。",
        "The boundary of %(ids)s is not closed (it begins at %(where)s); its first and last points must be the same.",
    ),
    "bad_point": ("%(ids)s 的坐标不对。%(detail)s", "A position of %(ids)s is wrong. %(detail)s"),
    "invalid": ("%(ids)s 的图形在 %(where)s 处自相交或无效：%(detail)s", "The shape of %(ids)s is invalid at %(where)s: %(detail)s"),
    "overlap": ("%(ids)s 在 %(where)s 附近重叠 %(area)s 平方米。", "%(ids)s overlap by %(area)s m² near %(where)s."),
    "gap": (
        "%(parent)s 在 %(where)s 附近有 %(area)s 平方米没有被覆盖（相邻：%(ids)s）。",
        "%(area)s m² of %(parent)s near %(where)s are not covered (beside: %(ids)s).",
    ),
    "outside": (
        "%(ids)s 在 %(where)s 附近有 %(area)s 平方米超出上级 %(parent)s 的边界。",
        "%(ids)s reaches out of %(parent)s by %(area)s m² near %(where)s.",
    ),
    "held_with": (
        "%(ids)s 本身无误，因同属 %(parent)s 的其他要素有误而暂存，改正后一并生效。",
        "%(ids)s are right themselves and wait for the others under %(parent)s that are not.",
    ),
    "not_finite": (
        "坐标不是数字（%(lon)s，%(lat)s），请写成以度为单位的小数，例如 108.94，34.27。",
        "The coordinates are not numbers (%(lon)s, %(lat)s). Write them in decimal degrees, for example 108.94, 34.27.",
    ),
    "swapped": (
        "经度和纬度颠倒了（%(lon)s，%(lat)s）：经度在前，例如 108.94，34.27。请对调后再试。",
        "Longitude and latitude are swapped (%(lon)s, %(lat)s): longitude comes first, for example 108.94, 34.27. Exchange the two.",
    ),
    "not_degrees": (
        "%(lon)s，%(lat)s 不是以度为单位的经纬度（可能是投影坐标，单位米）。请换算成度，例如 108.94，34.27。",
        "%(lon)s, %(lat)s are not degrees; perhaps projected metres. Convert them to degrees, for example 108.94, 34.27.",
    ),
    "not_in_china": (
        "坐标 %(lon)s，%(lat)s 不在中国境内。请核对：经度在前，以度为单位，例如 108.94，34.27。",
        "The point %(lon)s, %(lat)s is not in China. Check it: longitude first, in degrees, for example 108.94, 34.27.",
    ),
    "outside_district": (
        "坐标 %(lon)s, %(lat)s 不在本区范围内。",
        "The point %(lon)s, %(lat)s lies outside the district.",
    ),
    "half_point": ("经度和纬度要么都填，要么都不填。", "Give both longitude and latitude, or neither."),
    "place_nowhere": ("请填写所在区划代码或坐标。", "Give the code of the division, or coordinates."),
    "place_kind": ("没有“%(kind)s”这种地名类型，可用：%(allowed)s。", "There is no kind of place “%(kind)s”; known are %(allowed)s."),
    "place_twice": ("这个地名已在名单中。", "This place is on the list already."),
    "no_place": ("没有这个地名。", "There is no such place."),
    "card_field": ("公示牌必须有网格员姓名、联系电话和监督电话。", "A card needs the worker's name, the phone and the supervision phone."),
    "card_phone": ("电话 %(phone)s 写得不对。", "The phone number %(phone)s is not one."),
}  # fmt: skip


def refused(code: str, /, *, article: str = "", field: str = "", **values: object) -> Refused:
    """The :class:`Refused` of this room for ``code``."""
    return Refused(f"territory.{code}", WORDS[code], article=article, field=field, values=values)


def code_refused(fault: CodeFault, code: str, field: str = "code") -> Refused:
    return refused(fault.code, article=fault.article, field=field, code=code[:30], part=fault.part[:30])


def problem_words(problem: Problem, parent: str = "") -> str:
    """One geometric problem as a sentence in the reader's language: what, which, where, how much."""
    return sentence({**asdict(problem), "parent": parent})


def sentence(problem: Mapping[str, Any]) -> str:
    """The same for a problem as a boundary import keeps it."""
    kind = problem["kind"]
    if "values" in problem:
        return str(in_language(WORDS[kind]) % problem["values"])
    where = problem.get("where")
    detail = problem.get("detail", "")
    if kind == "bad_point":
        lon, lat = where or (None, None)
        detail = in_language(WORDS[detail]) % {"lon": lon, "lat": lat}
    values = {
        "ids": "、".join(problem["ids"]) or "-",
        "where": "" if where is None or None in where else f"{where[0]:.6f}, {where[1]:.6f}",
        "area": f"{problem.get('area_m2', 0.0):,.1f}",
        "detail": detail,
        "parent": problem.get("parent") or "-",
    }
    return in_language(WORDS[kind]) % values


def reason_words(reason: str, written: str, name: str, names: Mapping[str, str]) -> Words:
    """Why a text is taken to name a place, as (Chinese, English). ``names``: division code → name."""
    if reason == "slip":
        return f"“{written}”与“{name}”相差一个字", f"“{written}” is “{name}” but for one character"
    if reason == "namesake":
        return "另有同名的地点", "another place has the same name"
    if reason.startswith("inside:"):
        code = reason.removeprefix("inside:")
        above = names.get(code, code)
        return f"文中还提到{above}", f"the text also names {above}"
    head, _, value = reason.partition(":")
    if head == "against":
        other = names.get(value, value)
        return (
            f"文中又写{other}，与“{name}”不在一处",
            f"the text also names {other}, which does not hold “{name}”",
        )
    if head == "building":
        return f"文中写有{value}号楼", f"the text says building {value}"
    if head == "no_building":
        return f"名单里“{name}”没有{value}号楼", f"the list has no building {value} of “{name}”"
    if head == "only":
        return f"{names.get(value, value)}只有这一处", f"the only one in {names.get(value, value)}"
    return f"文中写有“{written}”", f"the text says “{written}”"
