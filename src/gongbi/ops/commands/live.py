"""``gongbi live``: server-sent events, one small process that follows the outbox."""

import argparse
import os
from collections.abc import Callable
from typing import Any

from gongbi.ops.commands.web import port_from
from gongbi.ops.processes import die_with_parent, require_port

APPLICATION = "gongbi.wall.live:application"
EXAMPLE = "gongbi live --port 8001"
STREAMS = 20_000  # granian's default back-pressure would stop at 1,024 open streams


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--port", type=int, default=None, help="port (GONGBI_LIVE_PORT, else the one after PORT)"
    )
    parser.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)


def load_in_worker(_target: str) -> Callable[..., Any]:
    """Runs in the worker process: Django's settings and models, then the pure ASGI application."""
    die_with_parent()
    from gongbi.ops.console import django_ready

    django_ready()
    from gongbi.wall.live import application

    served: Callable[..., Any] = application
    return served


def run(args: argparse.Namespace) -> int:
    port = args.port or port_from("GONGBI_LIVE_PORT", port_from("PORT", 8000) + 1)
    require_port(args.host, port, "GONGBI_LIVE_PORT")
    if args.supervised:
        die_with_parent()
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    server = Granian(
        APPLICATION,
        address=args.host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        backpressure=STREAMS,
        respawn_failed_workers=True,
        workers_kill_timeout=3,
        log_level=LogLevels.warning,
        websockets=False,
    )
    server.serve(target_loader=load_in_worker)
    return 0
