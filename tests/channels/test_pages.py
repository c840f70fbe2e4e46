"""The pages of channels: what a day was like, what was refused and why, and the buttons that put it right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from django.test import Client

from gongbi.channels import actions, adapters, queries, rules, words
from gongbi.channels.devices.adapter import Devices
from gongbi.channels.models import Arrival, Outgoing, Source
from gongbi.channels.rules import Incoming, Outcome
from gongbi.kernel import keeping
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import system
from gongbi.parties.models import Account
from tests.channels.conftest import Peer

pytestmark = pytest.mark.django_db
ME = system("test")


@pytest.fixture
def at_desk() -> Callable[..., Client]:
    def sign_in(login: str, language: str = "zh-CN") -> Client:
        client = Client(headers={"Accept-Language": language})
        client.force_login(Account.objects.get(username=login))
        return client

    return sign_in


@pytest.fixture
def bad_day(
    source: Callable[..., Source], peer: Peer, heard: Callable[..., Incoming], now: datetime
) -> Source:
    """One report taken in, one refused, one turned away, one message that they would not take; their clock is slow."""
    city = source("city", name="城管网", name_en="City management")
    late = now - timedelta(minutes=10)
    actions.accept(city, heard("tokyo", lon=139.69, lat=35.68), viewer=ME, at=now)
    actions.accept(city, heard("here", sent_at=late), viewer=ME, at=now)
    actions.drain(city.pk, at=now)
    actions.reject(
        Refused("open311.xml", ("XML 无法解析", "The XML cannot be read")),
        kind="open311",
        at=now,
        content="<a",
    )
    actions.tell_once(city, "1", "report:1", {}, topic="t", at=now)
    peer.fails = [Outcome(False, error="400 no such request", again=False)]
    actions.deliver(city.pk, at=now)
    return city


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh-CN",
            [
                "城管网",
                "慢 600 秒",
                "territory.not_in_china × 1",
                "XML 无法解析",
                "未识别的来源",
                "400 no such request",
            ],
        ),
        (
            "en",
            [
                "City management",
                "600 s slow",
                "territory.not_in_china × 1",
                "The XML cannot be read",
                "Nobody we know",
            ],
        ),
    ],
)
def test_the_health_page_says_what_the_day_was_like(
    at_desk: Callable[..., Client], bad_day: Source, language: str, words: list[str]
) -> None:
    page = at_desk("dispatcher", language).get("/desk/channels/").content.decode()
    for word in words:
        assert word in page, word


@pytest.mark.parametrize("login", ["dispatcher", "auditor"])
def test_the_case_says_which_counterpart_it_came_through(
    at_desk: Callable[..., Client], bad_day: Source, login: str
) -> None:
    report = Arrival.objects.get(source=bad_day, external="here").report
    assert report is not None
    for language, told in (("zh-CN", "对接系统 · 城管网"), ("en", "Other system · City management")):
        assert told in at_desk(login, language).get(f"/desk/case/{report.case.number}").content.decode()


def test_all_is_well_only_where_nothing_was_turned_away(
    at_desk: Callable[..., Client], source: Callable[..., Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    source("sensors", kind="device")
    well = words.TEXTS["all_well"][0]
    assert well in at_desk("admin").get("/desk/channels/").content.decode()
    counted = classmethod(lambda *_a, **_k: {"devices.malformed": 3})
    monkeypatch.setattr(Devices, "turned_away", counted)
    page = at_desk("admin").get("/desk/channels/").content.decode()
    assert well not in page
    assert 'href="/desk/devices/intake"' in page


def test_one_click_sends_a_dead_letter_again_and_one_tries_a_refused_arrival_again(
    at_desk: Callable[..., Client], bad_day: Source
) -> None:
    desk = at_desk("dispatcher")
    letter, arrival = Outgoing.objects.get(), Arrival.objects.get(external="tokyo")
    desk.post("/desk/channels/", {"letter": [letter.pk], "arrival": [arrival.pk, "x"]})
    assert Outgoing.objects.get().dead_at is None
    assert Arrival.objects.get(external="tokyo").standing == "waiting"
    assert desk.post("/desk/channels/", follow=True).status_code == 200


def test_an_auditor_looks_and_changes_nothing(at_desk: Callable[..., Client], bad_day: Source) -> None:
    auditor = at_desk("auditor")
    assert auditor.get("/desk/channels/city").status_code == 200
    assert auditor.post("/desk/channels/", {"letter": [Outgoing.objects.get().pk]}).status_code == 403
    assert auditor.get("/desk/channels/new").status_code == 403
    assert auditor.post("/desk/channels/city/map", {"theirs": "1", "kind": ""}).status_code == 403


def test_an_administrator_makes_a_channel_with_its_settings_and_its_secret(
    at_desk: Callable[..., Client],
) -> None:
    desk = at_desk("admin")
    assert "set_endpoint" in desk.get("/desk/channels/new?kind=open311").content.decode()
    given = {
        "code": "north", "name": "邻区", "direction": "both", "enabled": "on", "set_endpoint": "https://north.example/open311/v2",
        "set_sends": "on", "set_at_once": "3", "secret_api_key": "hush-hush", "unit": "",
    }  # fmt: skip
    wrong = desk.post("/desk/channels/new?kind=open311", given | {"set_endpoint": "ftp://x"})
    assert wrong.status_code == 422
    assert "http://" in wrong.content.decode()
    assert desk.post("/desk/channels/new?kind=open311", given).status_code == 302
    made = Source.objects.get(code="north")
    assert (made.settings["at_once"], made.settings["sends"], made.settings["pulls"]) == (3, True, False)
    assert desk.post("/desk/channels/new?kind=open311", given).status_code == 422  # the code is taken
    page = desk.get("/desk/channels/north").content.decode()
    assert "https://north.example" in page
    assert "hush-hush" not in page
    # Saved again without typing the secret: it stays.
    assert (
        desk.post("/desk/channels/north", given | {"secret_api_key": "", "name": "北区"}).status_code == 302
    )
    assert actions.sources.secrets_of(Source.objects.get(code="north")) == {"api_key": "hush-hush"}


def test_a_setting_that_is_emptied_is_as_shipped_again_and_headers_are_lines(
    at_desk: Callable[..., Client],
) -> None:
    desk = at_desk("admin")
    given = {
        "code": "sms", "name": "短信", "direction": "out", "enabled": "on", "unit": "", "set_transport": "web", "set_ways": ["sms"],
        "set_url": "https://sms.example/send", "set_headers": "X-App: gongbi\r\nAccept: text/plain", "set_quiet_from": "20:00",
        "set_ok_field": "code", "set_ok_value": "0", "set_body": "",
    }  # fmt: skip
    assert desk.post("/desk/channels/new?kind=notice", given).status_code == 302
    made = Source.objects.get(code="sms").settings
    assert (made["headers"], made["ways"]) == ({"X-App": "gongbi", "Accept": "text/plain"}, ["sms"])
    page = desk.get("/desk/channels/sms").content.decode()
    assert "X-App: gongbi" in page
    assert "类别对照" not in page  # nothing comes in by it
    emptied = given | {"set_ok_field": "", "set_ok_value": "", "set_headers": "", "set_quiet_from": ""}
    assert desk.post("/desk/channels/sms", emptied).status_code == 302
    made = Source.objects.get(code="sms").settings
    assert (made["ok_field"], made["headers"], made["quiet_from"]) == ("", {}, "21:00")


@pytest.mark.parametrize("kind", list(rules.KINDS))
def test_every_setting_of_every_kind_is_called_by_words(at_desk: Callable[..., Client], kind: str) -> None:
    found = adapters.adapter_of(kind)
    names = {one.name for one in fields(found.settings)} | set(found.secrets)
    assert names <= words.SETTINGS.keys()
    assert at_desk("admin").get(f"/desk/channels/new?kind={kind}").status_code == 200


def test_a_channel_that_only_sends_takes_nothing(
    source: Callable[..., Source], heard: Callable[..., Incoming], now: datetime
) -> None:
    with pytest.raises(Refused, match="只用于我方发送"):
        actions.accept(source("out-only", direction="out"), heard("1"), viewer=ME, at=now)


def test_what_was_set_and_what_was_sealed_can_be_taken_out_again(at_desk: Callable[..., Client]) -> None:
    desk = at_desk("admin")
    given = {
        "code": "north", "name": "邻区", "direction": "both", "enabled": "on", "set_endpoint": "https://north.example/open311/v2",
        "set_service": "007", "set_at_once": "3", "secret_api_key": "hush-hush", "unit": "",
    }  # fmt: skip
    assert "remove_api_key" not in desk.get("/desk/channels/new?kind=open311").content.decode()
    desk.post("/desk/channels/new?kind=open311", given)
    assert "remove_api_key" in desk.get("/desk/channels/north").content.decode()
    emptied = given | {"set_service": "", "set_at_once": "", "secret_api_key": "", "remove_api_key": "on"}
    assert desk.post("/desk/channels/north", emptied).status_code == 302
    north = Source.objects.get(code="north")
    assert (north.settings["service"], north.settings["at_once"]) == ("", 5)
    assert north.settings["endpoint"] == given["set_endpoint"]
    assert actions.sources.secrets_of(north) == {}
    # A new one typed beside the mark takes the old one's place.
    desk.post("/desk/channels/north", given | {"secret_api_key": "other"})
    desk.post("/desk/channels/north", given | {"secret_api_key": "third", "remove_api_key": "on"})
    assert actions.sources.secrets_of(Source.objects.get(code="north")) == {"api_key": "third"}


def test_the_mapping_shows_what_it_does_not_cover_and_where_two_codes_mean_one_kind(
    at_desk: Callable[..., Client],
    source: Callable[..., Source],
    heard: Callable[..., Incoming],
    now: datetime,
) -> None:
    city, desk = source(), at_desk("admin")
    actions.accept_many(city, [heard(str(n), code="0999") for n in range(3)], viewer=ME, at=now)
    for theirs in ("0107", "0108"):
        desk.post("/desk/channels/city/map", {"theirs": theirs, "kind": "C0101", "name": "井盖"})
    page = desk.get("/desk/channels/city").content.decode()
    assert "0999 × 3" in page
    assert "0107, 0108" in page
    assert desk.post("/desk/channels/city/map", {"theirs": "1", "kind": "Z9"}).status_code == 422


def test_the_table_of_codes_goes_out_and_comes_in_unchanged(
    source: Callable[..., Source], now: datetime
) -> None:
    city = source()
    kept = keeping.known("channel-mappings")
    text = "渠道,对方代码,对方名称,我们的类别\ncity,0107,井盖,C0101\ncity,0108,,\nnowhere,1,,C0101\ncity,0109,,Z9\n"
    told = kept.read(BytesIO(text.encode()), "a.csv", valid_from=now.date(), viewer=ME, at=now)
    assert (told.new, told.changed, len(told.faults)) == (2, 0, 2)
    assert [fault.row for fault in told.faults] == [4, 5]
    assert kept.rows is not None
    rows = list(kept.rows(ME, on=now.date()))
    assert [row["theirs"] for row in rows] == ["0107", "0108"]
    body = "source,theirs,name,kind,net\n" + "".join(",".join(row.values()) + "\n" for row in rows)
    again = kept.read(BytesIO(body.encode()), "a.csv", valid_from=now.date(), viewer=ME, at=now)
    assert (again.new, again.changed, again.same) == (0, 0, 2)
    assert len(queries.mappings(city, ME)) == 2
