"""Several forecasts of one thing, added with weights that the past has earned.

Linear pools beat their best member more often than not (Bates and Granger 1969, Oper. Res. Q. 20:451-468; Timmermann 2006, *Handbook of
Economic Forecasting* 1:135-196). The weights are those under which the counts were most likely, as Poisson, drawn to equal ones; the
steps are the multiplicative ones of Richardson (1972) and Lucy (1974), so no weight can be negative.
"""

from __future__ import annotations

import numpy as np

from gongbi.science.surveillance.series import Floats

STEPS = 200
EQUAL_CASES = 20.0  # what "all alike" weighs


def weights(expected: Floats, came: Floats) -> Floats:
    """(experts,) that add up to one.

    ``expected``: (observations, experts) what each expected; ``came``: (observations,) what came.
    """
    experts = expected.shape[1]
    found = np.full(experts, 1.0 / experts)
    total = expected.sum(axis=0)
    for _ in range(STEPS):
        pool = np.maximum(expected @ found, 1e-12)
        found = (found * ((came / pool) @ expected) + EQUAL_CASES / experts) / (total + EQUAL_CASES)
    return np.asarray(found / found.sum())
