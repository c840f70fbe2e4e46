"""The prospective space-time scan as a detector: every day the clusters that are still there, with their likelihood ratios as scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gongbi.science.power.measure import GRACE
from gongbi.science.power.planting import Background, Planted
from gongbi.science.scan import Circles, circles, scan
from gongbi.science.surveillance.series import Bools, Floats


@dataclass(frozen=True)
class ScanDetector:
    """Space-time permutation scan, made anew each day on the last ``history`` days (Kulldorff, Heffernan, Hartman, Assunção, Mostashari
    2005, PLoS Med 2:e59): circles of at most ``max_radius`` km and ``max_share`` of the cases, windows of at most ``max_days``.

    A place's score is the log likelihood ratio of the cluster it lies in, nought in none. Clusters do not overlap.
    """

    limit: float
    max_radius: float = 8.0
    max_share: float = 0.2
    max_days: int = 14
    history: int = 91
    grace: int = GRACE
    name: str = "space-time scan, daily"

    @classmethod
    def once_a_year(cls, background: Background, *, replications: int = 999, seed: int = 1) -> ScanDetector:
        """With the limit that chance reaches once in a year of daily scans: the usual one, a recurrence interval of 365 days.

        From the Gumbel distribution of the replications of the scan on the day before alarms count.
        """
        detector = cls(limit=np.inf)
        maxima = scan(
            background.counts[:, max(0, background.first - detector.history) : background.first],
            detector._circles(background),
            model="permutation",
            prospective=True,
            max_share=detector.max_share,
            max_length=detector.max_days,
            replications=replications,
            seed=seed,
        ).maxima
        scale = float(maxima.std(ddof=1)) * np.sqrt(6.0) / np.pi
        limit = float(maxima.mean()) - np.euler_gamma * scale - scale * np.log(-np.log1p(-1.0 / 365.0))
        return cls(limit=float(limit))

    def scores(self, background: Background, planted: Planted | None) -> Floats:
        """(places, days), or (rows, days) with NaN outside the days in which an outbreak may be found."""
        days, around = background.counts.shape[1], self._circles(background)
        if planted is None:
            result = np.full(background.counts.shape, np.nan)
            for day in range(background.first, days):
                result[:, day] = self._day(around, background.counts, day)
            return result
        result = np.full(planted.counts.shape, np.nan)
        for outbreak in range(len(planted)):
            rows = planted.outbreak == outbreak
            counts = background.counts.copy()
            counts[planted.place[rows]] = planted.counts[rows]
            begin = int(planted.start[outbreak])
            for day in range(begin, min(begin + int(planted.length[outbreak]) + self.grace, days)):
                result[rows, day] = self._day(around, counts, day)[planted.place[rows]]
        return result

    def _circles(self, background: Background) -> Circles:
        return circles(background.x, background.y, max_radius=self.max_radius, cartesian=True)

    def _day(self, around: Circles, counts: Floats, day: int) -> Floats:
        score = np.zeros(counts.shape[0])
        window = counts[:, max(0, day + 1 - self.history) : day + 1]
        if _scattered(window > 0):
            found = scan(
                window,
                around,
                model="permutation",
                prospective=True,
                max_share=self.max_share,
                max_length=min(self.max_days, window.shape[1]),
                replications=0,
            )
            for cluster in found.clusters:
                score[cluster.places] = np.maximum(score[cluster.places], cluster.llr)
        return score


def _scattered(cases: Bools) -> bool:
    """Whether there is something to permute."""
    return bool(cases.any(axis=1).sum() > 1 and cases.any(axis=0).sum() > 1)
