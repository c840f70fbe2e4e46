"""Replies that became supplements: each message once."""

from __future__ import annotations

from django.db import models


class Reply(models.Model):
    """One message that added to a matter. ``message``: its Message-ID, or the digest that stands for it."""

    source = models.ForeignKey("channels.Source", on_delete=models.PROTECT, related_name="+")
    message = models.CharField(max_length=100)
    report = models.ForeignKey("cases.Report", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "message"], name="reply_once")]

    def __str__(self) -> str:
        return self.message
