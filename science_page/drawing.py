"""Line and bar charts as plain SVG, readable on white and on black. No plotting library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
COLOURS = ("#2b6cb0", "#c05621", "#2f855a", "#805ad5", "#b83280", "#718096")
GREY = "#808080"


def ticks(low: float, high: float, *, log: bool = False) -> list[float]:
    """Round numbers between two bounds: powers of ten on a logarithmic axis, else steps of 1, 2 or 5."""
    if log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return [10.0**i for i in range(first, last + 1)]
    rough = (high - low or 1.0) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [i * step for i in range(first, last + 1)]


def number(value: float) -> str:
    """As people read it: thousands apart, no trailing zeros."""
    if value and abs(value) < 0.001:
        return f"{value:.0e}"
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def _text(x: float, y: float, words: str, anchor: str = "middle", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def _frame(title: str, parts: Sequence[str], height: int = HEIGHT) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
            f'font-size="12" fill="{GREY}" role="img" aria-label="{escape(title, quote=True)}">',
            f"<title>{escape(title)}</title>",
            _text(WIDTH / 2, 20, title, more='font-size="14" font-weight="bold"'),
            *parts,
            "</svg>",
        ]
    )


class _Axis:
    def __init__(self, values: Sequence[float], begin: float, end: float, *, log: bool) -> None:
        if not values or not all(math.isfinite(v) for v in values) or (log and min(values) <= 0):
            raise ValueError(
                "values: an axis needs finite numbers, above zero where it is logarithmic, and at least one"
            )
        self.log, self.begin, self.end = log, begin, end
        self.ticks = ticks(min(values), max(values), log=log)
        if len(self.ticks) < 2:
            self.ticks.append(self.ticks[0] * 10 if log else self.ticks[0] + 1)
        self.low, self.high = self._of(self.ticks[0]), self._of(self.ticks[-1])

    def _of(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def at(self, value: float) -> float:
        return self.begin + (self._of(value) - self.low) / (self.high - self.low) * (self.end - self.begin)


def lines(
    title: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    x: str,
    y: str,
    log_x: bool = False,
    log_y: bool = False,
    from_zero: bool = True,
    marks: Mapping[str, float] | None = None,
) -> str:
    """A line for each of ``series`` (name → points). ``x``, ``y``: what the axes mean, with their units; ``marks``: name → height of a
    dashed line (a floor, a limit). ``from_zero``: the y axis begins at 0 unless it is logarithmic. Raises ValueError without points."""
    xs = [p[0] for points in series.values() for p in points]
    ys = [p[1] for points in series.values() for p in points] + list((marks or {}).values())
    across = _Axis(xs, LEFT, WIDTH - RIGHT, log=log_x)
    up = _Axis(ys + ([0.0] if from_zero and not log_y else []), HEIGHT - BOTTOM, TOP, log=log_y)
    parts = []
    for value in up.ticks:
        at = up.at(value)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{GREY}" stroke-opacity=".25"/>'
        )
        parts.append(_text(LEFT - 6, at + 4, number(value), "end"))
    parts += [_text(across.at(value), HEIGHT - BOTTOM + 18, number(value)) for value in across.ticks]
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(_text(14, middle, y, more=f'transform="rotate(-90 14 {middle:.1f})"'))
    for name, value in (marks or {}).items():
        at = up.at(value)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="{GREY}" stroke-dasharray="6 4"/>'
        )
        parts.append(_text(WIDTH - RIGHT - 4, at - 4, name, "end"))
    for i, (name, points) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        places = [(across.at(a), up.at(b)) for a, b in points]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{3 if len(places) < 40 else 1}" fill="{colour}"/>'
            for a, b in places
        ]
        parts.append(_text(LEFT + 10, TOP + 14 + 16 * i, name, "start", f'style="fill:{colour}"'))
    return _frame(title, parts)


def bars(title: str, values: Mapping[str, float], *, y: str, marks: Mapping[str, float] | None = None) -> str:
    """One lying bar for each of ``values`` (name → amount ≥ 0), its figure behind it. ``y``: what the length means; ``marks``: name →
    amount of a dashed line. Raises ValueError without bars."""
    across = _Axis([0.0, *values.values(), *(marks or {}).values()], 210, WIDTH - 80, log=False)
    bottom = TOP + 26 * len(values)
    parts = []
    for i, (name, value) in enumerate(values.items()):
        top = TOP + 26 * i
        parts.append(_text(202, top + 15, name, "end"))
        parts.append(
            f'<rect x="210" y="{top + 3}" width="{max(across.at(value) - 210, 0):.1f}" height="18" fill="{COLOURS[0]}"/>'
        )
        parts.append(_text(across.at(value) + 6, top + 16, number(value), "start"))
    for name, value in (marks or {}).items():
        at = across.at(value)
        parts.append(
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{bottom}" stroke="{GREY}" stroke-dasharray="6 4"/>'
        )
        parts.append(_text(at, bottom + 14, name))
    parts.append(_text((210 + WIDTH - 80) / 2, bottom + 34, y))
    return _frame(title, parts, bottom + 46)
