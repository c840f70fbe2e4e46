"""What Vite built: file names with their digests, and the icons. Read once for each build, kept in the process."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

BUILT: Final = Path(__file__).resolve().parent / "static" / "look" / "built"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class File:
    """One built file: its address below ``STATIC_URL`` and its digest for the browser to check."""

    url: str
    integrity: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry needs: its script, the modules it imports, its styles."""

    script: File
    imports: tuple[File, ...]
    styles: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Icons:
    url: str
    names: frozenset[str]


def _stamp(path: Path) -> int:
    """When the file was built: a new build is seen without a restart. 0 when there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@lru_cache(maxsize=512)
def _file(name: str, stamp: int) -> File:
    digest = hashlib.sha384((BUILT / name).read_bytes()).digest()
    # The names carry Vite's own hash already, so the storage that hashes names is left out on purpose.
    return File(f"{settings.STATIC_URL}look/built/{name}", "sha384-" + base64.b64encode(digest).decode())


@lru_cache(maxsize=4)
def _manifest(stamp: int) -> dict[str, Any]:
    """Everything that was built: the pages' modules, and the field app, which is built by itself into one script."""
    found: dict[str, Any] = json.loads((BUILT / "manifest.json").read_text("utf-8"))
    field: dict[str, Any] = json.loads((BUILT / "field.json").read_text("utf-8"))
    return found | field


@lru_cache(maxsize=4)
def _missing(stamp: int) -> None:
    _log.warning(
        "the frontend is not built: pages come without style; run `npm ci && npm run build` in frontend/"
    )


def is_built() -> bool:
    return _stamp(BUILT / "manifest.json") > 0 and _stamp(BUILT / "field.json") > 0


@lru_cache(maxsize=64)
def _entry(name: str, stamp: int) -> Entry:
    manifest = _manifest(stamp)
    key = f"src/{name}.ts"
    if key not in manifest:
        known = ", ".join(sorted(k[4:-3] for k, v in manifest.items() if v.get("isEntry")))
        raise LookupError(f"no built entry {name!r}; there are: {known}")
    seen: dict[str, Any] = {}

    def walk(at: str) -> None:
        for other in manifest[at].get("imports", []):
            if other not in seen:
                seen[other] = manifest[other]
                walk(other)

    walk(key)
    chunks = [*seen.values(), manifest[key]]  # what an entry says of itself comes last and holds
    return Entry(
        script=_file(manifest[key]["file"], stamp),
        imports=tuple(_file(chunk["file"], stamp) for chunk in seen.values()),
        styles=tuple(_file(style, stamp) for chunk in chunks for style in chunk.get("css", [])),
    )


def entry(name: str) -> Entry | None:
    """The built files of one entry (``base``, ``form``, ``map``, ``board``, ``desk``); ``None`` when nothing is built."""
    stamp = _stamp(BUILT / "manifest.json")
    if not stamp:
        _missing(0)
        return None
    return _entry(name, stamp)


@lru_cache(maxsize=4)
def _icons(stamp: int) -> Icons:
    found = json.loads((BUILT / "icons.json").read_text("utf-8"))
    return Icons(f"{settings.STATIC_URL}look/built/{found['file']}", frozenset(found["names"]))


def icons() -> Icons | None:
    stamp = _stamp(BUILT / "icons.json")
    return _icons(stamp) if stamp else None
