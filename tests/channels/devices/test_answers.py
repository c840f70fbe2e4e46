"""What became of an event comes back to the devices that raised it: over the broker to their gateway, over HTTP to their key."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gongbi.cases import actions as cases
from gongbi.cases.models import Case, Report
from gongbi.channels import actions as channels
from gongbi.channels.devices.models import Device, DeviceEvent
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.tasks import work_lane
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.parties import actions as parties
from gongbi.parties.models import Unit
from tests.cases.conftest import post
from tests.channels.test_frame import events

from . import broker
from .conftest import Days
from .test_mqtt import USERS, needs_broker

__all__ = ["post"]
pytestmark = pytest.mark.django_db
Install = Callable[..., Device]
Drain = Callable[[datetime], None]


@pytest.fixture
def ended(days: Days, install: Install, drained: Drain, post: Callable[..., Viewer], now: datetime) -> Case:
    """Two detectors of one place raised one case, which was turned down."""
    install("GA-1", gateway="gw-1")
    install("GA-2", gateway="gw-1")
    days.gas(1, 30, 30)
    days.gas(30, 30, number="GA-2")
    drained(days.at)
    case = Case.objects.get()
    cases.reject(
        case_id=case.pk, viewer=post("dispatcher"), at=timezone.now(), ground="untrue", reason="测试用气"
    )
    with transaction.atomic():
        channels.tell(events())
    return case


@pytest.fixture
def key(community: str, now: datetime) -> Callable[..., str]:
    """A key of devices, for one community unless said otherwise."""

    def make(territory: str = community, channel: str = "devices") -> str:
        unit = Unit.objects.filter(kind="department").order_by("pk")[0]
        _row, secret = parties.make_key(
            name="g", unit_id=unit.pk, channel=channel, territories=(territory,), at=now - timedelta(days=1), viewer=system("test")
        )  # fmt: skip
        return secret

    return make


def ask(key: str, after: int = 0) -> Any:
    told = Client().get(f"/api/devices/answers?after={after}", headers={"X-API-Key": key})
    return told.json() if told.status_code == 200 else told.status_code


def test_a_key_reads_what_became_of_its_own_devices_and_of_no_others(
    ended: Case, key: Callable[..., str], community: str
) -> None:
    [told] = ask(key())
    assert (told["devices"], told["state"], told["closed"], told["said"]) == (
        ["GA-1", "GA-2"], "rejected", True, "测试用气"
    )  # fmt: skip
    assert told["number"] == Report.objects.get().number
    assert told["event"] == DeviceEvent.objects.get().pk
    assert ask(key(), told["id"]) == []
    other = next(one for one in ("610104001003", "610104001004") if one != community)
    assert ask(key(other)) == []
    assert ask(key(channel="net-city")) == 403
    assert ask("") == 401
    Device.objects.filter(number="GA-2").update(key="someone")
    assert [one["devices"] for one in ask(key())] == [["GA-1"]]


@needs_broker
def test_a_gateway_hears_it_once_it_is_there_again_and_a_broker_that_is_away_loses_nothing(
    ended: Case, tmp_path: Path, settings: Any
) -> None:
    source = Source.objects.get(code="devices")
    settings.MQTT = "mqtt://gongbi:x@127.0.0.1:1"
    work_lane(source.pk, "out", timezone.now)
    waiting = Outgoing.objects.get(source=source)
    assert (waiting.done_at, waiting.attempts, waiting.last_error) == (None, 1, "ConnectionRefusedError")
    with broker.running(tmp_path / "broker", USERS) as at:
        settings.MQTT, settings.MQTT_CA = at.url, str(at.authority)
        channels.deliver(source.pk, at=timezone.now() + timedelta(minutes=1))
        assert Outgoing.objects.get(source=source).answer == "published"
        assert heard(at, "gw-2") == {}
        own = heard(at, "gw-1")
    assert set(own) == {"gongbi/gw-1/answers/GA-1", "gongbi/gw-1/answers/GA-2"}
    told = own["gongbi/gw-1/answers/GA-1"]
    assert (told["device"], told["state"], told["said"], told["id"]) == (
        "GA-1",
        "rejected",
        "测试用气",
        waiting.key,
    )
    assert "gateway" not in str(told)


def heard(at: broker.Broker, gateway: str) -> dict[str, Any]:
    """What lies ready for a gateway that connects only now, by topic: all of it comes before the broker's word on what it says itself."""
    found: dict[str, Any] = {}
    ready = threading.Event()

    def came(_client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        found[message.topic] = json.loads(message.payload)

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(gateway, at.passwords[gateway])
    client.tls_set(ca_certs=str(at.authority), tls_version=ssl.PROTOCOL_TLS_CLIENT)
    client.on_message = came
    client.on_subscribe = lambda *_given: ready.set()
    client.on_connect = lambda *_given: client.subscribe("gongbi/+/answers/+", qos=1)
    client.connect("127.0.0.1", at.port)
    client.loop_start()
    assert ready.wait(10)
    client.publish("nowhere", "", qos=1).wait_for_publish(
        10
    )  # the broker throws it away, and says that it has it
    client.disconnect()
    client.loop_stop()
    return found
