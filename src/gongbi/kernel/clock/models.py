"""Clocks of matters and the working calendar. The arithmetic is in engine.py and knows no database."""

from django.db import models


class CalendarDay(models.Model):
    """One day of the working calendar. ``official`` when a State Council notice fixed it, else provisional (weekday rule)."""

    day = models.DateField(primary_key=True)
    working = models.BooleanField()
    holiday = models.BooleanField(default=False)  # a statutory holiday or its in-lieu day: legal periods roll over it
    official = models.BooleanField()
    note = models.CharField(max_length=60, default="", blank=True)


class Clock(models.Model):
    """One running limit of one matter: accept, dispatch, sign, handle, check, callback, total.

    ``limit`` is the parsed limit string; ``pauses`` a list of ``[from, to|null, reason]`` in ISO time; ``extensions`` a list of
    approved extra limits. ``due_at`` is derived by the engine and stored; ``history`` keeps every older value and why it changed.
    """

    matter = models.ForeignKey("flow.Matter", on_delete=models.PROTECT, related_name="clocks")
    name = models.CharField(max_length=16)
    round = models.PositiveSmallIntegerField(default=1)  # rework starts the same clock again
    limit = models.CharField(max_length=40)
    basis = models.CharField(max_length=120, default="", blank=True)  # the article or standard the limit comes from
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    pauses = models.JSONField(default=list)
    extensions = models.JSONField(default=list)
    history = models.JSONField(default=list)
    provisional = models.BooleanField(default=False)
    exempt = models.BooleanField(default=False)  # overdue appeal upheld: out of the overdue counts, still in totals

    class Meta:
        constraints = [models.UniqueConstraint(fields=["matter", "name", "round"], name="clock_once")]
        indexes = [models.Index(fields=["due_at"], name="clock_running", condition=models.Q(stopped_at__isnull=True))]
