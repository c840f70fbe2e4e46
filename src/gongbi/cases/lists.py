"""Reports as a file: no list that people keep, but read by the same command, row by row."""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import IO

from gongbi.cases.exchange import COLUMNS, import_reports
from gongbi.kernel.keeping import Kept, Result, keep
from gongbi.kernel.scope.viewer import Viewer
from gongbi.territory.demo_data import place_for_name

_HELPERS = 3  # beside the process that writes; more would wait for it


def _reports(file: IO[bytes], filename: str, *, valid_from: date, viewer: Viewer, at: datetime) -> Result:
    """On a demonstration district a file without places gets synthetic positions, and says so."""
    helpers = min(_HELPERS, max(1, (os.cpu_count() or 1) - 1))
    return import_reports(file, filename, viewer=viewer, at=at, position=place_for_name, helpers=helpers)


keep(
    "reports",
    Kept(
        ("上报", "Reports"),
        ("居民和网络上的诉求，一行一条", "What people said, one line each"),
        _reports,
        COLUMNS,
        rank=100,
        dated=False,
        desk=False,
    ),
)
