"""Clocks of matters and the working calendar. The arithmetic is in engine.py and knows no database."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from gongbi.kernel.clock import limits
from gongbi.kernel.clock.engine import Pause
from gongbi.kernel.clock.limits import Limit


class CalendarDay(models.Model):
    """One day of the working calendar. ``official`` when a State Council notice fixed it, else
    provisional (weekday rule).
    """

    day = models.DateField(primary_key=True)
    working = models.BooleanField()
    holiday = models.BooleanField(
        default=False
    )  # a statutory holiday or its in-lieu day: legal periods roll over it
    official = models.BooleanField()
    note = models.CharField(max_length=60, default="", blank=True)


class OfficeHours(models.Model):
    """Office hours from ``since`` on, until the next row: ``slots`` is ``[["08:00", "12:00"], …]``. None:
    08–12, 14–18.
    """

    since = models.DateField(unique=True)
    slots = models.JSONField()


class CalendarVersion(models.Model):
    """One change of the calendar; the last row is the present one. Processes keep the calendar by its
    ``digest``.

    The digest is computed from the content, so whatever is rolled back or imported again, equal digests
    are equal calendars.
    """

    digest = models.CharField(max_length=64)
    why = models.CharField(max_length=60)
    actor = models.CharField(max_length=40)
    at = models.DateTimeField(null=True)  # null: seeded on installation


class Clock(models.Model):
    """One running limit of one matter: accept, dispatch, sign, handle, check, callback, total.

    ``limit`` is the parsed limit string; ``pauses`` a list of ``[from, to|null, reason]`` in ISO time;
    ``extensions`` a list of approved extra limits ``{"limit", "at", "by"}``. ``due_at`` is derived by the
    engine and stored; ``history`` keeps every older value and why it changed: ``{"at", "due_at", "to",
    "provisional", "why", …}``.
    """

    # The unique constraint's index begins with the matter.
    matter = models.ForeignKey("flow.Matter", on_delete=models.PROTECT, related_name="clocks", db_index=False)
    name = models.CharField(max_length=16)
    round = models.PositiveSmallIntegerField(default=1)  # rework starts the same clock again
    limit = models.CharField(max_length=limits.LONGEST)
    basis = models.CharField(
        max_length=120, default="", blank=True
    )  # the article or standard the limit comes from
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    pauses = models.JSONField(default=list)
    extensions = models.JSONField(default=list)
    history = models.JSONField(default=list)
    provisional = models.BooleanField(default=False)
    exempt = models.BooleanField(
        default=False
    )  # overdue appeal upheld: out of the overdue counts, still in totals
    cancelled = models.BooleanField(default=False)  # stopped without a verdict: neither on time nor late

    class Meta:
        constraints = [models.UniqueConstraint(fields=["matter", "name", "round"], name="clock_once")]
        indexes = [
            models.Index(fields=["due_at"], name="clock_running", condition=models.Q(stopped_at__isnull=True))
        ]

    @property
    def running(self) -> bool:
        """Neither stopped nor paused."""
        return self.stopped_at is None and self.paused_at is None

    def parsed(self) -> Limit:
        return limits.parse(self.limit)

    def spans(self) -> list[Pause]:
        """The pauses as moments."""
        return [
            (datetime.fromisoformat(since), datetime.fromisoformat(until) if until else None)
            for since, until, *_reason in self.pauses
        ]

    def extra(self) -> list[Limit]:
        """The approved extensions as limits."""
        return [limits.parse(extension["limit"]) for extension in self.extensions]
