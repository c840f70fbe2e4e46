"""A category tree helps: cold, beside learnt messages, and for labels that no message was about; single corrections teach."""

import io

import numpy as np
import pytest

from gongbi.science.text import evaluate, load, softmax
from gongbi.science.text_calibrate import apply, doubtful, fit_forms
from gongbi.science.text_calibrate import fit as fit_calibration
from gongbi.science.text_fit import fit, message_groups, train
from gongbi.science.text_learn import learn
from gongbi.science.text_pieces import Pieces, fold, split
from gongbi.science.text_scores import error_by_chance, error_interval, precision_curve, threshold_for

TREE = [
    ("建设", "市政管理 路灯照明"),
    ("建设", "市政管理 园林绿化"),
    ("环保", "固体废物 垃圾处理"),
    ("环保", "噪声污染"),
    ("卫生", "食品药品 保健品管理"),
]
TEXTS = [
    "路灯不亮",
    "路灯坏了",
    "街上路灯全黑",
    "垃圾没人清",
    "垃圾成堆",
    "楼下垃圾臭",
    "医院挂号难",
    "医院收费乱",
    "医生态度差",
]
LABELS = ["建设"] * 3 + ["环保"] * 3 + ["卫生"] * 3


def test_a_tree_alone_judges_by_its_names() -> None:
    model, scores = fit([], [], seed=1, tree=TREE)
    assert scores is None
    assert model.labels == ("卫生", "建设", "环保")
    best = model.predict("推销保健品骗老人")[0]
    assert best.label == "卫生"
    assert any("保健品" in word for word in best.words)
    assert model.predict("半夜噪声太大")[0].label == "环保"
    assert model.predict("hello")[0].abstained


def test_a_leaf_that_no_message_was_about_is_still_known() -> None:
    with_tree = train(TEXTS, LABELS, seed=1, tree=TREE)
    assert with_tree.predict("有人卖假保健品")[0].label == "卫生"
    assert with_tree.leaves is not None
    buffer = io.BytesIO()
    with_tree.save(buffer)
    buffer.seek(0)
    same = load(buffer)
    for text in ("有人卖假保健品", "路灯", "", "垃圾和噪声"):
        assert same.predict(text) == with_tree.predict(text)


def test_leaves_of_labels_that_are_not_learnt_are_left_out() -> None:
    model = train(TEXTS, LABELS, seed=1, tree=[*TREE, ("政法", "治安管理")])
    assert "政法" not in model.labels


def test_a_tree_without_names_is_refused() -> None:
    with pytest.raises(ValueError, match="tree"):
        train(TEXTS, LABELS, seed=1, tree=[("建设", " ")])


def test_many_at_once_answer_as_one_by_one() -> None:
    model = train(TEXTS, LABELS, seed=1, tree=TREE)
    texts = ["路灯又坏了", "", "医院", "😀😀", "垃圾" * 3000, "請問垃圾誰清", "the street lamp", "灯"] * 40
    titles = [None, "路灯", "", None, None, None, None, None] * 40
    found = model.predict_many(texts, titles)
    assert len(found.words) == len(texts)
    for place in range(8):
        alone = model.predict(texts[place], title=titles[place])[0]
        assert found.labels[found.best[place]] == alone.label
        assert found.chances[place, found.best[place]] == pytest.approx(alone.probability, abs=1e-5)
        assert found.abstained[place] == alone.abstained
        assert found.words[place] == alone.words
    assert np.isfinite(found.chances).all()
    assert np.allclose(found.chances.sum(axis=1), 1)
    assert model.predict_many([]).chances.shape == (0, 3)
    with pytest.raises(ValueError, match="titles"):
        model.predict_many(["a"], [])


def test_the_title_says_more_than_the_body() -> None:
    model = train(TEXTS * 4, LABELS * 4, seed=1)
    assert model.predict("楼下有垃圾，也有垃圾桶", title="路灯坏了")[0].label == "建设"
    assert model.predict("路灯坏了，街上路灯全黑", title="垃圾没人清")[0].label == "环保"


def test_a_message_and_its_words_have_the_same_pieces() -> None:
    raw = fold(["Ａ市路灯２３５号，坏了_x000D_\n"], [""])
    assert raw.text.strip() == "a市路灯0号 坏了"
    words = fold(["市 路灯  坏了"], [""])
    assert words.text.strip() == "市路灯坏了"
    shared = np.intersect1d(Pieces.of(raw).hashes, Pieces.of(words).hashes)
    assert shared.size >= 8
    assert split("标题\n正文") == ("标题", "正文")
    assert split("标题　　正文") == ("标题", "正文")
    assert split("只有正文") == ("", "只有正文")


@pytest.mark.parametrize(
    ("text", "plain"),
    [("", ""), ("①②", "0"), ("\u200b路\ufeff灯", "路灯"), ("路 灯", "路灯"), ("a b", "a b"), ("\ud800", ""), ("𠀀", "𠀀"), ("é", "é")],
)  # fmt: skip
def test_one_form_of_every_character(text: str, plain: str) -> None:
    assert fold([text], [""]).text.strip() == plain


def test_texts_do_not_run_into_each_other() -> None:
    alone = [np.sort(Pieces.of(fold([text])).hashes).tolist() for text in ("路灯", "灯坏", "")]
    both = Pieces.of(fold(["路灯", "灯坏", ""]))
    for place, own in enumerate(alone):
        assert np.sort(both.hashes[both.documents == place]).tolist() == own


def test_a_correction_teaches_and_leaves_the_old_model_alone() -> None:
    model = train(TEXTS * 4, LABELS * 4, seed=1, tree=TREE)
    before = model.predict("共享单车乱停")[0]
    weights = model.weights.copy()
    taught = learn(model, ["共享单车乱停", "共享单车堵门"], ["交通", "交通"])
    assert taught.predict("共享单车乱停放")[0].label == "交通"
    assert taught.predict("路灯坏了")[0].label == "建设"
    assert taught.predict("垃圾成堆")[0].label == "环保"
    assert taught.counts[taught.labels.index("交通")] == 2
    assert model.predict("共享单车乱停")[0] == before
    assert np.array_equal(model.weights, weights)
    assert learn(model, [], []) is model
    with pytest.raises(ValueError, match="labels"):
        learn(model, ["a"], [])
    with pytest.raises(ValueError, match="label"):
        learn(model, ["a"], [" "])


def test_abstention_keeps_the_precision_that_was_asked_for() -> None:
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
    curve = precision_curve(chances, np.array([0, 0, 1, 0]))
    assert curve[:, :2].tolist() == [[0.9, 1.0], [0.8, 1.0], [0.7, pytest.approx(2 / 3)], [0.6, 0.75]]
    assert threshold_for(curve, 0.9) == 0.8
    assert threshold_for(curve, 0.7) == 0.6
    assert threshold_for(curve[2:], 0.9) > 1
    with pytest.raises(ValueError, match="precision"):
        threshold_for(curve, 1.5)
    model = train(TEXTS, LABELS, seed=1)
    assert model.at_precision(0.0).threshold <= model.at_precision(1.0).threshold


def test_a_promise_of_precision_is_a_lower_bound_and_kept_for_each_form() -> None:
    chances = np.array([[0.9, 0.1], [0.8, 0.2]])
    # Two right of two: true with one in twenty as soon as the share is the root of 0.05 (Clopper and Pearson).
    assert precision_curve(chances, np.array([0, 0]))[:, 2].tolist() == [
        pytest.approx(0.05),
        pytest.approx(0.05**0.5),
    ]
    random = np.random.default_rng(5)
    broken = 0
    for _trial in range(60):
        told = random.uniform(0.5, 1, 900)
        rows, y = np.column_stack([told, 1 - told]), (random.random(900) > told).astype(np.int64)
        threshold = threshold_for(precision_curve(rows[:300], y[:300]), 0.85, promised=True)
        sure = np.linspace(threshold, 1, 50)  # a confidence is right as often as it says
        broken += bool(threshold <= 1 and sure.mean() < 0.85)
    assert broken <= 9
    forms = np.array([0, 1] * 50)
    half = np.where(forms == 1, 1, 0)  # the second form is always wrong
    rows = np.tile([0.9, 0.1], (100, 1))
    assert threshold_for(precision_curve(rows, half), 0.4, promised=True) == 0.9
    assert threshold_for(precision_curve(rows, half, forms), 0.4, promised=True) > 1


def test_running_texts_and_lists_of_words_are_calibrated_apart() -> None:
    random = np.random.default_rng(3)
    n, forms = 3000, np.arange(3000) % 2
    logits = random.normal(size=(n, 3)) * 2
    truth = softmax(logits)
    y = np.array([random.choice(3, p=row) for row in truth])
    told = (
        logits / np.where(forms == 1, 4.0, 0.5)[:, None]
    )  # what the machine says is too shy of one, too loud of the other
    factors = fit_forms([told], y, forms)
    assert factors[:, 0] == pytest.approx([0.5, 4.0], rel=0.15)
    assert (
        evaluate(apply([told], factors, forms), ["a", "b", "c"], ["abc"[i] for i in y]).calibration_error
        < 0.03
    )
    few = fit_forms([told], y, (np.arange(n) < 20).astype(np.intp))
    assert np.array_equal(few[0], few[1])


def test_wrong_labels_leave_a_doubt() -> None:
    random = np.random.default_rng(4)
    y = random.integers(0, 4, 4000)
    scores = np.eye(4)[y] * 3 + random.normal(size=(4000, 4)) * 0.2
    wrong = np.where(random.random(4000) < 0.1, random.integers(0, 4, 4000), y)
    factors = fit_calibration([scores], wrong)
    assert factors[2] == pytest.approx(0.1, abs=0.03)
    assert doubtful(np.array([[1.0, 0.0]]), 0.1) == pytest.approx(np.array([[0.95, 0.05]]))


def test_the_error_that_chance_alone_gives() -> None:
    chances = np.tile([0.8, 0.2], (400, 1))
    drawn = error_by_chance(chances, seed=1)
    assert drawn.mean() == pytest.approx((2 / np.pi) ** 0.5 * 0.02, rel=0.1)  # mean of |N(0, 0.4/√400)|
    y = (np.arange(400) >= 240).astype(np.int64)  # right 60 times of 100, told 80
    low, high = error_interval(chances, y, seed=1)
    assert low < 0.2 < high
    assert high - low == pytest.approx(2 * 1.645 * 0.0245, rel=0.15)


def test_a_list_of_words_is_seen_as_one() -> None:
    texts = [
        "小区 门口 路灯 坏 三个月",
        "小区门口的路灯坏了，晚上很黑。",
        "路灯  坏了",
        "street lamp broken",
        "",
        "😀 😀",
        "路",
    ]
    assert fold(texts).parted.tolist() == [True, False, False, False, False, False, False]


def test_one_message_in_two_forms_is_one_group() -> None:
    long = "我们小区门口的路灯坏了三个月没有人来修，晚上出门很不方便，请有关部门处理"
    words = "小区 门口 路灯 坏 三个月 没有 人来 修 晚上 出门 很不方便 请 有关部门 处理"
    other = "学校门口每天早上堵车，家长送孩子上学都迟到，希望交警来疏导交通秩序"
    groups = message_groups([long, words, other, long], ["", None, "", ""])
    assert groups[0] == groups[1] == groups[3] != groups[2]


@pytest.mark.parametrize("name", ["titles", "judges"])
def test_what_does_not_fit_together_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        train(TEXTS, LABELS, seed=1, **{name: []})  # type: ignore[arg-type]
