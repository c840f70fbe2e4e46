"""The text classifier: deterministic, explains itself, survives anything, honest about how good it is."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongbi.science.commands.classify import tree_of
from gongbi.science.commands.reading import table
from gongbi.science.text import evaluate, load, normal, softmax
from gongbi.science.text_fit import message_groups, train
from gongbi.science.text_words import Catalogue, Entry

LAMPS = ["路灯不亮", "路灯坏了", "街上路灯全黑", "灯杆倒了", "路灯闪烁", "巷子没有路灯"]
DIRT = ["垃圾没人清", "垃圾成堆", "楼下垃圾臭", "乱扔垃圾", "垃圾满了", "垃圾堆在门口"]
TEXTS, LABELS = LAMPS + DIRT, ["灯"] * 6 + ["脏"] * 6


def test_it_learns_explains_and_keeps_to_its_seed() -> None:
    model = train(TEXTS, LABELS, seed=3)
    best, second = model.predict("门口的路灯又坏了")
    assert (best.label, second.label) == ("灯", "脏")
    assert any("路灯" in word or word in "路灯又坏了" for word in best.words)
    assert best.probability > second.probability
    again = train(TEXTS, LABELS, seed=3)
    assert np.array_equal(model.weights, again.weights)
    assert model.counts == (6, 6)


def test_a_saved_model_answers_the_same_and_needs_no_pickle() -> None:
    model = train(TEXTS, LABELS, seed=3)
    buffer = io.BytesIO()
    digest = model.save(buffer)
    assert len(digest) == 64
    buffer.seek(0)
    same = load(buffer)
    assert same.predict("路灯") == model.predict("路灯")
    assert b"pickle" not in buffer.getvalue()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 damaged", b"not a model"])
def test_a_damaged_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        load(io.BytesIO(data))


@pytest.mark.parametrize("text", ["", " ", "\n\t", "!!!", "\u0000", "😀" * 9000, "\ud800"])
def test_what_says_nothing_is_answered_by_abstaining(text: str) -> None:
    guesses = train(TEXTS, LABELS, seed=3).predict(text)
    assert len(guesses) == 2
    assert abs(sum(g.probability for g in guesses) - 1) < 1e-6
    assert text.strip("\n\t !\u0000") != "" or all(g.abstained for g in guesses)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_probabilities_that_add_up(text: str) -> None:
    chances = _MODEL.probabilities(text)
    assert np.all(np.isfinite(chances))
    assert abs(chances.sum() - 1) < 1e-9


_MODEL = train(TEXTS, LABELS, seed=3)


@pytest.mark.parametrize(
    ("texts", "labels"), [([], []), (["a", "b"], ["x", "x"]), (["a", "b", "c"], ["x", "x", "y"])]
)
def test_too_little_to_learn_is_refused(texts: list[str], labels: list[str]) -> None:
    with pytest.raises(ValueError, match="two"):
        train(texts, labels, seed=1)


@pytest.mark.parametrize(
    ("texts", "labels", "why"),
    [
        (["a", "b", "c", "d"], ["x", "x", "y", " "], "labels: number 3 is empty"),
        (["a", "b", "c", "d"], ["x", "x", "y", float("nan")], "labels: number 3 is nan"),
        (["a", "b", "c", None], ["x", "x", "y", "y"], "texts: number 3 is None"),
        (["", "?", "😀", " "], ["x", "x", "y", "y"], "nothing to read"),
    ],
)
def test_what_is_no_text_or_no_label_is_named(texts: list[str], labels: list[str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        train(texts, labels, seed=1)


@pytest.mark.parametrize("text", [None, float("nan"), 3])
def test_only_texts_can_be_asked_about(text: str) -> None:
    for ask in (_MODEL.predict, _MODEL.probabilities, lambda one: _MODEL.predict_many([one])):
        with pytest.raises(ValueError, match="texts: number 0"):
            ask(text)


def test_a_label_with_one_text_is_left_out_and_the_others_learnt() -> None:
    model = train([*TEXTS, "噪声太大"], [*LABELS, "吵"], seed=3)
    assert model.labels == ("灯", "脏")


def test_traditional_characters_say_what_simplified_ones_say() -> None:
    assert _MODEL.predict("路燈壞了，巷子沒有路燈") == _MODEL.predict("路灯坏了，巷子没有路灯")
    assert normal("樓下垃圾滿了") == "楼下垃圾满了"


def test_width_case_and_numbers_do_not_matter() -> None:
    assert normal("ＡＢ１２３栋　 路灯\u200b") == normal("ab98765栋 路灯")


def test_the_scores_are_those_of_the_textbook() -> None:
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
    scores = evaluate(chances, ["a", "b"], ["a", "b", "b", "a"], threshold=0.75)
    assert scores.accuracy == 0.75
    assert scores.per_label["a"] == (2, pytest.approx(2 * 2 / (2 + 3)))
    assert scores.per_label["b"] == (2, pytest.approx(2 * 1 / (2 + 1)))
    assert scores.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)
    assert scores.abstained == 0.5
    assert scores.accuracy_when_sure == 0.5
    unknown = evaluate(chances, ["a", "b"], ["a", "c", "b", "a"])
    assert unknown.accuracy == 0.75
    assert unknown.per_label["c"][1] == 0
    with pytest.raises(ValueError):  # noqa: PT011
        evaluate(np.zeros((0, 2)), ["a", "b"], [])


def test_softmax_does_not_overflow() -> None:
    assert softmax(np.array([1000.0, 0.0])).tolist() == [1.0, 0.0]


ENTRIES = (
    Entry("C1", "井盖", ("井盖", "井盖+响")),
    Entry("C2", "污水井盖", ("污水井盖", "下水井盖")),
    Entry("E1", "路灯", ("路灯", "路灯+不亮")),
    Entry("X", "其他", ("请问",), prior=-0.6),
)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("污水井盖破了", "C2"),
        ("井盖响", "C1"),
        ("路灯不亮", "E1"),
        ("请问路灯归谁管", "E1"),
        ("请问一下", "X"),
    ],
)
def test_the_longest_word_decides(text: str, label: str) -> None:
    best = Catalogue(ENTRIES).predict(text)[0]
    assert best.label == label
    assert best.words
    assert not best.abstained


def test_a_catalogue_abstains_on_what_it_does_not_know_and_refuses_twins() -> None:
    assert all(g.abstained for g in Catalogue(ENTRIES).predict("今天天气不错"))
    with pytest.raises(ValueError, match="twice"):
        Catalogue((ENTRIES[0], ENTRIES[0]))


# --- On real messages -----------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.slow
def test_real_messages_seven_classes(
    real_data: Callable[[str], Path], record_property: Callable[[str, object], None]
) -> None:
    """A third of the tokenised messages teaches, none of them a raw message in the other form. The page has the whole figure."""
    raw = table(real_data("messages/labelled_raw.csv"), "data")
    tokens = table(real_data("messages/labelled_tokens.csv.gz"), "data")[::3]
    texts = [row["body"] for row in raw] + [row["tokens"] for row in tokens]
    titles = [*(row["title"] for row in raw), *([None] * len(tokens))]
    groups = message_groups(texts, titles, share=0.2)
    some = np.flatnonzero(~np.isin(groups, groups[: len(raw)]))
    assert len(tokens) * 0.8 < some.size < len(tokens)
    labels = [row["level1"] for row in (*raw, *tokens)]
    tree = tree_of(real_data("messages/taxonomy.csv"), "level1")
    model = train([texts[i] for i in some], [labels[i] for i in some], seed=1, tree=tree)
    assert model.nbytes < 30_000_000
    found = model.predict_many(texts[: len(raw)], titles[: len(raw)])
    scores = evaluate(found.chances, model.labels, labels[: len(raw)], model.threshold)
    for name, value in {**scores.as_dict(), "bytes": model.nbytes}.items():
        record_property(name, value)
    print(f"unseen raw messages: {scores.as_dict()}, {model.nbytes / 1e6:.1f} MB")  # noqa: T201
    assert scores.accuracy > 0.88
    assert scores.macro_f1 > 0.88
    assert scores.calibration_error < 0.08


@pytest.mark.data
def test_the_tree_alone_knows_most_real_messages(real_data: Callable[[str], Path]) -> None:
    raw = table(real_data("messages/labelled_raw.csv"), "data")
    known = {row["level1"] for row in raw}
    tree = [leaf for leaf in tree_of(real_data("messages/taxonomy.csv"), "level1") if leaf[0] in known]
    model = train([], [], seed=1, tree=tree)
    found = model.predict_many([row["body"] for row in raw], [row["title"] for row in raw])
    assert evaluate(found.chances, model.labels, [row["level1"] for row in raw]).macro_f1 > 0.75
