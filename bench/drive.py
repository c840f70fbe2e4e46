"""The load generator: plain sockets, kept open, one thread for each user; as little work of its own as Python allows.

It runs on the same cores as what it measures, so what it costs is inside every figure; floor and product are driven by the
same code.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Broken(Exception):
    """The server answered what it should not have."""


class Idle(Exception):
    """The server ended the connection before this request."""


class Client:
    """One kept-open connection, with cookies and standing headers."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self.port = port
        self.headers = headers or {}
        self.cookies: dict[str, str] = {}
        self._connect()

    def _connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json", more: str = ""
    ) -> tuple[int, bytes]:
        """One request, one answer: (status, body)."""
        lines = [
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Length: {len(body)}\r\n"
        ]
        if body:
            lines.append(f"Content-Type: {kind}\r\n")
        lines += [f"{name}: {value}\r\n" for name, value in self.headers.items()]
        if self.cookies:
            lines.append(
                "Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()) + "\r\n"
            )
        lines += [more, "\r\n"]
        message = "".join(lines).encode() + body
        try:
            self.socket.sendall(message)
            return self._answer()
        except (Idle, BrokenPipeError, ConnectionResetError):
            self._connect()  # as browsers do: the server has ended a connection that was idle
            self.socket.sendall(message)
            return self._answer()

    def _answer(self) -> tuple[int, bytes]:
        data = self.rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            got = self.socket.recv(65536)
            if not got:
                raise Broken("the server closed the connection") if data else Idle
            data += got
        head = data[:end].decode("latin-1")
        status = int(head[9:12])
        length, chunked = 0, False
        for line in head.split("\r\n")[1:]:
            name, _, value = line.partition(": ")
            name = name.lower()
            if name == "content-length":
                length = int(value)
            elif name == "transfer-encoding":
                chunked = "chunked" in value
            elif name == "set-cookie":
                cookie, _, _rest = value.partition(";")
                key, _, text = cookie.partition("=")
                self.cookies[key.strip()] = text
        body = data[end + 4 :]
        if chunked:
            return status, self._chunks(body)
        while len(body) < length:
            body += self.socket.recv(65536)
        self.rest = body[length:]
        return status, body[:length]

    def _chunks(self, data: bytes) -> bytes:
        whole = b""
        while True:
            while (end := data.find(b"\r\n")) < 0 or len(data) < end + 4 + int(data[:end], 16):
                got = self.socket.recv(65536)
                if not got:
                    raise Broken("the server closed the connection")
                data += got
            size = int(data[:end], 16)
            whole, data = whole + data[end + 2 : end + 2 + size], data[end + 4 + size :]
            if not size:
                self.rest = data
                return whole

    def json(self, method: str, path: str, body: Any = None, *, expect: int = 200, more: str = "") -> Any:
        """As :meth:`ask` with JSON in and out; Broken for another status."""
        status, answer = self.ask(method, path, b"" if body is None else json.dumps(body).encode(), more=more)
        if status != expect:
            raise Broken(f"{method} {path}: {status} {answer[:300].decode(errors='replace')}")
        return json.loads(answer) if answer else None


@dataclass
class Measured:
    """What a run gave: seconds of each piece of work, in order of their ends, and how long all took."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    errors: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds if self.seconds else 0.0

    def check(self) -> None:
        """Raise Broken when a piece of work failed: a figure must not be made of errors."""
        if self.errors:
            raise Broken(f"{len(self.errors)} pieces failed, the first: {self.errors[0]}")

    def quantile(self, share: float) -> float:
        """Seconds that this share of the pieces took at most."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def together(
    users: int, seconds: float, make: Callable[[int], Callable[[], None]], *, warm: float = 1.0
) -> Measured:
    """``users`` threads repeat their work for ``seconds`` after ``warm`` seconds that are not counted.

    ``make(user)`` gives the user's piece of work. Only pieces that begin and end inside the window count.
    """
    result = Measured()
    lock = threading.Lock()
    works = [make(user) for user in range(users)]
    begin = time.perf_counter() + warm
    end = begin + seconds

    def user(work: Callable[[], None]) -> None:
        own: list[float] = []
        while (started := time.perf_counter()) < end:
            try:
                work()
            except (Broken, OSError) as error:
                with lock:
                    result.errors.append(str(error))
                if len(result.errors) > 20:
                    return
                continue
            stopped = time.perf_counter()
            if started >= begin and stopped <= end:
                own.append(stopped - started)
        with lock:
            result.times += own

    threads = [threading.Thread(target=user, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.seconds = seconds
    return result
