"""The ladder: unit head, street, district, driven by the clocks, once each; with or without a change of hands; numbered notices."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gongbi.command import actions, documents, exchange, queries
from gongbi.command.models import Escalation, Notice, Order
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.flow import invariants
from gongbi.kernel.scope.viewer import system
from tests.desk.conftest import World

pytestmark = pytest.mark.django_db
Give = Callable[..., Order]


def rung(world: World, minutes: int, to: str, **more: Any) -> None:
    plain: dict[str, Any] = {
        "flow": "order",
        "clock": "sign",
        "transfer": False,
        "notice": "",
        "source": "本区办法（示例）",
        "verified": False,
        "valid_to": None,
    }
    actions.save_rung(
        **(plain | more), minutes=minutes, to=to, valid_from=world.clock.now.date(), viewer=system("test")
    )


def test_it_climbs_as_the_clock_runs_once_each(give: Give, world: World) -> None:
    rung(world, 0, "head")
    rung(world, 30, "district", transfer=True)
    order, urban = give(), world.unit("urban_management")
    assert actions.climb(at=world.clock.on(minutes=30)) == 0  # the last minute is in time
    assert actions.climb(at=world.clock.on(minutes=1)) == 1
    assert actions.climb(at=world.clock.on(minutes=1)) == 0
    assert Order.objects.get(pk=order.pk).unit_id == urban
    assert [one.matter_id for one in queries.escalations(world.who("manager"))] == [order.pk]
    assert actions.climb(at=world.clock.on(minutes=30)) == 1
    taken, centre = Order.objects.get(pk=order.pk), world.who("manager").unit_id
    assert (taken.state, taken.unit_id, taken.first_unit_id) == ("issued", centre, urban)
    assert [(one.to_unit_id, one.transferred) for one in Escalation.objects.order_by("pk")] == [
        (urban, False),
        (centre, True),
    ]
    late = order.clocks.get(name="sign", round=1)
    assert late.stopped_at == world.clock.now
    assert not late.cancelled  # it stays late, of who had it
    names = [event.arrow.name for event in queries.timeline(taken, system("test"))]
    assert names == ["issue", "escalate", "take_over"]
    assert queries.escalations(world.who("manager")) == []  # in hand now, and in the list of who took it over
    assert list(invariants.run_all(rooms=["command"])) == []


def test_what_nobody_watched_climbs_all_it_has_passed_and_what_was_done_none(
    give: Give, world: World
) -> None:
    for minutes in (0, 30, 60):
        rung(world, minutes, "head")
    give()
    done = give()
    actions.sign(key=done.pk, viewer=world.who("urban"), at=world.clock.on(minutes=1))
    assert actions.climb(at=world.clock.on(minutes=200)) == 3
    assert set(Escalation.objects.values_list("matter__flow", flat=True)) == {"order"}


def test_a_case_over_its_limit_is_supervised_by_the_ladder(world: World) -> None:
    rung(world, 0, "street", flow="cases", clock="handle", notice="supervise2")
    case = world.case("handling")
    due = case.clocks.get(name="handle").due_at
    assert actions.climb(at=due + timedelta(minutes=2)) == 1
    (climbed,) = Escalation.objects.all()
    notice = climbed.order
    assert notice is not None
    assert (notice.sort, notice.level, notice.unit_id, notice.about_id) == (
        "supervise",
        2,
        case.unit_id,
        case.pk,
    )
    assert case.number in notice.title
    assert notice.notice.number == f"督〔{due.year}〕1号"
    # A notice that nobody signs for climbs too, but calls for no further notice.
    rung(world, 0, "head", clock="sign", notice="urge")
    actions.climb(at=due + timedelta(days=1))
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"flow": "x"}, {"to": "nowhere"}, {"minutes": -1}, {"flow": "cases", "transfer": True}, {"source": ""}],
)
def test_a_rung_that_cannot_be_is_refused_beside_its_column(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        rung(world, **({"minutes": 5, "to": "head"} | wrong))
    assert refused.value.field in wrong


def test_the_ladder_is_a_list_that_comes_in_and_goes_out(world: World) -> None:
    text = "事项,计时,过时分钟,升级到,移交,通知,依据\norder,sign,30,head,否,,示例\norder,sign,x,head,否,,示例\ncases,handle,60,district,是,,示例\n"
    day, admin = world.clock.now.date(), world.who("admin")
    told = exchange.import_rungs(
        io.BytesIO(text.encode()), "l.csv", valid_from=day, viewer=admin, at=world.clock.now
    )
    assert (told.new, [fault.column for fault in told.faults]) == (1, ["minutes", "transfer"])
    again = exchange.import_rungs(
        io.BytesIO(text.encode()), "l.csv", valid_from=day, viewer=admin, at=world.clock.now
    )
    assert (again.new, again.same) == (0, 1)
    (row,) = exchange.rung_rows(admin, on=day)
    assert (row["minutes"], row["to"], row["transfer"]) == (30, "head", "否")
    with pytest.raises(Forbidden):
        actions.change_settings({"sign_order": "5分钟"}, viewer=world.who("manager"), at=world.clock.now)


# ---- notices -------------------------------------------------------------------------------------------------------


def test_notices_are_numbered_without_a_gap_a_year_and_kind(give: Give, world: World) -> None:
    case = world.case("handling")
    actions.change_settings({"mark_supervise": "莲督"}, viewer=world.who("admin"), at=world.clock.now)
    one = give(to="urban_management", sort="supervise", level=1, about=case.pk)
    assert one.notice.number == "莲督〔2026〕1号"
    with pytest.raises(Refused):
        give(
            sort="supervise", level=2, about=case.pk, title=""
        )  # rolled back: its number is given to the next
    assert give(sort="supervise", level=3, about=case.pk).notice.number == "莲督〔2026〕2号"
    assert give(sort="urge", about=case.pk).notice.number == "催〔2026〕1号"
    world.clock.on(days=300)
    assert give(sort="supervise", level=3, about=case.pk).notice.number == "莲督〔2027〕1号"
    assert list(invariants.run_all(rooms=["command"])) == []
    Notice.objects.filter(seq=1, mark="莲督", year=2026).update(seq=9)
    assert [one.invariant for one in invariants.run_all(rooms=["command"])] == ["command.notice_numbers"]


def test_a_limit_follows_its_level_and_the_unit_that_has_the_case_is_urged(give: Give, world: World) -> None:
    case = world.case("handling")
    given = actions.Given(unit_id=None, title="请速办", text="逾期", sort="supervise", level=1, about=case.pk)
    order = actions.give(given, viewer=world.who("manager"), at=world.clock.now)
    assert order.unit_id == case.unit_id
    assert order.clocks.get(name="report").due_at - world.clock.now == timedelta(hours=24)


def test_a_notice_as_word_and_as_pdf_says_what_was_issued(give: Give, world: World) -> None:
    case = world.case("handling")
    order = give(sort="supervise", level=2, about=case.pk, text="请于今日 <18:00> 前&办结", drill=True)
    before = documents.facts_of(order.notice)
    Order.objects.filter(pk=order.pk).update(title="改过的标题")
    notice = Notice.objects.get()
    assert documents.facts_of(notice) == before
    with zipfile.ZipFile(io.BytesIO(documents.as_word(notice))) as word:
        body = word.read("word/document.xml").decode()
    for part in ("督〔2026〕1号", "督办通知书", "【演练】", "城", case.number, "&lt;18:00&gt; 前&amp;办结"):
        assert part in body
    assert "{{" not in body
    paper = documents.as_pdf(notice)
    assert paper.startswith(b"%PDF-")
    assert paper == documents.as_pdf(notice)
    assert len(paper) < 200_000  # only the letters that are used go along
