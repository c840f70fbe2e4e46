"""Bulletins from the night's draft to an issued edition and its correction: pages, files, interface, scope; and open data for everybody."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.test import Client
from docx import Document

from gongbi.bulletin import actions, composing, queries, shape
from gongbi.bulletin.models import Bulletin, BulletinSetting, Release
from gongbi.insight import queries as board
from gongbi.insight.models import CaseFacts, FactLine
from gongbi.insight.period import Period
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.flow import invariants
from gongbi.kernel.scope.viewer import MANAGER, Viewer
from tests.desk.conftest import Clock, Desk
from tests.evaluation.made import AFTER, ALL, march

pytestmark = pytest.mark.django_db
AtDesk = Callable[[str], Desk]
DISTRICT = settings.DISTRICT_CODE
HERE = "/desk/bulletins"
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def breaches() -> list[str]:
    return [f"{one.where}: {one.what}" for one in invariants.run_all(rooms=["bulletin"])]


@pytest.fixture
def april(clock: Clock) -> dict[str, list[int]]:
    """The first of April, after a March that is made up."""
    clock.on(days=22)
    return march()


@pytest.fixture
def draft(april: dict[str, list[int]]) -> Bulletin:
    return actions.draft(period="2026-03", territory=DISTRICT, viewer=ALL, at=AFTER)


def figures(plain: shape.Plain) -> dict[str, Any]:
    return {one["code"]: one for part in plain["parts"] for one in part["figures"]}


def test_every_figure_is_the_boards_and_no_record_is_no_data(draft: Bulletin) -> None:
    plain = queries.plain_of(draft, ALL)
    counted = board.figures(composing.reader(DISTRICT), MARCH)
    found = figures(plain)
    for code, one in found.items():
        if code in counted and code != "handled_count":
            assert (one["now"]["above"], one["now"]["below"]) == (counted[code].above, counted[code].below), (
                code
            )
            assert one["before"] is one["year"] is None  # the record begins in March
        assert one["definition"][0], code
        assert one["definition"][1], code
    assert found["received"]["now"]["value"] == 118
    assert (
        found["not_in_time"]["now"]["value"]
        == counted["handled_on_time"].below - counted["handled_on_time"].above
    )
    streets = next(part for part in plain["parts"] if part["name"] == "streets")["tables"][0]["rows"]
    divided = {
        one.key: one.figures for one in board.board(composing.reader(DISTRICT), MARCH, by="street").groups
    }
    assert sorted(row[1] for row in streets) == sorted(one["repeated"].below for one in divided.values())
    assert ["件数太少", "too few"] in [row[-1] for row in streets]
    assert queries.recompute(draft, ALL, at=AFTER + timedelta(days=40)).same


def test_the_night_drafts_once_and_what_is_switched_off_stays_off(
    april: dict[str, list[int]], clock: Clock
) -> None:
    night = AFTER.replace(hour=1)
    assert actions.nightly(viewer=ALL, at=night) == []
    made = actions.nightly(viewer=ALL, at=AFTER)
    assert [(one.sort, one.first) for one in made] == [
        ("day", date(2026, 3, 31)),
        ("month", date(2026, 3, 1)),
    ]
    actions.drop(key=made[0].pk, reason="当日无事", viewer=_chief(), at=AFTER)
    assert (
        actions.nightly(viewer=ALL, at=AFTER + timedelta(hours=1)) == []
    )  # neither again nor what somebody dropped
    actions.change_settings({"night_day": "no"}, viewer=ALL, at=AFTER)
    assert actions.nightly(viewer=ALL, at=AFTER + timedelta(days=1)) == []
    for wrong in ({"night_day": "maybe"}, {"open_threshold": "1"}, {"nothing": "x"}):
        with pytest.raises(Refused):
            actions.change_settings(wrong, viewer=ALL, at=AFTER)
    assert BulletinSetting.objects.count() == 1


def _chief() -> Viewer:
    return Viewer(actor="post:9", role=MANAGER, post_id=9, person_id=9, territories=(DISTRICT,))


def test_from_a_draft_to_an_issued_edition_and_its_correction(
    draft: Bulletin, april: dict[str, list[int]], at_desk: AtDesk, clock: Clock
) -> None:
    writer, chief = at_desk("dispatcher"), at_desk("manager")
    page = f"{HERE}/{draft.number}"
    said = text_of(writer.get(page))
    assert "草稿，未印发" in said
    assert "合成数据" in said
    assert "无数据" in said
    assert (
        "/desk/board/rows?from=2026-03-01&amp;to=2026-03-31&amp;part=denominator&amp;rate=repeated"
        in writer.get(page).content.decode()
    )
    answer = writer.post(f"{page}/do/edit", {"version": draft.version, "text": "本月平稳。\n<b>请注意</b>"})
    assert answer.status_code == 302
    assert writer.post(f"{page}/do/edit", {"version": draft.version, "text": "晚了"}).status_code == 409
    own = writer.post(f"{page}/do/check", {"version": draft.version + 1})
    assert own.status_code == 422
    assert "编写人不能审核" in text_of(own)
    assert (
        chief.post(f"{page}/do/issue", {"version": draft.version + 1}).status_code == 422
    )  # not checked yet
    assert chief.post(f"{page}/do/check", {"version": draft.version + 1}).status_code == 302
    assert writer.post(f"{page}/do/issue", {"version": draft.version + 2}).status_code == 403
    assert chief.post(f"{page}/do/issue", {"version": draft.version + 2}).status_code == 302
    kept = Bulletin.objects.get(pk=draft.pk)
    assert kept.state == "issued"
    assert chief.post(f"{page}/do/edit", {"text": "改一下"}).status_code == 422  # final
    assert "逐字节相同" in text_of(chief.client.post(f"{page}/recompute", follow=True))
    assert breaches() == []
    # A case leaves the record's lines: the issued edition stays, the recount says so, the correction says what changed.
    gone = april["urban_management"][0]
    FactLine.objects.filter(case_id=gone).delete()
    CaseFacts.objects.filter(pk=gone).delete()
    assert "处不同：收到诉求" in text_of(chief.client.post(f"{page}/recompute", follow=True))
    assert chief.post(f"{page}/correct", {"reason": ""}).status_code == 422
    answer = chief.post(f"{page}/correct", {"reason": "一件误录入"})
    assert answer.status_code == 302
    second = Bulletin.objects.get(edition=2)
    said = text_of(chief.get(f"{HERE}/{second.number}"))
    assert "一件误录入" in said
    assert "118" in said
    assert second.changes[0]["was"] == {"value": 118}
    assert second.changes[0]["is"] == {"value": 117}
    with pytest.raises(Refused) as refused:
        actions.correct(key=kept.pk, reason="再改", viewer=chief.viewer, at=clock.now)
    assert refused.value.code == "bulletin.not_newest"
    actions.check(key=second.pk, viewer=writer.viewer, at=clock.now)
    actions.issue(key=second.pk, viewer=chief.viewer, at=clock.now)
    assert "本版已被第 2 版更正" in text_of(chief.get(page))
    assert Bulletin.objects.get(pk=draft.pk).plain == kept.plain
    assert breaches() == []
    Bulletin.objects.filter(pk=draft.pk).update(text="偷偷改的")
    assert breaches() == [f"{draft.number}: it is not what was issued"]


def test_the_files_are_truly_editable_and_say_what_they_are(draft: Bulletin, at_desk: AtDesk) -> None:
    actions.edit(key=draft.pk, text="本月平稳。\n{{ 7*7 }} <b>", viewer=_chief(), at=AFTER)
    chief = at_desk("manager")
    page = f"{HERE}/{draft.number}"
    body = chief.get(f"{page}/file.docx").content
    document = Document(io.BytesIO(body))
    texts = [one.text for one in document.paragraphs]
    assert "莲湖区社会治理月报" in texts
    assert "{{ 7*7 }} <b>" in texts  # the editor's words are words, not a template
    assert "总体情况" in [
        one.text for one in document.paragraphs if one.style is not None and one.style.name == "Heading 1"
    ]
    assert len(document.tables) > 4
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        charts = sorted(name for name in opened.namelist() if name.startswith("word/charts/chart"))
        books = [name for name in opened.namelist() if name.startswith("word/embeddings/")]
        assert len(charts) == len(books) == 3  # Word edits them: their numbers are workbooks
        assert b"pattFill" in opened.read("word/charts/chart1.xml") or b"solidFill" in opened.read(
            "word/charts/chart1.xml"
        )
        told = opened.read("word/document.xml").decode()
        assert 'descr="逐日收到诉求。收到诉求：' in told  # what cannot be seen can be read
    paper = chief.get(f"{page}/file.pdf").content
    assert paper.startswith(b"%PDF-")
    assert paper == chief.get(f"{page}/file.pdf").content
    assert chief.get(f"{page}/file.json").content.decode() == draft.plain
    assert chief.get(f"{page}/file.exe").status_code == 404
    chief.client.cookies["django_language"] = "en"
    english = text_of(chief.get(page))
    assert "Overview" in english
    assert "no data" in english
    assert chief.get(f"{page}/file.docx").status_code == 200
    # Who does not cover the place has neither page nor file of it.
    assert at_desk("street").get(page).status_code in (403, 404)
    assert at_desk("street").get(f"{page}/file.pdf").status_code in (403, 404)
    assert Client().get(page).status_code in (302, 401, 403)


def test_a_street_has_its_own_and_nobody_makes_anothers(
    april: dict[str, list[int]], at_desk: AtDesk, viewer: Any
) -> None:
    chief = viewer(MANAGER, territories=("610104001",))
    made = actions.draft(period="2026-W10", territory="610104001", viewer=chief, at=AFTER)
    assert figures(queries.plain_of(made, chief))["received"]["now"]["value"] == 75
    assert actions.draft(period="2026-W10", territory="610104001", viewer=chief, at=AFTER).pk == made.pk
    for territory in ("610104002", DISTRICT):
        with pytest.raises(Forbidden):
            actions.draft(period="2026-W10", territory=territory, viewer=chief, at=AFTER)
    for period, territory, code in (
        ("2026-04", DISTRICT, "bulletin.not_over"),
        ("2026-02", DISTRICT, "bulletin.no_record"),
        ("x", DISTRICT, "bulletin.period"),
        ("2026-03", "610104999", "bulletin.place"),
    ):
        with pytest.raises(Refused) as refused:
            actions.draft(period=period, territory=territory, viewer=ALL, at=AFTER)
        assert refused.value.code == code
    page = at_desk("manager").post(f"{HERE}/new", {"period": "2026-04", "territory": DISTRICT})
    assert page.status_code == 422
    assert "还没有过完" in text_of(page)


def test_open_data_is_prepared_published_and_corrected_only_by_another_edition(
    april: dict[str, list[int]], at_desk: AtDesk, clock: Clock
) -> None:
    chief, public = at_desk("manager"), Client()
    assert "还没有公布过数据" in text_of(public.get("/open"))
    assert chief.post(f"{HERE}/open/prepare", {"month": "2026-04"}).status_code == 422
    assert chief.post(f"{HERE}/open/prepare", {"month": "2026-03"}).status_code == 302
    one = Release.objects.get()
    assert public.get("/open/2026-03/1.json").status_code == 404  # it waits
    page = f"{HERE}/open/{one.pk}"
    assert "不公布" in text_of(chief.get(page))
    assert chief.post(f"{page}/do/publish", {"version": one.version + 5}).status_code == 409
    assert chief.post(f"{page}/do/publish", {"version": one.version}).status_code == 302
    body = public.get("/open/2026-03/1.json").content
    plain = orjson.loads(body)
    assert shape.digest(body) == one.digest
    counted = board.figures(composing.reader(DISTRICT), MARCH)
    whole = {
        row["table"]: row
        for row in plain["rows"]
        if not any(row[name] for name in ("street", "community", "class", "outcome"))
    }
    assert whole["reports"]["count"] == counted["repeated"].below  # the board's own number
    assert not any(row["count"] is not None and 0 < row["count"] < 3 for row in plain["rows"])
    csv = public.get("/open/2026-03/1.csv").content.decode("utf-8-sig")
    assert csv.count("\r\n") == len(plain["rows"]) + 1
    said = text_of(public.get("/open"))
    for told in ("2026-03", "数据字典", "不是法律规定", "使用许可"):
        assert told in said
    assert public.get("/api/open").json()[0]["digest"] == one.digest
    assert breaches() == []
    # Another edition needs a reason, and keeps hidden what the first one hid.
    answer = chief.post(f"{HERE}/open/prepare", {"month": "2026-03"})
    assert answer.status_code == 422
    assert "请写明为什么更正" in text_of(answer)
    actions.change_settings({"open_threshold": "2"}, viewer=ALL, at=clock.now)
    second = actions.prepare(month="2026-03", viewer=chief.viewer, at=clock.now, reason="门槛调整")
    for table, names in one.hidden.items():
        assert set(names) <= set(second.hidden[table])
    actions.publish_release(key=second.pk, viewer=chief.viewer, at=clock.now)
    assert public.get("/open/2026-03/1.json").content == body  # the old one stays
    assert orjson.loads(public.get("/open/2026-03/2.json").content)["why"] == "门槛调整"
    with pytest.raises(Forbidden):
        actions.prepare(month="2026-03", viewer=at_desk("street").viewer, at=clock.now)
    Release.objects.filter(pk=one.pk).update(plain=one.plain.replace('"edition":1', '"edition":3', 1))
    assert any("not what was published" in told for told in breaches())


def test_over_http_the_same_bytes_and_no_more_than_the_post_sees(draft: Bulletin, at_desk: AtDesk) -> None:
    chief = at_desk("manager")
    listed = chief.get("/api/bulletins?state=open").json()
    assert [one["number"] for one in listed["bulletins"]] == [draft.number]
    assert listed["bulletins"][0]["digest"] == draft.digest
    body = chief.get(f"/api/bulletins/{draft.number}").content
    assert shape.digest(body) == draft.digest
    assert at_desk("street").get(f"/api/bulletins/{draft.number}").status_code in (403, 404)
    assert Client().get("/api/bulletins").status_code == 401
