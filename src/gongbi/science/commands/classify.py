"""``classify train`` and ``classify predict``: which of many labels a message belongs to.

Tables have ``title`` and ``body``, or ``tokens`` (words with blanks between). With ``--tree``, or a ``taxonomy.csv`` with the label's
column beside a ``--data``, the names in the deeper columns of the tree help; ``--label path`` takes the whole path of the
tree as the label. With a tree and no ``--data`` the model judges by the names alone.
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from gongbi.science.commands.reading import table, text_of, write_table
from gongbi.science.text import evaluate, load

TREE = "taxonomy.csv"
PATH = "path"
_OTHERS = frozenset({"", "其他", "其它", "other", "others"})
_MISSING = frozenset({"", "nan", "none", "null", "n/a", "#n/a"})  # how tables write that there is no label
HEADINGS = ("msg_id", "label", "probability", "abstained", "reasons")


def arguments(parser: argparse.ArgumentParser) -> None:
    """``train`` or ``predict``, and the options of both."""
    parser.add_argument("action", choices=("train", "predict"))
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="FILE",
        help="title and body, or tokens; may be repeated",
    )
    parser.add_argument("--model", required=True, metavar="FILE", help="the model, written or read")
    parser.add_argument(
        "--label",
        metavar="COLUMN",
        help="train: the column of the label; predict: score against it (optional)",
    )
    parser.add_argument(
        "--tree",
        metavar="FILE",
        help=f"train: a category tree (default: {TREE} beside a --data); none: no tree",
    )
    parser.add_argument("--out", metavar="FILE", help=f"predict: a table of {', '.join(HEADINGS)}")
    parser.add_argument(
        "--precision",
        type=float,
        metavar="P",
        help="predict: abstain so that this share of the rest is right (0-1)",
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Train or predict. Raises ValueError or OSError that name the argument."""
    return _train(options) if options.action == "train" else _predict(options)


def messages_of(rows: Sequence[Mapping[str, str]], path: str) -> tuple[list[str], list[str | None], bool]:
    """Texts, titles, and whether the messages are raw. Raises ValueError when there is nothing to read in the table."""
    columns = rows[0].keys()
    if "title" in columns or "body" in columns:
        return [row.get("body", "") for row in rows], [row.get("title", "") for row in rows], True
    if "tokens" in columns:
        return [row["tokens"] for row in rows], [None] * len(rows), False
    raise ValueError(f"--data: {path} has neither title and body nor tokens; it has {', '.join(columns)}")


def _train(options: argparse.Namespace) -> dict[str, Any]:
    if not options.label:
        raise ValueError("--label: the column of the label is needed")
    tree_file = _tree_file(options)
    if not options.data and tree_file is None:
        raise ValueError("--data: at least one table, or a --tree, is needed")
    from gongbi.science import text_fit  # only who trains waits for scikit-learn

    begun = perf_counter()
    texts: list[str] = []
    titles: list[str | None] = []
    labels: list[str] = []
    judges: list[bool] = []
    for path in options.data:
        rows = table(path, "--data", *(() if options.label == PATH else (options.label,)))
        bodies, heads, raw = messages_of(rows, path)
        texts += bodies
        titles += heads
        judges += [raw] * len(rows)
        labels += _labels(rows, options.label, path)
    tree = tree_of(tree_file, options.label) if tree_file is not None else None
    model, scores = text_fit.fit(texts, labels, seed=options.seed, titles=titles, judges=judges, tree=tree)
    with open(options.model, "wb") as file:
        digest = model.save(file)
    tally = Counter(labels)
    return {
        "action": "train",
        "messages": len(texts),
        "raw": sum(judges),
        "labels": {name: tally[name] for name in model.labels} if texts else dict.fromkeys(model.labels, 0),
        "left_out": {name: tally[name] for name in sorted(tally) if name not in model.labels},
        "tree": str(tree_file) if tree_file is not None else None,
        "leaves": int(model.leaves.labels.size) if model.leaves is not None else 0,
        "pieces": int(model.hashes.size),
        "bytes": Path(options.model).stat().st_size,
        "sha256": digest,
        "threshold": model.threshold,
        "held_out": _plain(scores) if scores is not None else None,
        "seconds": perf_counter() - begun,
    }


def _plain(scores: Any) -> dict[str, Any]:
    """Scores as JSON can hold them: no NaN."""
    plain = {name: None if value != value else value for name, value in scores.as_dict().items()}
    plain["per_label"] = {name: {"n": n, "f1": f1} for name, (n, f1) in scores.per_label.items()}
    return plain


def _labels(rows: Sequence[Mapping[str, str]], column: str, path: str) -> list[str]:
    levels = [name for name in rows[0] if name.startswith("level")] if column == PATH else [column]
    if not levels:
        raise ValueError(f"--label: {path} has no columns level1, level2 … for a path")
    found = []
    for line, row in enumerate(rows, 2):
        parts = [row[name].strip() for name in levels]
        if any(part.lower() in _MISSING for part in parts):
            raise ValueError(f"--data: {path}, line {line}: {column} is empty")
        found.append("/".join(parts))
    return found


def _tree_file(options: argparse.Namespace) -> Path | None:
    if options.tree is not None:
        return None if options.tree == "none" else Path(options.tree)
    for folder in dict.fromkeys(Path(path).parent for path in options.data):
        beside = folder / TREE
        if beside.is_file():
            headings = [name.strip() for name in text_of(beside, "--tree").partition("\n")[0].split(",")]
            if options.label == PATH or options.label in headings:
                return beside
    return None


def tree_of(path: Path, label: str) -> list[tuple[str, str]]:
    """``(label, names below it)`` of each leaf; names such as 其他 say nothing."""
    rows = table(path, "--tree", *(() if label == PATH else (label,)))
    columns = list(rows[0])
    names = columns if label == PATH else columns[columns.index(label) + 1 :] or [label]
    found = []
    for row in rows:
        words = " ".join(row[name].strip() for name in names if row[name].strip().lower() not in _OTHERS)
        own = "/".join(row[name].strip() for name in columns) if label == PATH else row[label].strip()
        found.append((own, words or (row[label].strip() if label != PATH else "")))
    return found


def _predict(options: argparse.Namespace) -> dict[str, Any]:
    if not options.data or not options.out:
        raise ValueError(f"{'--out' if options.data else '--data'}: predict needs it")
    with open(options.model, "rb") as file:
        model = load(io.BytesIO(file.read()))
    if options.precision is not None:
        model = model.at_precision(options.precision)
    rows: list[dict[str, str]] = []
    texts: list[str] = []
    titles: list[str | None] = []
    for path in options.data:
        some = table(path, "--data", *([options.label] if options.label and options.label != PATH else []))
        bodies, heads, _raw = messages_of(some, path)
        rows += some
        texts += bodies
        titles += heads
    begun = perf_counter()
    found = model.predict_many(texts, titles)
    seconds = perf_counter() - begun
    lines = [
        (
            row.get("msg_id") or row.get("row") or str(place),
            found.labels[found.best[place]],
            f"{found.chances[place, found.best[place]]:.6f}",
            int(found.abstained[place]),
            "；".join(found.words[place]),
        )
        for place, row in enumerate(rows, 0)
    ]
    write_table(options.out, HEADINGS, lines)
    result: dict[str, Any] = {
        "action": "predict",
        "messages": len(rows),
        "abstained": int(found.abstained.sum()),
        "threshold": model.threshold,
        "labels": dict(Counter(line[1] for line in lines)),
        "messages_per_second": len(rows) / seconds,
    }
    if options.label:
        truth = _labels(rows, options.label, ", ".join(options.data))
        result["scores"] = _plain(evaluate(found.chances, found.labels, truth, model.threshold))
    return result


def say(result: Mapping[str, Any]) -> Iterable[str]:
    """What was learnt, or answered, and how good it is."""
    if result["action"] == "train":
        yield f"{result['messages']:,} messages ({result['raw']:,} with title and body), {len(result['labels'])} labels"
        if result["tree"]:
            yield f"with {result['leaves']} leaves of {result['tree']}"
        for name, count in result["left_out"].items():
            yield f"left out, too few: {name} ({count})"
        yield f"{result['pieces']:,} pieces, {result['bytes'] / 1e6:.1f} MB, {result['seconds']:.1f} s"
        if result["held_out"]:
            yield from _score_lines("held out", result["held_out"])
        return
    yield f"{result['messages']:,} messages, {result['messages_per_second']:,.0f} a second, {result['abstained']:,} abstained"
    if "scores" in result:
        yield from _score_lines("against the labels given", result["scores"])


def _score_lines(what: str, scores: Mapping[str, Any]) -> Iterable[str]:
    yield (
        f"{what}: macro-F1 {scores['macro_f1']:.4f}, accuracy {scores['accuracy']:.4f}, "
        f"calibration error {scores['calibration_error']:.4f} ({scores['n']:,} messages)"
    )
    for name, one in scores["per_label"].items():
        yield f"  {name}: F1 {one['f1']:.3f} of {one['n']:,}"
