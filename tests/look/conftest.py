"""The gallery on a socket, with the house's own middleware but nothing that knows people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gongbi.look.i18n import compile_messages
from tests.support.browsing import Visit, need_frontend, site_of_the_house, visits

if TYPE_CHECKING:
    from playwright.sync_api import Browser
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
def built() -> None:
    """The frontend is built; fails, saying what to do, where it is not."""
    need_frontend()


@pytest.fixture
def site() -> Iterator[str]:
    """Address of the gallery."""
    with site_of_the_house() as address:
        yield address


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """``visit("gallery", width=360)``: that page; see ``tests.support.browsing``."""
    with visits(browser, site) as go:
        yield go
