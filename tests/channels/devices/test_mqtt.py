"""Readings through a real Mosquitto with TLS and passwords: nothing is lost when the listener is killed, and nobody speaks for others."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gongbi.channels.devices import actions, queries
from gongbi.channels.devices.models import Alarm, Device, Journal, Lane, Tally
from gongbi.channels.models import Arrival
from gongbi.kernel.scope.viewer import system

from . import broker
from .conftest import row

ROOT = Path(__file__).resolve().parents[3]
USERS = {"gongbi": "listener-pass", "gw-1": "first-pass", "gw-2": "second-pass"}
needs_broker = pytest.mark.skipif(
    broker.PROGRAM is None, reason="mosquitto is not installed here (apt-get install mosquitto)"
)


@contextmanager
def speaking(at: broker.Broker, user: str, password: str = "") -> Iterator[mqtt.Client]:
    """A gateway that is connected."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{user}")
    client.username_pw_set(user, password or at.passwords[user])
    client.tls_set(ca_certs=str(at.authority), tls_version=ssl.PROTOCOL_TLS_CLIENT)
    answered = threading.Event()
    codes: list[Any] = []

    def connected(_client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        codes.append(code)
        answered.set()

    client.on_connect = connected
    client.connect("127.0.0.1", at.port)
    client.loop_start()
    assert answered.wait(60)
    client.codes = codes  # type: ignore[attr-defined]
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def tell(client: mqtt.Client, topic: str, body: Any, *, retain: bool = False) -> None:
    """Publish and wait for the broker's word."""
    client.publish(topic, json.dumps(body), qos=1, retain=retain).wait_for_publish(60)


def environment(at: broker.Broker, var: Path) -> dict[str, str]:
    """Of a process of ours that works on this test's database."""
    given = connections["default"].settings_dict
    url = f"sqlite:///{given['NAME']}"
    if connections["default"].vendor == "postgresql":
        url = (
            f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
        )
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("GONGBI_", "PYTEST_"))}
    return keep | {
        "DATABASE_URL": url, "GONGBI_VAR": str(var), "GONGBI_MQTT": at.url, "GONGBI_MQTT_CA": str(at.authority), "GONGBI_LOG": "json",
    }  # fmt: skip


@contextmanager
def listener(at: broker.Broker, var: Path, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """``gongbi devices listen`` as a process, once it is connected."""
    log = var / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gongbi.ops.cli", "devices", "listen"],
            cwd=ROOT, env=environment(at, var), stdout=out, stderr=out, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        wait(lambda: "listening to the broker" in log.read_text(errors="replace"), log)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def wait(until: Callable[[], bool], log: Path | None = None, seconds: float = 120) -> None:
    """Wait for something that other processes do."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, (
            log.read_text(errors="replace")[-3000:] if log is not None else "too late"
        )
        time.sleep(0.05)


@needs_broker
@pytest.mark.process
def test_a_killed_listener_loses_nothing_and_nobody_speaks_for_another(
    own_database: str, tmp_path: Path, now: datetime, community: str
) -> None:
    for number in ("GA-1", "GA-2"):
        actions.keep(number, row(community, gateway="gw-1"), viewer=system("test"), at=now, synthetic=True)
    device = Device.objects.get(number="GA-1")
    begun = time.time() - 500

    def reading(n: int) -> dict[str, Any]:
        return {"device": "GA-1", "value": 50 if 60 <= n < 70 else 1, "at": begun + 4 * n, "seq": n}

    var = tmp_path / "var"
    var.mkdir()
    with broker.running(tmp_path / "broker", USERS) as at, speaking(at, "gw-1") as first:
        with listener(at, var, "one") as process:
            for n in range(40):
                tell(first, "gongbi/gw-1/readings", {"readings": [reading(n)]})
            wait(lambda: Journal.objects.exists(), var / "one.log")
            os.kill(process.pid, signal.SIGKILL)  # without a word
            process.wait(10)
        Lane.objects.update(until=None)  # its lease would end by itself, in ten seconds
        for n in range(40, 80):
            tell(
                first,
                "gongbi/gw-1/GA-1",
                {key: value for key, value in reading(n).items() if key != "device"},
            )
        with speaking(at, "gw-2") as second, speaking(at, "gw-1", "wrong-pass") as nobody:
            assert nobody.codes[0].is_failure  # type: ignore[attr-defined]
            tell(
                second, "gongbi/gw-1/readings", [reading(999)]
            )  # the broker lets it write below its own name only
            tell(
                second, "gongbi/gw-2/readings", [reading(998)]
            )  # and we let it speak for its own devices only
            tell(second, "gongbi/gw-2/a", b"\x00".decode())
            tell(second, "gongbi/gw-2/readings", [reading(997)], retain=True)
            with pytest.raises(ValueError, match="topic"):
                second.publish("gongbi/+/readings", "{}", qos=1)
        with listener(at, var, "two") as process:
            for n in range(80, 100):
                tell(first, "gongbi/gw-1/readings", [reading(n), reading(n)])
            tell(first, "gongbi/gw-1/readings", [{"device": "GA-2", "value": 1, "seq": 1}])
            tell(
                first, "gongbi/gw-1/readings", [{"device": "GA-2", "value": 1000}]
            )  # the last one: when it is refused, all came
            wait(lambda: Alarm.objects.filter(ended_at__isnull=False).exists(), var / "two.log")
            wait(lambda: Tally.objects.filter(reason="range").exists(), var / "two.log")
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    found = queries.readings(device.pk, system("test"))
    assert [ms for ms, _value in found] == [round((begun + 4 * n) * 1000) for n in range(100)]
    assert Journal.objects.count() == 0
    assert Alarm.objects.count() == Arrival.objects.count() == 1
    counts = {one.reason: one.count for one in Tally.objects.all()}
    assert counts["key"] == 2
    assert counts["shape"] == 1
    assert counts["repeated"] >= 20
