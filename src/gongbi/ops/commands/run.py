"""``gongbi run``: everything in one command, for a newcomer and for a small installation."""

import argparse
import http.client
import json
import os
import subprocess
import sys
import time

from gongbi.ops.commands.web import port_from
from gongbi.ops.console import say
from gongbi.ops.processes import CannotStart, Child, Supervisor, require_port

GONGBI = (sys.executable, "-m", "gongbi.ops.cli")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host", default=os.environ.get("HOST") or "127.0.0.1", help="address to listen on (HOST)"
    )
    parser.add_argument("--port", type=int, default=None, help="port (PORT, 8000)")
    parser.add_argument("--empty", action="store_true", help="no demo district on an empty database")


def healthy(host: str, port: int) -> bool:
    """Whether the web process answers."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def prepare(empty: bool) -> list[list[str]]:
    """Tables and demo district, in a process of its own: the supervisor stays small. Returns the demo's logins."""
    command = [*GONGBI, "demo", "--prepare", *(["--empty"] if empty else [])]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise CannotStart("the database could not be made ready (see above).")
    logins: list[list[str]] = json.loads(done.stdout.splitlines()[-1])
    return logins


def announce(host: str, port: int, logins: list[list[str]], seconds: float) -> None:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
    say(f"\nGongbi 工笔 is ready after {seconds:.1f} s:  http://{shown}:{port}/")
    if logins:
        say("\nDemo accounts (password for all of them in brackets; change or remove them before real use):")
        width = max(len(login[0]) for login in logins)
        for name, password, words in logins:
            say(f"  {name:<{width}}  [{password}]  {words}")
    say("\nCtrl-C stops everything.")


def run(args: argparse.Namespace) -> int:
    began = time.monotonic()
    port = args.port or port_from("PORT", 8000)
    live = port_from("GONGBI_LIVE_PORT", port + 1)
    require_port(args.host, port, "PORT")
    require_port(args.host, live, "GONGBI_LIVE_PORT" if os.environ.get("GONGBI_LIVE_PORT") else "PORT")
    os.environ.update(PORT=str(port), GONGBI_LIVE_PORT=str(live))
    logins = prepare(args.empty)
    children = [
        Child("web", [*GONGBI, "web", "--supervised", "--host", args.host, "--port", str(port)]),
        Child("worker", [*GONGBI, "worker", "--supervised"]),
        Child("live", [*GONGBI, "live", "--supervised", "--host", args.host, "--port", str(live)]),
    ]

    def ready() -> bool:
        local = "127.0.0.1" if args.host in ("0.0.0.0", "::", "") else args.host  # noqa: S104
        if not healthy(local, port):
            return False
        announce(args.host, port, logins, time.monotonic() - began)
        return True

    return Supervisor(children, say).run(ready)
