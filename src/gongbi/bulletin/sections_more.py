"""The parts that other rooms are asked for: hot issues, warnings, incidents, whistles and supervision, calls, the burden of reporting."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from gongbi.bulletin import names, shape
from gongbi.bulletin.sections import Asked, section
from gongbi.bulletin.shape import Plain, Words
from gongbi.cases.queries.lists import case_list
from gongbi.command import queries_period as command
from gongbi.command import rules as command_rules
from gongbi.command import words as command_words
from gongbi.incidents import catalogue as incident_words
from gongbi.incidents import queries_period as incidents
from gongbi.insight import queries_hot
from gongbi.insight.period import Period
from gongbi.insight.rates import wilson
from gongbi.rounds import catalogue as rounds_catalogue
from gongbi.rounds import queries as rounds
from gongbi.seat import queries as seat
from gongbi.seat.rules import Calls
from gongbi.warning import queries_period as warnings
from gongbi.warning import words as warning_words

BASELINE = Path(__file__).resolve().parent / "data" / "baseline.json"
HOTTEST = 10
_DRILLS: Words = ("演练不计入各项数字，另列。", "Drills are in none of these figures; they stand apart.")


def _three(asked: Asked, ask: Any) -> list[Any]:
    """The answers for the period, the one before and last year's; None where there is no record."""
    return [None if one is None else ask(one) for one in asked.periods]


def _counts(code: str, words: Words, values: list[int | None], told: Words, better: str = "") -> Plain:
    now, before, year = (shape.count_of(one) for one in values)
    return shape.figure(code, words, now, before=before, year=year, definition=told, better=better)


def _shares(
    code: str, words: Words, pairs: list[tuple[int, int] | None], told: Words, source: str = ""
) -> Plain:
    made = [
        None if one is None else shape.rate_of(one[0], one[1], wilson(one[0], one[1]) if one[1] else None)
        for one in pairs
    ]
    return shape.figure(
        code, words, made[0], before=made[1], year=made[2], unit="share", definition=told, source=source
    )


@section("hot", 50)
def hot(asked: Asked) -> Plain | None:
    """What several people wrote about: the kind and the community that most of its cases have. No resident's words go on paper."""
    kept = queries_hot.latest(asked.viewer, asked.period)
    if kept is None:
        return None
    found = queries_hot.issues(asked.viewer, kept, top=HOTTEST)
    cases = {case.pk: case for case in case_list(asked.viewer, [key for one in found for key in one.cases])}
    told = []
    for one in found:
        mine = [cases[key] for key in one.cases if key in cases]
        told.append(
            (_commonest(case.kind for case in mine), _commonest(case.territory[:12] for case in mine))
        )
    day = asked.period.last
    kinds = names.both("kind", [kind for kind, _place in told], day)
    places = names.both("community", [place for _kind, place in told], day)
    rows = [
        [kinds[kind], places[place], one.writers, one.reports, len(one.cases)]
        for one, (kind, place) in zip(found, told, strict=True)
    ]
    columns = [
        ("类别", "Kind"),
        ("社区", "Community"),
        ("反映人数", "People"),
        ("诉求", "Reports"),
        ("案件", "Cases"),
    ]
    return shape.part(
        "hot", ("热点问题", "Hot issues"),
        said=(
            "至少两人反映的同一问题，按热度排列；以多数案件的类别和社区表示，不引用居民原话。",
            "The same issue raised by at least two people, the hottest first, told by the kind and community of most of its cases, in no resident's words.",
        ),
        tables=[shape.table("hot", ("热点问题", "Hot issues"), columns, rows)],
    )  # fmt: skip


def _commonest(values: Iterable[str]) -> str:
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value), default="")


@section("warnings", 60)
def warned(asked: Asked) -> Plain:
    """Raised, assessed, reviewed, and how many of the reviewed were right."""
    found = _three(asked, lambda one: warnings.told(asked.viewer, one.start, one.end))

    def total(name: str) -> list[int | None]:
        return [None if one is None else sum(getattr(line, name) for line in one) for one in found]

    pairs = [
        None if one is None
        else (sum(line.precision.right for line in one), sum(line.precision.right + line.precision.wrong for line in one))
        for one in found
    ]  # fmt: skip
    figures = [
        _counts("raised", ("发出预警", "Raised"), total("raised"), ("本期发出的预警", "warnings raised in the period")),
        _counts("assessed", ("完成研判", "Assessed"), total("assessed"), ("本期研判的预警", "warnings assessed in the period")),
        _shares(
            "precision", ("预警准确率", "Precision"), pairs,
            ("本期复核为“对”的 ÷ 本期复核的", "found right ÷ reviewed in the period"),
        ),
    ]  # fmt: skip
    rows = [
        [
            warning_words.SORTS[line.sort],
            line.raised,
            line.assessed,
            line.precision.right,
            line.precision.wrong,
        ]
        for line in found[0]
    ]
    columns = [
        ("种类", "Sort"),
        ("发出", "Raised"),
        ("研判", "Assessed"),
        ("复核为对", "Right"),
        ("复核为错", "Wrong"),
    ]
    return shape.part(
        "warnings", ("预警", "Warnings"),
        said=("预警只针对地点、类别和单位，不针对人。", "Warnings are about places, kinds and units, never about people."),
        figures=figures, tables=[shape.table("warnings", ("预警", "Warnings"), columns, rows)],
    )  # fmt: skip


@section("incidents", 70)
def happened(asked: Asked) -> Plain:
    """Incidents by class; drills apart."""
    found = _three(asked, lambda one: incidents.told(asked.viewer, one.start, one.end))

    def each(read: Any) -> list[int | None]:
        return [None if one is None else read(one) for one in found]

    figures = [
        _counts(
            "opened", ("突发事件", "Incidents"), each(lambda one: sum(one.opened.values())),
            ("本期开启的突发事件（不含演练）", "opened in the period, drills left out"),
        ),
        _counts("ended", ("结束响应", "Responses ended"), each(lambda one: one.ended), ("本期结束响应的（不含演练）", "responses that ended, drills left out")),
        _counts(
            "alerts", ("发布预警信息", "Alerts sent"), each(lambda one: one.alerts),
            ("本期发布的预警信息（CAP，含更新和解除）", "CAP messages sent, updates and cancellations among them"),
        ),
        _counts(
            "drills", ("演练（另列）", "Drills (apart)"), each(lambda one: one.drills),
            ("本期开启的演练，不在以上数字内", "drills opened; in none of the figures above"),
        ),
    ]  # fmt: skip
    rows = [[incident_words.CLASSES[sort], n] for sort, n in sorted(found[0].opened.items())]
    return shape.part(
        "incidents", ("突发事件与演练", "Incidents and drills"), said=_DRILLS, figures=figures,
        tables=[shape.table("incidents", ("按类别", "By class"), [("类别", "Class"), ("件数", "Number")], rows)],
    )  # fmt: skip


@section("command", 80)
def commanded(asked: Asked) -> Plain:
    """Whistles, joint matters, orders, urging and supervising."""
    found = _three(asked, lambda one: command.told(asked.viewer, one.start, one.end))

    def each(read: Any) -> list[int | None]:
        return [None if one is None else read(one) for one in found]

    def noted(sort: str) -> Any:
        return lambda one: sum(n for (name, _level), n in one.notices.items() if name == sort)

    figures = [
        _counts("whistles", ("吹哨", "Whistles"), each(lambda one: one.whistles), ("本期吹哨次数", "whistles sounded in the period")),
        _counts("calls", ("叫到单位", "Units called"), each(lambda one: one.calls), ("本期吹哨叫到的单位次", "calls of these whistles")),
        _shares(
            "came", ("按时到场率", "Arrived in time"), [None if one is None else one.came for one in found],
            ("时限内到场 ÷ 期末已到场或已过时限（撤回、非本单位、豁免不计）", "in time ÷ arrived or past the limit at the end (taken back, not theirs, exempt left out)"),
        ),
        _counts("joint", ("联办", "Joint matters"), each(lambda one: one.joint), ("本期发起的联办", "joint matters begun")),
        _counts(
            "orders", ("指令", "Orders"), each(lambda one: one.orders),
            ("本期发出的指令（不含吹哨、联办、催办、督办）", "orders given, without calls, parts and notices"),
        ),
        _counts("urged", ("催办单", "Urge notices"), each(noted(command_rules.URGE)), ("本期编号的催办通知", "numbered notices of urging")),
        _counts("supervised", ("督办单", "Supervision notices"), each(noted(command_rules.SUPERVISE)), ("本期编号的督办通知", "numbered notices of supervision")),
    ]  # fmt: skip
    rows = [
        [command_words.LEVELS[level], n]
        for (sort, level), n in sorted(found[0].notices.items())
        if sort == command_rules.SUPERVISE
    ]
    return shape.part(
        "command", ("吹哨与督办", "Whistles and supervision"), said=_DRILLS, figures=figures,
        tables=[shape.table("supervised", ("督办单按级别", "Supervision by level"), [("级别", "Level"), ("件数", "Number")], rows)] if rows else [],
    )  # fmt: skip


@section("calls", 90)
def calls(asked: Asked) -> Plain | None:
    """The hotline's two rates, for a whole district: calls have no place."""
    if not any(len(code) <= 6 for code in asked.viewer.territories):
        return None

    def ask(one: Period) -> Calls:
        rows = seat.calls(asked.viewer, since=one.first, until=one.last + timedelta(days=1))
        return sum((row.calls for row in rows), Calls())

    found = _three(asked, ask)
    if not found[0].offered:
        return None
    source = "《12345 热线》话务统计（导入）"
    return shape.part(
        "calls", ("热线话务", "Hotline calls"),
        figures=[
            _counts("offered", ("请求人工", "Asked for a person"), [one and one.offered for one in found], ("来电请求人工的次数", "calls that asked for a person")),
            _shares(
                "connected", ("接通率", "Connected"), [one and (one.connected, one.offered) for one in found],
                ("接通 ÷ 请求人工", "connected ÷ asked for"), source,
            ),
            _shares(
                "answered", ("15 秒应答率", "Answered within 15 s"), [one and (one.answered_15, one.connected) for one in found],
                ("15 秒内应答 ÷ 接通", "answered within 15 s ÷ connected"), source,
            ),
        ],
    )  # fmt: skip


@section("burden", 110)
def burden(asked: Asked) -> Plain | None:
    """Minutes of typing asked of grid workers, by form."""
    found = _three(asked, lambda one: rounds.minutes_asked(asked.viewer, first=one.first, last=one.last))
    if not found[0]:
        return None
    minutes = [None if one is None else round(sum(line.minutes for line in one), 1) for one in found]
    by_form: dict[str, list[float]] = {}
    for line in found[0]:
        kept = by_form.setdefault(line.form, [0, 0.0])
        kept[0] += line.entries
        kept[1] += line.minutes
    rows = []
    for form, (entries, spent) in sorted(by_form.items(), key=lambda one: -one[1][1]):
        told = rounds_catalogue.form(form)
        rows.append([_form(told, form), int(entries), round(spent, 1)])
    now, before, year = (shape.count_of(one) for one in minutes)
    told_words: Words = (
        "网格员在各表单上填写所花的分钟数；件数只作除数，不是目标",
        "minutes grid workers spent typing; entries are a divisor, never a goal",
    )
    return shape.part(
        "burden", ("填报负担", "Burden of reporting"), said=("越少越好。", "Less is better."),
        figures=[shape.figure("minutes", ("填报用时（分钟）", "Minutes of typing"), now, before=before, year=year, unit="minutes", definition=told_words, better="low")],
        tables=[shape.table("forms", ("按表单", "By form"), [("表单", "Form"), ("填写次数", "Entries"), ("分钟", "Minutes")], rows)],
    )  # fmt: skip


def _form(told: dict[str, Any] | None, code: str) -> Words:
    if told is None:
        return code or names.UNKNOWN[0], code or names.UNKNOWN[1]
    zh, en = told["words"]
    return str(zh), str(en)


@lru_cache(maxsize=1)
def baseline() -> dict[str, Any]:
    """The dated figures that the district once published (data/baseline.json)."""
    found: dict[str, Any] = json.loads(BASELINE.read_text("utf-8"))
    return found


@section("baseline", 900)
def published(asked: Asked) -> Plain | None:
    """What was once published, with its date: beside the figures, never among them. In a month's bulletin of the whole district."""
    if asked.sort != "month" or not any(len(code) <= 6 for code in asked.viewer.territories):
        return None
    told = baseline()
    rows = [[tuple(one["words"]), one["value"], tuple(one["unit"])] for one in told["figures"]]
    return shape.part(
        "baseline", (f"历史公布数（{told['date']}）", f"Figures once published ({told['date']})"),
        said=(
            f"来源：{told['source'][0]}。这是当时公布的数字，不是本系统算出来的，口径未公布，不与以上各项比较。",
            f"Source: {told['source'][1]}. These were published then; nothing here computed them, their definitions are not known, and they are "
            "not compared with anything above.",
        ),
        tables=[shape.table("baseline", ("历史公布数", "Once published"), [("项目", "What"), ("数值", "Value"), ("单位", "Unit")], rows)],
    )  # fmt: skip
