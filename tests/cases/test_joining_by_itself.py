"""A machine that says the same again joins the open case, where the city has set so; the desk reads why and parts them again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from gongbi.cases import actions
from gongbi.cases.actions.receive import Receipt
from gongbi.cases.actions.statement import Statement
from gongbi.cases.likeness import Likeness, joins_from
from gongbi.cases.models import Case, CaseSetting
from gongbi.cases.queries.settings import forget
from gongbi.cases.queries.twins import Known, likest
from gongbi.cases.triage import Said
from gongbi.kernel.flow.invariants import run_all
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.ledger.queries import verify
from gongbi.kernel.scope.viewer import Viewer, system

Post = Callable[..., Viewer]
Say = Callable[..., Case]
Send = Callable[..., Receipt]
MINUTE = timedelta(minutes=1)
LAMP = "劳动路路口的路灯不亮了，晚上很黑"


@pytest.mark.parametrize(
    ("setting", "channel", "net", "least"),
    [
        ("no", "device", "", None),
        ("device=0.95", "device", "lamps", 0.95),
        ("device=0.95", "api", "", None),
        ("api/traffic=0.9 api=0.99", "api", "traffic", 0.9),
        ("api/traffic=0.9 api=0.99", "api", "water", 0.99),
        ("api/traffic=0.9", "api", "", None),
        ("device=no", "device", "", None),
        ("device=nan", "device", "", None),
        ("device=0.2", "device", "", None),
        ("web=0.5 hotline=0.5 field=0.5 hall=0.5 import=0.5", "web", "", None),
        ("web=0.5 hotline=0.5 field=0.5 hall=0.5 import=0.5", "hotline", "", None),
        ("device/=0.9", "device", "", None),
    ],
)
def test_each_source_has_its_own_probability_and_people_none(
    setting: str, channel: str, net: str, least: float | None
) -> None:
    assert joins_from(setting, channel, net) == least


def test_what_speaks_for_a_twin_is_told_in_words() -> None:
    assert Likeness(0.9, 12.4, True, 0.3, 0.5).why == (
        "相距约12米，类别相同，用词相似50%，一天之内上报",
        "about 12 m apart, of the same kind, words 50% alike, reported within a day",
    )
    assert Likeness(0.9, None, False, 2.2, 1.0).why == (
        "用词相似100%，早2天上报",
        "words 100% alike, reported 2 days before",
    )


@pytest.mark.django_db
def test_a_kind_that_nobody_knows_speaks_neither_for_nor_against_a_twin(now: datetime) -> None:
    """A hotline's words that the classifier abstains on are of no other kind: the twin is proposed all the same."""
    cover = "设备报警：劳动路与丰登路路口的井盖倾斜设备报警"
    said = Said(text="劳动路和丰登路交叉口有个井盖破损翘起，骑车经过很危险", said_at=now, channel="hotline")

    def score(asked: list[str], theirs: str) -> float:
        near = [Known(1, cover, theirs, 108.913, 34.265)]
        found = likest(said, 108.913, 34.265, asked, near, lambda keys: {1: (now, "received")}, at=now)
        return found[0].likeness.score if found else 0.0

    assert score(["E0110"], "C0123") < 0.5 < score([], "C0123") < score(["C0123"], "C0123")
    assert score(["C0123"], "") == score([], "C0123")


@pytest.fixture
def city_sets() -> Iterator[Callable[[str], None]]:
    """``city_sets("device=0.8")``."""

    def put(value: str) -> None:
        CaseSetting.objects.update_or_create(key="machines_join", defaults={"value": value, "source": "test"})
        forget()

    yield put
    forget()


@pytest.fixture
def send(now: datetime) -> Send:
    """A lamp controller reports, a few metres from the last time."""

    def report(key: str = "", *, at: datetime = now, channel: str = "device", **more: object) -> Receipt:
        said = {"text": LAMP, "kind": "C0137", "lon": 108.91303, "lat": 34.265} | more
        return actions.receive(
            Statement(Said(said_at=at, channel=channel, **said), idempotency=key),  # type: ignore[arg-type]
            viewer=system("device"),
            at=at,
        )

    return report


@pytest.mark.django_db
def test_nothing_joins_unless_the_city_has_set_it(say: Say, send: Send) -> None:
    case = say()
    got = send()
    assert not got.joined
    assert got.report.case_id != case.pk
    assert got.report.case.proposal["twins"][0]["id"] == case.pk


@pytest.mark.django_db
def test_the_more_cases_of_one_matter_are_open_the_surer_they_are_shown(say: Say, send: Send) -> None:
    """Nobody has merged them yet; none of them hides the others."""
    for _ in range(12):
        say()
    assert [twin["score"] > 0.5 for twin in send().report.case.proposal["twins"]] == [True] * 5


@pytest.mark.django_db
def test_a_machine_joins_with_its_reasons_and_the_desk_parts_them(
    say: Say, send: Send, post: Post, now: datetime, city_sets: Callable[[str], None]
) -> None:
    city_sets("device=0.8")
    case = say()
    got = send("lamp-7", at=now + MINUTE)
    assert (got.joined, got.report.case_id) == (True, case.pk)
    again = send("lamp-7", at=now + MINUTE)
    assert (again.again, again.report.pk) == (True, got.report.pk)
    case.refresh_from_db()
    assert case.report_count == 2
    facts = LedgerEntry.objects.get(matter_id=case.pk, transition="join").facts
    assert facts["by_itself"]["id"] == case.pk
    assert float(facts["by_itself"]["score"]) >= 0.8
    assert facts["by_itself"]["why"][0].startswith("相距约")
    parted = actions.split(
        case_id=case.pk, viewer=post("dispatcher"), at=now + 2 * MINUTE, reports=[got.report.pk]
    )
    got.report.refresh_from_db()
    assert got.report.case_id == parted.pk != case.pk
    assert list(verify()) == list(run_all()) == []


@pytest.mark.django_db
def test_people_are_asked_and_what_is_unlike_or_ended_is_not_joined(
    say: Say, send: Send, post: Post, now: datetime, city_sets: Callable[[str], None]
) -> None:
    city_sets("device=0.8 web=0.8")
    case = say()
    assert not send(channel="web").joined
    assert not send(text="小区门口的垃圾没有人清运", kind="").joined
    for one in Case.objects.filter(is_open=True):
        actions.reject(
            case_id=one.pk, viewer=post("dispatcher"), at=now, ground="below_condition", reason="白天"
        )
    assert not send(at=now + MINUTE).joined
    assert Case.objects.get(pk=case.pk).report_count == 1


@pytest.mark.django_db
def test_a_case_that_ends_meanwhile_is_not_joined(
    say: Say, send: Send, monkeypatch: pytest.MonkeyPatch, city_sets: Callable[[str], None]
) -> None:
    """Found open before the transaction, ended when its row is locked: the report begins a case of its own."""
    module = sys.modules["gongbi.cases.actions.receive"]
    city_sets("device=0.8")
    case = say()
    load = module.load

    def ended(case_id: int, viewer: Viewer) -> Case:
        found = load(case_id, viewer)
        found.is_open = False
        return found

    monkeypatch.setattr(module, "load", ended)
    got = send()
    assert (got.joined, got.report.case_id == case.pk) == (False, False)


@pytest.mark.django_db
def test_an_informers_case_is_joined_by_no_machine(
    say: Say, send: Send, city_sets: Callable[[str], None]
) -> None:
    city_sets("device=0.8")
    hidden = say(confidential=True)
    got = send()
    assert (got.joined, got.report.case_id == hidden.pk) == (False, False)
