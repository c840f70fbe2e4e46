"""The nightly look: what it raises, what it lets grow, what it leaves alone."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from gongbi.kernel.scope.viewer import Viewer
from gongbi.warning import actions, rules
from gongbi.warning.models import Run, Warning
from tests.warning.happening import TODAY, noon, outbreak, quiet_past, shuffled, store

pytestmark = pytest.mark.django_db
NIGHT = noon(TODAY) + timedelta(hours=15)  # three in the morning after


def past_with_an_outbreak() -> list:
    past = quiet_past(np.random.default_rng(5), days=100, a_day=24.0, grids=300)
    return past + outbreak(past[0].code)


def look(viewer: Viewer, **more) -> Run:
    return actions.look(day=more.pop("day", TODAY), viewer=viewer, at=more.pop("at", NIGHT), **more)


def test_a_planted_outbreak_raises_a_warning_and_a_shuffled_copy_does_not(machine: Viewer) -> None:
    past = past_with_an_outbreak()
    store(past)
    run = look(machine)
    print(
        run.numbers,
        run.seconds,
        [(w.sort, w.level, w.observed, w.expected, w.recurrence) for w in run.raised.all()],
    )
    found = [one for one in run.raised.all() if one.sort == rules.CLUSTER]
    assert len(found) == 1


def test_shuffled(machine: Viewer) -> None:
    store(shuffled(past_with_an_outbreak(), np.random.default_rng(6)))
    run = look(machine)
    print(
        run.numbers,
        run.seconds,
        [(w.sort, w.level, w.observed, w.expected, w.recurrence) for w in run.raised.all()],
    )
    assert run.new == 0
    assert not Warning.objects.exists()
