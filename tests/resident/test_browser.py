"""The same with a browser: the mark by keyboard, photos, joining, judging, "still there"; axe finds nothing; it fits a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from gongbi.cases import actions, queries
from gongbi.territory.actions import set_card
from tests.resident.conftest import INSIDE, KEEPER, LAMP, ONE, Desk, jpeg
from tests.support.browsing import Visit, found_by_axe, site_of_the_house, visits
from tests.support.copies import copied
from tests.support.district import forget_caches

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django import DjangoDbBlocker

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def desk(district: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Desk]:
    """The small district in a database of its own that several threads read: the ledger refuses the emptying between tests."""
    with django_db_blocker.unblock(), copied():
        forget_caches()
        set_card(
            grid=ONE + "001",
            worker_name="郑安",
            phone="029-55500001",
            supervision_phone="029-55500002",
            viewer=KEEPER,
            at=timezone.now(),
        )
        yield Desk()


@pytest.fixture
def site(desk: Desk, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Address of the pages on a socket."""
    with django_db_blocker.unblock(), site_of_the_house() as address:
        yield address


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """``visit("ask", theme="dark")`` on a phone of 360 pixels; see ``tests.support.browsing``."""
    with visits(browser, site, width=360, height=780) as go:
        yield go


def said(text: str = LAMP, **fields: Any) -> str:
    """A report from elsewhere; its private link."""
    answer = Client().post("/ask", {"text": text, "community": ONE, "who": "open", **fields})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return str(answer["Location"]).rsplit("/", 1)[1]


def link_of(page: Page) -> str:
    return page.url.split("?")[0].rstrip("/").rsplit("/", 1)[1]


def photo(folder: Path, name: str, colour: str = "grey") -> str:
    path = folder / name
    path.write_bytes(jpeg(colour))
    return str(path)


def send(page: Page) -> None:
    page.locator(".steps-bar .button-main").click()
    page.wait_for_url("**/receipt/**")


def test_words_a_mark_by_keyboard_and_two_photos_make_a_receipt(visit: Visit, tmp_path: Path) -> None:
    page = visit("ask")
    page.fill("#id_text", "路灯不亮，好几盏")
    page.locator("input[name=kind][value=C0137]").wait_for()
    page.locator("input[name=kind][value=C0137]").focus()
    page.keyboard.press("Space")
    page.locator("input[name=q_lamps]").fill("3")
    page.locator("gb-map-picker [data-unfold]").click()  # the map is fetched only when it is asked for
    page.locator("gb-map-picker[data-map=drawn], gb-map-picker[data-map=still]").wait_for()
    if page.locator("gb-map-picker[data-map=drawn]").count():
        page.locator("gb-map-picker canvas").focus()
        page.keyboard.press("Enter")
    else:
        page.locator("gb-map-picker svg").first.click()
    page.locator(".map-place strong").wait_for()
    assert "青年路街道" in page.locator(".map-place").inner_text()
    page.set_input_files(
        "#id_photos input[type=file]", [photo(tmp_path, "a.jpg"), photo(tmp_path, "b.jpg", "red")]
    )
    page.locator(".photos-list img").nth(1).wait_for()
    send(page)
    assert page.locator(".qr svg").is_visible()
    report, viewer = queries.report_by_link(link_of(page))
    assert report.lon is not None
    assert report.answers == {"lamps": "3"}
    assert report.case.kind == "C0137"
    from gongbi.kernel.files import queries as files

    assert len(files.of_matter(report.case_id, viewer=viewer)) == 2


def test_what_is_typed_finds_what_is_known_and_one_tap_joins_it(visit: Visit, desk: Desk) -> None:
    words = "喷泉旁的路灯灯罩碎了，灯也不亮"
    point = {"lon": "108.9055", "lat": "34.2675"}
    first = said(words, **point)
    desk.accept(first, kind="C0137")
    page = visit("ask")
    page.evaluate(
        "([lon, lat]) => { document.querySelector('[data-lon]').value = lon; document.querySelector('[data-lat]').value = lat; }",
        list(point.values()),
    )
    page.locator("#id_text").press_sequentially(words)
    page.locator("#similar button[name=join]").first.click()
    page.wait_for_url("**/receipt/**")
    one, _viewer = queries.report_by_link(first)
    two, _viewer = queries.report_by_link(link_of(page))
    assert one.case_id == two.case_id
    page.locator("text=另外 1 条反映是同一件事").first.wait_for()


def test_enter_in_a_line_sends_and_does_not_join(visit: Visit, desk: Desk) -> None:
    words = "健身角的路灯一闪一闪，老人容易摔"
    point = {"lon": "108.9065", "lat": "34.2665"}
    first = said(words, **point)
    desk.accept(first, kind="C0137")
    page = visit("ask")
    page.evaluate(
        "([lon, lat]) => { document.querySelector('[data-lon]').value = lon; document.querySelector('[data-lat]').value = lat; }",
        list(point.values()),
    )
    page.locator("#id_text").press_sequentially(words)
    page.locator("#similar button[name=join]").first.wait_for()
    page.locator("#id_place_words").press("Enter")
    page.wait_for_url("**/receipt/**")
    one, _viewer = queries.report_by_link(first)
    two, _viewer = queries.report_by_link(link_of(page))
    assert one.case_id != two.case_id


def test_an_emergency_is_told_while_typing_and_stops_the_sending(visit: Visit) -> None:
    page = visit("ask")
    page.fill("#id_place_words", "大庆路3号")
    page.locator("#id_text").press_sequentially("楼上着火了")
    page.locator("#alarm a[href='tel:119']").wait_for()
    page.locator(".steps-bar .button-main").click()
    page.locator(".alarm-call").wait_for()
    box = page.locator(".alarm-call").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 780  # without scrolling
    assert page.locator(".alarm-call").get_attribute("href") == "tel:119"
    page.locator("button[value=edit]").click()
    assert page.locator("#id_text").input_value() == "楼上着火了"
    assert page.locator("#id_place_words").input_value() == "大庆路3号"


def test_without_a_network_nothing_typed_is_lost_and_it_is_sent_when_there_is_one(visit: Visit) -> None:
    page = visit("ask")
    page.get_by_label("什么事？").fill("公园长椅断了一条腿")
    page.get_by_label("或者选社区").select_option(ONE)
    send = page.locator(".steps-bar").get_by_role("button", name="提交")
    page.context.set_offline(True)
    send.click()
    expect(page.locator("#offline")).to_contain_text("您写的内容都在")
    expect(page.locator("#offline")).to_be_in_viewport()
    expect(page.get_by_label("什么事？")).to_have_value("公园长椅断了一条腿")
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    send.click()
    page.wait_for_url("**/receipt/*")


def test_a_refusal_keeps_photos_and_leads_to_its_field(visit: Visit, tmp_path: Path) -> None:
    page = visit("ask")
    page.fill("#id_text", "这里脏得很")
    page.set_input_files("#id_photos input[type=file]", photo(tmp_path, "a.jpg"))
    page.locator(".photos-list img").first.wait_for()
    page.locator(".steps-bar .button-main").click()
    page.locator("#errors").wait_for()
    assert page.evaluate("document.activeElement.id") == "errors"
    page.locator("#errors a").first.click()
    assert page.locator("#id_place_words").get_attribute("aria-invalid") == "true"
    shown = page.locator(".photos-list img")
    assert shown.evaluate("image => image.complete && image.naturalWidth > 0")
    page.select_option("#id_community", ONE)
    send(page)


def test_the_whole_life_of_a_report_as_its_reporter_sees_it(visit: Visit, desk: Desk, tmp_path: Path) -> None:
    link = said()
    desk.handle(link)
    desk.ask(link, "是哪一根灯杆？")
    page = visit(f"r/{link}")
    page.fill("#id_answer", "靠公交站的第二根")
    page.locator("#answer button").click()
    page.locator("text=您的回答已经转过去了").wait_for()
    desk.finish(link)
    actions.confirm(case_id=desk.case(link), viewer=desk.checker, at=timezone.now(), finding="已亮")
    page.goto(page.url.split("?")[0])
    page.locator("label:has(input[name=solved][value=no])").click()
    page.locator("label:has(input[name=grade][value='2'])").click()
    page.locator("#judge button").click()
    page.locator("text=您的评价已经计入").wait_for()
    page.fill("#id_reason", "还是不亮")
    page.set_input_files("#reopen input[type=file]", photo(tmp_path, "now.jpg", "black"))
    page.locator("#reopen .photos-list img").first.wait_for()
    page.locator("#reopen button.button-wide").click()
    page.locator("text=已经重新办理").wait_for()
    assert "正在办理" in page.locator("h1").inner_text()
    report, _viewer = queries.report_by_link(link)
    assert report.case.reopen_count == 1


def test_the_standing_renews_itself_without_touching_what_is_being_typed(visit: Visit, desk: Desk) -> None:
    link = said("人行道地砖松动，下雨一踩一脚水")
    desk.handle(link)
    desk.ask(link, "是哪一段？")
    page = visit(f"r/{link}")
    page.fill("#id_answer", "写到一半")
    actions.answer(question_id=_question(link), viewer=_clerk(), at=timezone.now(), text="电话里说了")
    page.evaluate("htmx.trigger(document.getElementById('now'), 'gb:live')")
    page.locator("text=有新进展").wait_for()
    assert page.locator("#id_answer").input_value() == "写到一半"
    assert "问题已回答" in page.locator("#history").inner_text()


def _question(link: str) -> int:
    report, viewer = queries.report_by_link(link)
    return int(queries.questions_open(report, viewer)[0].pk)


def _clerk() -> Any:
    from gongbi.kernel.scope.viewer import CLERK, Viewer

    return Viewer(actor="post:7", role=CLERK, territories=("610104",))


@pytest.fixture(scope="module")
def pages(desk: Desk) -> dict[str, str]:
    """Every page in the state that shows most."""
    asked = said(
        LAMP,
        name="郑小明",
        phone="029-87654321",
        photos=SimpleUploadedFile("a.jpg", jpeg()),
        lon=str(INSIDE[0]),
        lat=str(INSIDE[1]),
    )
    desk.handle(asked)
    desk.ask(asked, "是哪一根灯杆？")
    closed = said("井盖松动，车一过就响")
    desk.close(closed)
    return {
        "home": "",
        "ask": "ask",
        "near": "near",
        "grids": f"grids?community={ONE}&q=糖坊街",
        "grid": f"grid/{ONE}001",
        "about": "about",
        "asked": f"r/{asked}",
        "closed": f"r/{closed}",
        "why": f"r/{asked}/why",
        "receipt": f"receipt/{asked}",
        "print": f"receipt/{asked}/print",
    }


NAMES = ("home", "ask", "near", "grids", "grid", "about", "asked", "closed", "why", "receipt", "print")


def settled(page: Page) -> None:
    for picture in page.locator("gb-map, gb-map-picker").all():
        picture.scroll_into_view_if_needed()
    for drawn in page.locator("gb-map, gb-map-picker").all():
        expect(drawn).to_have_attribute("data-map", re.compile("."), timeout=20_000)


@pytest.mark.parametrize(("theme", "language"), [("light", "zh-hans"), ("dark", "en")])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_and_nothing_runs_out_of_the_side(
    visit: Visit, pages: dict[str, str], name: str, theme: str, language: str
) -> None:
    page = visit(pages[name], theme=theme, language=language)
    settled(page)
    assert found_by_axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("name", NAMES)
def test_elder_mode_fits_a_phone(visit: Visit, pages: dict[str, str], name: str) -> None:
    page = visit(pages[name], size="elder", theme="dark")
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert found_by_axe(page) == []


def test_axe_finds_nothing_in_the_pieces_that_come_while_typing_nor_in_a_refusal_nor_in_the_emergency(
    visit: Visit, desk: Desk
) -> None:
    first = said(LAMP, lon=str(INSIDE[0]), lat=str(INSIDE[1]))
    desk.accept(first)
    page = visit("ask")
    settled(page)
    page.locator("#id_text").press_sequentially("路灯不亮，着火了")
    page.locator("#alarm a[href='tel:119']").wait_for()
    page.locator("#kinds fieldset").wait_for()
    assert found_by_axe(page) == []
    page.locator(".steps-bar .button-main").click()
    page.locator(".alarm-call").wait_for()
    assert found_by_axe(page) == []
    page.locator("button[value=edit]").click()
    page.fill("#id_text", "")
    page.locator("#you summary").click()
    page.fill("#id_phone", "没有")
    page.locator(".steps-bar .button-main").click()
    page.locator("#errors").wait_for()
    settled(page)
    assert found_by_axe(page) == []


def test_without_script_the_form_shows_no_empty_frames(visit: Visit) -> None:
    page = visit("ask", script=False)
    page.locator("#id_text").fill("路灯不亮，好几盏")
    page.locator("button[value=look]").click()
    assert page.locator("input[name=kind]").count() == 4
    page.select_option("#id_community", ONE)
    page.locator(".steps-bar .button-main").click()
    assert "/receipt/" in page.url
