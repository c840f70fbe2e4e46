"""Without signal: twenty reports with photos, the browser killed, the line cut half way through an upload; each arrives once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import Client

from tests.field.phone import Phone, phone_at, picture
from tests.support.browsing import browser_path, need_frontend
from tests.support.line import Line, line_to
from tests.support.server import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
REPORTS, PHOTOS = 20, 2


@pytest.fixture
def line(own_database: str) -> Iterator[Line]:
    """The house, at the end of a line that can be cut."""
    need_frontend()
    with served() as address, line_to(address) as one:
        yield one


@pytest.fixture
def phone(line: Line, browser: Browser, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Phone]:
    with phone_at(browser, browser_path(pytestconfig), tmp_path / "profile", line.url) as one:
        yield one


def session(login: str) -> str:
    from gongbi.parties.models import Account

    client = Client()
    client.force_login(Account.objects.get(username=login))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def until(done: Callable[[], bool], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.1)


def kept_offline(page: Page) -> None:
    """The service worker has everything, and the bundle is on the phone."""
    page.evaluate("navigator.serviceWorker.ready")
    page.locator("nav.field-ways").wait_for()


def write_a_report(page: Page, number: int) -> None:
    page.locator("nav.field-ways a").nth(1).click()
    page.locator("[data-album]").set_input_files(
        [
            {
                "name": f"{number}-{one}.jpg",
                "mimeType": "image/jpeg",
                "buffer": picture(number * 10 + one, width=1024, height=768),
            }
            for one in range(PHOTOS)
        ]
    )
    page.locator("[data-text]").fill(f"第 {number} 号院门口的果皮箱倒了")
    page.locator(".field-photos li").nth(PHOTOS - 1).wait_for()
    page.locator(".field-send button").nth(1).click()
    page.locator(".field-shift").wait_for()


def test_twenty_reports_offline_killed_and_cut_arrive_once_each(phone: Phone, line: Line) -> None:
    from gongbi.cases.models import Case, Report
    from gongbi.kernel.files.models import StoredFile
    from gongbi.rounds.models import Entry, PhotoPart

    before = Case.objects.count()
    page = phone.open()
    phone.sign_in(session("grid"))
    phone.start(page)
    kept_offline(page)
    line.cut()
    for number in range(REPORTS):
        write_a_report(page, number)
        if number == REPORTS // 2:
            phone.kill()
            page = phone.open()
            phone.start(page)  # without a line: everything is on the phone
    page.locator(".field-line", has_text=f"{REPORTS} 条待发").wait_for()
    assert Report.objects.count() == 0
    phone.kill()

    page = phone.open()
    phone.sign_in(session("grid"))  # Chromium had not written its cookies yet when it was killed
    line.restore(upload_left=1_200_000)  # it breaks in the middle of a photo
    phone.start(page)
    assert line.broke.wait(120)
    until(lambda: PhotoPart.objects.exists() or StoredFile.objects.exists())
    phone.kill()
    assert Report.objects.count() < REPORTS

    page = phone.open()
    phone.sign_in(session("grid"))
    line.restore()
    phone.start(page)
    page.locator(".field-line", has_text="都已发出").wait_for(timeout=180_000)
    assert Case.objects.count() - before == REPORTS
    texts = Counter(Report.objects.values_list("text", flat=True))
    assert texts == {f"第 {number} 号院门口的果皮箱倒了": 1 for number in range(REPORTS)}
    photos = Counter(StoredFile.objects.values_list("owner", flat=True))
    assert photos == {f"report:{pk}": PHOTOS for pk in Report.objects.values_list("pk", flat=True)}
    assert StoredFile.objects.values("digest").distinct().count() == REPORTS * PHOTOS
    assert Entry.objects.count() == REPORTS
    assert not PhotoPart.objects.exists()
    order = list(Report.objects.order_by("pk").values_list("text", flat=True))
    assert order == [f"第 {number} 号院门口的果皮箱倒了" for number in range(REPORTS)]
