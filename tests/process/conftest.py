"""A house that is killed stands in a copy of the district that other tests stand in too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.district import district_database
from tests.support.furnished import furnish
from tests.support.house import House

__all__ = ["district_database"]


@pytest.fixture
def furnished(district_database: str, tmp_path: Path) -> Iterator[House]:
    """The product as real processes, not started, on its own copy of the district."""
    with furnish(district_database, tmp_path / "var") as one:
        yield one
