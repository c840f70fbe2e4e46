"""Parts of addresses: the form is read strictly, impossible labels never come out, the scorer is the textbook's."""

import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongbi.science.addresses import Labelled, load, parse_conll, score, spans, tokenise, train
from gongbi.science.addresses.conll import clean
from gongbi.science.addresses.crf import marginals, viterbi
from gongbi.science.addresses.features import features, shape
from gongbi.science.commands import main
from gongbi.science.gazetteer import Entry, Gazetteer
from tests.support.addresses import labelled

ROADS = ("大兴路", "桃园南路", "劳动路", "星火路", "丰登路", "莲湖路")
HOUSES = ("花园", "小区", "公寓", "大厦")
KNOWN = [
    labelled(("西安市", "city"), ("莲湖区", "district"), (road, "road"), (f"{number}号", "roadno"), (f"阳光{house}", "poi"),
             (f"{number % 9 + 1}栋", "houseno"))
    for (road, house), number in zip(itertools.product(ROADS, HOUSES), itertools.count(11, 7))
]  # fmt: skip


def test_it_learns_the_parts_of_an_address() -> None:
    tagger = train(KNOWN, seed=1)
    found = tagger.parse("西安市莲湖区 含光路３５号阳光花园6栋")
    assert [(part.kind, part.text) for part in found] == [
        ("city", "西安市"),
        ("district", "莲湖区"),
        ("road", "含光路"),
        ("roadno", "３５号"),
        ("poi", "阳光花园"),
        ("houseno", "6栋"),
    ]
    assert all(0 < part.probability <= 1 for part in found)
    assert tagger.parse("") == tagger.parse("　 ") == []
    again = train(KNOWN, seed=1)
    assert np.array_equal(tagger.weights, again.weights)


def test_a_saved_tagger_answers_the_same() -> None:
    tagger = train(KNOWN, seed=1, epochs=2)
    buffer = io.BytesIO()
    tagger.save(buffer)
    buffer.seek(0)
    assert load(buffer).parse("劳动路8号") == tagger.parse("劳动路8号")
    with pytest.raises(ValueError, match="model"):
        load(io.BytesIO(b"no model"))


TAGGER = train(KNOWN, seed=1, epochs=2)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=6), max_size=12))
def test_any_tokens_get_labels_that_can_follow_each_other(tokens: list[str]) -> None:
    (labels,) = TAGGER.label([tokens])
    assert len(labels) == len(tokens)
    assert clean(labels) == labels


@pytest.mark.parametrize(
    "text", ["a", "😀" * 50, "号" * 10_000, "\ud800路", "12345", "No. 5 Street", "繁體地址"]
)
def test_any_text_can_be_parsed(text: str) -> None:
    for part in TAGGER.parse(text):
        assert text[part.start : part.end] == part.text


def test_the_best_path_and_the_marginals_are_those_of_all_paths() -> None:
    random = np.random.default_rng(4)
    block = random.normal(size=(1, 4, 3)).astype(np.float32)
    steps, first, last = (random.normal(size=size).astype(np.float32) for size in ((3, 3), 3, 3))
    worth = {}
    for path in itertools.product(range(3), repeat=4):
        total = (
            first[path[0]] + last[path[-1]] + sum(block[0, place, state] for place, state in enumerate(path))
        )
        worth[path] = float(total + sum(steps[a, b] for a, b in itertools.pairwise(path)))
    assert tuple(viterbi(block, steps, first, last)[0]) == max(worth, key=worth.__getitem__)
    chances = np.zeros((4, 3))
    for path, value in worth.items():
        chances[np.arange(4), path] += np.exp(value)
    chances /= chances.sum(axis=1, keepdims=True)
    assert np.allclose(marginals(block, steps, first, last)[0], chances, atol=1e-5)


def test_tokens_keep_their_places() -> None:
    assert tokenise("３ 号Ab楼-12") == [
        ("3", 0, 1),
        ("号", 2, 3),
        ("Ab", 3, 5),
        ("楼", 5, 6),
        ("-", 6, 7),
        ("12", 7, 9),
    ]
    assert [shape(token) for token in ("12", "123456", "A", "b2", "三", "路", "-", "é")] == [
        "00", "0000", "A", "A0", "一", "中", "-", "?",
    ]  # fmt: skip
    assert features([["路"], ["路", "号"]]).shape[0] == 3
    assert np.array_equal(features([["路"]]), features([["路"]]))


def test_the_form_is_read_strictly() -> None:
    text = "大 B-subRoad\n路 I-subroad\n\n\n3 I-roadNo\n号 I-roadno\n"
    first, second = parse_conll(text)
    assert first == Labelled(("大", "路"), ("B-subroad", "I-subroad"))
    assert second.labels == ("B-roadno", "I-roadno")
    assert spans(("B-a", "I-a", "B-a", "O", "B-b")) == [(0, 2, "a"), (2, 3, "a"), (4, 5, "b")]
    for bad, why in (("", "no labelled"), ("路", "line 1"), ("路 X-road", "label"), ("路 B-", "label")):
        with pytest.raises(ValueError, match=why):
            parse_conll(bad)


def test_spans_are_scored_whole() -> None:
    truth = [("B-a", "I-a", "B-b"), ("B-a",)]
    found = score(truth, [("B-a", "I-a", "B-a"), ("B-a",)])
    assert (found.spans, found.addresses, found.whole) == (3, 2, 0.5)
    assert found.precision == found.recall == found.f1 == pytest.approx(2 / 3)
    assert found.kinds["b"] == (1, 0.0, 0.0, 0.0)
    assert score(truth, [("B-a", "B-a", "B-b"), ("B-a",)]).f1 == pytest.approx(2 * 2 / 7)
    for wrong in ([], [("B-a",), ("B-a",)]):
        with pytest.raises(ValueError, match="predicted"):
            score(truth, wrong)


@pytest.mark.parametrize(("known", "why"), [([], "two kinds"), ([labelled(("大路", "road"))], "two kinds")])
def test_too_little_to_learn_is_refused(known: list[Labelled], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        train(known, seed=1)


def test_the_command_trains_judges_and_parses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["\n".join(f"{t} {la}" for t, la in zip(a.tokens, a.labels, strict=True)) + "\n" for a in KNOWN]
    data, test, model, out = (tmp_path / name for name in ("known.conll", "test.conll", "m", "out.json"))
    data.write_text("\n".join(lines[:18]), encoding="utf-8")
    test.write_text("\n".join(lines[18:]), encoding="utf-8")
    assert main(["addresses", "train", "--data", str(data), "--model", str(model)]) == 0
    assert (
        main(["addresses", "evaluate", "--test", str(test), "--model", str(model), "--json", str(out)]) == 0
    )
    judged = json.loads(out.read_text())
    assert judged["f1"] > 0.9
    assert main(["addresses", "evaluate", "--test", str(test), "--train", str(data), "--json", str(out)]) == 0
    assert json.loads(out.read_text())["f1"] == judged["f1"]
    data.rename(tmp_path / "train.conll")
    assert main(["addresses", "evaluate", "--test", str(test), "--json", str(out)]) == 0
    assert json.loads(out.read_text())["f1"] == judged["f1"]
    capsys.readouterr()
    assert main(["addresses", "parse", "--model", str(model), "--text", "莲湖区劳动路8号"]) == 0
    assert capsys.readouterr().out.split() == ["莲湖区/district", "劳动路/road", "8号/roadno"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["evaluate"], "--test"),
        (["train", "--model", "m"], "--data"),
        (["evaluate", "--test", "T"], "--model"),
        (["evaluate", "--test", "T", "--model", "T"], "model"),
        (["parse", "--model", "m"], "--text"),
    ],
)
def test_what_cannot_be_used_is_named(
    given: list[str],
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("T").write_text("路 B-road\n", encoding="utf-8")
    assert main(["addresses", *given]) == 2
    assert why in capsys.readouterr().err


# What the tagger found is looked up by name: numerals, widths, aliases, slips and missing levels are the gazetteer's.
PLACES = Gazetteer(
    [
        Entry(1, "二府庄小区", ("二府庄",), "compound", "610104003001002"),
        Entry(2, "二府庄小区3号楼", (), "compound", "610104003001002"),
        Entry(3, "自强路街道二府街社区居委会", ("二府街社区",), "community", "610104002004"),
    ]
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2府庄门口", 1),
        ("二府庄", 1),
        ("２府庄小区", 1),
        ("二府庄小区三号楼", 2),
        ("2府庄小区３号楼", 2),
        ("二府街社区", 3),
        ("二府荘小区", 1),
    ],
)
def test_a_place_is_found_however_it_is_written(text: str, key: int) -> None:
    assert PLACES.find(text)[0].key == key


@pytest.mark.data
@pytest.mark.slow
def test_real_addresses(real_data: Callable[[str], Path]) -> None:
    """A part of the set is enough to see that nothing is broken; the page has the figure of the whole."""
    known = parse_conll(real_data("addresses/train.conll").read_text(encoding="utf-8"))[:2000]
    test = parse_conll(real_data("addresses/dev.conll").read_text(encoding="utf-8"))[:800]
    found = train(known, seed=1, epochs=3).label([address.tokens for address in test])
    assert score([address.labels for address in test], found).f1 > 0.8
