"""One line of the table in docs/bench.md."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """``floor``, ``measured`` and ``ratio`` as people read them; ``met`` None where the issue sets no target."""

    what: str
    target: str
    measured: str
    met: bool | None
    floor: str = "—"
    ratio: str = "—"
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
