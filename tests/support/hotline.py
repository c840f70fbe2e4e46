"""A municipal hotline for tests, in a process of its own, that misbehaves on purpose: ``python -m tests.support.hotline PORT SEED …``.

It keeps orders, sends them (with duplicates, out of order, with changed words, with a wrong signature), takes messages (slowly, with
errors 500, or taking a message and then hanging up), changes its mind (cancels, calls back) and tells what it believes. What it does
is decided by a seeded generator. It knows of Gongbi only what docs/hotline.md says: the signature is written here once more, from the
standard library, so that both sides do not share a mistake.

Tests steer it over its own port: POST /control/orders {n}, /control/storm {on}, /control/push, /control/plant {...}; GET /control/state.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import http.client
import json
import random
import socket
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LOCAL = timezone(timedelta(hours=8))
TEXTS = (
    "路灯不亮，夜里看不清路", "井盖破损，有坠落危险", "垃圾堆了三天没人清运", "楼下烧烤油烟扰民", "人行道地砖破损绊人",
    "小区门口共享单车堵路", "树枝遮挡红绿灯", "公厕没有水",
)  # fmt: skip


def sign(
    key: str, method: str, path: str, body: bytes, nonce: str, algorithm: str, when: int
) -> dict[str, str]:
    """The headers, after docs/hotline.md, with Python's own hashes."""
    name = {"HMAC-SHA256": "sha256", "HMAC-SM3": "sm3"}[algorithm]
    text = "\n".join((method, path, str(when), nonce, hashlib.new(name, body).hexdigest()))
    made = hmac.new(key.encode(), text.encode(), name).hexdigest()
    return {
        "X-Hotline-Algorithm": algorithm, "X-Hotline-Time": str(when), "X-Hotline-Nonce": nonce, "X-Hotline-Signature": made
    }  # fmt: skip


class Hotline:
    """What it knows and does. One lock: a test's counterpart need not be quick."""

    def __init__(self, ours: str, key: str, algorithm: str, seed: int) -> None:
        self.ours, self.key, self.algorithm = urlsplit(ours), key, algorithm
        self.chance, self.lock = random.Random(seed), threading.RLock()
        self.orders: dict[str, dict[str, Any]] = {}
        self.believed: dict[str, dict[str, Any]] = {}
        self.queue: list[dict[str, Any]] = []  # what is still to be pushed
        self.news: list[dict[str, Any]] = []  # what is pulled
        self.seen: dict[str, int] = {}  # ids of messages that came, and how often
        self.heard: list[dict[str, Any]] = []  # each of them once
        self.files: dict[str, bytes] = {}
        self.refused: list[Any] = []
        self.storm, self.down, self.nonce = False, False, 0

    def make(self, count: int, start: int, pull: bool, more: dict[str, Any]) -> list[str]:
        now, numbers = datetime.now(LOCAL), []
        for place in range(start, start + count):
            number = f"XA-{now:%Y%m%d}-{place:06d}"
            order = {
                "type": "order", "number": number, "version": 1, "kind": "complain", "urgency": "ordinary",
                "title": f"第{place}号诉求", "text": f"{TEXTS[place % len(TEXTS)]}（{place}）", "place": f"测试路{place}号", "lon": 108.913, "lat": 34.265,
                "said_at": now.isoformat(), "sent_at": now.isoformat(), "anonymous": True,
                "due": (now + timedelta(days=7)).replace(second=0, microsecond=0).isoformat(),
                **more,
            }  # fmt: skip
            self.put(order)
            numbers.append(number)
            (self.news if pull else self.queue).append(dict(order))
        return numbers

    def put(self, order: dict[str, Any]) -> None:
        words = "\n".join((order["title"], order["text"], order["place"]))
        self.orders[order["number"]] = order
        before = self.believed.get(order["number"], {})
        self.believed[order["number"]] = {
            "number": order["number"], "version": order["version"], "standing": before.get("standing", "sent"), "due": order["due"],
            "text_digest": hashlib.sha256(words.encode()).hexdigest(), "answer_digest": before.get("answer_digest", ""),
            "sent_at": order["sent_at"], "at": before.get("at", ""),
        }  # fmt: skip

    def change(self, number: str) -> None:
        order = dict(self.orders[number])
        order["version"] += 1
        order["text"] += f"。补充：第{order['version']}次来电说仍未解决"
        self.put(order)
        self.queue.append(order)

    def push(self) -> int:
        """Send what waits. In a storm: doubled, shuffled, some with a broken signature first; all of it arrives in the end."""
        with self.lock:
            waiting, self.queue = self.queue, []
        if self.storm:
            waiting += [dict(one) for one in waiting if self.chance.random() < 0.6]
            self.chance.shuffle(waiting)
        sent = 0
        while waiting:
            size = self.chance.randint(1, 4) if self.storm else 50
            part, waiting = waiting[:size], waiting[size:]
            if self.storm and self.chance.random() < 0.3:
                self.send(part, spoil=True)
            answer = self.send(part)
            if answer is None:
                with self.lock:
                    self.queue += part
                continue
            sent += len(part)
            for result in answer["results"]:
                if "refused" in result:
                    self.refused.append(result)
                elif self.believed[result["number"]]["standing"] == "sent":
                    self.believed[result["number"]]["standing"] = "received"
        return sent

    def send(self, part: list[dict[str, Any]], spoil: bool = False) -> Any:
        body = json.dumps({"messages": part}, ensure_ascii=False).encode()
        path = self.ours.path.rstrip("/") + "/messages"
        with self.lock:
            self.nonce += 1
            nonce = f"nonce-{self.nonce:08d}-{self.chance.getrandbits(32):08x}"
        headers = sign(self.key, "POST", path, body, nonce, self.algorithm, int(time.time()))
        if spoil:
            body = body.replace(b"order", b"0rder", 1)
        line = http.client.HTTPConnection(self.ours.hostname or "", self.ours.port, timeout=20)
        try:
            line.request("POST", path, body, {"Content-Type": "application/json", **headers})
            answer = line.getresponse()
            content = answer.read()
            return json.loads(content) if answer.status == 200 else None
        except OSError:
            return None
        finally:
            line.close()

    def hear(self, message: dict[str, Any]) -> dict[str, Any]:
        """Take one message over, once by its id; an older one never overtakes a newer one."""
        number, identity = message["number"], message["id"]
        again = identity in self.seen
        self.seen[identity] = self.seen.get(identity, 0) + 1
        known = self.believed.get(number)
        if known is None:
            return {"number": number, "refused": "unknown"}
        self.heard += [] if again else [message]
        if not again and message.get("standing") and message["at"] >= known["at"]:
            known["standing"], known["at"] = message["standing"], message["at"]
            if message["type"] == "result":
                known["answer_digest"] = hashlib.sha256(message["answer"].encode()).hexdigest()
        return {"number": number, "fate": "again" if again else "done"}


def handler(hotline: Hotline) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def tell(self, status: int, value: Any) -> None:
            body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def holds(self, body: bytes) -> bool:
            given = {
                name: self.headers.get(name, "")
                for name in ("X-Hotline-Time", "X-Hotline-Nonce", "X-Hotline-Signature")
            }
            if hotline.down or not given["X-Hotline-Time"].isdecimal():
                return False
            made = sign(
                hotline.key, self.command, self.path, body, given["X-Hotline-Nonce"], hotline.algorithm, int(given["X-Hotline-Time"])
            )  # fmt: skip
            return hmac.compare_digest(made["X-Hotline-Signature"], given["X-Hotline-Signature"])

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/control/state":
                known = {name: getattr(hotline, name) for name in ("believed", "seen", "refused", "heard")}
                self.tell(200, known | {"queue": len(hotline.queue)})
            elif not self.holds(b""):
                self.tell(503 if hotline.down else 401, {"error": "signature"})
            elif parts.path == "/api/messages":
                after = int(query.get("after") or 0)
                self.tell(200, {"messages": hotline.news[after : after + 20], "next": str(min(after + 20, len(hotline.news)))})  # fmt: skip
            elif parts.path == "/api/orders":
                self.tell(200, {"orders": sorted(hotline.believed.values(), key=lambda one: one["number"]), "next": ""})  # fmt: skip
            elif parts.path.startswith("/api/orders/"):
                found = hotline.orders.get(unquote(parts.path[12:]))
                self.tell(200 if found else 404, found or {"error": "no such order"})
            elif parts.path.startswith("/api/attachments/"):
                content = hotline.files.get(parts.path[17:])
                self.tell(200 if content else 404, content or b"")
            else:
                self.tell(404, {"error": "no such address"})

        def do_POST(self) -> None:
            body = self.body()
            if self.path.startswith("/control/"):
                with hotline.lock:
                    told = control(hotline, self.path[9:], json.loads(body or b"{}"))
                self.tell(200, told if told is not None else {"sent": hotline.push()})
                return
            if not self.holds(body):
                self.tell(503 if hotline.down else 401, {"error": "signature"})
                return
            with hotline.lock:
                luck = hotline.chance.random() if hotline.storm else 1.0
                if luck < 0.15:  # breaks before it took anything
                    self.tell(500, {"error": "broken"})
                    return
                results = [hotline.hear(one) for one in json.loads(body)["messages"]]
            if luck < 0.3:  # took it and hangs up without a word
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if luck < 0.35:
                time.sleep(1.2)
            self.tell(200, {"results": results})

    return Handler


def control(hotline: Hotline, what: str, given: dict[str, Any]) -> Any:
    """What a test asks for; None: push."""
    if what == "orders":
        return {
            "numbers": hotline.make(
                given["count"], given.get("start", 1), given.get("pull", False), given.get("more", {})
            )
        }
    if what == "storm":
        hotline.storm = given["on"]
    elif what == "down":
        hotline.down = given["on"]
    elif what == "change":
        hotline.change(given["number"])
    elif what == "say":
        hotline.queue.append(given)
        if given["type"] == "cancel":
            hotline.believed[given["number"]]["standing"] = "cancelled"
    elif what == "file":
        hotline.files[given["id"]] = bytes.fromhex(given["hex"])
        hotline.orders[given["number"]]["attachments"] = [given["attachment"]]
        hotline.news.append(hotline.orders[given["number"]] | {"version": 2})
        hotline.put(hotline.orders[given["number"]] | {"version": 2})
    elif what == "plant":  # believe something else about an order, or forget it
        if given.get("forget"):
            del hotline.believed[given["number"]]
        else:
            hotline.believed[given["number"]] |= given["believe"]
    elif what == "push":
        return None
    return {"done": what}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("ours")
    parser.add_argument("--key", required=True)
    parser.add_argument("--algorithm", default="HMAC-SHA256")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    hotline = Hotline(given.ours, given.key, given.algorithm, given.seed)
    server = ThreadingHTTPServer(("127.0.0.1", given.port), handler(hotline))
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
