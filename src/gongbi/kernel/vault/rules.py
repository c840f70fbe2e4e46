"""Reasons, consents and retention as plain decisions (domain.md §13.1, §13.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

LEAST_REASON = 4  # characters that say something
NOTICE_PARTS = ("handler", "contact", "purpose", "manner", "kinds", "retention", "rights")  # PIPL §17


@dataclass(frozen=True, slots=True)
class Keep:
    """One retention class. ``least`` days by law, ``most`` days where keeping longer is itself wrong."""

    code: str
    keep: int | None
    least: int
    most: int | None
    basis: str


# Defaults; a district changes them within least and most (domain.md §13.2).
CLASSES = (
    Keep("access_log", 365, 184, None, "网络安全法：日志留存不少于六个月"),
    Keep("impact_assessment", 1096, 1096, None, "个人信息保护法 §56: 至少保存三年"),
    Keep("sharing_record", 1096, 1096, None, "网络数据安全管理条例 §12: 至少保存三年"),
    Keep("emergency_only", 0, 0, 0, "突发事件应对法 §85: 应急处置结束后销毁"),
    Keep("case_file", 3653, 0, None, "档案管理规定（可配置）"),
    Keep("mediation_file", None, 0, None, "人民调解法 §27"),
    Keep("volunteer_record", None, 0, None, "志愿服务条例 §19"),
    Keep("staff_track", 90, 0, 90, "个人信息保护法 §6, §19: 最小必要"),
    Keep("consent", 1096, 0, None, "个人信息保护法 §13: 处理终止后三年"),
    Keep("care_list", 180, 0, 366, "个人信息保护法 §19, §47: 目的已实现即删除"),
    Keep("contact", 90, 0, 366, "个人信息保护法 §19, §47: 目的已实现即删除"),
    Keep("import_file", 30, 0, 90, "个人信息保护法 §19: 最短必要期限"),
)


def reason_is_given(reason: str) -> bool:
    """Whether ``reason`` has at least four characters that are letters or digits, not all the same."""
    said = re.sub(r"[\W_]", "", reason)
    return len(said) >= LEAST_REASON and len(set(said)) > 1


def missing_in_notice(notice: Mapping[str, Any]) -> list[str]:
    """The parts of a privacy notice that PIPL §17 asks for and ``notice`` leaves out."""
    return [part for part in NOTICE_PARTS if not str(notice.get(part, "")).strip()]


def purge_before(keep_days: int, least_days: int, at: datetime) -> datetime:
    """Rows older than this may go. The legal minimum holds whatever was configured."""
    return at - timedelta(days=max(keep_days, least_days))
