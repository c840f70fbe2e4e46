"""Surveillance: counts by place, kind and time, and where they are higher than their own past lets expect.

One series at a time, or thousands in one call: :func:`ears` (C1, C2, C3), :func:`cusum`, :func:`farrington`,
:func:`farrington_flexible`. :func:`watch` watches all daily series of a district together, keeping to a stated number of false
alarms a week.
"""

from gongbi.science.surveillance.cusum import cusum
from gongbi.science.surveillance.district import alarms, score, watch
from gongbi.science.surveillance.ears import ears
from gongbi.science.surveillance.farrington import farrington, farrington_flexible
from gongbi.science.surveillance.series import Monitored

__all__ = ["Monitored", "alarms", "cusum", "ears", "farrington", "farrington_flexible", "score", "watch"]
