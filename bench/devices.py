"""A flood of readings beside a resident: POST a report while 10,000 devices say something every second, over HTTP in batches of 500.

The web process with two workers, the worker and the devices' process run as in ``gongbi run``; the flood comes from a process of its own.
Residents come at a steady pace (20 a second), once with the flood and once without, in turns; without it is the floor. All share the
machine's cores, the flood's sender included.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from typing import Any

from bench import sentences, serve
from bench.drive import Client
from bench.ground import ROOT
from bench.rows import Row, ms

DEVICES, BATCH = 10_000, 500
TARGET = 1.5
EVERY = 0.05  # seconds between two residents


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded."""
    rounds, seconds = (3, 10.0) if quick else (4, 30.0)
    environ = dict(os.environ)
    sentences.points()
    key = _register()
    alone: list[list[float]] = []
    beside: list[list[float]] = []
    sent: list[dict[str, Any]] = []
    with (
        serve.product(environ, worker=True) as (port, _pid),
        serve.running(environ, ["gongbi.ops.cli", "devices", "listen"]),
    ):
        _residents(port, 3.0)  # warm
        for _ in range(rounds):
            alone.append(_residents(port, seconds))
            flood = subprocess.Popen(
                [sys.executable, "-m", "bench.flood", str(port), key, str(seconds + 2)],
                cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            time.sleep(1.5)
            beside.append(_residents(port, seconds))
            out, _err = flood.communicate()
            sent.append(json.loads(out.splitlines()[-1]))
    stored, alarms = _stored()  # the devices' process wrote everything down when it was stopped
    kept = sum(one["kept"] for one in sent)
    floor = statistics.median(_p99(one) for one in alone)
    late = statistics.median(_p99(one) for one in beside)
    rate = statistics.median(one["rate"] for one in sent)
    shed = sum(one["shed"] for one in sent)
    return [
        Row(
            "a resident's POST beside 10,000 devices at one reading a second, PostgreSQL, 2 cores",
            f"p99 at most {TARGET} × without them",
            f"p99 {ms(late)}",
            late <= TARGET * floor and rate >= 0.97 * DEVICES and stored == kept,
            floor=f"p99 {ms(floor)}",
            ratio=f"{late / floor:.2f} ×",
            note=f"{rate:,.0f} readings/s taken, {shed} left out, {alarms} alarms raised, {stored:,} of {kept:,} readings stored; "
            f"p50 {ms(statistics.median(statistics.median(one) for one in beside))} with, "
            f"{ms(statistics.median(statistics.median(one) for one in alone))} without",
        )
    ]


def _p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def _residents(port: int, seconds: float) -> list[float]:
    """Reports at a steady pace; how long each took."""
    client, dice = Client(port), random.Random(os.urandom(4))
    times: list[float] = []
    begun = time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        client.json(
            "POST",
            "/api/reports",
            sentences.report(dice),
            expect=201,
            more=f"Idempotency-Key: {dice.getrandbits(96):x}\r\n",
        )
        took = time.perf_counter() - now
        times.append(took)
        time.sleep(max(0.0, EVERY - took))
    return times


def _ready() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    django.setup()


def _register() -> str:
    """Ten thousand devices, and a key that speaks for them."""
    _ready()
    from django.conf import settings
    from django.db import connections
    from django.utils import timezone

    from gongbi.channels.devices.actions.register import touch
    from gongbi.channels.devices.models import Alarm, Block, Device, DeviceState, Journal
    from gongbi.kernel.scope.viewer import system
    from gongbi.parties import actions as parties
    from gongbi.parties.models import Unit

    now, district = timezone.now(), settings.DISTRICT_CODE
    Device.objects.bulk_create(
        [
            Device(
                number=f"BENCH-{n:05d}", kind="gas", place=f"bench {n // 40}", division=district, owner="bench", purpose="bench",
                sign_number="0", sign_text="bench", synthetic=True, installed_at=now,
            )
            for n in range(DEVICES)
        ],
        ignore_conflicts=True,
        batch_size=1_000,
    )  # fmt: skip
    for model in (Alarm, Block, DeviceState, Journal):
        model.objects.all().delete()
    touch()
    unit = Unit.objects.order_by("pk")[0]
    _key, secret = parties.make_key(
        name="bench",
        unit_id=unit.pk,
        channel="devices",
        at=now,
        viewer=system("bench"),
        territories=[district],
    )
    connections.close_all()
    return secret


def _stored() -> tuple[int, int]:
    """How many readings stand in the tables, and how many alarms."""
    from django.db import connections
    from django.db.models import Sum

    from gongbi.channels.devices import packing
    from gongbi.channels.devices.models import Alarm, Block, DeviceState

    blocks = Block.objects.aggregate(n=Sum("count"))["n"] or 0
    tails = sum(packing.length(bytes(tail)) for tail in DeviceState.objects.values_list("tail", flat=True))
    alarms = Alarm.objects.count()
    connections.close_all()
    return blocks + tails, alarms
