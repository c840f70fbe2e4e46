"""Ten thousand devices at one reading a second: ``python -m bench.flood HTTP|MQTT PORT KEY|AUTHORITY SECONDS``.

Prints what was sent and taken, as JSON. Over MQTT each gateway has a connection of its own (TLS, its own user) and sends the readings
of its hundred devices in one message a second, QoS 1; the next one goes out after the broker has acknowledged the one before.
"""

from __future__ import annotations

import json
import random
import socket
import ssl
import sys
import threading
import time
from typing import Any

from bench.devices import BATCH, DEVICES, GATEWAYS, LINES, gateway
from bench.drive import Client

ALARMS = {"HTTP": 0, "MQTT": 250}  # every five hundredth device from here on is in alarm all the time


def bodies(each: int, alarm: int) -> list[bytes]:
    """A second of readings, ``each`` in a message."""
    dice = random.Random(7)
    return [
        json.dumps(
            {
                "readings": [
                    {
                        "device": f"BENCH-{n:05d}",
                        "value": 60 if n % 500 == alarm else round(dice.random() * 5, 2),
                    }
                    for n in range(first, first + each)
                ]
            }
        ).encode()
        for first in range(0, DEVICES, each)
    ]


def http(port: int, key: str, seconds: float) -> dict[str, float]:
    """Batches of a key at an even pace, over some connections: a slow answer holds up no other batch."""
    batches = bodies(BATCH, ALARMS["HTTP"])
    told: list[dict[str, Any]] = []
    begun = time.perf_counter() + 0.1
    number = int(seconds * DEVICES / BATCH)

    def line(first: int) -> None:
        client = Client(port, {"X-API-Key": key})
        for turn in range(first, number, LINES):
            time.sleep(max(0.0, begun + turn * BATCH / DEVICES - time.perf_counter()))
            status, body = client.ask("POST", "/api/devices/readings", batches[turn % len(batches)])
            told.append(json.loads(body))
            if status != 202 or told[-1]["faults"]:
                raise SystemExit(f"{status}: {body[:300]!r}")

    threads = [threading.Thread(target=line, args=(first,)) for first in range(LINES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    taken, shed = (sum(one[name] for one in told) for name in ("kept", "shed"))
    return {"sent": number * BATCH, "shed": shed, "rate": taken / took, "seconds": took}


class Gateway:
    """A client of the broker that can do nothing but publish with QoS 1 (MQTT 3.1.1)."""

    def __init__(self, port: int, context: ssl.SSLContext, name: str) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self.waits = 0
        # CONNECT: protocol MQTT, level 4; user, password, clean session; a keep-alive of ten minutes.
        head = _text("MQTT") + b"\x04\xc2" + (600).to_bytes(2, "big")
        self._send(0x10, head + _text(name) + _text(name) + _text("bench-pass"))
        if self._receive(4) != b"\x20\x02\x00\x00":
            raise SystemExit(f"the broker refuses {name}")
        self.topic = _text(f"gongbi/{name}/readings")

    def publish(self, number: int, body: bytes) -> None:
        """Send one message, once the one before has been acknowledged."""
        self.settle()
        self.waits = number % 65_535 + 1
        self._send(0x32, self.topic + self.waits.to_bytes(2, "big") + body)

    def settle(self) -> None:
        """Wait for the broker's acknowledgement of what was sent last."""
        if self.waits and self._receive(4) != b"\x40\x02" + self.waits.to_bytes(2, "big"):
            raise SystemExit("the broker acknowledged something else")
        self.waits = 0

    def _send(self, kind: int, rest: bytes) -> None:
        length, left = b"", len(rest)
        while True:
            left, low = divmod(left, 128)
            length += bytes([low | 0x80 if left else low])
            if not left:
                break
        self.socket.sendall(bytes([kind]) + length + rest)

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            got = self.socket.recv(size - len(data))
            if not got:
                raise SystemExit("the broker closed the connection")
            data += got
        return data


def _text(words: str) -> bytes:
    return len(words.encode()).to_bytes(2, "big") + words.encode()


def mqtt(port: int, authority: str, seconds: float) -> dict[str, float]:
    """A hundred gateways in turn at an even pace."""
    context = ssl.create_default_context(cafile=authority)
    gateways = [Gateway(port, context, gateway(number)) for number in range(GATEWAYS)]
    messages = bodies(DEVICES // GATEWAYS, ALARMS["MQTT"])
    sent = 0
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        gateways[sent % GATEWAYS].publish(sent // GATEWAYS, messages[sent % GATEWAYS])
        sent += 1
        time.sleep(max(0.0, begun + sent / GATEWAYS - time.perf_counter()))
    for one in gateways:
        one.settle()
    took = time.perf_counter() - begun
    readings = sent * DEVICES // GATEWAYS
    return {"sent": readings, "rate": readings / took, "seconds": took}


def main() -> None:
    """Flood one of the two doors."""
    door, port, secret, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    print(json.dumps({"HTTP": http, "MQTT": mqtt}[door](port, secret, seconds)))


if __name__ == "__main__":
    main()
