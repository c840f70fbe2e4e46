"""Who wants to know. Rooms register handlers in their ``tasks.py``; the worker loads them.

    @subscribe("cases.*", "insight.count")
    def count(event: Event) -> None: ...

What is quicker for many than for one says ``many=True`` and takes a list of events, in their order:

    @subscribe("cases.*", "insight.count", many=True)
    def count(events: Sequence[Event]) -> None: ...

A handler runs in a transaction of its own that also notes the delivery: what it writes to the database happens exactly
once. What it does outside the database (a message, a call-back) may happen twice after a crash: send ``event.id`` along as
the key by which the receiver recognises a repetition. A handler that raises is tried again later, then lies dead in sight.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import translate
from functools import lru_cache, wraps
from typing import Any

_PATTERN = re.compile(r"[a-z0-9_*]+(\.[a-z0-9_*]+)*")
_NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Event:
    """One event as a handler sees it. ``payload``: ids, codes and states, never personal data."""

    id: int
    topic: str
    matter_id: int | None
    payload: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime = datetime.min  # noqa: DTZ901 – always given by the relay


Handler = Callable[[Event], None]
ManyHandler = Callable[[Sequence[Event]], None]
_handlers: dict[str, tuple[str, Handler]] = {}
_many: dict[str, ManyHandler] = {}
_loaded: list[bool] = []


def subscribe(pattern: str, name: str, *, many: bool = False) -> Callable[[Any], Any]:
    """Register a handler for topics like ``cases.accepted``, ``cases.*`` or ``*``. ``name`` is unique and stays for good:
    what was delivered under it is not delivered again. ``many``: the handler takes a list of events. Raises ValueError for a bad
    pattern or a name taken by another.
    """
    if not _PATTERN.fullmatch(pattern) or not 0 < len(name) <= _NAME_LENGTH:
        raise ValueError(f"no topic pattern or no name: {pattern!r}, {name!r}")

    def keep(handler: Any) -> Any:
        known = _handlers.get(name)
        if known is not None and known[1].__qualname__ != handler.__qualname__:
            raise ValueError(f"a subscriber called {name} exists: {known[1].__qualname__}")
        _many.pop(name, None)
        if many:
            _many[name] = handler
        _handlers[name] = (pattern, _one_by_one(handler) if many else handler)
        handlers_of.cache_clear()
        return handler

    return keep


def forget(name: str) -> None:
    """Take a subscriber out of the registry (a feature switched off, a test)."""
    _handlers.pop(name, None)
    _many.pop(name, None)
    handlers_of.cache_clear()


def _one_by_one(handler: ManyHandler) -> Handler:
    @wraps(handler)
    def one(event: Event) -> None:
        handler([event])

    return one


def takes_many(name: str) -> ManyHandler | None:
    """The handler of that name where it takes lists."""
    return _many.get(name)


def all_take_many() -> bool:
    """Whether every subscriber of this process takes lists: then events are delivered in batches."""
    return len(_many) == len(_handlers)


@lru_cache(maxsize=4096)
def handlers_of(topic: str) -> tuple[tuple[str, Handler], ...]:
    """``(name, handler)`` of everyone who wants ``topic``, by name."""
    return tuple(
        (name, handler)
        for name, (pattern, handler) in sorted(_handlers.items())
        if re.match(translate(pattern), topic)
    )


def load() -> None:
    """Import the ``tasks`` module of every installed room, where handlers and periodic jobs register themselves."""
    if not _loaded:
        from django.utils.module_loading import autodiscover_modules

        autodiscover_modules("tasks")
        _loaded.append(True)
