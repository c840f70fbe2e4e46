"""Local days and the moments that bound them."""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone


def midnight(day: date) -> datetime:
    """The local midnight that begins a day."""
    return timezone.make_aware(datetime.combine(day, time.min))
