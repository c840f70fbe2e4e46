"""Shifts and their tracks, photos on their way in, entries, care lists, and tasks for whoever is near."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.flow.models import Matter
from gongbi.kernel.vault.fields import SealedTextField


class Shift(models.Model):
    """One shift of one post: ``started_at <= t < ended_at``; null while it runs. The last position goes with the track."""

    key = models.CharField(max_length=64)  # made on the phone: the same tap twice is one shift
    post_id = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=40)
    grids = models.JSONField(default=list)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    lon = models.FloatField(null=True)  # CGCS2000 degrees
    lat = models.FloatField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor", "key"], name="shift_key"),
            models.UniqueConstraint(fields=["post_id"], condition=Q(ended_at__isnull=True), name="shift_one"),
            models.CheckConstraint(
                name="shift_period", condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at"))
            ),
        ]
        indexes = [models.Index(fields=["unit_id", "-started_at"], name="shift_unit")]
        verbose_name = _("shift")

    def __str__(self) -> str:
        return f"{self.actor} {self.started_at:%Y-%m-%d}"


class TrackPoint(models.Model):
    """Where a shift was at one moment. Deleted on schedule (retention class ``staff_track``)."""

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="track", db_index=False)
    at = models.DateTimeField()
    lon = models.FloatField()
    lat = models.FloatField()
    accuracy = models.FloatField(null=True)  # metres, as the phone says

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shift", "at"], name="track_once")]
        indexes = [models.Index(fields=["at"], name="track_at")]
        verbose_name = _("track of a shift")

    def __str__(self) -> str:
        return f"{self.shift_id} {self.at:%H:%M:%S}"


def forget_track(shift: Shift, at: datetime) -> None:
    """Where a shift was is gone; that it was, and what was entered, stays. For the purge of ``staff_track``."""
    shift.track.all().delete()
    shift.lon = shift.lat = shift.seen_at = None
    shift.save(update_fields=["lon", "lat", "seen_at"])


def forget_place(row: FieldPhoto | Entry, at: datetime) -> None:
    """Where the phone was when this was made is gone; grid and words of the place stay. With the track, which it would draw anew."""
    row.lon = row.lat = None
    gone = ["lon", "lat"]
    if isinstance(row, FieldPhoto):
        row.accuracy = row.camera_lon = row.camera_lat = None
        gone += ["accuracy", "camera_lon", "camera_lat"]
    row.save(update_fields=gone)


class FieldPhoto(models.Model):
    """A photo on its way from a phone, piece by piece. ``digest``: SHA-256 of what the phone sends, hex.

    ``lon``/``lat``: where the phone was; ``camera_lon``/``camera_lat``: what the picture itself says; ``sure``: the worker said that
    a picture from far away belongs here.
    """

    key = models.CharField(max_length=64)
    actor = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    file_id = models.BigIntegerField(null=True)  # kernel.files, once it is whole
    taken_at = models.DateTimeField()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    accuracy = models.FloatField(null=True)
    camera_lon = models.FloatField(null=True)
    camera_lat = models.FloatField(null=True)
    far = models.BooleanField(default=False)
    sure = models.BooleanField(default=False)
    begun_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="field_photo_key")]
        indexes = [
            models.Index(fields=["file_id"], name="field_photo_file"),
            models.Index(
                fields=["begun_at"], name="field_photo_unfinished", condition=Q(file_id__isnull=True)
            ),
        ]
        verbose_name = _("photo from the field")

    def __str__(self) -> str:
        return self.key


class PhotoPart(models.Model):
    """One piece of a photo that is not whole yet."""

    photo = models.ForeignKey(FieldPhoto, on_delete=models.CASCADE, related_name="parts", db_index=False)
    offset = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["photo", "offset"], name="photo_part_once")]


class Care(models.Model):
    """Somebody to look in on. Name and telephone are sealed; the door is seen by those who go there, and by nobody else."""

    kind = models.CharField(max_length=16)  # rules.CARE_KINDS
    name = SealedTextField(kind="name")
    phone = SealedTextField(kind="phone", blank=True)
    door = models.CharField(max_length=120)
    territory = models.CharField(max_length=15)  # the grid
    every_days = models.PositiveSmallIntegerField(default=30)
    visited_at = models.DateTimeField(null=True)
    since = models.DateField()
    until = models.DateField(null=True)
    synthetic = models.BooleanField(default=False)
    name_index = models.BinaryField(max_length=32, default=b"")  # blind: a sheet read twice adds nobody twice
    ground = models.CharField(
        max_length=12, default="", blank=True
    )  # rules.GROUNDS: why the house may keep it
    ground_note = models.CharField(max_length=120, default="", blank=True)  # which paper, or which article
    ended = models.CharField(max_length=8, default="", blank=True)  # rules.CARE_ENDS
    changed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["territory", "visited_at"], name="care_territory")]
        verbose_name = _("care list")

    def __str__(self) -> str:
        return f"care:{self.pk}"


class CareChange(models.Model):
    """Who put somebody on a list, changed what about them, took them off: names of columns, never what stood in them."""

    care = models.ForeignKey(Care, on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    act = models.CharField(max_length=8)  # added, changed, ended
    columns = models.JSONField(default=list)

    class Meta:
        verbose_name = _("change of a care list")

    def __str__(self) -> str:
        return f"{self.act} {self.care_id}"


def forget_care(care: Care, at: datetime) -> None:
    """Who it was is gone; that somebody of this kind was looked in on, and when, stays. For the purge of ``care_list``."""
    care.name, care.phone, care.door, care.ground_note, care.name_index = "", "", "", "", b""
    care.save(update_fields=["name", "phone", "door", "ground_note", "name_index"])


class Entry(models.Model):
    """What a worker typed once: a check-in, a visit, a report. Every ledger that asks for it is read off these rows."""

    key = models.CharField(max_length=64)
    actor = models.CharField(max_length=40)
    post_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, null=True, related_name="entries")
    sort = models.CharField(max_length=8)  # rules.SORTS: checkin, visit, report
    form = models.CharField(max_length=24, default="")
    answers = models.JSONField(default=dict)
    note = models.TextField(default="")
    at = models.DateTimeField()  # when it was done, by the phone
    received_at = models.DateTimeField()
    place_words = models.CharField(max_length=200, default="")
    floor = models.SmallIntegerField(null=True)  # stairs count
    territory = models.CharField(max_length=15, default="")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    care = models.ForeignKey(Care, on_delete=models.PROTECT, null=True, related_name="visits")
    photos = models.JSONField(default=list)  # digests
    report = models.CharField(max_length=32, default="")  # receipt number of the matter that came of it
    kind = models.CharField(max_length=8, default="")
    solved = models.BooleanField(default=False)
    seconds = models.PositiveIntegerField(default=0)  # how long the typing took

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="entry_key")]
        indexes = [
            models.Index(fields=["unit_id", "at"], name="entry_unit"),
            models.Index(fields=["actor", "-at"], name="entry_actor"),
            models.Index(fields=["territory", "at"], name="entry_territory"),
            models.Index(fields=["received_at"], name="entry_received"),
        ]
        verbose_name = _("entry")

    def __str__(self) -> str:
        return f"{self.sort} {self.key}"


class FieldTask(Matter):
    """Look at a matter on the spot: verify before it is accepted, check after it was handled. ``unit_id``: the worker's unit."""

    flow_name: ClassVar[str] = "task"
    prefix: ClassVar[str] = "RW"

    purpose = models.CharField(max_length=8)  # verify, check
    about = models.BigIntegerField()  # the matter it is about
    about_number = models.CharField(max_length=32)
    title = models.CharField(max_length=80)
    question = models.CharField(max_length=200, default="")
    place_words = models.CharField(max_length=200, default="")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    asked_by = models.CharField(max_length=40)
    post_id = models.BigIntegerField(null=True)  # whose it is now
    barred_persons = models.JSONField(default=list)  # who handled it does not check it
    barred_units = models.JSONField(default=list)
    declined = models.JSONField(default=list)  # posts that said no, or did not answer in time
    verdict = models.CharField(max_length=12, default="")  # rules.VERDICTS
    finding = models.TextField(default="")
    key = models.CharField(max_length=64, default="")  # of the result, as the phone named it
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["post_id"], name="task_post"),
            models.Index(fields=["about"], name="task_about"),
        ]
        verbose_name = _("task in the field")
