"""Incidents and what belongs to them: plans and their runs, tasks, the log, alerts, stock, people registered for the emergency."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.vault.fields import SealedTextField

DRILL_PREFIX = "YL"  # 演练: whoever reads the number reads that it is a drill


class Incident(Matter):
    """One incident or drill. ``unit_id`` is the unit that leads, ``territory`` the smallest division that holds the place."""

    flow_name: ClassVar[str] = "incident"
    prefix: ClassVar[str] = "TF"

    title = models.CharField(max_length=80)
    sort = models.CharField(max_length=10)  # catalogue.CLASSES
    kind = models.CharField(max_length=16)  # catalogue.EVENTS
    level = models.PositiveSmallIntegerField()  # 1 is the highest
    drill = models.BooleanField(default=False)
    synthetic = models.BooleanField(default=False)
    key = models.CharField(max_length=64)  # made by whoever opens it: the same click twice is one incident
    summary = models.TextField(default="")
    place_words = models.CharField(max_length=200, default="")
    lon = models.FloatField(null=True)  # CGCS2000 degrees
    lat = models.FloatField(null=True)
    happened_at = models.DateTimeField()
    responded_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)
    finding = models.TextField(default="")  # what the review concluded

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="incident_key"),
            models.CheckConstraint(name="incident_level", condition=Q(level__in=(1, 2, 3, 4))),
        ]
        indexes = [models.Index(fields=["drill", "level"], name="incident_level_index")]
        verbose_name = _("incident")

    @property
    def number(self) -> str:
        """As of every matter; a drill's begins with letters of its own."""
        return numbers.write(
            DRILL_PREFIX if self.drill else self.prefix, self.pk, timezone.localdate(self.opened_at)
        )

    def announced(self) -> dict[str, Any]:
        """What every event of it carries besides."""
        return {"drill": self.drill, "level": self.level}

    def alert_in_force(self, at: datetime) -> bool:
        """Whether some chain of its alerts is neither cancelled nor run out at ``at``."""
        return any(one.in_force(at) for one in self.alerts.filter(next__isnull=True))

    def stock_out(self) -> bool:
        """Whether something is still reserved or out for it."""
        return self.holds.filter(Q(reserved__gt=0) | Q(out__gt=0)).exists()


class Plan(models.Model):
    """One version of a plan. Never changed: another version is another row; a run keeps the version that it was started from.

    ``steps``: see :func:`gongbi.incidents.rules.check_steps`. ``verified``: somebody compared it with the paper in ``source``.
    """

    code = models.CharField(max_length=24)
    version = models.PositiveIntegerField()
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    sort = models.CharField(max_length=10)
    kind = models.CharField(max_length=16)
    steps = models.JSONField()
    source = models.CharField(max_length=160)
    verified = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="plan_version"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(retired_at__isnull=True), name="plan_in_force"
            ),
        ]
        verbose_name = _("emergency plan")

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    @property
    def words(self) -> tuple[str, str]:
        return self.name_zh, self.name_en


class PlanRun(models.Model):
    """A plan at work in an incident: one run of each plan, whoever else starts it at the same moment."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="runs", db_index=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="runs", db_index=False)
    code = models.CharField(max_length=24)
    started_at = models.DateTimeField()
    actor = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "code"], name="plan_run_once")]
        verbose_name = _("run of a plan")

    def __str__(self) -> str:
        return self.code


class Task(models.Model):
    """One line of the checklist: from a plan's run, or set by somebody. Its clock runs continuously: ``due_at``."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="tasks", db_index=False)
    run = models.ForeignKey(PlanRun, on_delete=models.CASCADE, null=True, related_name="tasks")
    key = models.CharField(max_length=64)  # of the step, or made by who set it
    title_zh = models.CharField(max_length=160)
    title_en = models.CharField(max_length=240, default="")
    role = models.CharField(max_length=16, default="")  # catalogue.ROLES
    unit_id = models.BigIntegerField(null=True)
    needs = models.JSONField(default=list)  # [{"item": code, "amount": n}] that the step will want
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    dropped = models.BooleanField(default=False)  # not needed this time, with the reason in ``note``
    note = models.CharField(max_length=500, default="")
    actor = models.CharField(max_length=40)
    settled_by = models.CharField(max_length=40, default="")
    settled_unit = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "run", "key"], name="incident_task_once"),
            models.UniqueConstraint(
                fields=["incident", "key"], condition=Q(run__isnull=True), name="incident_task_set_once"
            ),
            models.CheckConstraint(name="incident_task_clock", condition=Q(due_at__gte=F("started_at"))),
        ]
        indexes = [
            models.Index(fields=["unit_id", "incident"], name="incident_task_unit"),
            models.Index(fields=["due_at"], condition=Q(settled_at__isnull=True), name="incident_task_due"),
        ]
        verbose_name = _("task of an incident")

    def __str__(self) -> str:
        return self.title_zh

    @property
    def words(self) -> tuple[str, str]:
        return self.title_zh, self.title_en or self.title_zh


class LogEntry(models.Model):
    """One line of the situation log. Never updated, never deleted (a trigger refuses); a correction is another line beside it.

    ``digest``: SHA-256 of the line, which the ledger keeps too.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="log", db_index=False)
    seq = models.PositiveIntegerField()
    key = models.CharField(max_length=64)
    sort = models.CharField(max_length=12)  # catalogue.ENTRIES
    happened_at = models.DateTimeField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    unit_id = models.BigIntegerField(null=True)
    text = models.CharField(max_length=1000)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="corrections")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "seq"], name="incident_log_seq"),
            models.UniqueConstraint(fields=["incident", "actor", "key"], name="incident_log_once"),
        ]
        verbose_name = _("line of the situation log")

    def __str__(self) -> str:
        return f"{self.seq}"


class AlertMessage(models.Model):
    """One CAP message, as it was sent. A chain is Alert, any Updates, perhaps a Cancel: each follows one and is followed by one."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="alerts")
    previous = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="next")
    identifier = models.CharField(max_length=80, unique=True)
    msg_type = models.CharField(max_length=8)  # Alert, Update, Cancel
    level = models.PositiveSmallIntegerField()
    sender = models.CharField(max_length=80)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    headline = models.CharField(max_length=160)
    headline_en = models.CharField(max_length=240)
    areas = models.JSONField()  # codes
    drill = models.BooleanField()
    body = models.TextField()  # the file
    actor = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["drill", "-sent_at"], name="alert_sent")]
        verbose_name = _("alert")

    def __str__(self) -> str:
        return self.identifier

    @property
    def words(self) -> tuple[str, str]:
        return self.headline, self.headline_en

    @property
    def reference(self) -> str:
        """How a later message names this one (CAP 1.2 §3.2.1)."""
        sent = timezone.localtime(self.sent_at).isoformat(timespec="seconds")
        return f"{self.sender},{self.identifier},{sent}"

    def in_force(self, at: datetime) -> bool:
        """Whether the public is to act on it: the last of its chain, no cancellation, not run out."""
        return self.msg_type != "Cancel" and at < self.expires_at


class Store(models.Model):
    """A shelter or a depot. ``accessible``: without steps, with a toilet that a wheelchair can use."""

    code = models.CharField(max_length=24, unique=True)
    sort = models.CharField(max_length=8)  # shelter, depot
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    territory = models.CharField(max_length=15)
    place_words = models.CharField(max_length=200, default="")
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    accessible = models.BooleanField(default=False)
    open = models.BooleanField(default=True)
    synthetic = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("shelter or depot")

    def __str__(self) -> str:
        return self.code

    @property
    def words(self) -> tuple[str, str]:
        return self.name_zh, self.name_en


class Stock(models.Model):
    """How much of one thing a store has: ``reserved`` and ``out`` are parts of ``total``; what is left is free. Never below zero.

    Places in a shelter are stock too.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="stock", db_index=False)
    item = models.CharField(max_length=16)  # catalogue.ITEMS
    total = models.PositiveIntegerField()
    reserved = models.PositiveIntegerField(default=0)
    out = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "item"], name="stock_once"),
            models.CheckConstraint(
                name="stock_not_below_zero",
                condition=Q(reserved__gte=0) & Q(out__gte=0) & Q(total__gte=F("reserved") + F("out")),
            ),
        ]
        verbose_name = _("stock")

    def __str__(self) -> str:
        return self.item

    @property
    def free(self) -> int:
        return self.total - self.reserved - self.out


class Hold(models.Model):
    """What one incident has of one stock. A drill's holds are played: they take nothing from what a real incident can have."""

    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="holds", db_index=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="holds")
    reserved = models.PositiveIntegerField(default=0)
    out = models.PositiveIntegerField(default=0)
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stock", "incident"], name="hold_once"),
            models.CheckConstraint(
                name="hold_not_below_zero", condition=Q(reserved__gte=0) & Q(out__gte=0) & Q(used__gte=0)
            ),
        ]
        verbose_name = _("stock held for an incident")

    def __str__(self) -> str:
        return f"{self.stock_id}"


class Movement(models.Model):
    """One movement of stock: reserve, hand_out, return, release, use. Only added to."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="movements")
    sort = models.CharField(max_length=8)
    amount = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    key = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor", "key"], name="movement_once"),
            models.CheckConstraint(name="movement_of_something", condition=Q(amount__gt=0)),
        ]
        verbose_name = _("movement of stock")

    def __str__(self) -> str:
        return f"{self.sort} {self.amount}"


class Keeping(models.Model):
    """The recorded assessment that lets personal data outlive its emergency: why it is needed, how it is guarded, until when."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="keepings")
    necessity = models.CharField(max_length=500)
    measures = models.CharField(max_length=500)
    until = models.DateField()  # the last local day on which it is kept
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)

    class Meta:
        verbose_name = _("assessment of what is kept")

    def __str__(self) -> str:
        return f"{self.until}"


class Affected(models.Model):
    """Somebody registered for this emergency only: sealed, retention class ``emergency_only``, destroyed when it is over."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="people")
    name = SealedTextField(kind="name")
    phone = SealedTextField(kind="phone", blank=True)
    door = SealedTextField(kind="address", blank=True)
    note = SealedTextField(kind="text", blank=True)
    need = models.CharField(max_length=12)  # catalogue.NEEDS
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, related_name="+")
    kept = models.ForeignKey(Keeping, on_delete=models.PROTECT, null=True, related_name="people")
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)

    class Meta:
        verbose_name = _("person registered for an emergency")

    def __str__(self) -> str:
        return f"{self.pk}"


class Destruction(models.Model):
    """Proof that personal data of an incident was destroyed: how much, when, by whom, and the digest over its tombstones.

    ``digest``: SHA-256 over the tombstones' digests in order of their rows; they stay in the vault.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="destructions")
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    count = models.PositiveIntegerField()
    left = models.PositiveIntegerField()  # how many stay, by a recorded assessment
    rows = models.JSONField()  # keys, as the tombstones name them
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("destruction of personal data")

    def __str__(self) -> str:
        return f"{self.count}"
