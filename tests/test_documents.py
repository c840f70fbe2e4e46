"""The documents that are made from the code are up to date with it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_tables_of_law_and_flow_are_those_of_the_code() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/law_table.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
