"""Real servers: mail over SMTP, an SMS gateway that fails on purpose, a robot through Apprise, a worker killed half way."""

from __future__ import annotations

import hashlib
import hmac
import json
import mailbox
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest

from gongbi.cases.models import Report
from gongbi.channels import actions as channels
from gongbi.channels import tasks
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.notices import queries, robots
from tests.channels.notices.conftest import ME, NOON, Web, deliver, reached
from tests.support.forked import forked
from tests.support.house import free_ports

pytestmark = pytest.mark.process


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A real SMTP server that keeps what it gets."""
    port, folder = free_ports(1), tmp_path / "mail"
    words = [
        sys.executable,
        "-m",
        "aiosmtpd",
        "-n",
        "-l",
        f"127.0.0.1:{port}",
        "-c",
        "aiosmtpd.handlers.Mailbox",
        str(folder),
    ]
    process = subprocess.Popen(words)
    try:
        reached(port)
        yield port, folder
    finally:
        process.kill()
        process.wait()


@pytest.mark.django_db
def test_a_mail_server_gets_one_letter_that_answers_nobody_by_itself(
    mail: tuple[int, Path], gateway: Callable[..., Source], told: Callable[..., Report]
) -> None:
    port, folder = mail
    gateway(
        "mail",
        transport="smtp",
        ways=["email"],
        host="127.0.0.1",
        port=port,
        sender="网格中心 <desk@example.cn>",
    )
    report = told("email", "zhang@example.com", confirm=True)
    assert deliver(NOON) == 1
    assert deliver(NOON + timedelta(hours=1)) == 0
    [letter] = mailbox.Maildir(folder)
    assert letter["To"] == "zhang@example.com"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert report.number in str(make_header(decode_header(letter["Subject"])))
    assert letter["Message-ID"] == Outgoing.objects.get().answer
    body = letter.get_payload(decode=True)
    assert isinstance(body, bytes)
    assert "/r/" in body.decode()


@pytest.mark.django_db
def test_an_sms_gateway_that_fails_gets_each_text_once_in_the_end(
    web: Web, gateway: Callable[..., Source], told: Callable[..., Report]
) -> None:
    source = gateway(
        "sms", transport="web", ways=["sms"], url=f"http://127.0.0.1:{web.port}/send?app=7", ok_field="code", ok_value="0",
        body='{"phone": "{to}", "text": "{text}", "id": "{key}"}', headers={"X-App": "gongbi"},
    )  # fmt: skip
    channels.save_secret(source.pk, {"sign_key": "k1"}, viewer=ME, at=NOON)
    told(confirm=True)
    web.plan("503", "429", "drop", "no")
    at, waits = NOON, []
    for _attempt in range(3):
        deliver(at)
        message = Outgoing.objects.get()
        assert message.dead_at is None
        waits.append((message.next_at - at).total_seconds())
        at = message.next_at
    assert waits == [1, 120, 4]  # its own wish counts
    deliver(at)
    [letter] = queries.dead(ME)
    assert letter.last_error == "code = E17"
    channels.resend([letter.pk], viewer=ME, at=at)
    assert deliver(at) == 1
    [taken] = web.taken  # the dropped one and the last one are the same to it
    assert taken["key"] == message.key
    body = json.loads(taken["body"])
    assert body["phone"] == "13900000001"
    assert taken["headers"]["X-App"] == "gongbi"
    when = taken["headers"]["X-Timestamp"].encode()
    assert (
        taken["headers"]["X-Signature"]
        == hmac.new(b"k1", when + b"\n" + taken["body"].encode(), hashlib.sha256).hexdigest()
    )


@pytest.mark.django_db
def test_a_gateway_without_keys_that_breaks_the_line_is_asked_once_only(
    web: Web, gateway: Callable[..., Source], told: Callable[..., Report]
) -> None:
    gateway("sms", transport="web", ways=["sms"], url=f"http://127.0.0.1:{web.port}/", idempotent=False)
    told(confirm=True)
    web.plan("drop")
    deliver(NOON)
    deliver(NOON + timedelta(hours=1))
    assert len(web.taken) == 1
    [letter] = queries.dead(ME)
    assert letter.last_error.startswith("uncertain")


@pytest.mark.django_db
def test_a_group_hears_through_apprise(
    web: Web,
    gateway: Callable[..., Source],
    unit: Callable[[str], int],
    told: Callable[..., Report],
    post: Callable[..., Any],
) -> None:
    from gongbi.cases import actions as cases
    from gongbi.channels.notices import actions
    from tests.channels.notices.conftest import events

    gateway("robot", transport="robot", ways=["wecom"], robot_url=f"json://127.0.0.1:{web.port}/{{key}}")
    group = unit("urban_management")
    actions.choose_for_unit(
        viewer=ME, unit_id=group, way="wecom", address="robot-key", hours="any", language="zh-hans", at=NOON
    )
    desk, report = post("dispatcher"), told("none", "")
    cases.accept(case_id=report.case_id, viewer=desk, at=NOON, kind="C0137")
    cases.dispatch(case_id=report.case_id, viewer=desk, at=NOON, unit_id=group)
    actions.tell(events())
    assert deliver(NOON) == 1
    [taken] = web.taken
    assert "转到贵单位" in json.loads(taken["body"])["message"]


ANSWERS = (
    # the robot's answer · taken · tried again by itself · what is noted
    ("ok", True, False, ""),
    ("errcode=93000", False, False, "errcode = 93000"),  # WeCom: a wrong key, told with HTTP 200
    ("errcode=310000", False, False, "errcode = 310000"),  # DingTalk: a keyword is missing
    ("code=19001", False, False, "code = 19001"),  # Feishu: no such robot
    ("errcode=45009", False, True, "errcode = 45009"),  # too many in a minute: later
    ("503", False, True, "HTTP 503"),
    ("502", False, False, "uncertain: HTTP 502; it may have been taken"),
    ("400", False, False, "HTTP 400"),
    ("drop", False, False, "uncertain: the line broke"),
)


@pytest.mark.parametrize("way", sorted(robots.ADDRESSES))
def test_a_robot_is_heard_though_it_answers_200_to_what_it_refuses(
    web: Web, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    import apprise

    key = "a1b2c3d4" * 5
    plugin = type(apprise.Apprise.instantiate(robots.ADDRESSES[way].replace("{key}", key)))
    monkeypatch.setattr(plugin, "notify_url", f"http://127.0.0.1:{web.port}/robot")
    web.plan(*(word for word, *_expected in ANSWERS))
    for word, done, again, error in ANSWERS:
        outcome = robots.send(way, key, "AJ-1", "转到贵单位")
        assert (outcome.done, outcome.again) == (done, again), word
        assert outcome.error.startswith(error)
        assert bool(outcome.error) is not done
    assert len(web.taken) == 2  # the first, and the one whose line broke


def test_a_robot_that_is_not_there_is_asked_again_and_a_wrong_key_is_not() -> None:
    away = robots.send("wecom", "x", "AJ-1", "…", address="json://127.0.0.1:9/")
    assert (away.done, away.again, away.error[:11]) == (False, True, "not reached")
    assert not robots.send("wecom", " ", "AJ-1", "…").again


@pytest.mark.django_db
def test_a_gateway_without_keys_behind_a_proxy_that_broke_is_left_to_a_person(
    web: Web, gateway: Callable[..., Source], told: Callable[..., Report]
) -> None:
    gateway("sms", transport="web", ways=["sms"], url=f"http://127.0.0.1:{web.port}/", idempotent=False)
    told(confirm=True)
    web.plan("503", "502")
    deliver(NOON)
    assert not queries.dead(ME)  # it said itself that it has not taken it
    deliver(NOON + timedelta(hours=1))
    [letter] = queries.dead(ME)
    assert letter.last_error.startswith("uncertain: HTTP 502")


@pytest.mark.parametrize("idempotent", [True, False])
def test_a_worker_killed_while_it_sends_doubles_nothing(
    own_database: str,
    web: Web,
    gateway: Callable[..., Source],
    told: Callable[..., Report],
    *,
    idempotent: bool,
) -> None:
    source = gateway(
        "sms", transport="web", ways=["sms"], url=f"http://127.0.0.1:{web.port}/", idempotent=idempotent
    )
    told(confirm=True)
    web.plan("hang")
    worker = forked(lambda: tasks.work_lane(source.pk, "out", lambda: NOON))
    until = time.monotonic() + 60
    while not web.taken and worker.is_alive() and time.monotonic() < until:
        time.sleep(0.02)
    worker.kill()
    worker.join()
    assert len(web.taken) == 1
    later = NOON + timedelta(days=365)
    channels.deliver(source.pk, at=later)
    assert len(web.taken) == 1
    message = Outgoing.objects.get()
    if idempotent:
        assert message.done_at is not None
    else:
        assert message.last_error.startswith("uncertain")
        assert message.dead_at is not None
