"""GeoReport v2 as foreign clients speak it, and what is refused at the door."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import fromstring

import pytest
import requests
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from requests.adapters import BaseAdapter

from gongbi.cases import actions as cases
from gongbi.cases.models import Report
from gongbi.channels import actions, tasks
from gongbi.channels.models import Arrival, Outgoing, Rejection, Source
from gongbi.channels.open311 import pages
from gongbi.kernel.scope.viewer import system
from gongbi.parties import actions as parties
from gongbi.parties.models import Unit
from tests.cases.conftest import _picture
from tests.channels.test_frame import events

pytestmark = pytest.mark.django_db
ROOT = "/open311/v2"
LAMP = {"service_code": "C0137", "description": "劳动路路口的路灯不亮了", "lat": "34.265", "long": "108.913"}


class InProcess(BaseAdapter):
    """The socket of the ``requests`` library, led straight into the product: foreign clients run unchanged."""

    def send(self, request: Any, **_more: Any) -> requests.Response:
        sent = request.body.read() if hasattr(request.body, "read") else request.body or b""
        told: HttpResponse = Client().generic(
            request.method, request.path_url, data=sent, content_type=request.headers.get("Content-Type", ""),
            headers={k: v for k, v in request.headers.items() if k not in ("Content-Type", "Content-Length")},
        )  # fmt: skip
        answer = requests.Response()
        answer.status_code, answer.raw, answer.url = told.status_code, BytesIO(told.content), request.url
        answer.headers.update(told.headers)
        answer.encoding = "utf-8"
        return answer

    def close(self) -> None:
        pass


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: InProcess())


@pytest.fixture
def city(source: Callable[..., Source], now: datetime) -> Source:
    pages._lately.clear()
    return source("neighbour", kind="open311", direction="in")


@pytest.fixture
def key(city: Source, now: datetime) -> str:
    unit = Unit.objects.filter(kind="department").order_by("pk")[0]
    viewer = system("test")
    made = parties.make_key(
        name="neighbour", unit_id=unit.pk, channel="neighbour", at=now - timedelta(days=1), viewer=viewer
    )
    return made[1]


def send(path: str, fields: dict[str, Any], **headers: str) -> tuple[int, Any]:
    told = Client().post(f"{ROOT}/{path}", fields, headers=headers)
    return told.status_code, json.loads(told.content) if path.endswith("json") else fromstring(told.content)


def ask(path: str, **query: Any) -> tuple[int, Any]:
    told = Client().get(f"{ROOT}/{path}", query)
    return told.status_code, json.loads(told.content) if path.endswith("json") else fromstring(told.content)


# ---- foreign clients ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json", "xml"])
def test_georeport_reads_services_definitions_and_requests(wire: None, key: str, form: str) -> None:
    from georeport import GeoReport

    client = GeoReport("http://testserver" + ROOT, jurisdiction=settings.DISTRICT_CODE, output_format=form)
    services = {one["service_code"]: one for one in client.get_service_list()}
    assert services["C0137"]["service_name"] == "路灯"
    assert str(services["C0137"]["metadata"]).lower() == "true"
    asked = client.get_service_definition("C0101")
    attributes = asked["attributes"]["attribute"] if form == "xml" else asked["attributes"]
    assert {one["code"]: one["datatype"] for one in attributes}["state"] == "singlevaluelist"
    for _ in range(2):
        send("requests.json", LAMP | {"api_key": key, "external_id": f"G-{_}"})
    found = client.get_service_requests(service_code="C0137", status="open")
    assert {one["service_code"] for one in found} == {"C0137"}
    assert len(found) == 2
    one = client.get_service_request(found[0]["service_request_id"])
    assert one["status"] == "open"
    assert one["service_request_id"] == found[0]["service_request_id"]


def test_three_posts_with_a_photo_and_follows_its_request(
    wire: None, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(itertools, "ifilter", filter, raising=False)  # it was written for Python 2
    from three import Three

    client = Three(
        "http://testserver" + ROOT, api_key=key, jurisdiction=settings.DISTRICT_CODE, format="json"
    )
    assert any(one["service_code"] == "C0137" for one in client.services())
    assert client.services("C0137")["service_code"] == "C0137"
    assert [one["type"] for one in client.discovery()["endpoints"]] == ["production", "test"]
    [told] = client.post(
        "C0137", description=LAMP["description"], lat=LAMP["lat"], long=LAMP["long"], media=("a.jpg", BytesIO(_picture(7)), "image/jpeg")
    )  # fmt: skip
    number = told["service_request_id"]
    assert client.request(number)[0]["status"] == "open"
    assert [one["service_request_id"] for one in client.requests("C0137")] == [number]
    report = Report.objects.get(net="neighbour")
    assert report.number == number
    assert client.token(Arrival.objects.get().receipt)[0]["service_request_id"] == number


# ---- numbers, tokens, repetitions -------------------------------------------------------------------------------


def test_a_burst_is_answered_with_tokens_that_become_numbers(key: str, city: Source, now: datetime) -> None:
    city.settings = {**city.settings, "at_once": 0}
    actions.save_source(
        code="neighbour", name="n", kind="open311", settings=city.settings, viewer=system("test"), at=now
    )
    status, [told] = send("requests.json", LAMP | {"api_key": key})
    assert status == 200
    assert "service_request_id" not in told
    assert ask(f"tokens/{told['token']}.json")[1][0]["service_request_id"] == ""
    tasks.work_lane(city.pk, "in", lambda: now)
    assert (
        ask(f"tokens/{told['token']}.json")[1][0]["service_request_id"]
        == Report.objects.get(net="neighbour").number
    )


def test_the_same_request_sent_twice_is_one_with_or_without_their_number(key: str) -> None:
    first = send("requests.json", LAMP | {"api_key": key})[1]
    assert send("requests.json", LAMP | {"api_key": key})[1] == first
    for _ in range(2):
        told = send("requests.json", LAMP | {"api_key": key, "attribute[fixmystreet_id]": "88"})[1]
    assert told != first
    assert Report.objects.filter(net="neighbour").count() == 2


def test_their_number_with_other_words_is_a_supplement(key: str, city: Source, now: datetime) -> None:
    first = send("requests.json", LAMP | {"api_key": key, "external_id": "9"})[1]
    second = send(
        "requests.json", LAMP | {"api_key": key, "external_id": "9", "description": "两盏路灯都不亮"}
    )[1]
    assert second == first
    tasks.work_lane(city.pk, "in", lambda: now)
    assert Report.objects.get(net="neighbour").questions.get().answer == "两盏路灯都不亮"


def test_answers_to_our_questions_come_in_by_their_codes(key: str) -> None:
    hole = LAMP | {"service_code": "C0101", "description": "井盖破损", "api_key": key}
    status, told = send("requests.xml", hole)
    assert (status, told.find("error/code").text) == (400, "400")
    assert "attribute[state]" in told.find("error/description").text
    assert send("requests.xml", hole | {"attribute[state]": "gone"})[0] == 400
    assert send("requests.xml", hole | {"attribute[state]": "broken"})[0] == 200
    assert Report.objects.get(net="neighbour").answers == {"井盖现在怎么样？": "破了"}


def test_the_service_that_was_chosen_is_the_kind_whatever_the_words_say(key: str) -> None:
    send("requests.json", LAMP | {"api_key": key, "description": "这里不好，请来看看"})
    assert Report.objects.get(net="neighbour").case.proposal["kinds"][0]["code"] == "C0137"


def test_xml_comes_in_as_well_as_it_goes_out(key: str) -> None:
    body = "<?xml version='1.0' encoding='utf-8'?><service_requests><request>" + "".join(
        f"<{name}>{value}</{name}>" for name, value in (LAMP | {"api_key": key}).items()
    )
    told = Client().post(
        f"{ROOT}/requests.xml", (body + "</request></service_requests>").encode(), content_type="text/xml"
    )
    assert told.status_code == 200
    assert told["Content-Type"] == "text/xml; charset=utf-8"
    assert (
        fromstring(told.content).find("request/service_request_id").text
        == Report.objects.get(net="neighbour").number
    )


def test_the_test_endpoint_checks_and_keeps_nothing(key: str) -> None:
    told = Client().post("/open311/test/v2/requests.json", LAMP | {"api_key": key})
    assert json.loads(told.content)[0]["service_request_id"] == "TEST"
    assert isinstance(json.loads(told.content)[0]["service_notice"], str)
    assert (
        Client().post("/open311/test/v2/requests.json", LAMP | {"api_key": key, "lat": "91"}).status_code
        == 400
    )
    assert Arrival.objects.count() == 0


# ---- what others may know ---------------------------------------------------------------------------------------


def test_nobody_but_the_sender_reads_what_a_resident_wrote(key: str) -> None:
    secret = {
        "first_name": "小明",
        "last_name": "王",
        "phone": "02955501234",
        "description": "我家门口的路灯不亮，我是三单元的王小明",
    }
    number = send("requests.json", LAMP | secret | {"api_key": key, "external_id": "N-1"})[1][0][
        "service_request_id"
    ]
    for path in (f"requests/{number}.json", "requests.json", f"requests/{number}.xml", "requests.xml"):
        told = Client().get(f"{ROOT}/{path}").content.decode()
        assert number in told
        assert not any(word in told for word in ("王", "小明", "02955501234", "三单元", "N-1"))
    [seen] = ask(f"requests/{number}.json")[1]
    assert (seen["lat"], seen["long"]) == (34.265, 108.913)
    assert seen["description"] == "路灯"
    [own] = ask(f"requests/{number}.json", api_key=key)[1]
    assert own["description"] == secret["description"]
    assert own["external_id"] == "N-1"
    assert "02955501234" not in json.dumps(own)


def test_an_informers_matter_is_not_published(key: str) -> None:
    number = send("requests.json", LAMP | {"api_key": key})[1][0]["service_request_id"]
    Report.objects.update(confidential=True)
    assert ask(f"requests/{number}.json")[0] == 404
    assert ask("requests.json")[1] == []
    assert len(ask("requests.json", api_key=key)[1]) == 1


# ---- questions ----------------------------------------------------------------------------------------------------


def test_filters_of_the_standard_and_of_peers(key: str, now: datetime, post: Callable[..., Any]) -> None:
    sent = [
        send("requests.json", LAMP | {"api_key": key, "external_id": str(n)})[1][0]["service_request_id"]
        for n in range(3)
    ]
    desk = post("dispatcher")
    closed = Report.objects.get(external="1")
    cases.reject(
        case_id=closed.case_id, viewer=desk, at=now + timedelta(seconds=5), ground="untrue", reason="亮着"
    )

    def numbers(**query: Any) -> list[str]:
        status, found = ask("requests.json", **query)
        assert status == 200, found
        return [one["service_request_id"] for one in found]

    assert numbers() == sent[::-1]
    assert numbers(status="closed") == [closed.number]
    assert numbers(status="open,closed") == sent[::-1]
    assert numbers(service_code="C0138,C0137") == sent[::-1]
    assert numbers(service_code="C0138") == []
    # A list of numbers overrides every other filter.
    assert numbers(service_request_id=f"{sent[0]},{sent[2]},LH0", status="closed") == [sent[2], sent[0]]
    assert numbers(start_date=(now + timedelta(days=1)).isoformat()) == []
    assert numbers(end_date=(now - timedelta(days=1)).isoformat()) == []
    assert numbers(updated_after=(now + timedelta(seconds=4)).isoformat()) == [closed.number]
    assert numbers(page_size=2) == sent[:0:-1]
    assert numbers(page=2, page_size=2) == [sent[0]]
    assert numbers(limit=1, offset=1) == [sent[1]]
    assert numbers(bbox="108.91,34.26,108.92,34.27") == sent[::-1]
    assert numbers(bbox="108.8,34.2,108.81,34.21") == []
    assert numbers(lat="34.265", long="108.913", radius="200") == sent[::-1]
    first = Client().get(f"{ROOT}/requests.json", {"page_size": 2})
    following = urlsplit(first["Link"].split(">")[0].lstrip("<"))
    assert [
        one["service_request_id"]
        for one in json.loads(Client().get(f"{following.path}?{following.query}").content)
    ] == [sent[0]]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "half"}, {"start_date": "yesterday"}, {"start_date": "2026-01-01", "end_date": "2026-08-01"},
        {"start_date": "2026-08-01", "end_date": "2026-07-01"}, {"page_size": "-1"}, {"bbox": "1,2,3"}, {"bbox": "a,b,c,d"},
        {"lat": "x", "long": "1"}, {"lat": "nan", "long": "1"}, {"updated_after": "x"}, {"limit": "9" * 30},
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_read_is_answered_with_an_error(query: dict[str, str]) -> None:
    status, told = ask("requests.json", **query)
    assert status == 400
    assert told[0]["code"] == 400
    assert "open311." in told[0]["description"] or "territory." in told[0]["description"]


@pytest.mark.parametrize(
    "path",
    [
        "services/X999.xml",
        "requests/LH20260101-000001-0.xml",
        "requests/x.xml",
        "tokens/abc.xml",
        "no/such.xml",
    ],
)
def test_what_is_not_there_is_404_in_their_form(path: str) -> None:
    status, told = ask(path)
    assert (status, told.tag, told.find("error/code").text) == (404, "errors", "404")


def test_another_jurisdiction_is_not_ours(key: str) -> None:
    assert ask("services.json", jurisdiction_id="110101")[0] == 404
    assert ask("services.json", jurisdiction_id=settings.DISTRICT_CODE)[0] == 200


# ---- what is refused, and counted -----------------------------------------------------------------------------------

BOMB = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">]><request><description>&c;</description></request>'
FILE = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/hostname">]><request><description>&a;</description></request>'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<service_requests><request>", "open311.xml"), (BOMB, "open311.entities"), (FILE, "open311.entities"),
        ('<?xml version="1.0" encoding="utf-8"?><a>\u4e95</a>'.encode("gb18030"), "open311.encoding"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "open311.encoding"), (b"<a>\x00</a>", "open311.xml"),
        (b"<a>" + b"<b>" * 400_000, "open311.too_large"), (b"not xml at all", "open311.xml"),
    ],
)  # fmt: skip
def test_bad_xml_is_refused_with_its_reason_and_counted(city: Source, body: bytes, code: str) -> None:
    told = Client().post(f"{ROOT}/requests.xml", body, content_type="text/xml; charset=utf-8")
    assert told.status_code in (400, 413)
    assert code in fromstring(told.content).find("error/description").text
    assert Rejection.objects.get().code == code


def test_two_hundred_megabytes_are_refused_unread(city: Source) -> None:
    told = Client().post(
        f"{ROOT}/requests.json",
        b"x",
        content_type="application/x-www-form-urlencoded",
        headers={"Content-Length": "209715200"},
    )
    assert told.status_code == 413
    assert Rejection.objects.get().code == "open311.too_large"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"api_key": ""}, 403, "open311.no_key"), ({"api_key": "gb_x_y"}, 403, "open311.key"),
        ({"service_code": ""}, 400, "open311.missing"), ({"service_code": "Z1"}, 404, "open311.service"),
        ({"description": " "}, 400, "open311.missing"), ({"description": "长" * 4001}, 400, "open311.long_text"),
        ({"lat": ""}, 400, "open311.missing"), ({"lat": "", "long": ""}, 400, "open311.place"), ({"lat": "91"}, 400, "open311.degree"),
        ({"lat": "nan"}, 400, "open311.degree"), ({"lat": "35.68", "long": "139.69"}, 400, "territory."),
        ({"lat": "31.23", "long": "121.47"}, 400, "cases.outside"), ({"jurisdiction_id": "1"}, 404, "open311.jurisdiction"),
        ({"requested_datetime": "now"}, 400, "open311.moment"),
    ],
)  # fmt: skip
def test_a_bad_request_is_refused_precisely_and_counted(
    key: str, change: dict[str, str], status: int, code: str
) -> None:
    got, told = send("requests.json", LAMP | {"api_key": key} | change)
    assert got == status
    assert told[0]["code"] == status
    assert code in told[0]["description"]
    assert Rejection.objects.get().code.startswith(code)
    assert Arrival.objects.count() == 0


def test_a_form_in_another_encoding_is_refused(key: str) -> None:
    body = (
        b"api_key=" + key.encode() + b"&service_code=C0137&lat=34.265&long=108.913&description=%C2%B7%B5%C6"
    )  # GBK
    for sent in (body, body.replace(b"%C2%B7%B5%C6", b"\xc2\xb7\xb5\xc6")):
        told = Client().post(f"{ROOT}/requests.json", sent, content_type="application/x-www-form-urlencoded")
        assert told.status_code == 400
        assert "open311.encoding" in json.loads(told.content)[0]["description"]
    assert not Arrival.objects.exists()


def test_xml_in_the_national_encoding_comes_in_with_its_answers(key: str) -> None:
    """Manholes ask how they are, and an element's name has no brackets."""
    body = (
        "<?xml version='1.0' encoding='GBK'?><request><service_code>C0101</service_code><description>井盖丢了</description>"
        "<lat>34.265</lat><long>108.913</long><attributes><attribute code='state'>missing</attribute></attributes></request>"
    ).encode("gbk")
    told = Client().post(
        f"{ROOT}/requests.xml", body, content_type="application/xml", headers={"X-API-Key": key}
    )
    assert told.status_code == 200, told.content.decode()
    report = Report.objects.get(net="neighbour")
    assert (report.text, report.case.kind) == ("井盖丢了", "C0101")


def test_what_cannot_be_read_is_counted_with_the_channel_whose_key_it_shows(key: str, city: Source) -> None:
    Client().post(f"{ROOT}/requests.xml", b"<a", content_type="application/xml", headers={"X-API-Key": key})
    assert Rejection.objects.get().source == city


def test_characters_that_no_database_keeps_are_nobodys_mistake_but_the_senders(key: str) -> None:
    odd = "\x00A\x00-1\u202e"
    status, _told = send(
        "requests.json", LAMP | {"api_key": key, "external_id": odd, "description": "路灯\x00不亮"}
    )
    assert status == 200
    report = Report.objects.get(net="neighbour")
    assert (report.external, report.text) == ("A-1", "路灯不亮")
    assert send("requests.json", LAMP | {"api_key": "gb_\x00_\x00"})[0] == 403
    for path in (
        "tokens/%00.json",
        "requests/%00.json",
        "requests.json?service_code=%00",
        "requests.json?service_request_id=%00",
    ):
        assert Client().get(f"{ROOT}/{path}").status_code in (200, 404)
    update = {"api_key": key, "service_request_id": "\x00", "description": "x"}
    assert send("servicerequestupdates.json", update)[0] == 404


def test_a_key_of_another_channel_posts_nothing(now: datetime) -> None:
    unit = Unit.objects.order_by("pk")[0]
    _row, other = parties.make_key(
        name="o", unit_id=unit.pk, channel="other", at=now - timedelta(days=1), viewer=system("test")
    )
    status, told = send("requests.json", LAMP | {"api_key": other})
    assert status == 403
    assert "open311.no_source" in told[0]["description"]


@pytest.mark.parametrize("path", ["services.json", "discovery.xml", "requests/x.json"])
def test_a_wrong_method_is_405(path: str) -> None:
    assert Client().delete(f"{ROOT}/{path}").status_code == 405


# ---- updates --------------------------------------------------------------------------------------------------------


def test_the_sender_reads_each_update_of_its_own_requests_once(
    key: str, city: Source, now: datetime, post: Callable[..., Any]
) -> None:
    number = send("requests.json", LAMP | {"api_key": key, "external_id": "U-1"})[1][0]["service_request_id"]
    case = Report.objects.get(net="neighbour").case
    cases.reject(
        case_id=case.pk, viewer=post("dispatcher"), at=timezone.now(), ground="untrue", reason="灯亮着"
    )
    actions.tell(events())
    actions.tell(events())
    tasks.work_lane(city.pk, "out", timezone.now)
    assert Outgoing.objects.filter(done_at__isnull=True).count() == 0
    status, told = ask("servicerequestupdates.json", api_key=key)
    assert status == 200
    [end] = [one for one in told if one["status"] == "closed"]
    assert (end["service_request_id"], end["external_id"]) == (number, "U-1")
    assert "灯亮着" in end["description"]
    assert ask("servicerequestupdates.json")[0] == 403
    tree = ask("servicerequestupdates.xml", api_key=key)[1]
    assert tree.tag == "service_request_updates"
    assert len(tree.findall("request_update")) == len(told)


def test_what_the_sender_adds_is_kept_once_and_only_to_its_own(key: str, city: Source, now: datetime) -> None:
    number = send("requests.json", LAMP | {"api_key": key})[1][0]["service_request_id"]
    update = {
        "api_key": key,
        "service_request_id": number,
        "update_id": "7",
        "status": "OPEN",
        "description": "现在全黑了",
    }
    first = send("servicerequestupdates.json", update)
    assert first[0] == 200
    assert send("servicerequestupdates.json", update) == first
    tasks.work_lane(city.pk, "in", lambda: now)
    assert "现在全黑了" in Report.objects.get(net="neighbour").questions.get().answer
    assert (
        send("servicerequestupdates.json", update | {"service_request_id": "LH20260101-000001-0"})[0] == 404
    )
    assert send("servicerequestupdates.json", {"api_key": key, "service_request_id": number})[0] == 400
