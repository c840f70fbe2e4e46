"""Reports of other systems, accepted for processing over HTTP: durable, the receipt sent; and drained by the worker's hand.

Two doors: Open311's form, one report a request, and a network's list, fifty a request. Served by granian with two single-threaded
workers on the cores that the clients and PostgreSQL run on, a million cases loaded. The floor is the bare one-insert endpoint of
:mod:`bench.bare`, in turns with the doors. Beside the rates stand the milliseconds of processor a request costs: a neighbour's load
does not change them.

Draining: one lane, as the worker does it, against the same words handed to ``cases.receive`` itself (triage and all).
"""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bench import sentences, serve
from bench.drive import Client, Measured, together
from bench.rows import Row, ms

TARGET = 500.0
USERS = 8
LIST = 50
DRAINED = 0.9  # of what cases take by themselves
Make = Callable[[int], Callable[[], None]]


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded."""
    rounds, seconds = (2, 2.0) if quick else (5, 5.0)
    form_key, list_key = _keys()
    sentences.points()
    environ = dict(os.environ)
    doors: dict[str, list[Door]] = {"bare": [], "form": [], "list": []}
    with serve.bare(environ) as bare, serve.product(environ) as (port, web):
        ways = (
            ("bare", _notes(bare), [web]),
            ("form", _forms(port, form_key), [web]),
            ("list", _lists(port, list_key), [web]),
        )
        for _ in range(rounds):
            for name, make, masters in ways:
                doors[name].append(_door(make, seconds, masters if name != "bare" else []))
    return [
        _row("reports of another system accepted, one a request (Open311)", doors["form"], 1, doors["bare"]),
        _row(f"reports of another system accepted, {LIST} a request", doors["list"], LIST, doors["bare"]),
        _drained(3.0 if quick else 10.0),
    ]


# ---- the doors -----------------------------------------------------------------------------------------------


@dataclass
class Door:
    """One run at one door. ``web``, ``clients``: seconds of processor while it lasted."""

    measured: Measured
    web: float
    clients: float


def _door(make: Make, seconds: float, masters: list[int]) -> Door:
    before, own = _processor(masters), time.process_time()
    measured = together(USERS, seconds, make, warm=0.5)
    measured.check()
    return Door(measured, _processor(masters) - before, time.process_time() - own)


def _processor(masters: list[int]) -> float:
    """Seconds of processor, user and system, that the workers of these masters have used."""
    ticks = 0
    for master in masters:
        for pid in serve.workers_of(master):
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _keys() -> tuple[str, str]:
    """A key for an Open311 source that answers with tokens, and one for a network; both are new each time."""
    _ready()
    from gongbi.channels import actions
    from gongbi.kernel.scope.viewer import system
    from gongbi.parties import actions as parties
    from gongbi.parties.models import Unit

    me, now, mark = system("bench"), datetime.now(UTC), os.urandom(3).hex()
    unit = Unit.objects.order_by("pk")[0]
    made = []
    for kind, settings in (("open311", {"at_once": 0}), ("net", {"strict": False})):
        code = f"bench-{kind}-{mark}"
        actions.save_source(
            code=code, name=code, kind=kind, settings=settings, viewer=me, at=now, synthetic=True
        )
        since = now - timedelta(minutes=1)
        made.append(parties.make_key(name=code, unit_id=unit.pk, channel=code, at=since, viewer=me)[1])
    _close()
    return made[0], made[1]


def _dice(user: int) -> random.Random:
    return random.Random(user + int.from_bytes(os.urandom(4), "big"))


def _notes(port: int) -> Make:
    def make(user: int) -> Callable[[], None]:
        client, dice = Client(port), _dice(user)

        def work() -> None:
            client.json("POST", "/api/notes", sentences.report(dice), expect=201)

        return work

    return make


def _forms(port: int, key: str) -> Make:
    def make(user: int) -> Callable[[], None]:
        client, dice = Client(port), _dice(user)

        def work() -> None:
            lon, lat = dice.choice(sentences.points())
            fields = {
                "api_key": key, "service_code": "C0137", "description": sentences.words(dice), "lat": lat, "long": lon,
                "external_id": f"{dice.getrandbits(96):x}",
            }  # fmt: skip
            status, told = client.ask(
                "POST",
                "/open311/v2/requests.json",
                urlencode(fields).encode(),
                "application/x-www-form-urlencoded",
            )
            if status != 200 or b"token" not in told:
                raise RuntimeError(f"{status}: {told[:200]!r}")

        return work

    return make


def _report(dice: random.Random) -> dict[str, Any]:
    lon, lat = dice.choice(sentences.points())
    return {"external": f"{dice.getrandbits(96):x}", "text": sentences.words(dice), "lon": lon, "lat": lat}


def _lists(port: int, key: str) -> Make:
    def make(user: int) -> Callable[[], None]:
        client, dice = Client(port, {"X-API-Key": key}), _dice(user)

        def work() -> None:
            reports = [_report(dice) for _ in range(LIST)]
            status, told = client.ask(
                "POST", "/api/channels/reports", json.dumps({"reports": reports}).encode()
            )
            if status != 202 or json.loads(told)["taken"] != LIST:
                raise RuntimeError(f"{status}: {told[:200]!r}")

        return work

    return make


def _row(words: str, doors: list[Door], each: int, bare: list[Door]) -> Row:
    rounds = [door.measured for door in doors]
    rate = statistics.median(one.rate for one in rounds) * each
    floor = statistics.median(one.measured.rate for one in bare)
    middle, late = (statistics.median(one.quantile(share) for one in rounds) for share in (0.5, 0.99))
    count = sum(len(one.times) for one in rounds) * each
    # What was done while it grew warm is in the processor's time and not in the count: a tenth too much at most.
    web, clients = (
        sum(door.web for door in doors) / count * 1000,
        sum(door.clients for door in doors) / count * 1000,
    )
    return Row(
        words, f"{TARGET:.0f}/s", f"{rate:.0f}/s", rate >= TARGET, floor=f"{floor:.0f}/s (a bare insert a request)",
        ratio=f"{rate / floor:.2f} ×",
        note=f"{USERS} users, durable before the answer; p50 {ms(middle)}, p99 {ms(late)} a request; processor for each report: "
        f"web {web:.2f} ms, its clients {clients:.2f} ms",
    )  # fmt: skip


# ---- draining ------------------------------------------------------------------------------------------------


def _drained(seconds: float) -> Row:
    """One lane drained in this process, in turns with the same words given to cases directly."""
    from gongbi.channels import actions
    from gongbi.channels.actions.draining import statement_of, viewer_for
    from gongbi.channels.rules import Incoming
    from gongbi.kernel.scope.viewer import system
    from gongbi.ops.warm import hooks

    for hook in hooks():
        hook()
    me, now, dice = system("bench"), datetime.now(UTC), _dice(0)
    source = actions.save_source(
        code=f"bench-drain-{os.urandom(3).hex()}", name="bench", kind="net", settings={"strict": False}, viewer=me, at=now,
        synthetic=True,
    )  # fmt: skip

    def some(count: int) -> list[Incoming]:
        return [
            Incoming(external=one["external"], text=one["text"], lon=one["lon"], lat=one["lat"], said_at=now)
            for one in (_report(dice) for _ in range(count))
        ]

    viewer = viewer_for(source)
    from gongbi.cases import actions as cases

    def by_hand() -> float:
        given = [statement_of(source, one, "", "") for one in some(BATCH)]
        began = time.perf_counter()
        for statement in given:
            cases.receive(statement, viewer=viewer, at=now)
        return BATCH / (time.perf_counter() - began)

    def by_lane() -> float:
        actions.accept_many(source, some(BATCH), viewer=me, at=now)
        began = time.perf_counter()
        taken = actions.drain(source.pk, at=now, limit=BATCH)
        return taken / (time.perf_counter() - began)

    by_hand(), by_lane()  # warm
    floor, ours = [], []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        floor.append(by_hand())
        ours.append(by_lane())
    _close()
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, floor, strict=True))
    return Row(
        "what other systems sent, drained into reports (one lane)", f"{DRAINED} × the triage rate",
        f"{statistics.median(ours):.0f}/s", ratio >= DRAINED, floor=f"{statistics.median(floor):.0f}/s (cases.receive alone)",
        ratio=f"{ratio:.2f} ×", note=f"one process, {len(ours)} rounds of {BATCH}",
    )  # fmt: skip


BATCH = 50


def _ready() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    django.setup()


def _close() -> None:
    from django.db import connections

    connections.close_all()
