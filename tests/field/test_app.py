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
from tests.support.browsing import browser_path, found_by_axe
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


def territory_of(grid: str) -> list[float]:
    """A place inside this grid: longitude, latitude."""
    from gongbi.territory import queries as territory

    found: list[float] = territory.map_geojson("grid", grid, on=timezone.now())["features"][0]["properties"][
        "label"
    ]
    return found


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

    grid = PostTerritory.objects.get(post__person__account__username="grid").code
    lon, lat = territory_of(grid)
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


# A browser whose recogniser works on the phone, one that has none of the kind, one that does not say where it works.
RECOGNISERS = """
(() => {
  window.started = [];
  class Recogniser {
    start() {
      window.started.push(this.processLocally === true);
      if (!this.processLocally) return;
      const words = [Object.assign([{ transcript: "三楼着火了" }], { isFinal: true })];
      setTimeout(() => this.onresult({ resultIndex: 0, results: words }));
    }
    stop() {}
  }
  const how = location.search;
  if (how !== "?silent") {
    Recogniser.prototype.processLocally = false;
    Recogniser.available = async ({ langs, processLocally }) =>
      how === "?local" && processLocally && langs[0] === "zh-CN" ? "available" : "downloadable";
  }
  window.SpeechRecognition = window.webkitSpeechRecognition = Recogniser;
})();
"""


def test_dictation_stays_on_the_phone_and_an_emergency_shows_the_number_without_a_line(
    phone: Phone, page: Page, line: Line
) -> None:
    assert phone.context is not None
    phone.context.add_init_script(RECOGNISERS)
    for how in ("silent", "elsewhere", "local"):
        page.goto(f"{phone.site}/field/?{how}#/report")
        page.locator("[data-text]").wait_for()
        button = page.locator("[data-dictate]")
        if how == "local":
            button.click()
            page.wait_for_function("document.querySelector('[data-text]').value === '三楼着火了'")
            button.get_by_text("点一下停").click()
            button.get_by_text("不出手机").wait_for()
            assert page.evaluate("window.started") == [True]
        else:
            page.evaluate("document.querySelector('gb-field').dictation.look('zh-CN')")
            assert button.count() == 0
            page.evaluate("document.querySelector('gb-field').dictation.start('zh-CN', () => undefined)")
            assert page.evaluate("window.started") == []
    line.cut()
    way(page, 1)
    page.locator("[data-text]").fill("三楼着火了，冒浓烟")
    page.locator(".field-send button").nth(1).click()
    assert page.locator(".field-notice a[href='tel:119']").count() == 1


def test_tasks_are_taken_declined_handed_over_and_answered(page: Page, line: Line) -> None:
    from gongbi.cases import actions as cases
    from gongbi.cases.actions.statement import Statement
    from gongbi.cases.triage import Said
    from gongbi.field.doing import ask
    from gongbi.kernel.files.models import StoredFile
    from gongbi.kernel.scope.viewer import PUBLIC
    from gongbi.parties import queries as parties
    from gongbi.parties.models import Account
    from gongbi.rounds import actions as rounds
    from gongbi.rounds.models import FieldPhoto, FieldTask
    from tests.rounds.test_rounds import other_worker

    now = timezone.now()
    me, desk = (
        parties.viewer_of(Account.objects.get(username=name), at=now) for name in ("grid", "dispatcher")
    )
    colleague = other_worker(me)
    for n, viewer in enumerate((me, colleague)):
        rounds.start_shift(key=f"{n:032x}", started_at=now, viewer=viewer, at=now)
    (lon, lat) = territory_of(me.territories[0])
    titles = ("井盖缺了一角", "路灯不亮", "墙皮要掉下来了")
    tasks = []
    for text in titles:
        said = Said(text=text, said_at=now, channel="web", lon=lon, lat=lat)
        case = cases.receive(Statement(said=said), viewer=PUBLIC, at=now).report.case
        tasks.append(ask(case.number, "现场看看", desk, at=now))
    page.reload()
    page.locator(".field-next", has_text=titles[0]).click()  # the next one stands first, one tap away
    assert page.get_by_role("link", name="导航过去").get_attribute("href") == (
        f"geo:{lat:.6f},{lon:.6f}?q={lat:.6f},{lon:.6f}"
    )
    page.get_by_role("button", name="接受").click()
    page.locator(".chip", has_text="前往中").wait_for()
    page.locator(".field-send button").click()
    page.locator(".field-error", has_text="请选一个结果").wait_for()
    for n in range(2):  # before and after
        page.locator("[data-camera]").set_input_files(jpegs(picture(20 + n)))
        page.locator(".field-photos li").nth(n).wait_for()
    page.get_by_text("属实", exact=True).click()
    page.locator(".field-send button").click()
    until(lambda: FieldTask.objects.get(pk=tasks[0].pk).state == "done")
    photos = StoredFile.objects.filter(matter_id=tasks[0].about)
    taken = FieldPhoto.objects.filter(file_id__in=photos.values("pk"))
    assert len(photos) == 2
    assert {one.digest for one in taken} == {one.original_digest for one in photos}
    assert all(one.taken_at and one.lon is not None for one in taken)

    page.locator(".field-line", has_text="都已发出").wait_for()  # the phone knows it too
    line.cut()  # the other two without a line: shown at once, sent when it is back
    page.locator(".field-card", has_text=titles[1]).click()
    page.get_by_role("button", name="不能去").click()
    page.get_by_role("button", name="离得太远").click()
    page.locator(".field-card", has_text=titles[2]).click()
    page.get_by_role("button", name="转交").click()
    page.locator(".field-dialog button").first.click()
    page.get_by_text("没有等您办的事").wait_for()
    page.locator(".field-line", has_text="2 条待发").wait_for()
    line.restore()
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator(".field-line", has_text="都已发出").wait_for()
    for task in tasks[1:]:
        task.refresh_from_db()
        assert (task.state, task.post_id) == ("offered", colleague.post_id)


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


def test_the_first_load_is_light_and_the_app_can_be_installed(phone: Phone, page: Page) -> None:
    """Everything that the phone keeps, compressed as the house sends it, with the bundle; Chromium's own list of what is missing is empty."""
    assert phone.context is not None
    session = phone.context.new_cdp_session(page)
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A context of the test's own is no profile on which anything could be installed.
    assert [one for one in found if one["errorId"] != "in-incognito"] == []
    told = session.send("Page.getAppManifest")
    assert told["errors"] == []
    assert told["url"] == f"{phone.site}/field/app.webmanifest"
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
