"""Starting what is measured: the product's own web process (and worker), and the bare endpoint beside it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping

from bench.drive import Broken, Client
from bench.ground import ROOT
from gongbi.kernel import turnstile

WORKERS = 2
# Every visitor of a bench comes from one address: all are counted, as in real use, and none is held up.
COUNTED = ",".join(f"{name}=1000000/1" for name in turnstile.DEFAULTS)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    environ: Mapping[str, str], command: list[str], port: int | None = None, *, patience: float = 90.0
) -> Iterator[int]:
    """A process of ours while the block runs; with ``port``, once it answers there. Gives its process id."""
    log = ROOT / "var" / "bench" / f"{'-'.join(part for part in command[:2] if not part.isdigit())}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**environ, "GONGBI_LIMITS": COUNTED},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        if port is not None:
            _wait(process, port, patience)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, patience: float) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args} ended with status {process.returncode}")
        with contextlib.suppress(OSError, Broken):
            if Client(port).ask("GET", "/healthz")[0] == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args} does not answer")


@contextlib.contextmanager
def product(
    environ: Mapping[str, str], *, workers: int = WORKERS, worker: bool = False
) -> Iterator[tuple[int, int]]:
    """The product's web process; with ``worker``, also the one that delivers the outbox. Gives (port, process id of the web master)."""
    port = free_port()
    with contextlib.ExitStack() as stack:
        web = stack.enter_context(
            running(environ, ["gongbi.ops.cli", "web", "--workers", str(workers), "--port", str(port)], port)
        )
        if worker:
            stack.enter_context(running(environ, ["gongbi.ops.cli", "worker"]))
            time.sleep(2)
        yield port, web


@contextlib.contextmanager
def bare(environ: Mapping[str, str], *, workers: int = WORKERS) -> Iterator[int]:
    """The floor: one endpoint, one INSERT, the same server with the same settings. Gives its port."""
    port = free_port()
    with running(environ, ["bench.bare_serve", str(port), str(workers)], port):
        yield port


def workers_of(master: int) -> list[int]:
    """Process ids of the children of ``master``."""
    with open(f"/proc/{master}/task/{master}/children") as file:
        return [int(part) for part in file.read().split()]
