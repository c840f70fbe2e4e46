"""Who is told by which way, what they were told, and the words of it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from gongbi.channels.notices import rules
from gongbi.kernel.vault.fields import SealedTextField


class Contact(models.Model):
    """How one addressee wants to hear from us: a reporter (for one report), a person of the staff, or a unit.

    ``hint``: what of the address may be shown, so that its owner recognises it.
    """

    report = models.OneToOneField("cases.Report", on_delete=models.PROTECT, null=True, related_name="+")
    person = models.OneToOneField("parties.Person", on_delete=models.PROTECT, null=True, related_name="+")
    unit = models.OneToOneField("parties.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    way = models.CharField(max_length=8, choices=[(way, way) for way in rules.WAYS])
    address = SealedTextField(kind="text", blank=True)
    hint = models.CharField(max_length=120, default="", blank=True)
    hours = models.CharField(max_length=4, choices=[(name, name) for name in rules.HOURS], default=rules.DAY)
    language = models.CharField(max_length=8, default="zh-hans")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contact_one_owner",
                condition=Q(report__isnull=False, person__isnull=True, unit__isnull=True)
                | Q(report__isnull=True, person__isnull=False, unit__isnull=True)
                | Q(report__isnull=True, person__isnull=True, unit__isnull=False),
            ),
        ]
        verbose_name = _("contact")

    def __str__(self) -> str:
        return f"{self.way}:{self.pk}"


def forget_contact(contact: Contact, at: datetime) -> None:
    """Nobody has anything left to hear there: the address is gone, what was told stays. For the purge of ``contact``."""
    contact.way, contact.address, contact.hint, contact.changed_at = rules.NONE, "", "", at
    contact.save(update_fields=["way", "address", "hint", "changed_at"])


class Notice(models.Model):
    """One change that one addressee hears of. ``event`` names the change for good, so nobody hears of it twice.

    Several notices with one ``outgoing`` go out as one message. ``facts``: the values of its fields when it happened, none personal.
    ``claimed_at``: somebody is handing it to a gateway that cannot recognise a repetition.
    """

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="notices")
    event = models.CharField(max_length=60)
    audience = models.CharField(max_length=8)
    step = models.CharField(max_length=40)
    state = models.CharField(max_length=24, default="", blank=True)
    facts = models.JSONField(default=dict)
    urgent = models.BooleanField(default=False)
    matter_id = models.BigIntegerField()
    at = models.DateTimeField()
    outgoing = models.ForeignKey("channels.Outgoing", on_delete=models.SET_NULL, null=True, related_name="+")
    claimed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact", "event"], name="notice_once")]
        indexes = [
            models.Index(fields=["matter_id"], name="notice_matter"),
            models.Index(fields=["at"], name="notice_waiting", condition=Q(outgoing__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}/{self.event}"


class Template(models.Model):
    """One version of one text. The newest version counts; without any, the shipped text does. Never changed, never deleted."""

    audience = models.CharField(max_length=8)
    name = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=rules.LONGEST_SUBJECT)
    body = models.CharField(max_length=rules.LONGEST_BODY)
    at = models.DateTimeField()
    by = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["audience", "name", "language", "version"], name="template_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.audience}/{self.name}/{self.language} v{self.version}"
