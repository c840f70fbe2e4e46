"""``addresses``: the parts of Chinese addresses, learnt from labelled ones (CoNLL: a token and its label a line), and known places.

The labelled set may be used for tests only, so no model is shipped: ``train`` writes one, and ``evaluate`` takes ``--model``, or
learns first: from ``--train``, else from ``train.conll`` beside the test file, else from ``../shared/data/addresses``.

``locate`` looks texts up in a list of places: ``--places`` with ``name`` and, as far as known, ``id``, ``kind`` (compound, landmark,
community, street, road, district), ``aliases`` (apart by semicolons), ``division`` (its code), ``lon``, ``lat``; ``--data`` with ``text``,
``address``, or ``title`` and ``body``. Without ``--model`` the numbers of buildings, units and rooms are found by rules.
"""

from __future__ import annotations

import argparse
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from gongbi.science import addresses
from gongbi.science.addresses.doors import KINDS
from gongbi.science.addresses.places import Address, Entry, Finder, Gazetteer
from gongbi.science.commands.reading import table, text_of, write_table

NAME = "train.conll"
SHARED = Path("../shared/data/addresses")
HEADINGS = (
    "row", "place", "name", "kind", "division", "lon", "lat", "score", "reasons", "written", "roadno", "houseno", "cellno", "floorno",
    "roomno", "spans", "contradictions", "others",
)  # fmt: skip
_APART = re.compile("[;；|]")


def arguments(parser: argparse.ArgumentParser) -> None:
    """``train``, ``evaluate``, ``parse`` or ``locate``, and their options."""
    parser.add_argument("action", choices=("train", "evaluate", "parse", "locate"))
    parser.add_argument("--data", metavar="FILE", help="train: labelled addresses; locate: a table of texts")
    parser.add_argument(
        "--model", metavar="FILE", help="written by train; read by evaluate, parse and locate (optional)"
    )
    parser.add_argument("--places", metavar="FILE", help="locate: a table of places with a name")
    parser.add_argument("--out", metavar="FILE", help=f"locate: a table of {', '.join(HEADINGS)}")
    parser.add_argument(
        "--train", metavar="FILE", help="evaluate: labelled addresses to learn from when there is no model"
    )
    parser.add_argument("--test", metavar="FILE", help="evaluate: labelled addresses to be judged by")
    parser.add_argument(
        "--text", action="append", default=[], metavar="ADDRESS", help="parse: an address; may be repeated"
    )
    parser.add_argument(
        "--epochs", type=int, default=addresses.EPOCHS, help="passes over the data (default %(default)s)"
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Train, evaluate, parse or locate. Raises ValueError or OSError that name the argument."""
    if options.action == "train":
        _need(options, "data", "model")
        begun = perf_counter()
        known = _read(options.data, "--data")
        tagger = addresses.train(known, seed=options.seed, epochs=options.epochs)
        with open(options.model, "wb") as file:
            tagger.save(file)
        return {
            "action": "train",
            "addresses": len(known),
            "labels": list(tagger.labels),
            "features": int(tagger.hashes.size),
            "bytes": Path(options.model).stat().st_size,
            "seconds": perf_counter() - begun,
        }
    if options.action == "parse":
        _need(options, "model", "text")
        tagger = _load(options.model)
        return {
            "action": "parse",
            "addresses": [
                {"text": text, "parts": [_part(part) for part in tagger.parse(text)]} for text in options.text
            ],
        }
    if options.action == "locate":
        return _locate(options)
    _need(options, "test")
    return _evaluate(options)


def _need(options: argparse.Namespace, *names: str) -> None:
    for name in names:
        if not getattr(options, name):
            raise ValueError(f"--{name}: {options.action} needs it")


def _read(path: str | Path, option: str) -> list[addresses.Labelled]:
    return addresses.parse_conll(text_of(path, option), f"{option} {path}")


def _load(path: str) -> addresses.Tagger:
    with open(path, "rb") as file:
        return addresses.load(io.BytesIO(file.read()))


def _part(part: addresses.Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "text": part.text,
        "start": part.start,
        "end": part.end,
        "probability": part.probability,
    }


def _learn_from(options: argparse.Namespace) -> Path:
    """Where labelled addresses are found. Raises ValueError when nowhere, or when they are the test itself."""
    test = Path(options.test)
    if options.train:
        return Path(options.train)
    for place in (test.parent / NAME, SHARED / NAME):
        if place.is_file() and place.resolve() != test.resolve():
            return place
    raise ValueError(
        f"--model: none given, and no {NAME} to learn from beside {test} or in {SHARED}; "
        "make one with addresses train --data F.conll --model M, or name labelled addresses with --train"
    )


def _evaluate(options: argparse.Namespace) -> dict[str, Any]:
    test = _read(options.test, "--test")
    begun = perf_counter()
    source = options.model or str(_learn_from(options))
    if options.model:
        tagger = _load(options.model)
    else:
        tagger = addresses.train(_read(source, "--train"), seed=options.seed, epochs=options.epochs)
    learnt = perf_counter()
    found = tagger.label([address.tokens for address in test])
    seconds = perf_counter() - learnt
    scores = addresses.score([address.labels for address in test], found)
    return {
        "action": "evaluate",
        "model": source,
        "learnt": not options.model,
        "train_seconds": learnt - begun,
        "addresses": scores.addresses,
        "spans": scores.spans,
        "f1": scores.f1,
        "precision": scores.precision,
        "recall": scores.recall,
        "whole": scores.whole,
        "kinds": {
            kind: {"spans": n, "precision": precision, "recall": recall, "f1": f1}
            for kind, (n, precision, recall, f1) in scores.kinds.items()
        },
        "addresses_per_second": scores.addresses / seconds,
    }


def _entries(rows: Sequence[Mapping[str, str]], path: str) -> list[Entry]:
    found = []
    for line, row in enumerate(rows, 2):
        name = row["name"].strip()
        if not name:
            raise ValueError(f"--places: {path}, line {line}: name is empty")
        aliases = tuple(alias.strip() for alias in _APART.split(row.get("aliases", "")) if alias.strip())
        kind = row.get("kind", "").strip() or "landmark"
        found.append(Entry(line, name, aliases, kind, row.get("division", "").strip()))
    return found


def _texts(rows: Sequence[Mapping[str, str]], path: str) -> list[str]:
    columns = rows[0].keys()
    named = next(
        (some for some in (("text",), ("address",), ("title", "body")) if set(some) & set(columns)), None
    )
    if named is None:
        raise ValueError(
            f"--data: {path} has no column text, address, title or body; it has {', '.join(columns)}"
        )
    return ["\n".join(row[name] for name in named if row.get(name)) for row in rows]


def _locate(options: argparse.Namespace) -> dict[str, Any]:
    _need(options, "places", "data", "out")
    places = table(options.places, "--places", "name")
    rows = table(options.data, "--data")
    texts = _texts(rows, options.data)
    finder = Finder(
        Gazetteer(_entries(places, options.places)), _load(options.model) if options.model else None
    )
    begun = perf_counter()
    found = [finder.locate(text) for text in texts]
    seconds = perf_counter() - begun
    write_table(
        options.out,
        HEADINGS,
        [
            (row.get("msg_id") or row.get("id") or str(number), *_line(address, places))
            for number, (row, address) in enumerate(zip(rows, found, strict=True))
        ],
    )
    return {
        "action": "locate",
        "texts": len(texts),
        "places": len(places),
        "placed": sum(bool(address.places) for address in found),
        "numbered": sum(bool(address.numbers) for address in found),
        "contradictory": sum(bool(address.contradictions) for address in found),
        "texts_per_second": len(texts) / seconds,
    }


def _line(address: Address, places: Sequence[Mapping[str, str]]) -> list[object]:
    """One row of the answer: the best place, the numbers, the spans, what contradicts, and what else it may be."""
    head: list[object] = [""] * 9
    if address.places:
        best = address.places[0]
        row = places[best.key - 2]
        names = (
            row.get("id") or best.key - 1,
            row["name"],
            *(row.get(n, "") for n in ("kind", "division", "lon", "lat")),
        )
        head = [*names, f"{best.score:.4f}", "；".join(best.reasons), best.written]
    numbers = ["、".join(address.numbers.get(kind, ())) for kind in KINDS]
    spans = " ".join(f"{span.text}/{span.kind}" for span in address.spans)
    against = "；".join("/".join(name for name in pair if name) for pair in address.contradictions)
    others = "；".join(f"{places[one.key - 2]['name']} {one.score:.2f}" for one in address.places[1:])
    return [*head, *numbers, spans, against, others]


def say(result: Mapping[str, Any]) -> Iterable[str]:
    """What was learnt or found, and how good it is."""
    if result["action"] == "train":
        yield (
            f"{result['addresses']:,} addresses, {result['features']:,} features, {result['bytes'] / 1e6:.1f} MB, "
            f"{result['seconds']:.1f} s"
        )
    elif result["action"] == "parse":
        for address in result["addresses"]:
            yield "  ".join(f"{part['text']}/{part['kind']}" for part in address["parts"])
    elif result["action"] == "locate":
        yield (
            f"{result['texts']:,} texts, {result['places']:,} places: {result['placed']:,} texts name one, {result['numbered']:,} a number, "
            f"{result['contradictory']:,} contradict themselves; {result['texts_per_second']:,.0f} a second"
        )
    else:
        how = "learnt from" if result["learnt"] else "model"
        yield f"{how} {result['model']}, {result['train_seconds']:.1f} s"
        yield (
            f"span F1 {result['f1']:.4f}, precision {result['precision']:.4f}, recall {result['recall']:.4f}, "
            f"{result['addresses']:,} addresses, {result['spans']:,} spans, {result['whole']:.1%} without an error"
        )
        for kind, one in result["kinds"].items():
            yield f"  {kind}: F1 {one['f1']:.3f} of {one['spans']:,}"
