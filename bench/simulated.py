"""A district that lives as load: the actors of ``gongbi simulate`` against the running house, six hands at a time, and the wall's own line.

The house is simulated and its own (SQLite, its own folder); its clock runs so fast that the actors are never idle, so what is measured is how
many simulated minutes a minute the house keeps up with. The floor is the same house asked by the same hands for its own heartbeat, which
touches no table. What the actors cost is inside both figures.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from bench import serve
from bench.drive import Client, together
from bench.rows import Row, ms

FIRST = date(2026, 7, 14)
MATTERS, SPEED = 10_000.0, 60.0  # a district's busiest day, a minute in a second


def run(quick: bool = False) -> list[Row]:
    """Measure: a house of its own in a temporary folder; DATABASE_URL is left alone."""
    seconds = 20.0 if quick else 60.0
    with tempfile.TemporaryDirectory() as folder:
        port = serve.free_port()
        environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environ |= {"GONGBI_VAR": folder, "GONGBI_LIVE_PORT": str(serve.free_port()), "PYTHONUNBUFFERED": "1"}
        words = [
            sys.executable, "-m", "gongbi.ops.cli", "simulate", "--speed", str(SPEED), "--matters", str(MATTERS), "--first", str(FIRST),
            "--port", str(port),
        ]  # fmt: skip
        told = Path(folder) / "told.txt"
        with told.open("w") as out:
            house = subprocess.Popen(words, env=environ, stdout=out, stderr=subprocess.STDOUT)
            try:
                _wait_for(told, "lives", house)
                time.sleep(10)  # actors have begun
                before = _said(told)
                began = time.monotonic()
                waits = _looking(port, seconds)
                took = time.monotonic() - began
                after = _said(told)
            finally:
                house.terminate()
                house.wait(30)
    done = after[0] - before[0]
    return [
        Row(
            f"a simulated district of {MATTERS:,.0f} matters a day, {SPEED:.0f} × as fast, on two cores (SQLite)", "keeps up",
            f"{done / took:.1f} steps/s", after[1] < 15, floor=f"{ms(waits[1])} (the house's heartbeat beside it, p95)",
            note=f"{done} steps through the doors in {took:.0f} s, {after[1]} simulated minutes behind; heartbeat p50 {ms(waits[0])}",
        )
    ]  # fmt: skip


def _looking(port: int, seconds: float) -> tuple[float, float]:
    def make(_user: int):  # type: ignore[no-untyped-def]
        client = Client(port)

        def work() -> None:
            client.ask("GET", "/healthz")
            time.sleep(0.05)

        return work

    measured = together(1, seconds, make, warm=1.0)
    measured.check()
    return measured.quantile(0.5), measured.quantile(0.95)


def _wait_for(told: Path, word: str, house: subprocess.Popen[bytes], seconds: float = 180.0) -> None:
    until = time.monotonic() + seconds
    while word not in told.read_text():
        if house.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the simulated house did not start: {told.read_text()[-500:]}")
        time.sleep(0.3)


def _said(told: Path) -> tuple[int, int]:
    """Steps so far and minutes behind, of the last line that the actors told."""
    import re

    until = time.monotonic() + 30
    while time.monotonic() < until:
        lines = [line for line in told.read_text().splitlines() if "said " in line]
        if lines:
            numbers = [
                int(one)
                for one in re.findall(r"(?:said|accepted|dispatched|handled|closed|judged) (\d+)", lines[-1])
            ]
            behind = re.search(r"(\d+) min behind", lines[-1])
            return sum(numbers), int(behind[1]) if behind else 0
        time.sleep(0.5)
    raise RuntimeError("the actors told nothing")
