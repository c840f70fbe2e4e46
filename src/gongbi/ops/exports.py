"""What can be written as a file: ``gongbi export NAME``. A room adds itself with one line in ``EXPORTS``.

``writer`` names a callable ``(*, viewer, on) -> bytes | Iterable[bytes]`` (``on``: the local day as of which), or, with
``period``, ``(*, viewer, first, last)`` with local days, both included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from gongbi.kernel.scope.viewer import Viewer
from gongbi.ops.parts import load


@dataclass(frozen=True, slots=True)
class Export:
    """One file that can be written: what it is (zh, en), who writes it, how its name ends."""

    words: tuple[str, str]
    writer: str
    suffix: str = "xlsx"
    period: bool = False


EXPORTS: dict[str, Export] = {
    "divisions": Export(("区划", "divisions of a day"), "gongbi.territory.exchange:export_divisions"),
    "places": Export(("地名", "places of a day"), "gongbi.territory.exchange:export_places"),
}


def write(name: str, *, viewer: Viewer, on: date, first: date, last: date) -> Iterator[bytes]:
    """The file in pieces."""
    export = EXPORTS[name]
    when: dict[str, Any] = {"first": first, "last": last} if export.period else {"on": on}
    made: bytes | Iterable[bytes] = load(export.writer)(viewer=viewer, **when)
    if isinstance(made, bytes):
        yield made
    else:
        yield from made
