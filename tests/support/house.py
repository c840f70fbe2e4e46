"""The product as a person starts it: real processes, own data folder, own database."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql


def free_ports(count: int = 2) -> int:
    """The first of ``count`` neighbouring ports that nobody listens on."""
    for _attempt in range(50):
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            if port + count > 65535:
                continue
            try:
                for step in range(1, count):
                    with socket.socket() as other:
                        other.bind(("127.0.0.1", port + step))
            except OSError:
                continue
            return port
    raise RuntimeError("no free ports")


@contextlib.contextmanager
def fresh_database(url: str, template: str = "template1") -> Iterator[str]:
    """``DATABASE_URL`` of a new database on the same server, empty or a copy ("" stays "": SQLite in the data folder)."""
    if not url.startswith("postgres"):
        yield ""
        return
    name = f"test_house_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        # A connection that an earlier test left open would keep the template busy.
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [template]
        )
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        server.execute(words.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield url.rsplit("/", 1)[0] + f"/{name}"
        finally:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@dataclass
class House:
    """One installation. ``url`` is the address of the web process; ``output`` what ``gongbi run`` has printed."""

    root: Path
    var: Path
    database: str
    port: int = field(default_factory=free_ports)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.var / "run.log"

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        keep = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("GONGBI_", "DJANGO_", "PYTEST_", "PROMETHEUS_"))
            and k
            != "PYTHONDONTWRITEBYTECODE"  # each of a house's many processes would compile everything again
        }
        keep.pop("GONGBI_LIVE_PORT", None)
        own = {
            "GONGBI_VAR": str(self.var),
            "DATABASE_URL": self.database,
            "PORT": str(self.port),
            "LANG": "C.UTF-8",
            "GONGBI_LIMITS": "off",  # every test comes from one address
        }
        return {**keep, **own, **(more or {})}

    def gongbi(
        self, *words: str, stdin: str | None = None, more: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        self.var.mkdir(parents=True, exist_ok=True)
        return subprocess.run(
            [sys.executable, "-m", "gongbi.ops.cli", *words],
            cwd=self.root, env=self.environment(more), capture_output=True, text=True, input=stdin, check=False,
            timeout=300,
        )  # fmt: skip

    def begin(self, *words: str, more: Mapping[str, str] | None = None) -> None:
        """One process of the house alone (``worker``), in the background; nobody waits for it, ``kill`` ends it."""
        self.var.mkdir(parents=True, exist_ok=True)
        with (self.var / f"{words[0]}.log").open("w", encoding="utf-8") as log:
            subprocess.Popen(
                [sys.executable, "-m", "gongbi.ops.cli", *words],
                cwd=self.root, env=self.environment(more), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def start(self, *words: str, seconds: float = 240, more: Mapping[str, str] | None = None) -> float:
        """``gongbi run`` until it answers; returns the seconds it took. Raises with its output when it does not come up."""
        self.var.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gongbi.ops.cli", "run", *words],
                cwd=self.root, env=self.environment(more), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )  # fmt: skip
        while time.monotonic() - began < seconds:
            if self.process.poll() is not None:
                raise RuntimeError(f"gongbi run ended with {self.process.returncode}:\n{self.output}")
            if "is ready" in self.output and self.get("/healthz")[0] == 200:
                return time.monotonic() - began
            time.sleep(0.05)
        raise RuntimeError(f"not ready after {seconds} s:\n{self.output}")

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str, dict[str, str]]:
        """(status, text, headers in lower case); status 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), {k.lower(): v for k, v in answer.getheaders()}
        except (OSError, http.client.HTTPException):
            return 0, "", {}
        finally:
            connection.close()

    def healthy(self) -> bool:
        status, text, _headers = self.get("/healthz")
        return status == 200 and bool(json.loads(text)["ok"])

    def processes(self) -> list[int]:
        """Process ids of everything this house runs, found by its data folder in their environment (Linux)."""
        mark = f"GONGBI_VAR={self.var}\0".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with contextlib.suppress(OSError):
                    zombie = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
                    if not zombie and mark in (folder / "environ").read_bytes() + b"\0":
                        found.append(int(folder.name))
        return found

    def stop(self, number: int = signal.SIGTERM, seconds: float = 60) -> int:
        """Ask ``gongbi run`` to stop and wait; its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """SIGKILL to everything that is left."""
        for _round in range(3):
            left = self.processes()
            for number in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            if not left:
                break
            time.sleep(0.2)
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
