"""The registry of classifiers: versions with windows and scores, and back in one click."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from gongbi.duties.models import KindModel
from tests.desk.conftest import Desk

SCORES = {"new": {"macro_f1": 0.91}, "catalogue": {"macro_f1": 0.6}, "held_out": 40}


def model(at: datetime, **more: object) -> KindModel:
    values = {"actor": "x", "texts": 160, "labels": 5, "digest": "0" * 64, "data": b"", "scores": SCORES}
    return KindModel.objects.create(trained_at=at, **(values | more))


def test_an_administrator_goes_back_in_one_click_and_nobody_else(
    at_desk: Callable[[str], Desk], now: datetime
) -> None:
    first = model(now, activated_at=now)
    second = model(now, active=True, activated_at=now + timedelta(days=1))
    model(now, refused="not better on the held-out texts")
    page = at_desk("admin").get("/desk/classifiers").content.decode()
    for words in ("启用中", "较差，未启用", "备用", "0.910", "0.600", "退回上一个模型"):
        assert words in page
    auditor = at_desk("auditor")
    assert "退回上一个模型" not in auditor.get("/desk/classifiers").content.decode()
    assert auditor.post("/desk/classifiers").status_code == 403
    assert at_desk("admin").post("/desk/classifiers").status_code == 302
    assert list(KindModel.objects.filter(active=True)) == [first]
    assert at_desk("admin").post("/desk/classifiers").status_code == 302
    second.refresh_from_db()
    assert not KindModel.objects.filter(active=True).exists()
    assert at_desk("dispatcher").get("/desk/classifiers").status_code == 403


def test_before_the_first_training_the_page_says_what_decides(at_desk: Callable[[str], Desk]) -> None:
    assert "目录自带的词在用" in at_desk("admin").get("/desk/classifiers").content.decode()
