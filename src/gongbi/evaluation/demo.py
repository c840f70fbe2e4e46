"""The demo district's evaluation: the month before, and an appeal about one case of it. Everything in it is invented, and marked so."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from gongbi.evaluation import actions, queries, reading
from gongbi.evaluation.actions import Asked
from gongbi.evaluation.models import Edition
from gongbi.insight import actions as insight
from gongbi.insight import queries_tally as tally
from gongbi.insight.drawing import EXCLUDABLE
from gongbi.kernel.scope.viewer import HANDLER, system
from gongbi.parties.demo import stand_in

SCHEMES = ("streets", "departments")


def build_demo(*, at: datetime) -> str:
    """Evaluate the month before ``at`` and let a unit appeal; nothing when there are results already. Returns what was made, in words."""
    viewer = system("demo")
    if Edition.objects.exists():
        return "results were there already"
    while insight.catch_up():
        pass
    period = reading.before(reading.name_of("month", timezone.localdate(at)))
    made = [actions.evaluate(scheme=scheme, period=period, viewer=viewer, at=at) for scheme in SCHEMES]
    asked = next((number for number in (_appeal(edition, at) for edition in made) if number), "")
    return f"results of {period}" + (f", an appeal ({asked})" if asked else "")


def _appeal(edition: Edition, at: datetime) -> str:
    found = queries.results(system("demo"), edition)
    span = reading.period(edition.period)
    for unit in found.inputs.units:
        where = Q(
            unit_id=unit.id, what__in=sorted(int(what) for what in EXCLUDABLE), excluded_at__isnull=True
        )
        lines, _total, _more = tally.lines_where(queries.COUNTER, span, where, size=1)
        if lines:
            asked = Asked(
                edition.pk, unit.id, lines[0].case_id, "exclude", "诉求超出现行政策允许的范围（演示）", "街道会议纪要第 3 号，第 2 项（演示）", "policy_limit"
            )  # fmt: skip
            return actions.ask(asked, viewer=stand_in(HANDLER, unit_id=unit.id), at=at).number
    return ""
