"""Where the strokes of a chart lie: bars and columns as plain shapes, for a page (SVG) and for paper (PDF) alike. Pure.

Readable without colour: the first series is filled, the second hatched with an outline; every bar has its number, a legend says which is which.
Units are those of the drawing (1 = one pixel of the page).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

FILLED, HATCHED = "filled", "hatched"
FILLS: tuple[str, str] = (FILLED, HATCHED)
_SMALL, _TEXT = 11.0, 12.0
_LEFT, _RIGHT, _TOP = 150.0, 64.0, 26.0


@dataclass(frozen=True, slots=True)
class Box:
    """A bar."""

    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, slots=True)
class Line:
    """A hairline."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Label:
    """A text; ``anchor``: where ``x`` is on it."""

    x: float
    y: float
    text: str
    size: float
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole chart."""

    width: float
    height: float
    boxes: Sequence[Box]
    lines: Sequence[Line]
    labels: Sequence[Label]


Series = Sequence[tuple[str, Sequence[float | None]]]


def wide(text: str) -> float:
    """How wide a text is, in its own size: a Chinese character one, a Latin one a little over a half."""
    return sum(1.0 if ord(letter) > 0x2E7F else 0.58 for letter in text)


def fit(text: str, room: float) -> str:
    """The text, cut with … where it is wider than ``room`` (in its own size)."""
    if wide(text) <= room:
        return text
    kept = ""
    for letter in text:
        if wide(kept + letter) + 1 > room:
            break
        kept += letter
    return kept + "…"


def number(value: float) -> str:
    """What stands at a bar."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def draw(kind: str, labels: Sequence[str], series: Series, *, width: float = 640.0) -> Drawing:
    """A chart of one or two series. ``kind``: columns (upright, a course) or bars (lying, a comparison). A missing value has no bar and says so."""
    return _columns(labels, series, width) if kind == "columns" else _bars(labels, series, width)


def _most(series: Series) -> float:
    return (
        max((value for _name, values in series for value in values if value is not None), default=0.0) or 1.0
    )


def _legend(series: Series, x: float) -> Iterator[Box | Label]:
    if len(series) < 2:
        return
    for at, (name, _values) in enumerate(series):
        yield Box(x, 5, 22, 11, FILLS[at % 2])
        yield Label(x + 28, 15, name, _TEXT)
        x += 28 + wide(name) * _TEXT + 24


def _made(width: float, height: float, strokes: Sequence[Box | Line | Label]) -> Drawing:
    return Drawing(
        width, height, [one for one in strokes if isinstance(one, Box)], [one for one in strokes if isinstance(one, Line)],
        [one for one in strokes if isinstance(one, Label)],
    )  # fmt: skip


def _bars(labels: Sequence[str], series: Series, width: float) -> Drawing:
    most, room, thick = _most(series), width - _LEFT - _RIGHT, 13.0
    each = thick * len(series) + 9
    top = _TOP if len(series) > 1 else 6.0
    strokes: list[Box | Line | Label] = list(_legend(series, _LEFT))
    for at, label in enumerate(labels):
        y = top + at * each
        middle = y + thick * len(series) / 2
        strokes.append(Label(_LEFT - 8, middle + 4, fit(label, (_LEFT - 12) / _TEXT), _TEXT, "end"))
        for line, (_name, values) in enumerate(series):
            value = values[at]
            length = 0.0 if value is None else room * value / most
            if length:
                strokes.append(Box(_LEFT, y + line * thick, length, thick - 2, FILLS[line % 2]))
            told = "—" if value is None else number(value)
            strokes.append(Label(_LEFT + length + 5, y + line * thick + thick - 3.5, told, _SMALL))
    height = top + len(labels) * each
    strokes.append(Line(_LEFT, top - 2, _LEFT, height - 4))
    return _made(width, height, strokes)


def _columns(labels: Sequence[str], series: Series, width: float) -> Drawing:
    most, height, foot, side = _most(series), 210.0, 26.0, 12.0
    top = _TOP + 16
    room = height - foot - top
    each = (width - 2 * side) / max(len(labels), 1)
    thick = min(each * 0.72, 34.0) / len(series)
    strokes: list[Box | Line | Label] = list(_legend(series, side))
    step = max(1, -(-int(wide("00-00") * _SMALL + 8) // max(int(each), 1)))
    for at, label in enumerate(labels):
        x = side + at * each + (each - thick * len(series)) / 2
        for line, (_name, values) in enumerate(series):
            value = values[at]
            tall = 0.0 if value is None else room * value / most
            if tall:
                strokes.append(Box(x + line * thick, top + room - tall, thick - 1, tall, FILLS[line % 2]))
            told = "—" if value is None else number(value)
            if wide(told) * (_SMALL - 1) <= each + 2:
                strokes.append(
                    Label(x + line * thick + thick / 2, top + room - tall - 4, told, _SMALL - 1, "middle")
                )
        if at % step == 0:
            strokes.append(Label(side + (at + 0.5) * each, height - 8, label, _SMALL, "middle"))
    strokes.append(Line(side, top + room, width - side, top + room))
    return _made(width, height, strokes)


def hatching(box: Box, gap: float = 5.0) -> Iterator[Line]:
    """Diagonal lines inside a box, from below left to above right."""
    reach = box.width + box.height
    offset = gap / 2
    while offset < reach:
        x1, y1 = box.x + max(0.0, offset - box.height), box.y + min(offset, box.height)
        x2, y2 = box.x + min(offset, box.width), box.y + max(0.0, offset - box.width)
        yield Line(x1, y1, x2, y2)
        offset += gap


def svg(made: Drawing, alt: str) -> str:
    """The chart for a page: in the colour of its text, so that it is right in light, dark and on paper; ``alt`` is read out."""
    strokes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {made.width:g} {made.height:g}" width="{made.width:g}" role="img" '
        f'fill="currentColor"><title>{escape(alt)}</title>'
    ]
    for box in made.boxes:
        shape = f'x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
        if box.fill == FILLED:
            strokes.append(f"<rect {shape} />")
            continue
        strokes.append(f'<rect {shape} fill="none" stroke="currentColor" />')
        lines = "".join(f"M{one.x1:.1f} {one.y1:.1f}L{one.x2:.1f} {one.y2:.1f}" for one in hatching(box))
        strokes.append(f'<path d="{lines}" stroke="currentColor" fill="none" />')
    strokes += [
        f'<path d="M{one.x1:.1f} {one.y1:.1f}L{one.x2:.1f} {one.y2:.1f}" stroke="currentColor" />'
        for one in made.lines
    ]
    strokes += [
        f'<text x="{one.x:.1f}" y="{one.y:.1f}" font-size="{one.size:g}" text-anchor="{one.anchor}">{escape(one.text)}</text>'
        for one in made.labels
    ]
    return "".join(strokes) + "</svg>"
