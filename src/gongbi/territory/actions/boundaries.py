"""Take in boundaries from a GeoJSON file.

A boundary is good only together with its neighbours: what takes effect must tile its parent. So the children of one parent take
effect together or not at all, and a fault under one parent does not stop the others. Features that are not accepted, faulty or
waiting for a faulty neighbour, are kept with the import and can be put right and tried again: nothing valid is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import shapely
from django.db import transaction
from django.utils import timezone

from gongbi.kernel.scope.viewer import Viewer
from gongbi.science import coords
from gongbi.science.geometry import area_m2
from gongbi.science.geometry_tiling import Problem, check_tiling
from gongbi.territory import rules
from gongbi.territory.actions.common import announce, may_change, touch
from gongbi.territory.events import BOUNDARIES_IMPORTED, BoundariesImported
from gongbi.territory.geojson import BadFile, Feature, read_collection, read_features, storable
from gongbi.territory.models import BoundaryImport, Division, Revision, new_division, on_day
from gongbi.territory.words import refused

TOLERANCE_M2 = 1.0


@transaction.atomic
def import_boundaries(
    data: bytes | str | Mapping[str, Any],
    *,
    effective: date,
    source_crs: str = "",
    layer: str = rules.GRID_LAYER,
    replace: bool = False,
    synthetic: bool = False,
    tolerance_m2: float = TOLERANCE_M2,
    viewer: Viewer,
    at: datetime,
) -> BoundaryImport:
    """Boundaries of any levels, valid from ``effective`` on. Features carry ``properties.code``; new grids are added with their codes.

    ``replace``: grids of the communities in the file that the file does not name end on that day (a re-cut). ``tolerance_m2``: gaps
    and overlaps up to this size each are left alone. A boundary that is already in force is never redrawn for past days. Returns the
    import with what was accepted, the problems (each names its features and place) and what is held. Refused: unreadable file,
    unknown coordinate system, another layer of grids.
    """
    may_change(viewer)
    if not rules.may_be_layer(layer):
        raise refused("second_layer", article=rules.ONE_LAYER, field="layer", layer=layer[:40])
    try:
        raw, said = read_collection(data)
    except BadFile as bad:
        raise refused(bad.code, field="file", why=bad.why) from bad
    crs = source_crs or said or "CGCS2000"
    try:
        crs = coords.system_named(crs)
    except ValueError as wrong:
        raise refused("crs", field="source_crs", crs=crs[:40]) from wrong
    work = _Import(effective, timezone.localdate(at), tolerance_m2, replace=replace, synthetic=synthetic)
    work.read(list(read_features(raw, crs)))
    work.settle()
    work.write()
    levels: set[str] = {rules.level_of(code) for code in work.offered} or {""}
    record = BoundaryImport(
        at=at,
        by=viewer.actor,
        level=levels.pop() if len(levels) == 1 else "mixed",
        effective=effective,
        source_crs=crs,
        accepted=sorted(work.offered),
        problems=storable(work.problems),
        held=storable([feature.raw for feature in work.held]),
    )
    record.save()
    if work.offered:
        touch(Revision.BOUNDARIES)
    event = BoundariesImported(record.pk, len(record.accepted), len(record.held), effective.isoformat())
    announce(BOUNDARIES_IMPORTED, event, at)
    return record


@transaction.atomic
def retry_held(
    import_id: int,
    *,
    corrected: Sequence[Mapping[str, Any]] = (),
    tolerance_m2: float = TOLERANCE_M2,
    viewer: Viewer,
    at: datetime,
) -> BoundaryImport:
    """Try the held features of an import again, those in ``corrected`` (by code) in place of the old ones. Returns the new import."""
    may_change(viewer)
    old = BoundaryImport.objects.select_for_update().filter(pk=import_id).first()
    if old is None or not old.held:
        raise refused("held_gone", field="import_id")
    fixed = {_code(feature): feature for feature in corrected}
    kept = [feature for feature in old.held if _code(feature) not in fixed]
    features = {"features": [*kept, *fixed.values()]}
    new = import_boundaries(
        features,
        effective=old.effective,
        source_crs=old.source_crs,
        tolerance_m2=tolerance_m2,
        viewer=viewer,
        at=at,
    )
    old.held = []
    old.save(update_fields=["held"])
    return new


def _code(feature: Mapping[str, Any]) -> str:
    return rules.normalise(str((feature.get("properties") or {}).get("code", "")))


class _Import:
    """One file on its way: what is offered shrinks until what is left tiles."""

    def __init__(
        self, effective: date, today: date, tolerance_m2: float, *, replace: bool, synthetic: bool
    ) -> None:
        self.effective, self.today, self.tolerance = effective, today, tolerance_m2
        self.replace, self.synthetic = replace, synthetic
        rows = Division.objects.select_for_update().filter(on_day(effective)).order_by("code")
        self.rows = {row.code: row for row in rows}
        self.shapes = {
            code: shapely.from_wkb(bytes(row.geometry))
            for code, row in self.rows.items()
            if row.geometry is not None
        }
        self.ever = set(Division.objects.filter(level="grid").values_list("code", flat=True))
        later = Division.objects.filter(valid_from__gt=effective)
        self.later = dict(later.values_list("code", "valid_from"))
        self.offered: dict[str, Feature] = {}
        self.held: list[Feature] = []
        self.problems: list[dict[str, Any]] = []
        self.ended: set[str] = set()

    def _hold(self, feature: Feature, problem: Problem | None, parent: str = "") -> None:
        self.held.append(feature)
        if problem is not None:
            self._tell(problem, parent)

    def _tell(self, problem: Problem, parent: str = "") -> None:
        self.problems.append({**asdict(problem), "ids": list(problem.ids), "parent": parent})

    def read(self, features: Sequence[Feature]) -> None:
        """Sort out what is wrong by itself."""
        for feature in features:
            code = feature.code
            if feature.problem is not None:
                self._hold(feature, feature.problem)
            elif (why := self._unfit(code)) is not None:
                self.held.append(feature)
                self.problems.append({"kind": why[0], "ids": [feature.label], "parent": "", "values": why[1]})
            else:
                self.offered[code] = feature
        if self.replace:
            cut = {code[:12] for code in self.offered if len(code) == 15}
            self.ended = {c for c in self.rows if len(c) == 15 and c[:12] in cut and c not in self.offered}

    def _unfit(self, code: str) -> tuple[str, dict[str, str]] | None:
        if code in self.offered:
            return "twice", {"code": code}
        if rules.code_fault(code) is not None:
            return "feature_code", {"code": code[:30] or "-"}
        row = self.rows.get(code)
        if row is None:
            # A grid comes with its boundary; every other division must be on the list first.
            if len(code) != 15 or code[:12] not in self.rows or code in self.ever:
                return "feature_code", {"code": code}
            return self._too_late() if self._drawn(code[:12]) else None
        if code in self.later:
            return "future_version", {"name": str(row), "day": str(self.later[code])}
        if row.geometry is not None:
            return self._too_late()
        return None

    def _drawn(self, community: str) -> bool:
        return any(code.startswith(community) and len(code) == 15 for code in self.shapes)

    def _too_late(self) -> tuple[str, dict[str, str]] | None:
        if self.effective < self.today:
            return "rewrites_history", {"day": str(self.effective)}
        return None

    def settle(self) -> None:
        """Take back whole families that do not tile, until all that is offered does."""
        while self.offered:
            proposed = {c: s for c, s in self.shapes.items() if c not in self.ended}
            proposed |= {c: f.shape for c, f in self.offered.items() if f.shape is not None}
            families = {rules.parent_of(code) for code in self.offered} | set(self.offered)
            families |= {code[:12] for code in self.ended}
            by_parent: dict[str, dict[str, Any]] = {}
            for code, shape in proposed.items():
                by_parent.setdefault(rules.parent_of(code), {})[code] = shape
            bad: set[str] = set()
            for parent in sorted(families):
                found = self._family(parent, proposed.get(parent), by_parent.get(parent, {}))
                if not found:
                    continue
                for problem in found:
                    self._tell(problem, parent)
                # What the family held before tiled; the features of this file are what does not: the children first, and
                # the parent when none of them is in the file or it does not fit those that are in force.
                members = {c for c in self.offered if rules.parent_of(c) == parent} or {parent} & set(
                    self.offered
                )
                named = {code for problem in found for code in problem.ids}
                waiting = tuple(sorted(members - named - {parent}))
                if waiting and named & members:
                    self.problems.append({"kind": "held_with", "ids": list(waiting), "parent": parent})
                bad |= members
            if not bad:
                return
            for code in sorted(bad):
                self.held.append(self.offered.pop(code))
            self.ended = {c for c in self.ended if c[:12] in {o[:12] for o in self.offered if len(o) == 15}}

    def _family(self, parent: str, outline: Any, members: dict[str, Any]) -> list[Problem]:
        if not members:
            return []
        if not parent:
            return check_tiling(None, members, tolerance_m2=self.tolerance) if len(members) > 1 else []
        return check_tiling(outline, members, tolerance_m2=self.tolerance)

    def write(self) -> None:
        """Begin new versions; a division without a boundary gets its first one in place."""
        if not self.offered:
            return
        ending: list[Division] = [self.rows[code] for code in self.ended]
        first: list[Division] = []
        fresh: list[Division] = []
        for code, feature in sorted(self.offered.items()):
            drawn = self._drawn_columns(feature)
            row = self.rows.get(code)
            if row is None:
                name = feature.name or rules.grid_name(int(code[12:]))
                fresh.append(new_division(code, name, self.effective, **drawn))
            elif row.valid_from == self.effective or (
                row.geometry is None and row.valid_from <= self.effective
            ):
                if row.valid_from == self.effective:
                    for key, value in drawn.items():
                        setattr(row, key, value)
                    first.append(row)
                else:
                    ending.append(row)
                    fresh.append(self._successor(row, drawn))
            elif not shapely.equals_exact(feature.shape, self.shapes[code], 0):
                ending.append(row)
                fresh.append(self._successor(row, drawn))
        columns = ["geometry", "lon", "lat", "area_m2", "synthetic", "households", "population"]
        Division.objects.bulk_update(first, columns, batch_size=100)
        for row in ending:
            row.valid_to = self.effective
        Division.objects.bulk_update(ending, ["valid_to"], batch_size=300)
        Division.objects.bulk_create(fresh, batch_size=300)

    def _drawn_columns(self, feature: Feature) -> dict[str, Any]:
        label = feature.shape.representative_point()  # type: ignore[union-attr]
        return {
            "geometry": shapely.to_wkb(feature.shape),
            "lon": round(label.x, 7),
            "lat": round(label.y, 7),
            "area_m2": area_m2(feature.shape),  # type: ignore[arg-type]
            "synthetic": self.synthetic,
            **feature.figures,
        }

    def _successor(self, row: Division, drawn: dict[str, Any]) -> Division:
        kept = {"households": row.households, "population": row.population} | drawn
        return new_division(row.code, row.name, self.effective, **kept)
