"""How many cases will come: by place, kind and day, up to four weeks ahead, with intervals, adding up over the hierarchy.

:func:`fit` forecasts, :func:`rolling_origin` measures it against the seasonal naive forecast at past origins.
"""

from gongbi.science.forecast.hierarchy import Hierarchy, Level, crossed
from gongbi.science.forecast.measure import LevelScore, Scores, rolling_origin, seasonal_naive
from gongbi.science.forecast.model import Forecast, fit

__all__ = [
    "Forecast",
    "Hierarchy",
    "Level",
    "LevelScore",
    "Scores",
    "crossed",
    "fit",
    "rolling_origin",
    "seasonal_naive",
]
