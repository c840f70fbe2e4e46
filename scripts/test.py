"""Runs the whole suite, once per database column: SQLite always, PostgreSQL when one is reachable.

``GONGBI_TEST_POSTGRES`` names the server (``postgres://user:password@host:5432/name``; the role must be allowed to create
databases; ``off`` leaves the column out). ``GONGBI_TEST_COLUMNS=both`` fails when there is none. The second column leaves
out what cannot depend on the database (pure rules, the look of pages). Arguments go to pytest. ``GONGBI_TEST_WORKERS``
(default: one more than the cores, at most 4: some wait for a browser) runs that many at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
USUAL = "postgres://gongbi:gongbi@127.0.0.1:5432/gongbi"


def reachable(url: str) -> str:
    """Empty when the server answers and lets us create databases; otherwise why not, in words."""
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as error:
        return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return "" if row and row[0] else "the role may not create databases"


def run(column: str, database: str, arguments: list[str], only: str) -> int:
    folder = ROOT / "var" / "tests" / column.lower()
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "GONGBI_VAR": str(folder),
        "GONGBI_TEST_ONLY": only,
        "GONGBI_TEST_DATABASE": os.environ.get("GONGBI_TEST_DATABASE", "test_gongbi"),
    }
    # Dozens of processes are started; without it each compiles two thousand modules again, longer than most of them run.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    workers = os.environ.get("GONGBI_TEST_WORKERS") or str(min((os.cpu_count() or 1) + 1, 4))
    command = [sys.executable, "-m", "pytest", *arguments]
    if workers not in ("0", "1") and not any(a.startswith("-n") for a in arguments):
        command += ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"]
    print(f"\n=== {column} ===", flush=True)
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def main(arguments: list[str]) -> int:
    url = os.environ.get("GONGBI_TEST_POSTGRES") or USUAL
    why_not = "left out by GONGBI_TEST_POSTGRES=off" if url == "off" else reachable(url)
    results: list[str] = []
    worst = 0
    columns = [("SQLite", "")] + ([("PostgreSQL", url)] if not why_not else [])
    for column, database in columns:
        started = time.monotonic()
        code = run(column, database, arguments, "database" if results else "")
        worst = worst or code
        results.append(
            f"{column}: {'passed' if code == 0 else f'FAILED ({code})'} in {time.monotonic() - started:.0f} s"
        )
    if why_not:
        results.append(f"PostgreSQL: not run, {why_not}")
        if os.environ.get("GONGBI_TEST_COLUMNS") == "both":
            worst = worst or 1
    print("\nColumns: " + "; ".join(results), flush=True)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
