"""A small district: a centre, a department with a section, a street with two communities, a property firm."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from gongbi.kernel.scope.viewer import ADMIN, SECURITY, Viewer
from gongbi.parties import actions
from gongbi.parties.models import Person, Post, Unit

KEEPER = Viewer(actor="post:1", role=ADMIN, name="admin")
GUARD = Viewer(actor="post:2", role=SECURITY, name="security")

PLAN = (
    ("centre", "district_centre", "", "610104"),
    ("urban_management", "department", "", ""),
    ("urban_section", "department", "urban_management", ""),
    ("610104001", "street", "", "610104001"),
    ("610104001001", "community", "610104001", "610104001001"),
    ("610104001002", "community", "610104001", "610104001002"),
    ("610104002", "street", "", "610104002"),
    ("firm", "property_firm", "", ""),
)


@pytest.fixture
def units(db: None, now: datetime) -> dict[str, Unit]:
    return {
        code: actions.create_unit(
            code=code,
            name=f"{code}号单位",
            name_en=f"Unit {code}",
            kind=kind,
            parent=parent,
            territory=territory,
            at=now,
            viewer=KEEPER,
        )
        for code, kind, parent, territory in PLAN
    }


@pytest.fixture
def person(db: None, now: datetime) -> Callable[[], Person]:
    numbers = itertools.count(1)

    def add() -> Person:
        number = next(numbers)
        return actions.add_person(number=f"T{number:03d}", name="示范人", phone="", at=now, viewer=KEEPER)

    return add


@pytest.fixture
def appoint(units: dict[str, Unit], person: Callable[[], Person], now: datetime) -> Callable[..., Post]:
    """``appoint("610104001", "handler")``: a new person (or ``person_id=``) in a unit by its code, from now on."""

    def give(unit: str, role: str, **more: Any) -> Post:
        more.setdefault("person_id", None)
        if more["person_id"] is None:
            more["person_id"] = person().pk
        more.setdefault("valid_from", now)
        return actions.appoint(unit_id=units[unit].pk, role=role, at=now, viewer=KEEPER, **more)

    return give
