"""The databases that are measured: one PostgreSQL database of its own, loaded once and kept; a SQLite file for triage.

``GONGBI_BENCH_POSTGRES`` (else ``DATABASE_URL``, else the usual local server) names the server; the database on it is
``bench_gongbi`` or ``bench_gongbi_quick``. It is made anew when the loader has changed or its tables are not those of the models,
migrated when there are only new migrations, and rid of what was written after every measurement: an import's hundred thousand
open cases must not slow what is measured after it.
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
# Which rows the loader makes. Write another word here when it makes others: a million cases are loaded again then, and only then.
LOADED = "89efe79e6d36b311"
CASES, OPEN = 1_000_000, 100_000
MUCH, QUICK_MUCH, MUCH_LOADED = (
    5_000_000,
    60_000,
    "c7a1",
)  # the district of five million cases: see bench.load_much
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


def ensure(*, quick: bool) -> str:
    """The address of the loaded database, without what earlier measurements wrote; made and loaded when it is not there or was
    made otherwise (minutes, said on stderr), migrated when only migrations are missing."""
    cases, opened = (QUICK_CASES, QUICK_OPEN) if quick else (CASES, OPEN)
    url, wanted = address(quick=quick), LOADED
    name, environ = urlsplit(url).path.strip("/"), environment(url)
    with psycopg.connect(server(), autocommit=True) as admin:
        row = admin.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        is_loaded = row is not None and bool(row[0]) and row[0].split()[0] == wanted
        state = _schema(environ) if is_loaded else "other"
        if state == "behind":
            print(f"migrating {name}", file=sys.stderr, flush=True)
            run(environ, "gongbi.ops.cli", "migrate")
            state = _schema(environ)
        if state == "same":
            tidy(quick=quick)
            return url
        print(f"making {name} with {cases:,} cases ({opened:,} open)", file=sys.stderr, flush=True)
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        run(environ, "gongbi.ops.cli", "migrate")
        run(environ, "bench.load", str(cases), str(opened))
        admin.execute(f"COMMENT ON DATABASE \"{name}\" IS '{wanted}'")
    return url


def ensure_much(*, quick: bool) -> str:
    """The address of the database with five million cases (``bench_gongbi_5m``), made when it is not there: some forty GB and a good half
    hour, so it is not made but for the measurement that is named after it. Drop it by hand when it is not wanted any longer."""
    name = "bench_gongbi_5m" + ("_quick" if quick else "")
    url = urlunsplit(urlsplit(server())._replace(path=f"/{name}"))
    environ = environment(url)
    with psycopg.connect(server(), autocommit=True) as admin:
        row = admin.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        state = _schema(environ) if row is not None and row[0] == MUCH_LOADED else "other"
        if state == "behind":
            run(environ, "gongbi.ops.cli", "migrate")
            state = _schema(environ)
        if state == "same":
            return url
        cases = QUICK_MUCH if quick else MUCH
        print(f"making {name} with {cases:,} cases", file=sys.stderr, flush=True)
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
        run(environ, "gongbi.ops.cli", "migrate")
        run(environ, "bench.load_much", str(cases), *(["8000"] if quick else []))
        admin.execute(f"COMMENT ON DATABASE \"{name}\" IS '{MUCH_LOADED}'")
    return url


def _schema(environ: Mapping[str, str]) -> str:
    """What :mod:`bench.schema` says of the database."""
    command = [sys.executable, "-m", "bench.schema"]
    done = subprocess.run(command, cwd=ROOT, env=dict(environ), stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()[-1]


def tidy(*, quick: bool) -> None:
    """Take out again what a measurement wrote: every matter that the loader did not make, with all that hangs on it."""
    last = QUICK_CASES if quick else CASES
    with psycopg.connect(address(quick=quick), autocommit=True) as connection:
        # What counterparts sent names the reports that are taken out below; no loader makes any of it.
        connection.execute(
            "TRUNCATE channels_arrival, channels_change, channels_outgoing, channels_lane CASCADE"
        )
        row = connection.execute("SELECT max(id) FROM flow_matter").fetchone()
        if row is None or (row[0] or 0) <= last:
            return
        try:
            # The ledger lets nothing be taken out; and all goes together, so no row need look whether another one names it.
            connection.execute("SET session_replication_role = replica")
        except psycopg.errors.InsufficientPrivilege:
            print("  what was written stays: only a superuser of PostgreSQL can take it out", file=sys.stderr)
            return
        hanging = connection.execute(
            "SELECT table_name, min(column_name) FROM information_schema.columns WHERE table_schema = 'public' "
            "AND column_name IN ('case_id', 'matter_id', 'matter_ptr_id') GROUP BY table_name ORDER BY table_name = 'cases_case'"
        ).fetchall()
        for table, column in [*hanging, ("flow_link", "source_id"), ("flow_matter", "id")]:
            connection.execute(f'DELETE FROM "{table}" WHERE "{column}" > {last}')
        connection.execute("DELETE FROM duties_learnedexample WHERE ref LIKE 'case:%'")
        connection.execute("TRUNCATE outbox_delivery, outbox_outboxrow")
        for table in ("flow_matter", *(table for table, _column in hanging)):
            connection.execute(f'VACUUM (ANALYZE) "{table}"')


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
