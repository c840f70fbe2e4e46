"""``python -m science_page [SUBJECT …]``: measures the subjects (all of them without a name), each in a process of its own, and
rewrites their parts of docs/science.md between ``<!-- subject -->`` and ``<!-- /subject -->``. ``--quick``: small samples, printed only.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import re
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import cast

from science_page import DATA, HELPERS, IMAGES, ORDER, PAGE, ROOT, Section, Subject

SEED = 1
INTRODUCTION = """# What the library can do, measured

Every table and figure on this page is made again by `make science` from the shared data (`../shared/data`; their origin is in the README
there). One subject alone: `make science ARGS=scan`. Part of every data set is kept aside and was not seen here. Figures that miss their aim say so.
"""


def subjects() -> list[str]:
    """The subjects there are, in the order of the page."""
    found = [
        module.name
        for module in pkgutil.iter_modules([str(ROOT / "science_page")])
        if module.name not in HELPERS and not module.name.startswith("_")
    ]
    return sorted(found, key=rank)


def rank(subject: str) -> tuple[int, str]:
    """Where a subject stands on the page."""
    return (ORDER.index(subject) if subject in ORDER else len(ORDER), subject)


def place(page: str, subject: str, part: str) -> str:
    """The page with this subject's part in its place; a new subject is put where the order says."""
    block = f"<!-- {subject} -->\n{part.strip()}\n<!-- /{subject} -->"
    pattern = re.compile(rf"<!-- {re.escape(subject)} -->.*?<!-- /{re.escape(subject)} -->", re.DOTALL)
    if pattern.search(page):
        return pattern.sub(lambda _: block, page)
    for found in re.finditer(r"<!-- (\w+) -->", page):
        if rank(found.group(1)) > rank(subject):
            return f"{page[: found.start()]}{block}\n\n{page[found.start() :]}"
    return f"{page.rstrip()}\n\n{block}\n"


def markdown(section: Section) -> str:
    return f"## {section.title}\n\n{section.text.strip()}\n"


def write(subject: str, section: Section, page: Path = PAGE, images: Path = IMAGES) -> None:
    """The figures into their folder (the subject's older ones go), the text into the page."""
    images.mkdir(parents=True, exist_ok=True)
    for old in images.glob(f"{subject}-*.svg"):
        old.unlink()
    for name, svg in section.figures.items():
        (images / name).write_text(svg.rstrip() + "\n", encoding="utf-8")
    text = page.read_text(encoding="utf-8") if page.exists() else INTRODUCTION
    page.write_text(place(text, subject, markdown(section)), encoding="utf-8")


def one(subject: str, *, seed: int, quick: bool) -> None:
    module = cast(Subject, import_module(f"science_page.{subject}"))
    section = module.section(DATA, seed=seed, quick=quick)
    if quick:
        print(markdown(section))
    else:
        write(subject, section)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m science_page", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=", ".join(subjects()))
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--quick", action="store_true", help="small samples, printed only, nothing written")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # in this process
    asked = parser.parse_args()
    unknown = sorted(set(asked.subjects) - set(subjects()))
    if unknown:
        parser.error(f"there is no subject {', '.join(unknown)}; there are {', '.join(subjects())}")
    if not DATA.is_dir():
        sys.stderr.write("The shared data are absent (../shared/data): the page stays as it is.\n")
        return 1
    if asked.here:
        one(asked.subjects[0], seed=asked.seed, quick=asked.quick)
        return 0
    failed = []
    for subject in asked.subjects or subjects():
        started = time.monotonic()
        words = [subject, "--here", "--seed", str(asked.seed), *(["--quick"] if asked.quick else [])]
        done = subprocess.run(
            [sys.executable, "-m", "science_page", *words],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            check=False,
        )
        sys.stderr.write(
            f"— {subject}: {'ok' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - started:.0f} s\n"
        )
        if done.returncode:
            failed.append(subject)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
