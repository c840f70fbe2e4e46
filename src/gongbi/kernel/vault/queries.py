"""What the vault tells: who opened what, whether there is consent, how long things are kept, and whether the log is whole."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime

from django.db.models import Max, Model, QuerySet
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.errors import Forbidden
from gongbi.kernel.flow.invariants import Breach
from gongbi.kernel.scope.viewer import AUDITOR, SECURITY, SYSTEM, Viewer
from gongbi.kernel.vault import keys, policy
from gongbi.kernel.vault.models import AccessHead, AccessLog, Consent, Policy, RetentionClass
from gongbi.kernel.vault.rules import CLASSES, Keep

GENESIS = bytes(32)


def subject_of(obj: Model) -> str:
    """``app.model:pk`` of a row, as the access log names it."""
    return f"{obj._meta.label_lower}:{obj.pk}"


def accesses(obj: Model, *, viewer: Viewer) -> QuerySet[AccessLog]:
    """Who opened which field of ``obj``, why and when, newest first: for the person it is about and for auditors.

    Errors: Forbidden for anybody else.
    """
    if viewer.role not in (AUDITOR, SECURITY, SYSTEM) and not policy.is_subject(viewer, obj):
        raise Forbidden(
            "vault.accesses", _("Only the person concerned and the auditors see who opened this data.")
        )
    return AccessLog.objects.filter(subject=subject_of(obj)).order_by("-at", "-id")


def latest_accesses(viewer: Viewer, *, most: int) -> list[AccessLog]:
    """The last ``most`` openings of any sealed field, newest first. Errors: Forbidden for anybody but an auditor."""
    if viewer.role not in (AUDITOR, SYSTEM):
        raise Forbidden("vault.accesses", _("Only the auditors see everything that was opened."))
    return list(AccessLog.objects.order_by("-id")[:most])


def entry_hash(prev: bytes, entry: AccessLog) -> bytes:
    """The keyed digest of one access entry after ``prev`` (HMAC-SHA256): only the house itself can continue the chain."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = [at, entry.actor, entry.role, str(entry.unit_id), entry.subject, entry.field, entry.reason]
    text = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hmac.new(keys.ring().derived(keys.BLIND, "access log", 32), prev + text, hashlib.sha256).digest()


def breaches() -> Iterator[Breach]:
    """Where the access log was changed or cut: every entry must continue the one before, up to the kept end."""
    head = AccessHead.objects.filter(pk=1).first()
    prev = bytes(head.first_prev) if head else GENESIS
    for entry in AccessLog.objects.order_by("id").iterator(chunk_size=2000):
        if bytes(entry.prev) != prev or entry_hash(prev, entry) != bytes(entry.hash):
            yield Breach("access log", f"entry {entry.pk}", "was changed, or an entry before it is missing")
        prev = bytes(entry.hash)
    if prev != (bytes(head.last_hash) if head else GENESIS):
        yield Breach("access log", "its end", "entries at the end are missing")


def current_policy(purpose: str, *, at: datetime) -> Policy | None:
    """The version in force at ``at``, with its notice; None when the purpose was never announced."""
    return Policy.objects.filter(purpose=purpose, from_at__lte=at).order_by("-version").first()


def has_consent(subject: str, purpose: str, *, at: datetime) -> bool:
    """Whether ``subject`` consented to the version in force and has not withdrawn (PIPL §14, §15)."""
    version = Policy.objects.filter(purpose=purpose, from_at__lte=at).aggregate(v=Max("version"))["v"]
    if version is None:
        return False
    given = Consent.objects.filter(
        subject=subject, purpose=purpose, policy_version=version, granted_at__lte=at
    )
    return given.filter(withdrawn_at__isnull=True).exists() or given.filter(withdrawn_at__gt=at).exists()


def retention(code: str) -> Keep:
    """How long a class is kept now: the district's setting, else the default. Errors: KeyError for an unknown class."""
    default = {known.code: known for known in CLASSES}[code]
    row = RetentionClass.objects.filter(pk=code).first()
    return Keep(code, row.keep_days, row.least_days, row.most_days, row.basis) if row else default


def retention_table() -> list[Keep]:
    """Every class with what holds for it now, for the public page on personal data."""
    return [retention(known.code) for known in CLASSES]
