"""``gongbi web``: granian, WSGI, one thread per worker process."""

import argparse
import os
import shutil
from collections.abc import Callable
from typing import Any

from gongbi.ops.processes import CannotStart, cpu_share, die_with_parent, require_port

APPLICATION = "gongbi.ops.wsgi:application"
EXAMPLE = "gongbi web --port 8000 --workers 4"


def default_workers() -> int:
    """``GONGBI_WORKERS``, else one for each core and at least two, so that one slow page never stops the house."""
    given = os.environ.get("GONGBI_WORKERS", "")
    if not given:
        return max(2, cpu_share())
    if not given.isdigit() or int(given) < 1:
        raise CannotStart(f"GONGBI_WORKERS={given} is no number of processes.")
    return int(given)


def port_from(variable: str, default: int) -> int:
    given = os.environ.get(variable) or str(default)
    if not given.isdigit():
        raise CannotStart(f"{variable}={given} is no port number: choose one from 1 to 65535.")
    return int(given)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=None, help="port (PORT, 8000)")
    parser.add_argument("--workers", type=int, default=None, help="processes (GONGBI_WORKERS)")
    parser.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)


def load_in_worker(_target: str) -> Callable[..., Any]:
    """Runs in each worker process, after the fork: the master's warmed-up memory is already there."""
    die_with_parent()
    from gongbi.ops.wsgi import application

    return application


def run(args: argparse.Namespace) -> int:
    port = args.port or port_from("PORT", 8000)
    require_port(args.host, port, "PORT")
    if args.supervised:
        die_with_parent()
    single_threaded()
    if not args.supervised:
        metrics_folder()

    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from gongbi.ops.wsgi import application  # loaded and warmed before the fork

    assert application is not None
    server = Granian(
        APPLICATION,
        address=args.host,
        port=port,
        interface=Interfaces.WSGI,
        workers=args.workers or default_workers(),
        blocking_threads=1,
        blocking_threads_idle_timeout=600,
        respawn_failed_workers=True,
        workers_kill_timeout=8,
        log_level=LogLevels.warning,
        websockets=False,
    )
    server.serve(target_loader=load_in_worker)
    return 0


def single_threaded() -> None:
    """One thread answers in each process: libraries that start their own would only take cores from the neighbours."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def metrics_folder() -> None:
    """A fresh folder where the worker processes leave their counts; set before the metrics are imported."""
    from django.conf import settings

    folder = settings.VAR / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
