"""The words of all rooms in Chinese: compiling the catalogues, and finding what is not translated. Needs no gettext tools."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

GONGBI: Final = Path(__file__).resolve().parent.parent
_HOME: Final = Path("locale/zh_Hans/LC_MESSAGES/django.po")
_KEYWORDS: Final[dict[str, Any]] = {
    name: spec
    for stem, spec in {
        "gettext": None,
        "ngettext": (1, 2),
        "pgettext": ((1, "c"), 2),
        "npgettext": ((1, "c"), 2, 3),
    }.items()
    for name in (stem, f"{stem}_lazy")
} | {"_": None, "gettext_noop": None}
_HOLE: Final = re.compile(r"%\([A-Za-z_]\w*\)[sd]|\{[A-Za-z_]\w*[^{}]*\}")


class Untranslated(NamedTuple):
    """A text that people would read in English on a Chinese page, or whose translation lost a value."""

    where: str
    msgid: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {self.why}: {self.msgid!r}"


def catalogues(root: Path = GONGBI) -> list[Path]:
    """Every message catalogue below ``root``."""
    return sorted(root.rglob("locale/*/LC_MESSAGES/*.po"))


def compile_messages(root: Path = GONGBI) -> int:
    """Compile every catalogue whose result is missing or older, atomically; returns how many were compiled."""
    count = 0
    for source in catalogues(root):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        # Two starts at the same moment must never leave half a file.
        handle, draft = tempfile.mkstemp(dir=target.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as out:
            write_mo(out, _read(source))
        Path(draft).chmod(0o644)
        Path(draft).replace(target)
        count += 1
    return count


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], domain=path.stem)


def rooms(root: Path = GONGBI) -> list[Path]:
    """The folders of all Django apps below ``root``: each keeps its own words."""
    return sorted(path.parent for path in root.rglob("apps.py"))


def messages(room: Path) -> Iterator[tuple[str, int, Any]]:
    """``(file, line, msgid)`` of every text of one room, from Python and from templates; plural ones as a pair."""
    inner = [other for other in rooms(room) if other != room]
    for path in sorted([*room.rglob("*.py"), *room.rglob("*.html"), *room.rglob("*.txt")]):
        if any(path.is_relative_to(other) for other in inner) or "migrations" in path.parts:
            continue
        text = path.read_text("utf-8")
        if path.suffix != ".py":
            if "templates" not in path.parts:
                continue
            text = _as_python(text, str(path))
        source = BytesIO(text.encode())
        for line, msgid, _comments, _context in extract("python", source, _KEYWORDS):
            if msgid and msgid != ("", ""):
                yield str(path.relative_to(room.parent)), line, msgid


def _as_python(text: str, origin: str) -> str:
    from django.utils.translation.template import templatize

    # What is between the tags becomes X; without its indentation it can be read as Python.
    return "\n".join(line.strip() for line in templatize(text, origin=origin).splitlines())


def untranslated(root: Path) -> list[Untranslated]:
    """What the room at ``root`` says that neither its own catalogue nor the look's has in Chinese."""
    known = [_read(path) for path in dict.fromkeys([root / _HOME, GONGBI / "look" / _HOME]) if path.exists()]
    found: list[Untranslated] = []
    seen: set[str] = set()
    for where, line, msgid in messages(root):
        single = msgid[0] if isinstance(msgid, tuple) else msgid
        if single in seen:
            continue
        seen.add(single)
        why = _wrong(single, msgid, known)
        if why:
            found.append(Untranslated(f"{where}:{line}", single, why))
    return found


def _wrong(single: str, msgid: Any, known: list[Catalog]) -> str:
    for catalogue in known:
        message = catalogue.get(single)
        if message is None or not message.string or message.fuzzy:
            continue
        texts = message.string if isinstance(message.string, list | tuple) else [message.string]
        if not all(texts):
            continue
        if isinstance(msgid, tuple) and not message.pluralizable:
            return "the catalogue has no plural for it"
        asked = set(_HOLE.findall(single)) | set(_HOLE.findall(msgid[-1] if isinstance(msgid, tuple) else ""))
        given = {hole for text in texts for hole in _HOLE.findall(text)}
        if not given <= asked:
            return "the translation names a value that is not given"
        return ""
    return "not in Chinese"
