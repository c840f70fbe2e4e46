"""Work orders of a hotline beside the reports that they became, what was agreed about time, and every night's reconciliation.

No words of a resident are kept here: they stand, sealed, in the frame's arrivals and in cases; here are numbers, digests and times.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongbi.channels.hotline import reconciling, rules


class Order(models.Model):
    """One order of one hotline. ``round``: 2, 3 … after it was given back or cancelled and came again; each has its own arrival.

    ``standing``: what they have to believe, which is what we last told them or they told us. ``due``: their limit, as they set it or
    as the terms say; ``return_by`` likewise.
    """

    source = models.ForeignKey("channels.Source", on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    round = models.PositiveSmallIntegerField(default=1)
    arrival = models.ForeignKey("channels.Arrival", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8)
    urgency = models.CharField(max_length=8)
    standing = models.CharField(max_length=12, default=rules.RECEIVED)
    text_digest = models.CharField(max_length=64)
    answer_digest = models.CharField(max_length=64, default="", blank=True)
    sent_at = models.DateTimeField()  # by their clock
    received_at = models.DateTimeField()
    due = models.DateTimeField()
    due_given = models.BooleanField(default=False)  # they wrote it; else it comes from the terms
    return_by = models.DateTimeField()
    term = models.CharField(max_length=40)
    extensions_left = models.PositiveSmallIntegerField(default=1)
    extension_asked_at = models.DateTimeField(null=True)
    extension_answer = models.CharField(max_length=500, default="", blank=True)
    extension_granted = models.BooleanField(null=True)
    completed_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=500, default="", blank=True)  # of a return or a cancellation
    called_at = models.DateTimeField(null=True)
    solved = models.BooleanField(null=True)
    grade = models.PositiveSmallIntegerField(null=True)
    changes = models.PositiveIntegerField(default=0)  # how often its words changed
    # The last step of its case that was looked at: a step that is announced again changes nothing.
    told_matter = models.BigIntegerField(null=True)
    told_seq = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "number"], name="order_once")]
        indexes = [
            models.Index(fields=["source", "sent_at"], name="order_sent"),
            models.Index(fields=["due"], name="order_due", condition=~Q(standing__in=sorted(rules.OVER))),
        ]
        verbose_name = _("work order")

    def __str__(self) -> str:
        return self.number

    @property
    def our_due(self) -> datetime | None:
        """Until when we want to be done ourselves: the handling clock's end; None while none runs. As ``queries`` read it along."""
        found: datetime | None = getattr(self, "handle_due", None)
        return found

    @property
    def external(self) -> str:
        """Its number in the frame's arrivals: each round is one."""
        return self.number if self.round == 1 else f"{self.number}#{self.round}"


class Version(models.Model):
    """One form of an order that came, once for each version and content. ``fate``: new, changed, conflict (same version), late."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    digest = models.BinaryField(max_length=32)
    fate = models.CharField(max_length=8)
    received_at = models.DateTimeField()
    repeats = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "version", "digest"], name="version_once")]


class OrderFile(models.Model):
    """One attachment of an order: stored with us (``file_id``), still to be fetched, or refused with the reason."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=120)
    mime = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    theirs = models.CharField(max_length=80, default="", blank=True)
    file_id = models.BigIntegerField(null=True)
    code = models.CharField(max_length=60, default="", blank=True)
    reason = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "sha256"], name="order_file_once")]
        indexes = [
            models.Index(fields=["order"], name="order_file_owed", condition=Q(file_id__isnull=True, code=""))
        ]


class Nonce(models.Model):
    """One that was used, until its time has left the window."""

    source = models.ForeignKey("channels.Source", on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "nonce"], name="nonce_once")]
        indexes = [models.Index(fields=["at"], name="nonce_at")]


class Term(models.Model):
    """What a city sets for its orders: by when, until when they may be given back, how often more time may be asked.

    ``source`` null: of every hotline; ``kind``, ``urgency`` "": any.
    """

    source = models.ForeignKey("channels.Source", on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=8, default="", blank=True)
    urgency = models.CharField(max_length=8, default="", blank=True)
    answer = models.CharField(max_length=40)
    giving_back = models.CharField(max_length=40)
    extensions = models.PositiveSmallIntegerField(default=1)
    basis = models.CharField(max_length=160)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "kind", "urgency"], name="term_once", condition=Q(source__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["kind", "urgency"], name="term_once_general", condition=Q(source__isnull=True)
            ),
        ]


class Reconciliation(models.Model):
    """One comparison of what they believe with what we believe. ``through``: pull, or the name of a file."""

    source = models.ForeignKey("channels.Source", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    through = models.CharField(max_length=120)
    theirs = models.PositiveIntegerField()
    ours = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["source", "-at"], name="reconciliation_at")]

    def __str__(self) -> str:
        return f"{self.source_id}/{self.at:%Y-%m-%d}"


class Difference(models.Model):
    """One disagreement and its mend. ``ours``, ``theirs``: the line of each side's list, or null where it lacks the order."""

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.PROTECT, related_name="differences")
    sort = models.CharField(max_length=14, choices=[(name, name) for name in reconciling.SORTS])
    number = models.CharField(max_length=60)
    ours = models.JSONField(null=True)
    theirs = models.JSONField(null=True)
    mend = models.CharField(max_length=12, choices=[(name, name) for name in reconciling.MENDS])
    mended_at = models.DateTimeField(null=True)
    mended_by = models.CharField(max_length=40, default="", blank=True)
    outcome = models.JSONField(default=list)  # [zh, en]: what the mend did

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reconciliation", "number", "sort"], name="difference_once")
        ]
