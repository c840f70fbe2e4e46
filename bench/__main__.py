"""``python -m bench [--quick] [--only NAME …]``: every row of the table, each in a process of its own; writes docs/bench.md.

``--quick``: 20 thousand cases instead of a million and short runs, printed only, nothing written. ``--only``: some measurements; the
others keep the figures of their last run (var/bench/results.json). Needs PostgreSQL (see :mod:`bench.ground`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from bench import ground
from bench.report import write
from bench.rows import Row

# name → (module, database)
MEASUREMENTS = {
    "locate": ("locate", "none"),
    "triage": ("triage", "postgres"),
    "triage-sqlite": ("triage", "sqlite"),
    "post": ("post", "postgres"),
    "lifecycle": ("lifecycle", "postgres"),
    "desk": ("desk", "postgres"),
    "import": ("intake", "postgres"),
    "memory": ("memory", "postgres"),
    "board": ("board", "server"),
    "devices": ("devices", "postgres"),
    "channels": ("channels", "postgres"),
    "wall": ("wall", "postgres"),
    "wall-sqlite": ("wall_sqlite", "sqlite"),
    "command": ("command", "server"),
    "simulated": ("simulated", "none"),
    "much": ("much", "much"),
    "left-open": ("left_open", "much"),
}
# Asked for by name only: it wants forty GB of disk.
BY_NAME = {"much", "left-open"}


def machine() -> str:
    """Cores and memory; no name, no path."""
    model = "processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores ({model}), {pages / 2**30:.0f} GB memory, {platform.system()}, Python {platform.python_version()}"


def measure(name: str, *, quick: bool) -> list[dict[str, Any]]:
    """The rows of one measurement."""
    module, database = MEASUREMENTS[name]
    if database == "postgres":
        url = ground.ensure(quick=quick)
    elif database == "sqlite":
        url = ground.ensure_sqlite(quick=quick)
    elif database == "much":
        url = ground.ensure_much(quick=quick)
    else:
        url = ground.server() if database == "server" else ""
    environ = ground.environment(url)
    if not url:
        del environ["DATABASE_URL"]
    command = [sys.executable, "-m", "bench.one", module, *(["--quick"] if quick else [])]
    done = subprocess.run(
        command, cwd=ground.ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=False
    )
    if database == "postgres":
        ground.tidy(quick=quick)
    if done.returncode:
        raise RuntimeError(f"ended with status {done.returncode}")
    found: list[dict[str, Any]] = json.loads(done.stdout.strip().splitlines()[-1])
    for row in found:
        row["load"] = os.getloadavg()[0]
        row["at"] = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    return found


def broken(name: str, error: Exception) -> dict[str, Any]:
    """The row of a measurement that broke off."""
    row = Row(
        name,
        "—",
        "broke off, no figure",
        False,
        note=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
    )
    when = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    return {**row.as_json(), "load": os.getloadavg()[0], "at": when}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 thousand cases, short runs, nothing written")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=list(MEASUREMENTS),
        default=[name for name in MEASUREMENTS if name not in BY_NAME],
        metavar="NAME",
        help=", ".join(MEASUREMENTS),
    )
    asked = parser.parse_args()
    kept = ground.ROOT / "var" / "bench" / "results.json"
    results: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() and not asked.quick else {}
    for name in asked.only:
        print(f"— {name}", file=sys.stderr, flush=True)
        try:
            results[name] = measure(name, quick=asked.quick)
        except (RuntimeError, ValueError, OSError, subprocess.CalledProcessError, psycopg.Error) as error:
            # One that breaks must not lose the others; the page says so in its place.
            results[name] = [broken(name, error)]
        for row in results[name]:
            met = {True: "met", False: "NOT MET", None: ""}[row["met"]]
            print(
                f"{row['what']}: {row['measured']} ({row['ratio']}; target {row['target']}) {met} {row['note']}",
                flush=True,
            )
        if not asked.quick:
            kept.write_text(json.dumps(results, ensure_ascii=False, indent=1))
    if not asked.quick:
        write(
            ground.ROOT / "docs" / "bench.md",
            [row for name in MEASUREMENTS for row in results.get(name, [])],
            machine(),
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
