"""CAP 1.2: every file is valid against the OASIS schema; chains, drills, areas, the feed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from django.test import Client
from lxml import etree

from gongbi.incidents import actions, cap, queries
from gongbi.incidents.models import AlertMessage
from gongbi.kernel.errors import NotThere, Refused, Stale
from gongbi.kernel.scope.viewer import PUBLIC, Viewer
from gongbi.territory import queries as territory
from tests.incidents.conftest import Open
from tests.support.asking import questions

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parent / "data" / "CAP-v1.2.xsd"))
CAP = {"c": cap.NAMESPACE}
Issue = Callable[..., AlertMessage]


def read(message: AlertMessage) -> Any:
    """The file, valid against the schema."""
    root = etree.fromstring(message.body.encode())
    SCHEMA.assertValid(root)
    return root


def texts(root: Any, path: str) -> list[str]:
    return [found.text for found in root.findall(path, CAP)]


@pytest.fixture
def issue(leader: Viewer, now: datetime, community: str) -> Issue:
    def one(incident: Any, *, at: datetime | None = None, **more: Any) -> AlertMessage:
        when = at or now
        plain = {
            "wording": actions.Wording("劳动路停水", "主管爆裂 & 抢修中 <绕行>"), "areas": [community], "level": 3,
            "expires_at": when + 6 * HOUR, "viewer": leader, "at": when,
        }  # fmt: skip
        return actions.issue(key=incident.pk, **(plain | more))

    return one


def test_a_chain_from_alert_to_cancel(open_one: Open, issue: Issue, now: datetime, leader: Viewer) -> None:
    one = open_one()
    first = issue(one)
    second = issue(one, at=now + HOUR, level=2, previous=first.identifier)
    last = issue(one, at=now + 2 * HOUR, previous=second.identifier, cancel=True, areas=())
    roots = [read(message) for message in (first, second, last)]
    assert [texts(root, "c:msgType") for root in roots] == [["Alert"], ["Update"], ["Cancel"]]
    assert texts(roots[0], "c:references") == []
    assert texts(roots[1], "c:references") == [first.reference]
    assert texts(roots[2], "c:references") == [f"{first.reference} {second.reference}"]
    assert texts(roots[0], "c:sent") == ["2026-03-10T10:00:00+08:00"]
    assert first.reference.endswith(",2026-03-10T10:00:00+08:00")
    assert texts(roots[0], "c:status") == ["Actual"]
    assert texts(roots[0], "c:incidents") == [one.number]
    assert texts(roots[0], "c:info/c:severity") == ["Moderate", "Moderate"]
    assert texts(roots[1], "c:info/c:severity") == ["Severe", "Severe"]
    assert texts(roots[2], "c:info/c:responseType") == ["AllClear", "AllClear"]
    assert len({message.identifier for message in (first, second, last)}) == 3
    assert not queries.incident_for(one.pk, leader).alert_in_force(now + 3 * HOUR)


def test_both_languages_and_the_real_places(
    open_one: Open, issue: Issue, community: str, now: datetime
) -> None:
    root = read(issue(open_one()))
    assert texts(root, "c:info/c:language") == ["zh-CN", "en"]
    assert texts(root, "c:info/c:event") == ["供水管道爆裂", "Burst water main"]
    assert texts(root, "c:info/c:headline") == ["劳动路停水", "Burst water main, yellow alert"]
    assert texts(root, "c:info/c:description")[0] == "主管爆裂 & 抢修中 <绕行>"
    assert texts(root, "c:info/c:area/c:geocode/c:value") == [community, community]
    name = territory.names([community], on=now)[community]
    assert all(name in words for words in texts(root, "c:info/c:area/c:areaDesc"))
    rings = texts(root, "c:info[1]/c:area/c:polygon")
    assert rings
    corners = [tuple(map(float, pair.split(","))) for pair in rings[0].split()]
    assert corners[0] == corners[-1]
    shape = shapely.Polygon([(lon, lat) for lat, lon in corners])
    (known,) = [
        one for one in territory.map_geojson("community", community, on=now)["features"]
        if one["properties"]["code"] == community
    ]  # fmt: skip
    lon, lat = known["properties"]["label"]
    assert shape.is_valid
    assert shape.contains(shapely.Point(lon, lat))


def test_a_drill_is_an_exercise_in_every_word_and_never_public(
    open_one: Open, issue: Issue, client: Client
) -> None:
    real, drill = issue(open_one()), issue(open_one(drill=True))
    root = read(drill)
    assert texts(root, "c:status") == ["Exercise"]
    assert texts(root, "c:note")[0].startswith("这是演练")
    assert [text[:4] for text in texts(root, "c:info/c:headline")] == ["【演练】", "[EXE"]
    feed = client.get("/alerts.atom")
    assert feed["Content-Type"].startswith("application/atom+xml")
    body = etree.fromstring(feed.content)
    atom = {"a": cap.ATOM}
    (link,) = [found.get("href") for found in body.findall("a:entry/a:link", atom)]
    assert real.identifier in link
    file = client.get(link)
    assert (file["Content-Type"].split(";")[0], file.content.decode()) == (cap.MIME, real.body)
    assert client.get(f"/alerts/{drill.identifier}.xml").status_code == 404
    with pytest.raises(NotThere):
        queries.alert_file(drill.identifier, PUBLIC)
    assert "<feed" in client.get("/alerts.atom").content.decode()
    for needed in ("id", "title", "updated", "author/a:name"):
        assert body.find(f"a:{needed}", atom) is not None


@pytest.mark.parametrize(
    ("more", "field", "said"),
    [
        ({"areas": []}, "areas", "没有区域"),
        ({"areas": ["610104999"]}, "areas", "没有代码为"),
        ({"expires_at": datetime(2026, 3, 10, 1, 0, tzinfo=UTC)}, "expires", "晚于发布时间"),
        ({"expires_at": datetime(2026, 3, 18, 3, 0, tzinfo=UTC)}, "expires", "7天"),
        ({"wording": actions.Wording("", "x")}, "headline", "请填写"),
        ({"wording": actions.Wording("x" * 141, "x")}, "headline", "最多"),
        ({"level": 0}, "level", "四级"),
        ({"urgency": "Now"}, "urgency", "紧迫"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    more: dict[str, Any], field: str, said: str, open_one: Open, issue: Issue
) -> None:
    one = open_one()
    with pytest.raises(Refused, match=said) as refused:
        issue(one, **more)
    assert refused.value.field == field
    assert not AlertMessage.objects.exists()


def test_a_message_is_followed_once_and_a_cancelled_one_never(
    open_one: Open, issue: Issue, now: datetime
) -> None:
    one = open_one()
    first = issue(one)
    issue(one, at=now + HOUR, previous=first.identifier)
    with pytest.raises(Stale):
        issue(one, at=now + 2 * HOUR, previous=first.identifier)
    other = issue(one, at=now + 3 * HOUR)
    gone = issue(one, at=now + 4 * HOUR, previous=other.identifier, cancel=True)
    with pytest.raises(Refused, match="不能再更新"):
        issue(one, at=now + 5 * HOUR, previous=gone.identifier)
    with pytest.raises(NotThere):
        issue(open_one(), at=now + 6 * HOUR, previous=other.identifier)


def test_the_response_does_not_end_under_an_alert(
    open_one: Open, issue: Issue, now: datetime, leader: Viewer
) -> None:
    one = open_one()
    first = issue(one)
    with pytest.raises(Refused, match="还有预警信息在生效"):
        actions.end(key=one.pk, reason="好了", viewer=leader, at=now + HOUR)
    assert actions.end(key=one.pk, reason="好了", viewer=leader, at=first.expires_at).state == "over"


def test_what_xml_cannot_hold_is_left_out_and_a_foreign_identifier_is_no_identifier() -> None:
    area = cap.Area("某地", [], ["610104001"])
    info = cap.Info("zh-CN", "火灾", "标题\x00\x0b", "内容\ud800", "", "区", area, "红色")
    at = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
    plain: dict[str, Any] = {
        "identifier": "a-1", "sender": "s@x", "sent": at, "msg_type": "Alert", "exercise": False, "note": "", "references": (),
        "incident": "", "category": "Fire", "response": "Evacuate", "urgency": "Immediate", "severity": "Extreme",
        "certainty": "Observed", "event_code": "fire", "level": 1, "expires": at + HOUR, "infos": (info,),
    }  # fmt: skip
    root = etree.fromstring(cap.write(cap.Message(**plain)))
    SCHEMA.assertValid(root)
    assert texts(root, "c:info/c:headline") == ["标题"]
    assert texts(root, "c:sent") == ["2026-03-10T02:00:00+00:00"]
    for wrong in (
        {"identifier": "a 1"},
        {"identifier": "a,1"},
        {"sender": "<x"},
        {"identifier": ""},
        {"infos": ()},
    ):
        with pytest.raises(ValueError, match=r"identifier|where"):
            cap.write(cap.Message(**(plain | wrong)))


def test_the_schema_of_the_test_finds_what_is_wrong(open_one: Open, issue: Issue) -> None:
    body = issue(open_one()).body
    for change in (
        ("<msgType>Alert", "<msgType>Alarm"),
        ("+08:00</sent>", "Z</sent>"),
        ("<scope>Public</scope>", ""),
    ):
        root = etree.fromstring(body.replace(*change).encode())
        assert not SCHEMA.validate(root), change
    assert re.search("<geocode>", body)


def test_the_lists_and_the_public_feed_cost_the_same_whatever_their_length(
    open_one: Open, issue: Issue, client: Client, at_desk: Callable[[str], Any]
) -> None:
    desk = at_desk("dispatcher")
    pages = [f"/desk/incidents/{page}" for page in ("", "alerts", "plans", "stores")]

    def counted() -> dict[str, int]:
        return {**questions(desk.get, pages), **questions(client.get, ["/alerts.atom"])}

    issue(open_one())
    one = counted()
    for _ in range(29):
        issue(open_one())
    assert client.get("/alerts.atom").content.count(b"<entry>") == 30
    assert counted() == one
