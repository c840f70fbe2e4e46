"""What became of an event, told to the devices that raised it: over MQTT to their gateways, read over HTTP by everybody else's.

One message for each step that a reporter is told of. Nothing about a person is in it: the event, its devices, the state in words.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gongbi.channels.devices import queries
from gongbi.channels.devices.listening import Broker
from gongbi.channels.rules import Happening
from gongbi.kernel.scope.viewer import system

SECONDS = 10.0  # for the broker's word, all in all


def compose(happening: Happening) -> Mapping[str, Any] | None:
    """The message of one step, None where no reporter hears of it or the event is gone."""
    _word, _dash, number = happening.external.partition("-")
    found = queries.raised_by(int(number), system("devices")) if number.isdecimal() else None
    if found is None or "reporter" not in happening.notifies:
        return None
    event, devices = found
    return {
        "event": event.pk, "kind": event.kind, "place": event.place,
        "devices": [{"device": one.number, "gateway": one.gateway or one.number} for one in devices],
        "number": happening.number, "state": happening.state, "words": list(happening.words), "closed": happening.closed,
        "said": happening.said, "at": happening.at.isoformat(timespec="seconds"),
    }  # fmt: skip


def topic(device: Mapping[str, str]) -> str:
    """Where a gateway hears of its device. Four levels: nobody who sends readings to ``gongbi/+/+`` can speak here by mistake.

    >>> topic({"device": "MH-0001", "gateway": "gw-1"})
    'gongbi/gw-1/answers/MH-0001'
    """
    return f"gongbi/{device['gateway']}/answers/{device['device']}"


def publish(at: Broker, body: Mapping[str, Any], *, key: str) -> str:
    """Hand a message to the broker, for each device one, kept there for a gateway that is away; "" when it has them all, else why not."""
    told = {name: value for name, value in body.items() if name != "devices"} | {"id": key}
    messages = [
        (topic(one), json.dumps(told | {"device": one["device"]}, ensure_ascii=False))
        for one in body["devices"]
    ]
    client, welcome = mqtt.Client(CallbackAPIVersion.VERSION2), threading.Event()
    refused: list[str] = []

    def connected(_client: Any, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            refused.append(str(code))
        welcome.set()

    client.on_connect = connected
    client.username_pw_set(at.user, at.password)
    if at.tls:
        client.tls_set(ca_certs=at.authority or None, cert_reqs=ssl.CERT_REQUIRED, tls_version=ssl.PROTOCOL_TLS_CLIENT)  # fmt: skip
    try:
        client.connect(at.host, at.port, keepalive=30)
        client.loop_start()
        if not welcome.wait(SECONDS):
            return "the broker says nothing"
        return refused[0] if refused else _send(client, messages)
    except (OSError, ValueError, RuntimeError) as error:
        return type(error).__name__
    finally:
        client.disconnect()
        client.loop_stop()


def _send(client: mqtt.Client, messages: Iterable[tuple[str, str]]) -> str:
    """Each acknowledged by the broker; what it does not acknowledge in time is sent again by the lane."""
    waiting = [client.publish(where, text, qos=1, retain=True) for where, text in messages]
    for one in waiting:
        one.wait_for_publish(SECONDS)
    return "" if all(one.is_published() for one in waiting) else "the broker acknowledges nothing"
