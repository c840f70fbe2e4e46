"""The four merged networks of the demonstration district, with codes made up for it."""

from __future__ import annotations

from datetime import datetime

from gongbi.channels import actions
from gongbi.kernel.scope.viewer import system

# code → (name, name in English, their codes: (what they call it, our kind))
NETS: dict[str, tuple[str, str, dict[str, tuple[str, str]]]] = {
    "net-party": (
        "党建网",
        "Party-building network",
        {"DJ-07": ("井盖破损", "C0101"), "DJ-12": ("路灯不亮", "C0137")},
    ),
    "net-city": (
        "城管网",
        "City management network",
        {"0101": ("上水井盖", "C0101"), "0137": ("路灯", "C0137")},
    ),
    "net-police": ("综治网", "Public security network", {"ZZ301": ("井盖隐患", "C0101")}),
    "net-service": ("便民服务网", "Public service network", {"BM-A": ("路灯报修", "C0137")}),
}


def build_demo(*, at: datetime) -> str:
    """Make the four sources with their mappings; says how many."""
    viewer = system("demo")
    for code, (name, name_en, codes) in NETS.items():
        made = actions.save_source(
            code=code, name=name, name_en=name_en, kind="net", viewer=viewer, at=at, synthetic=True
        )
        for theirs, (words, kind) in codes.items():
            actions.map_code(made.pk, theirs, kind=kind, name=words, viewer=viewer)
    return f"{len(NETS)} merged networks with their codes"
