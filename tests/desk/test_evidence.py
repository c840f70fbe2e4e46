"""Who sees the photos of a matter: those who deal with it, wherever its reports have gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from gongbi.cases import actions, queries
from gongbi.kernel.files import queries as files
from tests.desk.conftest import Desk, World

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]


def shown(desk: Desk, case: Any) -> int:
    """How many photos the page of the matter shows to this account."""
    page = desk.get(f"/desk/case/{case.number}")
    assert page.status_code == 200
    return len(re.findall(r'<img[^>]+src="/desk/picture/', page.content.decode()))


def test_a_co_handler_sees_the_photos_of_the_matter_it_helps_with_and_the_checker_and_adjudicator_do(
    at_desk: At, world: World, unit: Callable[[str], int]
) -> None:
    case = world.case("shared", photos=(world.photo(90),))
    for login in ("urban", "street", "dispatcher", "checker", "adjudicator"):
        assert shown(at_desk(login), case) == 1, login
    assert files.of_matter(case.pk, viewer=at_desk("property").viewer) == []
    alone = world.case("handling", photos=(world.photo(91),))
    assert at_desk("street").get(f"/desk/case/{alone.number}").status_code == 404
    assert files.of_matter(alone.pk, viewer=at_desk("street").viewer) == []


def test_a_co_handler_shows_its_part_and_the_photo_stands_at_its_line(
    at_desk: At, world: World, photo: Callable[..., Any], fresh: Callable[[Any], Any]
) -> None:
    case = world.case("shared")
    page = at_desk("street").get(f"/desk/case/{case.number}?step=co_done").content.decode()
    assert 'type="file"' in page
    assert at_desk("street").do(case, "co_done", result="已疏导行人", photos=[photo()]).status_code == 302
    assert "step=co_done" not in at_desk("street").get(f"/desk/case/{case.number}").content.decode()
    part = fresh(case).parts.get()
    assert (part.done_at is not None, part.result) == (True, "已疏导行人")
    assert shown(at_desk("checker"), case) >= 1
    line = next(
        one for one in queries.timeline(fresh(case), world.who("checker")) if one.arrow.name == "co_done"
    )
    stored = files.of_matter(case.pk, viewer=world.who("checker"))
    assert [file.digest for file in stored] == line.facts["evidence"]


def test_photos_go_with_their_report_when_cases_merge_and_part(
    at_desk: At, world: World, fresh: Callable[[Any], Any]
) -> None:
    dispatcher = world.who("dispatcher")
    other = world.say(photos=(world.photo(92),))
    target = world.case("accepted", photos=(world.photo(93),))
    told = world.holder(other)
    actions.merge(case_id=other.pk, into_id=target.pk, viewer=dispatcher, at=world.clock.on(minutes=1))
    actions.dispatch(
        case_id=target.pk, viewer=dispatcher, at=world.clock.on(minutes=1), unit_id=world.unit("urban_management")
    )  # fmt: skip
    assert shown(at_desk("urban"), target) == 2
    assert len(files.of_matter(target.pk, viewer=told)) == 1  # the reporter's own, not the other's
    back = world.say(photos=(world.photo(94),))
    stays = world.say(photos=(world.photo(95),))
    actions.merge(case_id=back.pk, into_id=stays.pk, viewer=dispatcher, at=world.clock.on(minutes=1))
    actions.unmerge(case_id=back.pk, viewer=dispatcher, at=world.clock.on(minutes=1), reason="不是一件事")
    assert [shown(at_desk("dispatcher"), fresh(one)) for one in (back, stays)] == [1, 1]
    actions.merge(case_id=back.pk, into_id=stays.pk, viewer=dispatcher, at=world.clock.on(minutes=1))
    leaving = fresh(stays).reports.order_by("-id").first()
    parted = actions.split(
        case_id=stays.pk, viewer=dispatcher, at=world.clock.on(minutes=1), reports=[leaving.pk]
    )
    assert [shown(at_desk("dispatcher"), one) for one in (fresh(parted), fresh(stays))] == [1, 1]
