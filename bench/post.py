"""POST a report over HTTP, everything done and durable on PostgreSQL, against a bare one-insert endpoint of the same stack.

Both are served by granian with two single-threaded workers, driven by the same client with the same number of users on loopback,
with the same ``synchronous_commit``. They take turns, so that a neighbour's load falls on both; the medians count.
"""

from __future__ import annotations

import os
import random
import statistics
from collections.abc import Callable

from bench import sentences, serve
from bench.drive import Client, Measured, together
from bench.rows import Row, ms

TARGET = 0.35
USERS = 8


def _reports(port: int) -> Callable[[int], Callable[[], None]]:
    def make(user: int) -> Callable[[], None]:
        client, dice = Client(port), random.Random(user + int.from_bytes(os.urandom(4), "big"))

        def work() -> None:
            client.json(
                "POST",
                "/api/reports",
                sentences.report(dice),
                expect=201,
                more=f"Idempotency-Key: {dice.getrandbits(96):x}\r\n",
            )

        return work

    return make


def _notes(port: int) -> Callable[[int], Callable[[], None]]:
    def make(user: int) -> Callable[[], None]:
        client, dice = Client(port), random.Random(user)

        def work() -> None:
            client.json("POST", "/api/notes", sentences.report(dice), expect=201)

        return work

    return make


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded."""
    rounds, seconds = (3, 2.0) if quick else (5, 5.0)
    environ = dict(os.environ)
    sentences.points()
    floor: list[Measured] = []
    ours: list[Measured] = []
    with serve.bare(environ) as bare, serve.product(environ) as (port, _pid):
        for _ in range(rounds):
            floor.append(together(USERS, seconds, _notes(bare)))
            ours.append(together(USERS, seconds, _reports(port)))
    with serve.product(environ, worker=True) as (port, _pid):
        house = [together(USERS, seconds, _reports(port)) for _ in range(3)]
    for measured in (*floor, *ours, *house):
        measured.check()
    floor_rate = statistics.median(m.rate for m in floor)
    rate = statistics.median(m.rate for m in ours)
    ratio = statistics.median(o.rate / f.rate for o, f in zip(ours, floor, strict=True))
    middle = statistics.median(m.quantile(0.5) for m in ours)
    late = statistics.median(m.quantile(0.99) for m in ours)
    return [
        Row(
            "POST a report over HTTP, everything done and durable, PostgreSQL",
            f"{TARGET} × a bare one-insert endpoint",
            f"{rate:.0f}/s",
            ratio >= TARGET,
            floor=f"{floor_rate:.0f}/s",
            ratio=f"{ratio:.2f} ×",
            note=f"{USERS} users; p50 {ms(middle)}, p99 {ms(late)}; while the worker delivers the outbox on the same cores: "
            f"{statistics.median(m.rate for m in house):.0f}/s",
        )
    ]
