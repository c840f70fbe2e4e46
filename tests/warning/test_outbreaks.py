"""Outbreaks planted here and there are found, and copies of the same cases with places and times shuffled alarm no oftener than stated.

The detectors are asked as a nightly look asks them, on the grids of the demo district; the looks themselves are in ``test_looks``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from gongbi.kernel.scope.viewer import system
from gongbi.warning import queries, rules
from gongbi.warning.actions.looking import _by_counts
from gongbi.warning.counts import table_of
from gongbi.warning.rules import Found
from gongbi.warning.settings import SHIPPED
from tests.warning.happening import TODAY

pytestmark = pytest.mark.django_db
CONFIG = replace(SHIPPED, replications=199, max_radius_km=1.0)
KINDS = ("E03", "C01")
TRIALS = 8
LOOKED = 100  # days
Event = tuple[str, str, int]  # grid, class, days before today


def ordinary(dice: np.random.Generator, codes: Sequence[str]) -> list[Event]:
    """Cases of two classes: some grids busy and most not, Mondays busier than Sundays, Poisson a day."""
    busy = dice.gamma(0.7, size=len(codes))
    found: list[Event] = []
    for kind in KINDS:
        level = dice.uniform(6, 30)
        for back in range(LOOKED):
            week = 1.3 - 0.1 * (TODAY - timedelta(days=back)).weekday()
            where = dice.choice(len(codes), size=dice.poisson(level * week), p=busy / busy.sum())
            found += [(codes[at], kind, back) for at in where]
    return found


def planted(
    dice: np.random.Generator, codes: Sequence[str], points: NDArray[np.float64]
) -> tuple[list[Event], set[str]]:
    """14 to 22 cases in two to six days, in any grid, half of them in the three nearest to it; and these grids."""
    distance = np.hypot(*(points - points[dice.integers(len(codes))]).T)
    near = np.argsort(distance, kind="stable")[:4]
    kind, days = KINDS[dice.integers(2)], int(dice.integers(2, 7))
    cases = [
        (codes[near[0] if n % 2 else dice.choice(near[1:])], kind, int(dice.integers(days)))
        for n in range(int(dice.integers(14, 23)))
    ]
    return cases, {codes[at] for at in near}


def shuffled(events: list[Event], dice: np.random.Generator) -> list[Event]:
    """Within each class the same places and the same days, put together by chance."""
    found: list[Event] = []
    for kind in KINDS:
        own = [one for one in events if one[1] == kind]
        backs = dice.permutation([back for _code, _kind, back in own])
        found += [(code, kind, int(back)) for (code, _kind, _back), back in zip(own, backs, strict=True)]
    return found


def looked(events: list[Event], where: dict[str, Sequence[float]], codes: Sequence[str]) -> list[Found]:
    days: dict[date, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for code, kind, back in events:
        days[TODAY - timedelta(days=back)][kind][code] += 1
    counts = table_of(days, TODAY - timedelta(days=LOOKED - 1), TODAY, known=codes)
    told = _by_counts(counts, where, CONFIG, live=False)
    return rules.said_once(one for part in told for one in part.found)


def test_outbreaks_anywhere_are_found_and_shuffled_copies_alarm_no_oftener_than_stated() -> None:
    where = queries.places(system("test"), TODAY)
    grids = sorted(code for code in where if len(code) == 15)
    caught = false = 0
    for seed in range(TRIALS):
        dice = np.random.default_rng(1000 + seed)
        first = int(dice.integers(len(grids) - 250))
        codes = grids[first : first + 250]  # another part of the district each time
        points = np.array([where[code] for code in codes])
        cases, here = planted(dice, codes, points)
        events = ordinary(dice, codes) + cases
        found = looked(events, where, codes)
        places = here | {code[:12] for code in here}
        caught += any(one.group == cases[0][1] and places & set(one.codes) for one in found)
        false += len(looked(shuffled(events, dice), where, codes))
    assert caught == TRIALS
    # One false alarm a week is accepted, so a seventh of these looks may alarm: 1.1 of 8, and more than 4 hardly ever.
    assert false <= 4
