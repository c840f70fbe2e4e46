"""The one sender: what waits for an addressee becomes a text, the address is opened for this one purpose, the gateway gets it once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone

from gongbi.cases import links
from gongbi.channels.actions.sources import secrets_of
from gongbi.channels.adapters import Adapter, settings_of
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.notices import actions, gateways, queries, rules, words
from gongbi.channels.notices.actions import claiming
from gongbi.channels.notices.actions.telling import values_of
from gongbi.channels.notices.gateways import GatewaySettings, Message
from gongbi.channels.notices.models import Notice
from gongbi.channels.rules import Outcome, Words
from gongbi.kernel.scope.viewer import system
from gongbi.kernel.vault import actions as vault

MACHINE = system("notices")
PAGES = {
    "order": "command:order",
    "whistle": "command:whistle",
    "incident": "incidents:incident",
    "warning": "warnings:warning",
}
REASON = "发送办理进度通知（to send a notice that was asked for）"


class Notices(Adapter):
    """Gateways for notices."""

    kind: ClassVar[str] = "notice"
    settings: ClassVar[type[Any]] = GatewaySettings
    secrets: ClassVar[tuple[str, ...]] = ("password", "sign_key", "token")
    choices: ClassVar[Mapping[str, Mapping[str, Words]]] = {
        "transport": words.TRANSPORTS,
        "security": {"": ("不加密", "None"), "starttls": ("STARTTLS", "STARTTLS"), "tls": ("TLS", "TLS")},
        "ways": {way: text for way, text in rules.WAYS.items() if way != rules.NONE},
    }
    direction: ClassVar[str] = "out"
    has_codes: ClassVar[bool] = False

    def deliver(self, source: Source, message: Outgoing, body: Mapping[str, Any], *, at: datetime) -> Outcome:
        """Send one message with all that waits in it."""
        kind: GatewaySettings = settings_of(source)
        rows = (
            Notice.objects.filter(outgoing=message)
            .select_related("contact", "contact__report")
            .order_by("pk")
        )
        notices = list(rows)
        if not notices:
            return Outcome(True, answer="-")
        contact = notices[0].contact
        if contact.way not in kind.ways:
            # Another way was chosen since, or none: this message is over, and another gateway takes what is in it.
            if contact.way != rules.NONE:
                actions.release(message.pk)
            return Outcome(True, answer="-")
        certain = kind.transport == gateways.FILE or (kind.transport == gateways.WEB and kind.idempotent)
        if not certain:
            claimed = actions.claim(message.pk, at=at)
            if claimed == claiming.BUSY:
                return Outcome(False, error="being sent", after=int(claiming.DEAD_AFTER.total_seconds()))
            if claimed == claiming.UNCERTAIN:
                return Outcome(
                    False, error="uncertain: the sender stopped half way; it may have arrived", again=False
                )
        last = notices[-1]
        link = link_of(last)
        subject, text = composed(notices, link)
        address = vault.unseal(contact, "address", viewer=MACHINE, reason=REASON, at=at)
        outcome = gateways.send(
            kind, secrets_of(source),
            Message(address, subject, text, message.key, values_of(last, link)["number"], contact.way), at=at,
        )  # fmt: skip
        if not certain:
            actions.unclaim(message.pk)
        return outcome


def link_of(notice: Notice) -> str:
    """Where the addressee sees more: a reporter's private link, for staff the page of the matter."""
    base = django_settings.SITE_URL.rstrip("/")
    if notice.contact.report is not None:
        return base + reverse("resident:follow", args=[links.token(notice.contact.report)])
    page = PAGES.get(str(notice.facts.get("flow", "")), "desk:case")
    return base + reverse(page, args=[notice.facts.get("number", "-")])


def composed(notices: list[Notice], link: str) -> tuple[str, str]:
    """(subject, text) of one message in its addressee's language: the newest change, and what came before it in a line."""
    last = notices[-1]
    language = last.contact.language
    words = queries.text(MACHINE, last.audience, last.step, last.state, language)
    values = values_of(last, link)
    changes = []
    for one in notices:
        said = values_of(one, link)
        state = said["state"] or {"en": "received"}.get(language, "已收到")
        changes.append(rules.Change(timezone.localtime(one.at), said["number"], state))
    return rules.fill(words.subject, values), rules.together(
        rules.fill(words.body, values), changes, language
    )
