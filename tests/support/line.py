"""A telephone line between a browser and the house that a test may cut: at once, or half way through an upload."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


class Line:
    """Passes bytes on to ``target`` while it is up. ``upload_left``: bytes that still go up before it breaks by itself."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (str(parts.hostname), int(parts.port or 80))
        self._up, self._left = True, None
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self.sent_up = 0
        self.broke = threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._welcome, daemon=True).start()

    _left: int | None

    def cut(self) -> None:
        """Nothing passes; what is under way breaks off."""
        with self._guard:
            self._up, self._left = False, None
            ends, self._open = self._open, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.broke.set()

    def restore(self, *, upload_left: int | None = None) -> None:
        """Bytes pass again; with ``upload_left`` it breaks after so many have gone up."""
        with self._guard:
            self._up, self._left = True, upload_left
            self.broke.clear()

    def close(self) -> None:
        self.cut()
        self._door.close()

    def _welcome(self) -> None:
        while True:
            try:
                near, _address = self._door.accept()
            except OSError:
                return
            if not self._up:
                # As a phone without signal: no answer that could be mistaken for one.
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                near.close()
                continue
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                continue
            with self._guard:
                self._open |= {near, far}
            threading.Thread(target=self._pass, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, False), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, up: bool) -> None:
        try:
            while data := source.recv(16384):
                broken = False
                if up:
                    with self._guard:
                        self.sent_up += len(data)
                        if self._left is not None:
                            data, broken = data[: self._left], len(data) >= self._left
                            self._left -= len(data)
                sink.sendall(data)
                if broken:
                    self.cut()
                    return
        except OSError:
            pass
        finally:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def line_to(target: str) -> Iterator[Line]:
    """A line to ``target``, cut at the end."""
    line = Line(target)
    try:
        yield line
    finally:
        line.close()
