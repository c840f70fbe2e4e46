"""Where: divisions in time, named places, grid cards. Every period of days is half-open; a null end is open.

A row of :class:`Division` is one version of one division: a re-surveyed boundary ends the old row and begins a new one with the same
code; a split or merged grid gets new codes. So any past day can be drawn again.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q

from gongbi.kernel.errors import Refused
from gongbi.territory import rules
from gongbi.territory.words import WORDS


class Revision(models.Model):
    """What changes when a list changes: processes compare ``token`` with that of what they hold in memory.

    Random, not counted: a rolled-back change can never look like a later one.
    """

    BOUNDARIES, PLACES = "boundaries", "places"

    name = models.CharField(max_length=12, primary_key=True)
    token = models.BigIntegerField()


def on_day(day: date, prefix: str = "") -> Q:
    """Rows whose half-open period holds ``day``."""
    open_end = Q(**{f"{prefix}valid_to__isnull": True}) | Q(**{f"{prefix}valid_to__gt": day})
    return Q(**{f"{prefix}valid_from__lte": day}) & open_end


class Division(models.Model):
    """One version of a district (6 digits), street (9), community (12) or grid (15)."""

    code = models.CharField(max_length=15)
    level = models.CharField(max_length=10)
    parent = models.CharField(max_length=12, default="", blank=True)  # the code one level up
    name = models.CharField(max_length=60)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    synthetic = models.BooleanField(
        default=False
    )  # boundary invented for demonstration: say so wherever it is shown
    geometry = models.BinaryField(null=True, blank=True)  # WKB, CGCS2000 degrees, longitude first
    lon = models.FloatField(null=True, blank=True)  # a point inside, for labels
    lat = models.FloatField(null=True, blank=True)
    area_m2 = models.FloatField(null=True, blank=True)  # on the ellipsoid
    households = models.PositiveIntegerField(null=True, blank=True)
    population = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="division_version_once"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_to__isnull=True), name="division_one_current"
            ),
            models.CheckConstraint(
                name="division_period", condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from"))
            ),
        ]
        indexes = [
            models.Index(fields=["level", "valid_from"], name="division_level"),
            models.Index(fields=["parent", "valid_from"], name="division_parent"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Never: matters stand in it. A grid or community ends on a day; a street only by an act of the city."""
        raise Refused("territory.never_deleted", WORDS["never_deleted"], values={"name": str(self)})


class BoundaryImport(models.Model):
    """One boundary file taken in. ``held`` keeps every feature that was not accepted, with its problems, until it is put right."""

    at = models.DateTimeField()
    by = models.CharField(max_length=40)
    level = models.CharField(max_length=10)
    effective = models.DateField()
    source_crs = models.CharField(max_length=10)
    accepted = models.JSONField(default=list)  # codes
    problems = models.JSONField(default=list)
    held = models.JSONField(default=list)  # GeoJSON features, CRS as in the file


class Place(models.Model):
    """One entry of the gazetteer."""

    KINDS = ("road", "compound", "landmark", "community", "street")

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10)
    aliases = models.JSONField(default=list, blank=True)
    lon = models.FloatField(null=True, blank=True)  # CGCS2000
    lat = models.FloatField(null=True, blank=True)
    division = models.CharField(max_length=15)  # code of the smallest division that holds it
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    synthetic = models.BooleanField(default=False)  # name or position invented for demonstration

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "kind", "division", "valid_from"], name="place_version_once"
            ),
            models.CheckConstraint(
                name="place_period", condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from"))
            ),
        ]
        indexes = [models.Index(fields=["division"], name="place_division")]

    def __str__(self) -> str:
        return self.name


class GridCard(models.Model):
    """What is publicly posted for a grid; one row for each time it was changed, the current one without an end.

    ``worker`` refers to the grid worker by what the caller knows them by (``"post:12"``); names and phones here are official ones.
    """

    grid = models.CharField(max_length=15)
    worker = models.CharField(max_length=40, default="", blank=True)
    worker_name = models.CharField(max_length=40)
    phone = models.CharField(max_length=20)
    supervision_phone = models.CharField(max_length=20)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=40)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grid"], condition=Q(ended_at__isnull=True), name="grid_card_one_current"
            )
        ]
        indexes = [models.Index(fields=["grid", "set_at"], name="grid_card_log")]


def new_division(code: str, name: str, valid_from: date, **columns: Any) -> Division:
    """An unsaved version with level and parent told by its code."""
    return Division(
        code=code,
        name=name,
        level=rules.level_of(code),
        parent=rules.parent_of(code),
        valid_from=valid_from,
        **columns,
    )
