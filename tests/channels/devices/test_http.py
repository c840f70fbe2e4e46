"""Readings over HTTP, the register as a file, the pages, and SensorThings as a foreign client reads it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from gongbi.channels.devices import actions, exchange, queries
from gongbi.channels.devices.kinds import KINDS
from gongbi.channels.devices.models import Device, Journal, Silence, Tally
from gongbi.channels.models import Mapping
from gongbi.kernel import keeping
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.scope.viewer import ADMIN, DISPATCHER, HANDLER, Viewer, system
from gongbi.kernel.tables import write_template
from gongbi.parties import actions as parties
from gongbi.parties.models import Unit

from .conftest import Days, row

pytestmark = pytest.mark.django_db
Install = Callable[..., Device]


@pytest.fixture
def key(now: datetime, community: str) -> Callable[..., str]:
    """``key()``: the secret of a key of the channel ``devices`` for the whole district."""

    def make(channel: str = "devices", territory: str = "") -> str:
        unit = Unit.objects.order_by("pk").first()
        assert unit is not None
        _key, secret = parties.make_key(
            name="网关", unit_id=unit.pk, channel=channel, at=now, viewer=system("test"),
            territories=[territory or community[:6]],
        )  # fmt: skip
        return secret

    return make


def send(secret: str, body: Any) -> tuple[int, dict[str, Any]]:
    """POST a message."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Client().post(
        "/api/devices/readings", data, content_type="application/json", HTTP_X_API_KEY=secret, HTTP_ACCEPT_LANGUAGE="en"
    )  # fmt: skip
    return answer.status_code, answer.json()


def test_a_batch_is_answered_reading_by_reading_and_the_rest_goes_through(
    install: Install, key: Callable[..., str], now: datetime
) -> None:
    install("GA-1")
    install("SM-1", kind="smoke", key="other")
    status, told = send(
        key(),
        [
            {"device": "GA-1", "value": 3.5, "at": now.isoformat()},
            {"device": "GA-9", "value": 3.5},
            {"device": "SM-1", "flag": True},
            {"device": "GA-1", "value": 101},
            {"device": "GA-1", "flag": True},
            {"device": "GA-1", "value": 1, "plate": "x"},
            {"device": "GA-1", "value": 1, "at": "1970-01-01T00:00:00Z"},
        ],
    )
    assert status == 202
    assert (told["kept"], told["shed"], told["clock"]) == (2, 0, 1)
    assert [(one["index"], one["reason"]) for one in told["faults"]] == [
        (5, "field"), (1, "device"), (2, "key"), (3, "range"), (4, "value")
    ]  # fmt: skip
    assert "number plate" in told["faults"][0]["message"]
    assert Journal.objects.get().count == 2
    assert {one.reason for one in Tally.objects.all()} == {
        "field",
        "device",
        "key",
        "range",
        "value",
        "clock",
    }


def test_nothing_good_is_a_refusal_and_another_key_opens_nothing(
    install: Install, key: Callable[..., str]
) -> None:
    install("GA-1")
    secret = key()
    assert send(secret, b"{")[0] == 422
    assert send(secret, '{"device": "\u70df"}'.encode("gbk"))[1]["faults"][0]["reason"] == "encoding"
    assert send(secret, b" " * 5_000_000)[0] == 413
    assert send(secret, b"[" * 300_000)[1]["faults"][0]["reason"] == "oversized"
    assert send(key(channel="hotline"), [{"device": "GA-1", "value": 1}])[0] == 403
    assert send("gb_00000000_nothing", [{"device": "GA-1", "value": 1}])[0] == 401
    assert send(key(territory="610199"), [{"device": "GA-1", "value": 1}])[1]["faults"][0]["reason"] == "key"
    counts = dict(Tally.objects.values_list("reason", "count"))
    assert counts == {"malformed": 1, "encoding": 1, "oversized": 2, "unknown_key": 2, "key": 1}
    assert not Journal.objects.exists()


# --- The register -----------------------------------------------------------------------------------------------------


def test_the_register_goes_out_and_comes_in_again_and_changes_nothing(
    install: Install, now: datetime, community: str
) -> None:
    install("GA-1", contact="029" + "5550101", limit=30.0, clear=12.5, period=30)
    install("SM-1", kind="smoke", lon=None, lat=None)
    rows = list(exchange.device_rows(system("test"), on=now.date()))
    out = io.StringIO()
    writer = csv.DictWriter(out, [column.key for column in exchange.COLUMNS])
    writer.writeheader()
    writer.writerows(rows)
    assert "5550101" not in out.getvalue()
    result = keeping.read(
        "devices", io.BytesIO(out.getvalue().encode()), "d.csv", valid_from=now.date(), viewer=system("test"), at=now
    )  # fmt: skip
    assert (result.new, result.changed, result.same, result.faults) == (0, 0, 2, [])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "camera"}, "kind"), ({"kind": "microphone"}, "kind"), ({"sign_text": ""}, "sign_text"), ({"owner": ""}, "owner"),
        ({"purpose": ""}, "purpose"), ({"division": "999999999999"}, "division"), ({"lat": None}, "lon"), ({"keep_days": 91}, "keep_days"),
        ({"limit": 200.0}, "limit"), ({"clear": 25.0}, "clear"), ({"period": 0}, "period"),
    ],
)  # fmt: skip
def test_no_device_without_owner_purpose_and_sign_and_none_that_watches_people(
    community: str, now: datetime, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        actions.keep("X-1", row(community, **change), viewer=system("test"), at=now)
    assert refused.value.field == field
    assert not Device.objects.exists()


def test_a_point_in_another_city_and_another_kind_under_a_known_number_are_refused(
    install: Install, community: str, now: datetime
) -> None:
    with pytest.raises(Refused) as refused:
        actions.keep("X-1", row(community, lon=139.76, lat=35.68), viewer=system("test"), at=now)
    assert refused.value.field == "lon"
    install("GA-1")
    with pytest.raises(Refused) as refused:
        actions.keep("GA-1", row(community, kind="smoke"), viewer=system("test"), at=now)
    assert refused.value.field == "kind"


def test_every_kind_has_its_place_in_the_mapping_before_the_first_alarm(install: Install) -> None:
    install("GA-1")
    mapped = dict(Mapping.objects.filter(source__code="devices").values_list("theirs", "kind"))
    assert mapped.pop("silent") == ""
    assert sorted(mapped) == sorted(KINDS)
    assert all(mapped.values())


def test_only_who_keeps_lists_keeps_this_one(community: str, now: datetime) -> None:
    with pytest.raises(Forbidden):
        actions.keep("X-1", row(community), viewer=Viewer(actor="post:1", role=DISPATCHER), at=now)


def test_the_template_has_every_column() -> None:
    assert write_template(exchange.COLUMNS, "物联设备")[:2] == b"PK"
    assert "devices" in keeping.lists(desk=True)


# --- Who may what ------------------------------------------------------------------------------------------------------------


def test_a_silence_has_its_limits(install: Install, now: datetime, community: str) -> None:
    install("SM-1", kind="smoke")
    dispatcher = Viewer(actor="post:1", role=DISPATCHER, territories=(community[:6],))
    with pytest.raises(Refused) as refused:
        actions.silence(number="SM-1", hours=9, reason="检修", viewer=dispatcher, at=now)
    assert refused.value.field == "hours"
    with pytest.raises(Forbidden):
        actions.silence(number="SM-1", hours=1, reason="检修", viewer=Viewer(actor="x", role=HANDLER), at=now)
    elsewhere = Viewer(actor="post:2", role=DISPATCHER, territories=("610199",))
    with pytest.raises(Refused, match=r"范围|outside"):
        actions.silence(number="SM-1", hours=1, reason="检修", viewer=elsewhere, at=now)
    actions.silence(number="SM-1", hours=8, reason="检修", viewer=dispatcher, at=now)
    assert Silence.objects.get().ends_at == now + timedelta(hours=8)


def test_whose_devices_somebody_sees(install: Install, community: str) -> None:
    install("GA-1")
    for role, territories, seen in (
        (DISPATCHER, (community[:6],), 1), (DISPATCHER, ("610199",), 0), (HANDLER, (community,), 0), (ADMIN, (), 1),
    ):  # fmt: skip
        viewer = Viewer(actor="post:1", role=role, territories=territories)
        assert len(queries.devices(viewer, queries.Filter()).devices) == seen, role


# --- SensorThings -----------------------------------------------------------------------------------------------------


@pytest.fixture
def told(days: Days, install: Install) -> Days:
    """Three devices with some readings."""
    install("GA-1")
    install("GA-2")
    install("SM-1", kind="smoke", lon=None, lat=None)
    days.gas(*range(1, 8))
    days.say({"device": "SM-1", "flag": True})
    days.lane.save()
    return days


@pytest.fixture
def ask(told: Days, key: Callable[..., str]) -> Callable[..., Any]:
    """``ask("Things?$top=1")``: what the service answers."""
    secret = key()

    def get(path: str, status: int = 200) -> Any:
        answer = Client().get(f"/sensorthings/v1.1/{path}", HTTP_X_API_KEY=secret, HTTP_ACCEPT_LANGUAGE="en")
        assert answer.status_code == status, answer.content
        return answer.json()

    return get


def names(found: dict[str, Any]) -> list[str]:
    return [one["name"] for one in found["value"]]


def test_sets_are_narrowed_ordered_counted_and_turned_by_pages(ask: Callable[..., Any]) -> None:
    assert {one["name"] for one in ask("")["value"]} >= {
        "Things",
        "Datastreams",
        "Observations",
        "FeaturesOfInterest",
    }
    first = ask("Things?$top=2&$count=true&$orderby=name desc")
    assert (names(first), first["@iot.count"]) == (["SM-1", "GA-2"], 3)
    rest = ask(first["@iot.nextLink"].partition("/v1.1/")[2])
    assert names(rest) == ["GA-1"]
    assert "@iot.nextLink" not in rest
    assert names(ask("Things?$filter=startswith(name,'GA') and not name eq 'GA-2'")) == ["GA-1"]
    assert names(ask("Things?$filter=properties/kind eq 'smoke' or (substringof('A-2',name))")) == [
        "GA-2",
        "SM-1",
    ]
    assert names(ask("Sensors?$filter=name eq 'Gas'")) == ["Gas"]
    assert len(ask("Locations")["value"]) == 2


def test_readings_are_observations_of_their_datastream(ask: Callable[..., Any], told: Days) -> None:
    stream = ask(
        "Datastreams?$filter=name eq 'GA-1'&$expand=Thing,ObservedProperty,Observations($top=2;$orderby=phenomenonTime desc)"
    )
    one = stream["value"][0]
    assert one["Thing"]["name"] == "GA-1"
    assert one["unitOfMeasurement"]["symbol"] == "%"
    assert [reading["result"] for reading in one["Observations"]] == [7, 6]
    key = one["@iot.id"]
    found = ask(f"Datastreams({key})/Observations?$filter=result gt 2 and result le 5&$count=true")
    assert ([reading["result"] for reading in found["value"]], found["@iot.count"]) == ([3, 4, 5], 3)
    since = (told.at - timedelta(seconds=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert len(ask(f"Datastreams({key})/Observations?$filter=phenomenonTime ge {since}")["value"]) == 2
    single = found["value"][0]["@iot.id"]
    assert ask(f"Observations('{single}')")["result"] == 3
    assert ask(f"Observations('{single}')/Datastream/Thing")["name"] == "GA-1"
    assert (
        ask(f"Observations?$filter=Datastream/id eq {key}&$top=1&$select=result")["value"][0]["result"] == 1
    )
    assert (
        ask("Datastreams?$filter=name eq 'SM-1'&$expand=Observations")["value"][0]["Observations"][0][
            "result"
        ]
        is True
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Things?$filter=name like 'x'", 400), ("Things?$filter=contact eq 'x'", 400), ("Things?$filter=id eq 'x'", 400),
        ("Things?$top=-1", 400), ("Things?$orderby=contact", 400), ("Things?$apply=x", 400), ("Things?$expand=Owner", 400),
        ("Things?$filter=" + "(" * 500, 400), ("Observations", 400), ("Things(999999)", 404), ("People", 404),
        ("Things(1)/Sensors", 404), ("Things/Datastreams", 404), ("Things('x')", 400), ("Things?$skip=99999999999", 400),
        ("Things(99999999999999999999)", 400), ("Observations('9-9')", 404), ("Sensors?$filter=name gt 3", 400),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_by_its_name(
    ask: Callable[..., Any], path: str, status: int
) -> None:
    assert ask(path, status)["message"]


def test_nothing_personal_is_shown_and_nobody_reads_without_a_key(
    ask: Callable[..., Any], community: str
) -> None:
    assert "contact" not in json.dumps(ask("Things?$expand=Locations,Datastreams/Sensor"))
    assert Client().get("/sensorthings/v1.1/Things").status_code == 401
    assert Client().get("/sensorthings/v1.1/Things", HTTP_AUTHORIZATION="Basic !!!").status_code == 401
    assert Client().post("/sensorthings/v1.1/Things").status_code == 405
