"""``scan``: clusters of cases in space and time, from the reference program's own files."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from gongbi.science.commands.reading import text_of
from gongbi.science.scan import Cluster, ScanResult, circles, files, scan
from gongbi.science.scan.files import UNITS, Count
from gongbi.science.scan.study import Study, study_of

HELP = "clusters of cases in space and time"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scan``."""
    parser.add_argument("--model", choices=("poisson", "bernoulli", "permutation"), default="poisson")
    parser.add_argument("--shape", choices=("spatial", "spacetime"), default="spatial")
    parser.add_argument(
        "--prospective", action="store_true", help="only clusters that still go on at the end"
    )
    parser.add_argument("--cases", required=True, metavar="F.cas", help="id number [date] [covariates]")
    parser.add_argument("--controls", metavar="F.ctl", help="Bernoulli: like the cases")
    parser.add_argument("--population", metavar="F.pop", help="Poisson: id date people [covariates]")
    parser.add_argument("--geo", required=True, metavar="F.geo", help="id latitude longitude")
    parser.add_argument("--cartesian", action="store_true", help="the coordinates are x y of a plane")
    parser.add_argument("--start", metavar="DATE", help="Y, Y/M or Y/M/D; default: the first case")
    parser.add_argument("--end", metavar="DATE", help="within the study; default: the last case")
    parser.add_argument(
        "--max-radius-km", type=float, metavar="KM", help="of a circle (with --cartesian in the plane's unit)"
    )
    parser.add_argument(
        "--max-share",
        type=float,
        default=0.5,
        metavar="SHARE",
        help="of the people at risk in a circle (default %(default)s); above 1 in per cent, as SaTScan's own setting",
    )
    parser.add_argument(
        "--max-days", type=int, metavar="DAYS", help="a cluster may last; default: half of the study"
    )
    parser.add_argument("--replications", type=int, default=999, metavar="N", help="(default %(default)s)")
    parser.add_argument(
        "--threads", type=int, metavar="N", help="default: one for each core; the result is the same"
    )


def _day(text: str | None, option: str, *, last: bool) -> date | None:
    if text is None:
        return None
    try:
        found = files.when(text)
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None
    return found.last if last else found.first


def run(options: argparse.Namespace) -> Mapping[str, Any]:
    """Read, scan, and give what was found as plain values."""
    spatial = options.shape == "spatial"
    if spatial and options.prospective:
        raise ValueError("--prospective: needs --shape spacetime")
    if options.controls and options.model != "bernoulli":
        raise ValueError("--controls: only the Bernoulli model has controls")
    if options.population and options.model != "poisson":
        raise ValueError("--population: only the Poisson model has a population")
    if options.model == "permutation" and spatial:
        raise ValueError("--shape: the permutation model needs spacetime")
    for option, number in (("--max-days", options.max_days), ("--threads", options.threads)):
        if number is not None and number < 1:
            raise ValueError(f"{option}: {number} is below 1")
    start = _day(options.start, "--start", last=False)
    end = _day(options.end, "--end", last=True)
    near = (start or end or date(1990, 1, 1)).year
    dated = None if spatial else True
    places, first, second = files.read_places(text_of(options.geo, "--geo"), "--geo")

    def counts(path: str | None, option: str) -> list[Count] | None:
        if not path:
            return None
        short = start is not None or end is not None
        return files.read_counts(text_of(path, option), option, dated=dated, near=near, short_years=short)

    cases = counts(options.cases, "--cases")
    assert cases is not None
    people = options.population and files.read_population(
        text_of(options.population, "--population"), "--population", near=near
    )
    study = study_of(
        places,
        cases,
        controls=counts(options.controls, "--controls"),
        population=people or None,
        start=start,
        end=end,
        spatial=spatial,
    )
    x, y = (first, second) if options.cartesian else (second, first)
    around = circles(x, y, max_radius=options.max_radius_km, cartesian=options.cartesian)
    intervals = len(study.edges) - 1
    longest = None
    if options.max_days is not None and not spatial:
        longest = min(files.longest_run(options.max_days, study.precision), intervals)
    result = scan(
        study.cases,
        around,
        model=options.model,
        baseline=_baseline(study) if options.model == "poisson" else None,
        controls=study.controls,
        prospective=options.prospective,
        max_share=options.max_share / 100 if 1 < options.max_share <= 100 else options.max_share,
        max_length=longest,
        replications=options.replications,
        seed=options.seed,
        threads=options.threads,
    )
    return _told(options, study, result, cases)


def _baseline(study: Study) -> Any:
    """Without a population every place has the same one, every day."""
    if study.expected is not None:
        return study.expected
    days = [(b - a).days for a, b in zip(study.edges, study.edges[1:], strict=False)]
    return [days] * len(study.places)


def _notes(options: argparse.Namespace, study: Study, cases: Sequence[Count]) -> list[str]:
    """What was done with the data that is not plain from the options."""
    notes = []
    if study.left_out:
        notes.append(f"{study.left_out} cases or controls outside these days were left out")
    if options.model != "poisson" and any(line.kind for line in cases):
        notes.append(f"the {options.model} model leaves covariates aside")
    if options.model == "poisson" and study.expected is None:
        notes.append("without --population every place is taken to have the same one")
    return notes


def _told(
    options: argparse.Namespace, study: Study, result: ScanResult, cases: Sequence[Count]
) -> dict[str, Any]:
    return {
        "model": options.model,
        "shape": options.shape,
        "prospective": options.prospective,
        "start": study.edges[0].isoformat(),
        "end": (study.edges[-1] - timedelta(days=1)).isoformat(),
        "interval": "study" if options.shape == "spatial" else UNITS[study.precision],
        "locations": len(study.places),
        "cases": result.cases,
        "left_out": study.left_out,
        "notes": _notes(options, study, cases),
        "replications": options.replications,
        "clusters": [_cluster(cluster, options, study) for cluster in result.clusters],
    }


def _cluster(found: Cluster, options: argparse.Namespace, study: Study) -> dict[str, Any]:
    spatial = options.shape == "spatial"
    again = found.recurrence
    return {
        "centre": study.places[found.centre],
        "places": [study.places[i] for i in found.places.tolist()],
        "radius" if options.cartesian else "radius_km": round(found.radius, 6),
        "from": study.edges[0 if spatial else found.first].isoformat(),
        "to": (study.edges[-1 if spatial else found.last + 1] - timedelta(days=1)).isoformat(),
        "cases": found.cases,
        "expected": round(found.expected, 6),
        "people": None if study.people is None else round(float(study.people[found.places].sum()), 2),
        "relative_risk": round(found.relative_risk, 6) if found.relative_risk != float("inf") else None,
        "llr": round(found.llr, 6),
        "p": found.p,
        "p_monte_carlo": found.p_monte_carlo,
        "p_gumbel": found.p_gumbel,
        "recurrence_days": None if again is None else round(again * files.days_each(study.edges), 1),
    }


def say(result: Mapping[str, Any]) -> Iterable[str]:
    """A paragraph for each cluster."""
    yield (
        f"{result['cases']} cases at {result['locations']} places, {result['start']} to {result['end']}; "
        f"{result['model']}, {result['shape']}{', prospective' if result['prospective'] else ''}"
    )
    yield from result["notes"]
    if not result["clusters"]:
        yield "no cluster: nowhere are there more cases than expected"
    for number, cluster in enumerate(result["clusters"], 1):
        p = "" if cluster["p"] is None else f", p {cluster['p']:.2g}"
        again = cluster["recurrence_days"]
        yield (
            f"{number}. {cluster['from']} to {cluster['to']}: {cluster['cases']} cases, {cluster['expected']:.2f} expected; "
            f"LLR {cluster['llr']:.6f}{p}"
            + ("" if again is None else f", by chance once in {again:,.0f} days")
        )
        yield f"   {', '.join(cluster['places'])}"
