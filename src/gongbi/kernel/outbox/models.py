"""The outbox: what must follow a change, written in the change's own transaction."""

from django.db import models


class OutboxRow(models.Model):
    """One event to deliver, at least once, in order per matter. It stays until every subscriber is done.

    ``position`` is given by the relay when the event is published (live screens follow it; ids may commit out of order).
    """

    topic = models.CharField(max_length=60)  # "cases.accepted"
    matter_id = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)  # a timer: deliver no sooner
    position = models.BigIntegerField(null=True, unique=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(default="", blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="outbox_waiting", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["matter_id", "id"], name="outbox_matter", condition=models.Q(done_at__isnull=True)),
        ]


class Delivery(models.Model):
    """That one subscriber has dealt with one event: written in the same transaction as what the subscriber did."""

    row = models.ForeignKey(OutboxRow, on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["row", "subscriber"], name="delivery_once")]
