"""Serve the bare endpoint as ``gongbi web`` serves the product: ``python -m bench.bare_serve PORT WORKERS``."""

from __future__ import annotations

import sys
from typing import Any

from django.db import connection
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from bench.bare import Note, application


def load_in_worker(_target: str) -> Any:
    return application


def main(port: int, workers: int) -> None:
    """Make the table and serve."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_note")
    with connection.schema_editor() as editor:
        editor.create_model(Note)
    connection.close()
    Granian(
        "bench.bare:application", address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=workers, blocking_threads=1,
        blocking_threads_idle_timeout=600, log_level=LogLevels.warning, websockets=False,
    ).serve(target_loader=load_in_worker)  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
