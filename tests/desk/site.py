"""The desk on a socket for a browser: a database of its own, accounts signed in by their session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from gongbi.look import assets
from tests.desk.conftest import Clock, Desk, World
from tests.look.server import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Open = Callable[..., "Page"]


@pytest.fixture
def site(own_database: str, clock: Clock) -> Iterator[str]:
    """Its address; skips, saying so, where the frontend is not built."""
    if not assets.is_built():
        pytest.skip("the frontend is not built: npm ci && npm run build in frontend/")
    with served() as address:
        yield address


@pytest.fixture
def there(site: str, clock: Clock) -> World:
    """Cases in the database behind the site."""
    return World(clock)


@pytest.fixture
def visit(browser: Browser, site: str, clock: Clock) -> Iterator[Open]:
    """``visit("dispatcher", "/desk/", width=360, theme="dark", language="en", script=False)``: that page, loaded.

    Errors of the page's scripts and what the security policy blocks fail the test.
    """
    opened: list[Any] = []
    wrong: list[str] = []

    def go(
        login: str,
        path: str,
        *,
        width: int = 1280,
        height: int = 900,
        theme: str = "light",
        language: str = "zh-hans",
        **more: Any,
    ) -> Page:
        context = browser.new_context(
            locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": width, "height": height}, **more
        )
        opened.append(context)
        session = Desk(login, clock).client.cookies[settings.SESSION_COOKIE_NAME].value
        kept = {settings.SESSION_COOKIE_NAME: session, "gongbi_theme": theme, "django_language": language}
        context.add_cookies([{"name": name, "value": value, "url": site} for name, value in kept.items()])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None,
        )
        page.goto(f"{site}{path}")
        return page

    yield go
    for context in opened:
        context.close()
    assert wrong == []
