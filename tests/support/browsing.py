"""Pages in a real browser: the house on a socket, and ``visit``, which opens a page as somebody would have it on their screen.

What is missing is never passed over in silence: without a built frontend such a test fails and says what to do; without Chromium
it is skipped on somebody's own machine and fails where ``CI`` is set.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from gongbi.look import assets
from tests.support.server import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# A closed network makes Chromium's own look-ups slow; none of these features is ours.
BROWSER_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync")  # fmt: skip
NOT_BUILT = "the frontend is not built: run make install"
NO_BROWSER = "no Chromium on this machine: install chromium or pass --browser PATH"
Visit = Callable[..., "Page"]
STILL = """() => Promise.allSettled(
    document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished))"""
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}


def found_by_axe(page: Page, rules: dict[str, object] | None = None) -> list[str]:
    """What axe has to say against the page as it stands, a sentence for each node. Colours that are still changing are waited for."""
    page.evaluate(STILL)
    results = Axe().run(page, options=rules or RULES)
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['failureSummary']}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]


def need_frontend() -> None:
    """Fail, saying what to do, where the frontend is not built."""
    if not assets.is_built():
        pytest.fail(NOT_BUILT, pytrace=False)


def browser_path(config: pytest.Config) -> str:
    """The Chromium of ``--browser`` or ``GONGBI_BROWSER``, or the first one found. None: fails in ``CI``, skips elsewhere."""
    named = str(config.getoption("--browser") or os.environ.get("GONGBI_BROWSER", ""))
    path = named or next((path for name in BROWSERS if (path := shutil.which(name))), "")
    if not path and os.environ.get("CI"):
        pytest.fail(NO_BROWSER, pytrace=False)
    if not path:
        pytest.skip(NO_BROWSER)
    return path


@contextlib.contextmanager
def site_of_the_house() -> Iterator[str]:
    """The address of whatever ``ROOT_URLCONF`` names, on a socket."""
    need_frontend()
    with served() as address:
        yield address


@contextlib.contextmanager
def visits(
    browser: Browser, site: str, *, width: int = 1280, height: int = 800, patience: int = 60_000
) -> Iterator[Visit]:
    """``visit("/ask", width=360, theme="dark", language="en", size="elder", script=False)``: that page of ``site``, loaded.

    Each visit has a browser context of its own: Chinese, Shanghai time; ``cookies`` (name → value) go with it, what else is
    given goes to the context. Errors of the page's scripts and what the security policy blocks fail the test at its end.
    """
    opened: list[Any] = []
    wrong: list[str] = []

    def visit(
        path: str,
        *,
        width: int = width,
        height: int = height,
        theme: str = "light",
        language: str = "zh-hans",
        size: str = "normal",
        script: bool = True,
        cookies: dict[str, str] | None = None,
        **more: Any,
    ) -> Page:
        context = browser.new_context(
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            **more,
        )
        opened.append(context)
        kept = {"gongbi_theme": theme, "gongbi_size": size, "django_language": language, **(cookies or {})}
        context.add_cookies([{"name": name, "value": value, "url": site} for name, value in kept.items()])
        page = context.new_page()
        page.set_default_timeout(patience)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None,
        )
        page.goto(f"{site}/{path.removeprefix('/')}")
        return page

    yield visit
    for context in opened:
        context.close()
    assert wrong == []
