"""The public doors, as a browser, a phone or a gateway knocks at them: requests and answers, cookies, tokens. Knows no Django.

A :data:`Wire` carries one request. :class:`InProcess` calls the WSGI application (stepped runs, tests); :class:`OverHttp` goes over a
socket (live runs, load). What an actor knows of the house is what its own :class:`Caller` was answered, nothing else.
"""

from __future__ import annotations

import http.client
import io
import json
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode

_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
_EDGE = "----gongbi-simulated"
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Answer(NamedTuple):
    """Status, headers as they came (names in lower case), body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


Wire = Callable[[str, str, dict[str, str], bytes], Answer]


class TurnedAway(Exception):
    """The house did not do it: ``status``, ``code`` of the refusal ("" when it has none) and what it said."""

    def __init__(self, what: str, answer: Answer) -> None:
        self.status = answer.status
        try:
            told = answer.json()
        except ValueError:
            told = None
        told = told if isinstance(told, dict) else {}
        self.code = str(told.get("code", ""))
        super().__init__(f"{what}: {answer.status} {told.get('message') or answer.body[:200]!r}")


class InProcess:
    """Calls a WSGI application in this process, as a server would."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        address, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": address, "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)), "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(), "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        for name, value in headers.items():
            plain = name.upper().replace("-", "_")
            environ[plain if plain == "CONTENT_TYPE" else f"HTTP_{plain}"] = value
        begun: list[tuple[int, list[tuple[str, str]]]] = []

        def start(status: str, given: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], object]:
            begun.append((int(status[:3]), [(name.lower(), value) for name, value in given]))
            return lambda _data: None

        answer = self.application(environ, start)
        try:
            content = b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        status, found = begun[-1]
        return Answer(status, found, content)


class OverHttp:
    """One kept-open connection for each thread; an idle one that the server ended is opened again."""

    def __init__(self, host: str, port: int, *, timeout: float = 60.0) -> None:
        self.host, self.port, self.timeout = host, port, timeout
        self._own = threading.local()

    def __call__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        for turn in (0, 1):
            connection = getattr(self._own, "connection", None)
            if connection is None:
                connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
                self._own.connection = connection
            try:
                connection.request(method, path, body or None, headers)
                answer = connection.getresponse()
                return Answer(
                    answer.status,
                    [(name.lower(), value) for name, value in answer.getheaders()],
                    answer.read(),
                )
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                connection.close()
                self._own.connection = None
                if turn:
                    raise
        raise AssertionError("unreachable")


@dataclass
class Caller:
    """Whoever calls: a visitor (nothing given), somebody signed in (:func:`signed_in`) or a program with a key."""

    wire: Wire
    key: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "", **more: str) -> Answer:
        """One request with this caller's cookies, token and key."""
        self.asked += 1
        headers = {"Accept": "application/json", **more}
        if kind:
            headers["Content-Type"] = kind
        if self.key:
            headers["X-API-Key"] = self.key
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method not in ("GET", "HEAD") and "csrftoken" in self.cookies:
            headers["X-CSRFToken"] = self.cookies["csrftoken"]
        answer = self.wire(method, path, headers, body)
        for name, value in answer.headers:
            if name == "set-cookie":
                cookie, _, text = value.partition(";")[0].strip().partition("=")
                if text and text != '""':
                    self.cookies[cookie] = text
                else:
                    self.cookies.pop(cookie, None)
        return answer

    def get(self, path: str) -> Any:
        """JSON of an address. Raises TurnedAway."""
        answer = self.ask("GET", path)
        if answer.status != 200:
            raise TurnedAway(f"GET {path}", answer)
        return answer.json()

    def post(self, path: str, body: object = None, *, once: str = "") -> Any:
        """Send JSON; ``once``: a key under which sending again changes nothing. Raises TurnedAway."""
        more = {"Idempotency-Key": once} if once else {}
        answer = self.ask("POST", path, json.dumps(body or {}).encode(), "application/json", **more)
        if answer.status not in (200, 201, 202):
            raise TurnedAway(f"POST {path}", answer)
        return answer.json()

    def form(self, path: str, fields: dict[str, str]) -> Any:
        """Send a form, read JSON. Raises TurnedAway."""
        answer = self.ask("POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded")
        if answer.status not in (200, 201, 202):
            raise TurnedAway(f"POST {path}", answer)
        return answer.json()

    def photo(self, content: bytes) -> str:
        """Upload a picture; its ticket. Raises TurnedAway."""
        head = f'--{_EDGE}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        body = head.encode() + content + f"\r\n--{_EDGE}--\r\n".encode()
        answer = self.ask("POST", "/api/files", body, f"multipart/form-data; boundary={_EDGE}")
        if answer.status != 201:
            raise TurnedAway("POST /api/files", answer)
        return str(answer.json()["ticket"])


def signed_in(wire: Wire, login: str, password: str) -> Caller:
    """Sign in as the page does. Raises TurnedAway when the house does not let this login in."""
    caller = Caller(wire)
    page = caller.ask("GET", "/login", Accept="text/html")
    found = _TOKEN.search(page.body)
    if page.status != 200 or found is None:
        raise TurnedAway("GET /login", page)
    fields = {"login": login, "password": password, "csrfmiddlewaretoken": found[1].decode()}
    answer = caller.ask(
        "POST", "/login", urlencode(fields).encode(), "application/x-www-form-urlencoded", Accept="text/html"
    )
    if answer.status != 302 or "sessionid" not in caller.cookies:
        raise TurnedAway(f"sign in as {login}", answer)
    return caller
