"""The detectors of :mod:`gongbi.science.surveillance`, made comparable: a score for every place and day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from gongbi.science.power.planting import Background, Planted
from gongbi.science.surveillance.cusum import cusum_statistic
from gongbi.science.surveillance.district import HISTORY, LEARN, QUIET, WINDOWS, alarms, score
from gongbi.science.surveillance.ears import ears_statistic
from gongbi.science.surveillance.farrington import farrington_flexible
from gongbi.science.surveillance.series import Floats

WEEK = 7


def _table(background: Background, planted: Planted | None) -> Floats:
    return background.counts if planted is None else planted.counts


@dataclass(frozen=True)
class EarsDetector:
    """EARS on daily counts. ``min_sigma`` of one half, as advised for sparse series."""

    method: str = "C1"
    alpha: float = 0.001
    min_sigma: float = 0.5
    definition: str = "cdc"

    @property
    def name(self) -> str:
        """As people call it."""
        return f"EARS {self.method}"

    @property
    def limit(self) -> float:
        """Standard deviations."""
        return float(norm.isf(self.alpha))

    def scores(self, background: Background, planted: Planted | None) -> Floats:
        """(rows, days)."""
        return ears_statistic(
            _table(background, planted),
            method=self.method,
            min_sigma=self.min_sigma,
            definition=self.definition,
        )


@dataclass(frozen=True)
class CusumDetector:
    """CUSUM of standardised daily counts; in control is the mean of the ``year`` before alarms count."""

    k: float = 1.04
    limit: float = 2.26
    year: int = 364
    name: str = "CUSUM"

    def scores(self, background: Background, planted: Planted | None) -> Floats:
        """(rows, days)."""
        first = max(background.first - self.year, 0)
        mean = background.counts[:, first : background.first].mean(axis=1)
        reference = np.maximum(mean, 1.0 / self.year)
        if planted is not None:
            reference = reference[planted.place]
        table = _table(background, planted)
        return cusum_statistic(table, start=background.first, k=self.k, reference=reference)


@dataclass(frozen=True)
class FarringtonDetector:
    """Farrington flexible on weekly sums; the score is that of the method, (count - expected) / (bound - expected), known on the
    week's last day. Uses as many ``years`` as lie before alarms count."""

    alpha: float = 0.01
    years: int = 3
    limit: float = 1.0
    name: str = "Farrington flexible, weekly"

    def scores(self, background: Background, planted: Planted | None) -> Floats:
        """(rows, days)."""
        table = _table(background, planted)
        days = table.shape[1]
        skip = days % WEEK
        weekly = table[:, skip:].reshape(table.shape[0], -1, WEEK).sum(axis=2)
        years = min(self.years, ((background.first - skip) // WEEK - 3) // 52)
        if years < 1:
            raise ValueError("first: Farrington's method needs a year and three weeks before it")
        found = farrington_flexible(weekly, years=years, alpha=self.alpha)
        room = np.maximum(found.upper - found.expected, 0.5)
        ratio = (weekly - found.expected) / room
        result = np.full(table.shape, np.nan)
        result[:, skip + WEEK - 1 :: WEEK] = ratio
        return result


@dataclass(frozen=True)
class DistrictDetector:
    """Our own daily watch of all series: the score is log10 of the day's limit over the rate, so that nought is its own limit for ``budget``
    false alarms a week. Planted rows are judged like the others and change neither pattern nor threshold."""

    budget: float = 1.0
    windows: tuple[int, ...] = WINDOWS
    memory: float = 28.0
    limit: float = 0.0
    name: str = "district watch, daily"

    def scores(self, background: Background, planted: Planted | None) -> Floats:
        """(rows, days)."""
        skip = max(0, background.first - LEARN - HISTORY - QUIET)
        table = background.counts
        if planted is not None:
            table = np.concatenate([table, planted.counts])
        own = np.arange(table.shape[0]) < background.counts.shape[0]
        found = score(
            table[:, skip:],
            background.weekday[skip:],
            holiday=background.holiday[skip:],
            makeup=background.makeup[skip:],
            windows=self.windows,
            memory=self.memory,
            counted=own,
        )
        watched = alarms(found, self.budget)
        begin = skip + found.learn
        result = np.full(table.shape, np.nan)
        rate = np.clip(found.rate[:, found.learn :], 1e-300, 1e300)
        result[:, begin:] = np.log10(watched.threshold[found.learn :]) - np.log10(rate)
        return np.asarray(result[own if planted is None else ~own])
