"""The register of devices as a spreadsheet: read row by row, each row kept or refused for itself; what goes out comes in again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import IO, Any

from gongbi.channels.devices import actions, queries
from gongbi.channels.devices.kinds import KINDS
from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, read_table
from gongbi.kernel.vault.masking import looks_masked

_ON_THE_SIGN = ("测什么、谁在用、存多久", "What is measured, by whom, how long it is kept")
COLUMNS = (
    Column("number", "设备编号", "Device number", required=True, example="SM-0001"),
    Column("kind", "设备类型", "Kind", required=True, choices=tuple(KINDS), example="smoke"),
    Column("place", "位置（小区、楼栋）", "Place (compound, building)", required=True, example="青年路小区3号楼"),
    Column("division", "社区或网格代码", "Community or grid code", required=True, example="610104001001"),
    Column("lon", "经度", "Longitude", note=("CGCS2000", "CGCS2000")),
    Column("lat", "纬度", "Latitude"),
    Column("owner", "权属单位", "Owner", required=True, example="青年路小区物业服务中心"),
    Column("contact", "联系电话", "Owner's telephone", note=("加密保存", "Kept sealed")),
    Column("purpose", "用途", "Purpose", required=True, example="楼道火灾报警"),
    Column("sign_number", "公示牌编号", "Sign number", required=True, example="GS-0001"),
    Column("sign_text", "公示牌内容", "Text on the sign", required=True, note=_ON_THE_SIGN, example="本处安装烟雾探测器，只测烟雾，读数保存7天。"),
    Column("keep_days", "保存天数", "Days kept", example="7"),
    Column("gateway", "网关", "Gateway"),
    Column("key", "密钥前缀", "Key prefix", note=("留空：本辖区任一设备密钥", "Empty: any device key of the territory")),
    Column("limit", "报警值", "Alarm value", note=("留空：按类型默认", "Empty: as its kind")),
    Column("clear", "恢复值", "Clearing value"),
    Column("period", "上报周期（秒）", "Period (s)"),
)  # fmt: skip
_NUMBERS = ("lon", "lat", "limit", "clear")
_WHOLE = ("keep_days", "period")


def import_devices(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read the register. Refused when the file cannot be read; a wrong row is a fault and its neighbours are kept."""
    result = Result()
    for row in read_table(file, filename, COLUMNS):
        if row.good:
            try:
                done = actions.keep(row.values["number"], values_of(row.values), viewer=viewer, at=at)
            except Refused as refusal:
                row.refuse(refusal, "number")
            else:
                setattr(result, done, getattr(result, done) + 1)
        result.faults += row.errors
    return result


def values_of(row: dict[str, str]) -> dict[str, Any]:
    """A row's texts as the register keeps them. Refused, with the column, for what is no number."""
    values: dict[str, Any] = {name: text for name, text in row.items() if name != "number"}
    for name in (*_NUMBERS, *_WHOLE):
        text = row.get(name, "")
        try:
            values[name] = (int(text) if name in _WHOLE else float(text)) if text else None
        except ValueError:
            raise Refused("devices.number", ("应为数字。", "This is a number."), field=name) from None
    values["keep_days"] = values["keep_days"] or 7
    if looks_masked(values.get("contact", ""), "phone"):
        values["contact"] = ""  # a mask stands for what it hides
    return values


def device_rows(viewer: Viewer, /, *, on: date) -> Iterator[dict[str, Any]]:
    """What stands in the register, in the same columns; the owners' telephones leave the house masked."""
    for device in queries.kept(viewer).iterator(chunk_size=500):
        yield {
            column.key: "" if (value := getattr(device, column.key)) is None else str(value)
            for column in COLUMNS
        }
