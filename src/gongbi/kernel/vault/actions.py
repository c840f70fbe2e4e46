"""The writers of the vault: open a value, turn the keys over, consent and withdraw, purge."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Max, Model
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, SECURITY, SYSTEM, Viewer
from gongbi.kernel.vault import keys, masking, policy, queries, retention, rules
from gongbi.kernel.vault.fields import Sealed, SealedTextField, open_value
from gongbi.kernel.vault.models import AccessHead, AccessLog, Consent, Policy, RetentionClass, Tombstone
from gongbi.kernel.vault.redaction import redact

PIPL = "个人信息保护法"


def unseal(obj: Model, field_name: str, *, viewer: Viewer, reason: str, at: datetime) -> str:
    """The plain text of one sealed field. What, by whom, why and when is committed to the access log before it returns.

    Call it outside a transaction: a rollback must not forget that somebody read (RuntimeError otherwise). Only jobs of the
    machine may call it inside theirs. Errors: Forbidden (no rule of the room lets this viewer; auditors never), Refused (no
    reason of at least four characters; the value is damaged), ValueError (not a sealed field).
    """
    field = obj._meta.get_field(field_name)
    if not isinstance(field, SealedTextField):
        raise ValueError(f"{field} is not sealed")
    if viewer.role == AUDITOR or not policy.may_unseal(viewer, obj, field_name):
        raise Forbidden("vault.unseal", _("You may see this only in its hidden form."), article=f"{PIPL} §6")
    if not rules.reason_is_given(reason):
        raise Refused(
            "vault.reason",
            _(
                "Say why you need to see it, in at least four characters. The person concerned can read the reason."
            ),
            field="reason",
        )
    value: Sealed | None = getattr(obj, field_name)
    try:
        plain = open_value(value) if value is not None else ""
    except (keys.CannotOpen, UnicodeDecodeError):
        raise Refused(
            "vault.broken", _("The stored value is damaged and cannot be opened. Tell the administrator.")
        ) from None
    with transaction.atomic(durable=viewer.role != SYSTEM):
        _log(obj, field_name, viewer, redact(reason.strip())[:200], at)
    return plain


@transaction.atomic
def note_export(name: str, reason: str, *, viewer: Viewer, at: datetime) -> None:
    """Keep in the access log that a file of many rows leaves the house: which, over what, by whom, where to.

    Sealed fields go out masked; this says that they went. Locks the end of the chain.
    """
    _append(f"export:{name}", "*", viewer, redact(reason.strip())[:200], at)


@transaction.atomic
def note_look(subjects: Sequence[str], field_name: str, reason: str, *, viewer: Viewer, at: datetime) -> None:
    """Keep in the access log that somebody was shown rows found by what is sealed in them. Locks the end of the chain."""
    for subject in subjects:
        _append(subject, field_name, viewer, redact(reason.strip())[:200], at)


def machine_reads(obj: Model, field_name: str, *, viewer: Viewer) -> str:
    """The plain text of a field that the machine needs for its own work: a counterpart's secret, what came in and waits.

    Nobody is shown it, so nothing is logged; a person who wants to look goes through :func:`unseal`. Errors: Forbidden unless a job
    of the machine, ValueError for a field of any other kind, Refused when the value is damaged.
    """
    field = obj._meta.get_field(field_name)
    if not isinstance(field, SealedTextField) or field.kind not in masking.MACHINE:
        raise ValueError(f"{field} is not for the machine alone")
    if viewer.role != SYSTEM:
        raise Forbidden("vault.unseal", _("You may see this only in its hidden form."), article=f"{PIPL} §6")
    value: Sealed | None = getattr(obj, field_name)
    try:
        return open_value(value) if value is not None else ""
    except (keys.CannotOpen, UnicodeDecodeError):
        raise Refused(
            "vault.broken", _("The stored value is damaged and cannot be opened. Tell the administrator.")
        ) from None


def _log(obj: Model, field_name: str, viewer: Viewer, reason: str, at: datetime) -> None:
    _append(queries.subject_of(obj), field_name, viewer, reason, at)


def _append(subject: str, field_name: str, viewer: Viewer, reason: str, at: datetime) -> None:
    head = _head()
    entry = AccessLog(
        at=at,
        actor=viewer.actor,
        role=viewer.role,
        unit_id=viewer.unit_id,
        subject=subject,
        field=field_name,
        reason=reason,
        prev=bytes(head.last_hash),
    )
    entry.hash = queries.entry_hash(bytes(head.last_hash), entry)
    entry.save(force_insert=True)
    AccessHead.objects.filter(pk=1).update(last_hash=entry.hash)


def _head() -> AccessHead:
    """The end of the chain, locked."""
    head = AccessHead.objects.select_for_update().filter(pk=1).first()
    if head is None:
        fresh = AccessHead(pk=1, first_prev=queries.GENESIS, last_hash=queries.GENESIS)
        AccessHead.objects.bulk_create([fresh], ignore_conflicts=True)
        head = AccessHead.objects.select_for_update().get(pk=1)
    return head


# --- Keys -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rotation:
    """How many values were sealed anew, were current already, or do not open (left as they are)."""

    renewed: int = 0
    current: int = 0
    broken: int = 0


def rotate_keys(*, viewer: Viewer, batch: int = 500) -> Rotation:
    """Seal everything with the current key and cipher, in small transactions, beside running work (a value changed meanwhile
    keeps its new content). Errors: Forbidden unless a security administrator or a job.
    """
    if viewer.role not in (SECURITY, SYSTEM):
        raise Forbidden("vault.rotate", _("Only a security administrator turns the keys over."))
    now = (keys.ring().current, keys.cipher_in_use())
    renewed = current = broken = 0
    for model, field in _sealed_columns():
        quote = connection.ops.quote_name
        table, column, key = (
            quote(model._meta.db_table),
            quote(field.column or field.name),
            quote(model._meta.pk.column or "id"),
        )
        last: Any = None
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                after, params = (f"WHERE {key} > %s", [last]) if last is not None else ("", [])
                rows_sql = f"SELECT {key}, {column} FROM {table} {after} ORDER BY {key} LIMIT %s"  # noqa: S608
                cursor.execute(rows_sql, [*params, batch])
                rows = cursor.fetchall()
                for row_key, stored in rows:
                    old = bytes(stored or b"")
                    if not old:
                        continue
                    with contextlib.suppress(keys.CannotOpen):
                        if keys.header(old) == now:
                            current += 1
                            continue
                    try:
                        fresh = keys.seal(
                            keys.open_sealed(old, field.bound_to.encode()), field.bound_to.encode()
                        )
                    except keys.CannotOpen:
                        broken += 1
                        continue
                    cursor.execute(
                        f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s",  # noqa: S608
                        [fresh, row_key, old],
                    )
                    renewed += cursor.rowcount
            if len(rows) < batch:
                break
            last = rows[-1][0]
    return Rotation(renewed, current, broken)


def _sealed_columns() -> Iterator[tuple[type[Model], SealedTextField]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            for field in model._meta.local_fields:
                if isinstance(field, SealedTextField):
                    yield model, field


# --- Consent --------------------------------------------------------------------------------------------------------


def publish_policy(purpose: str, *, notice: Mapping[str, Any], viewer: Viewer, at: datetime) -> Policy:
    """Announce (a new version of) what is done with data for ``purpose``; consents to older versions end here.

    Errors: Forbidden unless an administrator; Refused when the notice leaves out a part that PIPL §17 asks for.
    """
    if viewer.role not in (ADMIN, SECURITY, SYSTEM):
        raise Forbidden("vault.policy", _("Only an administrator announces a privacy notice."))
    missing = rules.missing_in_notice(notice)
    if missing:
        raise Refused(
            "vault.notice",
            _("The notice leaves out: %(parts)s. Add them before it takes effect."),
            values={"parts": ", ".join(missing)},
            article=f"{PIPL} §17",
            field="notice",
        )
    with transaction.atomic():
        last = Policy.objects.filter(purpose=purpose).aggregate(v=Max("version"))["v"] or 0
        return Policy.objects.create(
            purpose=purpose, version=last + 1, from_at=at, notice=dict(notice), by=viewer.actor
        )


def grant(
    subject: str,
    purpose: str,
    *,
    policy_version: int,
    viewer: Viewer,
    at: datetime,
    under_14: bool = False,
    guardian: str = "",
) -> Consent:
    """Keep a consent of ``subject`` ("report:88") to the version that was shown to them.

    Errors: NotThere (nothing announced), Stale (another version is in force now), Refused (under 14 without a guardian).
    """
    current = queries.current_policy(purpose, at=at)
    if current is None:
        raise NotThere("vault.no_policy", _("There is no privacy notice for this purpose yet."))
    if current.version != policy_version:
        raise Stale(
            "vault.old_policy", _("The privacy notice has changed. Read the new one and decide again.")
        )
    if under_14 and not guardian:
        raise Refused(
            "vault.guardian",
            _("For a child under 14 a parent or guardian has to consent. Enter who it is."),
            article=f"{PIPL} §31",
            field="guardian",
        )
    return Consent.objects.create(
        subject=subject,
        purpose=purpose,
        policy_version=policy_version,
        granted_at=at,
        under_14=under_14,
        guardian=guardian,
        actor=viewer.actor,
    )


def withdraw(subject: str, purpose: str, *, at: datetime) -> int:
    """Withdraw every consent of ``subject`` for ``purpose`` from ``at`` on (PIPL §15). What was done before stays lawful."""
    given = Consent.objects.filter(subject=subject, purpose=purpose, withdrawn_at__isnull=True)
    return given.update(withdrawn_at=at)


# --- Retention ------------------------------------------------------------------------------------------------------


def set_retention(code: str, *, keep_days: int | None, viewer: Viewer) -> RetentionClass:
    """Change how long a class is kept (days; None: for good).

    Errors: Forbidden unless an administrator, NotThere for an unknown class, Refused outside what the law allows.
    """
    if viewer.role not in (ADMIN, SECURITY, SYSTEM):
        raise Forbidden("vault.retention", _("Only an administrator changes how long data is kept."))
    default = {known.code: known for known in rules.CLASSES}.get(code)
    if default is None:
        raise NotThere("vault.retention_class", _("There is no such retention class."))
    too_short = keep_days is not None and keep_days < default.least
    too_long = default.most is not None and (keep_days is None or keep_days > default.most)
    if too_short or too_long:
        raise Refused(
            "vault.retention_limit",
            _("This class has to be kept for at least %(least)s days (most: %(most)s)."),
            values={"least": default.least, "most": "—" if default.most is None else default.most},
            article=default.basis,
            field="keep_days",
        )
    row, _made = RetentionClass.objects.update_or_create(
        code=code,
        defaults={
            "keep_days": keep_days,
            "least_days": default.least,
            "most_days": default.most,
            "basis": default.basis,
        },
    )
    return row


def purge(*, viewer: Viewer, at: datetime, batch: int = 200) -> dict[str, int]:
    """Erase what is older than its class allows, leaving tombstones; in small transactions. Returns rows erased by class.

    Errors: Forbidden unless an administrator or a job.
    """
    if viewer.role not in (ADMIN, SECURITY, SYSTEM):
        raise Forbidden("vault.purge", _("Only an administrator starts the clean-up."))
    erased: dict[str, int] = {}
    for holding in retention.holdings():
        rule = queries.retention(holding.code)
        if rule.keep is None:
            continue
        before = rules.purge_before(rule.keep, rule.least, at)
        erased[holding.code] = erased.get(holding.code, 0) + _purge(holding, before, at, batch)
    rule = queries.retention("access_log")
    if rule.keep is not None:
        erased["access_log"] = _purge_access_log(rules.purge_before(rule.keep, rule.least, at), at)
    return erased


def _purge(holding: retention.Holding, before: datetime, at: datetime, batch: int) -> int:
    erased, last = 0, None
    while True:
        with transaction.atomic():
            rows = list(holding.due(before).order_by("pk")[:batch])
            if not rows:
                return erased
            if rows[0].pk == last:
                raise RuntimeError(
                    f"{holding.model.__name__}: rows are still due after they were erased ({holding.code})"
                )
            last = rows[0].pk
            bury(rows, holding.code, at=at)
            for row in rows:
                if holding.erase is None:
                    row.delete()
                else:
                    holding.erase(row, at)
        erased += len(rows)


def bury(rows: Sequence[Model], code: str, *, at: datetime) -> list[bytes]:
    """Leave a tombstone for each row that is about to be erased, in the caller's transaction; returns their digests, in that order."""
    stones = [
        Tombstone(label=row._meta.label_lower, row=str(row.pk), retention=code, at=at, digest=digest_of(row))
        for row in rows
    ]
    Tombstone.objects.bulk_create(stones)
    return [bytes(stone.digest) for stone in stones]


def digest_of(row: Model) -> bytes:
    """A keyed digest of every column (sealed ones as ciphertext): proves what a copy held without telling it."""
    parts = []
    for field in row._meta.concrete_fields:
        value: Any = field.value_from_object(row)
        if isinstance(value, Sealed):
            value = field.value_to_string(row)
        elif isinstance(value, datetime):
            value = value.astimezone(UTC).isoformat()
        elif isinstance(value, (bytes, memoryview)):
            value = bytes(value).hex()
        parts.append(f"{field.column}={value!r}")
    return hmac.new(
        keys.ring().derived(keys.BLIND, "tombstone", 32), "\x1f".join(parts).encode(), hashlib.sha256
    ).digest()


def _purge_access_log(before: datetime, at: datetime) -> int:
    """Only from the beginning of the chain, which moves on to the first entry that stays."""
    with transaction.atomic():
        head = _head()
        stays = AccessLog.objects.filter(at__gte=before).order_by("id").values_list("id", flat=True).first()
        old = AccessLog.objects.order_by("id")
        if stays is not None:
            old = old.filter(id__lt=stays)
        last = old.last()
        if last is None:
            return 0
        count = old.count()
        Tombstone.objects.create(
            label="vault.accesslog",
            row=f"..{last.pk}",
            retention="access_log",
            at=at,
            digest=bytes(last.hash),
        )
        AccessHead.objects.filter(pk=head.pk).update(first_prev=bytes(last.hash))
        old.delete()
        return count
