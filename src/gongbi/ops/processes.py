"""Starting, watching and stopping the processes of the house. Knows no Django."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import multiprocessing
import multiprocessing.process
import os
import platform
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

STOP_SECONDS = 10.0  # how long a process may take to finish what it is doing
RESTARTS = 5  # restarts of one process within RESTART_WINDOW before we give up
RESTART_WINDOW = 60.0
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


class CannotStart(Exception):
    """Why the house cannot start; the message is for the person at the console."""


def die_with_parent() -> None:
    """From now on this process gets SIGTERM when its parent is gone, however the parent went."""
    parent = os.getppid()
    if platform.system() == "Linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="die-with-parent").start()


def require_port(host: str, port: int, variable: str) -> None:
    """Raise :class:`CannotStart`, in words, unless ``host:port`` can be listened on."""
    if not 0 < port < 65536:
        raise CannotStart(f"{variable}={port} is no port number: choose one from 1 to 65535.")
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as error:
        raise CannotStart(f"HOST={host} is no address of this machine: {error.strerror}.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(
                f"Port {port} is used by another program. Choose another one: {variable}={port + 10} make run"
            ) from error
        if error.errno == errno.EACCES:
            raise CannotStart(
                f"Port {port} needs more rights than this user has. Choose one above 1023."
            ) from error
        raise CannotStart(f"Cannot listen on {host}:{port}: {error.strerror}.") from error


def cpu_share() -> int:
    """How many cores this process may use."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:
        return max(1, os.cpu_count() or 1)


# Forked where that is safe: the children share the memory of what the supervisor has loaded and start at once.
CONTEXT = (
    multiprocessing.get_context("fork")
    if platform.system() == "Linux"
    else multiprocessing.get_context("spawn")
)


def _alone(name: str, target: Callable[..., int], arguments: tuple[object, ...]) -> None:
    """Runs in the child: a session of its own (Ctrl-C reaches the supervisor alone, which then stops all in order)."""
    if platform.system() == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, f"gongbi-{name}".encode(), 0, 0, 0)  # what ps and top show
    with contextlib.suppress(OSError):
        os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.exit(target(*arguments))


@dataclass
class Child:
    """One process under watch: ``target(*arguments)`` gives its exit status; it is started again when it ends by itself."""

    name: str
    target: Callable[..., int]
    arguments: tuple[object, ...] = ()
    process: multiprocessing.process.BaseProcess | None = None
    started: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.process = CONTEXT.Process(target=_alone, args=(self.name, self.target, self.arguments))
        self.process.start()
        self.started.append(time.monotonic())

    def running(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def signal(self, number: int) -> None:
        if self.process is None or self.process.pid is None or not self.process.is_alive():
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, number)
            os.kill(self.process.pid, number)

    def worn_out(self) -> bool:
        recent = [at for at in self.started if at > time.monotonic() - RESTART_WINDOW]
        return len(recent) > RESTARTS


class Supervisor:
    """Keeps ``children`` running until SIGINT or SIGTERM, then stops them gracefully."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = children
        self.say = say
        self.stopping = threading.Event()

    def run(self, on_start: Callable[[], bool]) -> int:
        """Start all; call ``on_start`` until it returns True (ready); watch. Returns the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        status = 0
        try:
            for child in self.children:
                child.start()
            ready = False
            while not self.stopping.wait(0.1 if not ready else 0.5):
                if not ready:
                    ready = on_start()
                if not self._mend(ready):
                    status = 1
                    break
        finally:
            self._finish()
        return status

    def _stop(self, _number: int, _frame: object) -> None:
        self.stopping.set()

    def _mend(self, ready: bool) -> bool:
        """Start again whatever ended by itself; False when that is hopeless."""
        for child in self.children:
            if child.running() or self.stopping.is_set():
                continue
            code = child.process.exitcode if child.process else None
            if not ready or child.worn_out():
                self.say(
                    f"The process '{child.name}' ended by itself (status {code}); see its last lines above."
                )
                return False
            self.say(f"The process '{child.name}' ended by itself (status {code}) and is started again.")
            child.start()
        return True

    def _finish(self) -> None:
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            if child.process is None:
                continue
            child.process.join(max(0.0, deadline - time.monotonic()))
            if child.process.is_alive():
                self.say(
                    f"The process '{child.name}' did not finish within {STOP_SECONDS:.0f} s and is ended."
                )
                child.signal(signal.SIGKILL)
                child.process.join()
