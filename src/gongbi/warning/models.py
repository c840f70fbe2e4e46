"""Warnings, the areas they are about, what was counted each day, and the looks that raised them. No column holds a person's data."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.flow.models import Matter


class Warning(Matter):
    """One warning. ``territory`` is the smallest division that holds its area, ``unit_id`` the unit it is about (lateness)."""

    flow_name: ClassVar[str] = "warning"
    prefix: ClassVar[str] = "YJ"

    sort = models.CharField(max_length=8)  # cluster, rise, repeat, late
    level = models.PositiveSmallIntegerField()  # 1 red, 2 orange, 3 yellow, 4 blue
    subject = models.CharField(max_length=40, default="")
    group = models.CharField(max_length=8, default="")  # major class of kinds
    kind = models.CharField(max_length=8, default="")
    first_day = models.DateField()
    last_day = models.DateField()
    observed = models.PositiveIntegerField()
    expected = models.FloatField(null=True)
    recurrence = models.FloatField(null=True)  # days
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    radius_km = models.FloatField(null=True)
    cases = models.JSONField(default=list)  # keys, of repeats and of lateness
    reasons = models.JSONField(default=list)  # [zh, en] pairs
    seen_day = models.DateField()  # the last day a look still found it
    run = models.ForeignKey("Run", on_delete=models.PROTECT, null=True, related_name="raised")
    assessed_by = models.CharField(max_length=40, default="")
    assessed_person = models.BigIntegerField(null=True)
    verdict = models.CharField(max_length=8, default="")  # right, wrong

    class Meta:
        indexes = [
            models.Index(fields=["sort", "group", "last_day"], name="warning_sort"),
            models.Index(fields=["level"], name="warning_level"),
        ]
        verbose_name = _("warning")


class WarningArea(models.Model):
    """One division that a warning is about: who covers it sees the warning."""

    warning = models.ForeignKey(Warning, on_delete=models.CASCADE, related_name="areas", db_index=False)
    code = models.CharField(max_length=15)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["warning", "code"], name="warning_area_once")]
        indexes = [models.Index(fields=["code"], name="warning_area_code")]
        verbose_name = _("area of a warning")

    def __str__(self) -> str:
        return self.code


class Run(models.Model):
    """One look at a day: what it read, with which settings, how long it took, what it found and what became of that."""

    day = models.DateField()
    live = models.BooleanField(default=False)
    at = models.DateTimeField()
    seconds = models.FloatField(default=0)
    window_from = models.DateField()
    counted = models.PositiveIntegerField(default=0)
    settings = models.JSONField(default=dict)
    numbers = models.JSONField(default=dict)
    new = models.PositiveIntegerField(default=0)
    grown = models.PositiveIntegerField(default=0)
    silent = models.PositiveIntegerField(default=0)
    actor = models.CharField(max_length=40, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "live"], name="warning_run_once")]
        verbose_name = _("look for warnings")

    def __str__(self) -> str:
        return f"{self.day}"


class DayCount(models.Model):
    """Cases of one local day by class and division: ``{class: {code: number}}``. Made anew every night; not a ledger."""

    day = models.DateField(primary_key=True)
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("cases of a day")

    def __str__(self) -> str:
        return f"{self.day}"


class WarningSetting(models.Model):
    """What the district set for its warnings (:mod:`gongbi.warning.settings`)."""

    key = models.CharField(max_length=40, primary_key=True)
    value = models.CharField(max_length=80)
    set_at = models.DateTimeField()
    actor = models.CharField(max_length=40, default="")

    class Meta:
        verbose_name = _("setting of warnings")

    def __str__(self) -> str:
        return self.key
