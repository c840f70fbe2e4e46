"""Several people whistle for one matter at the same moment, in real threads with connections of their own."""

from __future__ import annotations

from datetime import timedelta

from gongbi.cases.models import Case
from gongbi.command import actions
from gongbi.command.models import Order, Whistle
from gongbi.kernel.errors import Refused
from gongbi.kernel.flow.models import Link
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties.models import Post, Unit
from tests.command.conftest import World
from tests.desk.conftest import Clock
from tests.incidents.test_at_once import together

HANDS = 6


def test_many_who_whistle_for_one_matter_make_one_whistle(own_database: str, clock: Clock) -> None:
    world = World(clock)
    caller = world.who("street-manager")
    (street,) = caller.territories
    case: Case = world.case("handling", division=f"{street}001", lon=None, lat=None)
    units = list(Unit.objects.filter(kind="department").order_by("code").values_list("pk", flat=True)[:3])
    assert Post.objects.filter(unit_id__in=units).exists()
    wanted = [actions.Wanted(key, lead=place == 0) for place, key in enumerate(units)]
    blown = actions.Blown(
        units=wanted, title="路面塌陷", text="请到场", about=case.pk, place_words="劳动路口", come_by=clock.now + timedelta(hours=1),
    )  # fmt: skip
    answers = together(*[lambda: actions.sound(blown, viewer=caller, at=clock.now) for _ in range(HANDS)])
    whistle = Whistle.objects.get()
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert [answer.code for answer in refused] == ["command.whistled_already"] * (HANDS - 1)
    assert all(whistle.number in answer.message for answer in refused)  # each is told whose it is
    assert sorted(Order.objects.values_list("unit_id", flat=True)) == sorted(units)
    assert Link.objects.filter(source_id=whistle.pk, target_id=case.pk).count() == 1

    # Each unit taps twice at once, from two phones: one signature each.
    calls = list(Order.objects.order_by("pk"))

    def hand(call: Order) -> Viewer:
        post = Post.objects.filter(unit_id=call.unit_id, role="handler").order_by("pk")[0]
        return Viewer(actor=post.actor, role="handler", post_id=post.pk, person_id=post.person_id, unit_id=post.unit_id,
                      units=frozenset({post.unit_id}))  # fmt: skip

    hands = [(call.pk, hand(call)) for call in calls for _twice in range(2)]
    done = together(
        *[
            lambda key=key, viewer=viewer: actions.sign(key=key, viewer=viewer, at=clock.now)
            for key, viewer in hands
        ]
    )
    assert not [answer for answer in done if isinstance(answer, Refused)]
    assert set(Order.objects.values_list("state", flat=True)) == {"signed"}
