"""Power: outbreaks of known size, spread and length planted into real background, and what each detector makes of them.

:func:`plant` plants, a :class:`Detector` scores every place and day, :func:`measure` says how many outbreaks it finds, how soon, and at how
many false alarms a week. All detectors are compared at the same number of false alarms, which is what a district chooses.
"""

from gongbi.science.power.detectors import CusumDetector, DistrictDetector, EarsDetector, FarringtonDetector
from gongbi.science.power.measure import Detector, Power, limit_for, measure, own_limit
from gongbi.science.power.planting import Background, Planted, plant, together
from gongbi.science.power.scanning import ScanDetector

__all__ = [
    "Background",
    "CusumDetector",
    "Detector",
    "DistrictDetector",
    "EarsDetector",
    "FarringtonDetector",
    "Planted",
    "Power",
    "ScanDetector",
    "limit_for",
    "measure",
    "own_limit",
    "plant",
    "together",
]
