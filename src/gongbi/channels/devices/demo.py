"""Devices of the demo district: two of each kind, a day of readings, an alarm of a test during maintenance, a manhole cover that tilts
and thereby makes a case. All of it is invented.
"""

from __future__ import annotations

import json
import math
import random
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from gongbi.channels.actions import draining
from gongbi.channels.devices import actions
from gongbi.channels.devices.actions import telling
from gongbi.channels.devices.actions.lane import Lane
from gongbi.channels.devices.kinds import KINDS
from gongbi.kernel.scope.viewer import SYSTEM, Viewer, system
from gongbi.territory import queries as territory

_PURPOSES = {
    "smoke": "楼道火灾报警", "gas": "餐饮集中区燃气泄漏报警", "water_level": "低洼路段积水报警", "lift_trapped": "电梯困人报警",
    "ebike_charging": "充电棚过热报警", "manhole_tilt": "井盖倾斜、缺失报警", "fire_lane": "消防通道占用提醒",
}  # fmt: skip
_CALM = {
    "gas": (2.0, 1.0),
    "water_level": (0.01, 0.01),
    "ebike_charging": (24.0, 6.0),
    "manhole_tilt": (1.0, 0.5),
}
_EVERY = 900  # seconds between the invented readings
_TESTED = "DEMO-gas-1"
_TILTED = "DEMO-manhole_tilt-2"
_TILTS = timedelta(minutes=50)  # before the demo is made


def build_demo(*, at: datetime) -> str:
    """Register the devices, let them say something for a day, work it through. Tells what was made, in words."""
    viewer = Viewer(actor="system:demo", role=SYSTEM, territories=(settings.DISTRICT_CODE,))
    begun = at - timedelta(days=1)
    telling.source(at=begun)
    shapes = [one["properties"] for one in territory.map_geojson("community", on=at)["features"]]
    shapes.sort(key=lambda one: str(one["code"]))
    numbers = [(f"DEMO-{code}-{one}", code) for code in KINDS for one in (1, 2)]
    for place, (number, code) in enumerate(numbers):
        _install(number, code, shapes[place * 7 % len(shapes)], begun)
    test = at - timedelta(hours=9)
    actions.silence(
        number=_TESTED, hours=2, reason="季度功能测试（合成）", viewer=viewer, at=test - timedelta(minutes=30)
    )
    said = list(_day(numbers, begun, at, test))
    for first in range(0, len(said), 1_000):
        body = json.dumps({"readings": said[first : first + 1_000]}).encode()
        actions.take(body, viewer=viewer, key="", at=at)
    lane = Lane("demo", lambda: at)
    lane.tick()
    lane.close()
    draining.drain(telling.source(at=at).pk, at=at)
    return f"{len(numbers)} devices with {len(said)} readings (all invented)"


def _place(shape: dict[str, Any]) -> str:
    return f"{shape['name'].removesuffix('居委会').removesuffix('社区')}示范小区（合成）"


def _install(number: str, code: str, shape: dict[str, Any], at: datetime) -> None:
    lon, lat = shape["label"]
    values = {
        "kind": code, "place": _place(shape), "division": shape["code"], "lon": lon, "lat": lat,
        "owner": "示范物业服务中心（合成）", "purpose": _PURPOSES[code], "sign_number": f"GS-{number}",
        "sign_text": f"本处安装{KINDS[code].words[0]}探测设备，只测{KINDS[code].quantity[0]}，由物业使用，读数保存7天。",
        "keep_days": 7, "gateway": "", "key": "", "limit": None, "clear": None, "period": _EVERY,
    }  # fmt: skip
    actions.keep(number, values, viewer=system("demo"), at=at, synthetic=True)


def _day(
    numbers: list[tuple[str, str]], begun: datetime, at: datetime, test: datetime
) -> list[dict[str, Any]]:
    """A day of readings, all calm but for the test of one gas detector."""
    dice = random.Random(4)
    said: list[dict[str, Any]] = []
    steps = int((at - begun).total_seconds()) // _EVERY
    for number, code in numbers:
        for step in range(1, steps):
            when = begun + timedelta(seconds=step * _EVERY)
            reading: dict[str, Any] = {"device": number, "at": when.isoformat(), "seq": step}
            if KINDS[code].flag:
                reading["flag"] = False
            else:
                middle, spread = _CALM[code]
                testing = number == _TESTED and 0 <= (when - test).total_seconds() < 3600
                wave = middle + spread * math.sin(step / 96 * 2 * math.pi) + spread / 4 * dice.random()
                tilts = number == _TILTED and when >= at - _TILTS
                reading["value"] = 45.0 if testing or tilts else round(max(0.0, wave), 2)
            said.append(reading)
    return said
