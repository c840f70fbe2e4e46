"""SIGKILL at random moments during 1,000 submissions: every receipt that was given exists, nothing is doubled, nothing stays undone."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import sqlite3
import threading
import time
import uuid
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.support.house import House

pytestmark = [pytest.mark.process, pytest.mark.slow]
SUBMISSIONS, CLIENTS, KILLS, SEED = 1000, 8, 4, 20261123


class Sender(threading.Thread):
    """A phone with bad reception: each report is sent under one key until a receipt comes back."""

    def __init__(self, house: House, numbers: range, until: float) -> None:
        super().__init__(daemon=True)
        self.house, self.numbers, self.until = house, numbers, until
        self.receipts: dict[str, dict[str, Any]] = {}
        self.tries = self.broken = 0
        self.refused: list[str] = []

    def run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        for number in self.numbers:
            key = uuid.UUID(int=random.Random(f"{SEED}-{number}").getrandbits(128)).hex
            body = json.dumps(
                {"text": f"第{number}号楼下路灯不亮", "lon": 108.913, "lat": 34.265, "kind": "C0137"}
            )
            while time.monotonic() < self.until:
                self.tries += 1
                try:
                    connection = connection or http.client.HTTPConnection(
                        "127.0.0.1", self.house.port, timeout=10
                    )
                    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
                    connection.request("POST", "/api/reports", body.encode(), headers)
                    answer = connection.getresponse()
                    told = answer.read()
                    if answer.status == 201:
                        self.receipts[key] = json.loads(told)
                        break
                    if answer.status < 500:
                        self.refused.append(told.decode())
                        break
                except (OSError, http.client.HTTPException, ValueError):
                    connection = None
                self.broken += 1
                time.sleep(0.05)


def kill(house: House) -> None:
    """SIGKILL to all of it at once, as when the power fails; nobody is asked."""
    for number in house.processes():
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            continue
    house.kill()


def asked(house: House, statement: str) -> list[tuple[Any, ...]]:
    if house.database:
        with psycopg.connect(house.database) as server:
            return server.execute(statement).fetchall()  # type: ignore[arg-type]
    with closing(sqlite3.connect(house.var / "gongbi.sqlite3")) as file:
        return file.execute(statement).fetchall()


class Reader(threading.Thread):
    """Opens private links one after the other; ``wrong`` are those that do not open their own report."""

    def __init__(self, house: House, receipts: list[dict[str, Any]]) -> None:
        super().__init__(daemon=True)
        self.house, self.receipts = house, receipts
        self.opened = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=20)
        for told in self.receipts:
            connection.request("GET", f"/api/reports/{told['link']}")
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status == 200 and json.loads(text)["number"] == told["number"]:
                self.opened += 1
            else:
                self.wrong.append(f"{told['number']}: {answer.status} {text[:200]}")


def test_no_receipt_is_lost_and_no_case_doubled(furnished: House) -> None:
    house = furnished
    house.start()
    before = {
        name: asked(house, f"SELECT count(*) FROM {name}")[0][0] for name in ("cases_report", "cases_case")
    }
    until = time.monotonic() + 420
    step = SUBMISSIONS // CLIENTS
    senders = [Sender(house, range(n * step, (n + 1) * step), until) for n in range(CLIENTS)]
    for sender in senders:
        sender.start()
    chance = random.Random(SEED)
    met = []
    for point in sorted(chance.sample(range(SUBMISSIONS // 20, SUBMISSIONS * 9 // 10), KILLS)):
        # At a random moment after a random number of receipts has been given.
        while sum(len(sender.receipts) for sender in senders) < point:
            assert time.monotonic() < until, "the submissions do not get on"
            time.sleep(0.01)
        time.sleep(chance.random() * 0.3)
        broken = sum(sender.broken for sender in senders)
        kill(house)
        house.start()
        met.append(sum(sender.broken for sender in senders) - broken)
    for sender in senders:
        sender.join(max(1.0, until - time.monotonic()))
    receipts = {key: told for sender in senders for key, told in sender.receipts.items()}
    assert [words for sender in senders for words in sender.refused] == []
    assert len(receipts) == SUBMISSIONS
    assert all(met), f"a kill met no request: {met}"

    # Every receipt exists, with the same link, and opens its own report.
    assert len({told["number"] for told in receipts.values()}) == SUBMISSIONS
    assert len({told["link"] for told in receipts.values()}) == SUBMISSIONS
    assert len({told["case"] for told in receipts.values()}) == SUBMISSIONS
    every = list(receipts.values())
    readers = [Reader(house, every[n::CLIENTS]) for n in range(CLIENTS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(60)
    assert [words for reader in readers for words in reader.wrong] == []
    assert sum(reader.opened for reader in readers) == SUBMISSIONS
    after = {name: asked(house, f"SELECT count(*) FROM {name}")[0][0] for name in before}
    assert {name: after[name] - before[name] for name in before} == {
        "cases_report": SUBMISSIONS,
        "cases_case": SUBMISSIONS,
    }

    # Sent once more after all that, each key still gives its first receipt.
    again = Sender(house, range(0, SUBMISSIONS, SUBMISSIONS // 25), until)
    again.start()
    again.join(60)
    assert {key: told["again"] for key, told in again.receipts.items()} == dict.fromkeys(again.receipts, True)
    assert len(again.receipts) == 25
    assert all(receipts[key]["link"] == told["link"] for key, told in again.receipts.items())

    # What must follow each does follow.
    for _wait in range(600):
        waiting = asked(
            house, "SELECT count(*) FROM outbox_outboxrow WHERE done_at IS NULL AND topic LIKE 'cases.%'"
        )[0][0]
        if not waiting:
            break
        time.sleep(0.2)
    assert waiting == 0
    house.stop()
    verified = house.gongbi("ledger", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    checked = house.gongbi("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
