"""Ten thousand devices at one reading a second: ``python -m bench.flood PORT KEY SECONDS``; prints what was taken, as JSON."""

from __future__ import annotations

import json
import random
import sys
import time

from bench.devices import BATCH, DEVICES
from bench.drive import Client


def main() -> None:
    """Send batches at an even pace; some twenty devices are in alarm all the time."""
    port, key, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    client = Client(port, {"X-API-Key": key})
    dice = random.Random(7)
    batches = []
    for first in range(0, DEVICES, BATCH):
        readings = [
            {"device": f"BENCH-{n:05d}", "value": 60 if n % 500 == 0 else round(dice.random() * 5, 2)}
            for n in range(first, first + BATCH)
        ]
        batches.append(json.dumps({"readings": readings}).encode())
    kept = shed = sent = 0
    pause = BATCH / DEVICES
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        status, body = client.ask("POST", "/api/devices/readings", batches[sent % len(batches)])
        told = json.loads(body)
        if status != 202 or told["faults"]:
            raise SystemExit(f"{status}: {body[:300]!r}")
        kept, shed, sent = kept + told["kept"], shed + told["shed"], sent + 1
        time.sleep(max(0.0, begun + sent * pause - time.perf_counter()))
    took = time.perf_counter() - begun
    print(json.dumps({"kept": kept, "shed": shed, "rate": kept / took}))


if __name__ == "__main__":
    main()
