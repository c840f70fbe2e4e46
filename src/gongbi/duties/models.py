"""Whose job, by when: catalogue, standards, lists, questions, routes, words — each valid from a day until a
day.

Periods are half-open (``valid_from <= day < valid_to``). A row, once in force, is never rewritten: a new version
closes it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Edition(models.Model):
    """One import or activation of one list: who, when, from which file, and what it changed."""

    list = models.CharField(max_length=16)
    valid_from = models.DateField()
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    filename = models.CharField(max_length=200, default="", blank=True)
    digest = models.CharField(max_length=64, default="", blank=True)  # SHA-256 of the rows
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("edition of a list")


class Token(models.Model):
    """One row whose value changes with every change here: what a process has cached under another value is
    old.
    """

    value = models.BigIntegerField(default=0)


class Versioned(models.Model):
    """A row of a list with its period and where it comes from. ``key`` identifies the thing across its
    versions.
    """

    key = models.CharField(max_length=48)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=160, default="", blank=True)
    verified = models.BooleanField(
        default=False
    )  # read in the source itself; only then may it be shown as a citation
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(valid_to__isnull=True), name="%(class)s_one_open"
            ),
            models.CheckConstraint(
                name="%(class)s_period", condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
            ),
        ]
        indexes = [models.Index(fields=["valid_from", "valid_to"], name="%(class)s_valid")]

    def __str__(self) -> str:
        return self.key


class Kind(Versioned):
    """A kind of matter. Codes: C components, E events (national numbers up to 78, local ones down from 99),
    H hotline.
    """

    code = models.CharField(max_length=5)
    national = models.BooleanField(default=False)
    major_zh = models.CharField(max_length=40)
    major_en = models.CharField(max_length=80)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=100)
    words = models.TextField(default="", blank=True)
    handler = models.CharField(max_length=60)
    anonymous = models.BooleanField(default=False)
    informer = models.BooleanField(default=False)
    on_spot = models.BooleanField(default=False)
    reply = models.CharField(max_length=12, default="callback")

    class Meta(Versioned.Meta):
        verbose_name = _("kind")


class Standard(Versioned):
    """When a matter of a kind is filed and may be closed, on what evidence and by when."""

    kind = models.CharField(max_length=5)
    number = models.PositiveSmallIntegerField()
    filing_zh = models.CharField(max_length=200)
    filing_en = models.CharField(max_length=240)
    closing_zh = models.CharField(max_length=200)
    closing_en = models.CharField(max_length=240)
    evidence = models.CharField(max_length=80, default="", blank=True)
    limit = models.CharField(max_length=40)
    words = models.CharField(max_length=300, default="", blank=True)
    season = models.CharField(max_length=80, default="", blank=True)
    basis = models.CharField(max_length=160, default="", blank=True)

    class Meta(Versioned.Meta):
        verbose_name = _("filing standard")


class DutyItem(Versioned):
    """One item of the three lists of the community."""

    code = models.CharField(max_length=8)
    list = models.CharField(max_length=8)  # perform, actfor, assist
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    description_zh = models.CharField(max_length=300, default="", blank=True)
    description_en = models.CharField(max_length=300, default="", blank=True)
    kinds = models.CharField(max_length=300, default="", blank=True)
    lead = models.CharField(max_length=24, default="", blank=True)
    basis = models.CharField(max_length=160, default="", blank=True)
    territory = models.CharField(max_length=15, default="", blank=True)

    class Meta(Versioned.Meta):
        verbose_name = _("item of the three lists")


class Question(Versioned):
    """A question to the one who reports, asked for some kinds."""

    kinds = models.CharField(max_length=300)
    name = models.CharField(max_length=24)
    zh = models.CharField(max_length=120)
    en = models.CharField(max_length=160)
    type = models.CharField(max_length=8)  # choice, text, number
    choices = models.CharField(max_length=400, default="", blank=True)
    required = models.BooleanField(default=False)

    class Meta(Versioned.Meta):
        verbose_name = _("question")


class RoutingRule(Versioned):
    """One ordered routing rule; see :mod:`gongbi.duties.routing` for what the conditions mean."""

    code = models.CharField(max_length=12)
    position = models.PositiveIntegerField()
    kinds = models.CharField(max_length=300)
    territories = models.CharField(max_length=300, default="", blank=True)
    place_types = models.CharField(max_length=120, default="", blank=True)
    sources = models.CharField(max_length=120, default="", blank=True)
    hours = models.CharField(max_length=16, default="", blank=True)
    words = models.CharField(max_length=300, default="", blank=True)
    lead = models.CharField(max_length=60)
    co = models.CharField(max_length=300, default="", blank=True)
    limit = models.CharField(max_length=40, default="", blank=True)
    reason_zh = models.CharField(max_length=160, default="", blank=True)
    reason_en = models.CharField(max_length=200, default="", blank=True)
    article = models.CharField(max_length=160, default="", blank=True)

    class Meta(Versioned.Meta):
        verbose_name = _("routing rule")


class WordRule(Versioned):
    """Words that lead to 110/119/120/122, to one of the six special routes, or to the head of the queue."""

    group = models.CharField(max_length=12)
    name = models.CharField(max_length=24)
    patterns = models.TextField(default="", blank=True)
    negatives = models.TextField(default="", blank=True)
    reply_zh = models.CharField(max_length=300, default="", blank=True)
    reply_en = models.CharField(max_length=400, default="", blank=True)
    article = models.CharField(max_length=160, default="", blank=True)

    class Meta(Versioned.Meta):
        verbose_name = _("word rule")


class RuleDraft(models.Model):
    """Routing rules that are not in force yet: the whole ordered table as rows, and the last dry run's
    figures.
    """

    title = models.CharField(max_length=120)
    rows = models.JSONField(default=list)
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    dry_run = models.JSONField(default=dict)
    activated_at = models.DateTimeField(null=True)
    activated_by = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        verbose_name = _("draft of routing rules")

    def __str__(self) -> str:
        return self.title


class Precedent(models.Model):
    """An adjudicator's ruling that binds the router from ``since`` on, until another ruling replaces it."""

    kind = models.CharField(max_length=5)
    territory = models.CharField(max_length=15, default="", blank=True)
    unit = models.CharField(max_length=60)  # selector
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    case_number = models.CharField(max_length=40)
    reason = models.CharField(max_length=400)
    actor = models.CharField(max_length=40)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("precedent")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "territory"], condition=Q(until__isnull=True), name="precedent_one_open"
            )
        ]


class KindModel(models.Model):
    """A trained classifier. At most one is active; an older one can be made active again (rollback)."""

    trained_at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    window_from = models.DateTimeField(null=True)
    window_to = models.DateTimeField(null=True)
    texts = models.PositiveIntegerField()
    labels = models.PositiveIntegerField()
    scores = models.JSONField(
        default=dict
    )  # on the held-out part: this model, the catalogue alone, the one before
    mixing = models.FloatField(
        default=0.5
    )  # share of the trained model in the answer, the rest is the catalogue's
    active = models.BooleanField(default=False)
    activated_at = models.DateTimeField(null=True)
    refused = models.CharField(max_length=200, default="", blank=True)  # why it was not promoted
    digest = models.CharField(max_length=64)
    data = models.BinaryField()

    class Meta:
        verbose_name = _("classifier")
        constraints = [
            models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="kindmodel_one_active")
        ]


class LearnedExample(models.Model):
    """A person's correction of a proposal, or a confirmed kind: what the next training learns from. No
    personal data.
    """

    text = models.TextField()
    kind = models.CharField(max_length=5)
    proposed = models.CharField(max_length=5, default="", blank=True)
    ref = models.CharField(
        max_length=40, unique=True
    )  # the matter it comes from; the latest correction counts
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)

    class Meta:
        verbose_name = _("learned example")
        indexes = [models.Index(fields=["at"], name="learned_at")]
