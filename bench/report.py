"""docs/bench.md from the rows of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

HEAD = """# What was measured

`make bench` wrote this page: real processes on one machine, the floor measured in the same run as what stands on it. How each figure is
made stands at the top of its module in `bench/`; `make bench ARGS=--quick` is the short form with 20 thousand cases.

Machine: {machine}. Database, web processes, worker and the synthetic users share these cores. PostgreSQL as its package sets it up
(`synchronous_commit = on`, `fsync = on`), one million cases loaded, 100 thousand of them open, unless a row says otherwise.

The district of five million cases and forty million ledger rows is made and measured by name only: `python -m bench --only much left-open`
(`bench/load_much.py`: 31 GB of disk, a quarter of an hour on two cores that nobody else uses). A fortnight of varied histories – returned,
reworked, rejected, late, called back, excused, judged or not – is folded into lines by insight's own fold, then written down 26 times,
fortnight before fortnight. Older fortnights carry the hashes of the newest one, so their chain does not verify. What no measured query reads
is left out: reports and search entries of closed cases, the clocks of those before the newest fortnight, the key index of the lines.
Drop `bench_gongbi_5m` afterwards.

| what | target | floor | measured | ratio | met |
| --- | --- | --- | --- | --- | --- |
"""


def write(path: Path, rows: Sequence[dict[str, Any]], machine: str) -> None:
    """The page; rows without a target are shown without a verdict."""
    lines = [HEAD.format(machine=machine)]
    for row in rows:
        met = {True: "met", False: "**not met**", None: "—"}[row["met"]]
        lines.append(
            f"| {row['what']} | {row['target']} | {row['floor']} | {row['measured']} | {row['ratio']} | {met} |\n"
        )
    lines.append("\n## Beside the figures\n\n")
    for row in rows:
        when = f"measured {row['at']}, load average of the machine {row['load']:.1f}"
        lines.append(f"* {row['what']}: {row['note'] + '; ' if row['note'] else ''}{when}\n")
    path.write_text("".join(lines), encoding="utf-8")
