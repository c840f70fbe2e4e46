"""What a change would change: base and variant rehearsed on the same seeds, each figure as a paired difference with its interval."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from gongbi.kernel.clock import limits
from gongbi.kernel.errors import Refused
from gongbi.ops.simulate.plan import Settings, Shape
from gongbi.ops.simulate.rehearse import Rehearsal, outcome
from gongbi.ops.simulate.world import World, patrolled
from gongbi.science.rhythm import paired

Words = tuple[str, str]
# name → (words, unit, digits, whether more is better: None says nothing)
FIGURES: dict[str, tuple[Words, str, int, bool | None]] = {
    "matters": (("件数", "Matters"), "", 0, None),
    "on_time": (("按时办结率", "On time"), "%", 1, True),
    "hours_median": (("处置时长中位数（小时）", "Hours until handled, median"), "h", 1, False),
    "hours_p90": (("处置时长 90 分位（小时）", "Hours until handled, 90th percentile"), "h", 1, False),
    "overdue": (("超期件数", "Overdue"), "", 0, False),
    "queue_hours": (("等待班组（小时，平均）", "Hours waiting for a crew, mean"), "h", 1, False),
    "on_spot": (("网格员当场解决", "Solved on the spot"), "", 0, True),
    "crews_busy": (("班组忙碌率", "Crews at work"), "%", 1, None),
    "worker_minutes": (("每名网格员每班工作分钟", "Minutes a grid worker and shift"), "min", 1, None),
    "satisfied": (("满意率", "Satisfied"), "%", 1, True),
}
NOTHING = ("看不出差别", "no difference can be told")
BETTER, WORSE, MORE, LESS = ("变好", "better"), ("变差", "worse"), ("变多", "more"), ("变少", "less")
_WORKERS = re.compile(
    r"(?:grid workers|网格员)\s*(?P<sign>[+\-])\s*(?P<number>\d{1,4})\s*(?:in|@|在)\s*(?P<where>\S+)",
    re.IGNORECASE,
)
_CREWS = re.compile(
    r"(?:crews|班组)\s*(?P<sign>[+\-])\s*(?P<number>\d{1,4})\s*(?:in|@|在)\s*(?P<where>\S+)", re.IGNORECASE
)
_LIMIT = re.compile(r"(?:limit of|时限)\s*(?P<kind>\S+?)\s*=\s*(?P<limit>.+)", re.IGNORECASE)
_ENGLISH = (
    (re.compile(r"^(\d+)\s*working days?$", re.IGNORECASE), r"\1工作日"),
    (re.compile(r"^(\d+)\s*working hours?$", re.IGNORECASE), r"\1工作时"),
    (re.compile(r"^(\d+)\s*legal days?$", re.IGNORECASE), r"\1法定工作日"),
    (re.compile(r"^(\d+)\s*days?$", re.IGNORECASE), r"\1天"),
    (re.compile(r"^(\d+)\s*hours?$", re.IGNORECASE), r"\1小时"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change, understood: ``words`` as a person reads it, ``inside`` the division whose figures are told apart ("" none)."""

    words: Words
    inside: str
    apply: Callable[[World], World]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: mean of base and variant over the seeds, mean difference with its 95 % interval, and what may be said."""

    name: str
    base: float | None
    variant: float | None
    difference: float | None
    low: float | None
    high: float | None
    verdict: Words


@dataclass(frozen=True, slots=True)
class Comparison:
    """``tables``: (words, code of the division or "", lines)."""

    changes: tuple[Words, ...]
    first: date
    days: int
    seeds: tuple[int, ...]
    tables: tuple[tuple[Words, str, tuple[Line, ...]], ...]


def read_change(text: str, world: World) -> Change:
    """``grid workers +2 in CODE`` (or a division's name), ``crews +1 in UNIT``, ``limit of KIND = 2 working days`` (or ``2工作日``).

    Raises Refused with what is not understood, a division, unit or kind that there is not, a limit that is none, nobody to add or take.
    """
    for pattern, made in ((_WORKERS, _workers), (_CREWS, _crews), (_LIMIT, _limit)):
        found = pattern.fullmatch(text.strip())
        if found:
            return made(found.groupdict(), world)
    raise _refused(
        "change",
        "看不懂“%(text)s”。可以写：网格员 +2 在 610104001002；班组 +1 在 water；时限 E0301 = 2工作日。",
        "“%(text)s” is not understood. Write: grid workers +2 in 610104001002; crews +1 in water; limit of E0301 = 2 working days.",
        text=text,
    )


def _refused(code: str, zh: str, en: str, **values: object) -> Refused:
    return Refused(f"simulate.{code}", (zh, en), values=values)


def _place(where: str, world: World) -> str:
    codes = {code for code in world.names if code.isdigit()} | {one.code for one in world.shape.grids}
    found = sorted(code for code in codes if code == where or world.names.get(code) == where)
    if not found:
        raise _refused(
            "place",
            "没有“%(where)s”这个街道、社区或网格。",
            "There is no street, community or grid “%(where)s”.",
            where=where,
        )
    return found[0]


def _workers(given: dict[str, str], world: World) -> Change:
    inside, number = _place(given["where"], world), int(given["number"])
    name = world.names.get(inside, inside)
    words = (f"{name}网格员 {given['sign']}{number}", f"grid workers {given['sign']}{number} in {name}")

    def more(base: World) -> World:
        now = base.shape.patrolled
        if given["sign"] == "+":
            added = patrolled(base.shape.grids, number, inside=inside, but=now)
            after = now | added
        else:
            there = [one for one in base.shape.grids if one.code in now]
            keep = sum(one.code.startswith(inside) for one in there) - number
            after = frozenset(code for code in now if not code.startswith(inside))
            after |= patrolled(there, max(0, keep), inside=inside)
        if abs(len(after) - len(now)) != number:
            raise _refused(
                "workers",
                "%(name)s没有那么多网格可以增减：那里 %(grids)s 个网格，%(at_work)s 个有网格员在岗。",
                "%(name)s has not so many grids to add or take: %(grids)s grids there, %(at_work)s of them with a worker.",
                name=name, grids=sum(one.code.startswith(inside) for one in base.shape.grids),
                at_work=sum(code.startswith(inside) for code in now),
            )  # fmt: skip
        return replace(base, shape=Shape(base.shape.grids, after))

    more(world)
    return Change(words, inside, more)


def _crews(given: dict[str, str], world: World) -> Change:
    unit, number = given["where"], int(given["number"]) * (1 if given["sign"] == "+" else -1)
    named = [code for code in world.staffing.crews if code == unit or world.names.get(code) == unit]
    if not named:
        raise _refused(
            "unit",
            "没有“%(unit)s”这个单位，或它没有班组。",
            "There is no unit “%(unit)s”, or it has no crews.",
            unit=unit,
        )
    code = named[0]
    if world.staffing.of(code) + number < 1:
        raise _refused(
            "crews", "“%(unit)s”至少要留一个班组。", "“%(unit)s” keeps one crew at least.", unit=unit
        )

    def more(base: World) -> World:
        crews = dict(base.staffing.crews)
        crews[code] = base.staffing.of(code) + number
        return replace(base, staffing=replace(base.staffing, crews=crews))

    name = world.names.get(code, code)
    inside = code if code.isdigit() else ""
    return Change((f"{name}班组 {number:+d}", f"crews {number:+d} in {name}"), inside, more)


def _limit(given: dict[str, str], world: World) -> Change:
    kind, text = given["kind"], given["limit"].strip()
    named = [code for code in world.leads if code == kind or world.names.get(code) == kind]
    if not named:
        raise _refused("kind", "没有“%(kind)s”这个类别。", "There is no kind “%(kind)s”.", kind=kind)
    for pattern, chinese in _ENGLISH:
        text = pattern.sub(chinese, text)
    parsed = limits.parse(text)
    zh, en = limits.write(parsed)
    code = named[0]
    name = world.names.get(code, code)

    def other(base: World) -> World:
        return replace(base, limits={**base.limits, code: text})

    return Change((f"{name}（{code}）时限 {zh}", f"limit of {name} ({code}): {en}"), "", other)


def compare(
    world: World, changes: Sequence[Change], *, seeds: Sequence[int], first: date, days: int, settings: Settings,
    tell: Callable[[int, int], object] = lambda *_: None,
) -> Comparison:  # fmt: skip
    """Rehearse base and variant on each seed. ``tell`` hears how many pairs of how many are done."""
    variant = world
    for change in changes:
        variant = change.apply(variant)
    places = ["", *dict.fromkeys(change.inside for change in changes if change.inside)]
    found: dict[str, list[tuple[dict[str, float | None], dict[str, float | None]]]] = {
        place: [] for place in places
    }
    for number, seed in enumerate(seeds, start=1):
        both = []
        for one in (world, variant):
            run = Rehearsal(one, seed, first, days, settings)
            run.run()
            both.append(run)
        for place in places:
            found[place].append((outcome(both[0], place).figures, outcome(both[1], place).figures))
        tell(number, len(seeds))
    tables = tuple(
        (_where(place, world), place, tuple(_line(name, pairs) for name in FIGURES))
        for place, pairs in found.items()
    )
    return Comparison(tuple(change.words for change in changes), first, days, tuple(seeds), tables)


def _where(place: str, world: World) -> Words:
    name = world.names.get(place, place)
    return (name, name) if place else ("全区", "the whole district")


def _line(name: str, pairs: Sequence[tuple[dict[str, float | None], dict[str, float | None]]]) -> Line:
    """Only seeds in which both runs have the figure."""
    both = [
        (a, b)
        for before, after in pairs
        if (a := before[name]) is not None and (b := after[name]) is not None
    ]
    if not both:
        return Line(name, None, None, None, None, None, NOTHING)
    base, variant = np.array([a for a, _ in both]), np.array([b for _, b in both])
    mean, low, high = paired(variant - base)
    return Line(name, float(base.mean()), float(variant.mean()), mean, low, high, verdict(name, low, high))


def verdict(name: str, low: float, high: float) -> Words:
    """What an interval of the difference allows to be said: nothing while zero lies in it."""
    if low <= 0 <= high:
        return NOTHING
    good = FIGURES[name][3]
    if good is None:
        return MORE if low > 0 else LESS
    return BETTER if (low > 0) == good else WORSE


# --- As people and programs read it --------------------------------------------------------------------------------------


def as_json(found: Comparison) -> dict[str, Any]:
    """Plain values; an unbounded interval is null."""
    return {
        "synthetic": True,
        "changes": [list(words) for words in found.changes],
        "first": found.first.isoformat(),
        "days": found.days,
        "seeds": list(found.seeds),
        "tables": [
            {
                "place": code,
                "words": list(words),
                "figures": [
                    {
                        "name": line.name, "words": list(FIGURES[line.name][0]), "base": _number(line.base), "variant": _number(line.variant),
                        "difference": _number(line.difference), "low": _number(line.low), "high": _number(line.high),
                        "verdict": list(line.verdict),
                    }
                    for line in lines
                ],
            }
            for words, code, lines in found.tables
        ],
    }  # fmt: skip


def _number(value: float | None) -> float | None:
    return round(value, 4) if value is not None and np.isfinite(value) else None


def _cell(value: float | None, digits: int, *, sign: bool = False) -> str:
    if value is None:
        return "—"
    if not np.isfinite(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:{'+' if sign else ''}.{digits}f}"


def rows(found: Comparison, language: int) -> list[tuple[str, list[list[str]]]]:
    """(place, rows of text) with figure, base, variant, difference, interval, verdict; ``language`` 0 Chinese, 1 English."""
    told = []
    for words, _code, lines in found.tables:
        table = []
        for line in lines:
            (label, unit, digits, _good) = FIGURES[line.name]
            interval = (
                f"{_cell(line.low, digits, sign=True)} … {_cell(line.high, digits, sign=True)}"
                if line.low is not None
                else "—"
            )
            table.append([
                label[language], f"{_cell(line.base, digits)}{'%' if unit == '%' and line.base is not None else ''}",
                f"{_cell(line.variant, digits)}{'%' if unit == '%' and line.variant is not None else ''}",
                _cell(line.difference, digits, sign=True), interval, line.verdict[language],
            ])  # fmt: skip
        told.append((words[language], table))
    return told


HEADINGS = (
    ("指标", "原来", "改后", "差", "95% 区间", "结论"),
    ("Figure", "Base", "Changed", "Difference", "95 % interval", "Verdict"),
)


def heading(found: Comparison, language: int) -> str:
    """One sentence: what was compared, on how many seeds and days."""
    what = ("；" if language == 0 else "; ").join(words[language] for words in found.changes)
    if language == 0:
        return f"{what}。{found.first} 起 {found.days} 天，{len(found.seeds)} 个种子，同一机缘成对比较。全部为模拟，不是预测。"
    return (
        f"{what}. {found.days} days from {found.first}, {len(found.seeds)} seeds, paired by common random numbers. "
        "All of it is simulated; it foretells nothing."
    )


def page(found: Comparison) -> str:
    """A page for people, in both languages, that needs nothing else: light and dark, for print and for a phone."""
    parts = []
    for language, code in ((0, "zh-CN"), (1, "en")):
        body = [f"<p>{html.escape(heading(found, language))}</p>"]
        for place, table in rows(found, language):
            head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in HEADINGS[language])
            lines = "".join(
                f'<tr><th scope="row">{html.escape(row[0])}</th>'
                + "".join(f"<td>{html.escape(text)}</td>" for text in row[1:])
                + "</tr>"
                for row in table
            )
            body.append(
                f'<h2>{html.escape(place)}</h2><div class="frame"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'
            )
        title = ("推演比较（模拟）", "Rehearsal: what changes (simulated)")[language]
        parts.append(f'<section lang="{code}"><h1>{title}</h1>{"".join(body)}</section>')
    style = (
        ":root{color-scheme:light dark}body{font:16px/1.6 'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;max-width:60rem;"
        "margin:0 auto;padding:16px;background:light-dark(#faf8f3,#14161a);color:light-dark(#1d2126,#e9e6df)}h1{font-size:22px}h2{font-size:18px}"
        ".frame{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
        "th,td{padding:4px 8px;border-bottom:1px solid light-dark(#ddd8cc,#2c3138);text-align:right;white-space:nowrap}"
        "th[scope=row],thead th:first-child,td:last-child,thead th:last-child{text-align:left}"
    )
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>推演比较 · Rehearsal</title><style>{style}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def dumped(found: Comparison) -> str:
    """The JSON as text, the same bytes for the same comparison."""
    return json.dumps(as_json(found), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


__all__ = [
    "Change",
    "Comparison",
    "Line",
    "as_json",
    "compare",
    "dumped",
    "heading",
    "page",
    "read_change",
    "rows",
    "verdict",
]
