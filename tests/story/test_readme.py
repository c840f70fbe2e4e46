"""What the READMEs name is there: commands, files, links, accounts, pictures; and both say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from gongbi.ops.cli import COMMANDS
from gongbi.parties.demo import LOGINS, PASSWORD

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("README.md", "README.zh-CN.md")
LINK = re.compile(r"\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
LARGEST = 250_000


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code(name: str) -> set[str]:
    """Everything set in `code`, blocks taken apart into lines."""
    body = text(name)
    blocks = re.findall(r"```\n(.*?)```", body, re.S)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```\n.*?```", "", body, flags=re.S))
    return {line.strip() for block in blocks for line in block.splitlines() if line.strip()} | set(inline)


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    local = [link.split("#")[0] for link in LINK.findall(text(name)) if "://" not in link]
    assert len(local) > 12
    assert [link for link in local if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_paths_exist(name: str) -> None:
    folders = ("src/", "tests/", "docs/", "scripts/", "frontend")
    named = {word for word in code(name) if word.startswith(folders) and word != "tests/artifacts"}
    assert "src/gongbi/cases" in named
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_named_and_every_named_command_exists(name: str) -> None:
    named: set[str] = set()
    for line in code(name):
        if line.startswith("gongbi "):
            words = re.split(r"\s{2,}", line)[0].split()[1:]
            named |= {word for word in words[: 1 if "|" not in words else None] if word.islower()}
    assert named == set(COMMANDS)


@pytest.mark.parametrize("name", NAMES)
def test_make_knows_every_target(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.M))
    named = {target for line in code(name) for target in re.findall(r"\bmake ([a-z]+)\b", line)}
    assert {"run", "test", "bench", "lint", "install"} <= named
    assert named <= targets


@pytest.mark.parametrize("name", NAMES)
def test_the_accounts_are_those_of_the_demo(name: str) -> None:
    rows = re.findall(r"^\| (`[a-z-]+`(?:[,、] ?`[a-z-]+`)*) \|", text(name), re.M)
    named = [login for row in rows for login in re.findall(r"`([a-z-]+)`", row)]
    assert sorted(named) == sorted(login for login, *_rest in LOGINS)
    assert PASSWORD in code(name)


def test_both_show_the_same_pictures_small_enough_each_with_words() -> None:
    shown = [PICTURE.findall(text(name)) for name in NAMES]
    files = [[path for _words, path in pictures] for pictures in shown]
    assert files[0] == files[1]
    assert len(files[0]) >= 8
    assert all(words for pictures in shown for words, _path in pictures)
    folder = ROOT / "docs" / "screenshots"
    assert sorted(path.name for path in folder.glob("*.png")) == sorted(Path(path).name for path in files[0])
    for path in files[0]:
        assert (ROOT / path).stat().st_size <= LARGEST
        with Image.open(ROOT / path) as picture:
            assert picture.format == "PNG"
            assert picture.width >= 600


def test_both_name_the_same_commands_and_have_the_same_parts() -> None:
    english, chinese = (text(name) for name in NAMES)
    assert len(re.findall(r"^##+ ", english, re.M)) == len(re.findall(r"^##+ ", chinese, re.M))
    first = [re.split(r"\s{2,}", line)[0] for line in english.splitlines() if line.startswith("gongbi ")]
    second = [re.split(r"\s{2,}", line)[0] for line in chinese.splitlines() if line.startswith("gongbi ")]
    assert first == second
