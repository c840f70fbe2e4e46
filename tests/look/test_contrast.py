"""The colours hold their contrast: 4.5 to 1 for words, 3 to 1 for edges of inputs, 7 to 1 in elder mode."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "frontend" / "src" / "css" / "tokens.css"
INKS = ("ink", "ink-soft", "azurite", "azurite-deep", "malachite", "gamboge", "vermilion", "indigo")
GROUNDS = ("paper", "sheet", "wash")
LAW = {
    "paper": ("#faf8f3", "#14161a"),
    "ink": ("#1d2126", "#e9e6df"),
    "line": ("#ddd8cc", "#2c3138"),
    "azurite": ("#1f5f8b", "#6fb1dd"),
    "malachite": ("#2f7d5b", "#6cc49b"),
    "gamboge": ("#8a5700", "#e5b65c"),
    "vermilion": ("#b3382c", "#f08a7c"),
    "indigo": ("#3d4f7c", "#9db0e6"),
}


def blocks() -> dict[str, dict[str, str]]:
    text = re.sub(r"/\*.*?\*/", "", TOKENS.read_text("utf-8"), flags=re.S)
    found: dict[str, dict[str, str]] = {}
    for selector, body in re.findall(r"(:root[^{]*)\{([^{}]*)\}", text):
        found.setdefault(selector.strip(), {}).update(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", body))
    return found


def palette(theme: str, size: str) -> dict[str, str]:
    have = blocks()
    colours = dict(have[":root"])
    if theme == "dark":
        colours |= have[':root[data-theme="dark"]']
    if size == "elder":
        colours |= have[':root[data-size="elder"]']
        if theme == "dark":
            colours |= have[':root[data-size="elder"][data-theme="dark"]']
    return colours


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("size", "least"), [("normal", 4.5), ("elder", 7.0)])
def test_words_can_be_read_on_every_ground(theme: str, size: str, least: float) -> None:
    colours = palette(theme, size)
    weak = {
        f"{ink} on {ground}": round(contrast(colours[ink], colours[ground]), 2)
        for ink in INKS
        for ground in GROUNDS
        if contrast(colours[ink], colours[ground]) < least
    }
    assert weak == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["normal", "elder"])
def test_notices_buttons_and_edges_can_be_told(theme: str, size: str) -> None:
    colours = palette(theme, size)
    for name in ("azurite", "malachite", "gamboge", "vermilion", "indigo"):
        for ink in ("ink", "ink-soft", "azurite"):
            assert contrast(colours[ink], colours[f"{name}-wash"]) >= 4.5, (ink, name)
    assert contrast(colours["on-colour"], colours["azurite"]) >= 4.5
    assert contrast(colours["on-colour"], colours["azurite-deep"]) >= 4.5
    for ground in GROUNDS:
        assert contrast(colours["edge"], colours[ground]) >= 3


def test_the_tokens_are_those_of_the_law() -> None:
    light, dark = palette("light", "normal"), palette("dark", "normal")
    assert {name: (light[name], dark[name]) for name in LAW} == LAW


def test_the_systems_dark_is_the_chosen_dark() -> None:
    text = TOKENS.read_text("utf-8")
    chosen = re.search(r':root\[data-theme="dark"\] \{([^}]*)\}', text)
    systems = re.search(r':root:not\(\[data-theme="light"\]\) \{([^}]*)\}', text)
    assert chosen is not None
    assert systems is not None
    assert chosen[1].split() == systems[1].split()
