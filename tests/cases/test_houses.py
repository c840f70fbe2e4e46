"""Numbers of buildings and levels of an address in triage: the same matter in another building is another matter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from gongbi.cases import queries
from gongbi.cases.models import Case
from gongbi.cases.triage import Said, triage

Say = Callable[..., Case]


@pytest.mark.django_db
def test_another_building_is_no_twin(say: Say) -> None:
    third = say(text="二府庄小区3号楼电梯坏了，三天没人修")
    same = say(text="二府庄小区三栋电梯坏了，三天没人修")
    other = say(text="二府庄小区五号楼电梯坏了，三天没人修")
    unsaid = say(text="二府庄小区电梯坏了，三天没人修")
    assert third.pk in [twin["id"] for twin in same.proposal["twins"]]
    assert third.pk not in [twin["id"] for twin in other.proposal["twins"]]
    assert {third.pk, same.pk, other.pk} <= {twin["id"] for twin in unsaid.proposal["twins"]}


@pytest.mark.django_db
def test_levels_that_contradict_each_other_leave_the_place_to_a_person(district: None, now: datetime) -> None:
    ask = queries.look_ups(at=now)
    clear = triage(Said("北关街道龙首西北区社区垃圾没人清", now, "web"), ask)
    assert clear.where is not None
    assert clear.where.community == "610104003001"
    wrong = triage(Said("桃园路街道龙首西北区社区垃圾没人清", now, "web"), ask)
    assert wrong.where is None
    assert any("与“" in zh and "不在一处" in zh for place in wrong.places for zh, _en in place.reasons)
