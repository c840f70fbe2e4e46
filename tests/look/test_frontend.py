"""The packages are locked, and nothing that a page loads comes from elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gongbi.look import assets
from tests.support import browsing

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"


def test_every_locked_package_has_a_digest_and_no_address() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text("utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 20
    assert [
        name for name, one in packages.items() if not one.get("integrity", "").startswith("sha512-")
    ] == []
    assert [name for name, one in packages.items() if "resolved" in one] == []


@pytest.mark.usefixtures("built")
def test_the_style_loads_nothing_from_elsewhere() -> None:
    for sheet in (assets.BUILT / "assets").glob("*.css"):
        for url in re.findall(r"url\(([^)]*)\)", sheet.read_text("utf-8")):
            assert url.strip("'\"").startswith(("data:", "#", "./", "../")), (sheet.name, url)


@pytest.mark.usefixtures("built")
def test_what_every_page_carries_is_small() -> None:
    """A resident's phone on a weak network: script and style of every page, as they are sent (gzip), below 60 kB."""
    import gzip

    entry = assets.entry("base")
    assert entry is not None
    names = [file.url.rsplit("/built/", 1)[1] for file in (entry.script, *entry.imports, *entry.styles)]
    assert sum(len(gzip.compress((assets.BUILT / name).read_bytes())) for name in names) < 60_000


def test_a_test_that_needs_the_frontend_says_what_to_do_when_it_is_not_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assets, "is_built", lambda: False)
    with pytest.raises(pytest.fail.Exception, match="make install"):
        browsing.need_frontend()


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_without_a_browser_the_suite_fails_where_it_must_be_whole(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(browsing, "BROWSERS", ("no-such-browser",))
    monkeypatch.delenv("GONGBI_BROWSER", raising=False)
    monkeypatch.setattr(pytestconfig.option, "browser", "")
    with pytest.raises(outcome, match="no Chromium on this machine"):
        browsing.browser_path(pytestconfig)
