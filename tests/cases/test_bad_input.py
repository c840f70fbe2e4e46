"""Whatever is sent: a sentence that says what is wrong, where and what to do, in both languages; nothing valid is lost."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation
from django.utils.html import escape

from gongbi.cases import actions
from gongbi.cases.actions.statement import Statement
from gongbi.cases.models import Case, Report
from gongbi.cases.triage import Said
from gongbi.cases.wording import clean_text
from gongbi.kernel.errors import Refused
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import PUBLIC, Viewer
from gongbi.territory import queries as territory
from tests.support.copies import together

Post = Callable[..., Viewer]
Unit = Callable[[str], int]
LAMP = "劳动路路口的路灯不亮了"


def statement(at: datetime, **more: Any) -> Statement:
    said = Said(text=LAMP, said_at=at, channel="web", lon=108.913, lat=34.265, kind="C0137")
    names = set(Said.__dataclass_fields__)
    said = replace(said, **{key: value for key, value in more.items() if key in names})
    return Statement(said=said, **{key: value for key, value in more.items() if key not in names})


def rows() -> tuple[int, ...]:
    return (
        Matter.objects.count(),
        Report.objects.count(),
        LedgerEntry.objects.count(),
        OutboxRow.objects.count(),
    )


def refused(given: Statement, at: datetime, viewer: Viewer = PUBLIC) -> Refused:
    """The refusal; it left no row, and its sentence is a whole one in both languages."""
    before = rows()
    with pytest.raises(Refused) as caught:
        actions.receive(given, viewer=viewer, at=at)
    assert rows() == before
    for language in ("zh-hans", "en"):
        with translation.override(language):
            words = caught.value.message
        assert len(words) > 8
        assert "%(" not in words
        assert any("\u4e00" <= c <= "\u9fff" for c in words) == (language != "en"), words
    return caught.value


# --- Where --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lon", "lat", "code", "field"),
    [
        (34.265, 108.913, "territory.swapped", "lon"),
        (116.4, 39.9, "cases.outside", "lon"),  # Beijing
        (122.5, 30.0, "cases.outside", "lon"),  # the East China Sea
        (-0.1, 51.5, "territory.not_in_china", "lon"),
        (12134567.0, 4061234.0, "territory.not_degrees", "lon"),
        (math.nan, 34.2, "territory.not_finite", "lon"),
        (108.9, math.inf, "territory.not_finite", "lon"),
        (0.0, 0.0, "territory.not_in_china", "lon"),
        (108.9, None, "cases.half_point", "lat"),
        (None, 34.2, "cases.half_point", "lon"),
    ],
)
def test_a_point_that_cannot_be_meant(now: datetime, lon: float, lat: float, code: str, field: str) -> None:
    refusal = refused(statement(now, lon=lon, lat=lat), now)
    assert (refusal.code, refusal.field) == (code, field)


@pytest.mark.django_db
def test_an_unknown_system_of_coordinates(now: datetime) -> None:
    assert refused(statement(now, crs="EPSG:3857"), now).code == "territory.crs"


@pytest.mark.django_db
@pytest.mark.parametrize("crs", ["CGCS2000", "WGS84", "GCJ02", "BD09"])
def test_every_system_that_phones_use_is_taken(now: datetime, crs: str) -> None:
    assert actions.receive(statement(now, crs=crs), viewer=PUBLIC, at=now).report.case.territory.startswith(
        "610104"
    )


@pytest.mark.django_db
def test_a_point_on_a_border_always_lies_in_the_same_grid(now: datetime) -> None:
    shape = territory.map_geojson("community", "610104", on=now)["features"][0]["geometry"]
    ring = shape["coordinates"][0] if shape["type"] == "Polygon" else shape["coordinates"][0][0]
    for lon, lat in ring[:5]:
        if territory.locate(lon, lat, on=now) is None:
            continue  # a corner of the simplified outline may lie outside
        places = {
            actions.receive(statement(now, lon=lon, lat=lat), viewer=PUBLIC, at=now).report.case.territory
            for _ in range(3)
        }
        assert len(places) == 1


# --- What ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "cases.no_text"),
        (" \t\r\n　", "cases.no_text"),
        ("\x00\x07\u202e\ud800", "cases.no_text"),
        ("灯" * 10_000, ""),
        ("灯" * 10_001, "cases.long_text"),
        ("  " + "灯" * 10_000 + "\n", ""),
        ("😀" * 10_000, ""),
        ("。", ""),
    ],
)
def test_the_length_of_a_text(now: datetime, text: str, code: str) -> None:
    given = statement(now, text=text)
    if code:
        refusal = refused(given, now)
        assert (refusal.code, refusal.field) == (code, "text")
    else:
        assert actions.receive(given, viewer=PUBLIC, at=now).report.text == text.strip()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("路灯\x00不亮\x1b[31m", "路灯不亮[31m"),
        ("价格\u202e001", "价格001"),  # a direction override turns 001 into 100 on the screen
        ("a\u2066b\u2069c\u200fd\u061c", "abcd"),
        ("一行\r\n二行\t三", "一行\n二行\t三"),
        ("１２号楼", "１２号楼"),  # full-width digits are what was written
        ("e\u0301", "é"),
        ("👨‍👩‍👧 光\ud83d明", "👨‍👩‍👧 光明"),  # a joiner belongs to the emoji, half a pair to nothing
        ("\x85\x9f", ""),
    ],
)
def test_what_is_no_writing_is_taken_out(given: str, kept: str) -> None:
    assert clean_text(given) == kept


@pytest.mark.django_db
def test_html_stays_text_and_is_escaped_where_it_is_shown(now: datetime) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    case = actions.receive(statement(now, text=evil, place_words=evil), viewer=PUBLIC, at=now).report.case
    assert case.reports.get().text == evil
    assert case.title.startswith("<script>")
    assert "<" not in escape(case.title)


@pytest.mark.django_db
def test_a_telephone_number_in_the_words_does_not_become_the_title(now: datetime) -> None:
    told = actions.receive(statement(now, text="请打电话13800138000，路灯不亮"), viewer=PUBLIC, at=now)
    assert "138" not in told.report.case.title


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"kind": "X9999"}, "cases.kind", "kind"),
        ({"kind": "c0137"}, "cases.kind", "kind"),
        ({"division": "610104999"}, "cases.division", "division"),
        ({"division": "610104005001999"}, "cases.division", "division"),
        ({"division": "somewhere"}, "cases.division", "division"),
        ({"channel": "telepathy"}, "cases.channel", "channel"),
        ({"photos": tuple(range(13))}, "cases.photos", "photos"),
        ({"join": 987_654_321}, "cases.not_there", ""),
    ],
)
def test_what_there_is_not(now: datetime, more: dict[str, Any], code: str, field: str) -> None:
    refusal = refused(statement(now, **more), now)
    assert (refusal.code, refusal.field) == (code, field)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "code"),
    [({"kind": "X9999"}, "cases.kind"), ({"standard": "C0137-99"}, "cases.standard"), ({"division": "610104999999"}, "cases.division"),
     ({"lon": 108.9}, "cases.half_point"), ({"lon": 116.4, "lat": 39.9}, "cases.outside"), ({"lon": 34.2, "lat": 108.9}, "territory.swapped")],
)  # fmt: skip
def test_the_desk_is_told_too(post: Post, now: datetime, more: dict[str, Any], code: str) -> None:
    case = actions.receive(statement(now), viewer=PUBLIC, at=now).report.case
    given: dict[str, Any] = {
        "case_id": case.pk,
        "viewer": post("dispatcher"),
        "at": now,
        "kind": "C0137",
    } | more
    with pytest.raises(Refused) as caught:
        actions.accept(**given)
    assert caught.value.code == code
    actions.accept(case_id=case.pk, viewer=post("dispatcher"), at=now, kind="C0137")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "code"),
    [({"unit_id": 10**12}, "cases.unit"), ({"co_units": [10**12]}, "cases.unit"), ({"duty_item": "Z999"}, "cases.duty_item"),
     ({"limit": "很快"}, "clock.limit_unknown"), ({"limit": "9" * 39 + "天"}, "clock.limit_far"), ({"limit": "0工作日"}, "clock.limit_number")],
)  # fmt: skip
def test_a_dispatch_to_nowhere_or_for_no_time(
    post: Post, unit: Unit, now: datetime, more: dict[str, Any], code: str
) -> None:
    case = actions.receive(statement(now), viewer=PUBLIC, at=now).report.case
    actions.accept(case_id=case.pk, viewer=post("dispatcher"), at=now, kind="C0137")
    before = rows()
    given: dict[str, Any] = {"unit_id": unit("urban_management")} | more
    with pytest.raises(Refused) as caught:
        actions.dispatch(case_id=case.pk, viewer=post("dispatcher"), at=now, **given)
    assert (caught.value.code, rows()) == (code, before)


@pytest.mark.django_db
def test_control_characters_and_overlong_values_beside_the_text_do_no_harm(now: datetime) -> None:
    """PostgreSQL refuses NUL in a text and more than a column holds: neither reaches it."""
    evil = "值\x00" * 60
    more = {
        "net": evil,
        "external": evil,
        "name": evil,
        "phone": evil,
        "place_words": evil,
        "answers": {evil: evil},
    }
    report = actions.receive(statement(now, **more), viewer=PUBLIC, at=now).report
    report.refresh_from_db()
    assert report.net == "值" * 24
    assert report.external == "值" * 60
    assert report.answers == {"值" * 60: "值" * 60}


# --- When ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said_at", "code"),
    [
        (timedelta(0), ""),
        (timedelta(minutes=5), ""),
        (timedelta(minutes=5, microseconds=1), "cases.future"),
        (timedelta(days=3650), "cases.future"),
        (datetime(2000, 1, 1, tzinfo=UTC), ""),
        (datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), "cases.long_ago"),
        (datetime(1900, 1, 1, tzinfo=UTC), "cases.long_ago"),
        (datetime(1, 1, 1, tzinfo=UTC), "cases.long_ago"),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "cases.future"),
        (datetime(2026, 3, 10, 9, 0), "cases.naive_time"),  # noqa: DTZ001
    ],
)
def test_when_it_was_said(now: datetime, said_at: datetime | timedelta, code: str) -> None:
    moment = now + said_at if isinstance(said_at, timedelta) else said_at
    given = statement(now, said_at=moment)
    if code:
        refusal = refused(given, now)
        assert (refusal.code, refusal.field) == (code, "said_at")
    else:
        assert actions.receive(given, viewer=PUBLIC, at=now).report.said_at == moment


@pytest.mark.django_db
def test_a_suspension_until_a_time_without_a_zone_is_refused(post: Post, unit: Unit, now: datetime) -> None:
    case = actions.receive(statement(now), viewer=PUBLIC, at=now).report.case
    urban = post("handler", unit="urban_management")
    actions.accept(case_id=case.pk, viewer=post("dispatcher"), at=now, kind="C0137")
    actions.dispatch(case_id=case.pk, viewer=post("dispatcher"), at=now, unit_id=unit("urban_management"))
    actions.sign(case_id=case.pk, viewer=urban, at=now)
    with pytest.raises(Refused) as caught:
        actions.ask_for(
            case_id=case.pk, kind="suspension", viewer=urban, at=now, reason="等", until=datetime(2026, 4, 1)  # noqa: DTZ001
        )  # fmt: skip
    assert (caught.value.code, caught.value.field) == ("cases.naive_time", "until")


# --- Five times the same --------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_same_report_five_times_is_one_case_and_one_receipt(now: datetime) -> None:
    given = statement(now, idempotency="phone-1")
    got = [actions.receive(given, viewer=PUBLIC, at=now + timedelta(seconds=n)) for n in range(5)]
    assert len({one.report.number for one in got}) == len({one.token for one in got}) == 1
    assert [one.again for one in got] == [False, True, True, True, True]
    assert (Case.objects.count(), Report.objects.count(), LedgerEntry.objects.count()) == (1, 1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "other",
    [
        {"text": "另外一件事"},
        {"lon": 108.92, "lat": 34.26},
        {"place_words": "别处"},
        {"phone": "13900000009"},
        {"phone": "13900000009", "confidential": True},
        {"anonymous": True},
        {"answers": {"since": "昨天"}},
    ],
)
def test_a_key_used_for_other_words_opens_nobody_elses_receipt(now: datetime, other: dict[str, Any]) -> None:
    actions.receive(statement(now, idempotency="1"), viewer=PUBLIC, at=now)
    assert refused(statement(now, idempotency="1", **other), now).code == "cases.key_used"


@pytest.mark.django_db
def test_the_same_number_written_differently_is_the_same_person(now: datetime) -> None:
    first = actions.receive(statement(now, idempotency="1", phone="13900000009"), viewer=PUBLIC, at=now)
    again = actions.receive(
        statement(now, idempotency="1", phone="139 0000 0009", name="郑女士"), viewer=PUBLIC, at=now
    )
    assert (again.again, again.token) == (True, first.token)


@pytest.mark.slow
def test_the_same_report_five_times_at_once_is_one_case(own_database: str, now: datetime) -> None:
    given = statement(now, idempotency="phone-1")
    got = together(*[lambda: actions.receive(given, viewer=PUBLIC, at=now)] * 5)
    assert len({one.report.number for one in got}) == len({one.token for one in got}) == 1
    assert sorted(one.again for one in got) == [False, True, True, True, True]
    assert (Case.objects.count(), Report.objects.count(), LedgerEntry.objects.count()) == (1, 1, 1)
