"""Editions of bulletins, releases of open data, and what the district set for both. No column holds a person's data.

What was issued or published is never changed: ``plain`` stays the bytes that its digest in the ledger was made of.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.flow.models import Matter


class Bulletin(Matter):
    """One edition of one bulletin. ``territory``: the district's or the street's whose bulletin it is.

    ``plain``: figures, tables and charts as canonical JSON (shape.py); ``text``: the editor's words; ``changes``: what differs from the edition
    before (shape.differences). ``slot``: 0 while it counts, its key once dropped.
    """

    flow_name: ClassVar[str] = "bulletin"
    prefix: ClassVar[str] = "JB"

    sort = models.CharField(max_length=5)  # day, week, month
    place = models.CharField(max_length=15)  # as ``territory``, which stands in the parent's table
    first = models.DateField()
    last = models.DateField()
    edition = models.PositiveIntegerField()
    plain = models.TextField()
    digest = models.CharField(max_length=64)
    taken_at = models.DateTimeField()  # when the figures were taken
    text = models.TextField(default="", blank=True)
    edited_by = models.CharField(max_length=40, default="", blank=True)
    edited_person = models.BigIntegerField(null=True)
    checked_by = models.CharField(max_length=40, default="", blank=True)
    issued_at = models.DateTimeField(null=True)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="corrections")
    why = models.CharField(max_length=500, default="", blank=True)  # why it was corrected
    changes = models.JSONField(default=list)
    synthetic = models.BooleanField(default=False)
    slot = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sort", "place", "first", "edition", "slot"], name="bulletin_once"
            )
        ]
        indexes = [models.Index(fields=["-first"], name="bulletin_first")]
        verbose_name = _("bulletin")


class Release(Matter):
    """One edition of the open data of a month. ``plain``: the published document as canonical JSON, small cells gone from it already."""

    flow_name: ClassVar[str] = "opendata"
    prefix: ClassVar[str] = "KF"

    month = models.DateField()  # its first day
    edition = models.PositiveIntegerField()
    plain = models.TextField()
    digest = models.CharField(max_length=64)
    hidden = models.JSONField(
        default=dict
    )  # table → keys of hidden cells: what a later edition hides as well
    cells = models.PositiveIntegerField(default=0)
    hidden_cells = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=500, default="", blank=True)
    synthetic = models.BooleanField(default=False)
    slot = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "edition", "slot"], name="open_release_once")]
        verbose_name = _("release of open data")


class BulletinSetting(models.Model):
    """What the district set for bulletins and open data (settings.py)."""

    key = models.CharField(max_length=40, primary_key=True)
    value = models.CharField(max_length=300)
    set_at = models.DateTimeField()
    actor = models.CharField(max_length=40, default="")

    class Meta:
        verbose_name = _("setting of bulletins")

    def __str__(self) -> str:
        return self.key
