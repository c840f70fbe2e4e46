"""Rounds in the demo district."""

from tests.field.conftest import (
    _compiled,
    _own_files,
    at_desk,
    clock,
    district,
    district_database,
    fresh,
    own_database,
    photo,
    unit,
    world,
)

__all__ = [
    "_compiled", "_own_files", "at_desk", "clock", "district", "district_database", "fresh", "own_database", "photo", "unit", "world",
]  # fmt: skip
