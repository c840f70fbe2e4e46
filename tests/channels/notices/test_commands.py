"""Orders, whistles and climbs are told: each change once to each of those it concerns, nothing of their words, drills called drills."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gongbi.channels.models import Source
from gongbi.channels.notices import actions, rules
from gongbi.channels.notices.models import Notice
from gongbi.command import actions as command
from gongbi.command.models import Order
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.outbox.subscribers import Event, handlers_of, load
from gongbi.kernel.scope.viewer import system
from gongbi.parties.models import Post
from tests.channels.notices.conftest import ME, MORNING, NIGHT, NOON, deliver
from tests.channels.notices.test_telling import written

pytestmark = pytest.mark.django_db
Post_ = Callable[..., Any]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Any) -> None:
    settings.VAR, settings.SITE_URL = tmp_path, "https://gongbi.example.cn"


@pytest.fixture
def sms(gateway: Callable[..., Source]) -> Source:
    return gateway("sms", transport="file", ways=["sms"])


@pytest.fixture
def told_unit(unit: Callable[[str], int]) -> Callable[..., int]:
    """``told_unit("water", "13900000002")``: that unit hears by text message; its key."""

    def one(code: str, number: str, language: str = "zh-hans", hours: str = "day") -> int:
        actions.choose_for_unit(
            viewer=system("test"), unit_id=unit(code), way="sms", address=number, hours=hours, language=language, at=NOON
        )  # fmt: skip
        return unit(code)

    return one


def announced() -> list[Event]:
    rows = OutboxRow.objects.exclude(topic__startswith="cases.").order_by("pk")
    return [Event(row.pk, row.topic, row.matter_id, row.payload, row.created_at) for row in rows]


def centre(post: Post_) -> Any:
    return post("manager", unit="centre")


def give(viewer: Any, to: int, *, at: Any = NOON, **more: Any) -> Order:
    plain = {"title": "老王家门口路灯熄灭", "text": "请立即查明原因", "unit_id": to}
    return command.give(command.Given(**(plain | more)), viewer=viewer, at=at)


def test_the_steps_of_an_order_reach_the_unit_and_who_gave_it_each_once(
    sms: Source, told_unit: Callable[..., int], post: Post_, tmp_path: Path
) -> None:
    water = told_unit("water", "13900000002")
    told_unit("centre", "13900000003", language="en")
    order = give(centre(post), water, key="one")
    handler = post("handler", unit="water")
    command.sign(key=order.pk, viewer=handler, at=NOON + timedelta(minutes=3))
    for _twice in range(2):  # delivered at least once: told once
        actions.tell_commands(announced())
        deliver(NOON + timedelta(minutes=5))
    to_unit, to_centre = written(tmp_path)
    assert to_unit.startswith("sms: 13900000002\n")
    assert f"指令 {order.number}" in to_unit
    assert f"/desk/command/orders/{order.number}" in to_unit
    assert "老王" not in to_unit + to_centre  # what was said stays behind the link
    assert to_centre.startswith("sms: 13900000003\n")
    assert "Signed for" in to_centre
    assert Notice.objects.count() == 2
    assert {notice.audience for notice in Notice.objects.all()} == {rules.ORDERED, rules.ISSUER}


def test_a_whistle_reaches_each_called_unit_once_and_a_drill_says_so(
    sms: Source, told_unit: Callable[..., int], post: Post_, tmp_path: Path
) -> None:
    units = [told_unit("water", "13900000002"), told_unit("emergency", "13900000004")]
    street = Post.objects.filter(unit__kind="street", role="manager").order_by("pk")[0]
    caller = post("manager", unit=street.unit.code)
    blown = command.Blown(
        units=[command.Wanted(units[0], lead=True), command.Wanted(units[1])], title="演练：路面塌陷", text="请到场", drill=True,
        place_words="劳动路口", come_by=NOON + timedelta(hours=1),
    )  # fmt: skip
    whistle = command.sound(blown, viewer=caller, at=NOON)
    actions.tell_commands(announced())
    deliver(NOON)
    texts = written(tmp_path)
    assert sorted(text.splitlines()[0] for text in texts) == ["sms: 13900000002", "sms: 13900000004"]
    assert all("【演练】" in text and "吹哨 ZL" in text and "13:00 前到场" in text for text in texts)
    assert whistle.number not in "".join(texts)  # each is told of its own call


def test_what_somebody_is_to_come_for_is_told_at_night_and_a_plain_order_in_the_morning(
    sms: Source, told_unit: Callable[..., int], post: Post_
) -> None:
    water, emergency = told_unit("water", "13900000002"), told_unit("emergency", "13900000004")
    give(centre(post), water, key="plain", at=NIGHT)
    actions.tell_commands(announced())
    assert deliver(NIGHT) == 0
    command.give(
        command.Given(unit_id=emergency, title="抢修", text="请到场", come=True, place_words="劳动路口", key="come"), viewer=centre(post), at=NIGHT,
    )  # fmt: skip
    actions.tell_commands(announced())
    assert deliver(NIGHT) == 1
    # What is urgent takes along what waits for the morning: messages to one addressee go out in their order.
    command.give(
        command.Given(unit_id=water, title="抢修", text="请到场", come=True, place_words="劳动路口", key="too"), viewer=centre(post), at=NIGHT,
    )  # fmt: skip
    actions.tell_commands(announced())
    assert deliver(NIGHT) == 1
    assert deliver(MORNING) == 0


def test_what_climbs_is_told_to_whom_it_reaches_and_a_take_over_once(
    sms: Source, told_unit: Callable[..., int], post: Post_, tmp_path: Path
) -> None:
    water, chief = told_unit("water", "13900000002"), told_unit("centre", "13900000003", hours="any")
    order = give(centre(post), water, key="late")
    command.save_rung(
        flow="order", clock="sign", minutes=0, to="district", transfer=True, notice="", source="试验", verified=False,
        valid_from=NOON.date(), valid_to=None, viewer=ME,
    )  # fmt: skip
    actions.tell_commands(announced())
    deliver(NOON)
    before = len(written(tmp_path))
    assert command.climb(at=NOON + timedelta(hours=30)) == 1
    for _twice in range(2):
        actions.tell_commands(announced())
    deliver(NOON + timedelta(hours=45))
    order.refresh_from_db()
    assert order.unit_id == chief
    fresh = written(tmp_path)[before:]
    assert [text.splitlines()[0] for text in fresh] == ["sms: 13900000003"]
    assert "接手" in fresh[0]
    assert "供排水" in fresh[0]


def test_the_worker_hears_of_all_of_it() -> None:
    load()
    for topic in ("order.issue", "whistle.review", "command.escalated"):
        assert any(name.startswith("notices.tell") for name, _handler in handlers_of(topic))
