"""Several networks report one broken manhole: one case, as many answers, each by its own number and in its own codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from gongbi.cases import actions as cases
from gongbi.cases.models import Case, Report
from gongbi.channels import actions, queries, tasks
from gongbi.channels.models import Arrival, Rejection, Source
from gongbi.kernel.scope.viewer import system
from gongbi.parties import actions as parties
from gongbi.parties.models import Unit
from tests.channels.test_frame import events

pytestmark = pytest.mark.django_db
ME = system("test")
HOLE = {"external": "CG-1", "text": "劳动路路口井盖破损", "code": "0107", "lon": 108.913, "lat": 34.265}


class Net:
    """One network with its key."""

    def __init__(self, source: Source, key: str) -> None:
        self.source, self.key = source, key

    def send(self, *reports: dict[str, Any]) -> tuple[int, Any]:
        told = Client().post(
            "/api/channels/reports",
            json.dumps({"reports": reports}),
            content_type="application/json",
            headers={"X-API-Key": self.key},
        )
        return told.status_code, told.json()

    def table(self, name: str, content: bytes) -> tuple[int, Any]:
        told = Client().post(
            "/api/channels/table",
            {"file": SimpleUploadedFile(name, content)},
            headers={"X-API-Key": self.key},
        )
        return told.status_code, told.json()

    def ask(self, path: str) -> tuple[int, Any]:
        told = Client().get(f"/api/channels/{path}", headers={"X-API-Key": self.key})
        return told.status_code, told.json()

    def drain(self) -> None:
        tasks.work_lane(self.source.pk, "in", timezone.now)


@pytest.fixture
def net(source: Callable[..., Source], now: datetime) -> Callable[..., Net]:
    def make(code: str, **codes: str) -> Net:
        made = source(code, kind="net", direction="in")
        for theirs, kind in codes.items():
            actions.map_code(made.pk, theirs.removeprefix("c"), kind=kind, viewer=ME)
        unit = Unit.objects.filter(kind="department").order_by("pk")[0]
        _row, key = parties.make_key(
            name=code, unit_id=unit.pk, channel=code, at=now - timedelta(days=1), viewer=ME
        )
        return Net(made, key)

    return make


def test_three_networks_report_one_manhole_and_each_hears_its_end(
    net: Callable[..., Net], post: Callable[..., Any]
) -> None:
    nets = [net("party", cDJ7="C0101"), net("city", c0107="C0101"), net("police", cP3="C0101")]
    for one, code in zip(nets, ("DJ7", "0107", "P3"), strict=True):
        status, told = one.send(HOLE | {"external": f"{one.source.code}-1", "code": code})
        assert (status, told["taken"], told["refused"]) == (202, 1, 0)
        one.drain()
    first, *others = [Report.objects.get(net=one.source.code).case for one in nets]
    assert {case.kind or case.proposal["kinds"][0]["code"] for case in (first, *others)} == {"C0101"}
    desk = post("dispatcher")
    for other in others:
        cases.merge(case_id=other.pk, into_id=first.pk, viewer=desk, at=timezone.now())
    cases.reject(case_id=first.pk, viewer=desk, at=timezone.now(), ground="untrue", reason="井盖已更换")
    assert Case.objects.get(pk=first.pk).report_count == 3
    actions.tell(events())
    for one in nets:
        status, told = one.ask("answers")
        assert status == 200
        [end] = [answer for answer in told if answer["state"] == "rejected"]
        assert (end["external"], end["said"], end["closed"]) == (f"{one.source.code}-1", "井盖已更换", True)
        assert one.ask(f"answers?after={told[-1]['id']}") == (200, [])
        status, standing = one.ask(f"reports/{one.source.code}-1")
        assert (standing["standing"], standing["closed"]) == ("done", True)


def test_one_bad_report_of_a_batch_is_refused_by_itself(net: Callable[..., Net]) -> None:
    city = net("city", c0107="C0101")
    status, told = city.send(
        HOLE,
        HOLE | {"external": "CG-2", "lon": 139.69, "lat": 35.68},
        HOLE | {"external": "CG-3", "text": ""},
        HOLE | {"external": "CG-4", "colour": "red"},
        HOLE | {"external": "CG-5", "said_at": "yesterday"},
        HOLE | {"external": "CG-6", "lon": True},
        {"text": "没有编号"},
        HOLE | {"external": "CG-8", "said_at": "2026/11/20 08:30"},
    )
    assert status == 202
    assert (told["taken"], told["refused"]) == (2, 6)
    assert [one["field"] for one in told["reports"]] == [
        "",
        "lon",
        "text",
        "colour",
        "said_at",
        "lon",
        "external",
        "",
    ]
    assert all(one["message"] for one in told["reports"] if one["code"])
    assert Rejection.objects.filter(source=city.source).count() == 6
    city.drain()
    assert set(Report.objects.filter(net="city").values_list("external", flat=True)) == {"CG-1", "CG-8"}
    [health] = [one for one in queries.health(ME, now=timezone.now()) if one.source == city.source]
    assert (health.taken, sum(health.refused.values())) == (2, 6)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 422, "nets.json"), ('{"reports": [{"text": "\u4e95"}]}'.encode("gbk"), 422, "nets.encoding"),
        (b"[1]", 422, "nets.reports"), (b'{"reports": []}', 422, "nets.reports"), (b"[" * 99_999, 422, "nets.json"),
        (b'{"reports": [' + b"1," * 1000 + b"1]}", 422, "nets.reports"),
        (b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1), 413, "nets.too_large"),
    ],
)  # fmt: skip
def test_a_message_that_cannot_be_read_is_refused_precisely_and_counted_with_its_network(
    net: Callable[..., Net], body: bytes, status: int, code: str
) -> None:
    city = net("city")
    told = Client().post(
        "/api/channels/reports", body, content_type="application/json", headers={"X-API-Key": city.key}
    )
    assert (told.status_code, told.json()["code"]) == (status, code)
    noted = Rejection.objects.get()
    assert (noted.source, noted.code) == (city.source, code)


def test_what_is_no_report_holds_up_none_and_is_named_by_its_number(net: Callable[..., Net]) -> None:
    city = net("city", c0107="C0101")
    status, told = city.send(HOLE, "井盖", HOLE | {"external": "CG-9", "text": ""})  # type: ignore[arg-type]
    assert (status, told["taken"], [one["code"] for one in told["reports"]]) == (
        202,
        1,
        ["", "nets.shape", "nets.missing"],
    )
    assert set(Rejection.objects.values_list("external", flat=True)) == {"", "CG-9"}


def test_a_refusal_does_not_repeat_what_is_sealed(net: Callable[..., Net]) -> None:
    city = net("city", c0107="C0101")
    _status, told = city.send(
        HOLE | {"external": "1", "text": "王小明" * 2000}, HOLE | {"external": "2", "name": ["王小明"]}
    )
    assert [one["code"] for one in told["reports"]] == ["nets.value", "nets.value"]
    assert not any("王小明" in "".join(row.reason) for row in Rejection.objects.all())


def test_half_characters_and_zeros_in_json_break_nothing(net: Callable[..., Net]) -> None:
    city = net("city", c0107="C0101")
    status, told = city.send(
        HOLE | {"external": "\x00", "text": "x"},
        HOLE | {"external": "\ud800A", "text": "井盖\ud800破损", "media": ["\ud800"]},
        HOLE | {"external": "B", "\ud800": "x"},
        HOLE | {"external": "C", "said_at": "\ud800"},
    )
    assert (status, told["taken"], told["refused"]) == (202, 2, 2)
    city.drain()
    said = dict(Report.objects.filter(net="city").values_list("external", "text"))
    assert said == {"A": "井盖破损", "C": HOLE["text"]}


def test_an_unknown_code_is_kept_until_the_mapping_knows_it(net: Callable[..., Net]) -> None:
    city = net("city", c0107="C0101")
    assert city.send(HOLE | {"code": "9999"})[1]["taken"] == 1
    city.drain()
    told = city.ask("reports/CG-1")[1]
    assert (told["standing"], told["code"]) == ("refused", "channels.unknown_code")
    assert "9999" in told["reason"]
    actions.map_code(city.source.pk, "9999", kind="C0101", viewer=ME)
    actions.try_again([Arrival.objects.get().pk], viewer=ME, at=timezone.now())
    city.drain()
    assert city.ask("reports/CG-1")[1]["standing"] == "done"


def test_a_table_comes_in_as_a_list_does_and_twice_is_once(net: Callable[..., Net]) -> None:
    city = net("city", c0107="C0101")
    rows = "编号,内容,类别代码,经度,纬度\nCG-1,井盖破损,0107,108.913,34.265\nCG-2,井盖丢失,0107,108.914,34.266\nCG-3,,0107,108.9,34.2\n"
    for encoding in ("utf-8-sig", "gb18030"):
        status, told = city.table("网.csv", rows.encode(encoding))
        assert (status, told["taken"], told["refused"]) == (202, 2, 1)
        assert [one["place"] for one in told["reports"]] == [2, 3, 4]
    assert [one["again"] for one in told["reports"]] == [True, True, False]
    city.drain()
    assert Report.objects.filter(net="city").count() == 2
    assert city.table("x.csv", b"\x89PNG")[0] == 422


def test_a_network_sees_nothing_of_another(net: Callable[..., Net], source: Callable[..., Source]) -> None:
    city, police = net("city", c0107="C0101"), net("police")
    city.send(HOLE)
    assert police.ask("reports/CG-1")[0] == 404
    assert police.ask("answers") == (200, [])
    actions.save_source(code="police", name="p", kind="net", enabled=False, viewer=ME, at=timezone.now())
    assert police.send(HOLE)[0] == 422
    Source.objects.filter(code="police").update(code="gone")
    assert police.send(HOLE)[0] == 403
    counted = Rejection.objects.filter(kind="net", code="nets.key", source=None)
    assert Client().get("/api/channels/answers").status_code == 401
    assert not counted.exists()  # who gives no key is nobody's counterpart
    for headers in ({"X-API-Key": "gb_abc_def"}, {"Authorization": "Bearer gb_abc_def"}):
        assert Client().get("/api/channels/answers", headers=headers).status_code == 401
    assert counted.count() == 2
