"""Points into polygons: how many of a city's own records agree."""

from __future__ import annotations

import csv
import gzip
import time
from pathlib import Path

import numpy as np

from gongbi.science.commands.locate import polygons_of
from gongbi.science.geometry import Locator
from science_page import Section, table


def section(data: Path, *, seed: int, quick: bool) -> Section:
    """Chicago's requests against the community area, the district and the ward that the city wrote down."""
    folder = data / "requests"
    with gzip.open(folder / "chicago_sanitation_to_2013.csv.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["lat"] and row["lon"]]
    x, y = (np.array([float(row[name]) for row in rows]) for name in ("lon", "lat"))
    found: list[tuple[object, ...]] = []
    for words, name, key, column in (
        ("77 community areas", "chicago_community_areas.geojson", "AREA_NUMBE", "community_area"),
        ("25 police districts", "chicago_police_districts_simple.geojson", "", "police_district"),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        names, areas = polygons_of(text, key or _key(text, {row[column] for row in rows}))
        locator = Locator(areas, names)
        started = time.perf_counter()
        at = locator.locate(x, y)
        seconds = time.perf_counter() - started
        known = [(i, row[column]) for i, row in zip(at.tolist(), rows, strict=True) if row[column]]
        right = sum(i >= 0 and _same(names[i], said) for i, said in known)
        found.append(
            (
                words,
                f"{len(known):,}",
                f"{100 * right / len(known):.2f} %",
                f"{(at < 0).sum()}",
                f"{len(x) / seconds / 1e6:.1f}",
            )
        )
    text = f"""
`python -m gongbi.science locate` (`gongbi.science.geometry.Locator`) on Chicago's sanitation requests, against what the city itself wrote down; its
geocoder differs near the edges. A point on a border belongs to the smaller name, one outside every polygon gets a blank.

{table(("polygons", "points with a record", "the same", "outside all", "million points/s"), found)}
"""
    return Section("Points into polygons", text)


def _same(ours: str, said: str) -> bool:
    try:
        return float(ours) == float(said)
    except ValueError:
        return ours == said


def _key(text: str, values: set[str]) -> str:
    """The property whose values are those of the records."""
    import json

    features = json.loads(text)["features"]
    wanted = {float(v) for v in values if v.replace(".", "").isdigit()}

    def shared(name: str) -> int:
        held = {str(f["properties"].get(name, "")) for f in features}
        return len({float(v) for v in held if v.replace(".", "").isdigit()} & wanted)

    return max(features[0]["properties"], key=shared)
