"""Every step of a case by its form: what it does, what it refuses and where that stands, what a stale page keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gongbi.cases.flow import CASE
from gongbi.cases.models import CaseSetting
from gongbi.cases.queries.settings import forget
from gongbi.desk.doing import DOINGS
from gongbi.kernel.errors import Refused
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope.viewer import STAFF_ROLES
from gongbi.kernel.vault.models import AccessLog
from tests.desk.conftest import LAMP, Desk, World

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]
Fresh = Callable[[Any], Any]

# step, who, from which state (of a web report unless named), what is filled in, the state after it
STEPS: list[tuple[str, str, str, str, dict[str, Any], str]] = [
    ("accept", "dispatcher", "received", "web", {"kind": "C0137", "standard": "", "division": ""}, "accepted"),
    ("reject", "dispatcher", "received", "web", {"ground": "untrue", "reason": "现场灯亮着"}, "rejected"),
    ("clarify", "dispatcher", "received", "web", {"question": "在哪一侧？", "report": "FIRST"}, "clarifying"),
    ("clarify", "clerk", "received", "web", {"question": "在哪一侧？", "report": "FIRST"}, "clarifying"),
    ("answer", "clerk", "clarifying", "web", {"question": "QUESTION", "answer": "东侧"}, "received"),
    ("split", "dispatcher", "received", "web", {"text": "垃圾箱也倒了"}, "received"),
    ("unmerge", "dispatcher", "merged", "web", {"reason": "不是同一盏灯"}, "received"),
    ("send_back", "dispatcher", "accepted", "web", {"reason": "类别选错了"}, "received"),
    ("dispatch", "dispatcher", "accepted", "web", {"unit": "UNIT", "limit": "2工作日"}, "dispatched"),
    ("sign", "urban", "dispatched", "web", {}, "handling"),
    ("contest", "urban", "dispatched", "web", {"reason": "不是我们的灯"}, "accepted"),
    ("rule", "adjudicator", "disputed", "web",
     {"unit": "UNIT", "reason": "路灯维护属城管", "article": "职责清单", "precedent": "on"}, "dispatched"),
    ("contacted", "urban", "handling", "web", {"report": "FIRST"}, "handling"),
    ("ask", "urban", "handling", "web", {"question": "几号灯杆？", "report": "FIRST"}, "asking"),
    ("answer", "clerk", "asking", "web", {"question": "QUESTION", "answer": "12号"}, "handling"),
    ("co_done", "street", "shared", "web", {"result": "已疏导行人"}, "handling"),
    ("ask_extension", "urban", "handling", "web", {"reason": "要换灯杆"}, "handling"),
    ("ask_suspension", "urban", "handling", "web", {"reason": "等管线改造", "until": "2026-06-01"}, "handling"),
    ("decide", "dispatcher", "extending", "web", {"granted": "yes"}, "handling"),
    ("decide", "dispatcher", "extending", "web", {"granted": "no", "reason": "理由不足"}, "handling"),
    ("resume", "dispatcher", "suspended", "web", {}, "handling"),
    ("finish", "urban", "handling", "web", {"result": "已换灯泡", "photos": "PHOTO"}, "handled"),
    ("confirm", "checker", "handled", "web", {"finding": "灯已亮"}, "closed"),
    ("confirm", "checker", "handled", "hotline", {"finding": "灯已亮"}, "checked"),
    ("rework", "checker", "handled", "web", {"reason": "灯还是不亮"}, "handling"),
    ("call_back", "clerk", "checked", "hotline", {"report": "FIRST", "outcome": "reached"}, "closed"),
    ("call_back", "clerk", "checked", "hotline",
     {"report": "FIRST", "outcome": "reached", "solved": "yes", "grade": "5"}, "judged"),
    ("call_back", "clerk", "checked", "hotline", {"report": "FIRST", "outcome": "unreachable"}, "closed"),
    ("call_back", "clerk", "checked", "hotline",
     {"report": "FIRST", "outcome": "unsolved", "reason": "还是黑"}, "handling"),
    ("judge", "clerk", "closed", "web", {"report": "FIRST", "solved": "yes", "grade": "4"}, "judged"),
    ("reopen", "clerk", "closed", "web", {"report": "FIRST", "reason": "又坏了"}, "handling"),
    ("exempt", "adjudicator", "closed", "web", {"reason": "停电所致"}, "closed"),
    ("exclude", "adjudicator", "closed", "web", {"ground": "force_majeure", "reason": "停电所致"}, "closed"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "login", "state", "channel", "data", "after"),
    STEPS,
    ids=[f"{s[0]}-{s[1]}-{s[2]}-{s[3]}-{n}" for n, s in enumerate(STEPS)],
)
def test_each_step_by_its_form(
    step: str, login: str, state: str, channel: str, data: dict[str, Any], after: str,
    world: World, at_desk: At, fresh: Fresh, photo: Callable[..., Any],
) -> None:  # fmt: skip
    case = world.case(state, channel=channel)
    values = {
        "FIRST": lambda: case.reports.order_by("id").first().pk,
        "QUESTION": lambda: case.questions.get().pk,
        "UNIT": lambda: world.unit("urban_management"),
        "PHOTO": photo,
    }
    sent = {key: values[value]() if value in values else value for key, value in data.items()}
    world.clock.on(minutes=1)
    before = LedgerEntry.objects.filter(matter_id=case.pk).count()
    answer = at_desk(login).do(case, step, **sent)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    assert fresh(case).state == after
    assert LedgerEntry.objects.filter(matter_id=case.pk).count() > before


def test_a_second_contest_by_the_same_button_goes_to_the_adjudicator(
    world: World, at_desk: At, fresh: Fresh
) -> None:
    case, urban, desk = world.case("dispatched"), at_desk("urban"), at_desk("dispatcher")
    urban.do(case, "contest", reason="不是我们的灯", unit=world.unit(world.first_street()))
    assert fresh(case).state == "accepted"
    desk.do(case, "dispatch", unit=world.unit("urban_management"))
    urban.do(case, "contest", reason="还是不是")
    assert fresh(case).state == "disputed"
    page = at_desk("adjudicator").get(f"/desk/case/{case.number}?step=rule").content.decode()
    assert "不是我们的灯" in page
    assert "还是不是" in page


def test_merge_by_number_and_from_the_twins(world: World, at_desk: At, fresh: Fresh) -> None:
    desk = at_desk("dispatcher")
    target, one, two = world.case("received"), world.case("received"), world.case("received")
    page = desk.get(f"/desk/case/{one.number}?step=merge").content.decode()
    assert target.number in page
    assert desk.do(one, "merge", into=target.number).status_code == 302
    assert desk.do(two, "merge", twin=target.pk).status_code == 302
    assert (fresh(one).state, fresh(two).state, fresh(target).report_count) == ("merged", "merged", 3)


def test_the_desk_reads_why_a_machine_joined(world: World, at_desk: At) -> None:
    case = world.case("received")
    CaseSetting.objects.create(key="machines_join", value="device=0.8", source="test")
    forget()
    assert world.say(channel="device").pk == case.pk
    page = at_desk("dispatcher").get(f"/desk/case/{case.number}").content.decode()
    forget()
    assert "自动并入，可能性" in page
    assert "相距约0米，类别相同，用词相似100%" in page


def test_a_number_that_is_none_is_said_beside_its_field(world: World, at_desk: At, fresh: Fresh) -> None:
    case = world.case("received")
    answer = at_desk("dispatcher").do(case, "merge", into="AJ20260310-000001-9")
    assert answer.status_code == 422
    assert 'id="merge-into_wrong"' in answer.content.decode()
    assert fresh(case).state == "received"


def test_split_lets_chosen_reports_leave(world: World, at_desk: At, fresh: Fresh) -> None:
    case = world.case("received")
    other = world.say(join=case.pk)
    leaving = case.reports.order_by("-id").first()
    assert other.pk == case.pk
    assert at_desk("dispatcher").do(case, "split", reports=[leaving.pk]).status_code == 302
    leaving.refresh_from_db()
    assert leaving.case_id != case.pk
    assert fresh(case).report_count == 1


def test_every_step_that_a_post_may_take_has_its_form() -> None:
    covered = {name for doing in DOINGS for name in doing.covers}
    elsewhere = {"solve_on_spot"}  # the grid worker's own page
    by_people = {
        arrow.name
        for arrow in CASE.transitions
        if not arrow.automatic and any(who.split("@")[0] in STAFF_ROLES for who in arrow.who)
    }
    assert by_people - elsewhere == covered


# --- Refusals ---------------------------------------------------------------------------------------------------------


def test_a_community_outside_its_lists_is_refused_beside_the_unit_with_the_article(
    world: World, at_desk: At, fresh: Fresh
) -> None:
    case = world.say("雨水箅子坏了", kind="C0104")
    desk = at_desk("dispatcher")
    desk.do(case, "accept", kind="C0104")
    answer = desk.do(case, "dispatch", unit=world.unit(fresh(case).territory[:12]), limit="3工作日")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="dispatch-unit_wrong"' in page
    assert "三项清单" in page
    assert 'value="3工作日"' in page  # what was typed is kept
    assert fresh(case).state == "accepted"


@pytest.mark.parametrize(
    ("language", "cited"), [("zh-hans", "不行。（三项清单第4条）"), ("en", "No. (三项清单第4条)")]
)
def test_every_face_cites_the_article_in_the_brackets_of_the_readers_language(
    language: str, cited: str
) -> None:
    from django.utils import translation

    from gongbi.desk.forms.base import HouseForm
    from gongbi.field.forms import FieldForm
    from gongbi.resident.forms import Refusable

    refusal = Refused("x", ("不行。", "No."), article="三项清单第4条")
    with translation.override(language):
        for form in (HouseForm({}), Refusable({}), FieldForm({}, grids=())):
            form.refuse(refusal)
            assert cited in form.non_field_errors()


@pytest.mark.parametrize(("limit", "status"), [("2工作日", 302), ("24小时连续", 302), ("很快", 422)])
def test_a_limit_nobody_can_read_is_said_beside_its_field(
    limit: str, status: int, world: World, at_desk: At
) -> None:
    case = world.case("accepted")
    answer = at_desk("dispatcher").do(case, "dispatch", unit=world.unit("urban_management"), limit=limit)
    assert answer.status_code == status
    assert ('id="dispatch-limit_wrong"' in answer.content.decode()) is (status == 422)


@pytest.mark.parametrize(("days", "status"), [(-1, 422), (0, 302), (365, 302), (367, 422)])
def test_a_suspension_lasts_a_year_at_most(days: int, status: int, world: World, at_desk: At) -> None:
    case = world.case("handling")
    until = (world.clock.now + timedelta(days=days)).date()
    answer = at_desk("urban").do(case, "ask_suspension", reason="等改造", until=until.isoformat())
    # 365 days on ends at 23:59 of that day, after the very minute: a day less is the last that fits
    expected = 422 if days == 365 else status
    assert answer.status_code == expected
    assert ('id="ask_suspension-until_wrong"' in answer.content.decode()) is (expected == 422)


def test_a_result_without_its_photo_is_refused_and_the_words_are_kept(
    world: World, at_desk: At, fresh: Fresh
) -> None:
    case = world.case("handling")
    answer = at_desk("urban").do(case, "finish", result="已换灯泡，试灯正常")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "须上传处置后的照片" in page
    assert "已换灯泡，试灯正常" in page
    assert fresh(case).state == "handling"


def test_a_photo_that_is_none_does_not_lose_the_good_one(
    world: World, at_desk: At, fresh: Fresh, photo: Any
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    case, urban = world.case("handling"), at_desk("urban")
    bad = SimpleUploadedFile("b.jpg", b"<svg onload=alert(1)>", "image/jpeg")
    answer = urban.do(case, "finish", result="已换灯泡", photos=[photo(), bad])
    page = answer.content.decode()
    assert answer.status_code == 422
    ticket = page.split('name="photos_kept" value="')[1].split('"')[0]
    again = urban.do(case, "finish", result="已换灯泡", photos_kept=[ticket])
    assert again.status_code == 302
    assert fresh(case).state == "handled"


def test_four_eyes_say_so_on_the_disabled_button(world: World, at_desk: At, fresh: Fresh) -> None:
    from gongbi.cases import actions

    case = world.case("handling")
    actions.finish(
        case_id=case.pk,
        viewer=world.who("urban"),
        at=world.clock.on(minutes=9),
        result="好",
        photos=[world.photo(9)],
    )
    checker = at_desk("checker")
    # The same person may not check; here the checker's unit is made a co-handler.
    case = fresh(case)
    case.parts.create(unit_id=checker.viewer.unit_id, given_at=world.clock.now, done_at=world.clock.now)
    page = checker.get(f"/desk/case/{case.number}").content.decode()
    assert "须由别人核查" in page
    assert "管办分离" in page
    assert 'aria-disabled="true"' in page
    assert checker.do(case, "confirm", finding="好").status_code == 422
    assert fresh(case).state == "handled"


def test_an_extension_after_the_deadline_is_a_disabled_button_with_its_rule(
    world: World, at_desk: At
) -> None:
    case, urban = world.case("handling"), at_desk("urban")
    assert "延期须在到期之前申请" not in urban.get(f"/desk/case/{case.number}").content.decode()
    world.clock.on(days=200)
    page = at_desk("urban").get(f"/desk/case/{case.number}").content.decode()
    assert "延期须在到期之前申请" in page
    assert "案件流程规范 第7条" in page


def test_what_another_role_may_do_is_refused_in_words(world: World, at_desk: At, fresh: Fresh) -> None:
    case = world.case("received")
    answer = at_desk("checker").do(case, "accept", kind="C0137")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "“立案”" in page
    piece = at_desk("checker").post(
        f"/desk/case/{case.number}/do/accept", {"kind": "C0137", "version": 1}, **{"HX-Request": "true"}
    )
    assert piece.status_code == 403
    assert "<html" not in piece.content.decode()
    assert "“立案”" in piece.content.decode()
    assert fresh(case).state == "received"


def test_a_step_that_is_none_and_a_case_that_is_none_are_not_there(world: World, at_desk: At) -> None:
    case, desk = world.case("received"), at_desk("dispatcher")
    assert desk.do(case, "explode").status_code == 404
    assert desk.get("/desk/case/AJ20260310-999999-0").status_code == 404
    assert desk.get("/desk/case/hello").status_code == 404


# --- Stale pages ------------------------------------------------------------------------------------------------------


def test_a_stale_page_says_what_changed_and_keeps_what_was_typed(
    world: World, at_desk: At, fresh: Fresh
) -> None:
    case, desk = world.case("handling"), at_desk("urban")
    shown = case.version
    at_desk("urban").do(case, "contacted", report=case.reports.first().pk)  # somebody else of the unit
    answer = desk.do(case, "ask", question="请问是几号灯杆？", report=case.reports.first().pk, version=shown)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "请问是几号灯杆？" in page
    assert "已联系报告人" in page
    assert f'name="version" value="{shown + 1}"' in page  # having read it, the person may send it again
    assert fresh(case).state == "handling"
    again = desk.do(
        case, "ask", question="请问是几号灯杆？", report=case.reports.first().pk, version=shown + 1
    )
    assert again.status_code == 302


def test_a_stale_page_whose_step_is_gone_leaves_the_words_to_copy(
    world: World, at_desk: At, fresh: Fresh
) -> None:
    case, desk = world.case("received"), at_desk("dispatcher")
    shown = case.version
    at_desk("dispatcher").do(case, "accept", kind="C0137")
    answer = desk.do(case, "reject", ground="untrue", reason="现场查看灯是亮的", version=shown)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "现场查看灯是亮的" in page
    assert 'name="reason"' not in page
    assert fresh(case).state == "accepted"


# --- Acceptance -------------------------------------------------------------------------------------------------------


def test_another_kind_is_found_by_its_name_without_any_script(
    world: World, at_desk: At, fresh: Fresh
) -> None:
    case, desk = world.case("received"), at_desk("dispatcher")
    answer = desk.do(case, "accept", kind="C0137", kind_words="井盖")
    page = answer.content.decode()
    assert answer.status_code == 422  # several are called like that: choose
    assert 'value="C0101"' in page
    chosen = desk.do(case, "accept", kind="C0101", kind_words="井盖")
    assert chosen.status_code == 302
    assert fresh(case).kind == "C0101"


@pytest.mark.parametrize(
    ("typed", "kind"), [("C0102", "C0102"), ("污水井盖", "C0102"), ("ｃ０１０２", "C0102")]
)
def test_a_whole_name_or_code_needs_no_choosing(
    typed: str, kind: str, world: World, at_desk: At, fresh: Fresh
) -> None:
    case = world.case("received")
    assert at_desk("dispatcher").do(case, "accept", kind="C0137", kind_words=typed).status_code == 302
    assert fresh(case).kind == kind


def test_a_condition_of_another_kind_is_said_to_be_one(world: World, at_desk: At, fresh: Fresh) -> None:
    case, desk = world.case("received"), at_desk("dispatcher")
    answer = desk.do(case, "accept", kind="C0101", standard="C0137-1")
    assert answer.status_code == 422
    assert 'id="accept-standard_wrong"' in answer.content.decode()
    assert "C0101-1" in answer.content.decode()
    assert fresh(case).state == "received"


def test_a_point_outside_the_district_is_refused_beside_the_place(
    world: World, at_desk: At, fresh: Fresh
) -> None:
    case = world.case("received")
    answer = at_desk("dispatcher").do(case, "accept", kind="C0137", lon="121.47", lat="31.23")
    assert answer.status_code == 422
    assert 'id="accept-division_wrong"' in answer.content.decode()
    assert fresh(case).state == "received"


# --- Where it leads, and sealed data ----------------------------------------------------------------------------------


def test_after_a_step_the_next_of_the_queue_takes_its_place(world: World, at_desk: At) -> None:
    case, desk = world.case("received"), at_desk("dispatcher")
    back = "/desk/queue/accept?overdue=on"
    answer = desk.do(case, "accept", kind="C0137", **{"from": back, "i": "2"})
    assert answer["Location"] == f"{back}&i=2"
    other = world.case("received")
    foreign = desk.do(other, "accept", kind="C0137", **{"from": "//evil.example/desk/", "i": "2"})
    assert foreign["Location"] == f"/desk/case/{other.number}"


def test_a_unit_that_loses_the_case_lands_where_its_work_is(world: World, at_desk: At) -> None:
    answer = at_desk("urban").do(world.case("dispatched"), "contest", reason="不是我们的")
    assert answer["Location"] == "/desk/queue/sign"


def test_a_sealed_name_opens_only_for_a_reason_and_is_logged(world: World, at_desk: At) -> None:
    case = world.case("received", channel="hotline", name="王小明")
    report, desk = case.reports.get(), at_desk("dispatcher")
    page = desk.get(f"/desk/case/{case.number}").content.decode()
    assert "王小明" not in page
    assert "王" in page
    where = f"/desk/case/{case.number}/report/{report.pk}/name"
    for reason in ("", "看"):
        refused = desk.post(where, {"reason": reason})
        assert refused.status_code == 422
        assert "王小明" not in refused.content.decode()
    assert AccessLog.objects.count() == 0
    opened = desk.post(where, {"reason": "回电核对地点"})
    assert "王小明" in opened.content.decode()
    assert opened["Cache-Control"] == "no-store"
    assert AccessLog.objects.get().reason == "回电核对地点"


def test_an_informer_stays_hidden_from_the_unit(world: World, at_desk: At) -> None:
    case = world.case("handling", channel="hotline", name="王小明", confidential=True)
    report, urban = case.reports.get(), at_desk("urban")
    page = urban.get(f"/desk/case/{case.number}").content.decode()
    assert "王" not in page.split("matter-grid")[1]
    assert "保密" in page
    assert (
        urban.post(f"/desk/case/{case.number}/report/{report.pk}/phone", {"reason": "想知道是谁"}).status_code
        == 403
    )
    assert AccessLog.objects.count() == 0


def test_who_only_reads_sees_not_even_the_masked_name(world: World, at_desk: At) -> None:
    case = world.case("received", channel="hotline", name="王小明")
    page = at_desk("manager").get(f"/desk/case/{case.number}").content.decode()
    assert LAMP in page
    assert "王" not in page.split("matter-grid")[1]


def test_splitting_a_single_report_asks_for_the_second_matter(world: World, at_desk: At, fresh: Any) -> None:
    case = world.case("received")
    page = at_desk("dispatcher").get(f"/desk/case/{case.number}?step=split").content.decode()
    assert "或：" not in page  # there is nothing before it to choose from
    answer = at_desk("dispatcher").do(case, "split", text="")
    assert answer.status_code == 422
    assert 'id="split-text_wrong"' in answer.content.decode()
