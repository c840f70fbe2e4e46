"""Orders, whistles and joint matters, numbered notices, the ladder and its climbs, the rules both sides are scored by.

No column holds a resident's data; where somebody stood when they arrived is kept as a distance, not as a position.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from gongbi.command import rules
from gongbi.kernel.flow.models import Matter


class Whistle(Matter):
    """Several units called for one matter: to a place by a time (whistle), or with split duties (joint). ``unit_id`` is the caller."""

    flow_name: ClassVar[str] = "whistle"
    prefix: ClassVar[str] = "CS"

    sort = models.CharField(max_length=8)  # whistle, joint
    drill = models.BooleanField(default=False)
    about_id = models.BigIntegerField(null=True)
    # The matter while the whistle is open: a second one for it cannot exist.
    open_about = models.BigIntegerField(null=True, unique=True)
    title = models.CharField(max_length=80)
    text = models.CharField(max_length=1000)
    place_words = models.CharField(max_length=120, default="", blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    come_by = models.DateTimeField(null=True)
    caller_unit_id = models.BigIntegerField(null=True)
    called_by = models.CharField(max_length=40)
    called_person = models.BigIntegerField(null=True)
    result = models.CharField(max_length=1000, default="", blank=True)
    verdict = models.CharField(max_length=10, default="", blank=True)  # warranted, needless

    class Meta:
        indexes = [models.Index(fields=["caller_unit_id"], name="whistle_caller")]
        verbose_name = _("whistle")


class Order(Matter):
    """One order to one unit (``unit_id``). ``sort`` as in ``rules.SORTS``; ``level`` of a supervision, else 0."""

    flow_name: ClassVar[str] = "order"
    prefix: ClassVar[str] = "ZL"

    sort = models.CharField(max_length=9)
    level = models.PositiveSmallIntegerField(default=0)
    drill = models.BooleanField(default=False)
    key = models.CharField(
        max_length=64, null=True, unique=True
    )  # the sender's own: the same again gives the same order
    about_id = models.BigIntegerField(null=True)
    call_of = models.ForeignKey(Whistle, on_delete=models.PROTECT, null=True, related_name="calls")
    lead = models.BooleanField(default=False)
    title = models.CharField(max_length=80)
    text = models.CharField(max_length=1000)
    place_words = models.CharField(max_length=120, default="", blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    comes = models.BooleanField(default=False)  # somebody is to come to the place
    come_by = models.DateTimeField(null=True)
    report_limit = models.CharField(max_length=40)
    issuer_unit_id = models.BigIntegerField(null=True)
    issued_by = models.CharField(max_length=40)
    issued_person = models.BigIntegerField(null=True)
    first_unit_id = models.BigIntegerField()  # whom it was addressed to before anybody took it over
    signed_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    metres = models.PositiveIntegerField(
        null=True
    )  # from the place, when they arrived and let the phone say so
    reported_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=1000, default="", blank=True)
    upheld = models.BooleanField(default=False)  # it was not theirs

    class Meta:
        constraints = [
            models.CheckConstraint(name="order_sort_known", condition=Q(sort__in=rules.SORTS)),
            models.CheckConstraint(
                name="order_level_of_supervision",
                condition=Q(sort=rules.SUPERVISE, level__in=rules.LEVELS)
                | ~Q(sort=rules.SUPERVISE) & Q(level=0),
            ),
            models.UniqueConstraint(fields=["call_of", "first_unit_id"], name="call_once_a_unit"),
        ]
        indexes = [
            models.Index(fields=["issuer_unit_id"], name="order_issuer"),
            models.Index(fields=["about_id"], name="order_about"),
        ]
        verbose_name = _("order")


class NoticeCounter(models.Model):
    """The last number given under a mark in a year. Locked while one is given, so that none is left out."""

    mark = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mark", "year"], name="notice_counter_once")]
        verbose_name = _("counter of notices")


class Notice(models.Model):
    """The numbered notice of an urge or a supervision, with its words as they were when it was issued."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="notice")
    mark = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    seq = models.PositiveIntegerField()
    issued_at = models.DateTimeField()
    words = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mark", "year", "seq"], name="notice_number_once")]
        verbose_name = _("notice")

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """莲督〔2026〕3号."""
        return rules.notice_number(self.mark, self.year, self.seq)


class Rung(models.Model):
    """One rung of the ladder: so many minutes after the end of a flow's clock, whom it reaches and what it does."""

    flow = models.CharField(max_length=24)
    clock = models.CharField(max_length=16)
    minutes = models.PositiveIntegerField()
    to = models.CharField(max_length=32)  # head, street, district, or a unit's code
    transfer = models.BooleanField(default=False)
    notice = models.CharField(max_length=10, default="", blank=True)  # urge, supervise1 … supervise3
    source = models.CharField(max_length=160)
    verified = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["flow", "clock", "minutes", "to", "valid_from"], name="rung_once"
            ),
            models.CheckConstraint(
                name="rung_period", condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from"))
            ),
        ]
        verbose_name = _("rung of the ladder")

    def __str__(self) -> str:
        return f"{self.flow}.{self.clock}+{self.minutes}"


class Escalation(models.Model):
    """One climb: a clock that was over its end by a rung's minutes, once."""

    clock = models.ForeignKey("clock.Clock", on_delete=models.PROTECT, related_name="+", db_index=False)
    rung = models.ForeignKey(Rung, on_delete=models.PROTECT, related_name="climbs")
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="escalations")
    at = models.DateTimeField()
    from_unit_id = models.BigIntegerField(null=True)
    to_unit_id = models.BigIntegerField(null=True)
    transferred = models.BooleanField(default=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clock", "rung"], name="climb_once")]
        indexes = [models.Index(fields=["to_unit_id", "-at"], name="climb_to")]
        verbose_name = _("escalation")


class ScoreRule(models.Model):
    """What a mark of the whistle costs, from a day on, and where that comes from."""

    code = models.CharField(max_length=20)
    points = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=160)
    verified = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="score_rule_once"),
            models.CheckConstraint(
                name="score_rule_period", condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from"))
            ),
        ]
        verbose_name = _("rule of scores")

    def __str__(self) -> str:
        return f"{self.code} {self.points}"


class CommandSetting(models.Model):
    """What the district set for its command (:mod:`gongbi.command.settings`)."""

    key = models.CharField(max_length=40, primary_key=True)
    value = models.CharField(max_length=80)
    set_at = models.DateTimeField()
    actor = models.CharField(max_length=40, default="")

    class Meta:
        verbose_name = _("setting of command")

    def __str__(self) -> str:
        return self.key
