"""The list of this room that people keep: the register of devices."""

from __future__ import annotations

from gongbi.channels.devices.exchange import COLUMNS, device_rows, import_devices
from gongbi.kernel.keeping import Kept, keep

keep(
    "devices",
    Kept(
        ("物联设备", "Devices"),
        (
            "烟感、燃气、积水、电梯、充电、井盖、消防通道",
            "Smoke, gas, water, lifts, charging, manholes, fire lanes",
        ),
        import_devices,
        COLUMNS,
        device_rows,
        rank=60,
        dated=False,
    ),
)
