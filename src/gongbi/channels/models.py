"""Counterparts, what came from them, what they must be told. The same tables for every kind of channel."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongbi.channels import rules
from gongbi.kernel.vault.fields import SealedTextField


class Source(models.Model):
    """One configured counterpart: another system, a merged network, a mailbox, a register of devices.

    A key of parties speaks for the source whose ``code`` is the key's channel. Never deleted: what came from it names it.
    """

    code = models.SlugField(max_length=24, unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, default="", blank=True)
    kind = models.CharField(max_length=12, choices=[(kind, kind) for kind in rules.KINDS])
    direction = models.CharField(max_length=4, choices=[(way, way) for way in rules.DIRECTIONS])
    settings = models.JSONField(default=dict)  # as the dataclass of its adapter reads it; no secret
    secrets = SealedTextField(
        kind="secret", blank=True
    )  # JSON: names of the adapter's secrets to their values
    unit = models.ForeignKey(
        "parties.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    enabled = models.BooleanField(default=True)
    # Above this probability its report joins the open twin by itself; null: a dispatcher joins.
    joins_at = models.FloatField(null=True, blank=True)
    synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="source_joins_at",
                condition=Q(joins_at__isnull=True) | Q(joins_at__gt=0, joins_at__lte=1),
            ),
        ]
        verbose_name = _("source")

    def __str__(self) -> str:
        return self.code

    @property
    def words(self) -> rules.Words:
        """Its name in both languages."""
        return self.name, self.name_en or self.name

    @property
    def actor(self) -> str:
        """How the ledger names it."""
        return f"source:{self.code}"


class Mapping(models.Model):
    """One code of theirs, what they call it, and the kind of ours that it means ("": known, and deliberately left to triage)."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="mappings")
    theirs = models.CharField(max_length=80)
    name = models.CharField(max_length=160, default="", blank=True)
    kind = models.CharField(max_length=8, default="", blank=True)  # code in duties
    net = models.CharField(
        max_length=24, default="", blank=True
    )  # overrides the source's, for a counterpart that carries several

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "theirs"], name="mapping_once")]

    def __str__(self) -> str:
        return f"{self.theirs} → {self.kind}"


class Arrival(models.Model):
    """One thing that came in. Written before anything is made of it, and answered with ``receipt``; the worker drains it.

    ``content``: rules.Incoming as JSON, sealed; emptied when its retention ends. ``digest`` of the words last heard, by which a
    repetition is told from a change.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="arrivals")
    external = models.CharField(max_length=100)  # their number; one event, one arrival
    receipt = models.CharField(max_length=32, unique=True)
    digest = models.BinaryField(max_length=32)
    content = SealedTextField(kind="intake", null=True)
    theirs = models.CharField(max_length=80, default="", blank=True)  # their category code
    standing = models.CharField(max_length=8, default=rules.WAITING)
    received_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)  # by their clock
    done_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=60, default="", blank=True)  # of what refused it
    reason = models.JSONField(default=list)  # [zh, en]
    report = models.ForeignKey(
        "cases.Report", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    repeats = models.PositiveIntegerField(default=0)  # how often the same words came again

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external"], name="arrival_once"),
        ]
        indexes = [
            models.Index(
                fields=["source", "id"], name="arrival_waiting", condition=Q(standing=rules.WAITING)
            ),
            models.Index(fields=["source", "received_at"], name="arrival_received"),
            models.Index(
                fields=["source", "done_at"], name="arrival_done", condition=Q(done_at__isnull=False)
            ),
            models.Index(fields=["report"], name="arrival_report", condition=Q(report__isnull=False)),
            models.Index(
                fields=["source", "-id"], name="arrival_refused", condition=Q(standing=rules.REFUSED)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}/{self.external}"

    @property
    def told(self) -> rules.Words:
        """Why it was refused, in both languages."""
        return rules.pair(self.reason)


class Change(models.Model):
    """The same external number with other words: drained after its arrival as a supplement to the case."""

    arrival = models.ForeignKey(Arrival, on_delete=models.PROTECT, related_name="changes")
    number = models.PositiveIntegerField()  # 1, 2, 3 … for each arrival
    digest = models.BinaryField(max_length=32)
    content = SealedTextField(kind="intake", null=True)
    standing = models.CharField(max_length=8, default=rules.WAITING)
    received_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=60, default="", blank=True)
    reason = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["arrival", "number"], name="change_once")]
        indexes = [
            models.Index(fields=["id"], name="change_waiting", condition=Q(standing=rules.WAITING)),
            models.Index(fields=["done_at"], name="change_refused", condition=Q(standing=rules.REFUSED)),
        ]


class Rejection(models.Model):
    """Something that was turned away at the door: nothing in it could be taken as an arrival. Kept to be counted and looked at."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, related_name="rejections")
    kind = models.CharField(max_length=12)
    at = models.DateTimeField()
    code = models.CharField(max_length=60)
    reason = models.JSONField(default=list)
    external = models.CharField(
        max_length=100, blank=True, default=""
    )  # their number of it, where it has one
    content = SealedTextField(kind="intake", null=True)  # its beginning

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="rejection_at"),
            models.Index(fields=["source", "at"], name="rejection_source"),
        ]

    @property
    def told(self) -> rules.Words:
        """Why it was turned away, in both languages."""
        return rules.pair(self.reason)


class Outgoing(models.Model):
    """One thing that a counterpart must be told, once. ``key`` names the change, so that nothing tells it twice."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="outgoing")
    key = models.CharField(max_length=100)
    subject = models.CharField(max_length=60)  # messages about one subject go out in their order
    report_id = models.BigIntegerField(null=True)
    matter_id = models.BigIntegerField(null=True)
    body = SealedTextField(
        kind="intake", null=True
    )  # JSON as the adapter composed it; emptied when its retention ends
    topic = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(default="", blank=True)
    done_at = models.DateTimeField(null=True)
    answer = models.CharField(
        max_length=200, default="", blank=True
    )  # what they said to it: their number, their receipt
    dead_at = models.DateTimeField(null=True)  # given up; a person sends it again

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="outgoing_once")]
        indexes = [
            models.Index(
                fields=["source", "id"],
                name="outgoing_waiting",
                condition=Q(done_at__isnull=True, dead_at__isnull=True),
            ),
            models.Index(fields=["dead_at"], name="outgoing_dead", condition=Q(dead_at__isnull=False)),
            models.Index(
                fields=["source", "done_at"], name="outgoing_done", condition=Q(done_at__isnull=False)
            ),
            models.Index(fields=["report_id"], name="outgoing_report", condition=Q(report_id__isnull=False)),
            models.Index(fields=["source", "subject", "id"], name="outgoing_subject"),
            models.Index(fields=["answer"], name="outgoing_answer", condition=Q(report_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}/{self.key}"


class Lane(models.Model):
    """The one who works for a source in one way (in, out, poll) now; each lane is worked by one hand, and slows no other."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="lanes")
    way = models.CharField(max_length=4)
    leased_until = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)  # a poll is due then
    cursor = models.JSONField(default=dict)  # where a poll goes on
    last_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "way"], name="lane_once")]
