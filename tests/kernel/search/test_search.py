"""Words are found as people type them, on both databases."""

from __future__ import annotations

import random
import re

import pytest
from django.db import models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongbi.kernel.search import actions, queries, words
from gongbi.kernel.search.models import SearchEntry

TEXTS = {
    1: "北关正街小区垃圾堆放多日,无人清运",
    2: "3号楼A座电梯坏了,夜间噪音扰民",
    3: "违建:楼顶私搭彩钢房",
    4: "道路积水,井盖缺失 DN300",
    5: "１２３４５热线转来:路灯不亮",
    6: "水管爆裂漏水",
    7: "垃圾桶满了,清运不及时;垃圾分类",
    8: "The street lamp in Café Road is out",
    9: "圾垃",
}


@pytest.fixture
def indexed(db: None) -> None:
    for matter_id, text in TEXTS.items():
        actions.index(matter_id, text)


def found(asked: str, **options: bool | int) -> set[int]:
    return set(SearchEntry.objects.filter(queries.match(asked, **options)).values_list("pk", flat=True))  # type: ignore[arg-type]


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("垃圾", {1, 7}),
        ("违建", {3}),
        ("垃圾 清运", {1, 7}),
        ("清运 垃圾", {1, 7}),
        ("垃圾堆放", {1}),
        ("垃圾清运", set()),
        ("垃圾分类 清运", {7}),
        ("水", {4, 6}),
        ("漏水", {6}),
        ("圾", {1, 7, 9}),
        ("3号楼", {2}),
        ("3号", {2}),
        ("号楼", {2}),
        ("A座", {2}),
        ("a座电梯", {2}),
        ("12345", {5}),
        ("１２３４５", {5}),
        ("12345热线", {5}),
        ("1234", set()),
        ("1234*", {5}),
        ("dn300", {4}),
        ("DN*", {4}),
        ("lamp street", {8}),
        ('"lamp street"', set()),
        ('"street lamp"', {8}),
        ("“street lamp”", {8}),
        ("cafe", {8}),
        ("CAFÉ", {8}),
        ("道路,井盖", {4}),
        ("不存在", set()),
        ("垃圾 不存在", set()),
    ],
)
def test_what_people_type_finds_what_they_mean(asked: str, ids: set[int]) -> None:
    assert found(asked) == ids
    assert found(asked, limit=100) == ids


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize("asked", ["", "   ", "。,!", "*", '""', '"'])
def test_nothing_to_look_for_is_no_condition(asked: str) -> None:
    assert found(asked) == set(TEXTS)
    assert queries.newest(asked) == []


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize(
    "asked",
    [
        "垃圾' OR 1=1 --",
        "a & b | !c",
        "NEAR(垃圾 水)",
        "垃圾 NOT 水",
        "words:垃圾",
        "'\\",
        "(((",
        "a:*b",
        "垃圾\x00",
        "%s %(x)s",
        "😀垃圾",
        "^垃圾 -水",
        "x" * 5000,
        "垃 " * 500,
    ],
)
def test_operators_quotes_and_rubbish_are_words_like_others(asked: str) -> None:
    assert found(asked) <= set(TEXTS)


@pytest.mark.usefixtures("indexed")
def test_the_newest_come_first_and_the_limit_stops() -> None:
    assert queries.newest("垃圾") == [7, 1]
    assert queries.newest("垃圾", limit=1) == [7]
    assert found("垃圾", limit=1, newest_first=True) == {7}
    assert found("垃圾", newest_first=True) == {1, 7}


@pytest.mark.usefixtures("indexed")
def test_a_changed_text_is_found_by_its_new_words_only_and_a_removed_one_by_none() -> None:
    actions.index(1, "占道经营")
    actions.index(1, "占道经营")
    assert found("垃圾") == {7}
    assert found("占道") == {1}
    actions.remove(7)
    actions.remove(7)
    assert found("垃圾") == set()
    assert SearchEntry.objects.count() == len(TEXTS) - 1


@pytest.mark.django_db
def test_telephone_and_identity_numbers_never_go_in() -> None:
    phone = "138" + "12345678"
    actions.index(1, f"垃圾 {phone} 请回电")
    assert found("垃圾") == {1}
    assert found(phone) == set()
    assert phone not in str(SearchEntry.objects.values_list("words", flat=True).get())


@pytest.mark.django_db
def test_a_very_long_text_is_indexed_as_far_as_it_goes() -> None:
    actions.index(1, "井盖" * 30_000 + "尽头")
    actions.index(2, "".join(random.Random(1).choices("东南西北路街巷口垃圾井盖", k=10_000)) + "尽头")
    assert found("井盖") == {1, 2}
    assert found("尽头") == {2}


def test_the_condition_joins_a_query_like_any_other(db: None) -> None:
    actions.index(5, "垃圾")
    actions.index(6, "垃圾")
    rows = SearchEntry.objects.filter(queries.match("垃圾"), pk__gt=5).exclude(pk=9)
    assert [row.pk for row in rows.only("pk")] == [6]
    assert isinstance(queries.match("垃圾"), models.Q)
    assert SearchEntry.objects.filter(~queries.match("水") & queries.match("垃圾")).count() == 2


HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
PLAIN = st.text(st.one_of(HAN, st.sampled_from("abc019 ,。")), min_size=1, max_size=30)


@given(PLAIN, st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_piece_of_a_run_finds_its_text(db: None, text: str, data: st.DataObject) -> None:
    runs = re.findall(r"[\u4e00-\u9fa5]+", text)
    actions.index(1, text)
    if runs:
        run = data.draw(st.sampled_from(runs))
        start = data.draw(st.integers(0, len(run) - 1))
        end = data.draw(st.integers(start + 1, len(run)))
        assert found(run[start:end]) == {1}
    for word in re.findall(r"[a-z0-9]+", text):
        assert found(word) == {1}


@given(st.text(HAN, min_size=1, max_size=40))
def test_a_run_of_n_characters_gives_n_tokens_of_which_all_but_the_last_are_pairs(text: str) -> None:
    made = words.tokens(text)
    assert len(made) == len(words.fold(text))
    assert [len(token) for token in made[:-1]] == [2] * (len(made) - 1)
    assert "".join(token[0] for token in made) == words.fold(text)


@given(st.text(max_size=80))
def test_any_text_can_be_tokenised_and_asked(text: str) -> None:
    for token in words.tokens(text):
        assert token
        assert token.isalnum()
    for word in words.question(text):
        assert word.tokens
        assert all(token.isalnum() for token in word.tokens)


@pytest.mark.django_db
@given(st.text(max_size=60))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_can_be_indexed_and_searched(text: str) -> None:
    actions.index(1, text)
    assert found(text) <= {1}
