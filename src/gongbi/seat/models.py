"""Articles with their versions, what was read out of them, and a day's calls."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from gongbi.seat import rules


class Article(models.Model):
    """One piece of knowledge; what it says is in its versions. Never deleted."""

    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=40, default="", blank=True)

    def __str__(self) -> str:
        return f"KB{self.pk}"


class Version(models.Model):
    """One wording. It counts from its review on, until the next one is reviewed or its last day is over."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=rules.MOST_TITLE)
    answer = models.CharField(max_length=rules.MOST_ANSWER)  # what is read out, and inserted by a click
    body = models.TextField(default="", blank=True)  # what the operator should know besides
    words = models.CharField(max_length=200, default="", blank=True)  # how callers say it
    kind = models.CharField(max_length=8, default="", blank=True)  # code in duties
    basis = models.CharField(max_length=160, default="", blank=True)  # the rule it rests on
    valid_until = models.DateField(null=True)  # its last day
    author = models.CharField(max_length=40)
    written_at = models.DateTimeField()
    reviewer = models.CharField(max_length=40, default="", blank=True)
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="knowledge_version_once"),
            models.CheckConstraint(
                name="knowledge_four_eyes", condition=Q(reviewer="") | ~Q(reviewer=F("author"))
            ),
        ]

    def __str__(self) -> str:
        return f"KB{self.article_id} v{self.number}"


class Use(models.Model):
    """A standard answer was taken over by a click: which wording, when, by whom. Nothing about the caller."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="uses")
    at = models.DateTimeField()
    by = models.CharField(max_length=40)

    class Meta:
        indexes = [models.Index(fields=["version", "at"], name="knowledge_use")]


class CallDay(models.Model):
    """The calls of one local day, as the telephone system counted them."""

    day = models.DateField(primary_key=True)
    offered = models.PositiveIntegerField()
    connected = models.PositiveIntegerField()
    answered_15 = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="calls_add_up", condition=Q(connected__lte=F("offered"), answered_15__lte=F("connected"))
            )
        ]

    @property
    def calls(self) -> rules.Calls:
        return rules.Calls(self.offered, self.connected, self.answered_15)


class Threshold(models.Model):
    """A limit that the district set for itself."""

    key = models.CharField(max_length=16, primary_key=True)
    value = models.FloatField()
    at = models.DateTimeField()
    by = models.CharField(max_length=40)
