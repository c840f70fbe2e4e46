"""Traditional Chinese characters as simplified ones, character by character, so that a text keeps its length and its places.

The table (``data/han_simplified.txt``) is drawn from OpenCC's, Apache License 2.0; it leaves alone what simplified texts use themselves.

>>> simplify("請問裡面的垃圾誰來清運")
'请问里面的垃圾谁来清运'
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def table() -> Mapping[int, int]:
    """Code point of a traditional character → that of its simplified one, as :meth:`str.translate` takes it."""
    text = (files("gongbi.science") / "data" / "han_simplified.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {
        ord(old): ord(new)
        for olds, news in zip(lines[::2], lines[1::2], strict=True)
        for old, new in zip(olds, news, strict=True)
    }


def simplify(text: str) -> str:
    """The text with simplified characters: as long as before."""
    return text if text.isascii() else text.translate(table())
