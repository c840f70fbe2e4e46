"""The kinds of devices: a closed list. What each measures, in which unit and range, and when that is an alarm.

A reading is one number or one flag. There is no kind for a picture, a sound, a face or a number plate, and there will be none. The
thresholds are shipped defaults of this house, not law: a device's own row in the register may set others within the range.
"""

from __future__ import annotations

from dataclasses import dataclass

Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. Numbers in ``unit`` (UCUM), from ``low`` to ``high``; a ``flag`` is 0 or 1 and has no unit.

    An alarm begins when ``n`` of the last ``m`` readings are at ``limit`` or above and have been for ``seconds``; it ends after ``n``
    readings in a row at ``clear`` or below, for ``calm`` seconds. ``period``: seconds between readings that are expected.
    ``again``: an alarm that comes back within so many seconds is the same matter. ``danger``: no quiet hours, short silences only.
    """

    code: str
    words: Words
    quantity: Words
    unit: str
    low: float
    high: float
    limit: float
    clear: float
    n: int
    m: int
    seconds: float
    calm: float
    period: int
    again: int
    danger: bool
    case_kind: str  # where the channel's mapping says nothing else
    flag: bool = False

    @property
    def digits(self) -> int:
        """Decimals worth showing."""
        return 0 if self.flag else 2


def _flag(code: str, words: Words, quantity: Words, case_kind: str, **more: float) -> Kind:
    given = {"n": 1, "m": 1, "seconds": 0.0, "calm": 60.0, "period": 300, "again": 1800, "danger": 1} | more
    return Kind(
        code=code, words=words, quantity=quantity, unit="", low=0.0, high=1.0, limit=1.0, clear=0.0, n=int(given["n"]),
        m=int(given["m"]), seconds=given["seconds"], calm=given["calm"], period=int(given["period"]), again=int(given["again"]),
        danger=bool(given["danger"]), case_kind=case_kind, flag=True,
    )  # fmt: skip


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        _flag("smoke", ("烟雾", "Smoke"), ("是否有烟", "Smoke present"), "H2099"),
        Kind(
            "gas", ("可燃气体", "Gas"), ("可燃气体浓度（爆炸下限的百分比）", "Combustible gas, share of the lower explosive limit"),
            "%", 0, 100, 20, 10, 2, 3, 0, 60, 60, 1800, True, "E0502",
        ),
        Kind(
            "water_level", ("积水", "Water level"), ("路面水深", "Depth of water on the road"),
            "m", 0, 20, 0.15, 0.08, 3, 4, 60, 600, 300, 7200, False, "E0506",
        ),
        _flag("lift_trapped", ("电梯困人", "Lift, somebody trapped"), ("轿厢内有人被困", "Somebody is trapped in the car"), "H0196"),
        Kind(
            "ebike_charging", ("电动车充电", "E-bike charging"), ("充电位温度", "Temperature at the charging place"),
            "Cel", -40, 200, 70, 60, 3, 5, 0, 120, 60, 1800, True, "H2099",
        ),
        Kind(
            "manhole_tilt", ("井盖倾斜", "Manhole tilt"), ("井盖与水平面的夹角", "Angle of the cover to the level"),
            "deg", 0, 180, 15, 8, 2, 3, 0, 300, 900, 7200, True, "C0123",
        ),
        _flag(
            "fire_lane", ("占用消防通道", "Fire lane blocked"), ("消防通道是否被占", "Something stands in the fire lane"), "E0496",
            n=3, m=3, seconds=300.0, calm=120.0, period=120, again=3600, danger=0,
        ),
    )
}  # fmt: skip
SILENT = "silent"  # no kind of device, but of matter: devices that say nothing any more
MATTERS: dict[str, Words] = {code: kind.words for code, kind in KINDS.items()} | {
    SILENT: ("设备失联", "Devices silent")
}
