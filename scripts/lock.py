"""Makes the locks of requirements/*.in again: for every system, with digests, without naming any server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import install

LOCKS = Path(__file__).resolve().parent.parent / "requirements"


def main(words: list[str]) -> int:
    for name in ("bootstrap", "base", "dev", "science"):
        command = [str(install.VENV / "bin" / "uv"), "pip", "compile", "--universal", "--generate-hashes"]
        command += [
            "--no-emit-find-links",
            "--no-emit-index-url",
            "--no-header",
            "--python-version",
            "3.11",
            "--quiet",
        ]
        if name in ("dev", "science"):
            # One version of each package in all locks: they are installed into the same folder.
            command += ["--constraint", "base.txt" if name == "dev" else "dev.txt"]
        command += [f"{name}.in", "-o", f"{name}.txt", *words]
        code = subprocess.run(command, cwd=LOCKS, check=False, stdout=subprocess.DEVNULL).returncode
        if code:
            return code
        print(f"requirements/{name}.txt", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
