"""The desk's reading at a million cases, over HTTP: queue, search, map window, one case; alone and with sixteen users at once.

Viewers are real sessions (district dispatcher, a department's handler, a street's dispatcher); every answer is checked to be 200 and not
empty. Medians over all requests of one sort.
"""

from __future__ import annotations

import itertools
import os
import random
import statistics
from collections.abc import Callable
from urllib.parse import quote

from bench import sentences, serve
from bench.drive import Broken, Client, together
from bench.people import signed_in
from bench.rows import Row, ms

ALONE, TOGETHER, USERS = 0.030, 0.150, 16
WORDS = (
    "路灯",
    "垃圾清运",
    "噪音",
    "井盖 松动",
    "违建",
    "物业 停车",
    "油烟",
    "大庆路",
    "下水道堵塞",
    "红庙坡",
)


def _paths(dice: random.Random) -> dict[str, Callable[[], str]]:
    def window() -> str:
        lon, lat = dice.choice(sentences.points())
        west, south = lon - 0.004, lat - 0.003  # what a screen shows of a few streets
        return f"/api/cases/map?west={west:.5f}&south={south:.5f}&east={west + 0.008:.5f}&north={south + 0.006:.5f}"

    return {
        "queue": lambda: (
            f"/api/cases?tab={dice.choice(('accept', 'dispatch', 'sign', 'handle', 'check', 'open', 'closed'))}"
        ),
        "queue, narrowed": lambda: f"/api/cases?tab=open&kind={dice.choice('CEH')}0&overdue=true",
        "search": lambda: (
            f"/api/cases?tab={dice.choice(('open', 'closed'))}&words={quote(dice.choice(WORDS))}"
        ),
        "map window": window,
        "whole map": lambda: "/api/cases/map?west=108.8&south=34.2&east=109&north=34.35",
    }


def _measure(clients: list[Client], name: str, seconds: float, users: int) -> tuple[float, float]:
    def make(user: int) -> Callable[[], None]:
        dice = random.Random(user)
        path = _paths(dice)[name]
        client = clients[user % len(clients)]

        def work() -> None:
            asked = path()
            status, answer = client.ask("GET", asked)
            if status != 200 or len(answer) < 2:
                raise Broken(f"{asked}: {status} {answer[:200]!r}")

        return work

    measured = together(users, seconds, make, warm=0.7)
    measured.check()
    return measured.quantile(0.5), measured.quantile(0.95)


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded."""
    seconds = 1.5 if quick else 5.0
    rows = []
    with serve.product(dict(os.environ)) as (port, _pid):
        logins = itertools.cycle(("dispatcher", "urban", "checker", "street-dispatcher"))
        clients = [signed_in(port, next(logins)) for _ in range(USERS)]
        for name in _paths(random.Random(0)):
            alone = [_measure(clients[:1], name, seconds / 3, 1)[0] for _ in range(3)]
            middle = statistics.median(alone)
            crowd, late = _measure(clients, name, seconds, USERS)
            is_target = name in ("queue", "search", "map window")
            rows.append(
                Row(
                    f"desk: {name}, over HTTP",
                    f"{ALONE * 1000:.0f} ms alone, {TOGETHER * 1000:.0f} ms at {USERS} users (medians)"
                    if is_target
                    else "—",
                    f"{ms(middle)} alone, {ms(crowd)} at {USERS}",
                    (middle <= ALONE and crowd <= TOGETHER) if is_target else None,
                    note=f"p95 at {USERS} users {ms(late)}",
                )
            )
    return rows
