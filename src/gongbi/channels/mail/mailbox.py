"""Where messages come from: a folder of .eml files, or a mailbox over IMAP. And where answers go: the sender, by e-mail."""

from __future__ import annotations

import imaplib
import logging
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from gongbi.cases import queries as cases
from gongbi.channels import actions as channels
from gongbi.channels import rules as frame
from gongbi.channels.actions.sources import secrets_of
from gongbi.channels.adapters import Adapter, settings_of
from gongbi.channels.mail import actions
from gongbi.channels.models import Arrival, Source
from gongbi.channels.notices import actions as notices
from gongbi.channels.notices import queries as notice_queries
from gongbi.channels.notices import rules as notice_rules
from gongbi.channels.rules import Happening, Words
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import RESIDENT, Viewer, system
from gongbi.kernel.vault import actions as vault

log = logging.getLogger("gongbi.channels.mail")
AT_ONCE = 50  # messages of one look
TIMEOUT = 20  # s
_OPENING = ("open", "join", "answer_at_once")


@dataclass(frozen=True, slots=True)
class MailSettings:
    """A folder (``folder``: .eml files are taken and moved to ``done`` or ``refused`` in it) or a mailbox (``host`` …).

    ``address``: our own, so that mail of ours is recognised. ``verifier``: the name under which our mail server writes what SPF, DKIM
    and DMARC say of a sender (the first word of its Authentication-Results). ``megabytes``: a larger message is not read.
    """

    folder: str = ""
    host: str = ""
    port: int = 993
    security: str = "tls"  # tls, starttls, none
    user: str = ""
    mailbox: str = "INBOX"
    address: str = ""
    verifier: str = ""
    every: int = 60  # s
    megabytes: int = 20

    def __post_init__(self) -> None:
        if self.folder and self.host:
            raise Refused(
                "mail.both",
                ("请只填文件夹或邮件服务器中的一项。", "Give a folder or a mail server, not both."),
                field="folder",
            )
        if self.security not in ("tls", "starttls", "none"):
            raise Refused(
                "mail.security",
                ("加密方式只能是 tls、starttls 或 none。", "Security is tls, starttls or none."),
                field="security",
            )
        if self.every < 5 or not 1 <= self.megabytes <= 200:
            raise Refused(
                "mail.limits",
                (
                    "收取间隔至少 5 秒；邮件大小上限为 1 到 200 MB。",
                    "Ask every 5 s at the most; messages of 1 to 200 MB.",
                ),
                field="every",
            )


class Mail(Adapter):
    """Messages in; the answers go out as notices."""

    kind: ClassVar[str] = "mail"
    settings: ClassVar[type[Any]] = MailSettings
    secrets: ClassVar[tuple[str, ...]] = ("password",)
    choices: ClassVar[Mapping[str, Mapping[str, Words]]] = {
        "security": {"tls": ("TLS", "TLS"), "starttls": ("STARTTLS", "STARTTLS"), "none": ("不加密", "None")}
    }
    direction: ClassVar[str] = "both"
    has_codes: ClassVar[bool] = False

    def compose(self, source: Source, happening: Happening) -> Mapping[str, Any] | None:
        """A report that came by e-mail is answered by e-mail: its sender becomes its contact, and every notice goes there."""
        if happening.step in _OPENING:
            _answer_to_sender(source, happening)
        return None

    def poll_seconds(self, source: Source) -> int:
        """As set; never without folder and host."""
        set_to: MailSettings = settings_of(source)
        return set_to.every if set_to.folder or set_to.host else 0

    def poll(self, source: Source, cursor: Mapping[str, Any], *, at: datetime) -> Mapping[str, Any]:
        """Take what is new."""
        set_to: MailSettings = settings_of(source)
        if set_to.folder:
            _from_folder(source, set_to, at)
            return cursor
        return _from_mailbox(source, set_to, cursor, at)


def _answer_to_sender(source: Source, happening: Happening) -> None:
    arrival = Arrival.objects.filter(
        source=source, external=happening.external, report_id=happening.report_id
    ).first()
    if arrival is None or arrival.content is None:
        return
    if notice_queries.contact_of(system("mail"), report_id=happening.report_id) is not None:
        return
    incoming = frame.read(vault.machine_reads(arrival, "content", viewer=system("mail")))
    sender = str(incoming.extra.get("from", ""))
    if not notice_rules.is_email(sender):
        return
    reporter = Viewer(
        actor=f"report:{happening.report_id}", role=RESIDENT, reports=frozenset({happening.report_id})
    )
    report = cases.report_by_number(happening.number, reporter)
    notices.choose(report=report, way=notice_rules.EMAIL, address=sender, at=happening.at)


def _from_folder(source: Source, set_to: MailSettings, at: datetime) -> int:
    """Every .eml of the folder, oldest name first. A file is moved after it was taken: what dies in between is taken again, as known."""
    folder = Path(set_to.folder)
    most = set_to.megabytes * 1_000_000
    count = 0
    for path in sorted(folder.glob("*.eml"))[:AT_ONCE]:
        if path.is_symlink() or not path.is_file():
            continue
        size = path.stat().st_size
        if size > most:
            channels.reject(actions.too_big(size, most), kind="mail", at=at, source=source)
            done = "refused"
        else:
            done = "refused" if _take(source, path.read_bytes(), set_to, at) == "refused" else "done"
        (folder / done).mkdir(mode=0o700, exist_ok=True)
        os.replace(path, folder / done / path.name)
        count += 1
    return count


def _take(source: Source, raw: bytes, set_to: MailSettings, at: datetime) -> str:
    """One message; a fault of ours is counted too, and holds up no other."""
    try:
        return actions.take(
            source,
            raw,
            at=at,
            own=set_to.address,
            verifier=set_to.verifier,
            most=set_to.megabytes * 1_000_000,
        ).kind
    except Exception as error:
        log.exception("a message could not be taken in", extra={"source": source.code})
        broken = Refused(
            "mail.broken",
            (
                "读取邮件时出错（%(name)s），请告知管理员。",
                "Reading it failed (%(name)s); tell the administrator.",
            ),
            values={"name": type(error).__name__},
        )
        channels.reject(broken, kind="mail", at=at, source=source)
        return "refused"


def _from_mailbox(
    source: Source, set_to: MailSettings, cursor: Mapping[str, Any], at: datetime
) -> Mapping[str, Any]:
    """What came after the last message seen. Nothing in the mailbox is changed or marked. Raises when the server does not answer."""
    server = _connected(set_to)
    try:
        server.login(set_to.user, secrets_of(source).get("password", ""))
        server.select(f'"{set_to.mailbox}"', readonly=True)
        validity = _number(server.response("UIDVALIDITY")[1])
        last = int(cursor.get("uid", 0)) if cursor.get("validity") == validity else 0
        found = server.uid("SEARCH", "UID", f"{last + 1}:*")[1]
        fresh = sorted(uid for uid in map(int, (found[0] or b"").split()) if uid > last)[:AT_ONCE]
        for uid in fresh:
            _one(server, uid, source, set_to, at)
            last = uid
        return {"validity": validity, "uid": last}
    finally:
        _leave(server)


def _connected(set_to: MailSettings) -> imaplib.IMAP4:
    if set_to.security == "tls":
        return imaplib.IMAP4_SSL(
            set_to.host, set_to.port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT
        )
    server = imaplib.IMAP4(set_to.host, set_to.port, timeout=TIMEOUT)
    if set_to.security == "starttls":
        server.starttls(ssl.create_default_context())
    return server


def _leave(server: imaplib.IMAP4) -> None:
    try:
        server.logout()
    except (OSError, imaplib.IMAP4.error):
        log.debug("the mail server hung up first")


def _one(server: imaplib.IMAP4, uid: int, source: Source, set_to: MailSettings, at: datetime) -> None:
    most = set_to.megabytes * 1_000_000
    told = server.uid("FETCH", str(uid), "(RFC822.SIZE)")[1]
    size = re.search(rb"RFC822\.SIZE (\d+)", told[0] if told and isinstance(told[0], bytes) else b"")
    if size is not None and int(size[1]) > most:
        channels.reject(actions.too_big(int(size[1]), most), kind="mail", at=at, source=source)
        return
    whole = server.uid("FETCH", str(uid), "(BODY.PEEK[])")[1]
    for piece in whole:
        if isinstance(piece, tuple):
            _take(source, piece[1], set_to, at)


def _number(told: Any) -> int:
    first = told[0] if told else None
    return int(first) if first else 0
