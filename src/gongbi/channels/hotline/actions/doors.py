"""Nonces: each is used once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from gongbi.channels.hotline import signature
from gongbi.channels.hotline.models import Nonce
from gongbi.channels.models import Source


def remember(source: Source, nonce: str, *, at: datetime) -> None:
    """Use a nonce up; Replayed when it was used before. Only for messages whose signature holds: others use up nothing."""
    try:
        with transaction.atomic():
            Nonce(source=source, nonce=nonce, at=at).save(force_insert=True)
    except IntegrityError:
        raise signature.replayed() from None


def prune(*, at: datetime, after: timedelta) -> int:
    """Forget the nonces whose time has left every window; their signatures are refused by their time. Returns how many."""
    return Nonce.objects.filter(at__lt=at - after).delete()[0]
