"""The classifier learns every night, from new decisions only, and the registry shows what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gongbi.duties import actions
from gongbi.duties.models import KindModel
from gongbi.kernel.errors import Forbidden
from gongbi.kernel.outbox import subscribers
from gongbi.kernel.outbox.periodic import all_jobs
from gongbi.kernel.scope.viewer import DISPATCHER, Viewer
from tests.duties.test_classify import HISTORY


def decide(count: int, at: datetime, *, first: int = 0) -> None:
    for number, (text, kind) in enumerate(HISTORY[:count]):
        actions.learn(text=text, kind=kind, source=f"case:{first + number}", at=at)


def test_a_night_trains_once_enough_was_decided_and_not_again_without_new_decisions(
    lists: None, now: datetime, machine: Viewer, viewer: Callable[..., Viewer]
) -> None:
    decide(59, now)
    assert actions.train_nightly(viewer=machine, at=now) is None
    decide(len(HISTORY), now)
    made = actions.train_nightly(viewer=machine, at=now + timedelta(hours=1))
    assert made is not None
    assert made.active
    assert (made.window_from, made.window_to) == (now, now + timedelta(hours=1))
    assert actions.train_nightly(viewer=machine, at=now + timedelta(hours=2)) is None
    # What somebody rolled back stays back.
    actions.roll_back(viewer=machine, at=now + timedelta(hours=3))
    assert actions.train_nightly(viewer=machine, at=now + timedelta(hours=4)) is None
    assert not KindModel.objects.filter(active=True).exists()
    decide(30, now + timedelta(days=1), first=1000)
    assert actions.train_nightly(viewer=machine, at=now + timedelta(days=2)) is not None
    with pytest.raises(Forbidden):
        actions.train_nightly(viewer=viewer(DISPATCHER), at=now)


def test_many_decisions_on_one_text_are_too_few_and_no_error(
    lists: None, now: datetime, machine: Viewer
) -> None:
    text, kind = HISTORY[0]
    for number in range(70):
        actions.learn(text=text, kind=kind, source=f"case:{number}", at=now)
    assert actions.train_nightly(viewer=machine, at=now) is None
    assert not KindModel.objects.exists()


def test_the_worker_knows_the_nightly_jobs() -> None:
    subscribers.load()
    assert {"duties.train", "warning.nightly"} <= {job.name for job in all_jobs()}
