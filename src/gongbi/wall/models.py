"""What the wall keeps: folded days for the replay, and the screens that hang in a room. No column is about a person."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class FoldedDay(models.Model):
    """One past local day as the ledger tells it, ready to be played: what stood at its beginning and every change of a figure.

    Everything here can be thrown away and folded anew (``actions.fold_days``); the ledger is the truth. ``entries``: how many entries
    of the day were folded, so that one written later is noticed. ``standing``: the open cases at its end, from which the next day
    goes on; kept for the newest days only.
    """

    day = models.DateField(unique=True)
    entries = models.PositiveIntegerField()
    body = models.BinaryField()  # JSON, gzip: replay.Day
    standing = models.BinaryField(default=b"")  # JSON, gzip: replay.Standings
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("folded day")

    def __str__(self) -> str:
        return self.day.isoformat()


class Screen(models.Model):
    """A screen on a wall, with a link of its own: it reads the wall of one place and nothing else, until it is taken back."""

    name = models.CharField(max_length=60)  # where it hangs
    territory = models.CharField(max_length=15)  # code of the division that it shows
    digest = models.BinaryField(max_length=32, unique=True)  # of the link's secret, which is kept nowhere
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=40)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=40, default="", blank=True)
    seen_at = models.DateTimeField(null=True)  # about when it was last on

    class Meta:
        verbose_name = _("wall screen")

    def __str__(self) -> str:
        return self.name
