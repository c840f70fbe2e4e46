"""Circles around every place: its neighbours in the order of their distance.

Places at the same distance enter a circle together, so that the answer does not hang on the order of the input; places
with the same coordinates are therefore never parted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_KM = 6367.0  # the radius with which the reference program prints its circles
_TIE = 1e-9  # of the greatest distance: a hundredth of a millimetre in a city
_BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class Circles:
    """Read-only. ``begin`` (places + 1): where each centre's neighbours begin in ``near``, itself first; ``distance`` (km, or the
    coordinates' unit) and ``stop`` (whether a circle may end here) stand beside ``near``."""

    begin: NDArray[np.int64]
    near: NDArray[np.int32]
    distance: NDArray[np.float32]
    stop: NDArray[np.bool_]

    @property
    def places(self) -> int:
        """How many places there are."""
        return len(self.begin) - 1


def circles(
    x: ArrayLike,
    y: ArrayLike,
    *,
    max_radius: float | None = None,
    max_places: int | None = None,
    cartesian: bool = False,
) -> Circles:
    """The circles around the places at ``x``, ``y``: longitude and latitude in degrees, or any plane with ``cartesian``.

    ``max_radius``: kilometres, or the plane's unit; ``max_places``: in a circle; None is no limit. Distances on the earth are great
    circles on a sphere. Raises ValueError for coordinates that are not finite or no degrees, for none at all, and for limits that
    are not above zero.
    """
    points = _points(x, y, cartesian=cartesian)
    if max_radius is not None and not max_radius > 0:
        raise ValueError(f"max_radius: {max_radius} is not above zero")
    if max_places is not None and max_places < 1:
        raise ValueError(f"max_places: {max_places} is below 1")
    count = len(points)
    reach = np.inf if max_radius is None else float(max_radius)
    tie = _TIE * float(_distance(points.min(axis=0)[None], points.max(axis=0)[None], cartesian=True)[0, 0])
    tie *= 1.0 if cartesian else EARTH_KM
    near, distance, stop, sizes = [], [], [], [0]
    rows = max(_BLOCK // count, 1)
    for first in range(0, count, rows):
        apart = _distance(points[first : first + rows], points, cartesian=cartesian)
        for row in apart:
            inside = np.flatnonzero(row <= reach + tie)
            order = inside[np.argsort(row[inside], kind="stable")]
            ends = np.append(np.diff(row[order]) > tie, True)
            order = order[:max_places]
            near.append(order.astype(np.int32))
            distance.append(row[order].astype(np.float32))
            stop.append(ends[:max_places])
            sizes.append(len(order))
    return Circles(np.cumsum(sizes), np.concatenate(near), np.concatenate(distance), np.concatenate(stop))


def _points(x: ArrayLike, y: ArrayLike, *, cartesian: bool) -> NDArray[np.float64]:
    """In the plane as they are; on the earth as points of the unit sphere."""
    across, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if across.ndim != 1 or across.shape != up.shape:
        raise ValueError(f"x, y: two rows of the same length are needed, not {across.shape} and {up.shape}")
    if not len(across):
        raise ValueError("x: there is no place")
    if not (np.isfinite(across).all() and np.isfinite(up).all()):
        raise ValueError("x, y: a coordinate is not a finite number")
    if cartesian:
        return np.column_stack((across, up))
    if np.abs(up).max() > 90 or np.abs(across).max() > 360:
        raise ValueError("x, y: not longitude and latitude in degrees; give cartesian for a plane")
    lon, lat = np.radians(across), np.radians(up)
    return np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))


def _distance(a: NDArray[np.float64], b: NDArray[np.float64], *, cartesian: bool) -> NDArray[np.float64]:
    squares = np.zeros((len(a), len(b)))
    for axis in range(a.shape[1]):
        squares += (a[:, axis, None] - b[None, :, axis]) ** 2
    straight = np.sqrt(squares)
    return straight if cartesian else 2 * EARTH_KM * np.arcsin(np.minimum(straight / 2, 1.0))
