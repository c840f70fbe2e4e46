"""A newcomer's first hour, rehearsed: a fresh copy, a bare environment, ``make install``, ``make run``, and once more.

``rehearse.py [--copy]``: clones the last commit into a new folder (``--copy``: takes the work tree as it is, without git),
installs, starts on a free port, waits for the page, stops, starts again and times it. Prints one line for each step.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = (
    "HOME",
    "PATH",
    "LANG",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
)
KEPT_PREFIXES = ("PIP_", "UV_", "NPM_CONFIG_", "npm_config_")
SECOND_START = 5.0
SKIPPED = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "var", "built", "__pycache__", "*.mo", ".*_cache", "*.egg-info"
)


def bare() -> dict[str, str]:
    """The environment of a new machine: no virtual environment, nothing of Gongbi or Django."""
    kept = {k: v for k, v in os.environ.items() if k in KEPT or k.startswith(KEPT_PREFIXES)}
    inside = str(ROOT / ".venv")
    kept["PATH"] = os.pathsep.join(
        p for p in kept.get("PATH", "").split(os.pathsep) if not p.startswith(inside)
    )
    return kept


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    return port if port < 65000 else port - 1000


def answers(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def start_and_stop(folder: Path, environment: dict[str, str], limit: float) -> float:
    """``make run`` until the resident's first page answers, then Ctrl-C; returns the seconds to the page."""
    port = free_port()
    log = folder / "var" / "rehearsal.log"
    log.parent.mkdir(exist_ok=True)
    began = time.monotonic()
    with log.open("w") as out:
        process = subprocess.Popen(
            ["make", "run"], cwd=folder, env=environment | {"PORT": str(port)}, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            while answers(port, "/healthz") != 200:
                if process.poll() is not None or time.monotonic() - began > limit:
                    raise SystemExit(f"make run did not come up within {limit:.0f} s:\n{log.read_text()}")
                time.sleep(0.05)
            seconds = time.monotonic() - began
            first = answers(port, "/")
            if first != 200:
                raise SystemExit(f"the first page answers with {first}:\n{log.read_text()}")
            time.sleep(0.7)  # the supervisor looks every half a second: let it print the address
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
                process.wait(30)
    print("\n".join(f"    {line}" for line in log.read_text().splitlines()), flush=True)
    for _ in range(50):
        if not answers(port, "/healthz"):
            return seconds
        time.sleep(0.1)
    raise SystemExit("something still listens after Ctrl-C")


def main(words: list[str]) -> int:
    environment = bare()
    with tempfile.TemporaryDirectory(prefix="gongbi-rehearsal-") as place:
        folder = Path(place) / "gongbi"
        if "--copy" in words or not (ROOT / ".git").exists():
            shutil.copytree(ROOT, folder, ignore=SKIPPED, symlinks=True)
        else:
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        began = time.monotonic()
        if subprocess.run(
            ["make", "install"], cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=False
        ).returncode:
            return 1
        print(f"make install: {time.monotonic() - began:.0f} s", flush=True)
        print(f"first make run, to the page: {start_and_stop(folder, environment, 300):.1f} s", flush=True)
        second = start_and_stop(folder, environment, 60)
        print(f"second make run, to the page: {second:.1f} s (at most {SECOND_START:.0f})", flush=True)
        return 0 if second <= SECOND_START else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
