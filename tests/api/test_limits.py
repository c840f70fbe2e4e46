"""Who has no key may ask so often: 429, a sentence, and when to try again; who has one is not counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
LAMP = {"text": "莲湖路小学东门口的路灯不亮", "division": "610104001001"}


@pytest.fixture
def counted(tmp_path: Path, settings: Any) -> Any:
    settings.VAR = tmp_path
    settings.LIMITS = "report.bare=2/3600,photo.bare=1/3600,miss.address=2/600,act.link=1/600"
    return settings


def test_reports_without_a_key_are_counted(
    district: Any, visitor: Api, enter: Callable[..., Api], counted: Any
) -> None:
    assert [visitor.post("/reports", LAMP)[0] for _turn in range(2)] == [201, 201]
    status, refusal = visitor.post("/reports", LAMP)
    assert (status, refusal["code"]) == (429, "kernel.too_many")
    assert "以后再试" in refusal["message"]
    answer = Client().post("/api/reports", LAMP, content_type="application/json")
    assert 0 < int(answer["Retry-After"]) <= 1800
    assert enter("clerk").post("/reports", {**LAMP, "anonymous": True})[0] == 201
    counted.LIMITS_FREE = "127.0.0.0/8"
    assert visitor.post("/reports", LAMP)[0] == 201, "a hall that was named is not counted"


def test_links_cannot_be_tried_out(district: Any, visitor: Api, counted: Any) -> None:
    _status, receipt = visitor.post("/reports", LAMP)
    assert visitor.get(f"/reports/{receipt['link']}")[0] == 200
    assert [visitor.get(f"/reports/{'x' * 20}{turn}")[0] for turn in range(3)] == [404, 404, 429]
    assert visitor.get(f"/reports/{receipt['link']}")[0] == 429


def test_judging_is_counted_by_link(district: Any, visitor: Api, counted: Any) -> None:
    _status, receipt = visitor.post("/reports", LAMP)
    verdict = {"solved": True, "grade": 5}
    assert visitor.post(f"/reports/{receipt['link']}/judge", verdict)[0] != 429
    assert visitor.post(f"/reports/{receipt['link']}/judge", verdict)[0] == 429
    _status, other = visitor.post("/reports", LAMP)
    assert visitor.post(f"/reports/{other['link']}/judge", verdict)[0] != 429


def test_uploads_are_counted(district: Any, visitor: Api, counted: Any) -> None:
    assert [visitor.upload("x.png", b"no picture")[0] for _turn in range(2)] == [422, 429]
