"""What can be written as a file: ``gongbi export NAME``. A room adds itself with one line in ``EXPORTS``.

``rows`` names a callable ``(viewer, *, on)`` (``on``: the local day as of which) or, with ``period``, ``(viewer, *, first, last)``
with local days, both included; ``columns`` the declared columns. Both formats are made from the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import IO, Any, Literal

from gongbi.kernel.scope.viewer import Viewer
from gongbi.ops.parts import load

Format = Literal["csv", "xlsx"]


@dataclass(frozen=True, slots=True)
class Export:
    """One file that can be written: what it is (zh, en), its rows and columns; ``default`` is the format without a wish."""

    words: tuple[str, str]
    rows: str
    columns: str
    default: Format = "xlsx"
    period: bool = False


_PARTIES, _TERRITORY, _CASES = (
    "gongbi.parties.exchange",
    "gongbi.territory.exchange",
    "gongbi.cases.exporting",
)
EXPORTS: dict[str, Export] = {
    "cases": Export(
        ("案件", "cases received in a period"),
        f"{_CASES}:case_rows",
        f"{_CASES}:CASE_COLUMNS",
        default="csv",
        period=True,
    ),
    "divisions": Export(
        ("区划", "divisions of a day"), f"{_TERRITORY}:division_rows", f"{_TERRITORY}:DIVISION_COLUMNS"
    ),
    "places": Export(("地名", "places of a day"), f"{_TERRITORY}:place_rows", f"{_TERRITORY}:PLACE_COLUMNS"),
    "units": Export(("单位", "units of a day"), f"{_PARTIES}:unit_rows", f"{_PARTIES}:UNITS"),
    "posts": Export(("岗位", "posts of a day"), f"{_PARTIES}:post_rows", f"{_PARTIES}:POSTS"),
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
    lang: str = "zh",
) -> int:
    """Write the file into ``out`` as it is read; returns how many rows. Raises Refused (too many rows for Excel)."""
    from gongbi.kernel.tables import save_xlsx, write_csv

    export = EXPORTS[name]
    when: dict[str, Any] = {"first": first, "last": last} if export.period else {"on": on}
    columns, rows = load(export.columns), _Counted(load(export.rows)(viewer, **when))
    if kind == "xlsx":
        save_xlsx(out, columns, rows, sheet=export.words[0 if lang == "zh" else 1], lang=lang)
    else:
        for piece in write_csv(columns, rows, lang=lang):
            out.write(piece)
    return rows.count


class _Counted:
    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.rows, self.count = rows, 0

    def __iter__(self) -> Any:
        for row in self.rows:
            self.count += 1
            yield row
