"""Messages as they come, and a mailbox that takes them from a folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from gongbi.channels import actions as channels
from gongbi.channels.models import Source
from tests.cases.conftest import post, unit
from tests.channels.notices.conftest import ME, NOON
from tests.support.district import district, district_database, own_database

__all__ = ["district", "district_database", "own_database", "post", "unit"]
WORDS = "劳动路路口的路灯不亮了，晚上很黑。"


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT, settings.VAR, settings.SITE_URL = (
        tmp_path / "files",
        tmp_path,
        "https://gongbi.example.cn",
    )


@pytest.fixture
def box(tmp_path: Path) -> Source:
    """A mailbox that reads a folder."""
    folder = tmp_path / "drop"
    folder.mkdir()
    return channels.save_source(
        code="mail", name="来信", kind="mail", direction="both", settings={"folder": str(folder), "address": "desk@example.cn"},
        viewer=ME, at=NOON - timedelta(days=30),
    )  # fmt: skip


@pytest.fixture
def outbox() -> Source:
    """A gateway for e-mail in test mode."""
    return channels.save_source(
        code="out", name="发信", kind="notice", direction="out", settings={"transport": "file", "ways": ["email"]}, viewer=ME,
        at=NOON - timedelta(days=30),
    )  # fmt: skip


@pytest.fixture
def letter() -> Callable[..., bytes]:
    """``letter("words", Subject="…")``: one message as bytes; other headers by name."""

    def make(text: str = WORDS, *, html: str = "", photos: tuple[bytes, ...] = (), **headers: str) -> bytes:
        message = EmailMessage()
        given = {"From": "李先生 <li@example.com>", "To": "desk@example.cn", "Subject": "路灯", "Message_ID": "<1@example.com>",
                 "Date": format_datetime(NOON)}  # fmt: skip
        for name, value in (given | headers).items():
            if value:
                message[name.replace("_", "-")] = value
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
        for photo in photos:
            message.add_attachment(photo, maintype="image", subtype="jpeg", filename="灯.jpg")
        return message.as_bytes()

    return make
