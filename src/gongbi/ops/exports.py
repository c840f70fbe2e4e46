"""What can be written as a file: ``gongbi export NAME``. Cases and what happened to them, and every list that people keep.

A list is written in the columns that its import reads (``kernel.keeping``), so a file that went out comes in again. Both formats
are made from the same rows. Every export leaves an entry in the access log before the first row is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any, Literal

from gongbi.cases import exporting as cases
from gongbi.kernel import keeping
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, save_xlsx, write_csv
from gongbi.kernel.vault.actions import note_export

Format = Literal["csv", "xlsx"]
Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Export:
    """One file that can be written: what it is (zh, en), its rows and columns; ``default`` is the format without a wish.

    ``rows`` takes the viewer and ``on`` (the local day as of which) or, with ``period``, ``first`` and ``last``, both included.
    """

    words: Words
    rows: Callable[..., Iterable[Mapping[str, Any]]]
    columns: Sequence[Column]
    default: Format = "xlsx"
    period: bool = False


def exports() -> dict[str, Export]:
    """Every export by name: what is taken over a period, then the lists in their order."""
    found = {
        "cases": Export(("案件", "Cases"), cases.case_rows, cases.CASE_COLUMNS, "csv", period=True),
        "events": Export(("流水", "Ledger"), cases.event_rows, cases.EVENT_COLUMNS, "csv", period=True),
    }
    return found | {
        name: Export(kept.words, kept.rows, kept.columns)
        for name, kept in keeping.lists().items()
        if kept.rows is not None
    }


def write(
    name: str,
    out: IO[bytes],
    *,
    kind: Format,
    viewer: Viewer,
    on: date,
    first: date,
    last: date,
    at: datetime,
    reason: str,
    lang: str = "zh",
) -> int:
    """Write the file into ``out`` as it is read; returns how many rows. Raises Refused (too many rows for Excel).

    ``reason``: who took it where, for the access log.
    """
    export = exports()[name]
    when: dict[str, Any] = {"first": first, "last": last} if export.period else {"on": on}
    span = f"{first}..{last}" if export.period else f"{on}"
    note_export(name, f"{kind} {span}; {reason}", viewer=viewer, at=at)
    rows = _Counted(export.rows(viewer, **when))
    if kind == "xlsx":
        save_xlsx(out, export.columns, rows, sheet=export.words[0 if lang == "zh" else 1], lang=lang)
    else:
        for piece in write_csv(export.columns, rows, lang=lang):
            out.write(piece)
    return rows.count


class _Counted:
    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.rows, self.count = rows, 0

    def __iter__(self) -> Any:
        for row in self.rows:
            self.count += 1
            yield row
