"""One message for each change and addressee; quiet hours; who hears; what is kept of whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gongbi.cases import actions as cases
from gongbi.cases.models import Report
from gongbi.channels import actions as channels
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.notices import actions, queries
from gongbi.channels.notices.models import Contact, Notice, Template
from gongbi.kernel.errors import Forbidden, Refused, Stale
from gongbi.kernel.scope.viewer import ADMIN, RESIDENT, Viewer, system
from gongbi.kernel.vault import queries as vault
from gongbi.kernel.vault.actions import purge
from gongbi.parties.models import Post
from tests.channels.notices.conftest import ME, MORNING, NIGHT, NOON, deliver, events

pytestmark = pytest.mark.django_db
KEEPER = Viewer(actor="post:1", role=ADMIN)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Any) -> None:
    settings.VAR, settings.SITE_URL = tmp_path, "https://gongbi.example.cn"


@pytest.fixture
def sms(gateway: Callable[..., Source]) -> Source:
    return gateway("sms", transport="file", ways=["sms"])


def written(folder: Path) -> list[str]:
    return [
        path.read_text()
        for path in sorted((folder / "notices").glob("*.txt"), key=lambda path: path.stat().st_mtime_ns)
    ]


def test_a_change_is_told_once_with_number_state_and_private_link(
    sms: Source, told: Callable[..., Report], post: Callable[..., Any], tmp_path: Path
) -> None:
    report = told()
    cases.accept(case_id=report.case_id, viewer=post("dispatcher"), at=NOON, kind="C0137")
    for _twice in range(2):
        actions.tell(events())
        deliver(NOON)
    [text] = written(tmp_path)
    assert text.startswith("sms: 13900000001\n")
    assert report.number in text
    assert "已立案" in text
    assert "https://gongbi.example.cn/r/" in text
    assert "路灯" not in text  # what was said stays behind the link
    [opened] = vault.accesses(Contact.objects.get(report=report), viewer=system("test"))
    assert "通知" in opened.reason


def test_every_reporter_of_a_merged_matter_hears_in_the_own_language_with_the_own_number(
    sms: Source,
    gateway: Callable[..., Source],
    told: Callable[..., Report],
    post: Callable[..., Any],
    tmp_path: Path,
) -> None:
    gateway("mail", transport="file", ways=["email"])
    first, second = told(), told("email", "ann@example.com", language="en")
    desk = post("dispatcher")
    cases.merge(case_id=second.case_id, into_id=first.case_id, viewer=desk, at=NOON)
    cases.reject(case_id=first.case_id, viewer=desk, at=NOON, ground="untrue", reason="现场没有问题")
    actions.tell(events())
    deliver(NOON)
    told_first = [text for text in written(tmp_path) if text.startswith("sms")]
    told_second = [text for text in written(tmp_path) if text.startswith("email")]
    assert ["不能受理" in text and first.number in text for text in told_first] == [True]
    assert ["Merged" in text for text in told_second] == [True, False]
    assert "could not be taken on" in told_second[1]
    assert second.number in told_second[1]


def test_changes_of_the_night_come_in_the_morning_as_one(
    sms: Source,
    told: Callable[..., Report],
    post: Callable[..., Any],
    unit: Callable[[str], int],
    tmp_path: Path,
) -> None:
    report, desk = told(), post("dispatcher")
    cases.accept(case_id=report.case_id, viewer=desk, at=NIGHT, kind="C0137")
    actions.tell(events())
    cases.dispatch(
        case_id=report.case_id,
        viewer=desk,
        at=NIGHT + timedelta(minutes=30),
        unit_id=unit("urban_management"),
    )
    actions.tell(events())
    assert deliver(NIGHT + timedelta(hours=3)) == 0
    assert deliver(MORNING) == 1
    [text] = written(tmp_path)
    assert "期间共 2 次变化" in text
    assert "22:10" in text
    assert "22:40" in text
    assert Outgoing.objects.count() == 1


def test_who_wants_to_hear_at_any_hour_does(
    sms: Source, told: Callable[..., Report], post: Callable[..., Any]
) -> None:
    report = told(hours="any")
    cases.accept(case_id=report.case_id, viewer=post("dispatcher"), at=NIGHT, kind="C0137")
    actions.tell(events())
    assert deliver(NIGHT) == 1


def test_a_new_address_is_confirmed_with_the_receipt_even_at_night(
    sms: Source, told: Callable[..., Report], tmp_path: Path
) -> None:
    report = told(at=NIGHT, confirm=True)
    assert deliver(NIGHT) == 1
    [text] = written(tmp_path)
    assert f"回执编号 {report.number}" in text
    actions.choose(report=report, way="sms", address="", hours="any", at=NIGHT)  # only the hours
    assert deliver(NIGHT) == 0


def test_nobody_hears_who_chose_nothing_or_stays_unknown(sms: Source, told: Callable[..., Report]) -> None:
    told("none", "")
    told(anonymous=True)
    assert not Contact.objects.exists()


def test_who_chose_none_meanwhile_gets_nothing_more(
    sms: Source, told: Callable[..., Report], post: Callable[..., Any], tmp_path: Path
) -> None:
    report = told()
    cases.accept(case_id=report.case_id, viewer=post("dispatcher"), at=NIGHT, kind="C0137")
    actions.tell(events())
    actions.choose(report=report, way="none", address="", at=NIGHT)
    deliver(MORNING)
    assert written(tmp_path) == []
    assert Contact.objects.get().hint == ""


def test_who_chose_another_way_meanwhile_hears_by_that_one(
    sms: Source,
    gateway: Callable[..., Source],
    told: Callable[..., Report],
    post: Callable[..., Any],
    tmp_path: Path,
) -> None:
    report = told()
    cases.accept(case_id=report.case_id, viewer=post("dispatcher"), at=NIGHT, kind="C0137")
    actions.tell(events())
    actions.choose(report=report, way="email", address="a@example.com", at=NIGHT, confirm=False)
    deliver(MORNING)
    assert actions.assign(at=MORNING) == 0  # no gateway for e-mail yet
    assert queries.without_gateway(ME) == 1
    gateway("mail", transport="file", ways=["email"])
    assert actions.assign(at=MORNING) == 1
    deliver(MORNING)
    assert [text.split("\n")[0] for text in written(tmp_path)] == ["email: a@example.com"]


def test_unit_and_handler_hear_of_a_dispatch_and_an_urgent_one_passes_the_night(
    sms: Source,
    told: Callable[..., Report],
    post: Callable[..., Any],
    unit: Callable[[str], int],
    tmp_path: Path,
) -> None:
    desk, handler = post("dispatcher"), post("handler", unit="urban_management")
    actions.choose_own(viewer=handler, way="sms", address="13900000002", hours="day", language="en", at=NOON)
    actions.choose_for_unit(
        viewer=KEEPER, unit_id=unit("urban_management"), way="sms", address="13900000003", hours="day", language="zh-hans", at=NOON
    )  # fmt: skip
    report = told("none", "")
    case = cases.accept(case_id=report.case_id, viewer=desk, at=NIGHT, kind="C0137")
    cases.dispatch(case_id=case.pk, viewer=desk, at=NIGHT, unit_id=unit("urban_management"))
    actions.tell(events())
    assert deliver(NIGHT) == 0
    Notice.objects.all().delete()
    Outgoing.objects.all().delete()
    type(case).objects.filter(pk=case.pk).update(urgent=True)
    actions.tell(events())
    assert deliver(NIGHT) == 2
    own, duty = sorted(written(tmp_path))
    assert own.startswith("sms: 13900000002\nCase AJ")
    assert f"/desk/case/{case.number}" in own
    assert "转到贵单位" in duty


def test_an_address_is_shown_masked_and_opens_for_the_sender_alone(
    told: Callable[..., Report], post: Callable[..., Any]
) -> None:
    from gongbi.kernel.vault import actions as opening

    report = told()
    contact = Contact.objects.get()
    assert contact.hint == "139****0001"
    mine = Viewer(actor=f"report:{report.pk}", role=RESIDENT, reports=frozenset({report.pk}))
    assert queries.contact_of(mine, report_id=report.pk) == contact
    for viewer in (mine, post("dispatcher"), post("admin")):
        with pytest.raises(Forbidden):
            opening.unseal(contact, "address", viewer=viewer, reason="想看一下号码", at=NOON)
    stranger = Viewer(actor="report:0", role=RESIDENT, reports=frozenset({report.pk + 1}))
    assert queries.contact_of(stranger, report_id=report.pk) is None


@pytest.mark.parametrize(
    ("way", "address", "field"),
    [
        ("email", "a@b", "email"),
        ("sms", "abc", "phone"),
        ("wecom", "x", "way"),
        ("pigeon", "x", "way"),
        ("email", "", "email"),
    ],
)
def test_an_address_that_cannot_be_reached_is_refused_beside_its_field(
    told: Callable[..., Report], way: str, address: str, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        told(way, address)
    assert refusal.value.field == field


def test_words_are_edited_in_versions_and_the_next_message_has_them(
    sms: Source, told: Callable[..., Report], post: Callable[..., Any], tmp_path: Path
) -> None:
    key = {"audience": "reporter", "name": "accepted", "language": "zh-hans"}
    made = actions.save_template(
        **key, subject="{number}", body="收下了 {link}", version=0, viewer=KEEPER, at=NOON
    )
    assert made.version == 1
    with pytest.raises(Stale):
        actions.save_template(**key, subject="{number}", body="别的", version=0, viewer=KEEPER, at=NOON)
    with pytest.raises(Refused, match="name"):
        actions.save_template(**key, subject="{number}", body="{name}", version=1, viewer=KEEPER, at=NOON)
    with pytest.raises(Forbidden):
        actions.save_template(
            **key, subject="{number}", body="别的", version=1, viewer=post("dispatcher"), at=NOON
        )
    assert [text.version for text in queries.versions(KEEPER, **key)] == [1, 0]
    assert Template.objects.count() == 1
    report = told()
    cases.accept(case_id=report.case_id, viewer=post("dispatcher"), at=NOON, kind="C0137")
    actions.tell(events())
    deliver(NOON)
    assert "收下了 https" in written(tmp_path)[0]


def test_what_waits_for_one_gateway_holds_up_no_other(
    gateway: Callable[..., Source], told: Callable[..., Report], post: Callable[..., Any], tmp_path: Path
) -> None:
    gateway("down", transport="web", ways=["sms"], url="http://127.0.0.1:9/send")
    gateway("mail", transport="file", ways=["email"])
    one, two = told(), told("email", "a@example.com")
    for report in (one, two):
        cases.accept(case_id=report.case_id, viewer=post("dispatcher"), at=NOON, kind="C0137")
    actions.tell(events())
    assert deliver(NOON) == 1
    waiting = Outgoing.objects.get(done_at__isnull=True)
    assert waiting.last_error.startswith("not reached")
    assert "139" not in json.dumps([waiting.last_error, waiting.subject, waiting.key])
    assert waiting.next_at > NOON


def test_a_broken_setting_is_refused_beside_its_field(gateway: Callable[..., Source]) -> None:
    for field, value in (
        ("transport", "fax"),
        ("quiet_from", "25:00"),
        ("url", "ftp://x"),
        ("body", "{to"),
        ("ways", ["none"]),
    ):
        with pytest.raises(Refused) as refusal:
            gateway("sms", **({"transport": "web", "url": "https://sms.example.cn"} | {field: value}))
        assert refusal.value.field == field


def test_the_claim_of_a_sender_that_died_is_given_back_to_a_person(
    gateway: Callable[..., Source], told: Callable[..., Report]
) -> None:
    gateway("mail", transport="smtp", ways=["email"], host="127.0.0.1", port=9)
    told("email", "a@example.com", confirm=True)
    [message] = Outgoing.objects.all()
    assert actions.claim(message.pk, at=NOON) == "free"  # and now the process dies
    deliver(NOON + timedelta(seconds=30))
    message.refresh_from_db()
    assert (message.dead_at, message.last_error) == (None, "being sent")
    deliver(message.next_at + timedelta(minutes=2))
    [letter] = queries.dead(ME)
    assert letter.last_error.startswith("uncertain")
    channels.resend([letter.pk], viewer=ME, at=NOON)
    deliver(NOON)
    message.refresh_from_db()
    assert message.last_error.startswith("not reached")
    assert message.dead_at is None


def test_a_contact_is_forgotten_when_nothing_is_left_to_tell(
    sms: Source, told: Callable[..., Report], post: Callable[..., Any]
) -> None:
    """Ninety days after its matter was closed the address is gone; that of an open matter, and of who is in office, stays."""
    closed, going_on, desk = told(), told("email", "ann@example.com"), post("dispatcher")
    person = post("checker")
    actions.choose_own(viewer=person, way="sms", address="13900000002", hours="day", language="en", at=NOON)
    cases.reject(case_id=closed.case_id, viewer=desk, at=NOON, ground="untrue", reason="现场没有问题")

    def kept() -> dict[int | None, str]:
        return {one.report_id: one.hint for one in Contact.objects.all()}

    purge(viewer=system("purge"), at=NOON + timedelta(days=89))
    assert all(kept().values())
    purge(viewer=system("purge"), at=NOON + timedelta(days=91))
    assert kept()[closed.pk] == ""
    forgotten = Contact.objects.get(report=closed)
    assert (forgotten.way, str(forgotten.address)) == ("none", "")
    assert kept()[going_on.pk]
    assert kept()[None]
    held = Post.objects.get(pk=person.post_id)
    Post.objects.filter(person_id=held.person_id).update(valid_to=NOON + timedelta(days=100))
    purge(viewer=system("purge"), at=NOON + timedelta(days=191))
    assert kept()[None] == ""
    assert kept()[going_on.pk]
    assert purge(viewer=system("purge"), at=NOON + timedelta(days=191))["contact"] == 0
