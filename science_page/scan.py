"""Scan statistics: the reference program's numbers, honest probabilities, and what a scan costs."""

from __future__ import annotations

import csv
import os
import resource
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from gongbi.science.scan import Circles, ScanResult, circles, files, poisson_llr, scan
from gongbi.science.scan.study import study_of
from science_page import Section, drawing, table

THREADS = 2
FLOOR, REFERENCE_PROGRAM = 6.0, 67.0

# From EXPECTED.md and the printed results beside it: cluster, cases, expected, ratio, p.
NEW_YORK = {
    "New York, degrees, half": (False, 0.5, [(1, 106, 62.13, 14.780276, 0.000087), (2, 42, 21.24, 8.287056, 0.033),
        (3, 44, 23.83, 7.199672, 0.105), (4, 25, 12.82, 4.651839, 0.653), (5, 10, 3.65, 3.773422, 0.901),
        (6, 11, 4.61, 3.209485, 0.982)]),
    "New York, plane, half": (True, 0.5, [(1, 100, 58.28, 14.083511, 0.00015), (2, 38, 17.79, 9.019716, 0.016),
        (3, 64, 40.85, 6.114140, 0.248)]),
    "New York, plane, a tenth": (True, 0.1, [(1, 85, 49.71, 11.577255, 0.0010), (2, 38, 17.79, 9.019716, 0.013),
        (3, 64, 40.85, 6.114140, 0.216), (4, 25, 12.82, 4.651839, 0.609), (5, 28, 15.54, 4.169203, 0.755),
        (6, 12, 5.14, 3.363518, 0.961), (7, 11, 4.61, 3.209485, 0.976)]),
}  # fmt: skip
# FleXScan, circles of the ten nearest, binomial: cluster, cases, people, ratio, p.
BINOMIAL = [(1, 41, 38999, 8.47836, 0.014), (2, 42, 40696, 8.29257, 0.020), (3, 44, 47412, 6.43049, 0.139),
    (4, 28, 26499, 5.77247, 0.233), (5, 25, 24571, 4.65493, 0.561)]  # fmt: skip
NEW_MEXICO = [(1, 236, 176.22, 10.979758), (2, 16, 6.03, 5.684828), (3, 13, 5.37, 3.884186)]
UNIT_VECTORS = [(10, 1, 14.060436), (2, 1, 0.386720)]


@dataclass(frozen=True)
class Town:
    """Made up: places spread evenly over a square, people and cases at random."""

    cases: Any
    baseline: Any
    around: Circles


def town(places: int, days: int, cases: int, side_km: float, seed: int) -> Town:
    rng = np.random.default_rng(seed)
    x, y = rng.random((2, places)) * side_km
    people = rng.gamma(5, size=places)
    counts = np.zeros((places, days), dtype=np.int64)
    np.add.at(counts, (rng.choice(places, cases, p=people / people.sum()), rng.integers(0, days, cases)), 1)
    around = circles(x, y, max_radius=3.0, cartesian=True)
    return Town(counts, np.outer(people, np.ones(days)), around)


def timed(place: Town, *, prospective: bool, replications: int, again: int = 2) -> tuple[float, ScanResult]:
    """Seconds of one scan with windows up to 30 days, on two threads; the best of ``again``."""
    best, result = np.inf, None
    for _ in range(again):
        started = time.perf_counter()
        result = scan(
            place.cases,
            place.around,
            baseline=place.baseline,
            prospective=prospective,
            max_length=30,
            replications=replications,
            threads=THREADS,
        )
        best = min(best, time.perf_counter() - started)
    assert result is not None
    return float(best), result


def _references(data: Path, replications: int, seed: int) -> str:
    rows: list[tuple[object, ...]] = []
    with (data / "spacetime" / "new_york" / "nydf.csv").open() as file:
        read = list(csv.DictReader(file))
    lon, lat, people, cases = (
        np.array([float(row[name]) for row in read])
        for name in ("longitude", "latitude", "population", "cases")
    )
    for name, (plane, share, printed) in NEW_YORK.items():
        around = circles(lat, lon, cartesian=True) if plane else circles(lon, lat)
        result = scan(
            np.floor(cases), around, baseline=people, max_share=share, replications=replications, seed=seed
        )
        for (number, count, expected, ratio, p), ours in zip(printed, result.clusters, strict=False):
            same = (ours.cases, round(ours.expected, 2), round(ours.llr, 6)) == (count, expected, ratio)
            rows.append(
                (
                    name,
                    number,
                    count,
                    f"{expected:.2f}",
                    f"{ratio:.6f}",
                    f"{ours.llr:.6f}",
                    f"{p:g}",
                    f"{ours.p:.2g}",
                    _yes(same),
                )
            )
    ten = scan(
        np.floor(cases),
        circles(lon, lat, max_places=10),
        model="bernoulli",
        controls=people - np.floor(cases),
        replications=replications,
        seed=seed,
    )
    for (number, count, living, ratio, p), ours in zip(BINOMIAL, ten.clusters, strict=False):
        same = (ours.cases, int(ours.baseline), round(ours.llr, 5)) == (count, living, ratio)
        rows.append(
            ("New York, Bernoulli, ten nearest", number, count, f"of {living:,}", f"{ratio:.5f}", f"{ours.llr:.5f}", f"{p:g}", f"{ours.p:.2g}",
             _yes(same))
        )  # fmt: skip
    for (number, count, expected, ratio), ours in zip(NEW_MEXICO, _new_mexico(data).clusters, strict=False):
        same = (ours.cases, round(ours.expected, 2), round(ours.llr, 6)) == (count, expected, ratio)
        rows.append(
            ("New Mexico, space-time", number, count, f"{expected:.2f}", f"{ratio:.6f}", f"{ours.llr:.6f}", "—", f"{ours.p:.2g}",
             _yes(same))
        )  # fmt: skip
    for count, expected, ratio in UNIT_VECTORS:
        value = float(poisson_llr(count, expected, 1175))
        rows.append(
            ("unit vector of 1,175", "—", count, expected, f"{ratio:.6f}", f"{value:.6f}", "—", "—", _yes(abs(value - ratio) < 1e-6))
        )  # fmt: skip
    return table(
        (
            "data",
            "cluster",
            "cases",
            "expected",
            "ratio, printed",
            "ratio, here",
            "p, printed",
            "p, here",
            "same",
        ),
        rows,
    )


def _yes(same: bool) -> str:
    return "yes" if same else "**NO**"


def _new_mexico(data: Path) -> ScanResult:
    folder = data / "spacetime" / "new_mexico"
    places, lat, lon = files.read_places((folder / "nm.geo").read_text(), "nm.geo")
    study = study_of(
        places,
        files.read_counts((folder / "nm.cas").read_text(), "nm.cas", dated=True),
        population=files.read_population((folder / "nm.pop").read_text(), "nm.pop"),
        start=date(1973, 1, 1),
        end=date(1991, 12, 31),
    )
    return scan(study.cases, circles(lon, lat), baseline=study.expected, max_length=9)


def _calm(sets: int, seed: int) -> str:
    """How often nothing at all is called a cluster."""
    rows: list[tuple[object, ...]] = []
    for model in ("poisson", "bernoulli", "permutation"):
        for prospective in (False, True):
            rng = np.random.default_rng(seed)
            around = circles(*rng.random((2, 60)), max_radius=0.4, cartesian=True)
            found = []
            for number in range(sets):
                cases = rng.poisson(0.4, (60, 40))
                more = {"controls": rng.poisson(0.8, (60, 40))} if model == "bernoulli" else {}
                result = scan(
                    cases, around, model=model, prospective=prospective, max_length=10, replications=99, seed=number, **more,
                )  # fmt: skip
                found.append(result.clusters[0].p_monte_carlo or 1.0 if result.clusters else 1.0)
            p = np.array(found)
            rows.append(
                (f"{model}, {'prospective' if prospective else 'retrospective'}",
                 *(f"{np.mean(p <= level + 1e-9) * 100:.1f} %" for level in (0.01, 0.05, 0.2)))
            )  # fmt: skip
    return table(("model", "p ≤ 0.01", "p ≤ 0.05", "p ≤ 0.20"), rows)


def _speed(quick: bool, seed: int) -> tuple[str, float]:
    """Rows of the speed table, and the seconds of the run that the floor is about."""
    rows: list[tuple[object, ...]] = []
    decisive = 0.0
    for words, cases, side, prospective, replications, floor in (
        ("30 × 30 km, the whole year", 60_054, 30.0, False, 999, FLOOR),
        ("30 × 30 km, up to today", 60_054, 30.0, True, 999, FLOOR),
        ("8 × 8 km, the whole year", 60_054, 8.0, False, 999, FLOOR),
        ("8 × 8 km, up to today", 60_054, 8.0, True, 999, FLOOR),
        ("8 × 8 km, up to today", 300_000, 8.0, True, 999, 60.0),
        ("8 × 8 km, up to today, live", 300_000, 8.0, True, 199, 2.0),
    ):
        place = town(1500, 365, cases, side, seed)
        replications = min(replications, 49) if quick else replications
        dense = side < 10 and not prospective
        again, begun = 1 if dense else 2, time.process_time()
        seconds, _ = timed(place, prospective=prospective, replications=replications, again=again)
        busy = (time.process_time() - begun) / again
        near = len(place.around.near) / 1500
        rows.append(
            (
                words,
                f"{cases:,}",
                f"{near:.0f}",
                replications,
                f"{seconds:.1f}",
                f"{busy:.1f}",
                f"{floor:g}",
                "met" if seconds < floor else "**not met**",
            )
        )
        decisive = decisive or seconds
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    text = table(
        (
            "1,500 places, 365 days",
            "cases",
            "places within 3 km",
            "replications",
            "seconds",
            "processor seconds",
            "floor",
            "",
        ),
        rows,
    )
    return f"{text}\n\nThe process's memory at its highest: {memory:,.0f} MB.", decisive


def _idle(load: float) -> str:
    """What else the machine did, by its ``load`` before the table was begun (that of this page's own run so far is one)."""
    cores = os.cpu_count() or 1
    if load <= 1.3:
        return f"The machine did nothing else (load {load:.1f} at the beginning, {cores} cores)."
    return (
        f"The machine was not idle: its load at the beginning was {load:.1f} on {cores} cores; two cores that are free need about half "
        "of the processor seconds."
    )


def _growth(quick: bool, seed: int) -> dict[str, str]:
    """Milliseconds a replication as one of the three grows; places at the same density."""
    replications = 20 if quick else 60

    def cost(places: int, days: int, cases: int) -> float:
        place = town(places, days, cases, 30.0 * np.sqrt(places / 1500), seed)
        once, _ = timed(place, prospective=False, replications=replications)
        none, _ = timed(place, prospective=False, replications=1)
        return max(once - none, 1e-6) / (replications - 1) * 1000

    grown = {
        "cases": ([15_000, 30_000, 60_000, 120_000, 240_000], lambda n: cost(1500, 365, n)),
        "places": ([375, 750, 1500, 3000, 6000], lambda n: cost(n, 365, n * 40)),
        "days": ([60, 120, 365, 730, 1460], lambda n: cost(1500, n, n * 164)),
    }
    return {
        f"scan-{name}.svg": drawing.lines(
            f"Cost of a replication as {name} grow",
            {"milliseconds": [(n, of(n)) for n in (sizes[:3] if quick else sizes)]},
            x=f"{name} (of 1,500 places, 365 days, 60,000 cases; windows up to 3 km and 30 days)",
            y="milliseconds, two threads",
            log_x=True,
            log_y=True,
        )
        for name, (sizes, of) in grown.items()
    }


def section(data: Path, *, seed: int, quick: bool) -> Section:
    """Reference numbers, probabilities of calm data, speed."""
    warm = town(40, 40, 200, 5.0, seed)
    for prospective in (False, True):
        timed(warm, prospective=prospective, replications=3)  # numba compiles
    references = _references(data, 99 if quick else 999, seed)
    calm = _calm(20 if quick else 200, seed)
    load = os.getloadavg()[0]
    speed, decisive = _speed(quick, seed)
    figures = _growth(quick, seed)
    ratio = REFERENCE_PROGRAM / decisive
    text = f"""
Kulldorff's scan statistics (`gongbi.science.scan`): circles × periods, purely spatial, retrospective and prospective space-time; Poisson
with indirect standardisation, Bernoulli, space-time permutation. `python -m gongbi.science scan` reads the reference program's own files.

### The reference program's numbers

Printed by SaTScan 9.3 and 9.6 and by FleXScan 3.1, or recomputed from its sample data ({len(references.splitlines()) - 2} clusters and vectors). The
unit vectors are cut off where they are printed, not rounded. Probabilities come from other random numbers; small ones are Gumbel tails
of 999 replications and known to a factor of about 1.5. Permutation has no printed numbers; the tests compare every model with a
search that tries every window, and their replications with data shuffled by another generator. Bernoulli's are FleXScan's.

{references}

### Nothing is called a cluster as often as it says

{20 if quick else 200} made-up data sets without any cluster for each model (60 places, 40 days, 99 replications): how often p is at most …

{calm}

### Speed

Exact Monte Carlo, windows up to 30 days and 3 km, two threads; numba has compiled before (once a machine, some seconds). {_idle(load)}
"Met" is what the clock said. The reference program, SaTScan 10.3, was timed elsewhere at {REFERENCE_PROGRAM:g} s on two cores
for 1,500 places and 60,054 cases; the first row's clock is {ratio:.0f} times as fast. How many places lie within 3 km of one another decides the
cost; in the denser district the whole year has {1500 * 465 * 365 * 30 / 1e9:.0f} thousand million windows in every replication.

{speed}

How the windows are searched without looking at each is told in `src/gongbi/science/scan/search.py`. What a replication costs:

![Cost as cases grow](images/science/scan-cases.svg)
![Cost as places grow](images/science/scan-places.svg)
![Cost as days grow](images/science/scan-days.svg)

### What it does not do

Ellipses, flexible shapes, covariates in the permutation model, trends in time. Places at the same distance enter a circle together; the
reference program may let them in one by one, so that on a regular lattice it can report a circle that is not whole.
"""
    return Section("Clusters in space and time", text, figures)
