"""Forecasts that add up: weighted least squares reconciliation, then nothing below zero.

Wickramasuriya, Athanasopoulos and Hyndman 2019 (MinT, JASA 114:804-819) with a diagonal covariance (their WLS); negative results at the
bottom are set to zero and added up again (Di Fonzo and Girolimetto 2023, Solar Energy 251:13-29).
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from gongbi.science.forecast.hierarchy import Hierarchy
from gongbi.science.surveillance.series import Floats


def reconcile(base: Floats, variance: Floats, hierarchy: Hierarchy) -> Floats:
    """``base`` (nodes, …) made coherent: every node is the sum of its bottom series, and none is negative.

    ``variance``: (nodes,) of the forecasts' errors, above zero: what is surer moves less.
    """
    above = hierarchy.nodes - hierarchy.bottom
    if above == 0:
        return np.maximum(base, 0.0)
    sums = hierarchy.sums
    weighted = sums @ sparse.diags_array(variance[above:])
    system = (weighted @ sums.T).toarray() + np.diag(variance[:above])
    gap = base[:above] - sums @ base[above:]
    moved = linalg.cho_solve(linalg.cho_factor(system, check_finite=False), gap, check_finite=False)
    return hierarchy.add_up(np.maximum(base[above:] + weighted.T @ moved, 0.0))
