"""Pages of a queue follow each other without gap or double, also past the cases whose clock stands still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gongbi.cases import actions, queries
from gongbi.cases.models import Case
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.search import queries as search

pytestmark = pytest.mark.django_db


def test_cases_without_a_running_clock_come_last_and_none_is_lost(
    say: Callable[..., Case], post: Callable[..., Viewer], now: datetime
) -> None:
    desk = post("dispatcher")
    made = [say(text=f"第{n}盏路灯不亮") for n in range(6)]
    for case in made[:3]:
        actions.clarify(case_id=case.pk, viewer=desk, at=now + timedelta(minutes=1), question="在哪里？")
    seen: list[Case] = []
    after = None
    for _ in range(10):
        page = queries.queue(desk, queries.QueueFilter(tab="open", after=after), now=now, size=2)
        seen += page.cases
        if not page.more:
            break
        after = (page.cases[-1].due_at, page.cases[-1].pk)
    assert [case.pk for case in seen] == [case.pk for case in (*made[3:], *made[:3])]


@pytest.mark.parametrize("first_look", [1, 2, 3, 1000])
def test_a_search_shows_the_newest_that_fit_however_far_it_looked_first(
    say: Callable[..., Case],
    post: Callable[..., Viewer],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    first_look: int,
) -> None:
    """What the newest matches leave of a page open (rejected ones here) is found among the older ones."""
    monkeypatch.setattr(search, "NEWEST", first_look)
    desk = post("dispatcher")
    made = [say(text=f"第{n}盏路灯不亮") for n in range(5)]
    say(text="楼上半夜装修噪音很大")
    for case in made[3:]:
        actions.reject(
            case_id=case.pk,
            viewer=desk,
            at=now + timedelta(minutes=1),
            ground="untrue",
            reason="不属于受理范围。",
        )

    def page(size: int) -> tuple[list[int], bool]:
        found = queries.queue(desk, queries.QueueFilter(tab="open", words="路灯"), now=now, size=size)
        return [case.pk for case in found.cases], found.more

    assert page(2) == ([made[2].pk, made[1].pk], True)
    assert page(3) == ([made[2].pk, made[1].pk, made[0].pk], False)
