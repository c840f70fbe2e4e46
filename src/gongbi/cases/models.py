"""A case and what was said about it. ``Case`` is a matter; ``Report`` is one person's word, and a case has one or more."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone

from gongbi.kernel import statements
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.vault.fields import SealedTextField


class Case(Matter):
    """One event somewhere, with everything a desk sorts by. Changed only by actions; ``state`` only by the kernel."""

    flow_name: ClassVar[str] = "cases"
    prefix: ClassVar[str] = "AJ"

    title = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, default="")  # code in duties
    standard = models.CharField(max_length=24, default="")  # filing condition chosen at acceptance
    place_words = models.CharField(max_length=200, default="")
    lon = models.FloatField(null=True)  # CGCS2000 degrees
    lat = models.FloatField(null=True)
    cell = models.BigIntegerField(null=True)  # 100 m cell for finding twins, see rules of triage
    is_open = models.BooleanField(default=True)
    channel = models.CharField(max_length=12)  # of the first report
    net = models.CharField(max_length=24, default="")  # which of the merged networks it came through
    urgent = models.BooleanField(default=False)
    proposal = models.JSONField(default=dict)  # what triage proposed, with reasons
    duty_item = models.CharField(max_length=24, default="")
    list_type = models.CharField(max_length=8, default="")  # perform, act_for, assist
    article = models.CharField(max_length=160, default="")
    limit = models.CharField(max_length=40, default="")
    on_spot = models.BooleanField(default=False)
    callback_owed = models.BooleanField(default=False)
    ruled = models.BooleanField(default=False)
    exempt = models.BooleanField(default=False)
    excluded = models.CharField(max_length=24, default="")
    post_id = models.BigIntegerField(null=True)  # the post that signed for it: handed over when the post ends
    handled_by_person = models.BigIntegerField(null=True)
    handled_at = models.DateTimeField(null=True)
    report_count = models.PositiveIntegerField(default=1)
    contest_count = models.PositiveSmallIntegerField(default=0)
    extension_count = models.PositiveSmallIntegerField(default=0)
    suspension_count = models.PositiveSmallIntegerField(default=0)
    rework_count = models.PositiveSmallIntegerField(default=0)
    reopen_count = models.PositiveSmallIntegerField(default=0)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="merged", db_index=False
    )

    class Meta:
        indexes = [
            # All that a look for twins reads: the wide rows of cases that are not alike stay unread.
            models.Index(
                fields=["cell", "matter_ptr", "kind", "lon", "lat", "title"],
                name="case_near",
                condition=models.Q(is_open=True),
            ),
            models.Index(fields=["kind", "matter_ptr"], name="case_kind"),
            models.Index(fields=["post_id"], name="case_post", condition=models.Q(is_open=True)),
            models.Index(fields=["lat", "lon"], name="case_window", condition=models.Q(is_open=True)),
        ]

    def running_clock(self, name: str) -> Clock | None:
        """The clock of that name that has not stopped, or None."""
        return statements.fetch_one("cases.running_clock", _running, self.pk, name)

    def pending(self) -> Request | None:
        """The extension or suspension asked for and not decided."""
        return statements.fetch_one("cases.pending", _undecided, self.pk)

    def pending_request(self) -> str | None:
        pending = self.pending()
        return pending.kind if pending else None

    def parts_left(self) -> int:
        return sum(part.done_at is None for part in statements.fetch("cases.parts", _parts, self.pk))

    def part_units(self) -> frozenset[int]:
        return frozenset(part.unit_id for part in statements.fetch("cases.parts", _parts, self.pk))


def _running(case_id: int, name: str) -> QuerySet[Clock]:
    return Clock.objects.filter(matter_id=case_id, name=name, stopped_at__isnull=True).order_by("-round")


def _undecided(case_id: int) -> QuerySet[Request]:
    return Request.objects.filter(case_id=case_id, decided_at__isnull=True).order_by("pk")


def _parts(case_id: int) -> QuerySet[Part]:
    return Part.objects.filter(case_id=case_id)


class Report(models.Model):
    """What one person or system said. Receipt number and private link are its own, whatever becomes of the case."""

    prefix: ClassVar[str] = "LH"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    first_case = models.ForeignKey(
        Case, on_delete=models.PROTECT, related_name="first_reports", db_index=False
    )
    channel = models.CharField(max_length=12)
    net = models.CharField(max_length=24, default="")
    external = models.CharField(max_length=64, default="")  # the sender's own number
    said_at = models.DateTimeField()
    received_at = models.DateTimeField()
    text = models.TextField()
    place_words = models.CharField(max_length=200, default="")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    answers = models.JSONField(default=dict)
    language = models.CharField(max_length=8, default="zh-hans")
    name = SealedTextField(kind="name")
    phone = SealedTextField(kind="phone")
    phone_index = models.BinaryField(max_length=32, null=True)
    # Where a list tells its writers apart by an account of theirs: the blind index of it, never shown.
    writer_index = models.BinaryField(max_length=32, null=True)
    likes = models.PositiveIntegerField(default=0)  # of the channel's readers, as the list told them
    dislikes = models.PositiveIntegerField(default=0)
    anonymous = models.BooleanField(default=False)
    confidential = models.BooleanField(default=False)  # an informer: hidden from the units that handle
    route = models.PositiveSmallIntegerField(default=0)  # 1–6: special route that answered at once
    reply = models.TextField(default="")
    idempotency = models.BinaryField(max_length=32, null=True, unique=True)
    seed = models.BinaryField(max_length=16)  # the private link is derived from it
    contacted_at = models.DateTimeField(null=True)
    callback_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    solved = models.BooleanField(null=True)
    grade = models.PositiveSmallIntegerField(null=True)
    comment = models.TextField(default="")
    by = models.CharField(max_length=40, default="")

    class Meta:
        indexes = [
            models.Index(fields=["received_at"], name="report_received"),
            models.Index(
                fields=["phone_index"], name="report_phone", condition=models.Q(phone_index__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The receipt number."""
        return numbers.write(self.prefix, self.pk, timezone.localdate(self.received_at))


class Part(models.Model):
    """What a co-handling unit has to do; the lead is the case's own unit."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="parts", db_index=False)
    unit_id = models.BigIntegerField()
    task = models.CharField(max_length=200, default="")
    given_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    result = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "unit_id"], name="part_once")]
        indexes = [
            models.Index(fields=["unit_id"], name="part_open", condition=models.Q(done_at__isnull=True))
        ]


class Request(models.Model):
    """An extension or a suspension: asked by the unit, decided by somebody else."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=12)  # extension, suspension
    reason = models.TextField()
    until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=40)
    person_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=40, default="")
    granted = models.BooleanField(null=True)
    answer = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(decided_at__isnull=True), name="request_one_open"
            )
        ]
        indexes = [
            models.Index(
                fields=["until"], name="request_until", condition=models.Q(granted=True, kind="suspension")
            )
        ]


class Contest(models.Model):
    """A unit's "not ours", and what was decided."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="contests")
    unit_id = models.BigIntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=40)
    reason = models.TextField()
    proposed_unit_id = models.BigIntegerField(null=True)
    ruled_at = models.DateTimeField(null=True)
    ruled_by = models.CharField(max_length=40, default="")
    ruled_unit_id = models.BigIntegerField(null=True)
    ruling = models.TextField(default="")


class Question(models.Model):
    """Something asked back of one reporter, and the answer."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="questions")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="questions")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=40)
    text = models.TextField()
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(default="")


class CaseSetting(models.Model):
    """What a city sets for itself: limits, windows, weights. Each with its source and whether it was verified."""

    key = models.CharField(max_length=40, primary_key=True)
    value = models.CharField(max_length=80)
    source = models.CharField(max_length=160)
    verified = models.BooleanField(default=False)
