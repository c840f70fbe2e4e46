"""The app in a browser: what is refused is shown and mended, accounts are kept apart, photos are small, pages are light."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from PIL import Image

from gongbi.look import assets
from tests.field.phone import Phone, phone_at, picture
from tests.field.test_offline import kept_offline, line, session, until
from tests.look.test_access import found_by_axe
from tests.support.browsing import browser_path
from tests.support.line import Line

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["line"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
FIRST_LOAD = 200_000
TWELVE = 3 * 1024 * 1024


@pytest.fixture
def phone(line: Line, browser: Browser, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Phone]:
    with phone_at(browser, browser_path(pytestconfig), tmp_path / "profile", line.url) as one:
        yield one


@pytest.fixture
def page(phone: Phone) -> Page:
    """The app of the demo's grid worker, ready to lose its line."""
    opened = phone.open()
    phone.sign_in(session("grid"))
    phone.start(opened)
    kept_offline(opened)
    return opened


def jpegs(*contents: bytes) -> list[Any]:
    return [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": one} for n, one in enumerate(contents)]


def way(page: Page, number: int) -> None:
    page.locator("nav.field-ways a").nth(number).click()


def far_exif() -> bytes:
    """A camera that says Tokyo, held sideways."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 41.0, 22.2), 3: "E", 4: (139.0, 41.0, 30.1)})
    return exif.tobytes()


def test_refused_is_shown_and_mended_and_accounts_do_not_meet(phone: Phone, page: Page, line: Line) -> None:
    from gongbi.cases.models import Report
    from gongbi.parties.models import Account, Post, PostTerritory, touch

    line.cut()
    way(page, 1)
    page.locator("[data-text]").fill("果皮箱倒了")
    page.locator("[data-album]").set_input_files(jpegs(picture(1), picture(2)))
    page.locator(".field-photos li").nth(1).wait_for()
    page.locator(".field-send button").nth(1).click()
    page.locator(".field-line", has_text="1 条待发").wait_for()

    # Signing out warns; what waits stays, and the next account sees nothing of it.
    way(page, 3)
    page.get_by_role("button", name="退出登录").click()
    page.locator(".field-dialog", has_text="还有 1 条没有发出").wait_for()
    page.get_by_role("button", name="仍要退出").click()
    page.get_by_role("button", name="登录").wait_for()
    other = Post.objects.filter(role="grid_worker").order_by("-pk")[0]
    account = Account.objects.create_user("other", "x" * 20, person=other.person)
    line.restore()
    phone.sign_in(session(account.username))
    phone.start(page)
    page.locator("nav.field-ways").wait_for()
    assert page.locator(".field-line").inner_text().strip() == "都已发出"
    page.goto(f"{phone.site}/field/#/queue")
    page.locator(".field-empty").wait_for()
    assert Report.objects.count() == 0

    # Meanwhile the grid was cut anew: the first account's report is refused with the reason, not dropped.
    mine = Account.objects.get(username="grid").person
    assert mine is not None
    area = PostTerritory.objects.get(post__person=mine)
    old = area.code
    neighbour = (
        Post.objects.filter(role="grid_worker", unit=area.post.unit)
        .exclude(pk=area.post_id)[0]
        .areas.get()
        .code
    )
    PostTerritory.objects.filter(pk=area.pk).update(code=neighbour)
    touch()
    phone.sign_in(session("grid"))
    phone.start(page)
    page.locator(".field-line", has_text="1 条要您处理").click()
    refused = page.locator("[data-item]", has_text="果皮箱倒了")
    assert old in refused.locator(".field-error").inner_text()
    assert "2 张照片" in refused.inner_text()
    refused.get_by_role("link", name="修改后再发").click()
    page.locator(".field-photos li").nth(1).wait_for()
    assert page.locator("[data-text]").input_value() == "果皮箱倒了"
    page.locator(".field-send button").nth(1).click()
    page.locator(".field-line", has_text="都已发出").wait_for()
    assert Report.objects.get().text == "果皮箱倒了"


def test_signed_out_or_full_loses_nothing(phone: Phone, page: Page) -> None:
    from django.contrib.sessions.models import Session

    from gongbi.rounds.models import Entry

    Session.objects.all().delete()
    page.evaluate("location.hash = '#/checkin'")
    page.locator("[data-place]").fill("3号楼")
    page.locator("[data-floor]").fill("6")
    page.locator(".field-send button").click()
    page.locator(".field-line", has_text="请登录，1 条待发").wait_for()
    page.get_by_role("button", name="登录").wait_for()
    phone.sign_in(session("grid"))
    phone.start(page)
    page.locator(".field-line", has_text="都已发出").wait_for()
    assert Entry.objects.get().floor == 6

    # No room: said so, and what was typed and taken is still there.
    page.evaluate(
        """() => {
          IDBObjectStore.prototype.put = function () { throw new DOMException("full", "QuotaExceededError"); };
        }"""
    )
    way(page, 1)
    page.locator("[data-text]").fill("井盖松了")
    page.locator("[data-album]").set_input_files(jpegs(picture(3)))
    page.locator(".field-photos li").wait_for()
    page.locator(".field-send button").nth(1).click()
    page.locator(".field-error", has_text="手机存储满了").wait_for()
    assert page.locator("[data-text]").input_value() == "井盖松了"
    assert page.locator(".field-photos li").count() == 1


def test_one_tap_and_one_photo_and_the_question_about_a_far_one(page: Page) -> None:
    from gongbi.cases.models import Case
    from gongbi.kernel.files.models import StoredFile
    from gongbi.parties.models import PostTerritory
    from gongbi.rounds.models import FieldPhoto
    from gongbi.territory import queries as territory

    grid = PostTerritory.objects.get(post__person__account__username="grid").code
    shapes = territory.map_geojson("grid", grid, on=timezone.now())["features"]
    lon, lat = shapes[0]["properties"]["label"]
    page.context.set_geolocation({"longitude": lon, "latitude": lat})
    page.reload()
    page.locator(".field-shift").wait_for()
    before = Case.objects.count()
    spot = page.locator("[data-spot]").first
    kind = spot.get_attribute("data-spot")
    spot.set_input_files(jpegs(picture(5)))
    page.locator(".field-toast", has_text="已存").wait_for()
    page.locator(".field-line", has_text="都已发出").wait_for()
    case = Case.objects.order_by("-pk")[0]
    assert (Case.objects.count() - before, case.kind, case.state) == (1, kind, "handled")
    assert FieldPhoto.objects.get().digest == StoredFile.objects.get().original_digest

    page.locator("[data-spot]").first.set_input_files(
        jpegs(picture(6, width=800, height=400, exif=far_exif()))
    )
    page.locator(".field-notice", has_text="是这里拍的吗").wait_for()
    page.locator(".field-send button").first.click()
    page.locator(".field-error", has_text="请先回答照片的问题").wait_for()
    before = StoredFile.objects.count()
    page.get_by_role("button", name="是这里拍的").click()
    page.locator(".field-send button").first.click()
    page.locator(".field-line", has_text="都已发出").wait_for()
    until(lambda: StoredFile.objects.count() > before)  # the line said so of the first one already
    kept = StoredFile.objects.order_by("-pk")[0]
    assert (kept.width, kept.height) == (400, 800)  # turned upright on the phone
    assert FieldPhoto.objects.filter(far=True, sure=True).count() == 1


def test_an_emergency_shows_the_number_without_a_line(page: Page, line: Line) -> None:
    line.cut()
    way(page, 1)
    page.locator("[data-text]").fill("三楼着火了，冒浓烟")
    page.locator(".field-send button").nth(1).click()
    assert page.locator(".field-notice a[href='tel:119']").count() == 1


def test_twelve_photos_go_below_three_megabytes(page: Page, tmp_path: Path) -> None:
    noise = [tmp_path / f"{n}.jpg" for n in range(2)]
    for n, one in enumerate(noise):
        one.write_bytes(picture(n, width=4000, height=3000))
    way(page, 1)
    page.locator("[data-album]").set_input_files(noise * 6)
    page.locator(".field-photos li").nth(11).wait_for(timeout=120_000)
    told = re.search(r"共 (\d+) kB", page.locator(".field-photos + p").inner_text())
    assert told is not None
    assert int(told[1]) * 1024 < TWELVE
    assert sum(one.stat().st_size for one in noise) * 6 > 2 * TWELVE


def test_the_first_load_is_light(phone: Phone, page: Page) -> None:
    """Everything that the phone keeps, compressed as the house sends it, with the bundle."""
    entry = assets.entry("field/app")
    assert entry is not None
    # One script and one sheet: each further file would be a further wait on a bad line.
    assert (len(entry.imports), len(entry.styles)) == (0, 1)
    names = [one.url.rsplit("/built/", 1)[1] for one in (entry.script, *entry.styles)]
    files = [(assets.BUILT / name).read_bytes() for name in [*names, "field-worker.js"]]
    shell = page.evaluate("fetch('/field/').then(r => r.text())").encode()
    bundle = page.evaluate("fetch('/api/field/bundle').then(r => r.text())").encode()
    size = sum(len(gzip.compress(one, 6)) for one in [*files, shell, bundle])
    assert 20_000 < size < FIRST_LOAD


@pytest.mark.parametrize(("theme", "language"), [("light", "zh-hans"), ("dark", "en")])
def test_axe_finds_nothing_and_nothing_runs_out_of_the_side(
    phone: Phone, page: Page, theme: str, language: str
) -> None:
    assert phone.context is not None
    kept = {"gongbi_theme": theme, "django_language": language}
    phone.context.add_cookies(
        [{"name": name, "value": value, "url": phone.site} for name, value in kept.items()]
    )
    wrong: list[str] = []
    for path in (
        "",
        "report",
        "visit",
        "checkin",
        "queue",
        "more",
        "more/map",
        "more/contacts",
        "more/duties",
        "more/minutes",
    ):
        page.goto(f"{phone.site}/field/?{theme}#/{path}")
        page.locator("main h1").wait_for(state="attached")
        # The page comes from the phone, where it was kept without anybody's wishes.
        assert page.locator("html").get_attribute("data-theme") == theme
        wrong += [f"{path}: {one}" for one in found_by_axe(page)]
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            wrong.append(f"{path}: {over} px too wide")
        blank = page.locator("svg.icon path[d='']").count()
        if blank:
            wrong.append(f"{path}: {blank} icons that field-icons.json does not name")
        small = page.evaluate(
            "[...document.querySelectorAll('main button, main a.button, nav a')].filter(e => e.getBoundingClientRect().height < 44).length"
        )
        if small:
            wrong.append(f"{path}: {small} targets below 44 px")
    assert wrong == []
