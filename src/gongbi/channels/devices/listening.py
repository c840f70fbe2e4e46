"""The process of the devices: takes readings from the MQTT broker, and works the journal through (also what came over HTTP).

A message is acknowledged after it is durable in the journal. The session at the broker is persistent (fixed client id, QoS 1), so what
is sent while this process is away waits there. Kill it at any line: nothing is lost, and what is delivered twice is told apart.
"""

from __future__ import annotations

import logging
import secrets
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gongbi.channels.devices import memory, reading
from gongbi.channels.devices.actions import taking
from gongbi.channels.devices.actions.lane import Lane, LaneLost
from gongbi.channels.devices.actions.taking import Taken
from gongbi.channels.devices.memory import Entry

log = logging.getLogger("gongbi.devices")
TOPICS = "gongbi/+/+"
REST = 2.0  # seconds after something went wrong
PAUSE = 0.1  # seconds between two writings: many messages, one transaction
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and who we are there."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    authority: str  # file of the certificate authority; "": those of the system


def broker(address: str, authority: str = "") -> Broker | None:
    """Read GONGBI_MQTT (``mqtts://user:password@host:8883``) and GONGBI_MQTT_CA; None where none is configured.

    Raises ImproperlyConfigured: without TLS only to this machine, never without a password.
    """
    if not address:
        return None
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in ("mqtts", "mqtt") or not parts.hostname or port == 0:
        raise ImproperlyConfigured("GONGBI_MQTT is written mqtts://user:password@host:8883.")
    if not parts.username or not parts.password:
        raise ImproperlyConfigured("GONGBI_MQTT names no user or password: the broker must ask for both.")
    tls = parts.scheme == "mqtts"
    if not tls and parts.hostname not in _LOOPBACK:
        raise ImproperlyConfigured(f"GONGBI_MQTT goes to {parts.hostname} without TLS: write mqtts://.")
    return Broker(
        parts.hostname, port or (8883 if tls else 1883), unquote(parts.username), unquote(parts.password), tls, authority
    )  # fmt: skip


class Intake:
    """One connection to the broker. The network has a thread of its own; :meth:`flush` is called by the process's loop."""

    def __init__(self, at: Broker, *, client_id: str) -> None:
        self.came: deque[mqtt.MQTTMessage] = deque()
        self.connected = threading.Event()
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True
        )
        self.client.username_pw_set(at.user, at.password)
        if at.tls:
            self.client.tls_set(
                ca_certs=at.authority or None,
                cert_reqs=ssl.CERT_REQUIRED,
                tls_version=ssl.PROTOCOL_TLS_CLIENT,
            )
        self.client.reconnect_delay_set(min_delay=1, max_delay=30)
        self.client.on_connect = self._connected
        self.client.on_disconnect = self._disconnected
        self.client.on_message = self._message
        self.client.connect_async(at.host, at.port, keepalive=30)
        self.client.loop_start()

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            log.error("the broker refuses us", extra={"reason": str(code)})
            return
        client.subscribe(TOPICS, qos=1)
        self.connected.set()
        log.info("listening to the broker")

    def _disconnected(
        self, _client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any
    ) -> None:
        self.connected.clear()
        if code.is_failure:
            log.warning("the broker is gone; it is asked again and again", extra={"reason": str(code)})

    def _message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.came.append(message)

    def flush(self, at: datetime) -> int:
        """Make everything that came durable in one transaction, then acknowledge it. Returns how many messages."""
        messages = [self.came.popleft() for _ in range(len(self.came))]
        if not messages:
            return 0
        try:
            known = memory.current().by_number  # asked once for all: thousands of messages may have come
            taking.write([sorted_out(one, at.timestamp(), known) for one in messages], at=at)
        except Exception:
            self.came.extendleft(reversed(messages))  # not acknowledged: they are tried again
            raise
        for one in messages:
            self.client.ack(one.mid, one.qos)
        return len(messages)

    def close(self) -> None:
        """Leave; the session stays at the broker."""
        self.client.disconnect()
        self.client.loop_stop()


def sorted_out(message: mqtt.MQTTMessage, received: float, known: Mapping[str, Entry]) -> Taken:
    """What is in one message of the broker; whatever is wrong with its topic or body is a fault."""
    try:
        topic = message.topic
    except UnicodeDecodeError:
        return taking.refused("topic")
    named = reading.topic(topic)
    if named is None:
        return taking.refused("topic")
    if message.retain:
        return taking.refused("retained")
    gateway, device = named

    def speaks(entry: Entry) -> bool:
        return gateway == (entry.gateway or entry.number)

    return taking.sort_out(
        bytes(message.payload), speaks=speaks, received=received, known=known, device=device
    )


def run(
    at: Broker | None,
    *,
    client_id: str,
    stop: threading.Event,
    now: Callable[[], datetime],
    pause: float = PAUSE,
) -> None:
    """Listen and work until ``stop``. Without a broker only what comes over HTTP is worked through."""
    intake = Intake(at, client_id=client_id) if at is not None else None
    lane = Lane(secrets.token_hex(8), now)
    try:
        while not stop.is_set():
            begun = time.perf_counter()
            busy = 0
            try:
                busy = intake.flush(now()) if intake is not None else 0
                busy += lane.tick()
            except LaneLost:
                lane = Lane(lane.holder, now)  # another process works; should it end, this one takes over
            except Exception:
                # A database that is away for a moment must not end the process: the journal keeps, the broker waits.
                log.exception("the lane stumbled, and begins again")
                connections.close_all()
                lane = Lane(lane.holder, now)
                stop.wait(REST)
            left = pause - (time.perf_counter() - begun)
            if left > 0 or not busy:
                stop.wait(max(left, 0.0 if busy else pause))
    finally:
        if intake is not None:
            intake.flush(now())
            intake.close()  # what comes after this is not acknowledged, and waits at the broker
        try:
            lane.close()
        except LaneLost:
            log.info("another process has taken the lane")
