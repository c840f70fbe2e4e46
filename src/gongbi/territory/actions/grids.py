"""Split, merge and end: grids change from a day on, by new numbers; what was stays drawn for its own days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import shapely
from django.db import transaction

from gongbi.kernel.scope.viewer import Viewer
from gongbi.science.geometry import area_m2
from gongbi.science.geometry_tiling import check_tiling
from gongbi.territory import queries, rules
from gongbi.territory.actions.common import (
    announce,
    current,
    end_on,
    may_change,
    no_later_version,
    not_into_the_past,
    touch,
)
from gongbi.territory.events import GRIDS_CHANGED, GridsChanged
from gongbi.territory.geojson import BadShape, read_shape
from gongbi.territory.models import Division, GridCard, Revision, new_division, on_day
from gongbi.territory.words import problem_words, refused

TOLERANCE_M2 = 1.0


@transaction.atomic
def split_grid(
    code: str,
    parts: Sequence[Mapping[str, Any]],
    *,
    effective: date,
    source_crs: str = "CGCS2000",
    viewer: Viewer,
    at: datetime,
) -> list[Division]:
    """Split a grid into ``parts`` (GeoJSON polygons that tile it) from ``effective`` on.

    New numbers after the highest ever used in the community, west to east, north to south; the old grid ends that day. The card is
    carried over to every part, because somebody must be reachable. Locks the community, then the grid.
    """
    may_change(viewer)
    not_into_the_past(effective, at)
    old = _grid(code, effective)
    if len(parts) < 2:
        raise refused("split_count", field="parts")
    shapes: dict[str, Any] = {}
    for number, part in enumerate(parts, start=1):
        try:
            shapes[f"#{number}"] = read_shape(f"#{number}", part, source_crs)
        except BadShape as bad:
            raise refused("tiling", field="parts", problems=problem_words(bad.problem)) from bad
    problems = check_tiling(shapely.from_wkb(bytes(old.geometry or b"")), shapes, tolerance_m2=TOLERANCE_M2)
    if problems:
        told = "; ".join(problem_words(problem, parent=code) for problem in problems[:5])
        raise refused("tiling", field="parts", problems=told)
    return _replace([old], list(shapes.values()), effective, viewer, at)


@transaction.atomic
def merge_grids(codes: Sequence[str], *, effective: date, viewer: Viewer, at: datetime) -> Division:
    """Merge adjoining grids of one community into one new grid from ``effective`` on. The first grid's card is carried over."""
    may_change(viewer)
    not_into_the_past(effective, at)
    wanted = sorted(set(codes))
    if len(wanted) < 2:
        raise refused("merge_count", field="codes")
    if len({code[:12] for code in wanted}) > 1:
        raise refused("merge_apart", field="codes")
    olds = [_grid(code, effective) for code in wanted]
    whole = shapely.union_all([shapely.from_wkb(bytes(old.geometry or b"")) for old in olds])
    if whole.geom_type != "Polygon":
        raise refused("merge_apart", field="codes")
    return _replace(olds, [whole], effective, viewer, at)[0]


@transaction.atomic
def end_division(code: str, *, effective: date, viewer: Viewer, at: datetime) -> Division:
    """End a community that has no valid grid left, or a grid that was never drawn; streets and the district cannot end here.

    A grid with a boundary leaves a gap when it ends: split or merge it instead.
    """
    may_change(viewer)
    not_into_the_past(effective, at)
    level = rules.level_of(code) if rules.code_fault(code) is None else None
    division = current(code, effective)
    if level is None or not rules.may_end(level):
        raise refused("street_fixed", article="行政区划管理条例", field="code", name=str(division))
    no_later_version(division)
    left = Division.objects.filter(on_day(effective), parent=code).count()
    if left:
        raise refused("has_children", field="code", name=str(division), count=left)
    if division.geometry is not None:
        raise refused("tiling", field="code", problems=problem_words_of_gap(division))
    end_on([division], effective)
    touch(Revision.BOUNDARIES)
    announce(GRIDS_CHANGED, GridsChanged([code], [], effective.isoformat(), viewer.actor), at)
    return division


def problem_words_of_gap(division: Division) -> str:
    """That ending a drawn division leaves its whole area uncovered."""
    from gongbi.science.geometry_tiling import Problem

    where = (division.lon or 0.0, division.lat or 0.0)
    return problem_words(
        Problem("gap", (division.code,), where, division.area_m2 or 0.0), parent=division.parent
    )


def _grid(code: str, effective: date) -> Division:
    if len(code) != 15:
        raise refused("not_grid", field="code", code=code[:30])
    current(code[:12], effective)  # locks the community: numbers are given one change at a time
    grid = current(code, effective)
    no_later_version(grid)
    if grid.geometry is None:
        raise refused("no_boundary", field="code", name=str(grid))
    return grid


def _replace(
    olds: list[Division], shapes: list[Any], effective: date, viewer: Viewer, at: datetime
) -> list[Division]:
    community = olds[0].parent
    top = queries.highest_sequence(community)
    sequences = rules.next_sequences([top], len(shapes))
    if sequences is None:
        raise refused("grid_overflow", article=rules.GRID_CODES, field="code", community=community)
    centres = [(shape.centroid.x, shape.centroid.y) for shape in shapes]
    heights = [shape.bounds[3] - shape.bounds[1] for shape in shapes]
    order = rules.numbering_order(centres, heights)
    sizes = [area_m2(shape) for shape in shapes]
    households = _parts([old.households for old in olds], sizes)
    people = _parts([old.population for old in olds], sizes)
    end_on(olds, effective)
    new = []
    for sequence, index in zip(sequences, order, strict=True):
        label = shapes[index].representative_point()
        division = new_division(
            rules.grid_code(community, sequence),
            rules.grid_name(sequence),
            effective,
            geometry=shapely.to_wkb(shapes[index]),
            lon=round(label.x, 7),
            lat=round(label.y, 7),
            area_m2=sizes[index],
            synthetic=any(old.synthetic for old in olds),
            households=households[index],
            population=people[index],
        )
        division.save()
        new.append(division)
    _carry_cards(olds, new, viewer, at)
    touch(Revision.BOUNDARIES)
    codes = [old.code for old in olds], [division.code for division in new]
    announce(GRIDS_CHANGED, GridsChanged(*codes, effective.isoformat(), viewer.actor), at)
    return new


def _parts(counts: list[int | None], sizes: list[float]) -> Sequence[int | None]:
    """Households or people by area, until they are counted again; unknown when one of the old ones is."""
    known = [count for count in counts if count is not None]
    return rules.apportion(sum(known), sizes) if len(known) == len(counts) else [None] * len(sizes)


def _carry_cards(olds: list[Division], new: list[Division], viewer: Viewer, at: datetime) -> None:
    card = (
        GridCard.objects.filter(grid__in=[old.code for old in olds], ended_at__isnull=True)
        .order_by("grid")
        .first()
    )
    if card is None:
        return
    GridCard.objects.bulk_create(
        GridCard(
            grid=division.code,
            worker=card.worker,
            worker_name=card.worker_name,
            phone=card.phone,
            supervision_phone=card.supervision_phone,
            set_at=at,
            set_by=viewer.actor,
        )
        for division in new
    )
