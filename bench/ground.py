"""The databases that are measured: one PostgreSQL database of its own, loaded once and kept; a SQLite file for triage.

``GONGBI_BENCH_POSTGRES`` (else ``DATABASE_URL``, else the usual local server) names the server; the database on it is
``bench_gongbi`` or ``bench_gongbi_quick``. It is made anew when the loader or a migration has changed, and migrated when there are
only new migrations.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
USUAL = "postgres://gongbi:gongbi@127.0.0.1:5432/gongbi"
CASES, OPEN = 1_000_000, 100_000
QUICK_CASES, QUICK_OPEN = 20_000, 10_000


def server() -> str:
    """The address of the server that is measured on (any database of it that exists)."""
    given = os.environ.get("GONGBI_BENCH_POSTGRES") or os.environ.get("DATABASE_URL", "")
    return given if given.startswith("postgres") else USUAL


def address(*, quick: bool) -> str:
    """The address of the database that is measured."""
    parts = urlsplit(server())
    return urlunsplit(parts._replace(path="/bench_gongbi" + ("_quick" if quick else "")))


def environment(url: str) -> dict[str, str]:
    """What the measured processes find in their environment."""
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("GONGBI_") or name in _KEPT
    }
    return {
        **kept,
        "DATABASE_URL": url,
        "GONGBI_VAR": str(folder),
        "GONGBI_LOG": "console",
        "GONGBI_LIMITS": _LIMITS,
        "PYTHONPATH": str(ROOT),
    }


# All requests come from one address: they are counted as everybody's are, and never too many.
_LIMITS = ",".join(
    f"{what}=1000000000/3600"
    for what in (
        "report.bare",
        "report.address",
        "photo.bare",
        "photo.address",
        "look.bare",
        "look.address",
        "act.address",
    )
)
_KEPT = {"GONGBI_WORKERS", "GONGBI_STATIC", "GONGBI_BENCH_POSTGRES"}


def run(environ: Mapping[str, str], *command: str) -> None:
    """Run a command of the house or a module of ours; raises CalledProcessError."""
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=dict(environ), check=True)


def edition(cases: int, open_cases: int) -> str:
    """What the loaded database was made from: migrations, loader, sizes."""
    digest = hashlib.sha256(f"{cases}/{open_cases}".encode())
    for path in sorted([*(ROOT / "src").rglob("migrations/0*.py"), *(ROOT / "bench").glob("load*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def made_from(cases: int, open_cases: int) -> tuple[str, set[str]]:
    """The same in two parts: loader and sizes; and each migration by itself, so that one more is told from another one."""
    digest = hashlib.sha256(f"{cases}/{open_cases}".encode())
    for path in sorted((ROOT / "bench").glob("load*.py")):
        digest.update(path.read_bytes())
    migrations = {
        hashlib.sha256(str(path.relative_to(ROOT)).encode() + path.read_bytes()).hexdigest()[:10]
        for path in (ROOT / "src").rglob("migrations/0*.py")
    }
    return digest.hexdigest()[:16], migrations


def ensure(*, quick: bool) -> str:
    """The address of the loaded database; made and loaded when it is not there or out of date (minutes, said on stderr)."""
    cases, opened = (QUICK_CASES, QUICK_OPEN) if quick else (CASES, OPEN)
    url, (loader, migrations) = address(quick=quick), made_from(cases, opened)
    wanted = f"{loader} {','.join(sorted(migrations))}"
    name = urlsplit(url).path.strip("/")
    with psycopg.connect(server(), autocommit=True) as admin:
        row = admin.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if row is not None and row[0] == wanted:
            return url
        before, _, known = (row[0] if row is not None and row[0] else "").partition(" ")
        if before == loader and set(known.split(",")) < migrations:
            print(f"migrating {name}", file=sys.stderr, flush=True)
            run(environment(url), "gongbi.ops.cli", "migrate")
            admin.execute(f"COMMENT ON DATABASE \"{name}\" IS '{wanted}'")
            return url
        print(f"making {name} with {cases:,} cases ({opened:,} open)", file=sys.stderr, flush=True)
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        environ = environment(url)
        run(environ, "gongbi.ops.cli", "migrate")
        run(environ, "bench.load", str(cases), str(opened))
        admin.execute(f"COMMENT ON DATABASE \"{name}\" IS '{wanted}'")
    return url


def ensure_sqlite(*, quick: bool) -> str:
    """The same for the SQLite column: only the open cases, which is what triage looks at."""
    opened = QUICK_OPEN if quick else OPEN
    path = ROOT / "var" / "bench" / f"open-{opened}-{edition(opened, opened)}.sqlite3"
    url = f"sqlite:///{path}"
    environ = environment(url)
    if not path.exists():
        for old in path.parent.glob(f"open-{opened}-*"):
            old.unlink()
        print(f"making a SQLite file with {opened:,} open cases", file=sys.stderr, flush=True)
        draft = path.with_suffix(".draft")
        for old in path.parent.glob(f"{draft.name}*"):
            old.unlink()
        making = {**environ, "DATABASE_URL": f"sqlite:///{draft}"}
        run(making, "gongbi.ops.cli", "migrate")
        run(making, "bench.load", str(opened), str(opened))
        draft.rename(path)
    return url
