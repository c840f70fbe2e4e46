"""Bulletins in the demo district: real units and posts, ledgers that are made up."""

from __future__ import annotations

from tests.cases.conftest import post, unit
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
    "post",
    "unit",
    "world",
]
