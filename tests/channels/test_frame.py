"""What came in is kept once, becomes one report, and its counterpart hears every step once: with any adapter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongbi.cases import actions as cases
from gongbi.cases.models import Case, Report
from gongbi.channels import actions, queries, rules, tasks
from gongbi.channels.actions.draining import statement_of, viewer_for
from gongbi.channels.models import Arrival, Change, Outgoing, Rejection, Source
from gongbi.channels.rules import Incoming, Outcome
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.outbox.subscribers import Event
from gongbi.kernel.pointing import Pointing
from gongbi.kernel.scope.viewer import system
from gongbi.kernel.vault import actions as vault
from gongbi.kernel.vault.queries import retention
from tests.channels.conftest import Peer

pytestmark = pytest.mark.django_db
ME = system("test")


def events() -> list[Event]:
    """Everything that was announced, as the relay would hand it over."""
    return [
        Event(row.pk, row.topic, row.matter_id, row.payload, row.created_at)
        for row in OutboxRow.objects.filter(topic__startswith="cases.").order_by("pk")
    ]


def test_a_repetition_gets_the_first_receipt_and_makes_nothing(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    city = source()
    first = actions.accept(city, heard(), viewer=ME, at=now)
    again = actions.accept(city, heard(sent_at=now + timedelta(minutes=1)), viewer=ME, at=now)
    assert again.receipt == first.receipt
    assert again.again
    assert not again.changed
    assert actions.drain(city.pk, at=now) == 1
    assert actions.drain(city.pk, at=now) == 0
    after = actions.accept(city, heard(), viewer=ME, at=now)
    assert after.receipt == first.receipt
    assert actions.drain(city.pk, at=now) == 0
    assert Report.objects.filter(net="city").count() == 1
    assert Arrival.objects.get().repeats == 2


def test_two_sources_may_use_the_same_number(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    for code in ("north", "south"):
        actions.accept(source(code), heard("7"), viewer=ME, at=now)
        actions.drain(Source.objects.get(code=code).pk, at=now)
    assert set(Report.objects.filter(external="7").values_list("net", flat=True)) == {"north", "south"}


def test_a_list_with_the_same_number_twice_is_one_report_and_one_change(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    city = source()
    told = actions.accept_many(
        city, [heard(), heard(), heard(text="井盖破损，已有人摔伤"), heard("X-2")], viewer=ME, at=now
    )
    assert [one.again for one in told] == [False, True, False, False]
    assert [one.changed for one in told] == [False, False, True, False]
    assert len({one.receipt for one in told}) == 2
    actions.drain(city.pk, at=now)
    assert Report.objects.filter(net="city").count() == 2


def test_other_words_under_a_known_number_are_a_supplement_that_the_desk_sees(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    city = source()
    actions.accept(city, heard(), viewer=ME, at=now)
    assert actions.accept(city, heard(text="井盖破损，已有人摔伤"), viewer=ME, at=now).changed
    actions.drain(city.pk, at=now)
    report = Report.objects.get(net="city")
    assert report.text.startswith("劳动路")
    assert [question.answer for question in report.questions.all()] == ["井盖破损，已有人摔伤"]
    assert OutboxRow.objects.filter(topic="cases.supplement", matter_id=report.case_id).count() == 1
    assert Change.objects.get().standing == rules.DONE


def test_a_version_that_was_overtaken_on_the_way_is_kept_and_not_applied(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    city = source()
    for minute, text in ((2, "第二版"), (3, "第三版"), (1, "第一版"), (4, "第四版")):
        actions.accept(city, heard(text=text, version_at=now + timedelta(minutes=minute)), viewer=ME, at=now)
    assert not actions.accept(city, heard(text="第四版"), viewer=ME, at=now).changed
    actions.drain(city.pk, at=now)
    report = Report.objects.get(net="city")
    assert report.text == "第二版"
    assert [question.answer for question in report.questions.order_by("pk")] == ["第三版", "第四版"]
    assert Change.objects.get(code="channels.overtaken").standing == rules.REFUSED


def test_a_refused_arrival_keeps_its_reason_and_its_sealed_words_and_holds_up_nobody(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime, post: Callable[..., Any]
) -> None:
    city = source()
    actions.accept(city, heard("tokyo", lon=139.69, lat=35.68), viewer=ME, at=now)
    actions.accept(city, heard("here"), viewer=ME, at=now)
    assert actions.drain(city.pk, at=now) == 2
    bad = Arrival.objects.get(external="tokyo")
    assert (bad.standing, bad.code) == (rules.REFUSED, "territory.not_in_china")
    assert bad.reason[0] != bad.reason[1]
    assert str(bad.content) == "****"
    with pytest.raises(Forbidden):
        vault.unseal(bad, "content", viewer=post("auditor"), reason="要看一看内容", at=now)
    assert Arrival.objects.get(external="here").standing == rules.DONE
    [line] = [
        one for one in queries.health(ME, now=now) if one.source == city
    ]  # the field app stands beside it
    assert (line.arrived, line.taken, line.refused) == (2, 1, {"territory.not_in_china": 1})


def test_a_refused_arrival_sent_again_rightly_is_taken_in(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    city = source()
    actions.accept(city, heard(lon=139.69, lat=35.68), viewer=ME, at=now)
    actions.drain(city.pk, at=now)
    actions.accept(city, heard(), viewer=ME, at=now)
    actions.drain(city.pk, at=now)
    assert Arrival.objects.get().standing == rules.DONE


def test_a_report_and_the_mark_of_its_arrival_are_written_together_or_not_at_all(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    net = source("net-together")
    actions.accept(net, heard("1"), viewer=ME, at=now)
    with CaptureQueriesContext(connection) as asked:
        actions.drain(net.pk, at=now)
    (mark,) = [one["sql"] for one in asked.captured_queries if 'UPDATE "channels_arrival"' in one["sql"]]
    assert ('INSERT INTO "cases_report"' in mark) is (connection.vendor == "postgresql")
    arrival = Arrival.objects.get(source=net)
    assert (arrival.standing, arrival.report.external) == (rules.DONE, "1")
    count = Report.objects.count()
    statement = statement_of(net, heard("2"), "", "")
    gone = Pointing(Arrival, 10**12, "report_id", {"standing": rules.DONE})
    with pytest.raises(LookupError):
        cases.receive(statement, viewer=viewer_for(net), at=now, pointing=gone)
    assert Report.objects.count() == count


def test_an_unknown_code_waits_for_the_mapping_where_the_channel_asks_for_that(
    source: Callable[..., Source], peer: Peer, heard: Callable[..., Incoming], now: datetime
) -> None:
    city, peer.strict = source(), True
    actions.accept(city, heard(code="JG-9"), viewer=ME, at=now)
    actions.drain(city.pk, at=now)
    arrival = Arrival.objects.get()
    assert arrival.code == "channels.unknown_code"
    told = queries.coverage(city, ME, since=now - timedelta(days=1), on=now)
    assert told.unmapped == [("JG-9", 1)]
    actions.map_code(city.pk, "JG-9", kind="C0101", viewer=ME)
    assert actions.try_again([arrival.pk], viewer=ME, at=now) == 1
    actions.drain(city.pk, at=now)
    assert Case.objects.get(reports__net="city").proposal["kinds"][0]["code"] == "C0101"
    assert queries.coverage(city, ME, since=now - timedelta(days=1), on=now).unmapped == []


def test_every_source_of_a_merged_case_hears_its_closing_once_in_its_own_number(
    source: Callable[..., Source],
    peer: Peer,
    heard: Callable[..., Incoming],
    now: datetime,
    post: Callable[..., Any],
) -> None:
    made = []
    for code in ("north", "south", "east"):
        one = source(code)
        actions.accept(one, heard(f"{code}-1"), viewer=ME, at=now)
        actions.drain(one.pk, at=now)
        made.append(Report.objects.get(net=code).case)
    desk = post("dispatcher")
    for other in made[1:]:
        cases.merge(case_id=other.pk, into_id=made[0].pk, viewer=desk, at=now)
    cases.reject(case_id=made[0].pk, viewer=desk, at=now, ground="untrue", reason="现场没有问题")
    actions.tell(events())
    actions.tell(events())  # a second delivery of the same events
    for code in ("north", "south", "east"):
        actions.deliver(Source.objects.get(code=code).pk, at=now + timedelta(seconds=1))
    ends = [told for told in peer.heard if told["state"] == "rejected"]
    assert sorted((told["to"], told["external"]) for told in ends) == [
        ("east", "east-1"), ("north", "north-1"), ("south", "south-1"),
    ]  # fmt: skip
    assert {told["said"] for told in ends} == {"现场没有问题"}
    assert len({told["key"] + told["to"] for told in peer.heard}) == len(peer.heard)


def test_messages_of_one_report_keep_their_order_and_one_slow_counterpart_stops_no_other(
    source: Callable[..., Source], peer: Peer, now: datetime
) -> None:
    city, town = source("city"), source("town")
    for key in ("1", "2"):
        actions.tell_once(city, key, "report:1", {"n": key}, topic="t", at=now)
    actions.tell_once(town, "1", "report:1", {"n": "town"}, topic="t", at=now)
    peer.fails = [Outcome(False, error="down")]
    later = now + timedelta(seconds=1)
    assert actions.deliver(city.pk, at=later) == 0
    assert actions.deliver(town.pk, at=later) == 1
    assert actions.deliver(city.pk, at=later) == 0  # the first rests, the second waits for it
    assert actions.deliver(city.pk, at=later + timedelta(seconds=2)) == 2
    assert [told["n"] for told in peer.heard] == ["town", "1", "2"]


def test_what_they_refuse_for_good_lies_dead_in_sight_until_somebody_sends_it_again(
    source: Callable[..., Source], peer: Peer, now: datetime, post: Callable[..., Any]
) -> None:
    city = source()
    actions.tell_once(city, "1", "report:1", {}, topic="t", at=now)
    peer.fails = [Outcome(False, error="400 no such request", again=False)]
    actions.deliver(city.pk, at=now)
    [letter] = queries.dead_letters(ME)
    assert letter.last_error == "400 no such request"
    with pytest.raises(Forbidden):
        actions.resend([letter.pk], viewer=post("auditor"), at=now)
    assert actions.resend([letter.pk], viewer=post("dispatcher"), at=now) == 1
    assert actions.deliver(city.pk, at=now) == 1
    assert queries.dead_letters(ME) == []


def test_a_message_that_always_fails_is_given_up_after_a_day_at_the_most(
    source: Callable[..., Source], peer: Peer, now: datetime
) -> None:
    city = source()
    actions.tell_once(city, "1", "s", {}, topic="t", at=now)
    peer.fails = [Outcome(False, error="down")] * rules.MAX_ATTEMPTS
    at = now
    for _ in range(rules.MAX_ATTEMPTS):
        assert Outgoing.objects.get().dead_at is None
        at = Outgoing.objects.get().next_at
        actions.deliver(city.pk, at=at)
    assert Outgoing.objects.get().dead_at is not None
    assert at - now < timedelta(hours=24)


def test_a_lane_has_one_hand_at_a_time(source: Callable[..., Source], now: datetime) -> None:
    city = source()
    assert actions.enter_lane(city.pk, "in", at=now)
    assert not actions.enter_lane(city.pk, "in", at=now)
    assert actions.enter_lane(city.pk, "out", at=now)
    assert actions.enter_lane(city.pk, "in", at=now + rules.LEASE)  # the hand died
    actions.leave_lane(city.pk, "in", at=now)
    assert actions.enter_lane(city.pk, "in", at=now)


def test_the_worker_finds_what_there_is_to_do(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    city = source(direction="in")
    assert queries.at_work(ME, at=now) == {"in": [], "out": [], "poll": []}
    actions.accept_many(city, [heard(str(n)) for n in range(3)], viewer=ME, at=now)
    assert queries.at_work(ME, at=now)["in"] == [city.pk]
    assert tasks.work_lane(city.pk, "in", lambda: now) == 3
    assert queries.at_work(ME, at=now)["in"] == []


def test_a_switched_off_source_takes_nothing(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    with pytest.raises(Refused, match="停用"):
        actions.accept(source(enabled=False), heard(), viewer=ME, at=now)


def test_secrets_are_sealed_and_only_known_ones_are_kept(
    source: Callable[..., Source], now: datetime
) -> None:
    city = source()
    with pytest.raises(Refused):
        actions.save_secret(city.pk, {"password": "x"}, viewer=ME, at=now)


def test_what_came_in_reads_back_as_it_was_written(heard: Callable[..., Incoming], now: datetime) -> None:
    one = heard(
        sent_at=now, media=("https://example.org/a.jpg",), photos=(3,), answers={"一": "二"}, extra={"a": [1]}
    )
    assert rules.read(rules.write(one)) == one


def test_a_source_joins_the_open_twin_from_its_own_probability_on(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    """Three nets report one manhole: one case, and each hears its own answer; who set nothing waits for the dispatcher."""
    sources = [source("city"), source("police", joins_at=0.7), source("party", joins_at=1.0)]
    for number, one in enumerate(sources):
        actions.accept(one, heard(f"M-{number}", lat=34.265 + number * 1e-5), viewer=ME, at=now)
        actions.drain(one.pk, at=now + number * timedelta(minutes=1))
    city, police, party = (Report.objects.get(net=one.code) for one in sources)
    assert police.case_id == city.case_id
    assert party.case_id != city.case_id
    assert Case.objects.get(pk=city.case_id).report_count == 2


def test_the_words_of_what_came_and_went_are_gone_when_their_time_is_over(
    source: Callable[..., Source], peer: Peer, heard: Callable[..., Incoming], now: datetime
) -> None:
    city = source()
    actions.accept_many(city, [heard("here"), heard("tokyo", lon=139.69, lat=35.68)], viewer=ME, at=now)
    actions.accept(city, heard("here", text="井盖破损，已有人摔伤"), viewer=ME, at=now)
    actions.drain(city.pk, at=now)
    actions.accept(city, heard("waits"), viewer=ME, at=now)
    actions.reject(Refused("x", ("不对", "wrong")), kind="net", at=now, source=city, content="13800001234")
    for key in ("sent", "dead", "waits"):
        actions.tell_once(city, key, key, {"said": "王小明"}, topic="t", at=now)
    peer.fails = [Outcome(False, error="400", again=False)]  # "sent" is the one that dies
    actions.deliver(city.pk, at=now, limit=2)
    kept = retention("import_file").keep or 0
    vault.purge(viewer=system("retention"), at=now + timedelta(days=kept - 1))
    assert Arrival.objects.filter(content__isnull=True).count() == 0
    vault.purge(viewer=system("retention"), at=now + timedelta(days=kept + 1))
    assert list(Arrival.objects.filter(content__isnull=False).values_list("external", flat=True)) == ["waits"]
    assert Change.objects.get().content is None
    assert list(Outgoing.objects.filter(body__isnull=False).values_list("key", flat=True)) == ["waits"]
    assert not Rejection.objects.exists()
    assert queries.dead_letters(ME) == []
    assert actions.resend(Outgoing.objects.values_list("pk", flat=True), viewer=ME, at=now) == 0


def test_the_page_of_health_asks_as_much_for_one_counterpart_as_for_ten(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    counts = []
    for codes in (range(1), range(1, 10)):
        for number in codes:
            actions.accept(source(f"s{number}"), heard(sent_at=now), viewer=ME, at=now)
        with CaptureQueriesContext(connection) as asked:
            queries.health(ME, now=now)
        counts.append(len(asked))
    assert counts[0] == counts[1]
