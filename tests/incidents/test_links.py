"""From one room to the next: a warning becomes an incident and is acted on, an incident calls units, each page shows the whole chain;
what the public is told stands where residents look, as long as it holds and no longer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from gongbi.command.models import Whistle
from gongbi.incidents import actions
from gongbi.incidents.models import Incident
from gongbi.kernel.flow.models import Link
from gongbi.kernel.scope.viewer import Viewer
from gongbi.warning import queries as warnings
from tests.desk.conftest import Clock, Desk
from tests.incidents.conftest import Open
from tests.incidents.test_alerts import Issue, issue
from tests.incidents.test_desk import ALL, text_of
from tests.warning.test_flow import Make, grid, make

__all__ = ["grid", "issue", "make"]
pytestmark = pytest.mark.django_db
AtDesk = Callable[[str], Desk]
HOUR = timedelta(hours=1)


def test_an_incident_from_a_warning_is_acting_on_it_and_ties_its_open_cases(
    make: Make, say: Callable[..., Any], grid: str, at_desk: AtDesk, clock: Clock
) -> None:
    case = say("劳动路口水管爆裂，路面大量冒水", kind="E0501", lon=None, lat=None, division=grid)
    warning = make(
        sort="repeat", level=2, group="E05", kind="E0501", cases=(case.pk,), centre=None, radius_km=None
    )
    desk = at_desk("dispatcher")
    opened = desk.post(f"{ALL}about/{warning.number}")
    (one,) = Incident.objects.all()
    assert (one.kind, one.level) == ("water_main", 2)
    assert set(Link.objects.filter(source_id=one.pk).values_list("target_id", flat=True)) == {
        warning.pk,
        case.pk,
    }
    warning.refresh_from_db()
    assert (warning.state, bool(warning.assessed_by)) == ("acted", True)
    steps = [event.arrow.name for event in warnings.timeline(warning, desk_viewer(desk))]
    # The second click, from the case this time, finds the first, and acts on nothing twice.
    assert desk.post(f"{ALL}about/{case.number}")["Location"] == opened["Location"]
    assert desk.post(f"{ALL}about/{warning.number}")["Location"] == opened["Location"]
    assert [event.arrow.name for event in warnings.timeline(warning, desk_viewer(desk))] == steps
    # Each page names the other two.
    pages = {case.number: "/desk/case/", warning.number: "/desk/warnings/", one.number: ALL}
    for here, where in pages.items():
        chain = chain_of(desk.get(f"{where}{here}"))
        assert all(other in chain for other in pages)
    # Whoever opened it has assessed it: somebody else reviews.
    answer = desk.post(
        f"/desk/warnings/{warning.number}/do/review",
        {"version": warning.version, "verdict": "right", "reason": "属实"},
    )
    assert answer.status_code in (403, 422)


def desk_viewer(desk: Desk) -> Viewer:
    from gongbi.kernel.scope.viewer import system

    assert desk
    return system("test")


def chain_of(answer: Any) -> str:
    found = re.search(r'<nav class="chain".*?</nav>', answer.content.decode(), re.DOTALL)
    return found[0] if found is not None else ""


def test_a_drill_acts_on_no_warning(make: Make, clock: Clock, post: Callable[..., Viewer]) -> None:
    from gongbi.desk.incidents.opening import open_from

    warning = make(level=2, kind="E0501")
    made = open_from(warning.number, post("dispatcher"), at=clock.now, drill=True)
    warning.refresh_from_db()
    assert (made.drill, warning.state) == (True, "raised")


def test_what_an_incident_knows_stands_in_the_whistle_and_a_drill_stays_one(
    open_one: Open, plans: None, leader: Viewer, at_desk: AtDesk, clock: Clock, now: datetime
) -> None:
    from gongbi.parties.models import Unit

    desk = at_desk("street-manager")
    street = Unit.objects.filter(kind="street").order_by("code")[0]
    one = open_one(drill=True, territory=f"{street.territory}001", respond=False)
    actions.start_plan(key=one.pk, code="water_main", viewer=leader, at=clock.now)
    page = desk.get(f"/desk/command/whistle/whistle?about={one.number}")
    told = page.content.decode()
    water = Unit.objects.get(code="water")
    assert re.search(rf'value="{water.pk}"[^>]*checked|checked[^>]*value="{water.pk}"', told)
    assert "关闭上下游阀门" in told
    assert "劳动路路口" in told
    assert 'name="lon"' in told
    sent = {
        "about": one.number, "units": [water.pk], "lead": water.pk, "title": one.title, "text": "请到场", "place_words": "劳动路路口",
        "come_by": f"{clock.now + HOUR:%Y-%m-%dT%H:%M}", "lon": "108.913", "lat": "34.265",
    }  # fmt: skip
    answer = desk.post("/desk/command/whistle/whistle", sent)  # the box for drills was not ticked
    assert answer.status_code == 302, text_of(answer)
    whistle = Whistle.objects.get()
    assert (whistle.drill, whistle.about_id, whistle.lon) == (True, one.pk, 108.913)
    assert one.number in chain_of(desk.get(answer["Location"]))
    assert whistle.number in text_of(desk.get(f"{ALL}{one.number}"))


def test_residents_see_what_holds_and_nothing_that_was_lifted_or_ran_out_or_was_played(
    open_one: Open, issue: Issue, clock: Clock, django_assert_max_num_queries: Any
) -> None:
    client, english = Client(), {"Accept-Language": "en"}
    assert "正在生效的预警" not in client.get("/").content.decode()
    assert "现在没有生效的预警" in client.get("/alerts").content.decode()
    issue(open_one(drill=True))
    assert "停水" not in client.get("/alerts").content.decode()
    first = issue(open_one(), level=2)
    second = issue(open_one(), expires_at=clock.now + HOUR, level=1)
    for page in ("/", "/alerts"):
        said = client.get(page).content.decode()
        assert said.index("红色预警") < said.index("橙色预警")
        assert "请提前储水" in said
        assert "Store water" in client.get(page, headers=english).content.decode()
    assert "&lt;绕行&gt;" in client.get("/alerts").content.decode()  # what was typed is text
    clock.on(minutes=61)  # the second has run out
    assert "红色预警" not in client.get("/").content.decode()
    issue(
        Incident.objects.get(pk=first.incident_id),
        at=clock.now,
        previous=first.identifier,
        cancel=True,
        areas=(),
    )
    with django_assert_max_num_queries(12):
        assert "正在生效的预警" not in client.get("/").content.decode()
    assert "现在没有生效的预警" in client.get("/alerts").content.decode()
    assert second.identifier
