"""The city's own settings, read from the table with the shipped defaults behind it; cached for half a minute per process."""

from __future__ import annotations

import time

from gongbi.cases.models import CaseSetting
from gongbi.cases.settings import DEFAULTS

_KEEP = 30.0  # seconds
_cache: dict[str, str] = {}
_read_at = -_KEEP


def setting(key: str) -> str:
    """The value in force for ``key``; KeyError for a key that has no default."""
    global _read_at  # noqa: PLW0603 - one small cache per process
    now = time.monotonic()
    if now - _read_at > _KEEP:
        _cache.clear()
        _cache.update(CaseSetting.objects.values_list("key", "value"))
        _read_at = now
    return _cache.get(key) or DEFAULTS[key].value


def number(key: str) -> float:
    return float(setting(key))


def forget() -> None:
    """Read anew at the next question (after a change in this process)."""
    global _read_at  # noqa: PLW0603
    _read_at = -_KEEP
