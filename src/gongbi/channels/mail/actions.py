"""A message becomes an arrival, a supplement, or a counted refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from gongbi.cases import actions as cases
from gongbi.cases import queries as case_queries
from gongbi.cases.rules import MAX_PHOTOS, MAX_TEXT
from gongbi.channels import actions as channels
from gongbi.channels.mail import rules
from gongbi.channels.mail.models import Reply
from gongbi.channels.mail.rules import Letter
from gongbi.channels.models import Arrival, Outgoing, Source
from gongbi.channels.notices import queries as notices
from gongbi.channels.rules import Incoming
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.scope.viewer import RESIDENT, Viewer, system
from gongbi.kernel.vault import actions as vault

MACHINE = system("mail")
_CUT = "\n……（邮件较长，其余略去）"
_IGNORED = {
    "auto": ("自动回复，未受理。", "An automatic reply: not taken."),
    "bounce": ("退信，未受理。", "A bounce: not taken."),
    "list": ("群发邮件，未受理。", "Bulk mail: not taken."),
    "loop": ("本平台自己发出的邮件，未受理。", "Mail of our own: not taken."),
}
# What is written below the words of a message, so that whoever deals with it knows.
_LEFT_OUT = (
    "（另有 %(count)s 个附件没有保留：只收照片，最多 %(most)s 张。）",
    "(%(count)s attachments were not kept: photos only, %(most)s at most.)",
)
_UNPROVEN = {
    "fail": (
        "（来信地址没有通过邮件服务器的验证，可能是冒用，没有向它回复。）",
        "(The sender's address failed our mail server's check and may be forged: nothing is sent to it.)",
    ),
    "none": ("（来信地址未经验证。）", "(The sender's address could not be checked.)"),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one message: ``arrival``, ``supplement``, ``again`` (known before), ``ignored`` or ``refused``."""

    kind: str
    key: str = ""


def take(
    source: Source, raw: bytes, *, at: datetime, own: str = "", verifier: str = "", most: int = 20_000_000
) -> Taken:
    """Take one message in. Nothing in it raises: what cannot be taken is counted with its reason, and the next one goes on.

    ``most``: bytes above which it is not read at all. Who sends is never believed: the address only says where the answer goes, and
    not even that when our mail server (``verifier``) says that it is forged.
    """
    try:
        if len(raw) > most:
            raise too_big(len(raw), most)
        letter = rules.read(raw, own=own, verifier=verifier)
        if letter.machine:
            channels.reject(
                Refused(f"mail.{letter.machine}", _IGNORED[letter.machine]), kind="mail", at=at, source=source
            )
            return Taken("ignored", letter.key)
        channels.check_open(source)
        return _letter(source, letter, at)
    except Refused as refusal:
        channels.reject(
            refusal, kind="mail", at=at, source=source, content=raw[:2000].decode("utf-8", "replace")
        )
        return Taken("refused")


def too_big(size: int, most: int) -> Refused:
    """A message larger than the mailbox takes."""
    return Refused(
        "mail.too_big",
        ("邮件有 %(size)s MB，超过 %(most)s MB。", "The message has %(size)s MB, more than %(most)s MB."),
        values={"size": f"{size / 1e6:.1f}", "most": f"{most / 1e6:.0f}"},
    )


def _letter(source: Source, letter: Letter, at: datetime) -> Taken:
    if (
        Arrival.objects.filter(source=source, external=letter.key).exists()
        or Reply.objects.filter(source=source, message=letter.key).exists()
    ):
        return Taken("again", letter.key)
    report_id = _answered(letter, at)
    photos = _photos(letter, at)
    left_out = letter.left_out + len(letter.pictures) - len(photos)
    notes = _notes(letter, left_out)
    if report_id is not None:
        try:
            with transaction.atomic():
                Reply.objects.create(source=source, message=letter.key, report_id=report_id, at=at)
                viewer = Viewer(actor=f"report:{report_id}", role=RESIDENT, reports=frozenset({report_id}))
                said = _with(letter.text or letter.words, notes)
                cases.supplement(report_id=report_id, viewer=viewer, at=at, text=said, photos=photos)
        except IntegrityError:
            return Taken("again", letter.key)
        _count_left_out(source, left_out, at)
        return Taken("supplement", letter.key)
    sent = letter.sent_at if isinstance(letter.sent_at, datetime) else None
    incoming = Incoming(
        external=letter.key, text=_with(letter.words, notes), said_at=min(sent, at) if sent is not None and (at - sent).days < 7 else at,
        sent_at=sent, language=letter.language, photos=photos, extra={"from": "" if letter.verdict == "fail" else letter.sender},
    )  # fmt: skip
    got = channels.accept(source, incoming, viewer=MACHINE, at=at)
    if got.again:
        return Taken("again", letter.key)
    _count_left_out(source, left_out, at)
    return Taken("arrival", letter.key)


def _notes(letter: Letter, left_out: int) -> str:
    """What is said below the words: attachments that are missing, a sender that nobody vouches for."""
    language = 1 if letter.language == "en" else 0
    notes = [_UNPROVEN[letter.verdict][language]] if letter.verdict in _UNPROVEN else []
    if left_out:
        notes.append(_LEFT_OUT[language] % {"count": left_out, "most": MAX_PHOTOS})
    return "".join(f"\n{note}" for note in notes)


def _with(words: str, notes: str) -> str:
    """Words and notes, as long as a report may be."""
    room = MAX_TEXT - len(notes)
    return (words if len(words) <= room else words[: room - len(_CUT)] + _CUT) + notes


def _count_left_out(source: Source, left_out: int, at: datetime) -> None:
    if left_out:
        refusal = Refused(
            "mail.attachment",
            ("有 %(count)s 个附件没有保留，信已受理。", "%(count)s attachments were not kept; the message was taken."),
            values={"count": left_out},
        )  # fmt: skip
        channels.reject(refusal, kind="mail", at=at, source=source)


def _answered(letter: Letter, at: datetime) -> int | None:
    """The report that a message adds to: it replies to a notice of ours (whose Message-ID only its reader knows), or it names the
    receipt and comes from the address that this report's answers go to, which our mail server has not found unproven.
    """
    known = Outgoing.objects.filter(
        source__kind="notice", answer__in=letter.answers, done_at__isnull=False, report_id__isnull=False
    )
    report_id = known.values_list("report_id", flat=True).first() if letter.answers else None
    if report_id is not None or not letter.receipt or letter.verdict in _UNPROVEN:
        return report_id
    try:
        report = case_queries.report_by_number(letter.receipt, MACHINE)
    except NotThere:
        return None
    contact = notices.contact_of(system("notices"), report_id=report.pk)
    if contact is None or contact.way != "email":
        return None
    reason = "核对来信地址（to compare the sender of a message）"
    address = vault.unseal(contact, "address", viewer=system("notices"), reason=reason, at=at)
    return report.pk if address.strip().lower() == letter.sender else None


def _photos(letter: Letter, at: datetime) -> tuple[int, ...]:
    """The pictures that can be kept; one that is none, or too big, is left out, the others stay."""
    kept: list[int] = []
    for number, picture in enumerate(letter.pictures, start=1):
        if len(kept) >= MAX_PHOTOS:
            break
        name = picture.name or f"{number}.{picture.mime.partition('/')[2]}"
        upload = SimpleUploadedFile(name, picture.content, picture.mime)
        try:
            kept.append(files.store(upload, purpose="report", viewer=MACHINE, at=at).pk)
        except Refused:
            continue
    return tuple(kept)
