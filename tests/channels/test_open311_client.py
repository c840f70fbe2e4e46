"""We are somebody's client too: a neighbour's unit gets its cases by post, and its word comes back, whatever the line does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gongbi.cases import actions as cases
from gongbi.cases.actions.statement import Statement
from gongbi.cases.models import Case, Report
from gongbi.cases.triage import Said
from gongbi.channels import actions, adapters, queries, tasks
from gongbi.channels.calling import Answer, Unanswered
from gongbi.channels.models import Arrival, Lane, Outgoing, Source
from gongbi.channels.open311 import actions as neighbour
from gongbi.channels.open311 import client, pages
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import PUBLIC, system
from tests.channels.test_frame import events
from tests.channels.test_open311 import city, key

__all__ = ["city", "key"]
pytestmark = pytest.mark.django_db
ME = system("test")


class Line:
    """The line to the neighbour, in place of ``calling.call``. ``broken``: "" whole; "cut": nothing arrives; "deaf": it arrives, the
    answer does not."""

    broken = ""

    def __call__(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        most: int = 0,
    ) -> Answer:
        if self.broken == "cut":
            raise Unanswered("not reached: cut")
        given = dict(headers or {})
        told: Any = Client().generic(
            method, url.removeprefix("http://testserver"), data=body, content_type=given.pop("Content-Type", ""), headers=given
        )  # fmt: skip
        if self.broken == "deaf":
            raise Unanswered("the answer took too long")
        return Answer(told.status_code, told.content)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    made = Line()
    monkeypatch.setattr(client, "call", made)
    pages._lately.clear()
    return made


@pytest.fixture
def there(
    line: Line, key: str, source: Callable[..., Source], unit: Callable[[str], int], now: datetime
) -> Source:
    """The neighbour as our counterpart: it is this house itself, by its own public door."""
    settings = {"endpoint": "http://testserver/open311/v2", "sends": True, "poll": 1, "service": "C0137"}
    made = source("there", kind="open311", direction="both", settings=settings, unit_id=unit("water"))
    return actions.save_secret(made.pk, {"api_key": key}, viewer=ME, at=now)


@pytest.fixture
def given(there: Source, post: Callable[..., Any], unit: Callable[[str], int]) -> Case:
    """A case of ours that a dispatcher gave to the neighbour's unit; the message is queued."""
    said = Said(
        text="劳动路路口的路灯不亮了，我的电话是02955501234",
        said_at=timezone.now(),
        channel="web",
        lon=108.913,
        lat=34.265,
        kind="C0137",
    )
    case = cases.receive(Statement(said=said, name="王小明"), viewer=PUBLIC, at=timezone.now()).report.case
    desk = post("dispatcher")
    cases.accept(case_id=case.pk, viewer=desk, at=timezone.now(), kind="C0137")
    cases.dispatch(case_id=case.pk, viewer=desk, at=timezone.now(), unit_id=unit("water"))
    neighbour.send(events())
    neighbour.send(events())
    return Case.objects.get(pk=case.pk)


def theirs() -> Report:
    return Report.objects.get(net="neighbour")


def look(there: Source, times: int = 1) -> None:
    """Ask for news as often as that, each time it is due."""
    for _ in range(times):
        Lane.objects.filter(source=there).update(next_at=None)
        tasks.work_lane(there.pk, "poll", timezone.now)


def test_a_case_goes_over_and_its_end_comes_back(
    there: Source, given: Case, post: Callable[..., Any]
) -> None:
    assert tasks.work_lane(there.pk, "out", timezone.now) == 1
    over = theirs()
    assert over.external == given.number
    assert "02955501234" not in over.text
    assert "王小明" not in over.text
    look(there)
    assert Case.objects.get(pk=given.pk).state == "handling"  # they have it
    cases.reject(
        case_id=over.case_id, viewer=post("dispatcher"), at=timezone.now(), ground="untrue", reason="灯亮着"
    )
    look(there, 3)
    ours = Case.objects.get(pk=given.pk)
    told = [question.answer for question in ours.questions.all()]
    # Either it is handled, or our standard wants a photo and the file says what they said.
    assert ours.state == "handled" or any("已办结" in words for words in told)
    assert len(told) <= 1


@pytest.mark.parametrize("broken", ["cut", "deaf"])
def test_a_broken_line_loses_nothing_and_doubles_nothing(
    there: Source, given: Case, line: Line, broken: str
) -> None:
    line.broken = broken
    at = timezone.now()
    assert actions.deliver(there.pk, at=at) == 0
    assert actions.deliver(there.pk, at=at + timedelta(seconds=1)) == 0
    line.broken = ""
    assert actions.deliver(there.pk, at=at + timedelta(seconds=9)) == 1
    assert theirs().external == given.number
    assert Arrival.objects.filter(source__code="neighbour").count() == 1


def test_a_line_that_breaks_while_we_ask_changes_nothing_and_is_asked_again(
    there: Source, given: Case, line: Line
) -> None:
    tasks.work_lane(there.pk, "out", timezone.now)
    line.broken = "cut"
    look(there)
    lane = Lane.objects.get(source=there, way="poll")
    assert "not reached" in lane.last_error
    assert Case.objects.get(pk=given.pk).state == "dispatched"
    line.broken = ""
    look(there)
    assert Case.objects.get(pk=given.pk).state == "handling"
    assert Lane.objects.get(source=there, way="poll").last_error == ""


def test_a_token_is_followed_to_its_number(there: Source, given: Case, city: Source, now: datetime) -> None:
    actions.save_source(code=city.code, name="n", kind="open311", settings={"at_once": 0}, viewer=ME, at=now)
    tasks.work_lane(there.pk, "out", timezone.now)
    assert Outgoing.objects.get(topic=neighbour.SENT).answer.startswith("token:")
    look(there)
    assert Outgoing.objects.get(topic=neighbour.SENT).answer.startswith("token:")
    tasks.work_lane(city.pk, "in", timezone.now)
    look(there)
    assert Outgoing.objects.get(topic=neighbour.SENT).answer == theirs().number


def test_a_kind_they_have_no_service_for_lies_in_sight_until_it_is_mapped(
    there: Source, given: Case, now: datetime
) -> None:
    actions.save_source(
        code="there", name="t", kind="open311", direction="both", viewer=ME, at=now, unit_id=there.unit_id,
        settings={**there.settings, "service": ""},
    )  # fmt: skip
    tasks.work_lane(there.pk, "out", timezone.now)
    [letter] = queries.dead_letters(ME)
    assert "C0137" in letter.last_error
    actions.map_code(there.pk, "C0137", kind="C0137", viewer=ME)
    actions.resend([letter.pk], viewer=ME, at=timezone.now())
    tasks.work_lane(there.pk, "out", timezone.now)
    assert theirs().external == given.number


def test_their_open_requests_come_in_once(
    line: Line, key: str, source: Callable[..., Source], now: datetime, post: Callable[..., Any]
) -> None:
    said = Said(
        text="劳动路路口的路灯不亮了",
        said_at=timezone.now(),
        channel="web",
        lon=108.913,
        lat=34.265,
        kind="C0137",
    )
    first = cases.receive(Statement(said=said), viewer=PUBLIC, at=timezone.now()).report
    pulled = source(
        "pulled",
        kind="open311",
        direction="both",
        settings={"endpoint": "http://testserver/open311/v2", "pulls": True, "poll": 1},
    )
    look(pulled, 2)
    arrival = Arrival.objects.get(source=pulled)
    assert arrival.external == first.number
    assert arrival.theirs == "C0137"
    tasks.work_lane(pulled.pk, "in", timezone.now)
    assert Report.objects.get(net="pulled").external == first.number


@pytest.fixture
def pulled(
    line: Line, key: str, source: Callable[..., Source], unit: Callable[[str], int], now: datetime
) -> Source:
    """We fetch what the neighbour (this house by its public door) has open; our key there speaks for its unit ``water``."""
    settings = {"endpoint": "http://testserver/open311/v2", "pulls": True, "poll": 1}
    made = source("pulled", kind="open311", direction="both", settings=settings)
    actions.save_source(code="neighbour", name="n", kind="open311", unit_id=unit("water"), viewer=ME, at=now)
    return actions.save_secret(made.pk, {"api_key": key}, viewer=ME, at=now)


@pytest.mark.parametrize("dispatched", [False, True])
def test_what_becomes_of_a_fetched_request_is_told_where_it_was_fetched(
    pulled: Source, post: Callable[..., Any], unit: Callable[[str], int], dispatched: bool
) -> None:
    said = Said(
        text="劳动路路口的路灯不亮了",
        said_at=timezone.now(),
        channel="web",
        lon=108.913,
        lat=34.265,
        kind="C0137",
    )
    there = cases.receive(Statement(said=said), viewer=PUBLIC, at=timezone.now()).report
    desk = post("dispatcher")
    if dispatched:
        cases.accept(case_id=there.case_id, viewer=desk, at=timezone.now(), kind="C0137")
        cases.dispatch(case_id=there.case_id, viewer=desk, at=timezone.now(), unit_id=unit("water"))
    look(pulled)
    tasks.work_lane(pulled.pk, "in", timezone.now)
    here = Report.objects.get(net="pulled")
    cases.accept(case_id=here.case_id, viewer=desk, at=timezone.now(), kind="C0137")
    actions.tell(events())
    tasks.work_lane(pulled.pk, "out", timezone.now)
    assert queries.dead_letters(ME) == []
    theirs = Case.objects.get(pk=there.case_id)
    assert theirs.state == ("handling" if dispatched else "received")
    words = [one.answer for one in theirs.questions.all()]
    assert words == ([] if dispatched else ["已立案，正在找负责的单位"])
    # Told again, because the answer was lost: nothing more.
    Outgoing.objects.filter(source=pulled).update(done_at=None, next_at=timezone.now())
    tasks.work_lane(pulled.pk, "out", timezone.now)
    assert theirs.questions.count() == 1


def test_a_stranger_says_nothing_about_a_request_that_it_did_not_send(
    pulled: Source, source: Callable[..., Source], now: datetime
) -> None:
    """Its key speaks for no unit: what it fetched is not its own to speak of."""
    actions.save_source(code="neighbour", name="n", kind="open311", unit_id=None, viewer=ME, at=now)
    said = Said(
        text="劳动路路口的路灯不亮了", said_at=now, channel="web", lon=108.913, lat=34.265, kind="C0137"
    )
    there = cases.receive(Statement(said=said), viewer=PUBLIC, at=now).report
    fields = {"service_request_id": there.number, "status": "closed", "description": "好了", "update_id": "1"}
    key = actions.sources.secrets_of(pulled)["api_key"]
    answer = Client().post("/open311/v2/servicerequestupdates.json", {**fields, "api_key": key})
    assert answer.status_code == 404
    assert there.questions.count() == 0


def test_what_we_sent_does_not_come_back_by_fetching(there: Source, given: Case, now: datetime) -> None:
    actions.save_source(
        code="there", name="t", kind="open311", direction="both", viewer=ME, at=now, unit_id=there.unit_id,
        settings={**there.settings, "pulls": True},
    )  # fmt: skip
    tasks.work_lane(there.pk, "out", timezone.now)
    assert theirs().external == given.number
    look(there)
    first = (
        given.reports.get().number
    )  # what a resident said here is public there too: this house is the neighbour
    assert set(Arrival.objects.filter(source=there).values_list("external", flat=True)) == {first}


def test_a_required_question_of_theirs_is_answered_from_what_was_said(
    there: Source, post: Callable[..., Any], unit: Callable[[str], int], now: datetime
) -> None:
    actions.map_code(there.pk, "C0123", kind="C0123", viewer=ME)
    desk, made = post("dispatcher"), []
    for text, answers in (
        ("劳动路路口的井盖松动，车压过去响", {}),
        ("劳动路路口的井盖有问题", {"井盖现在怎么样？": "破了"}),
        ("劳动路路口的井盖有问题", {}),
    ):
        said = Said(text=text, said_at=now, channel="web", lon=108.913, lat=34.265, kind="C0123")
        case = cases.receive(Statement(said=said, answers=answers), viewer=PUBLIC, at=now).report.case
        cases.accept(case_id=case.pk, viewer=desk, at=now, kind="C0123")
        cases.dispatch(case_id=case.pk, viewer=desk, at=now, unit_id=unit("water"))
        made.append(case.number)
    neighbour.send(events())
    actions.deliver(there.pk, at=timezone.now())
    over = dict(Report.objects.filter(net="neighbour").values_list("external", "answers"))
    assert over == {made[0]: {"井盖现在怎么样？": "响、松动"}, made[1]: {"井盖现在怎么样？": "破了"}}
    # What nobody knows is not invented: it lies in sight with what they ask for.
    [letter] = queries.dead_letters(ME)
    assert "attribute[state]" in letter.last_error


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "ftp://x"},
        {"endpoint": "https://me:pw@x/"},
        {"sends": True},
        {"poll": "-1"},
        {"poll": "often"},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_field(
    source: Callable[..., Source], wrong: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as refusal:
        source("wrong", kind="open311", settings=wrong)
    assert refusal.value.field in ("endpoint", "poll", "colour")


def test_the_secret_is_nowhere_to_be_read(there: Source, key: str) -> None:
    assert key not in str(there.secrets)
    assert key not in str(there.settings)
    assert adapters.adapter_of("open311").secrets == ("api_key",)
