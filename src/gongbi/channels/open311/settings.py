"""What is set for one Open311 counterpart."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from gongbi.kernel.errors import Refused


@dataclass(frozen=True, slots=True)
class Open311Settings:
    """``at_once``: so many reports a second are answered with their number, the others with a token (0: all with a token).

    The rest makes us their client: ``endpoint`` (``https://…/open311/v2``), ``jurisdiction`` as they call it, ``poll`` seconds
    between two looks (0: never), ``pulls``: their requests come in here, ``sends``: what is dispatched to the source's unit goes to them.
    """

    at_once: int = 5
    endpoint: str = ""
    jurisdiction: str = ""
    poll: int = 60
    pulls: bool = False
    sends: bool = False
    service: str = (
        ""  # their service for a kind of ours that no mapping names; "" sends nothing without a mapping
    )

    def __post_init__(self) -> None:
        if self.endpoint:
            parts = urlsplit(self.endpoint)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.username:
                raise Refused(
                    "open311.endpoint",
                    (
                        "地址须以 http:// 或 https:// 开头，且不含口令。",
                        "The address begins with http:// or https:// and holds no password.",
                    ),
                    field="endpoint",
                )
        if (self.pulls or self.sends) and not self.endpoint:
            raise Refused(
                "open311.endpoint", ("请填写对方的地址。", "Enter their address."), field="endpoint"
            )
        for name in ("at_once", "poll"):
            if getattr(self, name) < 0:
                raise Refused("open311.number", ("不能小于零。", "It cannot be below zero."), field=name)
