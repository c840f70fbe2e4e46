"""What single steps do to the facts of a case and to what is counted of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gongbi.insight.facts import Facts
from gongbi.insight.fold import fold
from gongbi.insight.lines import Line, Result, What, verdict
from tests.insight.histories import COMMUNITIES, KINDS, History, at


def lines(facts: Facts, what: What) -> list[Line]:
    return [line for line in facts.lines if line.what == what and line.until is None]


def only(facts: Facts, what: What) -> Line:
    (line,) = lines(facts, what)
    return line


def test_the_ordinary_way_leaves_one_line_of_each_kind() -> None:
    history = History().to_handling().step("contacted", "03-02 11:00", report=1).finish()
    history.step("confirm", "03-03 15:20", finding="ok").judge("03-05 08:00")
    facts = fold(history.entries)
    assert {what: len(lines(facts, what)) for what in What} == dict.fromkeys(What, 1)
    assert (facts.opened_at, facts.accepted_at, facts.dispatched_at) == (
        at("03-02 09:00"),
        at("03-02 09:10"),
        at("03-02 09:20"),
    )
    assert (facts.signed_at, facts.handled_at) == (at("03-02 10:00"), at("03-03 15:00"))
    assert facts.checked_at == facts.closed_at == at("03-03 15:20")
    assert facts.units == [(at("03-02 09:20"), 11)]
    assert only(facts, What.VERDICT).result == verdict(True, 5)
    assert all(not line.late and line.spoiled_at is None for line in facts.lines)


@pytest.mark.parametrize(
    ("when", "late"),
    [("03-04 09:19:59", False), ("03-04 09:20", False), ("03-04 09:20:59", False), ("03-04 09:21", True)],
)
def test_the_deadlines_very_minute_is_on_time(when: str, late: bool) -> None:
    facts = fold(History().to_handling().finish(when, due="03-05 12:00").entries)
    assert only(facts, What.HANDLING).late is late


@pytest.mark.parametrize(("when", "late"), [("03-03 09:20", False), ("03-03 09:21", True)])
def test_a_reporter_is_contacted_within_24_hours_of_the_dispatch(when: str, late: bool) -> None:
    facts = fold(History().to_handling().step("contacted", when, report=5).entries)
    line = only(facts, What.RESPONSE)
    assert (line.at, line.late, line.report_id) == (at("03-03 09:20"), late, 5)


def test_the_ledger_may_name_another_term_for_the_contact() -> None:
    history = History().open().accept()
    history.step(
        "dispatch",
        "03-02 09:20",
        unit=11,
        limit="2天",
        article="x",
        response_limit="2小时连续",
        due={"handle": "03-04 09:20"},
    )
    assert only(fold(history.entries), What.RESPONSE).at == at("03-02 11:20")


def test_the_deadline_that_the_ledger_names_goes_before_every_term() -> None:
    history = History().open().accept()
    due = {"handle": "03-04 09:20", "response": "03-06 11:00"}
    history.step(
        "dispatch", "03-02 09:20", unit=11, limit="2天", article="x", response_limit="4工作时", due=due
    )
    history.step("join", "03-02 10:00", report=7, channel="web", due={"response": "03-06 11:40"})
    found = [line.at for line in lines(fold(history.entries), What.RESPONSE)]
    assert found == [at("03-06 11:00"), at("03-06 11:40")]


def test_who_joined_during_a_dispute_is_owed_a_contact_by_the_unit_that_keeps_the_case() -> None:
    history = History().open().accept().dispatch().step("contest", "03-02 09:30", reason="x")
    history.dispatch("03-02 09:40").step("contest_again", "03-02 09:50", reason="x")
    history.step("join", "03-02 10:00", report=7, channel="web")
    assert [line.report_id for line in lines(fold(history.entries), What.RESPONSE)] == [None]
    history.step("rule", "03-02 11:00", unit=11, reason="x", article="x", due={"response": "03-03 11:00"})
    found = [(line.report_id, line.at) for line in lines(fold(history.entries), What.RESPONSE)]
    assert found == [(None, at("03-03 09:40")), (7, at("03-03 11:00"))]


@pytest.mark.parametrize("channel", ["field", "device"])
def test_our_own_people_are_not_owed_a_contact(channel: str) -> None:
    facts = fold(History().open(channel=channel).accept().dispatch().entries)
    assert lines(facts, What.RESPONSE) == []
    assert only(facts, What.FILED).result == Result.OWN


def test_an_extension_moves_the_deadline_and_the_old_one_was_owed_until_then() -> None:
    history = History().to_handling().step("ask_extension", "03-03 09:00", reason="x")
    history.step("grant_extension", "03-03 10:00", due={"handle": "03-06 09:20"})
    versions = [line for line in fold(history.entries).lines if line.what == What.HANDLING]
    assert [(line.at, line.since, line.until) for line in versions] == [
        (at("03-04 09:20"), at("03-02 09:20"), at("03-03 10:00")),
        (at("03-06 09:20"), at("03-03 10:00"), None),
    ]


def test_while_a_case_is_suspended_nothing_is_owed_and_then_the_new_deadline() -> None:
    history = History().to_handling().step("ask_suspension", "03-03 09:00", reason="x", until="y")
    history.step("grant_suspension", "03-03 10:00")
    assert lines(fold(history.entries), What.HANDLING) == []
    history.step("resume", "03-20 10:00", due={"handle": "03-21 09:20"})
    assert only(fold(history.entries), What.HANDLING).at == at("03-21 09:20")


def test_a_deadline_that_had_passed_before_the_pause_stays_broken() -> None:
    history = History().to_handling().step("ask", "03-05 09:00", question=1, report=1)
    assert only(fold(history.entries), What.HANDLING).at == at("03-04 09:20")


def test_a_returned_dispatch_is_counted_for_the_unit_that_returned_it() -> None:
    history = History().open().accept().dispatch(unit=11)
    history.step("contest", "03-02 15:00", reason="not ours", unit=11, due={"dispatch": "03-02 15:15"})
    history.dispatch("03-02 15:10", unit=12, due="03-04 15:10")
    facts = fold(history.entries)
    returned, kept = lines(facts, What.DISPATCH)
    assert (returned.unit_id, returned.spoiled_at) == (11, at("03-02 15:00"))
    assert (kept.unit_id, kept.spoiled_at) == (12, None)
    assert only(facts, What.HANDLING).unit_id == only(facts, What.RESPONSE).unit_id == 12
    assert facts.units == [(at("03-02 09:20"), 11), (at("03-02 15:00"), None), (at("03-02 15:10"), 12)]


@pytest.mark.parametrize(("unit", "dispatches", "spoiled"), [(12, 3, True), (13, 2, False)])
def test_a_ruling_decides_whether_the_second_dispatch_was_right(
    unit: int, dispatches: int, spoiled: bool
) -> None:
    history = History().open().accept().dispatch(unit=11)
    history.step("contest", "03-02 15:00", reason="x", unit=11).dispatch(
        "03-02 15:10", unit=13, due="03-04 15:10"
    )
    history.step("contest_again", "03-02 16:00", reason="x", unit=13).step(
        "rule", "03-03 09:00", unit=unit, reason="x", article="y"
    )
    facts = fold(history.entries)
    found = lines(facts, What.DISPATCH)
    assert len(found) == dispatches
    assert (found[1].spoiled_at is not None) is spoiled
    handling = only(facts, What.HANDLING)
    assert (handling.unit_id, handling.at) == (unit, at("03-04 15:10"))  # the clock of handling goes on


def test_a_rework_is_a_second_round_and_the_first_one_came_to_nothing() -> None:
    history = (
        History()
        .to_handling()
        .finish()
        .step("rework", "03-03 16:00", reason="x", due={"handle": "03-05 16:00"})
    )
    facts = fold(history.entries)
    first, second = lines(facts, What.HANDLING)
    assert (first.spoiled_at, first.late, second.done_at) == (at("03-03 16:00"), False, None)
    assert lines(facts, What.CLOSING) == []
    check = only(facts, What.CHECK)
    assert (check.done_at, check.late) == (at("03-03 16:00"), True)
    looked = only(facts, What.CHECKED)
    assert (looked.at, looked.spoiled_at) == (at("03-03 16:00"), at("03-03 16:00"))
    history.finish("03-04 10:00", due="03-04 10:30").step("confirm", "03-04 10:20", finding="x")
    again = fold(history.entries)
    assert only(again, What.CLOSED).result == Result.TAINTED
    assert [line.spoiled_at is None for line in lines(again, What.CHECKED)] == [False, True]


def test_a_callback_moves_the_deadline_of_closing() -> None:
    history = (
        History()
        .to_handling()
        .finish()
        .step("confirm_for_callback", "03-03 15:10", finding="x", due={"callback": "03-05 15:10"})
    )
    assert only(fold(history.entries), What.CLOSING).at == at("03-05 15:10")
    history.step("call_back", "03-05 15:10:59", outcome="reached", report=7)
    facts = fold(history.entries)
    assert only(facts, What.CLOSING).late is False
    assert only(facts, What.RESPONSE).late is True  # reached for the first time after three days


def test_reopening_takes_the_closing_and_the_verdicts_back() -> None:
    history = History().to_closed().judge("03-05 08:00").step("settle", "03-05 08:00")
    history.step("reopen", "03-10 08:00", report=1, reason="still there", due={"handle": "03-12 08:00"})
    facts = fold(history.entries)
    assert lines(facts, What.CLOSING) == lines(facts, What.CLOSED) == lines(facts, What.VERDICT) == []
    assert [line.done_at is not None for line in lines(facts, What.HANDLING)] == [True, False]
    assert facts.reopenings == 1
    assert facts.closed_at is None


def test_a_merged_case_is_not_counted_twice_and_its_reports_count_at_the_target() -> None:
    gone = fold(History().open().accept().step("merge", "03-02 10:00", into=9, reports=[4]).entries)
    assert lines(gone, What.FILING) == lines(gone, What.FILED) == []
    assert only(gone, What.REPORTED).result == Result.MERGED
    target = History().to_handling().step("take_in", "03-02 10:00", **{"from": 8, "reports": [4]})
    target.finish().step("confirm", "03-03 15:20", finding="x").judge("03-05 08:00", report=4, grade=2)
    facts = fold(target.entries)
    assert [line.at for line in lines(facts, What.RESPONSE)] == [at("03-03 09:20"), at("03-03 10:00")]
    assert only(facts, What.REPORTED).result == Result.NEW
    assert only(facts, What.VERDICT).report_id == 4


def test_unmerging_brings_it_back_with_a_new_deadline_of_filing() -> None:
    history = History().open().accept().step("merge", "03-02 10:00", into=9, reports=[4])
    history.step("unmerge", "03-02 11:00", reason="x", reports=[4], due={"accept": "03-02 11:15"})
    facts = fold(history.entries)
    assert (only(facts, What.REPORTED).result, only(facts, What.REPORTED).done_at) == (Result.NEW, None)
    assert only(facts, What.FILING).at == at("03-02 11:15")


def test_a_report_that_is_taken_out_again_takes_its_verdict_and_its_contact_with_it() -> None:
    target = History().to_handling().step("take_in", "03-02 10:00", **{"from": 8, "reports": [4]})
    target.step("contacted", "03-02 10:30", report=1)
    both = fold(target.entries)
    assert [line.report_id for line in lines(both, What.RESPONSE)] == [1, 4]
    target.finish().step("confirm", "03-03 15:20", finding="x").judge("03-05 08:00", report=4, grade=2).judge(
        "03-05 09:00", report=1
    )
    target.step("taken_out", "03-06 08:00", into=8, reports=[4])
    facts = fold(target.entries)
    assert [line.report_id for line in lines(facts, What.RESPONSE)] == [1]
    assert [line.report_id for line in lines(facts, What.VERDICT)] == [1]
    assert [voice.report_id for voice in facts.voices] == [1]


@pytest.mark.parametrize(("outcome", "done"), [("reached", True), ("unreachable", False)])
def test_a_caller_who_was_reached_was_contacted(outcome: str, done: bool) -> None:
    history = History().to_handling().finish("03-02 12:00", due="03-02 12:30")
    history.step("confirm_for_callback", "03-02 12:10", finding="x", due={"callback": "03-04 12:10"})
    history.step("called", "03-02 13:00", outcome=outcome, report=1)
    facts = fold(history.entries)
    assert (only(facts, What.RESPONSE).done_at is not None) is done
    assert only(facts, What.CLOSING).done_at is None


def test_an_excluded_case_leaves_with_its_ground_and_so_does_what_follows() -> None:
    history = (
        History()
        .to_closed()
        .step("exclude", "03-06 09:00", ground="unreasonable", reason="x")
        .judge("03-07 08:00")
    )
    facts = fold(history.entries)
    left = {
        line.what for line in facts.lines if line.excluded_at is not None and line.ground == "unreasonable"
    }
    assert left == {
        What.DISPATCH,
        What.HANDLING,
        What.CLOSING,
        What.CLOSED,
        What.RESPONSE,
        What.VERDICT,
    }


def test_an_upheld_appeal_exempts_the_round_and_its_closing() -> None:
    history = (
        History()
        .to_handling()
        .step("exempt", "03-05 09:00", reason="flood")
        .finish("03-06 09:00", due="03-06 09:30")
    )
    facts = fold(history.entries)
    assert only(facts, What.HANDLING).exempt_at == only(facts, What.CLOSING).exempt_at == at("03-05 09:00")
    history.step("rework", "03-06 10:00", reason="x", due={"handle": "03-07 10:00"})
    assert [line.exempt_at is not None for line in lines(fold(history.entries), What.HANDLING)] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("route", "result"), [(1, Result.ANSWERED), (3, Result.ANSWERED_REPEAT), (6, Result.ANSWERED)]
)
def test_an_answer_at_once_is_a_report_and_nothing_else(route: int, result: Result) -> None:
    facts = fold(
        History().step("answer_at_once", "03-02 09:00", channel="hotline", net="", route=route).entries
    )
    assert [(line.what, line.result) for line in facts.lines] == [(What.REPORTED, result)]


def test_solved_on_the_spot_is_filed_checked_and_closed_but_never_dispatched() -> None:
    history = (
        History()
        .open(channel="field")
        .step(
            "solve_on_spot",
            "03-02 09:05",
            unit_id=13,
            evidence=["x"],
            standard="1",
            due={"check": "03-02 09:35"},
        )
    )
    facts = fold(history.entries)
    assert {line.what for line in facts.lines} == {
        What.REPORTED,
        What.FILING,
        What.FILED,
        What.CHECK,
        What.CLOSING,
    }
    assert only(facts, What.FILING).done_at == at("03-02 09:05")
    assert only(facts, What.CHECK).unit_id == 13


def test_a_case_that_is_filed_elsewhere_moves_and_the_old_place_was_true_until_then() -> None:
    history = (
        History().open(territory=COMMUNITIES[0], kind="").accept(territory=COMMUNITIES[2], kind=KINDS[1])
    )
    facts = fold(history.entries)
    versions = [(line.territory, line.kind, line.until) for line in facts.lines if line.what == What.REPORTED]
    assert versions == [(COMMUNITIES[0], "", at("03-02 09:10")), (COMMUNITIES[2], KINDS[1], None)]
    assert facts.territories == [(at("03-02 09:00"), COMMUNITIES[0]), (at("03-02 09:10"), COMMUNITIES[2])]


def test_a_report_that_joins_is_a_repeat_and_is_owed_a_contact_of_its_own() -> None:
    facts = fold(History().to_handling().step("join", "03-02 12:00", report=8, channel="hall").entries)
    assert [line.result for line in lines(facts, What.REPORTED)] == [Result.NEW, Result.JOINED]
    assert [(line.at, line.channel) for line in lines(facts, What.RESPONSE)] == [
        (at("03-03 09:20"), "web"),
        (at("03-03 12:00"), "hall"),
    ]


def test_what_the_fold_does_not_know_changes_nothing_but_the_watermark() -> None:
    history = History().to_handling()
    before = fold(history.entries)
    strange = history.entries[-1]._replace(
        seq=5, transition="painted_blue", at=history.entries[-1].at + timedelta(days=1)
    )
    after = fold([*history.entries, strange])
    assert after.lines == before.lines
    assert (before.seq, after.seq) == (4, 5)


def test_an_open_closing_follows_the_clock_that_decides_it() -> None:
    """The check's while it is being checked, the call-back's afterwards; what is done keeps the deadline it had."""
    moved = {"was": {"check": "x"}, "why": "calendar"}
    story = History().to_handling().finish(due="03-06 15:30")
    story.step("deadline_moved", "03-03 16:00", due={"check": "03-09 15:30"}, **moved)
    facts = fold(story.entries)
    assert only(facts, What.CHECK).at == only(facts, What.CLOSING).at == at("03-09 15:30")
    story.step("confirm_for_callback", "03-04 09:00", finding="ok", due={"callback": "03-06 18:00"})
    story.step("deadline_moved", "03-05 16:00", due={"callback": "03-10 18:00"}, **moved)
    facts = fold(story.entries)
    assert only(facts, What.CLOSING).at == at("03-10 18:00")
    assert only(facts, What.CHECK).at == at("03-09 15:30")
    assert [line.at for line in facts.lines if line.what == What.CLOSING and line.until] == [
        at("03-06 15:30"),
        at("03-09 15:30"),
        at("03-06 18:00"),
    ]


def test_what_was_done_has_a_line_at_the_time_it_was_done() -> None:
    facts = fold(History().to_closed("03-04 08:00").entries)
    assert only(facts, What.FILED).at == at("03-02 09:10")
    assert only(facts, What.CHECKED).at == only(facts, What.CLOSED).at == at("03-04 08:00")
    assert only(facts, What.CLOSING).at == at("03-03 15:30")
    back = fold(History().open().accept().step("send_back", "03-02 10:00", reason="x").entries)
    assert lines(back, What.FILED) == []
    assert only(back, What.FILING).done_at is None


def test_a_case_whose_first_report_was_split_off_is_still_one_that_a_report_made() -> None:
    story = History().open(report=1).step("join", "03-02 09:05", report=2, channel="web")
    story.step("split", "03-02 09:08", reports=[1], into=9)
    facts = fold(story.entries)
    assert [(line.report_id, line.result) for line in lines(facts, What.REPORTED)] == [(2, Result.NEW)]
    stays = History().open(report=1).step("join", "03-02 09:05", report=2, channel="web")
    stays.step("split", "03-02 09:08", reports=[2], into=9)
    told = lines(fold(stays.entries), What.REPORTED)
    assert [(line.report_id, line.result) for line in told] == [(1, Result.NEW)]
