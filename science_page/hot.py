"""Hot issues: the messages of the shared set grouped and ranked, against pairs that were read by hand.

No text of the messages is printed: the set may be used for tests only.
"""

from __future__ import annotations

import csv
import random
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform
from sklearn.feature_extraction.text import TfidfVectorizer

from gongbi.science.commands import reading
from gongbi.science.commands.hot import messages_of
from gongbi.science.hot import Issue, Message, hot
from science_page import ROOT, Section, drawing, table

FILE = Path("messages") / "places_and_times.csv"
PAIRS = ROOT / "tests" / "science" / "data" / "hot_pairs.csv"
FLOOR = 20.0  # seconds
REST = 90.0
THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)

Labels = npt.NDArray[np.int64]
Pair = tuple[str, str, bool]


def section(data: Path, *, seed: int, quick: bool) -> Section:
    """Precision and recall on the pairs, the first twenty issues in figures, and what it costs."""
    keys, messages, _ = messages_of(reading.table(data / FILE, "--data"))
    with PAIRS.open(encoding="utf-8") as file:
        pairs = [(row["msg_id"], row["other"], row["same"] == "1") for row in csv.DictReader(file)]
    found, spent = _timed(lambda: hot(messages, least_writers=1))
    ours = _labels(found, len(keys))
    rows: list[tuple[object, ...]] = [("this library", "—", *_scores(keys, ours, pairs), _largest(ours))]
    likeness = _plain(messages)
    days = np.array([message.time for message in messages])
    for name, join in (("TF-IDF, single links", _single), ("TF-IDF, average linkage", _average)):
        cuts = {
            threshold: _cut(join(likeness, threshold), days)
            for threshold in (THRESHOLDS[2::3] if quick else THRESHOLDS)
        }
        tried = [(threshold, _scores(keys, label, pairs)) for threshold, label in cuts.items()]
        best = max(tried, key=lambda one: one[1][2])
        rows.append(
            (
                f"{name}, at its best threshold on these very pairs",
                f"{best[0]:.2f}",
                *best[1],
                _largest(cuts[best[0]]),
            )
        )
    issues = [issue for issue in found if issue.writers >= 2]
    cost = _cost(messages, seed, (1000,) if quick else (500, 1000, 2000, len(messages)))
    text = f"""{len(messages):,} messages with names but no coordinates, grouped by place, matter and time ({len(issues)} issues that two or more people wrote
about). Processor time **{spent:.1f} s** on one core, floor {FLOOR:.0f} s: {"met" if spent < FLOOR else "**not met**"}; the process needs
{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at its height, the tables below included.

**Pairs.** {len(pairs)} pairs of messages were read and called the same issue (same place, same matter, at most {REST:.0f} days of rest) or not,
after the method stood still: 70 messages drawn at random from those with a near neighbour, each with its nearest by plain TF-IDF and the other members of its group;
{sum(same for *_, same in pairs)} of the pairs are the same, pairs that a reader could not decide are left out. Messages looked at while the method
was made are not among those drawn. One reader, titles mostly: the figures are good to ±.12 (two standard errors). Most wrong joins are two messages about
one estate; wholly general appeals ("speed up …") also meet.

{table(("", "threshold", "precision", "recall", "F1", "largest group"), [tuple(f"{c:.2f}" if isinstance(c, float) else c for c in row) for row in rows])}

The plain approaches are shown at the threshold that suits these pairs best, and wrong members of their groups are among the pairs only where they are
near neighbours, while ours all could be drawn, so the table flatters them; between average linkage on one vector and this library it shows no
difference by F1. The largest group tells them apart: read by hand, the largest issue here has some 56 messages; one threshold for all sizes splits it,
and single links join more to it than belongs there.

**The first twenty.** Read through by hand: fifteen are one matter; five hold neighbouring ones (questions about the housing fund; the transport card
together with paying by telephone; two building plots; twice the different complaints about one new estate). None of the twenty is there twice.

{table(("", "heat", "writers", "likes", "persistence", "writers (people)", "likes (less dislikes)", "weeks", "messages", "days from first to last"), _ranks(issues[:20]))}

Heat = 10·log2(1 + writers) + 3·log2(1 + likes − dislikes) + 3·log2(1 + weeks in which somebody wrote); a writer counts once. Method:
`gongbi.science.hot`: pairs and triples of characters, each of a place as far as it stands where places are named; likeness = √(matter × place);
average linkage, cut at the largest groups that are alike enough for their size; a rest of {REST:.0f} days ends an issue. No list of places, nothing learnt beforehand.

![processor time](images/science/hot-cost.svg)
"""
    figure = drawing.lines(
        "Hot issues: processor time on one core",
        {"this library": cost},
        x="messages",
        y="seconds",
        marks={"floor at 4,326 messages": FLOOR},
    )
    return Section("Hot issues", text, {"hot-cost.svg": figure})


def _timed(run: Callable[[], tuple[Issue, ...]]) -> tuple[tuple[Issue, ...], float]:
    started = time.process_time()
    return run(), time.process_time() - started


def _ranks(issues: Sequence[Issue]) -> list[tuple[object, ...]]:
    return [
        (
            rank,
            f"{issue.heat.total:.1f}",
            f"{issue.heat.writers:.1f}",
            f"{issue.heat.likes:.1f}",
            f"{issue.heat.persistence:.1f}",
            issue.writers,
            f"{issue.likes:,.0f}",
            issue.weeks,
            len(issue.members),
            round(issue.last - issue.first),
        )
        for rank, issue in enumerate(issues, 1)
    ]


def _largest(label: Labels) -> int:
    return int(np.unique(label, return_counts=True)[1].max())


def _labels(issues: Sequence[Issue], size: int) -> Labels:
    label = np.arange(size, 2 * size)
    for number, issue in enumerate(issues):
        label[list(issue.members)] = number
    return label


def _scores(keys: Sequence[str], label: Labels, pairs: Sequence[Pair]) -> tuple[float, float, float]:
    """Precision, recall and F1 of being in one group."""
    at = {key: i for i, key in enumerate(keys)}
    told = [bool(label[at[one]] == label[at[other]]) for one, other, _ in pairs]
    right = sum(a and same for a, (*_, same) in zip(told, pairs, strict=True))
    precision = right / max(sum(told), 1)
    recall = right / sum(same for *_, same in pairs)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def _plain(messages: Sequence[Message]) -> sparse.csr_matrix:
    """What a plain approach takes: one TF-IDF vector of character pairs and triples, the title three times."""
    texts = [f"{m.title} {m.title} {m.title} {m.body.strip()[:400]}" for m in messages]
    rows = TfidfVectorizer(
        analyzer="char", ngram_range=(2, 3), min_df=2, max_df=0.03, sublinear_tf=True
    ).fit_transform(texts)
    likeness = sparse.csr_matrix(rows @ rows.T)
    likeness.setdiag(0.0)
    likeness.data[likeness.data < 0.05] = 0.0
    likeness.eliminate_zeros()
    return likeness


def _single(likeness: sparse.csr_matrix, threshold: float) -> Labels:
    near = likeness.copy()
    near.data[near.data < threshold] = 0.0
    near.eliminate_zeros()
    return connected_components(near, directed=False)[1].astype(np.int64)


def _average(likeness: sparse.csr_matrix, threshold: float) -> Labels:
    part = _single(likeness, threshold)
    label = part.copy()
    following = int(part.max()) + 1
    for number in np.flatnonzero((np.bincount(part) > 1) & (np.bincount(part) < 2500)):
        members = np.flatnonzero(part == number)
        far = 1.0 - likeness[members][:, members].toarray()
        np.fill_diagonal(far, 0.0)
        tree = linkage(np.maximum(squareform((far + far.T) / 2, checks=False), 0.0), "average")
        label[members] = following + fcluster(tree, 1.0 - threshold, "distance")
        following = int(label.max()) + 1
    return label


def _cut(label: Labels, days: npt.NDArray[np.float64]) -> Labels:
    """The groups without a rest of more than 90 days."""
    order = np.lexsort((days, label))
    new = np.ones(len(label), dtype=bool)
    new[1:] = (np.diff(label[order]) != 0) | (np.diff(days[order]) > REST)
    out = np.empty(len(label), dtype=np.int64)
    out[order] = np.cumsum(new)
    return out


def _cost(messages: Sequence[Message], seed: int, sizes: Sequence[int]) -> list[tuple[float, float]]:
    mixed = list(messages)
    random.Random(seed).shuffle(mixed)
    return [(float(size), _timed(lambda size=size: hot(mixed[:size]))[1]) for size in sizes]  # type: ignore[misc]
