"""The ways out: a mail server, an SMS gateway's web address, a group's robot, a folder. Each takes one text and says what became of it."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core.mail import EmailMessage, get_connection

from gongbi.channels.notices import rules
from gongbi.channels.rules import Outcome
from gongbi.kernel.errors import Refused

FILE, SMTP, WEB, ROBOT = "file", "smtp", "web", "robot"
TRANSPORTS = (FILE, SMTP, WEB, ROBOT)
TIMEOUT = 10  # s
_ANSWER = 64 * 1024  # bytes read of a gateway's answer


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """One gateway. ``ways``: what it serves; ``quiet_from``–``quiet_to``: local hours in which only urgent notices go out.

    smtp: an empty ``host`` means the server of the ``EMAIL_…`` settings. web: ``url`` gets ``body`` (JSON text whose ``{to}``, ``{text}``,
    ``{key}`` are filled) by POST with ``headers``, signed with the secret ``sign_key`` (HMAC-SHA256 of time, new line, body, in
    hexadecimal); it was taken when it answers 2xx and, where ``ok_field`` is named, that field of its JSON is ``ok_value``.
    ``idempotent``: it recognises ``Idempotency-Key``, so a message whose answer was lost is sent again.
    """

    transport: str = FILE
    ways: tuple[str, ...] = (rules.EMAIL,)
    quiet_from: str = "21:00"
    quiet_to: str = "08:00"
    host: str = ""
    port: int = 25
    security: str = ""  # "", starttls, tls
    user: str = ""
    sender: str = ""
    url: str = ""
    body: str = '{"mobile": "{to}", "content": "{text}"}'
    headers: dict[str, str] = field(default_factory=dict)
    sign_header: str = "X-Signature"
    time_header: str = "X-Timestamp"
    ok_field: str = ""
    ok_value: str = ""
    idempotent: bool = True
    robot_url: str = ""  # an Apprise address with {key}; "" for that of the way

    def __post_init__(self) -> None:
        _one_of("transport", self.transport, TRANSPORTS)
        _one_of("security", self.security, ("", "starttls", "tls"))
        for way in self.ways:
            _one_of("ways", way, tuple(rules.WAYS)[1:])
        for name in ("quiet_from", "quiet_to"):
            try:
                time.fromisoformat(getattr(self, name))
            except ValueError:
                raise _wrong(name, getattr(self, name), "21:00") from None
        if self.transport == WEB:
            if urlsplit(self.url).scheme not in ("http", "https") or not urlsplit(self.url).hostname:
                raise _wrong("url", self.url, "https://sms.example.com/send")
            try:
                json.loads(_web_body(self.body, "1", "x", "k"))
            except ValueError:
                raise _wrong("body", self.body, '{"mobile": "{to}", "content": "{text}"}') from None


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise _wrong(name, value, " / ".join(one or "—" for one in known))


def _wrong(name: str, value: str, example: str) -> Refused:
    return Refused(
        "notices.setting",
        (
            "设置 %(name)s 的值“%(value)s”无效，例如：%(example)s。",
            "%(name)s cannot be “%(value)s”; for example: %(example)s.",
        ),
        values={"name": name, "value": value[:80], "example": example},
        field=name,
    )


@dataclass(frozen=True, slots=True)
class Message:
    """One text for one address. ``key`` names it for good; ``number`` is the matter's, for a reply to find it."""

    to: str
    subject: str
    text: str
    key: str
    number: str
    way: str


def send(kind: GatewaySettings, secrets: Mapping[str, str], message: Message, *, at: datetime) -> Outcome:
    """Hand one message over. Takes at most some ten seconds, raises nothing that a gateway can cause."""
    if kind.transport == ROBOT:
        from gongbi.channels.notices import (
            robots,
        )  # Apprise takes a third of a second to import, and few need it

        return robots.send(message.way, message.to, message.subject, message.text, address=kind.robot_url)
    ways_out = {FILE: _to_folder, SMTP: _by_mail, WEB: _by_web}
    return ways_out[kind.transport](kind, secrets, message, at)


def _to_folder(kind: GatewaySettings, secrets: Mapping[str, str], message: Message, at: datetime) -> Outcome:
    """Test mode: one file a message in ``GONGBI_VAR/notices``, readable by its owner alone. The same key is the same file."""
    folder = Path(django_settings.VAR) / "notices"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{message.key}.txt"
    path.touch(mode=0o600)
    path.write_text(f"{message.way}: {message.to}\n{message.subject}\n\n{message.text}\n", encoding="utf-8")
    return Outcome(True, answer=path.name)


def message_id(key: str, sender: str) -> str:
    """The Message-ID of one notice: the same message has the same one, whenever it is sent. Keyed, so that only who got it can reply to it."""
    host = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    digest = hmac.new(
        django_settings.SECRET_KEY.encode(), f"notice {key}".encode(), hashlib.sha256
    ).hexdigest()
    return f"<{digest[:32]}@{host}>"


def _by_mail(kind: GatewaySettings, secrets: Mapping[str, str], message: Message, at: datetime) -> Outcome:
    own = bool(kind.host)
    sender = kind.sender or django_settings.DEFAULT_FROM_EMAIL
    server: dict[str, Any] = (
        {
            "host": kind.host, "port": kind.port, "username": kind.user, "password": secrets.get("password", ""),
            "use_tls": kind.security == "starttls", "use_ssl": kind.security == "tls",
        }
        if own
        else {}
    )  # fmt: skip
    connection = get_connection("django.core.mail.backends.smtp.EmailBackend", timeout=TIMEOUT, **server)
    try:
        connection.open()
    except smtplib.SMTPAuthenticationError as error:
        return Outcome(False, error=f"sign-in refused ({error.smtp_code})")
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(False, error=f"not reached: {type(error).__name__}")
    mail = EmailMessage(
        message.subject, message.text, sender, [message.to], connection=connection,
        headers={
            "Message-ID": message_id(message.key, sender), "Date": format_datetime(at), "Auto-Submitted": "auto-generated",
            "X-Gongbi-Number": message.number,
        },
    )  # fmt: skip
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _words in error.recipients.values()]
        return Outcome(
            False, error=f"the address was refused ({codes})", again=all(code < 500 for code in codes)
        )
    except smtplib.SMTPResponseException as error:
        return Outcome(False, error=f"refused ({error.smtp_code})", again=error.smtp_code < 500)
    except (OSError, smtplib.SMTPException) as error:
        # It broke after the text was on its way: sending it again could make two of it.
        return Outcome(
            False,
            error=f"uncertain: the line broke ({type(error).__name__}); it may have arrived",
            again=False,
        )
    finally:
        connection.close()
    return Outcome(True, answer=message_id(message.key, sender))


def _web_body(template: str, to: str, text: str, key: str) -> str:
    """The body with its places filled in one pass, each escaped for the inside of a JSON string."""
    made = template
    for name, value in (
        ("{to}", to),
        ("{key}", key),
        ("{text}", text),
    ):  # the text last: braces in it stay as they are
        made = made.replace(name, json.dumps(value, ensure_ascii=False)[1:-1])
    return made


def signed(body: bytes, key: str, at: datetime) -> tuple[str, str]:
    """(time, signature) of a body: seconds since 1970, and HMAC-SHA256 over time, new line, body, in hexadecimal."""
    when = str(int(at.timestamp()))
    return when, hmac.new(key.encode(), when.encode() + b"\n" + body, hashlib.sha256).hexdigest()


def _by_web(kind: GatewaySettings, secrets: Mapping[str, str], message: Message, at: datetime) -> Outcome:
    body = _web_body(kind.body, message.to, message.text, message.key).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": message.key,
        **kind.headers,
    }
    if secrets.get("sign_key"):
        headers[kind.time_header], headers[kind.sign_header] = signed(body, secrets["sign_key"], at)
    if secrets.get("token"):
        headers["Authorization"] = f"Bearer {secrets['token']}"
    where = urlsplit(kind.url)
    host, port = where.hostname or "", where.port
    line = (
        http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
        if where.scheme == "https"
        else http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    )
    try:
        try:
            line.connect()
        except OSError as error:
            return Outcome(False, error=f"not reached: {type(error).__name__}")
        try:
            line.request(
                "POST", (where.path or "/") + (f"?{where.query}" if where.query else ""), body, headers
            )
            answer = line.getresponse()
            said = answer.read(_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            if kind.idempotent:
                return Outcome(False, error=f"the line broke: {type(error).__name__}")
            return Outcome(
                False,
                error=f"uncertain: the line broke ({type(error).__name__}); it may have arrived",
                again=False,
            )
    finally:
        line.close()
    if not 200 <= answer.status < 300:
        wait = answer.getheader("Retry-After", "")
        return rules.not_taken(answer.status, wait, repeatable=kind.idempotent)
    if kind.ok_field:
        try:
            told = str(json.loads(said).get(kind.ok_field))
        except (ValueError, AttributeError):
            return Outcome(False, error="its answer is not the JSON it should be", again=kind.idempotent)
        if told != kind.ok_value:
            return Outcome(False, error=f"{kind.ok_field} = {told[:80]}", again=False)
    return Outcome(True, answer=f"HTTP {answer.status}")
