"""The wall in the demo district, with cases in every state and a clock that stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gongbi.kernel.scope.viewer import system
from gongbi.wall import queries
from tests.desk.conftest import _compiled, at_desk, clock, language, world
from tests.support.district import district, district_database, own_database

__all__ = [
    "_compiled",
    "at_desk",
    "clock",
    "district",
    "district_database",
    "language",
    "own_database",
    "world",
]


@pytest.fixture(autouse=True)
def _counted_anew() -> Iterator[None]:
    """A test's figures are not the one's before it."""
    queries.forget(viewer=system("test"))
    yield
    queries.forget(viewer=system("test"))
