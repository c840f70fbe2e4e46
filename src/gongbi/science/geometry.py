"""Which polygon holds a point: a raster in front of the polygons, exact at the borders.

Every cell of the raster either lies whole in the same answer (a polygon, or outside all of them), and is answered by one look-up,
or is touched by a border, and is answered by the exact test against the few polygons that reach into it. A coarse raster has one
value for each cell; only coarse cells that a border touches are divided again into 8 × 8 fine ones, so that a fine raster
costs a tenth of its memory.

The answer is by definition that of ``min(i for i, polygon in enumerate(polygons) if polygon intersects the point)``: borders
belong to the polygon, and where two share a border the first one wins. Give the polygons in the order of their codes and "first"
means "smallest code". Points outside the box, NaN and infinity get -1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from gongbi.science.coords import equal_area, metres_per_degree

Id = TypeVar("Id")
Ints = NDArray[np.intp]

_SHIFT = 3  # a coarse cell is 8 × 8 fine cells
_SIDE = 1 << _SHIFT
_OUTSIDE = -1
_ASK = -2  # a fine cell that a border touches
_CHUNK = 1 << 15  # points answered at a time: what a chunk needs stays in the processor's cache
_STRIP = 64  # coarse rows built at a time: bounds the memory of building


class Locator(Generic[Id]):
    """Answers which of ``polygons`` holds a point. Built once, read-only after that, safe to share between threads.

    ``polygons``: valid (multi)polygons in one coordinate system; any overlap or gap is allowed. ``ids``: what stands for them, same
    length. ``cells``: size of the virtual fine raster; the default grows with the number of polygons. Raises ValueError for
    an empty, invalid or non-areal polygon.
    """

    def __init__(
        self, polygons: Sequence[BaseGeometry], ids: Sequence[Id], *, cells: int | None = None
    ) -> None:
        if len(polygons) != len(ids):
            raise ValueError(f"{len(polygons)} polygons but {len(ids)} ids")
        for polygon, name in zip(polygons, ids, strict=True):
            if polygon.geom_type not in ("Polygon", "MultiPolygon") or polygon.is_empty:
                raise ValueError(f"{name}: not a polygon")
            if not polygon.is_valid:
                raise ValueError(f"{name}: {shapely.is_valid_reason(polygon)}")
        self.ids = list(ids)
        self._polygons = np.array(polygons, dtype=object)
        shapely.prepare(self._polygons)
        self._tree = shapely.STRtree(self._polygons)
        if not self.ids:
            self._x0 = self._y0 = 0.0
            self._per = (0.0, 0.0)
            self._rows = self._columns = 1
            self._coarse = np.full(1, _OUTSIDE, dtype=np.int32)
            self._fine = np.empty(0, dtype=np.int16)
            self._starts, self._candidates = np.zeros(1, dtype=np.int32), np.empty(0, dtype=np.int32)
        else:
            self._lay_out(cells or min(max(8192 * len(self.ids), 1 << 18), 3 << 22))
            self._build()
            self._warm()
        # Single points read through memoryviews: no numpy scalar is made.
        self._coarse_view = memoryview(self._coarse)  # type: ignore[arg-type]
        self._fine_view = memoryview(self._fine)  # type: ignore[arg-type]
        self._bounds = self._starts.tolist()

    # -- building ------------------------------------------------------------------------------------------------

    def _lay_out(self, cells: int) -> None:
        west, south, east, north = shapely.total_bounds(self._polygons)
        width, height = max(east - west, 1e-9), max(north - south, 1e-9)
        scale = math.cos(math.radians((south + north) / 2)) if abs(south) <= 90 and abs(north) <= 90 else 1.0
        side = math.sqrt(width * scale * height / cells)  # of a fine cell, square on the ground
        columns = math.ceil(width * scale / side / _SIDE) + 2  # one ring of outside cells around everything
        rows = math.ceil(height / side / _SIDE) + 2
        fine_width, fine_height = width / ((columns - 2) * _SIDE), height / ((rows - 2) * _SIDE)
        self._rows, self._columns = rows, columns
        self._per = (1.0 / fine_width, 1.0 / fine_height)
        self._x0, self._y0 = west - _SIDE * fine_width, south - _SIDE * fine_height

    def _edges(self) -> tuple[NDArray[np.float64], ...]:
        """All distinct border segments in fine-cell units, as four arrays x1, y1, x2, y2 with y1 <= y2."""
        rings = shapely.get_rings(shapely.get_parts(self._polygons))
        points, of_ring = shapely.get_coordinates(rings, return_index=True)
        points = (points - (self._x0, self._y0)) * self._per
        same = of_ring[1:] == of_ring[:-1]
        segments = np.hstack([points[:-1][same], points[1:][same]])
        flip = (segments[:, 1] > segments[:, 3]) | (
            (segments[:, 1] == segments[:, 3]) & (segments[:, 0] > segments[:, 2])
        )
        segments[flip] = segments[flip][:, [2, 3, 0, 1]]
        x1, y1, x2, y2 = np.unique(segments, axis=0).T
        return x1, y1, x2, y2

    def _touched(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """``(row, first, last)`` of the fine cells that each border segment touches, one entry for each row it crosses.

        Segments are taken a ten-thousandth of a cell too thick, thousands of times the rounding error of a point's cell.
        """
        eps = 1e-4
        x1, y1, x2, y2 = self._edges()
        low, high = np.floor(y1 - eps).astype(np.int64), np.floor(y2 + eps).astype(np.int64)
        count = high - low + 1
        edge = np.repeat(np.arange(len(x1)), count)
        row = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + low[edge]
        rise = y2 - y1
        run = np.divide(x2 - x1, rise, out=np.zeros_like(rise), where=rise > 0)[edge]
        a = x1[edge] + run * (np.maximum(row - eps, y1[edge]) - y1[edge])
        b = x1[edge] + run * (np.minimum(row + 1 + eps, y2[edge]) - y1[edge])
        flat = rise[edge] <= 2 * eps  # slope is no guide: the whole length counts
        a, b = np.where(flat, x1[edge], a), np.where(flat, x2[edge], b)
        first = np.floor(np.minimum(a, b) - eps).astype(np.int64)
        last = np.floor(np.maximum(a, b) + eps).astype(np.int64)
        return row, first, last

    def _build(self) -> None:
        row, first, last = self._touched()
        order = np.argsort(row, kind="stable")
        row, first, last = row[order], first[order], last[order]
        width = self._columns * _SIDE
        self._coarse = np.empty(self._rows * self._columns, dtype=np.int32)
        small = np.int16 if len(self.ids) < 2**15 else np.int32
        blocks: list[NDArray[np.signedinteger]] = []
        border_cells: list[NDArray[np.int64]] = []
        made = 0
        for top in range(0, self._rows, _STRIP):
            height = min(_STRIP, self._rows - top)
            begin, end = np.searchsorted(row, [top * _SIDE, (top + height) * _SIDE])
            marks = np.zeros((height * _SIDE, width + 1), dtype=np.int32)
            here = row[begin:end] - top * _SIDE
            np.add.at(marks, (here, first[begin:end]), 1)
            np.add.at(marks, (here, last[begin:end] + 1), -1)
            border = np.cumsum(marks, axis=1, dtype=np.int32)[:, :width] > 0
            labels = self._label(border, top * _SIDE).reshape(height, _SIDE, self._columns, _SIDE)
            split = border.reshape(height, _SIDE, self._columns, _SIDE).any(axis=(1, 3))
            coarse = labels[:, 0, :, 0].astype(np.int32)
            cells = labels.transpose(0, 2, 1, 3)[split].reshape(-1, _SIDE * _SIDE)
            coarse[split] = -(np.arange(made, made + len(cells)) + 2)
            self._coarse[top * self._columns : (top + height) * self._columns] = coarse.ravel()
            blocks.append(cells.astype(small))
            border_cells.append(np.flatnonzero(split) + top * self._columns)
            made += len(cells)
        self._fine = np.concatenate(blocks).ravel()
        self._gather(np.concatenate(border_cells))

    def _label(self, border: NDArray[np.bool_], row0: int) -> NDArray[np.int32]:
        """The answer of every fine cell of a strip. Between two border cells of a row nothing changes: one test answers the run."""
        rows, width = border.shape
        flat = border.ravel()
        change = np.flatnonzero(flat[1:] != flat[:-1]) + 1
        starts = np.unique(np.concatenate([[0], change, np.arange(0, rows * width, width)]))
        lengths = np.diff(np.append(starts, rows * width))
        answer = np.full(len(starts), _ASK, dtype=np.int32)
        clear = np.flatnonzero(~flat[starts])
        at = starts[clear]
        x = self._x0 + (at % width + 0.5) / self._per[0]
        y = self._y0 + (at // width + row0 + 0.5) / self._per[1]
        answer[clear] = self._exactly(x, y)
        return np.repeat(answer, lengths).reshape(rows, width)

    def _exactly(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int32]:
        """The definition itself, through the tree."""
        best = np.full(len(x), len(self.ids), dtype=np.int32)
        point, polygon = self._tree.query(shapely.points(x, y), predicate="intersects")
        np.minimum.at(best, point, polygon.astype(np.int32))
        best[best == len(self.ids)] = _OUTSIDE
        return best

    def _gather(self, cells: NDArray[np.int64]) -> None:
        """For every divided coarse cell the polygons that reach into it, smallest first."""
        wide, high = _SIDE / self._per[0], _SIDE / self._per[1]
        x, y = self._x0 + (cells % self._columns) * wide, self._y0 + (cells // self._columns) * high
        around = shapely.box(x - wide / 64, y - high / 64, x + wide * 65 / 64, y + high * 65 / 64)
        cell, polygon = self._tree.query(around, predicate="intersects")
        order = np.lexsort((polygon, cell))
        self._candidates = polygon[order].astype(np.int32)
        self._starts = np.searchsorted(cell[order], np.arange(len(cells) + 1)).astype(np.int32)

    def _warm(self) -> None:
        """Ask every polygon once: GEOS builds its index at the first question, which two threads must not do at once."""
        inner = shapely.get_coordinates(shapely.point_on_surface(self._polygons))
        shapely.intersects_xy(self._polygons, inner[:, 0], inner[:, 1])

    # -- asking --------------------------------------------------------------------------------------------------

    @property
    def nbytes(self) -> int:
        """Bytes of the rasters and candidate lists, without the polygons."""
        return self._coarse.nbytes + self._fine.nbytes + self._starts.nbytes + self._candidates.nbytes

    def locate(self, lons: ArrayLike, lats: ArrayLike) -> Ints:
        """Index into ``ids`` for each point, -1 outside all polygons. Degrees, any number of points."""
        x, y = np.ravel(np.asarray(lons, dtype=np.float64)), np.ravel(np.asarray(lats, dtype=np.float64))
        if len(x) != len(y):
            raise ValueError(f"{len(x)} longitudes but {len(y)} latitudes")
        out = np.empty(len(x), dtype=np.intp)
        for begin in range(0, len(x), _CHUNK):
            part = slice(begin, begin + _CHUNK)
            out[part] = self._locate(x[part], y[part])
        return out

    def _locate(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int32]:
        # fmin/fmax send NaN, infinities and what is far away into the ring of outside cells.
        column = np.fmin(np.fmax((x - self._x0) * self._per[0], 0), self._columns * _SIDE - 1).astype(
            np.int32
        )
        row = np.fmin(np.fmax((y - self._y0) * self._per[1], 0), self._rows * _SIDE - 1).astype(np.int32)
        answer = self._coarse[(row >> _SHIFT) * self._columns + (column >> _SHIFT)]
        divided = np.flatnonzero(answer < _OUTSIDE)
        if not len(divided):
            return answer
        block = -answer[divided] - 2
        inner = ((row[divided] & (_SIDE - 1)) << _SHIFT) + (column[divided] & (_SIDE - 1))
        fine = self._fine[(block << (2 * _SHIFT)) + inner].astype(np.int32)
        ask = np.flatnonzero(fine == _ASK)
        fine[ask] = self._test(x[divided[ask]], y[divided[ask]], block[ask])
        answer[divided] = fine
        return answer

    def _test(
        self, x: NDArray[np.float64], y: NDArray[np.float64], block: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Points in border cells: their cell's candidates in order, one round for each place in the list, until one holds."""
        answer = np.full(len(x), _OUTSIDE, dtype=np.int32)
        open_ = np.arange(len(x))
        turn = self._starts[block].copy()
        stop = self._starts[block + 1]
        while True:
            open_ = open_[turn[open_] < stop[open_]]
            if not len(open_):
                return answer
            candidate = self._candidates[turn[open_]]
            held = shapely.intersects_xy(self._polygons[candidate], x[open_], y[open_])
            answer[open_[held]] = candidate[held]
            open_ = open_[~held]
            turn[open_] += 1

    def index_one(self, lon: float, lat: float) -> int:
        """:meth:`locate` for one point, in about a microsecond away from borders."""
        x, y = (lon - self._x0) * self._per[0], (lat - self._y0) * self._per[1]
        if not (0 <= x < self._columns * _SIDE and 0 <= y < self._rows * _SIDE):
            return _OUTSIDE
        column, row = int(x), int(y)
        answer = self._coarse_view[(row >> _SHIFT) * self._columns + (column >> _SHIFT)]
        if answer >= _OUTSIDE:
            return answer
        block = -answer - 2
        fine = self._fine_view[
            (block << (2 * _SHIFT)) + ((row & (_SIDE - 1)) << _SHIFT) + (column & (_SIDE - 1))
        ]
        if fine != _ASK:
            return fine
        for candidate in self._candidates[self._bounds[block] : self._bounds[block + 1]].tolist():
            if shapely.intersects_xy(self._polygons[candidate], lon, lat):
                return int(candidate)
        return _OUTSIDE

    def locate_one(self, lon: float, lat: float) -> Id | None:
        """The id of the polygon that holds the point, or None."""
        index = self.index_one(lon, lat)
        return None if index < 0 else self.ids[index]

    def is_border_cell(self, lon: float, lat: float) -> bool:
        """Whether the point's cell is touched by a border; where not, the point is on none."""
        x, y = (lon - self._x0) * self._per[0], (lat - self._y0) * self._per[1]
        if not (0 <= x < self._columns * _SIDE and 0 <= y < self._rows * _SIDE):
            return False
        column, row = int(x), int(y)
        block = -self._coarse_view[(row >> _SHIFT) * self._columns + (column >> _SHIFT)] - 2
        inner = ((row & (_SIDE - 1)) << _SHIFT) + (column & (_SIDE - 1))
        return bool(block >= 0 and self._fine_view[(block << (2 * _SHIFT)) + inner] == _ASK)

    def within(self, lon: float, lat: float, reach: float) -> list[Id]:
        """Every polygon not further than ``reach`` degrees from the point."""
        found = self._tree.query(shapely.Point(lon, lat), predicate="dwithin", distance=reach)
        return [self.ids[i] for i in sorted(found.tolist())]

    def all_at(self, lon: float, lat: float) -> list[Id]:
        """Every polygon that holds the point; two or more on a shared border or in an overlap."""
        found = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        return [self.ids[i] for i in sorted(found.tolist())]

    def nearest(self, lon: float, lat: float) -> tuple[Id, float] | None:
        """The nearest polygon and its distance in metres, 0 inside; the first of equals. None when there are no polygons."""
        if not self.ids or not (math.isfinite(lon) and math.isfinite(lat)):
            return None
        point = shapely.Point(lon, lat)
        index = min(self._tree.query_nearest(point, all_matches=True).tolist())
        near = shapely.get_coordinates(shapely.shortest_line(point, self._polygons[index]))
        per_lon, per_lat = metres_per_degree(lat)
        return self.ids[index], math.hypot(
            (near[1, 0] - near[0, 0]) * per_lon, (near[1, 1] - near[0, 1]) * per_lat
        )

    def polygon(self, index: int) -> BaseGeometry:
        """The polygon at ``index``."""
        found: BaseGeometry = self._polygons[index]
        return found


def area_m2(shape: BaseGeometry) -> float:
    """Area in square metres on the CGCS2000 ellipsoid of a polygon in degrees (edges straight on the equal-area map)."""
    moved = shapely.transform(shape, lambda xy: np.column_stack(equal_area(xy[:, 0], xy[:, 1])))
    return float(moved.area)
