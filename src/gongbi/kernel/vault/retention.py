"""Which rows belong to which retention class: rooms register them, ``vault.actions.purge`` asks.

retention.register("staff_track", Track, due=lambda before: Track.objects.filter(shift_ended_at__lt=before))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from gongbi.kernel.vault.rules import CLASSES

Due = Callable[[datetime], "QuerySet[Any]"]
Erase = Callable[[Any, datetime], None]


@dataclass(frozen=True, slots=True)
class Holding:
    """Rows of one model in one class. ``due(before)``: those that ended before; ``erase``: delete or make anonymous."""

    code: str
    model: type[Model]
    due: Due
    erase: Erase | None


_holdings: list[Holding] = []


def register(code: str, model: type[Model], *, due: Due, erase: Erase | None = None) -> None:
    """Put rows of ``model`` under the class ``code``. ``erase(row, at)`` runs in a transaction; without one rows are deleted.

    After ``erase`` the row must no longer be due. Errors: ValueError for an unknown class.
    """
    if code not in {known.code for known in CLASSES}:
        raise ValueError(f"no retention class {code!r}")
    forget(code, model)
    _holdings.append(Holding(code, model, due, erase))


def forget(code: str, model: type[Model]) -> None:
    """Take a registration back."""
    _holdings[:] = [known for known in _holdings if (known.code, known.model) != (code, model)]


def holdings() -> list[Holding]:
    """Every registration, in the order they were made."""
    return list(_holdings)
