"""The page ``docs/science.md``: every table and figure of the library, made again from ``../shared/data`` by ``make science``.

A module of this package is a subject: it has ``section(data, *, seed, quick) -> Section``. A new one is found by itself and takes
its place in :data:`ORDER`, or after it. Helpers that are no subject begin with an underscore, or stand in :data:`HELPERS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
PAGE = ROOT / "docs" / "science.md"
IMAGES = ROOT / "docs" / "images" / "science"
ORDER = ("text", "addresses", "twins", "hot", "scan", "surveillance", "forecast", "power", "locate")
HELPERS = frozenset({"drawing"})


@dataclass(frozen=True, slots=True)
class Section:
    """What one subject says on the page.

    ``title``: its heading. ``text``: Markdown with its tables; figures as ``![words](images/science/NAME.svg)``. ``figures``: file
    name (``scan-cost.svg``; begin it with the subject) → SVG.
    """

    title: str
    text: str
    figures: dict[str, str] = field(default_factory=dict)


class Subject(Protocol):
    """What a module of this package offers."""

    @staticmethod
    def section(data: Path, *, seed: int, quick: bool) -> Section:
        """Measure and write. ``data``: the shared folder; ``quick``: small samples, to try the module, never for the page.
        Raises FileNotFoundError where its data are absent."""


def table(headings: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """A Markdown table; cells that are numbers stand to the right."""
    if not rows:
        raise ValueError("rows: a table without rows")
    right = [
        all(isinstance(row[i], int | float) or str(row[i])[:1].isdigit() for row in rows)
        for i in range(len(headings))
    ]
    lines = [headings, tuple("---:" if side else "---" for side in right), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )
