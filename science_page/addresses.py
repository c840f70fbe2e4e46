"""The parts of addresses: span F1 on the published development set, by kind, by size of the training set, and the cost."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from time import process_time

from gongbi.science import addresses
from gongbi.science.addresses.doors import KINDS, doors
from science_page import Section, drawing, table

SIZES = (500, 2000, 5000)


def _rules(test: Sequence[addresses.Labelled]) -> list[tuple[str, int, str, str]]:
    """Of each kind of number: how many there are, and how often the rules are right and find one."""
    real: Counter[str] = Counter()
    said: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for one in test:
        starts = [0, *accumulate(map(len, one.tokens))]
        truth = {(starts[a], starts[b], kind) for a, b, kind in addresses.spans(one.labels) if kind in KINDS}
        found = {(door.start, door.end, door.kind) for door in doors("".join(one.tokens))}
        for counter, some in ((real, truth), (said, found), (hits, truth & found)):
            counter.update(kind for *_, kind in some)
    return [
        (kind, real[kind], f"{hits[kind] / max(1, said[kind]):.3f}", f"{hits[kind] / max(1, real[kind]):.3f}")
        for kind in KINDS
    ]


def section(data: Path, *, seed: int, quick: bool) -> Section:
    """Learn from the training part, judge on the development part. Raises FileNotFoundError where they are absent."""
    known = addresses.parse_conll((data / "addresses/train.conll").read_text(encoding="utf-8"), "train.conll")
    test = addresses.parse_conll((data / "addresses/dev.conll").read_text(encoding="utf-8"), "dev.conll")
    if quick:
        known, test = known[:1500], test[:500]
    truth, tokens = [a.labels for a in test], [a.tokens for a in test]
    curve: list[tuple[float, float]] = []
    for size in (*(s for s in SIZES if s < len(known)), len(known)):
        begun = process_time()
        tagger = addresses.train(known[:size], seed=seed)
        learnt = process_time() - begun
        begun = process_time()
        scores = addresses.score(truth, tagger.label(tokens))
        used = process_time() - begun
        curve.append((size, scores.f1))
    buffer = io.BytesIO()
    tagger.save(buffer)
    kinds = [
        (kind, n, f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}")
        for kind, (n, precision, recall, f1) in sorted(scores.kinds.items(), key=lambda item: -item[1][0])
    ]
    text = f"""
A linear-chain conditional random field over character features, no neural part, no dictionary. Learnt from the {
        len(known):,} addresses
of `train.conll`, judged on the {
        len(
            test
        ):,} of `dev.conll`; features and step widths were chosen while looking at the latter, so that unseen
addresses may do slightly worse.

{
        table(
            ("spans", "precision", "recall", "span F1", "addresses without an error"),
            [
                (
                    f"{scores.spans:,}",
                    f"{scores.precision:.4f}",
                    f"{scores.recall:.4f}",
                    f"{scores.f1:.4f}",
                    f"{scores.whole:.1%}",
                )
            ],
        )
    }

![Span F1 by addresses learnt from](images/science/addresses-size.svg)

{table(("Kind", "spans", "precision", "recall", "F1"), kinds)}

{
        table(
            ("Cost, one core", "measured"),
            [
                ("training, s", f"{learnt:.0f}"),
                ("addresses a second", f"{len(test) / used:,.0f}"),
                ("model file, MB", f"{len(buffer.getvalue()) / 1e6:.1f}"),
            ],
        )
    }

**Numbers by rules alone.** Where there is no model, numbers of houses, buildings, units, floors and rooms are read by rules made for
messages (`gongbi.science.addresses.doors`); on the same addresses, whole spans:

{table(("Kind", "spans", "precision", "recall"), _rules(test))}

No model is shipped, for the addresses may be used for tests only: `addresses train` makes one, and `addresses evaluate` without
`--model` learns first from the `train.conll` that it finds.
"""
    figure = drawing.lines(
        "Span F1 by addresses learnt from", {"dev.conll": curve}, x="addresses", y="span F1", from_zero=False
    )
    return Section("Parts of addresses", text, {"addresses-size.svg": figure})
