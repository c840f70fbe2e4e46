"""A message becomes a report with an answer, a reply a supplement, nonsense a count; a folder and a mailbox as sources."""

from __future__ import annotations

import imaplib
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gongbi.cases.actions.receive import CHANNELS
from gongbi.cases.models import Question, Report
from gongbi.cases.rules import MAX_PHOTOS
from gongbi.channels import actions as channels
from gongbi.channels import rules as frame
from gongbi.channels.mail import actions
from gongbi.channels.models import Arrival, Lane, Outgoing, Rejection, Source
from gongbi.channels.notices.models import Contact
from gongbi.desk import names as desk_names
from gongbi.insight import words as insight_words
from gongbi.kernel.errors import Refused
from gongbi.kernel.files.models import StoredFile
from tests.channels.mail.conftest import WORDS
from tests.channels.notices.conftest import ME, NOON, deliver, events

pytestmark = pytest.mark.django_db
Letter = Callable[..., bytes]


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 90, 60)).save(out, "JPEG")
    return out.getvalue()


def drained(box: Source) -> Report:
    channels.drain(box.pk, at=NOON)
    return Report.objects.filter(net="mail").latest("pk")


def test_a_message_becomes_one_report_and_its_sender_gets_receipt_and_link(
    box: Source, outbox: Source, letter: Letter, tmp_path: Path
) -> None:
    for _twice in range(2):
        actions.take(box, letter(photos=(jpeg(), b"no picture")), at=NOON)
        report = drained(box)
        channels.tell(events())
        channels.tell(events())
        deliver(NOON)
    assert report.text == f"路灯\n{WORDS}\n（另有 1 个附件没有保留：只收照片，最多 {MAX_PHOTOS} 张。）"
    assert [one.code for one in Rejection.objects.all()] == [
        "mail.attachment"
    ]  # counted once, though it came twice
    assert StoredFile.objects.filter(owner=f"report:{report.pk}").count() == 1
    contact = Contact.objects.get(report=report)
    assert contact.hint == "l***@example.com"
    [file] = (tmp_path / "notices").iterdir()
    text = file.read_text()
    assert text.startswith("email: li@example.com\n")
    assert report.number in text
    assert "https://gongbi.example.cn/r/" in text
    assert report.name == ""  # who sends is not believed
    assert report.channel == report.case.channel == "mail"


def test_every_channel_of_a_report_has_its_words_wherever_channels_are_named() -> None:
    assert set(desk_names.CHANNELS) == set(insight_words.CHANNELS) == set(CHANNELS)
    assert set(frame.CHANNEL_OF.values()) <= set(CHANNELS)


def test_a_reply_to_a_notice_supplements_that_matter_once(
    box: Source, outbox: Source, letter: Letter
) -> None:
    actions.take(box, letter(), at=NOON)
    report = drained(box)
    channels.tell(events())
    deliver(NOON)
    told = Outgoing.objects.get(source=outbox)
    Outgoing.objects.filter(pk=told.pk).update(answer="<secret@desk>")
    reply = letter(
        "还是不亮\n\n> 旧的",
        Message_ID="<2@example.com>",
        In_Reply_To="<secret@desk>",
        From="other@example.com",
    )
    assert actions.take(box, reply, at=NOON).kind == "supplement"
    assert actions.take(box, reply, at=NOON).kind == "again"
    assert [one.answer for one in Question.objects.filter(report=report)] == ["还是不亮"]
    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    ("sender", "kind"), [("li@example.com", "supplement"), ("thief@example.com", "arrival")]
)
def test_a_receipt_number_counts_only_from_where_its_answers_go(
    box: Source, outbox: Source, letter: Letter, sender: str, kind: str
) -> None:
    actions.take(box, letter(), at=NOON)
    report = drained(box)
    channels.tell(events())
    message = letter("又坏了", Subject=f"Re: {report.number}", Message_ID="<2@example.com>", From=sender)
    assert actions.take(box, message, at=NOON).kind == kind


@pytest.mark.parametrize(
    ("results", "kind", "answered"),
    [("dmarc=pass", "supplement", True), ("spf=none", "arrival", True), ("dmarc=fail", "arrival", False)],
)
def test_an_address_that_is_not_proven_adds_to_nothing_and_a_forged_one_gets_no_link(
    box: Source, outbox: Source, letter: Letter, results: str, kind: str, answered: bool
) -> None:
    actions.take(box, letter(), at=NOON)
    report = drained(box)
    channels.tell(events())
    message = f"Authentication-Results: mx.city.cn; {results}\r\n".encode() + letter(
        "又坏了", Subject=f"Re: {report.number}", Message_ID="<2@example.com>"
    )
    assert actions.take(box, message, at=NOON, verifier="mx.city.cn").kind == kind
    if kind == "arrival":
        second = drained(box)
        channels.tell(events())
        assert ("未经验证" in second.text, "可能是冒用" in second.text) == (answered, not answered)
        assert Contact.objects.filter(report=second).exists() == answered


def test_an_unknown_receipt_number_is_a_new_report(box: Source, letter: Letter) -> None:
    assert actions.take(box, letter(Subject="LH20261123-000012-3"), at=NOON).kind == "arrival"


def test_machines_are_counted_and_nobody_answers_them(box: Source, letter: Letter) -> None:
    actions.take(box, letter(Auto_Submitted="auto-replied"), at=NOON)
    actions.take(box, letter(Return_Path="<>", Message_ID="<3@x>"), at=NOON)
    assert not Arrival.objects.exists()
    assert sorted(Rejection.objects.values_list("code", flat=True)) == ["mail.auto", "mail.bounce"]


def test_a_folder_is_emptied_and_what_cannot_be_taken_stops_nothing(
    box: Source, letter: Letter, tmp_path: Path
) -> None:
    folder = tmp_path / "drop"
    (folder / "1.eml").write_bytes(b"\x00\xff not a message")
    (folder / "2.eml").write_bytes(letter())
    (folder / "3.eml").write_bytes(b"From: a@b.cn\r\n\r\n" + b"x" * 1_100_000)
    (folder / "4.eml").write_bytes(letter(WORDS * 2000, Message_ID="<4@x>"))
    (folder / "5.txt").write_text("no")
    channels.save_source(
        code="mail",
        name="来信",
        kind="mail",
        direction="both",
        settings={"folder": str(folder), "megabytes": 1},
        viewer=ME,
        at=NOON,
    )
    channels.enter_lane(box.pk, "poll", at=NOON)
    assert channels.poll(box.pk, at=NOON)
    assert sorted(path.name for path in (folder / "refused").iterdir()) == ["1.eml", "3.eml"]
    assert sorted(path.name for path in (folder / "done").iterdir()) == ["2.eml", "4.eml"]
    assert sorted(Rejection.objects.values_list("code", flat=True)) == ["mail.no_sender", "mail.too_big"]
    channels.drain(box.pk, at=NOON)
    assert sorted(Arrival.objects.values_list("standing", flat=True)) == ["done", "done"]
    assert max(len(report.text) for report in Report.objects.all()) <= 10_000


class Server:
    """An IMAP server in memory, as imaplib speaks to one."""

    letters: dict[int, bytes] = {}
    validity = b"7"

    def __init__(self, host: str, port: int, **more: Any) -> None:
        self.host = host

    def login(self, user: str, password: str) -> None:
        if password != "open":
            raise imaplib.IMAP4.error("no")

    def select(self, name: str, readonly: bool) -> None:
        assert (name, readonly) == ('"INBOX"', True)

    def response(self, name: str) -> tuple[str, list[bytes]]:
        return name, [self.validity]

    def uid(self, word: str, *args: str) -> tuple[str, list[Any]]:
        if word == "SEARCH":  # "n:*" always names the last one, as real servers do
            return "OK", [b" ".join(str(uid).encode() for uid in self.letters)]
        uid = int(args[0])
        if "SIZE" in args[1]:
            return "OK", [b"%d (UID %d RFC822.SIZE %d)" % (uid, uid, len(self.letters[uid]))]
        return "OK", [(b"%d (BODY[] {%d}" % (uid, len(self.letters[uid])), self.letters[uid]), b")"]

    def logout(self) -> None:
        """Nothing to close."""


def test_a_mailbox_is_read_on_from_where_it_was_left(letter: Letter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imaplib, "IMAP4_SSL", Server)
    box = channels.save_source(
        code="imap", name="信箱", kind="mail", direction="both", settings={"host": "mail.example.cn", "user": "desk", "megabytes": 1},
        viewer=ME, at=NOON,
    )  # fmt: skip
    channels.enter_lane(box.pk, "poll", at=NOON)
    with pytest.raises(imaplib.IMAP4.error):
        channels.poll(box.pk, at=NOON)
    channels.save_secret(box.pk, {"password": "open"}, viewer=ME, at=NOON)
    monkeypatch.setattr(Server, "letters", {1: letter(), 2: b"From: a@b.cn\r\n\r\n" + b"x" * 1_000_001})
    at = NOON + timedelta(minutes=2)
    assert channels.poll(box.pk, at=at)
    assert Lane.objects.get(source=box, way="poll").cursor == {"validity": 7, "uid": 2}
    Server.letters[3] = letter(Message_ID="<3@x>")
    assert channels.poll(box.pk, at=at + timedelta(minutes=2))
    assert Arrival.objects.filter(source=box).count() == 2
    assert Rejection.objects.get().code == "mail.too_big"
    monkeypatch.setattr(Server, "validity", b"8")  # the server numbered everything anew
    assert channels.poll(box.pk, at=at + timedelta(minutes=4))
    assert Arrival.objects.filter(source=box).count() == 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"folder": "/a", "host": "b"}, "folder"),
        ({"host": "b", "security": "x"}, "security"),
        ({"host": "b", "every": 1}, "every"),
    ],
)
def test_a_broken_setting_is_refused_beside_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        channels.save_source(
            code="m", name="m", kind="mail", direction="both", settings=given, viewer=ME, at=NOON
        )
    assert refusal.value.field == field
