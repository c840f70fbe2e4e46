"""The outbox: what must follow a change, written in the change's own transaction."""

from django.db import models


class OutboxRow(models.Model):
    """One event to deliver, at least once, in order per matter. It stays until every subscriber is done.

    ``position`` is given by the relay when the event is published (live screens follow it; ids may commit out of order):
    1, 2, 3 … without a gap, each visible only when all before it are. Timers get theirs when they are due.
    """

    topic = models.CharField(max_length=60)  # "cases.accepted"
    matter_id = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)  # a timer: deliver no sooner
    position = models.BigIntegerField(null=True, unique=True)
    leased_until = models.DateTimeField(null=True)  # somebody is at it, or it failed and rests until then
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(default="", blank=True)
    done_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)  # given up after too many attempts; a person sends it again

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                name="outbox_fresh",
                condition=models.Q(position__isnull=True, not_before__isnull=True, done_at__isnull=True),
            ),
            models.Index(
                fields=["not_before"],
                name="outbox_timer",
                condition=models.Q(position__isnull=True, not_before__isnull=False, done_at__isnull=True),
            ),
            models.Index(
                fields=["position"],
                name="outbox_waiting",
                condition=models.Q(position__isnull=False, done_at__isnull=True, dead_at__isnull=True),
            ),
            models.Index(
                fields=["matter_id", "position"],
                name="outbox_matter",
                condition=models.Q(done_at__isnull=True, dead_at__isnull=True),
            ),
            models.Index(fields=["dead_at"], name="outbox_dead", condition=models.Q(dead_at__isnull=False)),
            models.Index(fields=["done_at"], name="outbox_done", condition=models.Q(done_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.topic} #{self.pk}"


class Delivery(models.Model):
    """That one subscriber has dealt with one event: written in the same transaction as what the subscriber did."""

    row = models.ForeignKey(OutboxRow, on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["row", "subscriber"], name="delivery_once")]


class Head(models.Model):
    """The last position given. One row, locked while positions are given: publishing is the only serial step."""

    position = models.BigIntegerField()


class PeriodicJob(models.Model):
    """When a periodic job runs next, so that of several workers one runs it and a restart skips none."""

    name = models.CharField(max_length=80, primary_key=True)
    next_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    runs = models.PositiveBigIntegerField(default=0)
    last_error = models.TextField(default="", blank=True)
