"""Every check that runs no test: style, types, import contracts, house rules, locks, front end. Runs all, then sums up."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import install

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"


def main() -> int:
    checks: list[tuple[str, list[str], Path]] = [
        ("ruff", [str(BIN / "ruff"), "check", "."], ROOT),
        ("format", [str(BIN / "ruff"), "format", "--check", "."], ROOT),
        ("types", [str(BIN / "mypy")], ROOT),
        ("imports", [str(BIN / "lint-imports")], ROOT),
        ("house", [sys.executable, str(ROOT / "scripts" / "house.py")], ROOT),
        ("migrations", [sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"], ROOT),
        ("front end", ["npm", "run", "--silent", "check"], ROOT / "frontend"),
    ]
    environment = {**os.environ, **install.node_env(), "DJANGO_SETTINGS_MODULE": "gongbi.ops.settings"}
    failed: list[str] = []
    for name, command, folder in checks:
        print(
            f"\n--- {name}: {' '.join(Path(command[0]).name if i == 0 else w for i, w in enumerate(command))}",
            flush=True,
        )
        started = time.monotonic()
        code = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=False
        ).returncode
        print(f"    {'ok' if code == 0 else 'FAILED'} in {time.monotonic() - started:.1f} s", flush=True)
        if code:
            failed.append(name)
    print("\nLint: " + (f"FAILED: {', '.join(failed)}" if failed else "everything holds"), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
