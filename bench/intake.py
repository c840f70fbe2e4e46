"""Import of a file with full triage: ``gongbi import reports FILE``, the real command in a process of its own.

The file is a CSV with text, a pin or a place in words, time and number; every row is new. The rate is rows by the time from start to
end of the command, its start-up included; the rate without the start-up is noted.
"""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from bench import sentences
from bench.ground import ROOT
from bench.rows import Row

TARGET = 3000.0


def write_file(path: Path, rows: int) -> None:
    """The file to be imported."""
    dice = random.Random(rows)
    mark = os.urandom(3).hex()  # every run's numbers are new
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "诉求内容", "时间", "地点", "经度", "纬度"])
        for number in range(rows):
            lon, lat = dice.choice(sentences.points())
            pinned = dice.random() < 0.6
            where = f"{dice.choice(sentences.WHERE)}{dice.choice(sentences.SIDE)}"
            day = f"2026-{dice.randrange(1, 11):02d}-{dice.randrange(1, 28):02d} {dice.randrange(8, 20):02d}:{dice.randrange(60):02d}"
            point = [f"{lon:.6f}", f"{lat:.6f}"] if pinned else ["", ""]
            writer.writerow([f"{mark}-{number}", sentences.words(dice), day, "" if pinned else where, *point])


def _seconds(path: Path) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "gongbi.ops.cli", "import", "reports", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the import ended with status {done.returncode}: {done.stderr[-500:]}")
    return time.perf_counter() - began


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded."""
    rows = 5_000 if quick else 100_000
    folder = ROOT / "var" / "bench"
    small, large = folder / "import-100.csv", folder / "import.csv"
    write_file(small, 100)
    write_file(large, rows)
    start = min(_seconds(small) for _ in range(2))
    whole = _seconds(large)
    large.unlink()
    small.unlink()
    return [
        Row(
            f"import of a {rows // 1000} k-row file with full triage",
            f"{TARGET:,.0f} rows/s",
            f"{rows / whole:,.0f} rows/s",
            rows / whole >= TARGET,
            note=f"{whole:.1f} s in all, {start:.1f} s of it to start and take the first 100 rows",
        )
    ]
