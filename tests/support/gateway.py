"""An SMS gateway as a process of its own, which fails on purpose: ``python gateway.py PORT FOLDER``.

What it does with the next requests stands in ``FOLDER/plan``, one word a line, taken from the top: ``ok`` · ``502`` · ``503`` · ``429`` ·
``400`` · ``no`` (200 that says no) · ``errcode=45009`` (200 with that field) · ``drop`` (takes it, then breaks the line) · ``hang``
(takes it, then never answers). Without a word left it takes everything. Each taken request is a line of ``FOLDER/taken``; one whose
Idempotency-Key it knows is taken, not kept again.
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(sys.argv[2])
KNOWN: set[str] = set()


class Gateway(BaseHTTPRequestHandler):
    """One request, one word of the plan."""

    def log_message(self, *words: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        plan = FOLDER / "plan"
        words = plan.read_text().split() if plan.exists() else []
        word = words.pop(0) if words else "ok"
        plan.write_text("\n".join(words))
        if word in ("502", "503", "429", "400"):
            self.send_response(int(word))
            if word == "429":
                self.send_header("Retry-After", "120")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        name, _is, number = word.partition("=")
        if word != "no" and not number:
            self._take(body)
        if word == "hang":
            time.sleep(60)
        if word in ("drop", "hang"):
            self.connection.close()
            return
        told = {name: int(number)} if number else {"code": "0" if word != "no" else "E17"}
        answer = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _take(self, body: str) -> None:
        key = self.headers.get("Idempotency-Key", "")
        if key and key in KNOWN:
            return
        KNOWN.add(key)
        line = {"key": key, "headers": dict(self.headers), "body": body}
        with (FOLDER / "taken").open("a") as file:
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Gateway).serve_forever()
