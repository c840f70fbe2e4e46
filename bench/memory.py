"""Resident memory of a web process with the whole district loaded: every sort of request has been answered before it is read.

``rss`` counts pages that the forked workers share with their master in each of them; ``pss`` shares them out.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from bench import sentences, serve
from bench.drive import Client
from bench.people import signed_in
from bench.rows import Row

TARGET = 300.0


def _megabytes(pid: int) -> tuple[float, float]:
    found: dict[str, float] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("Rss", "Pss"):
            found[name] = int(rest.split()[0]) / 1024
    return found["Rss"], found["Pss"]


def _touch(port: int) -> None:
    """What a day brings: reports with pins and with words, lists, map, search, divisions, shapes, pages."""
    dice = random.Random(5)
    staff = signed_in(port, "dispatcher")
    for number in range(60):
        client = Client(port)  # a new connection: another worker may take it
        body = sentences.report(dice)
        if number % 2:
            body = {"text": body["text"], "place_words": dice.choice(sentences.WHERE)}
        client.json("POST", "/api/reports", body, expect=201)
        lon, lat = dice.choice(sentences.points())
        client.json("GET", f"/api/locate?lon={lon}&lat={lat}")
        client.json("GET", f"/api/divisions/map?level={dice.choice(('street', 'community', 'grid'))}")
        client.json("GET", "/api/kinds")
        again = Client(port, staff.headers)
        again.cookies = dict(staff.cookies)
        again.json("GET", "/api/cases?tab=open")
        again.json("GET", "/api/cases?tab=closed&words=%E8%B7%AF%E7%81%AF")
        again.json("GET", "/api/cases/map?west=108.8&south=34.2&east=109&north=34.35")


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded."""
    sentences.points()
    with serve.product(dict(os.environ)) as (port, master):
        _touch(port)
        readings = [_megabytes(pid) for pid in serve.workers_of(master)]
        own = _megabytes(master)
    rss, pss = max(r for r, _ in readings), max(p for _, p in readings)
    return [
        Row(
            "web process with the whole district loaded",
            f"{TARGET:.0f} MB resident",
            f"{rss:.0f} MB",
            rss <= TARGET,
            note=f"the largest of {len(readings)} workers; {pss:.0f} MB when shared pages are shared out; the master {own[0]:.0f} MB",
        )
    ]
