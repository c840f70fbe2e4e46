"""Rules with their versions, the results of periods with what they were computed from, and appeals. No column holds a person's data.

``Rule`` and ``Edition`` rows are never changed once they hold: a new version, a new edition stands beside the old one.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.flow.models import Matter


class Rule(models.Model):
    """One version of an indicator or a scheme. A draft has no ``valid_from``; the shipped ones (version 0) stand in the code."""

    kind = models.CharField(max_length=9)  # indicator, scheme
    code = models.CharField(max_length=32)
    number = models.PositiveIntegerField()
    plain = models.TextField()  # canonical JSON
    note = models.CharField(max_length=500, default="")
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=40)
    proposed_person = models.BigIntegerField(null=True)
    tried_at = models.DateTimeField(null=True)
    tried = models.JSONField(null=True)  # what it would have changed in the year before
    enacted_at = models.DateTimeField(null=True)
    enacted_by = models.CharField(max_length=40, default="")
    valid_from = models.DateField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "code", "number"], name="evaluation_rule_once")
        ]
        verbose_name = _("rule of evaluation")

    def __str__(self) -> str:
        return f"{self.code} {self.number}"


class Edition(models.Model):
    """The results of one scheme and period. ``inputs`` and ``body`` are canonical JSON, kept as the bytes they are; the digests are theirs."""

    scheme = models.CharField(max_length=32)
    period = models.CharField(max_length=8)  # 2026-10, 2026-Q4, 2026
    first = models.DateField()
    last = models.DateField()
    number = models.PositiveIntegerField()
    why = models.CharField(max_length=8)  # first, appeal, facts
    inputs = models.TextField()
    body = models.TextField()
    inputs_digest = models.CharField(max_length=64)
    facts_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    appeal_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "period", "number"], name="evaluation_edition_once"),
        ]
        verbose_name = _("results of a period")

    def __str__(self) -> str:
        return f"{self.scheme} {self.period}.{self.number}"


class Appeal(Matter):
    """One appeal of a unit about one case in one period. ``unit_id`` and ``asked_unit``: the unit that asked; ``territory``: of its review.

    ``sort``: exempt (not late after all) or exclude (to leave the rating, on ``ground``). ``slot``: 0 while it counts, its key once withdrawn.
    """

    flow_name: ClassVar[str] = "appeal"
    prefix: ClassVar[str] = "SS"

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="appeals")
    period = models.CharField(max_length=8)
    case_id = models.BigIntegerField()
    asked_unit = models.BigIntegerField()
    units = models.JSONField(default=list)  # keys of the unit and those below it, as they stood
    sort = models.CharField(max_length=8)
    ground = models.CharField(max_length=24, default="")
    reason = models.CharField(max_length=500)
    evidence = models.TextField(default="")
    answer = models.CharField(max_length=500, default="")
    asked_by = models.CharField(max_length=40)
    asked_person = models.BigIntegerField(null=True)
    slot = models.BigIntegerField(default=0)
    entered_at = models.DateTimeField(null=True)  # since when the results hold it, once it was upheld

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case_id", "period", "asked_unit", "slot"], name="evaluation_appeal_once"
            )
        ]
        indexes = [models.Index(fields=["period"], name="evaluation_appeal_period")]
        verbose_name = _("appeal")
