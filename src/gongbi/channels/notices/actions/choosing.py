"""An addressee says by which way and when to be told, or not at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from gongbi.channels.notices import rules, wordings
from gongbi.channels.notices.actions.telling import queue
from gongbi.channels.notices.models import Contact, Notice
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer

if TYPE_CHECKING:
    from gongbi.cases.models import Report


def checked(way: str, address: str, *, allowed: Collection[str]) -> str:
    """The address as it is kept for ``way``; Refused with the field for one that cannot be reached."""
    if way not in allowed:
        raise Refused("notices.way", ("请从列表中选择通知方式。", "Choose a way from the list."), field="way")
    given = address.strip()
    if way == rules.NONE:
        return ""
    if way == rules.EMAIL:
        if not rules.is_email(given):
            raise Refused(
                "notices.email",
                (
                    "请填写一个完整的邮箱地址，例如 name@example.com。",
                    "Enter one complete address, for example name@example.com.",
                ),
                field="email",
            )
        return given
    if way == rules.SMS:
        digits = rules.plain_phone(given)
        if not digits:
            raise Refused(
                "notices.phone",
                (
                    "要收短信，请填写手机号码（只含数字）。",
                    "To get text messages, enter a telephone number in digits.",
                ),
                field="phone",
            )
        return digits
    if not given or len(given) > 200 or any(sign.isspace() for sign in given):
        raise Refused(
            "notices.robot",
            (
                "请填写群机器人的密钥（机器人地址末尾的一串字符）。",
                "Enter the robot's key: the last part of its address.",
            ),
            field="address",
        )
    return given


@transaction.atomic
def choose(
    *,
    report: Report,
    way: str,
    address: str,
    at: datetime,
    hours: str = rules.DAY,
    confirm: bool = True,
) -> Contact | None:
    """What a reporter chose, at reporting or on the private page; a new address is confirmed with the receipt's number and link.

    Whoever calls this holds the report. An empty address with the same way keeps the one there is. None for an anonymous
    report: nothing about who spoke is kept.
    """
    if report.anonymous:
        return None
    contact = Contact.objects.select_for_update().filter(report=report).first()
    kept = contact is not None and contact.way == way and not address.strip() and bool(contact.hint)
    plain = "" if kept else checked(way, address, allowed=rules.RESIDENT_WAYS)
    if contact is None and way == rules.NONE:
        return None
    if contact is None:
        contact = Contact(report=report, created_at=at)
    _write(contact, way, plain, hours, report.language, at, kept=kept)
    if confirm and not kept and way != rules.NONE:
        count = Notice.objects.filter(contact=contact, step=wordings.RECEIPT).count()
        queue(
            contact, event=f"receipt.{count + 1}", audience=rules.REPORTER, step=wordings.RECEIPT, state="", facts={"number": report.number},
            matter_id=report.case_id, at=at, urgent=True,
        )  # fmt: skip
    return contact


@transaction.atomic
def choose_own(*, viewer: Viewer, way: str, address: str, hours: str, language: str, at: datetime) -> Contact:
    """How a person of the staff wants to be told. Forbidden without a person behind the post."""
    if viewer.person_id is None:
        raise Forbidden(
            "notices.person",
            (
                "只有有岗位的人员可以设置自己的通知方式。",
                "Only somebody with a post chooses a way for themselves.",
            ),
        )
    return _of_staff({"person_id": viewer.person_id}, way, address, hours, language, at)


@transaction.atomic
def choose_for_unit(
    *, viewer: Viewer, unit_id: int, way: str, address: str, hours: str, language: str, at: datetime
) -> Contact:
    """How a unit's duty desk or group is told: set by an administrator."""
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "notices.unit",
            ("只有系统管理员可以设置单位的通知方式。", "Only an administrator sets the ways of units."),
        )
    return _of_staff({"unit_id": unit_id}, way, address, hours, language, at)


def _of_staff(
    owner: dict[str, Any], way: str, address: str, hours: str, language: str, at: datetime
) -> Contact:
    contact = Contact.objects.select_for_update().filter(**owner).first()
    kept = contact is not None and contact.way == way and not address.strip() and bool(contact.hint)
    plain = "" if kept else checked(way, address, allowed=tuple(rules.WAYS))
    contact = contact or Contact(**owner, created_at=at)
    _write(contact, way, plain, hours, language, at, kept=kept)
    return contact


def _write(
    contact: Contact, way: str, plain: str, hours: str, language: str, at: datetime, *, kept: bool
) -> None:
    if hours not in rules.HOURS:
        raise Refused("notices.hours", ("请选择时段。", "Choose the hours."), field="hours")
    contact.way, contact.hours, contact.changed_at = way, hours, at
    contact.language = language if language in rules.LANGUAGES else "zh-hans"
    if not kept:
        contact.address, contact.hint = plain, rules.hint(way, plain)
    contact.save()
