"""The desk on a socket for a browser: a database of its own, accounts signed in by their session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from tests.desk.conftest import Clock, Desk, World
from tests.support.browsing import Visit, site_of_the_house, visits

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def site(own_database: str, clock: Clock) -> Iterator[str]:
    """Its address."""
    with site_of_the_house() as address:
        yield address


@pytest.fixture
def there(site: str, clock: Clock) -> World:
    """Cases in the database behind the site."""
    return World(clock)


@pytest.fixture
def visit(browser: Browser, site: str, clock: Clock) -> Iterator[Visit]:
    """``visit("dispatcher", "/desk/", width=360)``: that page as the account sees it; see ``tests.support.browsing``."""
    with visits(browser, site, height=900) as go:

        def signed_in(login: str, path: str, **more: Any) -> Page:
            session = Desk(login, clock).client.cookies[settings.SESSION_COOKIE_NAME].value
            return go(path, cookies={settings.SESSION_COOKIE_NAME: session}, **more)

        yield signed_in
