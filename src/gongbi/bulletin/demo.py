"""The demo district's bulletins: yesterday's as a draft, last month's issued and corrected once, its open data. All of it is invented."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from gongbi.bulletin import actions, rules
from gongbi.bulletin.models import Bulletin
from gongbi.insight import actions as insight
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import DISPATCHER, MANAGER, Viewer, system
from gongbi.parties import directory
from gongbi.parties.demo import stand_in

WORDS = "本月各街道受理平稳，井盖、路灯类问题集中在老旧小区。请各承办单位于时限内处置，期末超期件逐件说明原因。（演示文字，编写人为虚构。）"


def build_demo(*, at: datetime) -> str:
    """Draft, check and issue as the people of the demo would; nothing when there are bulletins already. Returns what was made, in words."""
    if Bulletin.objects.exists():
        return "bulletins were there already"
    while insight.catch_up():
        pass
    today = timezone.localdate(at)
    machine, made = system("demo"), []
    for sort in rules.SORTS:
        period = rules.last_before(sort, today)
        try:
            made.append(
                actions.draft(
                    period=rules.name_of(sort, period.first),
                    territory=settings.DISTRICT_CODE,
                    viewer=machine,
                    at=at,
                )
            )
        except Refused:
            continue  # nothing on record that far back
    if not made:
        return "no record to tell of"
    writer, leader = _post(DISPATCHER), _post(MANAGER)
    newest = made[-1]
    actions.edit(key=newest.pk, text=WORDS, viewer=writer, at=at)
    actions.check(key=newest.pk, viewer=leader, at=at)
    actions.issue(key=newest.pk, viewer=leader, at=at)
    told = f"{len(made)} bulletins, one issued"
    month = rules.name_of(rules.MONTH, rules.last_before("month", today).first)
    try:
        release = actions.prepare(month=month, viewer=leader, at=at)
    except Refused:
        return told
    actions.publish_release(key=release.pk, viewer=leader, at=at)
    return f"{told}; open data of {month}, {release.hidden_cells} of {release.cells} cells hidden"


def _post(role: str) -> Viewer:
    centre = next(unit.pk for unit in directory.current().by_id.values() if unit.kind == "district_centre")
    return stand_in(role, unit_id=centre)
