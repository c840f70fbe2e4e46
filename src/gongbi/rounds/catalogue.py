"""The forms of rounds and the ledgers that ask for entries: data, read once."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "data"

# Which entries a ledger takes, and why it exists. One entry stands in every ledger that asks for it; nobody types it again.
LEDGERS: dict[str, dict[str, Any]] = {
    "visits": {"words": ("走访台账", "Visit log"), "sorts": ("visit",)},
    "patrol": {"words": ("巡查日志", "Patrol log"), "sorts": ("checkin", "visit", "report")},
    "urban": {"words": ("城市管理问题上报表", "City-management reports"), "sorts": ("report", "visit", "checkin"), "matter": True},
    "hotline": {"words": ("热线办理答复素材", "Material for hotline answers"), "sorts": ("report", "visit", "checkin"), "matter": True, "solved": True},
}  # fmt: skip


@lru_cache(maxsize=1)
def forms() -> tuple[dict[str, Any], ...]:
    """Every form, in the order of the file."""
    return tuple(json.loads((DATA / "forms.json").read_text("utf-8")))


def form(code: str) -> dict[str, Any] | None:
    """The form of that code, or None."""
    return next((one for one in forms() if one["code"] == code), None)


def takes(ledger: str, *, sort: str, report: str, solved: bool) -> bool:
    """Whether a ledger asks for an entry of that sort."""
    wanted = LEDGERS[ledger]
    return (
        sort in wanted["sorts"]
        and (not wanted.get("matter") or bool(report))
        and (not wanted.get("solved") or solved)
    )
