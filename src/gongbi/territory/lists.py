"""The lists of this room that people keep: divisions, boundaries, places."""

from __future__ import annotations

from datetime import date, datetime
from typing import IO

from gongbi.kernel.keeping import Kept, Result, keep
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Fault
from gongbi.territory import exchange
from gongbi.territory.actions import import_boundaries
from gongbi.territory.words import sentence


def read_boundaries(
    file: IO[bytes], _filename: str, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """A GeoJSON feature collection; each feature with ``properties.code``. What does not fit is held and named."""
    record = import_boundaries(file.read(), effective=valid_from, viewer=viewer, at=at)
    faults = [
        Fault(0, "", sentence(problem), problem["kind"], heading="、".join(problem["ids"]))
        for problem in record.problems
    ]
    notes = []
    if record.held:
        held = (
            f"{len(record.held)} 个要素被暂扣：更正后重新上传。",
            f"{len(record.held)} features are held: correct them and send them again.",
        )
        notes.append(held)
    return Result(new=len(record.accepted), faults=faults, notes=notes)


keep(
    "divisions",
    Kept(
        ("区划", "Divisions"),
        ("区、街道、社区、网格的代码和名称", "Codes and names of districts, streets, communities, grids"),
        exchange.import_division_file,
        exchange.DIVISION_COLUMNS,
        exchange.division_rows,
        rank=10,
    ),
)
keep(
    "boundaries",
    Kept(
        ("边界", "Boundaries"),
        ("GeoJSON：闭合、不重叠、不留缝", "GeoJSON: closed, no overlap, no gap"),
        read_boundaries,
        rank=11,
        ends=".geojson,.json",
    ),
)
keep(
    "places",
    Kept(
        ("地名", "Places"),
        ("道路、小区、单位及别名", "Roads, compounds, institutions with aliases"),
        exchange.import_place_file,
        exchange.PLACE_COLUMNS,
        exchange.place_rows,
        rank=12,
    ),
)
