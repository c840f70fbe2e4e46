"""The listener without a broker: which addresses it takes, what it refuses, what it does when something fails."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from paho.mqtt import client as mqtt

from gongbi.channels.devices import listening, memory
from gongbi.channels.devices.actions import taking
from gongbi.channels.devices.memory import Known


@pytest.fixture(scope="module", autouse=True)
def district() -> None:
    """None is needed."""


@pytest.mark.parametrize(
    "address",
    [
        "http://a:b@host",
        "mqtts://host:8883",
        "mqtts://user@host",
        "mqtt://user:pass@broker:1883",
        "mqtts://u:p@host:99999",
    ],
)
def test_a_broker_without_password_or_tls_is_refused(address: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        listening.broker(address)


def test_an_address_is_read() -> None:
    assert listening.broker("") is None
    assert listening.broker("mqtts://gongbi:a%40b@broker", "/ca.pem") == listening.Broker(
        "broker", 8883, "gongbi", "a@b", True, "/ca.pem"
    )
    assert listening.broker("mqtt://gongbi:x@127.0.0.1") is not None


def came(topic: str, payload: bytes = b"{}", *, retain: bool = False) -> mqtt.MQTTMessage:
    """A message as the broker hands it over."""
    made = mqtt.MQTTMessage(mid=1, topic=topic.encode())
    made.payload, made.qos, made.retain = payload, 1, retain
    return made


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (came("gongbi/+/readings"), "topic"), (came("gongbi/#"), "topic"), (came("other/gw/readings"), "topic"),
        (came("gongbi/gw/readings", b"x" * 300_000), "oversized"), (came("gongbi/gw/readings", b"\xff"), "encoding"),
        (came("gongbi/gw/readings", b'{"device": "A", "image": "x"}'), "field"), (came("gongbi/gw/A", b'{"value": 1}'), "device"),
        (came("gongbi/gw/A", b'{"value": 1}', retain=True), "retained"),
    ],
)  # fmt: skip
def test_a_bad_message_is_refused_for_its_reason(
    monkeypatch: pytest.MonkeyPatch, message: mqtt.MQTTMessage, reason: str
) -> None:
    monkeypatch.setattr(taking, "waiting", lambda: 0)
    assert [fault.reason for fault in listening.sorted_out(message, 0.0, {}).faults] == [reason]


def test_a_database_that_is_away_for_a_moment_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, ticks = threading.Event(), 0

    def tick(_lane: Any) -> int:
        nonlocal ticks
        ticks += 1
        if ticks == 1:
            raise OperationalError("database is locked")
        stop.set()
        return 0

    monkeypatch.setattr(listening, "REST", 0.0)
    monkeypatch.setattr(listening.connections, "close_all", lambda: None)
    monkeypatch.setattr(listening.Lane, "tick", tick)
    monkeypatch.setattr(listening.Lane, "close", lambda _lane: None)
    listening.run(None, client_id="test", stop=stop, now=lambda: datetime.now(UTC), pause=0.0)
    assert ticks == 2


def test_what_could_not_be_written_is_not_acknowledged_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = listening.Broker("127.0.0.1", 9, "gongbi", "x", False, "")
    intake = listening.Intake(at, client_id="test")
    acknowledged: list[int] = []
    monkeypatch.setattr(intake.client, "ack", lambda mid, _qos: acknowledged.append(mid))
    monkeypatch.setattr(memory, "current", lambda: Known(0, {}, {}))
    monkeypatch.setattr(listening, "sorted_out", lambda *_args: listening.Taken())
    written = iter([OperationalError("away"), None])

    def write(_taken: Any, at: datetime) -> None:
        if (error := next(written)) is not None:
            raise error

    monkeypatch.setattr(listening.taking, "write", write)
    intake.came.extend([came("gongbi/a/readings"), came("gongbi/b/readings")])
    with pytest.raises(OperationalError):
        intake.flush(datetime.now(UTC))
    assert ([one.topic for one in intake.came], acknowledged) == (
        ["gongbi/a/readings", "gongbi/b/readings"],
        [],
    )
    assert intake.flush(datetime.now(UTC)) == 2
    assert acknowledged == [1, 1]
    intake.close()
