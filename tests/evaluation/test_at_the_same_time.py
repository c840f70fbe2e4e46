"""Two at the same moment, for real: threads with their own connections and commits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gongbi.evaluation import actions
from gongbi.evaluation.models import Appeal, Edition
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import ADJUDICATOR, HANDLER, Viewer
from gongbi.parties.models import Unit
from tests.evaluation.made import AFTER, asked, evaluate, march
from tests.support.copies import together

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("own_database")]
Posts = Callable[..., Viewer]


def test_two_at_once_make_one_edition_and_one_appeal(viewer: Posts) -> None:
    cases = march()
    first, second = together(evaluate, evaluate)
    assert first.pk == second.pk
    assert Edition.objects.count() == 1
    unit = Unit.objects.filter(kind="street").order_by("code")[0]
    asker, judge = (
        viewer(HANDLER, unit_id=unit.pk),
        viewer(ADJUDICATOR, unit_id=Unit.objects.get(code="centre").pk),
    )
    one = asked(first, unit, cases[unit.code][0])
    got = together(*[lambda: actions.ask(one, viewer=asker, at=AFTER)] * 3)
    assert sum(isinstance(each, Appeal) for each in got) == 1
    assert {each.code for each in got if isinstance(each, Refused)} == {"evaluation.twice"}
    key = Appeal.objects.get().pk
    decided = together(
        lambda: actions.uphold(key=key, reason="属实", viewer=judge, at=AFTER),
        lambda: actions.refuse(key=key, reason="不属实", viewer=judge, at=AFTER),
    )
    assert sum(isinstance(each, Appeal) for each in decided) == 1
    assert sum(isinstance(each, Refused) for each in decided) == 1
