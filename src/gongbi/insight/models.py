"""What insight keeps: one row a case and its lines, both read off the ledger and never changed by hand.

Everything here can be thrown away and folded anew (``actions.rebuild_all``); the ledger is the truth. The lists of hot issues are made
anew from the reports (``actions_hot``).
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseFacts(models.Model):
    """One case as its ledger tells it. ``last_seq`` is the last entry folded: the watermark."""

    case_id = models.BigIntegerField(primary_key=True)
    last_seq = models.PositiveIntegerField(default=0)
    phase = models.CharField(max_length=24, default="")  # the flow's state, as last folded
    opened_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    handle_due = models.DateTimeField(null=True)
    channel = models.CharField(max_length=12, default="")
    net = models.CharField(max_length=24, default="")
    kind = models.CharField(max_length=8, default="")
    territory = models.CharField(max_length=15, default="")
    unit_id = models.BigIntegerField(null=True)
    merged_into = models.BigIntegerField(null=True)
    reports = models.PositiveIntegerField(default=0)
    dispatches = models.PositiveSmallIntegerField(default=0)
    contests = models.PositiveSmallIntegerField(default=0)
    reworks = models.PositiveSmallIntegerField(default=0)
    reopenings = models.PositiveSmallIntegerField(default=0)
    extensions = models.PositiveSmallIntegerField(default=0)
    suspensions = models.PositiveSmallIntegerField(default=0)
    ground = models.CharField(max_length=24, default="")  # why it left the rating

    class Meta:
        verbose_name = _("facts of a case")

    def __str__(self) -> str:
        return f"{self.case_id}@{self.last_seq}"


class FactLine(models.Model):
    """One version of one line (insight.lines.Line): what a rate counts. It held from ``since`` until ``until``."""

    case_id = models.BigIntegerField()
    what = models.SmallIntegerField()
    nth = models.PositiveSmallIntegerField()
    result = models.SmallIntegerField(default=0)
    late = models.BooleanField(default=False)
    # Result and flags in one number where they can no longer depend on when one asks (insight.lines.settled).
    settled = models.SmallIntegerField(null=True)
    at = models.DateTimeField()  # decides the period
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    spoiled_at = models.DateTimeField(null=True)
    exempt_at = models.DateTimeField(null=True)
    excluded_at = models.DateTimeField(null=True)
    report_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    territory = models.CharField(max_length=15, default="")
    kind = models.CharField(max_length=8, default="")
    channel = models.CharField(max_length=12, default="")
    net = models.CharField(max_length=24, default="")
    ground = models.CharField(max_length=24, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case_id", "what", "nth", "since"], name="fact_line_once")
        ]
        indexes = [
            # Most lines are counted from this index alone.
            models.Index(
                fields=["at", "what", "settled", "territory", "unit_id"],
                condition=models.Q(settled__isnull=False),
                name="fact_line_settled",
            ),
            models.Index(fields=["at"], condition=models.Q(settled__isnull=True), name="fact_line_moving"),
            models.Index(fields=["what", "at", "id"], name="fact_line_rows"),
            models.Index(fields=["unit_id", "at"], name="fact_line_unit"),
        ]
        verbose_name = _("line of a rate")

    def __str__(self) -> str:
        return f"{self.case_id}:{self.what}.{self.nth}"


class HotList(models.Model):
    """What many people wrote about in a period: when it was worked out and from which reports."""

    first = models.DateField()
    last = models.DateField()
    made_at = models.DateTimeField()
    newest = models.BigIntegerField(default=0)  # the newest report there was
    earliest = models.DateField(null=True)  # the first day that any report speaks of
    reports = models.PositiveIntegerField(default=0)  # read
    unread = models.PositiveIntegerField(default=0)  # older ones of the period, beyond what is read at once

    class Meta:
        constraints = [models.UniqueConstraint(fields=["first", "last"], name="hot_list_once")]
        verbose_name = _("list of hot issues")

    def __str__(self) -> str:
        return f"{self.first}–{self.last}"


class HotMember(models.Model):
    """A report in an issue. ``issue``: the issue's place in the list; ``writer``: a number that means something in this list only."""

    list = models.ForeignKey(HotList, on_delete=models.CASCADE, related_name="members")
    issue = models.PositiveIntegerField()
    near = models.PositiveIntegerField()  # 0 for the report that says best what the issue is about
    writer = models.PositiveIntegerField()
    report_id = models.BigIntegerField()
    case_id = models.BigIntegerField()
    said_at = models.DateTimeField()
    likes = models.PositiveIntegerField(default=0)
    dislikes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "report_id"], name="hot_member_once")]
        verbose_name = _("report in a hot issue")

    def __str__(self) -> str:
        return f"{self.list_id}:{self.issue}"
