"""A gateway in test mode: every notice of the demonstration becomes a file, nobody outside hears of invented matters."""

from __future__ import annotations

from datetime import datetime

from gongbi.channels import actions as channels
from gongbi.channels.notices import actions, gateways, rules
from gongbi.kernel.scope.viewer import system
from gongbi.parties import directory

TOLD = "urban_management"  # the unit whose group hears of its cases


def build_demo(*, at: datetime) -> str:
    """One gateway for every way that writes into ``GONGBI_VAR/notices``, and a unit's group that hears of its cases."""
    ways = [way for way in rules.WAYS if way != rules.NONE]
    channels.save_source(
        code="notices", name="通知（试运行：写成文件）", name_en="Notices (test mode: files)", kind="notice", direction="out",
        settings={"transport": gateways.FILE, "ways": ways}, viewer=system("demo"), at=at, synthetic=True,
    )  # fmt: skip
    actions.choose_for_unit(
        viewer=system("demo"), unit_id=directory.current().by_code[TOLD].pk, way=rules.WECOM, address="synthetic-demo-robot",
        hours=rules.ANY, language="zh-hans", at=at,
    )  # fmt: skip
    return "1 notice gateway in test mode, 1 unit that is told"
