"""Orders come once for each number and version; what becomes of them is told once; their limit is never overrun by ours."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gongbi.cases import actions as cases
from gongbi.cases.models import Case, Report
from gongbi.channels.hotline import actions, messages, queries
from gongbi.channels.hotline.actions.taking import Taken
from gongbi.channels.hotline.models import Order, OrderFile, Version
from gongbi.channels.hotline.rules import Term
from gongbi.channels.models import Change, Outgoing, Source
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.vault import actions as vault
from tests.cases.conftest import _picture
from tests.channels.hotline.conftest import Make, Say, case_of, checked, handled, happened, taken_in

pytestmark = pytest.mark.django_db
Post = Callable[..., Viewer]
Unit = Callable[[str], int]
INTERFACE = {"base_url": "http://127.0.0.1:9/api"}


def take(source: Source, value: dict[str, Any], at: datetime) -> Taken:
    return actions.take(source, messages.read(value), at=at)


def told(source: Source) -> list[tuple[str, str]]:
    """Type and standing of every message for the hotline, in order."""
    found = []
    for row in Outgoing.objects.filter(source=source).order_by("pk"):
        body = json.loads(vault.machine_reads(row, "body", viewer=system("test")))
        found.append((body["type"], body["standing"]))
    return found


def test_an_order_becomes_one_report_whatever_is_repeated(hotline: Make, order: Say, now: datetime) -> None:
    source = hotline()
    first = take(source, order(), now)
    assert [take(source, order(), now).fate for _ in range(3)] == ["again"] * 3
    taken_in(source, now)
    assert take(source, order(), now).receipt == first.receipt
    taken_in(source, now)
    report = Report.objects.get(net="xa12345")
    assert report.channel == "hotline"
    assert report.external == "XA-1"
    assert Version.objects.get().repeats == 4


def test_changed_words_are_recorded_as_a_change_and_never_doubled(
    hotline: Make, order: Say, now: datetime
) -> None:
    source = hotline()
    take(source, order(), now)
    taken_in(source, now)
    assert take(source, order(version=2, text="路灯还是不亮，已摔伤一人"), now).fate == "changed"
    assert take(source, order(version=2, text="路灯还是不亮，已摔伤一人"), now).fate == "again"
    taken_in(source, now)
    assert Report.objects.filter(net="xa12345").count() == 1
    assert Change.objects.filter(standing="done").count() == 1
    assert "已摔伤一人" in Report.objects.get(net="xa12345").questions.get().answer


def test_other_words_under_the_same_version_are_a_change_once_each(
    hotline: Make, order: Say, now: datetime
) -> None:
    """The counterpart says A, B, and A again when its retry comes late: that is no second change of mind."""
    source = hotline()
    fates = [
        take(source, order(text=text), now).fate for text in ("甲处路灯不亮", "乙处路灯不亮", "甲处路灯不亮")
    ]
    assert fates == ["new", "conflict", "again"]
    taken_in(source, now)
    assert Change.objects.count() == 1


def test_an_older_version_that_comes_late_is_noted_and_not_used(
    hotline: Make, order: Say, now: datetime
) -> None:
    source = hotline()
    take(source, order(version=3, text="第三版"), now)
    assert take(source, order(version=2, text="第二版"), now).fate == "late"
    found = Order.objects.get()
    assert (found.version, Change.objects.count()) == (3, 0)
    assert Version.objects.filter(order=found, fate="late").count() == 1


def test_the_limit_is_theirs_or_that_of_the_terms(hotline: Make, order: Say, now: datetime) -> None:
    source = hotline()
    due = (now + timedelta(days=3)).replace(microsecond=0)
    assert take(source, order("A", due=due.isoformat()), now).due == due
    general = take(source, order("B"), now).due
    urgent = take(source, order("C", urgency="urgent"), now).due
    assert general is not None
    assert urgent is not None
    assert urgent - now <= timedelta(hours=24)
    assert general > now + timedelta(days=4)
    actions.save_terms(
        [Term("complain", "ordinary", "2小时连续", "1小时连续", 0, "本市规定")],
        viewer=system("t"),
        source=source,
    )
    assert take(source, order("D"), now).due == (now + timedelta(hours=2)).replace(second=0, microsecond=0)
    assert queries.term_for(source, "complain", "ordinary", system("t")).extensions == 0


def test_ours_ends_no_later_than_theirs(
    hotline: Make, order: Say, post: Post, unit: Unit, now: datetime
) -> None:
    """Dispatched with a limit of a year, the clock still ends by their day; extended only when they have agreed."""
    source = hotline(**INTERFACE)
    due = now + timedelta(days=6)
    take(source, order(due=due.isoformat()), now)
    taken_in(source, now)
    key, desk, urban = case_of("XA-1").pk, post("dispatcher"), post("handler", unit="urban_management")
    cases.accept(case_id=key, viewer=desk, at=now, kind="C0137")
    cases.dispatch(
        case_id=key, viewer=desk, at=now, unit_id=unit("urban_management"), limit="200个法定工作日"
    )
    clock = Clock.objects.get(matter_id=key, name="handle")
    assert now < clock.due_at <= due
    cases.sign(case_id=key, viewer=urban, at=now)
    cases.ask_for(case_id=key, kind="extension", viewer=urban, at=now, reason="等配件")
    happened()
    assert told(source)[-1][0] == "extension"
    with pytest.raises(Refused) as found:
        cases.decide(case_id=key, granted=True, viewer=desk, at=now)
    assert found.value.code == "cases.promised"
    later = due + timedelta(days=10)
    take(source, {"type": "extension", "number": "XA-1", "granted": True, "due": later.isoformat()}, now)
    cases.decide(case_id=key, granted=True, viewer=desk, at=now)
    clock.refresh_from_db()
    assert due - timedelta(days=4) < clock.due_at <= later
    assert (
        take(
            source, {"type": "extension", "number": "XA-1", "granted": True, "due": later.isoformat()}, now
        ).fate
        == "again"
    )


def test_every_step_is_told_once_and_their_call_back_closes(
    hotline: Make, order: Say, post: Post, unit: Unit, now: datetime
) -> None:
    source = hotline(**INTERFACE)
    take(source, order(), now)
    taken_in(source, now)
    checked("XA-1", post, unit, now)
    happened()
    happened()
    assert told(source) == [*[("progress", "handling")] * 4, ("result", "completed")]
    back = {"type": "callback", "number": "XA-1", "outcome": "reached", "solved": True, "grade": 4}
    assert take(source, back, now).fate == "done"
    assert take(source, back, now).fate == "again"
    happened()
    assert case_of("XA-1").state == "judged"
    assert [form for form, _standing in told(source)].count("callback") == 0
    assert Order.objects.get().standing == "called_back"


def test_their_unsolved_call_back_is_rework_and_the_new_result_is_told(
    hotline: Make, order: Say, post: Post, unit: Unit, now: datetime
) -> None:
    source = hotline(**INTERFACE)
    take(source, order(), now)
    taken_in(source, now)
    checked("XA-1", post, unit, now)
    happened()
    back = {
        "type": "callback",
        "number": "XA-1",
        "outcome": "reached",
        "solved": False,
        "grade": 1,
        "comment": "还是黑的",
    }
    take(source, back, now)
    assert take(source, back, now).fate == "again"
    assert case_of("XA-1").state == "handling"
    happened()
    assert told(source)[-1] == ("progress", "handling")


def test_a_call_back_of_ours_is_told_them(
    hotline: Make, order: Say, post: Post, unit: Unit, now: datetime
) -> None:
    source = hotline(**INTERFACE)
    take(source, order(), now)
    taken_in(source, now)
    checked("XA-1", post, unit, now)
    report = Report.objects.get(net="xa12345")
    cases.call_back(
        case_id=report.case_id, report_id=report.pk, viewer=post("clerk"), at=now, outcome="reached", solved=True, grade=5
    )  # fmt: skip
    happened()
    assert told(source)[-1] == ("callback", "called_back")
    with pytest.raises(Refused):
        take(source, {"type": "callback", "number": "XA-9", "outcome": "unreachable"}, now)


def test_an_order_is_returned_within_the_term_and_answered_after_it(
    hotline: Make, order: Say, post: Post, now: datetime
) -> None:
    source = hotline(**INTERFACE)
    for number in ("A", "B"):
        take(source, order(number, return_by=(now + timedelta(hours=2)).isoformat()), now)
    taken_in(source, now)
    desk = post("dispatcher")
    key = {one.number: one.pk for one in Order.objects.all()}
    actions.give_back(
        key["A"], ground="outside_duties", reason="不属本区", viewer=desk, at=now + timedelta(hours=2)
    )
    late = now + timedelta(hours=2, minutes=1)
    with pytest.raises(Refused) as found:
        actions.give_back(key["B"], ground="outside_duties", reason="不属本区", viewer=desk, at=late)
    assert found.value.code == "hotline.return_term_over"
    cases.reject(case_id=case_of("B").pk, ground="outside_duties", reason="不属本区", viewer=desk, at=late)
    happened()
    assert told(source) == [("return", "returned"), ("result", "completed")]
    # Sent anew it is another round with a case of its own.
    assert take(source, order("A", version=2), late).fate == "changed"
    taken_in(source, late)
    assert Order.objects.get(number="A").standing == "received"
    assert Case.objects.filter(reports__net="xa12345").count() == 3


def test_a_cancelled_order_is_noted_in_its_case_and_told_nothing_more(
    hotline: Make, order: Say, post: Post, unit: Unit, now: datetime
) -> None:
    source = hotline(**INTERFACE)
    cancel = {"type": "cancel", "number": "XA-1", "reason": "来电人要求撤回"}
    take(source, order(), now)
    assert take(source, cancel, now).fate == "done"  # before its case is made
    assert take(source, cancel, now).fate == "again"
    taken_in(source, now)
    assert "来电人要求撤回" in Report.objects.get(net="xa12345").questions.get().answer
    handled("XA-1", post, unit, now)
    happened()
    assert told(source) == []


def test_an_emergency_that_was_written_down_is_not_sent_away(
    hotline: Make, order: Say, now: datetime
) -> None:
    """Nobody is on the line who could be told to call 119: it becomes an urgent case."""
    source = hotline()
    take(source, order(text="三楼着火了，有人被困"), now)
    taken_in(source, now)
    assert case_of("XA-1").urgent


def test_attachments_are_kept_and_a_bad_one_holds_nothing_up(
    hotline: Make, order: Say, now: datetime
) -> None:
    source, good, bad = hotline(), _picture(80), b"MZ no picture at all"
    given = [
        {"name": name, "mime": "image/jpeg", "size": len(data), "sha256": hashlib.sha256(data).hexdigest(),
         "content": base64.b64encode(data).decode()}
        for name, data in (("现场.jpg", good), ("x.exe", bad))
    ]  # fmt: skip
    take(source, order(attachments=given), now)
    taken_in(source, now)
    kept, refused = OrderFile.objects.order_by("pk")
    assert kept.file_id is not None
    assert (refused.file_id, refused.code.split(".")[0]) == (None, "files")
    from gongbi.kernel.files.models import StoredFile

    assert StoredFile.objects.get(pk=kept.file_id).matter_id == case_of("XA-1").pk
    with pytest.raises(Refused) as found:
        take(source, order("XA-2", attachments=[given[0] | {"sha256": "0" * 64}]), now)
    assert found.value.code == "hotline.attachment"
    # A new picture alone is a change too.
    more = given[0] | {"sha256": hashlib.sha256(_picture(81)).hexdigest(), "content": base64.b64encode(_picture(81)).decode(),
                       "size": len(_picture(81))}  # fmt: skip
    assert take(source, order(version=2, attachments=[given[0], more]), now).fate == "changed"
    taken_in(source, now)
    assert OrderFile.objects.filter(file_id__isnull=False).count() == 2
    assert StoredFile.objects.filter(matter_id=case_of("XA-1").pk).count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"number": "有空格 的"}, "number"), ({"version": 0}, "version"), ({"version": True}, "version"), ({"text": ""}, "text"),
        ({"text": 7}, "text"), ({"said_at": "昨天"}, "said_at"), ({"said_at": "2026-11-23T09:30:00"}, "said_at"),
        ({"anonymous": False}, "phone"), ({"kind": "gossip"}, "kind"), ({"lon": 108.9, "lat": None}, "lon"),
        ({"lon": float("nan")}, "lon"), ({"attachments": "x"}, "attachments"), ({"attachments": [{}]}, "attachments[1].sha256"),
        ({"text": "路灯\x00不亮"}, "text"),
        ({"text": "路灯\ud83d不亮"}, "text"),
        ({"lon": 10**400}, "lon"),
        ({"due": 5}, "due"), ({"type": "gossip"}, "type"), ({"crs": "EPSG:1"}, "crs"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_names_its_field(order: Say, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as found:
        messages.read(order() | wrong)
    assert found.value.field == field


def test_a_batch_of_new_orders_costs_a_handful_of_statements(
    hotline: Make, order: Say, now: datetime, django_assert_max_num_queries: Any
) -> None:
    """What is new is kept together; a cancellation, a repetition and a change among them stay in their places."""
    source = hotline()
    read = [messages.read(order(f"B-{place}")) for place in range(200)]
    with django_assert_max_num_queries(40):
        told = actions.take_many(source, read, at=now)
    assert {one.fate for one in told if isinstance(one, Taken)} == {"new"}
    assert Order.objects.count() == Version.objects.count() == 200
    mixed = [
        messages.read(order("C-1")), messages.read(order("C-1")), messages.read({"type": "cancel", "number": "C-1", "reason": "撤回"}),
        messages.read(order("C-2")), messages.read({"type": "cancel", "number": "C-9", "reason": "撤回"}),
        messages.read(order("C-3")), messages.read(order("B-1", version=2, text="改了")),
    ]  # fmt: skip
    told = actions.take_many(source, mixed, at=now)
    assert [one.fate if isinstance(one, Taken) else one.code for one in told] == [
        "new", "again", "done", "new", "hotline.unknown_order", "new", "changed"
    ]  # fmt: skip
    taken_in(source, now)
    assert Report.objects.filter(net="xa12345").count() == 50  # a batch of the lane; the worker goes on


def test_they_may_reach_the_caller_whom_our_clerk_could_not(
    hotline: Make, order: Say, post: Post, unit: Unit, now: datetime
) -> None:
    """Closed without a word of the caller; the hotline reaches them later: solved is a verdict, not solved opens it again."""
    source = hotline(**INTERFACE)
    for number in ("A", "B"):
        take(source, order(number), now)
        taken_in(source, now)
        checked(number, post, unit, now)
        report = Order.objects.get(number=number).arrival.report
        assert report is not None
        cases.call_back(
            case_id=report.case_id, report_id=report.pk, viewer=post("clerk"), at=now, outcome="unreachable"
        )
        happened()
    later = now + timedelta(days=1)
    for number, solved in (("A", True), ("B", False)):
        take(
            source, {"type": "callback", "number": number, "outcome": "reached", "solved": solved, "grade": 4 if solved else 1}, later
        )  # fmt: skip
    assert (case_of("A").state, case_of("B").state) == ("judged", "handling")
    assert [one.standing for one in Order.objects.order_by("number")] == ["called_back", "handling"]


def test_a_fault_of_ours_holds_up_no_other_message(
    hotline: Make, order: Say, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gongbi.channels.hotline.actions import taking_many

    real = taking_many.take

    def faulty(source: Source, message: Any, *, at: datetime) -> Taken:
        if message.number == "B":
            raise RuntimeError("a fault")
        return real(source, message, at=at)

    monkeypatch.setattr(taking_many, "take", faulty)
    source = hotline()
    cancel = messages.read({"type": "cancel", "number": "B", "reason": "撤回"})
    told = actions.take_many(source, [messages.read(order("A")), cancel, messages.read(order("C"))], at=now)
    assert [one.fate if isinstance(one, Taken) else one.code for one in told] == [
        "new",
        "hotline.broken",
        "new",
    ]


def test_two_orders_about_one_thing_are_one_case_with_two_answers(
    hotline: Make, order: Say, post: Post, unit: Unit, now: datetime
) -> None:
    """Merged, each order keeps its number, hears every step once and gets the result."""
    source = hotline(**INTERFACE)
    for number in ("A", "B"):
        take(source, order(number, lon=108.913 if number == "A" else 108.92), now)
        taken_in(source, now)
    desk = post("dispatcher")
    for _step in range(3):  # the one that is merged has a longer history than the one that goes on
        cases.accept(case_id=case_of("B").pk, viewer=desk, at=now, kind="C0137")
        cases.send_back(case_id=case_of("B").pk, viewer=desk, at=now, reason="再看")
    cases.merge(case_id=case_of("B").pk, into_id=case_of("A").pk, viewer=desk, at=now)
    happened()
    assert case_of("A").pk == case_of("B").pk
    before = len(told(source))
    checked("A", post, unit, now)
    happened()
    assert told(source)[before:].count(("result", "completed")) == 2
    assert len(told(source)) - before == 10
