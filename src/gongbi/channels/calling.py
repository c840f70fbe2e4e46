"""Asking a counterpart over HTTP, with an end to the whole of it: whoever hangs, drips or redirects costs so many seconds and no more."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urlencode, urlsplit

from gongbi.channels.rules import Outcome

MOST_ANSWER = 20_000_000  # bytes
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # a later attempt may succeed
_CHUNK = 65_536


class Unanswered(Exception):
    """No answer came: nobody there, the line broke, too slow, too much. ``too_much``: asked again it would not be less."""

    def __init__(self, why: str, *, too_much: bool = False) -> None:
        super().__init__(why)
        self.too_much = too_much


@dataclass(frozen=True, slots=True)
class Answer:
    """What they said, whatever the status."""

    status: int
    content: bytes
    after: int = 0  # s that they ask us to wait (Retry-After)

    @property
    def text(self) -> str:
        """Its beginning, for a person."""
        return self.content[:300].decode(errors="replace")

    @property
    def outcome(self) -> Outcome:
        """What became of a message that was answered so; a redirect is an address that nobody agreed on."""
        if 200 <= self.status < 300:
            return Outcome(True, answer=str(self.status))
        return Outcome(
            False, error=f"{self.status} {self.text}", again=self.status in PASSING, after=self.after
        )


def form(fields: Mapping[str, str]) -> tuple[bytes, Mapping[str, str]]:
    """A form as body and header."""
    return urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"}


def call(
    method: str,
    url: str,
    *,
    seconds: float,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    most: int = MOST_ANSWER,
) -> Answer:
    """One request, one answer, over within ``seconds``. No redirect is followed. Raises Unanswered."""
    parts, end = urlsplit(url), monotonic() + seconds
    name = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    line = http.client.HTTPConnection(name, port)
    line.default_port = 443 if secure else 80  # so that the host is named as others name it
    try:
        try:
            plain = _connected(name, port, end)
        except OSError as error:
            raise Unanswered(f"not reached: {type(error).__name__}") from error
        with plain, _ended(plain, end):
            sock = ssl.create_default_context().wrap_socket(plain, server_hostname=name) if secure else plain
            with sock:
                line.sock = sock
                given = {"Connection": "close", **(headers or {})}
                line.request(method, path, body or None, given)
                answer = line.getresponse()
                content = _read(answer, most)
    except (OSError, http.client.HTTPException, ValueError) as error:
        late = monotonic() >= end
        raise Unanswered(
            "the answer took too long" if late else f"{type(error).__name__}: {error}"
        ) from error
    finally:
        line.close()
    if monotonic() >= end:
        raise Unanswered("the answer took too long")
    if answer.length:
        raise Unanswered("the answer was cut short")
    after = answer.headers.get("Retry-After", "")
    return Answer(answer.status, content, int(after) if after.isdecimal() and len(after) < 7 else 0)


def _connected(name: str, port: int, end: float) -> socket.socket:
    """A connection to the first of their addresses that takes one in time."""
    problem: OSError = OSError("no address")
    for family, kind, protocol, _name, address in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM):
        left = end - monotonic()
        if left <= 0:
            break
        found = socket.socket(family, kind, protocol)
        found.settimeout(left)
        try:
            found.connect(address)
        except OSError as error:
            problem = error
            found.close()
        else:
            return found
    raise problem


@contextlib.contextmanager
def _ended(line: socket.socket, end: float) -> Iterator[None]:
    """The connection is cut at the end, whatever waits on it: a timeout of sockets begins anew with every byte."""
    spare = line.dup()  # a secured connection takes the first one's place

    def cut() -> None:
        with contextlib.suppress(OSError):
            spare.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(end - monotonic(), 0.01), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        spare.close()


def _read(answer: http.client.HTTPResponse, most: int) -> bytes:
    pieces, size = list[bytes](), 0
    while piece := answer.read1(_CHUNK):
        size += len(piece)
        if size > most:
            raise Unanswered(f"the answer is larger than {most} bytes", too_much=True)
        pieces.append(piece)
    return b"".join(pieces)
