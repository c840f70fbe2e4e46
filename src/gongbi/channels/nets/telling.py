"""What a network hears of its reports: each step that a reporter is told of, read by it or posted to its address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from gongbi.channels.actions.sources import secrets_of
from gongbi.channels.adapters import Adapter, settings_of
from gongbi.channels.calling import Unanswered, call
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.rules import Happening, Outcome, Words
from gongbi.kernel.errors import Refused

SECONDS = 10  # for the whole of an answer
SYSTEMS = ("CGCS2000", "WGS84", "GCJ02", "BD09")


@dataclass(frozen=True, slots=True)
class NetSettings:
    """``crs`` of its coordinates; ``strict``: a category code that the mapping does not know waits for it instead of going to triage;
    ``endpoint``: where answers are posted as JSON ("": the network reads them itself).
    """

    crs: str = "CGCS2000"
    strict: bool = True
    endpoint: str = ""

    def __post_init__(self) -> None:
        if self.crs not in SYSTEMS:
            raise Refused(
                "nets.crs",
                ("坐标系须是 %(names)s 之一。", "The coordinates are one of %(names)s."),
                values={"names": ", ".join(SYSTEMS)},
                field="crs",
            )
        parts = urlsplit(self.endpoint)
        if self.endpoint and (parts.scheme not in ("http", "https") or not parts.netloc or parts.username):
            raise Refused(
                "nets.endpoint",
                (
                    "地址须以 http:// 或 https:// 开头，且不含口令。",
                    "The address begins with http:// or https:// and holds no password.",
                ),
                field="endpoint",
            )


class Net(Adapter):
    """The adapter of the kind ``net``."""

    kind: ClassVar[str] = "net"
    settings: ClassVar[type[Any]] = NetSettings
    secrets: ClassVar[tuple[str, ...]] = ("token",)
    choices: ClassVar[Mapping[str, Mapping[str, Words]]] = {"crs": {name: (name, name) for name in SYSTEMS}}
    direction: ClassVar[str] = "both"

    def refuses_unknown(self, source: Source) -> bool:
        return bool(settings_of(source).strict)

    def compose(self, source: Source, happening: Happening) -> Mapping[str, Any] | None:
        """One answer, by the network's own number; steps between offices are none of its."""
        if "reporter" not in happening.notifies:
            return None
        return {
            "external": happening.external, "number": happening.number, "state": happening.state, "state_words": list(happening.words),
            "closed": happening.closed, "said": happening.said, "at": happening.at.isoformat(),
            "due_at": happening.due_at.isoformat() if happening.due_at is not None else None,
        }  # fmt: skip

    def deliver(self, source: Source, message: Outgoing, body: Mapping[str, Any], *, at: Any) -> Outcome:
        """Post one answer with its key; a network without an address reads it itself."""
        endpoint = str(settings_of(source).endpoint)
        if not endpoint:
            return Outcome(True, answer="to be read")
        token = secrets_of(source).get("token", "")
        headers = {"Idempotency-Key": message.key, "Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = call(
                "POST", endpoint, body=json.dumps(dict(body)).encode(), headers=headers, seconds=SECONDS
            )
        except Unanswered as error:
            return Outcome(False, error=str(error))
        return answer.outcome
