"""Who: units, people, posts (person × unit × role × territory × time), accounts, keys, handovers.

Every period is half-open: ``valid_from <= t < valid_to``; a null ``valid_to`` is open-ended.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gongbi.kernel import statements
from gongbi.kernel.vault.fields import SealedTextField
from gongbi.parties import rules


def _period(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name, condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from"))
    )


class Edition(models.Model):
    """One row, whose token changes with every change of units, posts or keys: what was cached is then old.

    The token is random, not a counter, so that a rolled-back change can never look like a later one.
    """

    token = models.BigIntegerField(default=0)


def touch() -> None:
    """Tell every process that what it cached of units, posts and keys is old. In the caller's transaction."""
    Edition.objects.update_or_create(pk=1, defaults={"token": secrets.randbits(62)})


class Cached(models.Model):
    """A row that processes cache: saving one says so. Who writes in bulk calls :func:`touch`."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        touch()


class Unit(Cached):
    """An organisation or a part of one. A street's or community's code is its division code."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, default="", blank=True)
    kind = models.CharField(max_length=24)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    # The division or grid code it answers for; empty when the whole district is its field.
    territory = models.CharField(max_length=15, default="", blank=True)
    ranking_class = models.CharField(max_length=24, default="", blank=True)  # peers it is compared with
    phone = models.CharField(max_length=40, default="", blank=True)  # an office telephone, public
    supervision_phone = models.CharField(max_length=40, default="", blank=True)
    synthetic = models.BooleanField(default=False)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [_period("unit_period")]
        indexes = [models.Index(fields=["kind", "territory"], name="unit_kind_territory")]
        verbose_name = _("unit")

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """Its name in the reader's language."""
        if self.name_en and not (get_language() or "zh").startswith("zh"):
            return self.name_en
        return self.name


class Person(models.Model):
    """Somebody who holds posts. Name and telephone are sealed; what the public may see is on the post."""

    number = models.CharField(
        max_length=40, unique=True
    )  # the employer's staff number, never an identity number
    name = SealedTextField(kind="name", blank=True)
    phone = SealedTextField(kind="phone", blank=True)
    synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("person")

    def __str__(self) -> str:
        return self.number


def _account(key: int) -> models.QuerySet[Account]:
    return Account.objects.filter(pk=key)


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts; ``create_user(login, password)`` as Django's own tools expect it."""

    def get(self, *args: Any, **wanted: Any) -> Account:
        """By key alone, as every request of a session asks, from a statement that is made once."""
        key = wanted.get("pk") if not args and len(wanted) == 1 else None
        if not isinstance(key, int):
            return super().get(*args, **wanted)
        found = statements.fetch_one("parties.account", _account, key)
        if found is None:
            raise self.model.DoesNotExist
        return found

    def create_user(self, username: str, password: str | None = None, **extra: Any) -> Account:
        account = self.model(username=self.model.normalize_username(username), **extra)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, username: str, password: str | None = None, **extra: Any) -> Account:
        return self.create_user(username, password, is_staff=True, is_superuser=True, **extra)


class Account(AbstractBaseUser, PermissionsMixin):
    """A way to sign in. It holds a login name and a language, nothing else about the person."""

    username = models.CharField(max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="account"
    )
    language = models.CharField(max_length=8, default="", blank=True)  # empty: as the browser asks
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)  # may enter the administration pages
    created_at = models.DateTimeField(auto_now_add=True)
    password_set_at = models.DateTimeField(null=True, blank=True)
    must_change_password = models.BooleanField(default=False)
    signed_out_at = models.DateTimeField(null=True, blank=True)  # sessions from before are over

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("account")

    def get_full_name(self) -> str:
        return self.username

    def get_session_auth_hash(self) -> str:
        """What each session carries and every request compares: another password, or ``signed_out_at``, ends all of them."""
        return self._since(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for old in super().get_session_auth_fallback_hash():
            yield self._since(old)

    def _since(self, value: str) -> str:
        if self.signed_out_at is None:
            return value
        told = self.signed_out_at.astimezone(UTC).isoformat()
        return salted_hmac("gongbi.parties.signed_out", value + told, algorithm="sha256").hexdigest()

    def get_short_name(self) -> str:
        return self.username


class SignIn(models.Model):
    """One attempt to sign in. All workers share them: the lockout counts them, the auditor reads them."""

    login = models.CharField(max_length=60)
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="sign_ins")
    address = models.CharField(max_length=45, default="", blank=True)
    at = models.DateTimeField()
    success = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(fields=["login", "at"], name="signin_login"),
            models.Index(fields=["address", "at"], name="signin_address"),
        ]


class Post(Cached):
    """A person in a unit, in one role, for some territories, for a time. The post acts; a person holds it."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="posts")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts")
    role = models.CharField(max_length=16)
    # What the public card and colleagues see: the name and telephone of the office, given by the unit.
    work_name = models.CharField(max_length=60, default="", blank=True)
    work_phone = models.CharField(max_length=40, default="", blank=True)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            _period("post_period"),
            models.UniqueConstraint(
                fields=["person", "unit", "role"], condition=Q(valid_to__isnull=True), name="post_once_open"
            ),
            models.CheckConstraint(name="post_role_known", condition=Q(role__in=rules.POST_ROLES)),
        ]
        indexes = [models.Index(fields=["unit", "role"], name="post_unit_role")]
        verbose_name = _("post")

    def __str__(self) -> str:
        return f"{self.role}@{self.unit_id}#{self.pk}"

    @property
    def actor(self) -> str:
        """How the ledger names it."""
        return f"post:{self.pk}"


class PostTerritory(Cached):
    """One division or grid that a post covers, with everything below it."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="areas")
    code = models.CharField(max_length=15)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "code"], name="post_territory_once")]
        indexes = [models.Index(fields=["code"], name="post_territory_code")]


class Away(Cached):
    """A post's holder is away and another stands in: ``since <= t < until``, or until ``ended_at``. A deputy's deputy there is not."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="aways")
    deputy = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="stands_in")
    since = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=200, default="", blank=True)
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="away_period", condition=Q(until__gt=F("since"))),
            models.CheckConstraint(name="away_not_oneself", condition=~Q(post=F("deputy"))),
        ]
        indexes = [models.Index(fields=["until"], name="away_until")]
        verbose_name = _("absence")

    def __str__(self) -> str:
        return f"{self.post_id}←{self.deputy_id}"

    @property
    def over_at(self) -> datetime:
        """When it ends, or ended."""
        return self.until if self.ended_at is None else min(self.until, self.ended_at)


class ApiKey(Cached):
    """A key of another system. Only a digest of the secret is kept: who has lost it makes another."""

    prefix = models.CharField(max_length=12, unique=True)  # public part, finds the row
    digest = models.BinaryField(max_length=32)
    name = models.CharField(max_length=80)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="keys")
    territories = models.JSONField(default=list)
    channel = models.CharField(max_length=24)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=40)
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API key")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def actor(self) -> str:
        return f"key:{self.pk}"


class Handover(models.Model):
    """What one post left and another took over, as a signed list: nothing open stays with nobody."""

    post_from = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="handed_over")
    post_to = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="taken_over")
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    reason = models.CharField(max_length=200, default="", blank=True)
    matters = models.PositiveIntegerField(default=0)
    signature = models.CharField(max_length=120)  # over the list, keyed; see queries.handover_is_genuine

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post_from"], name="handover_once"),
            models.CheckConstraint(
                name="handover_has_successor", condition=Q(matters=0) | Q(post_to__isnull=False)
            ),
        ]


class HandoverItem(models.Model):
    """One matter on the list. ``source`` names the room that held it."""

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="items")
    matter_id = models.BigIntegerField()
    source = models.CharField(max_length=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handover", "source", "matter_id"], name="handover_item_once")
        ]


class Change(models.Model):
    """One change of who: append-only, for the auditor. ``kind``/``key`` name the row that changed."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    act = models.CharField(max_length=32)
    kind = models.CharField(max_length=16)
    key = models.CharField(max_length=60)
    facts = models.JSONField(default=dict)  # codes, roles, dates; no name, no telephone

    class Meta:
        indexes = [
            models.Index(fields=["kind", "key", "at"], name="change_subject"),
            models.Index(fields=["at"], name="change_at"),
        ]
