"""The gallery on a socket, with the house's own middleware but nothing that knows people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gongbi.look import assets
from gongbi.look.i18n import compile_messages
from tests.look.server import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django.fixtures import SettingsWrapper


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    compile_messages()


@pytest.fixture(autouse=True)
def _gallery_settings(settings: SettingsWrapper) -> None:
    options = settings.TEMPLATES[0]["OPTIONS"]
    settings.ROOT_URLCONF = "tests.look.urls"
    settings.LOOK_GALLERY = True
    settings.LIVE_URL = ""
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if ".parties." not in name and "allauth" not in name
    ]
    settings.TEMPLATES = [
        {
            **settings.TEMPLATES[0],
            "DIRS": [Path(__file__).parent / "templates"],
            "OPTIONS": {
                **options,
                "context_processors": [
                    name for name in options["context_processors"] if ".parties." not in name
                ],
            },
        }
    ]


@pytest.fixture
def site() -> Iterator[str]:
    """Address of the gallery; skips, saying so, where the frontend is not built."""
    if not assets.is_built():
        pytest.skip("the frontend is not built: npm ci && npm run build in frontend/")
    with served() as address:
        yield address


Open = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Open]:
    """``visit("gallery", width=360, theme="dark", language="en", size="elder", script=False)``: that page, loaded.

    Errors of the page's scripts and what the security policy blocks fail the test.
    """
    opened: list[Any] = []
    wrong: list[str] = []

    def go(
        path: str,
        *,
        width: int = 1280,
        height: int = 800,
        theme: str = "light",
        language: str = "zh-hans",
        size: str = "normal",
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": height},
            **options,
        )
        opened.append(context)
        wishes = {"gongbi_theme": theme, "gongbi_size": size, "django_language": language}
        context.add_cookies([{"name": name, "value": value, "url": site} for name, value in wishes.items()])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None,
        )
        page.goto(f"{site}/{path}")
        return page

    yield go
    for context in opened:
        context.close()
    assert wrong == []
