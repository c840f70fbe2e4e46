"""The catalogue's own words name the kind of what residents say; history makes it better, never worse."""

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gongbi.duties import actions, queries
from gongbi.duties.models import KindModel, LearnedExample
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.scope.viewer import ADMIN, DISPATCHER, Viewer
from tests.duties.everyday import EVERYDAY


def test_on_a_fresh_install_everyday_sentences_find_their_kind(lists: None) -> None:
    guesses = [(queries.classify(text), kinds) for text, kinds in EVERYDAY]
    first = sum(found[0].code in kinds for found, kinds in guesses) / len(EVERYDAY)
    three = sum(any(g.code in kinds for g in found) for found, kinds in guesses) / len(EVERYDAY)
    assert len(EVERYDAY) >= 60
    assert first >= 0.8
    assert three >= 0.93


def test_a_guess_says_which_words_decided_in_both_languages(lists: None) -> None:
    best = queries.classify("楼下路灯坏了好几天不亮了")[0]
    assert best.code == "C0137"
    assert "路灯" in best.words
    assert "路灯" in best.reasons[0][0]
    assert best.reasons[0][1].startswith("words of the catalogue")
    assert 0.3 < best.probability <= 1
    assert not best.abstained


@pytest.mark.parametrize("text", ["", "啊", "😀😀", "你好", "asdf qwer", "１２３", "\u0000\u0001"])
def test_it_abstains_where_nothing_speaks_for_a_kind(lists: None, text: str) -> None:
    assert all(guess.abstained for guess in queries.classify(text))


def test_without_a_catalogue_there_is_no_guess(db: None) -> None:
    assert queries.classify("路灯不亮") == []
    assert queries.kind("C0137") is None


def test_a_very_long_text_is_classified_like_a_short_one(lists: None) -> None:
    assert queries.classify("路灯不亮，请修。" * 1250)[0].code == queries.classify("路灯不亮，请修。")[0].code


@pytest.mark.data
def test_real_messages_are_mostly_not_abstained(lists: None, real_data: Callable[[str], Path]) -> None:
    with open(real_data("messages/places_and_times.csv"), encoding="utf-8-sig") as file:
        texts = [row["title"] + "。" + row["body"] for row in csv.DictReader(file)][:1500]
    found = [queries.classify(text)[0] for text in texts]
    assert 0.5 < sum(not g.abstained for g in found) / len(found) < 0.95


HISTORY = [
    (f"{place}的{thing}", kind)
    for place in ("一号院", "二号院", "东门", "西门", "南街", "北街", "小学旁", "河边", "老楼下", "市场口", "桥头", "车站")
    for thing, kind in (
        ("小蓝亭子歪了", "C0152"), ("电蛐蛐响个不停", "H1097"), ("绿毛毯子没人收", "E0117"), ("大喇叭花开败了", "C0405"),
        ("胖墩倒了一排", "C0221"), ("铁疙瘩挡道", "C0221"), ("嗡嗡机整夜转", "H1097"),
    )
]  # fmt: skip


def test_history_teaches_local_words_and_the_registry_keeps_what_was_measured(
    lists: None, now: datetime, machine: Viewer
) -> None:
    before = queries.classify("南门胖墩倒了")[0]
    row = actions.train_from_history(HISTORY, viewer=machine, at=now)
    assert row.active
    assert row.refused == ""
    assert row.scores["new"]["macro_f1"] > row.scores["catalogue"]["macro_f1"]
    held = sum(actions.is_held_out(text) for text, _kind in HISTORY)
    assert (row.texts, row.labels, len(row.digest)) == (84 - held, 5, 64)
    assert row.scores["held_out"] == held
    after = queries.classify("南门胖墩倒了")[0]
    assert after.code == "C0221"
    assert before.code != "C0221" or after.probability > before.probability
    assert any("以往" in zh for zh, _en in after.reasons)
    assert (
        queries.classify("孩子上小学怎么划片")[0].code == "H0599"
    )  # what it never saw, the catalogue still knows


def test_a_worse_model_is_never_promoted_and_cannot_be_forced(
    lists: None, now: datetime, machine: Viewer
) -> None:
    good = actions.train_from_history(HISTORY, viewer=machine, at=now)
    kinds = [kind for _text, kind in HISTORY]
    confused = [
        (text, kind if actions.is_held_out(text) else kinds[(place * 31 + 7) % len(kinds)])
        for place, (text, kind) in enumerate(HISTORY)
    ]
    bad = actions.train_from_history(confused, viewer=machine, at=now)
    good.refresh_from_db()
    assert (bad.active, good.active) == (False, True)
    assert bad.refused
    with pytest.raises(Refused) as refused:
        actions.activate_model(model_id=bad.pk, viewer=machine, at=now)
    assert refused.value.code == "duties.worse_model"


def test_rolling_back_takes_the_model_before_and_at_last_the_catalogue_alone(
    lists: None, now: datetime, machine: Viewer
) -> None:
    first = actions.train_from_history(HISTORY, viewer=machine, at=now)
    second = KindModel.objects.create(
        trained_at=now, actor="x", texts=1, labels=1, digest="0" * 64, data=bytes(first.data), mixing=0.5
    )
    actions.activate_model(model_id=second.pk, viewer=machine, at=now + timedelta(minutes=1))
    back = actions.roll_back(viewer=machine, at=now + timedelta(minutes=2))
    assert back is not None
    assert back.pk == first.pk
    assert actions.roll_back(viewer=machine, at=now + timedelta(minutes=3)) is None
    assert not KindModel.objects.filter(active=True).exists()
    with pytest.raises(NotThere):
        actions.roll_back(viewer=machine, at=now)


@pytest.mark.parametrize(("count", "code"), [(59, "duties.too_few"), (60, "")])
def test_too_little_history_is_refused(
    lists: None, now: datetime, machine: Viewer, count: int, code: str
) -> None:
    if code:
        with pytest.raises(Refused) as refused:
            actions.train_from_history(HISTORY[:count], viewer=machine, at=now)
        assert refused.value.code == code
    else:
        assert actions.train_from_history(HISTORY[:count], viewer=machine, at=now).texts <= count


def test_a_correction_is_remembered_once_for_each_matter_without_telephone_numbers(
    db: None, now: datetime, machine: Viewer, viewer: Callable[..., Viewer]
) -> None:
    actions.learn(text="路灯坏了，电话 13900000000", kind="C0137", source="case:1", at=now)
    actions.learn(text="路灯坏了", kind="C0139", source="case:1", at=now)
    actions.learn(text="电话13900000000", kind="C0137", source="case:2", at=now)
    assert LearnedExample.objects.count() == 2
    assert queries.learned(machine) == [("路灯坏了", "C0139"), ("电话#", "C0137")]
    assert queries.learned(machine, until=now) == []
    assert len(queries.learned(viewer(ADMIN), since=now)) == 2
    with pytest.raises(Forbidden):
        queries.learned(viewer(DISPATCHER))
