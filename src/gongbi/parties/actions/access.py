"""Access: accounts, passwords, keys of other systems, attempts to sign in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.contrib.sessions.models import Session
from django.db import transaction

from gongbi.kernel.errors import Forbidden
from gongbi.kernel.scope.viewer import GRID_WORKER, MANAGER, Viewer
from gongbi.parties import directory, rules
from gongbi.parties.actions.common import allow, iso, note
from gongbi.parties.models import Account, ApiKey, Person, SignIn, Unit
from gongbi.parties.words import demand, refusal, refuse, stale

_LOGIN = re.compile(r"^[\w.@+-]{3,60}$")
_CHANNEL = re.compile(r"^[A-Za-z0-9_-]{1,24}$")


@transaction.atomic
def create_account(
    *,
    person_id: int,
    login: str,
    password: str,
    at: datetime,
    viewer: Viewer,
    language: str = "",
    must_change: bool = True,
) -> Account:
    """A way to sign in for a person who has none.

    ``must_change``: the first sign-in asks for a new password.
    """
    allow("access", viewer)
    if not _LOGIN.match(login):
        raise refuse("parties.login_shape", "login")
    _check_password(password, login)
    person = Person.objects.select_for_update().get(pk=person_id)
    if Account.objects.filter(person=person).exists():
        raise refuse("parties.person_taken", "person")
    if Account.objects.filter(username__iexact=login).exists():
        raise refuse("parties.login_taken", "login", login=login)
    account = Account.objects.create_user(
        login,
        password,
        person=person,
        language=language,
        password_set_at=at,
        must_change_password=must_change,
    )
    note(viewer, "account_created", "account", account.pk, at, person=person.number)
    return account


@transaction.atomic
def set_password(account_id: int, password: str, *, at: datetime, viewer: Viewer) -> Account:
    """A new password, by its owner or the security administrator (its owner must then change it).

    Ends sessions.
    """
    own = viewer.account_id == account_id
    if not own:
        allow("access", viewer)
    account = Account.objects.select_for_update().get(pk=account_id)
    _check_password(password, account.username)
    account.set_password(password)
    account.password_set_at = at
    account.must_change_password = not own
    account.save(update_fields=["password", "password_set_at", "must_change_password"])
    note(viewer, "password_set", "account", account_id, at, own=own)
    return account


@transaction.atomic
def close_account(account_id: int, *, at: datetime, viewer: Viewer) -> Account:
    """Nobody signs in with it any more; its sessions end at once. Once only (Stale); never one's own (Refused)."""
    allow("access", viewer)
    if viewer.account_id == account_id:
        raise refuse("parties.own_account")
    account = Account.objects.select_for_update().get(pk=account_id)
    if not account.is_active:
        raise stale("parties.account_closed")
    account.is_active = False
    account.set_unusable_password()
    account.save(update_fields=["is_active", "password"])
    note(viewer, "account_closed", "account", account_id, at)
    return account


@transaction.atomic
def end_sessions(account_id: int, *, at: datetime, viewer: Viewer) -> Account:
    """Every session of the account ends at once, on every device; its password stays. For a telephone that was lost.

    By its owner, the security administrator, or the manager of somebody who works outside only. Errors: Forbidden.
    """
    account = Account.objects.select_for_update().get(pk=account_id)
    if viewer.account_id != account_id and not _leads(account, viewer, at):
        allow("access", viewer)
    account.signed_out_at = at
    account.save(update_fields=["signed_out_at"])
    note(viewer, "sessions_ended", "account", account_id, at)
    return account


def sign_out_person(person_id: int, *, at: datetime, viewer: Viewer) -> bool:
    """As :func:`end_sessions`, for whoever leads a person and knows no accounts; False when there is none. Errors: Forbidden."""
    account = Account.objects.filter(person_id=person_id).values_list("pk", flat=True).first()
    if account is not None:
        end_sessions(account, at=at, viewer=viewer)
    return account is not None


def _leads(account: Account, viewer: Viewer, at: datetime) -> bool:
    """Whether the account belongs to somebody all of whose posts are grid workers' of this manager's units."""
    if viewer.role != MANAGER or account.person_id is None:
        return False
    held = [post for post in directory.current().posts_of(account.person_id) if post.in_force(at)]
    return bool(held) and all(post.role == GRID_WORKER and post.unit.pk in viewer.units for post in held)


@transaction.atomic
def open_account(account_id: int, password: str, *, at: datetime, viewer: Viewer) -> Account:
    """A closed account may be used again, with a password that its owner must change. Stale when it is open already."""
    allow("access", viewer)
    account = Account.objects.select_for_update().get(pk=account_id)
    if account.is_active:
        raise stale("parties.account_open")
    _check_password(password, account.username)
    account.is_active = True
    account.set_password(password)
    account.password_set_at, account.must_change_password = at, True
    account.save(update_fields=["is_active", "password", "password_set_at", "must_change_password"])
    note(viewer, "account_opened", "account", account_id, at)
    return account


@transaction.atomic
def change_language(account_id: int, language: str, *, viewer: Viewer) -> Account:
    """The owner's own choice of language: a language code of the settings, or empty for the browser's."""
    if viewer.account_id != account_id:
        raise Forbidden("parties.not_yours", refuse("parties.may_access").words)
    account = Account.objects.get(pk=account_id)
    account.language = language
    account.save(update_fields=["language"])
    return account


@transaction.atomic
def make_key(
    *,
    name: str,
    unit_id: int,
    channel: str,
    at: datetime,
    viewer: Viewer,
    territories: Iterable[str] = (),
    valid_to: datetime | None = None,
    once: str = "",
) -> tuple[ApiKey, str]:
    """A key for another system and its secret, shown this once: only a digest is kept. Locks: the unit.

    ``once``: a word of the form that asks; the same form sent twice makes one key (Stale), since the secret was shown.
    """
    allow("access", viewer)
    name = name.strip()[:80]
    if not name:
        raise refuse("parties.key_name", "name")
    if not _CHANNEL.match(channel):
        raise refuse("parties.channel", "channel")
    unit = Unit.objects.select_for_update().get(pk=unit_id)
    if not rules.in_force(unit.valid_from, unit.valid_to, at):
        raise refuse("parties.unit_unknown", "unit", code=unit.code)
    codes = sorted(set(territories))
    for code in codes:
        demand(rules.territory_code(code))
    demand(rules.period(at, valid_to))
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    if once:
        prefix = rules.digest_of(once).hex()[:12]
        if ApiKey.objects.filter(prefix=prefix).exists():
            raise stale("parties.key_made")
    key = ApiKey(
        prefix=prefix,
        digest=rules.digest_of(secret),
        name=name,
        unit=unit,
        territories=codes,
        channel=channel,
        created_at=at,
        created_by=viewer.actor,
        valid_to=valid_to,
    )
    key.save(force_insert=True)
    note(viewer, "key_made", "key", key.pk, at, unit=unit.code, channel=channel, valid_to=iso(valid_to))
    return key, f"gb_{prefix}_{secret}"


@transaction.atomic
def withdraw_key(key_id: int, *, at: datetime, viewer: Viewer) -> ApiKey:
    """From now on the key opens nothing. Once only (Stale)."""
    allow("access", viewer)
    key = ApiKey.objects.select_for_update().get(pk=key_id)
    if not key.active:
        raise stale("parties.key_withdrawn")
    key.active = False
    key.save(update_fields=["active"])
    note(viewer, "key_withdrawn", "key", key_id, at)
    return key


@transaction.atomic
def record_sign_in(
    *, login: str, address: str, success: bool, at: datetime, account_id: int | None = None
) -> SignIn:
    """Remember an attempt: successes too, since they end a row of failures."""
    row = SignIn(
        login=rules.folded(login), address=address[:45], success=success, at=at, account_id=account_id
    )
    row.save(force_insert=True)
    return row


@transaction.atomic
def exported(what: str, *, viewer: Viewer, at: datetime, **facts: object) -> None:
    """Somebody took figures or rows out as a file: ``what`` names it, ``facts`` say which part (days, format)."""
    note(viewer, "exported", "export", what[:60], at, **facts)


@transaction.atomic
def forget_sign_ins(*, before: datetime, now: datetime) -> int:
    """Delete attempts older than ``before`` and sessions that have expired at ``now``.

    Returns how many attempts.
    """
    count, _by_model = SignIn.objects.filter(at__lt=before).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    return count


def _check_password(password: str, login: str) -> None:
    faults = rules.password_faults(password, login)
    if faults:
        raise refusal(faults[0])
