"""The shipped lists, loaded once for each test that asks."""

from datetime import datetime

import pytest

from gongbi.duties import actions
from gongbi.kernel.scope.viewer import Viewer


@pytest.fixture
def lists(db: None, now: datetime, machine: Viewer) -> None:
    """All shipped lists in force."""
    actions.load_defaults(at=now, viewer=machine)
