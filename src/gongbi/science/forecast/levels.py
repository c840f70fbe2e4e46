"""How many cases a series has on a plain day: slow and quick levels, with few cases drawn to what the others have.

A level is the discounted sum of counts over the discounted sum of day factors, the gamma-Poisson model with discounting (Harvey and
Fernandes 1989, *Time series models for count or qualitative observations*, J. Bus. Econ. Stat. 7:407-417); its prior, worth a number of
cases that the spread between series tells, is the share of the place times the share of the kind.
"""

from __future__ import annotations

import numpy as np

from gongbi.science.forecast.hierarchy import Hierarchy
from gongbi.science.surveillance.series import Floats

SLOW = 365.0
QUICK = (126.0, 42.0, 14.0, 7.0)  # half-lives, days
_BORROWED = 10.0  # cases that a quick level borrows from the slow one
EXPERTS = 1 + len(QUICK)


def _weights(history: int, observed: Floats, half_life: float) -> Floats:
    return np.asarray(observed * 0.5 ** ((history - 1 - np.arange(history)) / half_life))


def levels(counts: Floats, hierarchy: Hierarchy, profile: Floats, observed: Floats) -> Floats:
    """(experts, nodes): cases on a day of factor 1, the slow level first.

    ``counts``: (nodes, history); ``profile``: (1 + kinds, at least history); ``observed``: (history,) 0 or 1.
    """
    history = counts.shape[1]
    group = hierarchy.kind_of + 1
    every = np.stack([_weights(history, observed, life) for life in (SLOW, *QUICK)], axis=1)
    seen = counts @ every
    exposed = np.maximum(profile[:, :history] @ every, 1e-9)[group]
    found = np.empty((EXPERTS, counts.shape[0]))
    found[0] = _slow(seen[:, 0], exposed[:, 0], hierarchy)
    for i in range(1, EXPERTS):
        slow = found[0]
        found[i] = (seen[:, i] + _BORROWED) / (exposed[:, i] + _BORROWED / np.maximum(slow, 1e-12))
    return found


def _slow(seen: Floats, exposed: Floats, hierarchy: Hierarchy) -> Floats:
    """Shrunk to share of the place × share of the kind, level by level where nodes have a kind."""
    rate = (seen + 1e-3) / exposed
    names = {level.name: i for i, level in enumerate(hierarchy.levels)}
    for at, level in enumerate(hierarchy.levels):
        here = slice(int(hierarchy.starts[at]), int(hierarchy.starts[at + 1]))
        plain = names.get(level.name.rsplit(" × ", 1)[0])
        if at == 0 or level.size == 1:
            continue
        if plain is None or plain == at or (level.kind < 0).any():
            prior = np.full(level.size, rate[0] / level.size)
        else:
            prior = _independent(rate, hierarchy, at, plain)
        expected = prior * exposed[here]
        between = ((seen[here] - expected) ** 2 - seen[here]).sum() / max(float((expected**2).sum()), 1e-12)
        cases = 1.0 / np.clip(between, 0.01, 10.0)
        rate[here] = (seen[here] + cases) / (exposed[here] + cases / np.maximum(prior, 1e-12))
    return rate


def _independent(rate: Floats, hierarchy: Hierarchy, at: int, plain: int) -> Floats:
    level, places = hierarchy.levels[at], hierarchy.levels[plain]
    place_of = np.empty(level.size, np.int64)
    place_of[level.of] = places.of
    kinds = rate[hierarchy.starts[1] : hierarchy.starts[2]]  # the second level is the kinds
    place = rate[hierarchy.starts[plain] : hierarchy.starts[plain + 1]][place_of]
    return np.asarray(place * kinds[level.kind] / max(float(kinds.sum()), 1e-12))
