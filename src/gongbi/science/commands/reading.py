"""Tables from files for the commands: CSV, plain or packed with gzip, UTF-8 or GB18030, by the names of their columns."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

_PACKED = b"\x1f\x8b"


def text_of(path: str | Path, option: str) -> str:
    """What a file says, unpacked and decoded. Raises ValueError naming ``option``; OSError when it cannot be opened."""
    data = Path(path).read_bytes()
    if data[:2] == _PACKED:
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise ValueError(f"{option}: {path} is not a whole gzip file ({error})") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError(f"{option}: {path} is neither UTF-8 nor GB18030")


def table(path: str | Path, option: str, *needed: str) -> list[dict[str, str]]:
    """The rows of a CSV with a heading line, oldest first as they stand. Raises ValueError for missing columns or an empty file."""
    with _wide_cells():
        reader = csv.DictReader(io.StringIO(text_of(path, option), newline=""))
        headings = [heading.strip() for heading in reader.fieldnames or ()]
        if not headings:
            raise ValueError(f"{option}: {path} is empty")
        missing = [name for name in needed if name not in headings]
        if missing:
            raise ValueError(
                f"{option}: {path} has no column {', '.join(map(repr, missing))}; it has {', '.join(headings)}"
            )
        reader.fieldnames = headings
        try:
            rows = [{name: value or "" for name, value in row.items() if name is not None} for row in reader]
        except csv.Error as error:
            raise ValueError(f"{option}: {path}, line {reader.line_num}: {error}") from None
    if not rows:
        raise ValueError(f"{option}: {path} has a heading and no row")
    return rows


@contextmanager
def _wide_cells() -> Iterator[None]:
    before = csv.field_size_limit(10_000_000)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def numbers(rows: Sequence[dict[str, str]], column: str, option: str) -> list[float]:
    """A column as finite numbers. Raises ValueError with the line (2 is the first after the heading)."""
    found = []
    for line, row in enumerate(rows, 2):
        try:
            value = float(row[column])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise ValueError(f"{option}: line {line}: {column} is {row[column]!r}, not a number")
        found.append(value)
    return found


_FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%m/%d/%Y",
)


def moment(text: str) -> datetime:
    """A time as written in a table, as it stands there (no zone is added). Raises ValueError."""
    plain = text.strip()
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        pass
    for form in _FORMS:
        try:
            return datetime.strptime(plain, form)  # noqa: DTZ007 - tables of this kind have no zone
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a time")


def moments(rows: Sequence[dict[str, str]], column: str, option: str) -> list[datetime]:
    """A column as times. Raises ValueError with the line."""
    found = []
    for line, row in enumerate(rows, 2):
        try:
            found.append(moment(row[column]))
        except ValueError as error:
            raise ValueError(f"{option}: line {line}: {column}: {error}") from None
    return found


def write_table(path: str | Path, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A CSV in UTF-8 with a heading line."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(rows)
