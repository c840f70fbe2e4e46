"""A message read as well as it can be: encodings, history, machines, what is no message."""

from __future__ import annotations

import base64
from collections.abc import Callable
from email import message_from_bytes

import pytest

from gongbi.channels.mail import rules
from gongbi.kernel.errors import Refused

Letter = Callable[..., bytes]


def raw(
    body: bytes,
    charset: str = "utf-8",
    encoding: str = "8bit",
    subject: bytes = b"x",
    sender: bytes = b"a@b.cn",
) -> bytes:
    head = (
        b"From: " + sender + b"\r\nSubject: " + subject + b"\r\nMessage-ID: <9@b.cn>\r\nMIME-Version: 1.0\r\n"
    )
    return (
        head
        + f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + body
    )


@pytest.mark.parametrize(
    "charset", ["gb2312", "GBK", "gb18030", "utf-8", '"gbk"', "x-unknown", "us-ascii", "big5"]
)
def test_chinese_is_read_whatever_was_declared(charset: str) -> None:
    real = "gb18030" if "gb" in charset.lower() else "utf-8"
    words = "井盖破损，有坠落危险"
    assert rules.read(raw(words.encode(real), charset)).text == words


def test_a_rare_character_declared_as_gb2312_survives() -> None:
    assert rules.read(raw("镕基路㙍".encode("gb18030"), "gb2312")).text == "镕基路㙍"


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_both_transfer_encodings(encoding: str) -> None:
    import quopri

    words = "路灯不亮".encode("gbk")
    body = base64.b64encode(words) if encoding == "base64" else quopri.encodestring(words)
    assert rules.read(raw(body, "gbk", encoding)).text == "路灯不亮"


def test_broken_base64_and_broken_header_words_are_no_fault_of_ours() -> None:
    assert rules.read(raw(b"5Lq\x00\xff!!!", "utf-8", "base64", subject="路灯".encode("gbk"))).subject
    letter = rules.read(raw("灯".encode(), subject=b"=?utf-8?B?6Lev54Gv?= =?gb2312?Q?broken=?= =?x?"))
    assert letter.subject.startswith("路灯")


def test_html_alone_is_read_without_scripts_styles_and_what_it_quotes(letter: Letter) -> None:
    html = (
        "<html><head><style>p{}</style><title>t</title></head><body><p>第一&nbsp;行</p><div>第二行<br>第三行</div>"
        "<script>bad()</script><div class='gmail_quote'>旧的<div>更旧</div></div><blockquote>引用</blockquote><p>尾</p></body></html>"
    )
    message = b"From: a@b.cn\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html.encode()
    text = rules.read(message).text
    assert [line for line in text.split("\n") if line] == ["第一\xa0行", "第二行", "第三行", "尾"]


@pytest.mark.parametrize(
    "history",
    [
        "> 旧的一句\n> 又一句",
        "-----Original Message-----\nFrom: x\n旧的一句",
        "------------------ 原始邮件 ------------------\n发件人: x\n旧的一句",
        "On Mon, 23 Nov 2026 at 12:00, Desk <desk@example.cn> wrote:\n\n旧的一句",
        "在 2026年11月23日，网格中心 写道：\n旧的一句",
        "发件人: 网格中心\n发送时间: 2026年11月23日\n旧的一句",
        "From: Desk\nSent: Monday\nTo: me\n旧的一句",
        "________________________________\n旧的一句",
        "-- \n李\n旧的一句",
        "发自我的iPhone\n旧的一句",
    ],
)
def test_quoted_history_and_signatures_are_left_out(history: str) -> None:
    assert rules.without_history(f"还是不亮\n\n{history}") == "还是不亮"


def test_words_that_only_look_like_history_stay() -> None:
    text = "发件人: 不知道是谁\n灯坏了 --- 很久\n在 3 号楼门口"
    assert rules.without_history(text) == text


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto"), ({"X_Autoreply": "yes"}, "auto"), ({"Precedence": "auto_reply"}, "auto"),
        ({"Return_Path": "<>"}, "bounce"), ({"From": "MAILER-DAEMON@example.com"}, "bounce"), ({"List_Id": "<news.example.com>"}, "list"),
        ({"Precedence": "bulk"}, "list"), ({"X_Gongbi_Number": "LH20261123-000001-1"}, "loop"), ({"From": "Desk@Example.cn"}, "loop"),
        ({"Auto_Submitted": "no"}, ""),
    ],
)  # fmt: skip
def test_what_no_person_wrote_is_told_apart(letter: Letter, headers: dict[str, str], why: str) -> None:
    assert rules.read(letter(**headers), own="desk@example.cn").machine == why


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"", "mail.no_sender"), (b"\x00\xff\xfe", "mail.no_sender"), (b"From: nobody\r\n\r\nx", "mail.no_sender"),
        (b"From: a@b.cn\r\n\r\n   \r\n> only history", "mail.empty"),
        (b"From: a@b.cn\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\na\r\n" * 200 + b"--x--", "mail.parts"),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused_precisely(message: bytes, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        rules.read(message)
    assert refusal.value.code == code


def test_a_multipart_without_its_boundary_and_one_inside_itself_are_read() -> None:
    for head in (b"multipart/mixed", b"multipart/alternative; boundary=x"):
        letter = rules.read(
            b"From: a@b.cn\r\nSubject: lamp\r\nContent-Type: " + head + b"\r\n\r\nthe lamp is out"
        )
        assert "lamp" in letter.words


def test_an_enclosed_message_is_not_the_senders_own_words(letter: Letter) -> None:
    inner = letter("旧信里的话")
    raw_bytes = (
        b"From: a@b.cn\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + "新的话".encode() + b"\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--x--\r\n"
    )  # fmt: skip
    assert rules.read(raw_bytes).text == "新的话"
    assert message_from_bytes(raw_bytes).is_multipart()


def test_a_receipt_number_in_the_subject_and_the_messages_replied_to_are_found(letter: Letter) -> None:
    read = rules.read(
        letter(
            Subject="回复：Re: 您反映的事项 LH20261123-000012-3：处置中",
            In_Reply_To="<a@x>",
            References="<b@x> <a@x>",
        )
    )
    assert read.receipt == "LH20261123-000012-3"
    assert read.answers == ("<a@x>", "<b@x>", "<a@x>")
    assert rules.Letter("", "", "回复：Re: 路灯", "", (), 0, "", (), "").words == "路灯"


@pytest.mark.parametrize(
    ("results", "found"),
    [
        (["mx.city.cn; dmarc=pass header.from=example.com"], "pass"),
        (["mx.city.cn; spf=pass smtp.mailfrom=li@example.com; dkim=none"], "pass"),
        (["mx.city.cn 1; dkim=pass (2048-bit key) header.d=mail.example.com"], "pass"),
        (
            ["mx.city.cn; spf=pass smtp.mailfrom=thief.cn; dkim=pass header.d=thief.cn"],
            "none",
        ),  # somebody else's
        (["mx.city.cn; spf=pass smtp.mailfrom=badexample.com"], "none"),
        (["mx.city.cn; dmarc=fail; dkim=pass header.d=example.com"], "fail"),
        (["mx.city.cn; spf=softfail smtp.mailfrom=example.com"], "fail"),
        (["mx.city.cn; spf=neutral; dkim=none"], "none"),
        (["evil.cn; dmarc=pass"], "none"),  # anybody can write such a header
        (["mx.city.cn; dmarc=fail", "mx.city.cn; dmarc=pass"], "fail"),  # ours stands on top
        ([], "none"),
    ],
)
def test_only_our_own_mail_server_vouches_for_a_sender(
    letter: Letter, results: list[str], found: str
) -> None:
    head = "".join(f"Authentication-Results: {one}\r\n" for one in results).encode()
    raw_bytes = head + letter()
    assert rules.read(raw_bytes, verifier="mx.city.cn").verdict == found
    assert rules.read(raw_bytes).verdict == ""
