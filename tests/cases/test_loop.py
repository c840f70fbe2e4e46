"""The whole loop, and every way off the straight path, through the actions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gongbi.cases import actions, links, queries, rules
from gongbi.cases.models import Case, Report
from gongbi.kernel.errors import Forbidden, Refused, Stale
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.ledger.queries import verify
from gongbi.kernel.scope.viewer import Viewer

pytestmark = pytest.mark.django_db
Post = Callable[..., Viewer]
Unit = Callable[[str], int]
Say = Callable[..., Case]
MINUTE = timedelta(minutes=1)


def holder(report: Report) -> Viewer:
    return queries.report_by_link(links.token(report))[1]


@pytest.fixture
def dispatched(say: Say, post: Post, unit: Unit, now: datetime) -> Case:
    """A case that the urban management bureau has to sign for."""
    case = say()
    desk = post("dispatcher")
    actions.accept(case_id=case.pk, viewer=desk, at=now + MINUTE, kind="C0137")
    return actions.dispatch(
        case_id=case.pk, viewer=desk, at=now + 2 * MINUTE, unit_id=unit("urban_management")
    )


@pytest.fixture
def handling(dispatched: Case, post: Post, now: datetime) -> Case:
    return actions.sign(
        case_id=dispatched.pk, viewer=post("handler", unit="urban_management"), at=now + 3 * MINUTE
    )


@pytest.fixture
def handled(handling: Case, post: Post, now: datetime, photo: int) -> Case:
    urban = post("handler", unit="urban_management")
    return actions.finish(
        case_id=handling.pk, viewer=urban, at=now + timedelta(hours=1), result="已修复", photos=[photo]
    )


def test_from_first_word_to_last_verdict(handled: Case, post: Post, now: datetime) -> None:
    case = actions.confirm(
        case_id=handled.pk, viewer=post("checker"), at=now + timedelta(hours=2), finding="已亮"
    )
    report = case.reports.get()
    actions.judge(
        report_id=report.pk, viewer=holder(report), at=now + timedelta(hours=3), solved=True, grade=5
    )
    case.refresh_from_db()
    assert case.state == "judged"
    steps = list(
        LedgerEntry.objects.filter(matter_id=case.pk).order_by("seq").values_list("transition", flat=True)
    )
    assert steps == ["open", "accept", "dispatch", "sign", "finish", "confirm", "judge", "settle"]
    assert list(verify()) == []
    assert not case.clocks.filter(stopped_at__isnull=True).exists()


def test_a_stale_page_is_refused_and_nothing_is_written(say: Say, post: Post, now: datetime) -> None:
    case = say()
    desk = post("dispatcher")
    actions.accept(case_id=case.pk, viewer=desk, at=now + MINUTE, kind="C0137", expected_version=1)
    before = LedgerEntry.objects.count()
    with pytest.raises(Stale):
        actions.reject(
            case_id=case.pk, viewer=desk, at=now + MINUTE, ground="untrue", reason="x", expected_version=1
        )
    assert LedgerEntry.objects.count() == before


def test_a_resident_cannot_accept(say: Say, now: datetime) -> None:
    case = say()
    with pytest.raises(Forbidden):
        actions.accept(case_id=case.pk, viewer=holder(case.reports.get()), at=now, kind="C0137")


def test_nothing_is_rejected_without_a_lawful_ground(say: Say, post: Post, now: datetime) -> None:
    case = say()
    assert (
        code_of(
            lambda: actions.reject(
                case_id=case.pk, viewer=post("dispatcher"), at=now, ground="busy", reason="忙"
            )
        )
        == "cases.no_ground"
    )
    actions.reject(case_id=case.pk, viewer=post("dispatcher"), at=now, ground="untrue", reason="现场灯亮着")
    case.refresh_from_db()
    assert (case.state, case.is_open) == ("rejected", False)


def code_of(call: Callable[[], object]) -> str:
    """The code of the refusal that ``call`` meets; fails when it is not refused."""
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


# --- The three lists (G8) --------------------------------------------------------------------------------------------


def test_a_community_is_refused_what_is_on_none_of_its_lists(
    say: Say, post: Post, unit: Unit, now: datetime
) -> None:
    case = say()
    desk = post("dispatcher")
    actions.accept(case_id=case.pk, viewer=desk, at=now, kind="C0104")
    community = case.territory[:12]
    with pytest.raises(Refused) as caught:
        actions.dispatch(case_id=case.pk, viewer=desk, at=now, unit_id=unit(community))
    assert caught.value.code.startswith("duties.community")
    assert "三项清单" in caught.value.article


# --- Contest and ruling (C10) ----------------------------------------------------------------------------------------


def test_twice_contested_goes_to_the_adjudicator_whose_ruling_binds(
    dispatched: Case, post: Post, unit: Unit, now: datetime
) -> None:
    urban, desk = post("handler", unit="urban_management"), post("dispatcher")
    case = actions.contest(case_id=dispatched.pk, viewer=urban, at=now + 3 * MINUTE, reason="不是我们的灯")
    assert (case.state, case.unit_id) == ("accepted", None)
    actions.dispatch(case_id=case.pk, viewer=desk, at=now + 4 * MINUTE, unit_id=unit("urban_management"))
    case = actions.contest(case_id=case.pk, viewer=urban, at=now + 5 * MINUTE, reason="还是不是")
    assert case.state == "disputed"
    case = actions.rule(
        case_id=case.pk, viewer=post("adjudicator"), at=now + 6 * MINUTE, unit_id=unit("urban_management"),
        reason="路灯维护属城管职责", article="职责清单",
    )  # fmt: skip
    assert (case.state, case.ruled) == ("dispatched", True)
    assert (
        code_of(lambda: actions.contest(case_id=case.pk, viewer=urban, at=now + 7 * MINUTE, reason="不"))
        == "cases.ruled"
    )
    fresh = queries.look_ups(at=now + timedelta(days=1)).route("C0137", _where(case), "路灯不亮", "")
    assert fresh.unit_code == "urban_management"
    assert fresh.rule.startswith("precedent")


def _where(case: Case) -> object:
    return queries.look_ups(at=case.opened_at).division(case.territory)


def test_a_contest_after_the_sign_term_is_refused(dispatched: Case, post: Post, now: datetime) -> None:
    urban = post("handler", unit="urban_management")
    due = dispatched.clocks.get(name="sign").due_at
    late = due + timedelta(minutes=1)
    assert (
        code_of(lambda: actions.contest(case_id=dispatched.pk, viewer=urban, at=late, reason="x"))
        == "cases.sign_term_over"
    )
    actions.contest(case_id=dispatched.pk, viewer=urban, at=due, reason="正好到点")


# --- Extension and suspension (C3, C4) -------------------------------------------------------------------------------


def test_at_most_two_extensions_and_none_after_expiry(handling: Case, post: Post, now: datetime) -> None:
    urban, desk = post("handler", unit="urban_management"), post("dispatcher")
    first_due = handling.clocks.get(name="handle").due_at
    for count in (1, 2):
        actions.ask_for(
            case_id=handling.pk, kind="extension", viewer=urban, at=now + count * 10 * MINUTE, reason="等配件"
        )
        actions.decide(case_id=handling.pk, granted=True, viewer=desk, at=now + (count * 10 + 1) * MINUTE)
    clock = handling.clocks.get(name="handle")
    assert clock.due_at > first_due
    again = {"case_id": handling.pk, "kind": "extension", "viewer": urban, "reason": "再等"}
    assert code_of(lambda: actions.ask_for(**again, at=now + 40 * MINUTE)) == "cases.extensions_used"


def test_a_refused_extension_does_not_count(handling: Case, post: Post, now: datetime) -> None:
    urban, desk = post("handler", unit="urban_management"), post("dispatcher")
    for count in (1, 2, 3):
        actions.ask_for(
            case_id=handling.pk, kind="extension", viewer=urban, at=now + count * 10 * MINUTE, reason="等"
        )
        case = actions.decide(
            case_id=handling.pk, granted=False, viewer=desk, at=now + (count * 10 + 1) * MINUTE, reason="不必"
        )
    assert case.extension_count == 0


def test_an_extension_is_asked_before_the_deadline(handling: Case, post: Post) -> None:
    urban = post("handler", unit="urban_management")
    due = handling.clocks.get(name="handle").due_at
    asked = {"case_id": handling.pk, "kind": "extension", "viewer": urban, "reason": "等"}
    assert code_of(lambda: actions.ask_for(**asked, at=due + MINUTE)) == "cases.overdue"
    actions.ask_for(**asked, at=due)


def test_who_asks_does_not_approve(handling: Case, post: Post, now: datetime) -> None:
    urban = post("handler", unit="urban_management")
    actions.ask_for(case_id=handling.pk, kind="extension", viewer=urban, at=now + 10 * MINUTE, reason="等")
    twin = Viewer(
        actor="post:0",
        role="dispatcher",
        person_id=urban.person_id,
        unit_id=urban.unit_id,
        territories=("610104",),
    )
    assert (
        code_of(lambda: actions.decide(case_id=handling.pk, granted=True, viewer=twin, at=now + 11 * MINUTE))
        == "cases.own_request"
    )


def test_a_suspension_stops_the_clock_once_and_ends_by_itself(
    handling: Case, post: Post, now: datetime
) -> None:
    urban, desk = post("handler", unit="urban_management"), post("dispatcher")
    due = handling.clocks.get(name="handle").due_at
    until = now + timedelta(days=30)
    actions.ask_for(
        case_id=handling.pk,
        kind="suspension",
        viewer=urban,
        at=now + 10 * MINUTE,
        reason="待采购",
        until=until,
    )
    case = actions.decide(case_id=handling.pk, granted=True, viewer=desk, at=now + 11 * MINUTE)
    assert (case.state, case.due_at) == ("suspended", None)
    assert actions.resume_due(at=until - MINUTE) == 0
    assert actions.resume_due(at=until) == 1
    case.refresh_from_db()
    assert case.state == "handling"
    assert case.clocks.get(name="handle").due_at > due + timedelta(days=20)
    again = {
        "case_id": case.pk,
        "kind": "suspension",
        "viewer": urban,
        "reason": "再挂",
        "until": until + timedelta(days=9),
    }
    assert code_of(lambda: actions.ask_for(**again, at=until + MINUTE)) == "cases.suspended_before"


@pytest.mark.parametrize(("days", "code"), [(0, "cases.until_past"), (365, ""), (366, "cases.until_too_far")])
def test_a_suspension_lasts_a_year_at_most(
    handling: Case, post: Post, now: datetime, days: int, code: str
) -> None:
    urban, at = post("handler", unit="urban_management"), now + 10 * MINUTE
    asked = {
        "case_id": handling.pk,
        "kind": "suspension",
        "viewer": urban,
        "at": at,
        "reason": "等",
        "until": at + timedelta(days=days),
    }
    if code:
        assert code_of(lambda: actions.ask_for(**asked)) == code
    else:
        actions.ask_for(**asked)


def test_a_suspension_is_not_granted_once_its_own_end_has_come(
    handling: Case, post: Post, now: datetime
) -> None:
    urban, desk = post("handler", unit="urban_management"), post("dispatcher")
    until = now + timedelta(days=2)
    actions.ask_for(
        case_id=handling.pk, kind="suspension", viewer=urban, at=now + MINUTE, reason="待采购", until=until
    )
    grant = {"case_id": handling.pk, "granted": True, "viewer": desk}
    for late in (until, until + MINUTE):
        with pytest.raises(Refused) as refused:
            actions.decide(**grant, at=late)
        assert (refused.value.code, refused.value.article) == ("cases.suspension_over", rules.WORKFLOW)
        assert "今天 10:00" in refused.value.message
    handling.refresh_from_db()
    assert (handling.state, handling.suspension_count) == ("handling", 0)
    case = actions.decide(
        case_id=handling.pk, granted=False, viewer=desk, at=until + MINUTE, reason="已过申请的截止时间"
    )
    assert case.pending() is None


def test_a_suspension_is_granted_until_just_before_its_end(handling: Case, post: Post, now: datetime) -> None:
    urban, desk = post("handler", unit="urban_management"), post("dispatcher")
    until = now + timedelta(days=2)
    actions.ask_for(
        case_id=handling.pk, kind="suspension", viewer=urban, at=now + MINUTE, reason="待采购", until=until
    )
    case = actions.decide(case_id=handling.pk, granted=True, viewer=desk, at=until - MINUTE)
    assert case.state == "suspended"


# --- The check (C6, C7) ----------------------------------------------------------------------------------------------


def test_neither_the_handler_nor_its_unit_checks(handled: Case, post: Post, now: datetime) -> None:
    urban = post("handler", unit="urban_management")
    for person, unit_id in ((urban.person_id, 0), (0, urban.unit_id)):
        checker = Viewer(
            actor="post:0",
            role="checker",
            person_id=person,
            unit_id=unit_id,
            units=frozenset({unit_id or 0}),
            territories=("610104",),
        )
        assert (
            code_of(lambda c=checker: actions.confirm(case_id=handled.pk, viewer=c, at=now, finding="好"))
            == "cases.four_eyes"
        )


def test_rework_goes_to_the_same_unit_and_is_counted(handled: Case, post: Post, now: datetime) -> None:
    unit_id = handled.unit_id
    case = actions.rework(
        case_id=handled.pk, viewer=post("checker"), at=now + timedelta(hours=2), reason="灯仍不亮"
    )
    assert (case.state, case.unit_id, case.rework_count) == ("handling", unit_id, 1)
    assert case.clocks.filter(name="handle").count() == 2


def test_a_hotline_matter_closes_only_after_the_call_back(
    say: Say, post: Post, unit: Unit, now: datetime, photo: int
) -> None:
    case = say(channel="hotline", phone="13800001111", viewer=post("clerk"))
    desk, urban, clerk = post("dispatcher"), post("handler", unit="urban_management"), post("clerk")
    actions.accept(case_id=case.pk, viewer=desk, at=now, kind="C0137")
    actions.dispatch(case_id=case.pk, viewer=desk, at=now, unit_id=unit("urban_management"))
    actions.sign(case_id=case.pk, viewer=urban, at=now)
    actions.finish(case_id=case.pk, viewer=urban, at=now, result="修好", photos=[photo])
    case = actions.confirm(case_id=case.pk, viewer=post("checker"), at=now, finding="亮了")
    assert case.state == "checked"
    report = case.reports.get()
    case = actions.call_back(
        case_id=case.pk, report_id=report.pk, viewer=clerk, at=now, outcome="reached", solved=True, grade=4
    )
    case.refresh_from_db()
    assert case.state == "judged"


# --- One event, many callers (C11) -----------------------------------------------------------------------------------


def test_everyone_of_a_merged_matter_judges_separately(
    say: Say, handled: Case, post: Post, now: datetime
) -> None:
    other = say(text="小区门口路灯坏了")
    actions.merge(
        case_id=other.pk,
        into_id=handled.pk,
        viewer=post("dispatcher"),
        at=now + timedelta(hours=1, minutes=1),
    )
    case = actions.confirm(
        case_id=handled.pk, viewer=post("checker"), at=now + timedelta(hours=2), finding="好"
    )
    first, second = case.reports.order_by("id")
    actions.judge(report_id=first.pk, viewer=holder(first), at=now + timedelta(hours=3), solved=True, grade=5)
    case.refresh_from_db()
    assert case.state == "closed"
    actions.judge(
        report_id=second.pk, viewer=holder(second), at=now + timedelta(hours=3), solved=False, grade=1
    )
    case.refresh_from_db()
    assert case.state == "judged"
    assert second.number != first.number


def test_merge_and_take_out_again_loses_nothing(say: Say, post: Post, now: datetime) -> None:
    one, two = say(), say(text="路口灯不亮")
    desk = post("dispatcher")
    report = two.reports.get()
    actions.merge(case_id=two.pk, into_id=one.pk, viewer=desk, at=now)
    report.refresh_from_db()
    assert report.case_id == one.pk
    case = actions.unmerge(case_id=two.pk, viewer=desk, at=now, reason="不是同一处")
    report.refresh_from_db()
    assert (report.case_id, case.state, case.merged_into) == (two.pk, "received", None)
    one.refresh_from_db()
    assert one.report_count == 1
    assert list(verify()) == []


def test_one_message_with_two_matters_gives_the_reporter_two_receipts(
    say: Say, post: Post, now: datetime
) -> None:
    case = say(text="路灯不亮，垃圾也没人清", phone="13800002222")
    fresh = actions.split(case_id=case.pk, viewer=post("dispatcher"), at=now, text="垃圾没人清")
    first, second = case.reports.get(), fresh.reports.get()
    assert first.number != second.number
    assert bytes(first.phone_index or b"") == bytes(second.phone_index or b"") != b""


# --- The one who spoke -----------------------------------------------------------------------------------------------


def test_a_question_stops_the_clock_until_the_answer(handling: Case, post: Post, now: datetime) -> None:
    urban = post("handler", unit="urban_management")
    due = handling.clocks.get(name="handle").due_at
    case = actions.ask(case_id=handling.pk, viewer=urban, at=now + 10 * MINUTE, question="是哪一盏灯？")
    assert (case.state, case.due_at) == ("asking", None)
    question = case.questions.get()
    case = actions.answer(
        question_id=question.pk, viewer=holder(question.report), at=now + 70 * MINUTE, text="路口东北角"
    )
    assert case.state == "handling"
    assert case.clocks.get(name="handle").due_at == due + timedelta(hours=1)


def test_an_unanswered_question_lapses(handling: Case, post: Post, now: datetime) -> None:
    actions.ask(
        case_id=handling.pk,
        viewer=post("handler", unit="urban_management"),
        at=now + 10 * MINUTE,
        question="哪盏？",
    )
    assert actions.lapse_question(at=now + timedelta(days=1)) == 0
    assert actions.lapse_question(at=now + timedelta(days=10)) == 1


def test_still_there_reopens_with_a_photo_inside_the_window(
    handled: Case, post: Post, now: datetime, photo: int, photo2: int
) -> None:
    closed = now + timedelta(hours=2)
    case = actions.confirm(case_id=handled.pk, viewer=post("checker"), at=closed, finding="好")
    report = case.reports.get()
    me = holder(report)
    assert (
        code_of(lambda: actions.reopen(report_id=report.pk, viewer=me, at=closed, reason="还是黑的"))
        == "cases.reopen_photo"
    )
    late = closed + timedelta(days=30, minutes=1)
    again = {"report_id": report.pk, "viewer": me, "reason": "还是黑的", "photos": [photo2]}
    assert code_of(lambda: actions.reopen(**again, at=late)) == "cases.reopening_over"
    case = actions.reopen(**again, at=closed + timedelta(days=30))
    assert (case.state, case.reopen_count, case.unit_id) == ("handling", 1, handled.unit_id)
