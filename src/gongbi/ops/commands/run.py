"""``gongbi run``: everything in one command, for a newcomer and for a small installation."""

import argparse
import http.client
import os
import sys
import time
from collections.abc import Sequence

from gongbi.ops.commands.demo import prepare
from gongbi.ops.commands.web import metrics_folder, port_from, single_threaded
from gongbi.ops.console import django_ready, say
from gongbi.ops.processes import Child, Supervisor, require_port

EXAMPLE = "PORT=9000 gongbi run"


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


def command(*words: str) -> int:
    """One command of the house in a process of its own; what the supervisor has loaded is loaded there too."""
    from gongbi.ops.cli import main

    return main(words)


def announce(host: str, port: int, logins: Sequence[tuple[str, str, str]], seconds: float) -> None:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104
    say(f"\nGongbi 工笔 is ready after {seconds:.1f} s:  http://{shown}:{port}/")
    if logins:
        say("\nDemo accounts (password for all of them in brackets; change or remove them before real use):")
        width = max(len(login[0]) for login in logins)
        for name, password, words in logins:
            say(f"  {name:<{width}}  [{password}]  {words}")
    say("\nCtrl-C stops everything.")


def warm_up() -> None:
    """Everything the web and worker processes need, loaded once and shared."""
    import gongbi.ops.wsgi  # noqa: F401 - the application itself


def run(args: argparse.Namespace) -> int:
    began = time.monotonic()
    port = args.port or port_from("PORT", 8000)
    live = port_from("GONGBI_LIVE_PORT", port + 1)
    require_port(args.host, port, "PORT")
    require_port(args.host, live, "GONGBI_LIVE_PORT" if os.environ.get("GONGBI_LIVE_PORT") else "PORT")
    os.environ.update(PORT=str(port), GONGBI_LIVE_PORT=str(live))
    single_threaded()
    django_ready()
    logins = prepare(empty=args.empty, tell=lambda text: sys.stderr.write(text + "\n"))
    metrics_folder()
    warm_up()
    listen = ("--supervised", "--host", args.host, "--port")
    children = [
        Child("web", command, ("web", *listen, str(port))),
        Child("worker", command, ("worker", "--supervised")),
        Child("live", command, ("live", *listen, str(live))),
        Child("devices", command, ("devices", "listen", "--supervised")),
    ]

    def ready() -> bool:
        local = "127.0.0.1" if args.host in ("0.0.0.0", "::", "") else args.host  # noqa: S104
        if not healthy(local, port):
            return False
        announce(args.host, port, logins, time.monotonic() - began)
        return True

    return Supervisor(children, say).run(ready)
