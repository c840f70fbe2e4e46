"""A flood of readings beside a resident: POST a report while 10,000 devices say something every second, over HTTP and over MQTT.

The web process with two workers, the worker, the devices' process and Mosquitto (TLS, passwords, set up as docs/devices.md says) run
as in ``gongbi run``; the flood comes from a process of its own. Residents come at a steady pace, 20 a second, whether the one before
was answered or not: a report's time counts from the moment at which it was due, so that a stall is seen by all who came in it. Each
flood lasts longer than a minute, so that the devices' minute of writing falls into it; without a flood is the floor. All share the
machine's cores, flood and broker included.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import sentences, serve
from bench.drive import Client
from bench.ground import ROOT
from bench.rows import Row, ms

DEVICES, GATEWAYS, BATCH = (
    10_000,
    100,
    500,
)  # readings a message over HTTP; over MQTT each gateway's own in one
TARGET = 1.5
EVERY, LINES = (
    0.05,
    4,
)  # seconds between two residents; connections of the residents, and of the flood over HTTP


@dataclass
class Flood:
    """What one flood did: to residents (seconds), to the devices' process (bytes; share of a core), and what became of it."""

    begun: datetime
    late: list[float] = field(default_factory=list)
    sent: dict[str, Any] = field(default_factory=dict)
    memory: tuple[int, int] = (0, 0)
    busy: float = 0.0


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded."""
    from django.utils import timezone

    from tests.channels.devices import broker

    calm, seconds = (10.0, 15.0) if quick else (15.0, 62.0)
    sentences.points()
    key = _register()
    users = dict.fromkeys(("gongbi", *map(gateway, range(GATEWAYS))), "bench-pass")
    alone: list[float] = []
    floods: dict[str, Flood] = {}
    with tempfile.TemporaryDirectory() as folder, broker.running(Path(folder), users) as at:
        environ = {**os.environ, "GONGBI_MQTT": at.url, "GONGBI_MQTT_CA": str(at.authority)}
        with (
            serve.product(environ, worker=True) as (port, _web),
            serve.running(environ, ["gongbi.ops.cli", "devices", "listen"]) as listener,
        ):
            _residents(port, 3.0)  # warm
            for name, where, secret in (("HTTP", port, key), ("MQTT", at.port, str(at.authority))):
                alone += _residents(port, calm)
                floods[name] = _flooded(name, where, secret, listener, port, seconds)
    # The devices' process wrote everything down when it was stopped.
    ends = [*(flood.begun for flood in floods.values()), timezone.now()][1:]
    became = {name: _became(flood, until) for (name, flood), until in zip(floods.items(), ends, strict=True)}
    became["MQTT"]["shed"] -= floods["HTTP"].sent["shed"]  # counted for both doors together
    became["HTTP"]["shed"] = floods["HTTP"].sent["shed"]
    _clear()
    return [_row(name, flood, alone, became[name]) for name, flood in floods.items()]


def gateway(number: int) -> str:
    """Which user of the broker speaks for devices ``number`` × 100 and the next ninety-nine."""
    return f"bench-{number:03d}"


def _flooded(name: str, where: int, secret: str, listener: int, port: int, seconds: float) -> Flood:
    from django.utils import timezone

    done = Flood(begun=timezone.now())
    with subprocess.Popen(
        [sys.executable, "-m", "bench.flood", name, str(where), secret, str(seconds + 2)],
        cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        time.sleep(1.5)
        before, worked = _resident_bytes(listener), _worked(listener)
        done.late = _residents(port, seconds)
        done.memory = before, _resident_bytes(listener)
        done.busy = (_worked(listener) - worked) / seconds
        out, _err = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the flood over {name} ended with status {process.returncode}")
    done.sent = json.loads(out.splitlines()[-1])
    return done


def _row(name: str, flood: Flood, alone: list[float], became: dict[str, Any]) -> Row:
    floor, late, rate = _p99(alone), _p99(flood.late), flood.sent["rate"]
    shed, whole = became["shed"], flood.sent["sent"] == became["stored"] + became["shed"]
    grown = flood.memory[1] - flood.memory[0]
    doors = {
        "HTTP": f"{BATCH} readings a message",
        "MQTT": f"{GATEWAYS} gateways, one message a second each, TLS",
    }
    return Row(
        f"a resident's POST beside 10,000 devices at one reading a second over {name}, PostgreSQL, 2 cores",
        f"p99 at most {TARGET} × without them",
        f"p99 {ms(late)}",
        late <= TARGET * floor and rate >= 0.97 * DEVICES and whole,
        floor=f"p99 {ms(floor)}",
        ratio=f"{late / floor:.2f} ×",
        note=f"{doors[name]}; {rate:,.0f} readings/s taken, {shed:,} left out, {became['stored']:,} of "
        f"{flood.sent['sent']:,} stored; {became['alarms']} alarms raised, the slowest {became['slowest']:.1f} s after its reading; "
        f"devices' process {flood.busy:.0%} of a core, {flood.memory[1] / 1e6:.0f} MB, {grown / 1e6:+.0f} MB in the flood; residents' p50 "
        f"{ms(statistics.median(flood.late))} with, {ms(statistics.median(alone))} without",
    )  # fmt: skip


def _p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


def _resident_bytes(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def _worked(process: int) -> float:
    """Seconds of a processor."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _residents(port: int, seconds: float) -> list[float]:
    """Reports at a steady pace over some lines; how long after it was due each was answered."""
    times: list[float] = []
    errors: list[BaseException] = []
    begun = time.perf_counter() + 0.1
    number = int(seconds / EVERY)

    def line(first: int) -> None:
        client, dice = Client(port), random.Random(os.urandom(4))
        try:
            for turn in range(first, number, LINES):
                due = begun + turn * EVERY
                time.sleep(max(0.0, due - time.perf_counter()))
                more = f"Idempotency-Key: {dice.getrandbits(96):x}\r\n"
                client.json("POST", "/api/reports", sentences.report(dice), expect=201, more=more)
                times.append(time.perf_counter() - due)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=line, args=(first,)) for first in range(LINES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return times


def _ready() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    django.setup()


def _clear() -> None:
    """No device of a bench, and nothing that any has said."""
    from django.db import connections

    from gongbi.channels.devices.actions.register import touch
    from gongbi.channels.devices.models import Alarm, Block, Device, DeviceEvent, DeviceState, Journal, Tally

    for model in (Alarm, Block, DeviceState, DeviceEvent, Journal, Tally):
        model.objects.all().delete()
    Device.objects.filter(number__startswith="BENCH-").delete()
    touch()
    connections.close_all()


def _register() -> str:
    """Ten thousand devices behind a hundred gateways, and a key that speaks for them."""
    _ready()
    from django.conf import settings
    from django.db import connections
    from django.utils import timezone

    from gongbi.channels.devices.actions.register import touch
    from gongbi.channels.devices.models import Device
    from gongbi.kernel.scope.viewer import system
    from gongbi.parties import actions as parties
    from gongbi.parties.models import Unit

    now, district = timezone.now(), settings.DISTRICT_CODE
    _clear()
    Device.objects.bulk_create(
        [
            Device(
                number=f"BENCH-{n:05d}", kind="gas", place=f"bench {n // 40}", division=district, owner="bench", purpose="bench",
                sign_number="0", sign_text="bench", gateway=gateway(n * GATEWAYS // DEVICES), synthetic=True, installed_at=now,
            )
            for n in range(DEVICES)
        ],
        batch_size=1_000,
    )  # fmt: skip
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


def _became(flood: Flood, until: datetime) -> dict[str, Any]:
    """What stands in the tables of a flood: readings, alarms and how late the slowest was told. What was left out is counted
    for all doors together."""
    from django.db import connections

    from gongbi.channels.devices import packing
    from gongbi.channels.devices.models import Block, DeviceEvent, DeviceState, Tally

    # A reading without a time of its own is dated back by its place in the message, so a batch begins before it was sent.
    first, last = flood.begun.timestamp() * 1000 - BATCH, until.timestamp() * 1000 - BATCH
    stored = 0
    for data in (
        *Block.objects.values_list("data", flat=True).iterator(),
        *DeviceState.objects.values_list("tail", flat=True).iterator(),
    ):
        stored += sum(first <= at < last for at, _value in packing.readings(bytes(data)))
    told = [
        (told - begun).total_seconds()
        for begun, told in DeviceEvent.objects.filter(
            first_at__gte=flood.begun, first_at__lt=until
        ).values_list("first_at", "told_at")
        if told is not None
    ]
    shed = sum(Tally.objects.filter(reason="shed").values_list("count", flat=True))
    connections.close_all()
    return {"stored": stored, "shed": shed, "alarms": len(told), "slowest": max(told, default=float("nan"))}
