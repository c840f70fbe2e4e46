"""A gateway in test mode: every notice of the demonstration becomes a file, nobody outside hears of invented matters."""

from __future__ import annotations

from datetime import datetime

from gongbi.channels import actions as channels
from gongbi.channels.notices import gateways, rules
from gongbi.kernel.scope.viewer import system


def build_demo(*, at: datetime) -> str:
    """One gateway for every way that writes into ``GONGBI_VAR/notices``."""
    ways = [way for way in rules.WAYS if way != rules.NONE]
    channels.save_source(
        code="notices", name="通知（试运行：写成文件）", name_en="Notices (test mode: files)", kind="notice", direction="out",
        settings={"transport": gateways.FILE, "ways": ways}, viewer=system("demo"), at=at, synthetic=True,
    )  # fmt: skip
    return "1 notice gateway in test mode"
