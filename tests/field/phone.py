"""A worker's phone: a Chromium with a profile on the disk that can be killed, and a signed-in session."""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browsing import BROWSER_FLAGS

PLACE = {"longitude": 108.913, "latitude": 34.265}


def picture(seed: int, *, width: int = 640, height: int = 480, exif: bytes = b"") -> bytes:
    """A picture with some noise, so that it does not shrink to nothing; another one for each seed."""
    chance = random.Random(seed)
    small = Image.frombytes(
        "RGB", (width // 4, height // 4), chance.randbytes(width // 4 * (height // 4) * 3)
    )
    out = io.BytesIO()
    small.resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()


class Phone:
    """One phone. ``open()`` starts the browser on its profile; ``kill()`` ends every process of it at once."""

    def __init__(self, browser: Browser, path: str, profile: Path, site: str) -> None:
        self.browser, self.path, self.profile, self.site = browser, path, profile, site
        self.context: BrowserContext | None = None

    def open(self, **more: Any) -> Page:
        self.context = self.browser.browser_type.launch_persistent_context(
            str(self.profile), executable_path=self.path, args=list(BROWSER_FLAGS), locale="zh-CN",
            timezone_id="Asia/Shanghai", viewport={"width": 360, "height": 740}, geolocation=PLACE, permissions=["geolocation"],
            **more,
        )  # fmt: skip
        page = self.context.pages[0] if self.context.pages else self.context.new_page()
        page.set_default_timeout(40_000)
        return page

    def sign_in(self, session: str) -> None:
        assert self.context is not None
        # With an end, so that it is still there after the browser was killed.
        self.context.add_cookies(
            [{"name": "sessionid", "value": session, "url": self.site, "expires": time.time() + 86_400}]
        )

    def start(self, page: Page) -> None:
        page.goto(f"{self.site}/field/")
        page.locator(".field-top").wait_for()

    def kill(self) -> None:
        """SIGKILL to every process that has this profile."""
        mark = f"--user-data-dir={self.profile}".encode()
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with contextlib.suppress(OSError):
                    if mark in (folder / "cmdline").read_bytes():
                        os.kill(int(folder.name), signal.SIGKILL)
        with contextlib.suppress(Exception):
            self.close()
        (self.profile / "SingletonLock").unlink(missing_ok=True)

    def close(self) -> None:
        if self.context is not None:
            context, self.context = self.context, None
            context.close()


@contextlib.contextmanager
def phone_at(browser: Browser, path: str, profile: Path, site: str) -> Iterator[Phone]:
    """A phone that is switched off at the end."""
    phone = Phone(browser, path, profile, site)
    try:
        yield phone
    finally:
        phone.close()
