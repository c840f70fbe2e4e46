"""What is set for one hotline. Plain values; the keys are kept sealed beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from gongbi.channels.hotline import signature
from gongbi.channels.models import Source
from gongbi.kernel.errors import Refused

_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class HotlineSettings:
    """``base_url``: of their interface, "" where there is none (files) or they do all the calling. ``poll_seconds`` 0: they push.

    ``signs_with``: the key that we sign with; theirs may be signed with either. ``reconcile_at``: local time of the nightly report.
    """

    base_url: str = ""
    algorithm: str = signature.SHA256
    signs_with: str = "key"
    window_seconds: int = signature.WINDOW
    timeout_seconds: int = 10
    poll_seconds: int = 0
    reconcile_at: str = "02:00"
    reconcile_days: int = 60

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        bad_url = bool(self.base_url) and (
            parts.scheme not in ("http", "https") or not parts.hostname or parts.query
        )
        for wrong, field, zh, en in (
            (bad_url, "base_url", "接口地址应以 http:// 或 https:// 开头，不带查询串。", "The address begins with http:// or https:// and has no query."),
            (self.algorithm not in signature.ALGORITHMS, "algorithm", "签名算法应为 HMAC-SHA256 或 HMAC-SM3。", "The algorithm is HMAC-SHA256 or HMAC-SM3."),
            (self.signs_with not in ("key", "key_next"), "signs_with", "签名密钥应选 key 或 key_next。", "Sign with key or key_next."),
            (not 10 <= self.window_seconds <= 900, "window_seconds", "时间窗应为 10 至 900 秒。", "The window is 10 to 900 seconds."),
            (not 1 <= self.timeout_seconds <= 30, "timeout_seconds", "等待时间应为 1 至 30 秒。", "Wait 1 to 30 seconds."),
            (self.poll_seconds != 0 and not 5 <= self.poll_seconds <= 86_400, "poll_seconds", "轮询间隔应为 0 或 5 至 86400 秒。", "Poll every 5 to 86400 s, or 0."),
            (not _HOUR.fullmatch(self.reconcile_at), "reconcile_at", "对账时间应写成 02:00 这样。", "Write the time of the reconciliation like 02:00."),
            (not 1 <= self.reconcile_days <= 400, "reconcile_days", "对账范围应为 1 至 400 天。", "The reconciliation looks back 1 to 400 days."),
        ):  # fmt: skip
            if wrong:
                raise Refused("channels.setting", (zh, en), field=field)


def tells(source: Source) -> bool:
    """Whether this hotline has an interface that hears answers; else they go out as a file."""
    return bool(source.settings.get("base_url"))
