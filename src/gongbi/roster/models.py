"""Rotas with their shifts and members, turns of duty, swaps and stand-ins, handover notes, calendar feeds, settings.

No column holds a resident's data. Times are instants; the zone of a rota says which clock on the wall its shifts follow.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.flow.models import Matter
from gongbi.parties.models import Post
from gongbi.roster import rules


class Rota(models.Model):
    """One duty of one unit: what is watched, where, by which clock. ``territory``: what it answers for."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, default="", blank=True)
    kind = models.CharField(max_length=12)
    unit_id = models.BigIntegerField()
    territory = models.CharField(max_length=15, default="", blank=True)
    zone = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    synthetic = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="rota_kind_known", condition=Q(kind__in=rules.KINDS)),
            models.CheckConstraint(
                name="rota_period", condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from"))
            ),
        ]
        indexes = [models.Index(fields=["unit_id"], name="rota_unit")]
        verbose_name = _("duty roster")

    def __str__(self) -> str:
        return self.name


class RotaShift(models.Model):
    """One shift of a rota, in its local time. ``ends`` not after ``starts``: on the next day."""

    rota = models.ForeignKey(Rota, on_delete=models.PROTECT, related_name="shifts")
    name = models.CharField(max_length=30)
    name_en = models.CharField(max_length=40, default="", blank=True)
    starts = models.TimeField()
    ends = models.TimeField()
    days = models.CharField(max_length=16, default=rules.DAILY)
    needed = models.PositiveSmallIntegerField(default=1)
    sort = models.CharField(max_length=8, default=rules.WATCH)
    valid_to = models.DateField(null=True, blank=True)  # the first local day without it

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rota", "name"], name="rota_shift_once"),
            models.CheckConstraint(name="rota_shift_sort", condition=Q(sort__in=rules.SORTS)),
            models.CheckConstraint(name="rota_shift_needed", condition=Q(needed__gte=1)),
        ]
        verbose_name = _("shift of a roster")

    def __str__(self) -> str:
        return self.name

    def plain(self) -> rules.Shift:
        return rules.Shift(self.pk, self.starts, self.ends, self.days, self.needed, self.sort)


class RotaMember(models.Model):
    """A post in the rotation. ``sort`` empty: stands and leads."""

    rota = models.ForeignKey(Rota, on_delete=models.PROTECT, related_name="members")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField()
    sort = models.CharField(max_length=8, default="", blank=True)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rota", "post"], name="rota_member_once"),
            models.CheckConstraint(
                name="rota_member_period", condition=Q(until__isnull=True) | Q(until__gt=F("since"))
            ),
        ]
        verbose_name = _("member of a roster")

    def __str__(self) -> str:
        return f"{self.rota_id}:{self.post_id}"


class Turn(models.Model):
    """One post stands from ``starts_at`` to ``ends_at``, half-open. Never changed into another's: taken back, and a new one made."""

    rota = models.ForeignKey(Rota, on_delete=models.PROTECT, related_name="turns", db_index=False)
    shift = models.ForeignKey(RotaShift, on_delete=models.PROTECT, null=True, related_name="turns")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", db_index=False)
    person_id = models.BigIntegerField()
    sort = models.CharField(max_length=8, default=rules.WATCH)
    day = models.DateField()  # the local day it begins on
    day_kind = models.CharField(max_length=8, default=rules.WORKDAY)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    source = models.CharField(max_length=8)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    despite = models.CharField(max_length=200, default="", blank=True)  # why too little rest was accepted
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(max_length=40, default="", blank=True)
    reason = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="turn_period", condition=Q(ends_at__gt=F("starts_at"))),
            models.CheckConstraint(name="turn_source", condition=Q(source__in=rules.SOURCES)),
            models.UniqueConstraint(
                fields=["rota", "person_id", "starts_at"],
                condition=Q(cancelled_at__isnull=True),
                name="turn_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["starts_at", "ends_at"], name="turn_time", condition=Q(cancelled_at__isnull=True)
            ),
            models.Index(fields=["rota", "starts_at"], name="turn_rota"),
            models.Index(fields=["person_id", "starts_at"], name="turn_person"),
            models.Index(fields=["post", "starts_at"], name="turn_post"),
        ]
        verbose_name = _("turn of duty")

    def __str__(self) -> str:
        return f"{self.rota_id} {self.starts_at:%Y-%m-%dT%H:%MZ} {self.post_id}"

    def plain(self) -> rules.Stand:
        return rules.Stand(self.person_id, self.starts_at, self.ends_at, self.pk, self.day_kind)


class Swap(Matter):
    """Somebody asks another to take a turn (stand-in), or to exchange it for one of theirs. ``unit_id`` is the rota's."""

    flow_name: ClassVar[str] = "swap"
    prefix: ClassVar[str] = "HB"

    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, related_name="swaps")
    other = models.ForeignKey(Turn, on_delete=models.PROTECT, null=True, related_name="+")
    asker_post = models.BigIntegerField()
    asker_person = models.BigIntegerField()
    to_post = models.BigIntegerField()
    to_person = models.BigIntegerField()
    why = models.CharField(max_length=200)
    answer = models.CharField(max_length=200, default="", blank=True)
    # The turn while the question is open: a second one about it cannot exist.
    open_turn = models.BigIntegerField(null=True, unique=True)

    class Meta:
        indexes = [
            models.Index(fields=["asker_post"], name="swap_asker"),
            models.Index(fields=["to_post"], name="swap_to"),
        ]
        verbose_name = _("swap of turns")


class HandoverNote(models.Model):
    """What one shift leaves to the next. ``seq`` gives the order: the clock may have been set back between two notes."""

    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, related_name="notes", db_index=False)
    rota = models.ForeignKey(Rota, on_delete=models.PROTECT, related_name="notes", db_index=False)
    seq = models.PositiveIntegerField()
    text = models.CharField(max_length=1000)
    matters = models.JSONField(default=list)  # numbers that are to be watched
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.CharField(max_length=40, default="", blank=True)
    taken_turn = models.ForeignKey(Turn, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rota", "seq"], name="handover_note_once")]
        indexes = [models.Index(fields=["turn"], name="handover_note_turn")]
        verbose_name = _("handover note")

    def __str__(self) -> str:
        return f"{self.rota_id}/{self.seq}"


class Feed(models.Model):
    """A calendar address that needs no sign-in: whoever has it reads these turns, until it is withdrawn. Only a digest is kept."""

    prefix = models.CharField(max_length=12, unique=True)
    digest = models.BinaryField(max_length=32)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")  # who asked for it
    rota = models.ForeignKey(
        Rota, on_delete=models.PROTECT, null=True, related_name="feeds"
    )  # None: my own duty
    language = models.CharField(max_length=8, default="zh-hans")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("calendar feed")

    def __str__(self) -> str:
        return self.prefix


class RosterSetting(models.Model):
    """What the district set for its duty (:mod:`gongbi.roster.settings`)."""

    key = models.CharField(max_length=40, primary_key=True)
    value = models.CharField(max_length=20)
    source = models.CharField(max_length=160, default="", blank=True)
    set_at = models.DateTimeField()
    actor = models.CharField(max_length=40, default="")

    class Meta:
        verbose_name = _("setting of duty")

    def __str__(self) -> str:
        return self.key
