"""One measurement in a process of its own: ``python -m bench.one MODULE [--quick]``; the rows as JSON on the last line.

``locate`` and ``board`` give their figures by name; they are told as rows here.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

from bench.rows import Row


def of_locate(found: dict[str, Any]) -> list[Row]:
    """The rows of bench/locate.py."""
    return [
        Row(
            f"place {found['points'] / 1e6:g} M points in {found['polygons']:,} grids, bulk",
            "4 × a raw Shapely STRtree, every answer the same",
            f"{found['locator_s']:.3f} s",
            found["ratio"] >= 4 and found["wrong"] == 0,
            floor=f"{found['strtree_s']:.3f} s",
            ratio=f"{found['ratio']:.1f} ×",
            note=f"{found['wrong']} answers differ; with the points made beforehand {found['ratio_ready_points']:.1f} ×; "
            f"one point alone {found['single_us']:.1f} µs; {found['locator_bytes'] / 1e6:.1f} MB",
        )
    ]


def of_board(found: dict[str, Any]) -> list[Row]:
    """The rows of bench/board.py: milliseconds by what was asked."""
    rows = []
    floor = next((value for name, value in found.items() if name.startswith("floor")), None)
    for name, value in found.items():
        if isinstance(value, float) and not name.startswith(("floor", "load")) and "," not in name[-3:]:
            rows.append(
                Row(
                    f"board: {name}",
                    "—",
                    f"{value:.1f} ms",
                    None,
                    floor="—" if floor is None else f"{floor:.1f} ms (a bare count)",
                    ratio="—" if not floor else f"{value / floor:.1f} ×",
                    note=f"{found.get('cases', 0):,} cases, {found.get('lines', 0):,} lines",
                )
            )
    return rows


def main(module: str, quick: bool) -> None:
    found = importlib.import_module(f"bench.{module}").run(quick)
    if isinstance(found, dict):
        found = of_locate(found) if module == "locate" else of_board(found)
    print(json.dumps([row.as_json() for row in found], ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1], "--quick" in sys.argv)
