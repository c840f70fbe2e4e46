"""The parts that are rates: the very figures of the board (insight.queries), never counted a second way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from gongbi.bulletin import names, rules, shape
from gongbi.bulletin.sections import Asked, section
from gongbi.bulletin.shape import Plain, Words
from gongbi.cases.queries.lists import case_list
from gongbi.insight import queries, queries_tally
from gongbi.insight.catalogue import PERIOD, rates
from gongbi.insight.config import current
from gongbi.insight.counting import Board, ranks
from gongbi.insight.period import Period
from gongbi.insight.rates import SCORE_WORDS, Config, Figure, Rate
from gongbi.insight.rates import score as score_of

TOP = 10
LISTED = 50
RECEIVED: Words = ("收到诉求", "Received")
RECEIVED_TOLD: Words = (
    "本期上报的全部诉求（含并入、重复和直接答复）",
    "all reports that came in (joined, repeated and answered at once among them)",
)
OVERDUE: Words = ("超期未办结", "Not handled in time")
OVERDUE_TOLD: Words = (
    "处置时限在本期、未在时限内处置的（处置率口径，剔除的不计）",
    "to be handled in the period and not handled within the limit (excluded ones left out)",
)
STANDING: Words = ("期末仍超期", "Still overdue at the end")
STANDING_TOLD: Words = (
    "到期末处置时限已过、仍未处置的件次（豁免和剔除的不计）",
    "rounds of handling past their deadline and not done at the end of the period (exempt and excluded ones left out)",
)
# The rates of a bulletin, in its order; the board has the others.
RATES = (
    "filed_on_time",
    "handled",
    "handled_on_time",
    "closed_on_time",
    "repeated",
    "reworked",
    "responded",
    "solved",
    "satisfied",
)
COUNTED: Words = (
    "与看板同一口径、同一折算，按期末所知计；对比期无记录的写“无数据”，不写 0。",
    "Counted as on the board, by the same fold, as known at the end of the period; where there is no record to compare with it says “no data”, not 0.",
)
Found = Mapping[str, Figure]


def definition(rate: Rate) -> Words:
    """What a rate counts, in one sentence."""
    zh = f"{rate.above_words[0]} ÷ {rate.below_words[0]}；周期按{PERIOD[rate.what][0]}。"
    return (
        zh,
        f"{rate.above_words[1]} ÷ {rate.below_words[1]}; the period is decided by {PERIOD[rate.what][1]}.",
    )


def _counted(asked: Asked, period: Period | None) -> Found | None:
    return None if period is None else queries.figures(asked.viewer, period)


def _whole(found: Found | None, code: str) -> Plain | None:
    if found is None:
        return None
    one = found[code]
    return shape.rate_of(one.above, one.below, one.interval())


def _share(one: Figure) -> float | str:
    """For a cell of a table, where None would be no data: nothing below the line is "—"."""
    found = shape.share(one.above, one.below)
    return "—" if found is None else found


def _points(value: float | None) -> Plain:
    return {"value": None if value is None else round(value, 6)}


def _bare(found: Found | None, code: str, part: str) -> Plain | None:
    if found is None:
        return None
    one = found[code]
    return shape.count_of({"below": one.below, "above": one.above, "rest": one.below - one.above}[part])


def headline(found: Sequence[Found | None], config: Config, standing: Sequence[int | None]) -> list[Plain]:
    """The first figures of a bulletin, from the board's figures of the period, the one before and that of last year."""
    now = found[0]
    assert now is not None
    known = {rate.code: rate for rate in rates(config)}

    def three(make: str, part: str) -> tuple[Plain | None, ...]:
        return tuple(_bare(one, make, part) for one in found)

    def counts(
        code: str,
        words: Words,
        values: Sequence[Plain | None],
        told: Words,
        rows: Mapping[str, str],
        better: str = "",
    ) -> Plain:
        return shape.figure(
            code,
            words,
            values[0],
            before=values[1],
            year=values[2],
            definition=told,
            rows=rows,
            better=better,
        )

    told = known["handled"]
    lines = [
        counts("received", RECEIVED, three("repeated", "below"), RECEIVED_TOLD, {"rate": "repeated", "part": "denominator"}),
        counts(
            "handled_count", ("已处置", "Handled"), three("handled", "above"),
            (f"{told.above_words[0]}；分母：{told.below_words[0]}", f"{told.above_words[1]}; of those {told.below_words[1]}"),
            {"rate": "handled", "part": "numerator"},
        ),
        counts("not_in_time", OVERDUE, three("handled_on_time", "rest"), OVERDUE_TOLD, {"rate": "handled_on_time", "part": "rest"}, "low"),
        counts("overdue", STANDING, [shape.count_of(one) for one in standing], STANDING_TOLD, {}, "low"),
    ]  # fmt: skip
    for code in RATES:
        rate = known[code]
        values = [_whole(one, code) for one in found]
        lines.append(
            shape.figure(
                code, rate.words, values[0], before=values[1], year=values[2], unit="share", definition=definition(rate), source=rate.source,
                few=now[code].below > 0 and now[code].few(config.fewest), rows={"rate": code, "part": "denominator"}, better=rate.better,
            )
        )  # fmt: skip
    scores = [None if one is None else _points(score_of(one, config)) for one in found]
    w = config.weights
    lines.append(
        shape.figure(
            "three_rates", SCORE_WORDS, scores[0], before=scores[1], year=scores[2], unit="points",
            definition=(
                f"响应率 × {w[0]:.2f} + 解决率 × {w[1]:.2f} + 满意率 × {w[2]:.2f}；缺一项就没有得分。",
                f"responded × {w[0]:.2f} + solved × {w[1]:.2f} + satisfied × {w[2]:.2f}; without one of them there is no score.",
            ),
        )
    )  # fmt: skip
    return lines


@section("headline", 10)
def whole(asked: Asked) -> Plain:
    """Received, handled, on time, overdue, satisfied, and their course."""
    config = current()
    found = [_counted(asked, one) for one in asked.periods]
    standing = [
        None if one is None else queries_tally.overdue(asked.viewer, one.end, most=0)[1]
        for one in asked.periods
    ]
    course = rules.course_of(asked.sort, asked.period)
    shown = (
        course
        if asked.begun is None
        else Period(min(max(course.first, asked.begun), course.last), course.last)
    )
    came = queries.trend(asked.viewer, "repeated", shown, "day")
    done = queries.trend(asked.viewer, "handled_on_time", shown, "day")
    days = [f"{one.period.first:%m-%d}" for one in came]
    rows: list[list[Any]] = [
        [day, a.figure.below, b.figure.below, b.figure.above, _share(b.figure)]
        for day, a, b in zip(days, came, done, strict=True)
    ]
    table = shape.table(
        "course", ("逐日情况", "Day by day"),
        [("日期", "Day"), RECEIVED, ("应处置", "To be handled"), ("按期处置", "Handled on time"), ("按期处置率", "Share on time")], rows,
        ("每日均按当日结束时所知计", "each day as of its own end"),
    )  # fmt: skip
    drawn = shape.chart(
        "course", ("逐日收到诉求", "Received day by day"), "columns", days, [(RECEIVED, [row[1] for row in rows])],
        note=("柱顶为件数；数据见“逐日情况”表", "the number stands on each column; the same in the table “Day by day”"),
    )  # fmt: skip
    return shape.part(
        "headline",
        ("总体情况", "Overview"),
        said=COUNTED,
        figures=headline(found, config, standing),
        tables=[table],
        charts=[drawn],
    )


@section("streets", 20)
def streets(asked: Asked) -> Plain | None:
    """Every street (every community in a street's own bulletin), with its place where there is enough to rank."""
    by = "street" if any(len(code) <= 6 for code in asked.viewer.territories) else "community"
    config = current()
    board = queries.board(asked.viewer, asked.period, by=by)
    if not board.groups:
        return None
    earlier = None if asked.before is None else queries.board(asked.viewer, asked.before, by=by)
    before = {} if earlier is None else {one.key: one.figures for one in earlier.groups}
    told = names.both(by, [one.key for one in board.groups], asked.period.last)
    rate = queries.rate_named("handled_on_time", viewer=asked.viewer)
    places = ranks(board.groups, rate, config)
    rows: list[list[Any]] = []
    for one in sorted(board.groups, key=lambda one: (-one.figures["repeated"].below, one.key)):
        came, due, judged = one.figures["repeated"], one.figures["handled_on_time"], one.figures["satisfied"]
        was = None if earlier is None else before[one.key]["repeated"].below if one.key in before else 0
        few = due.below and due.few(config.fewest)
        rank = places.get(one.key) or (shape.FEW if few else "—")
        rows.append(
            [told[one.key], came.below, was, due.below, _share(due), due.below - due.above, _share(judged), rank]
        )  # fmt: skip
    columns = [
        ("街道", "Street") if by == "street" else ("社区", "Community"), RECEIVED, ("上期收到", "Before"), ("应处置", "To be handled"),
        ("按期处置率", "Share on time"), OVERDUE, ("满意率", "Satisfied"), ("按期处置率名次", "Place by share on time"),
    ]  # fmt: skip
    drawn = shape.chart(
        "streets", ("各街道收到诉求" if by == "street" else "各社区收到诉求", "Received by street" if by == "street" else "Received by community"), "bars",
        [row[0] for row in rows[:TOP]], _two([row[1] for row in rows[:TOP]], [row[2] for row in rows[:TOP]], earlier),
    )  # fmt: skip
    fewest = config.fewest
    return shape.part(
        "streets", ("分街道情况" if by == "street" else "分社区情况", "By street" if by == "street" else "By community"),
        said=(f"应处置少于 {fewest} 件的不排名；名次相同的并列。", f"With fewer than {fewest} to be handled nothing is ranked; equals share a place."),
        tables=[shape.table("streets", ("逐个情况", "One by one"), columns, rows)], charts=[drawn],
    )  # fmt: skip


def _two(
    now: Sequence[int], before: Sequence[int | None], earlier: Board | None
) -> list[tuple[Words, Sequence[float | None]]]:
    found: list[tuple[Words, Sequence[float | None]]] = [(("本期", "This period"), now)]
    return found if earlier is None else [*found, (("上期", "Before"), before)]


_TREND: Mapping[str, Words] = {
    "up": ("上升", "rising"), "down": ("下降", "falling"), "same": ("未见显著变化", "no clear change"), "few": shape.FEW,
}  # fmt: skip


@section("kinds", 30)
def kinds(asked: Asked) -> Plain | None:
    """Which kinds came most, and which rose fastest: with an interval, or too few to say."""
    config = current()
    board = queries.board(asked.viewer, asked.period, by="kind")
    came = {one.key: one.figures["repeated"].below for one in board.groups if one.figures["repeated"].below}
    was: dict[str, int] = {}
    if asked.before is not None:
        earlier = queries.board(asked.viewer, asked.before, by="kind")
        was = {one.key: one.figures["repeated"].below for one in earlier.groups}
    if not came:
        return None
    told = names.both("kind", {*came, *was}, asked.period.last)
    top = sorted(came, key=lambda key: (-came[key], key))[:TOP]
    total = sum(came.values())
    known = asked.before is not None
    rows = [
        [told[key], came[key], was.get(key, 0) if known else None, shape.share(came[key], total)]
        for key in top
    ]
    tables = [
        shape.table(
            "top", ("最多的类别", "Most frequent kinds"), [("类别", "Kind"), RECEIVED, ("上期", "Before"), ("占比", "Share")], rows,
        )
    ]  # fmt: skip
    if asked.before is not None:
        tables.append(_rising(asked, asked.before, came, was, told, config.fewest))
    now = [came[key] for key in top]
    drawn = shape.chart(
        "kinds", ("最多的类别", "Most frequent kinds"), "bars", [told[key] for key in top],
        [(("本期", "This period"), now), *([(("上期", "Before"), [was.get(key, 0) for key in top])] if known else [])],
    )  # fmt: skip
    return shape.part("kinds", ("分类别情况", "By kind"), tables=tables, charts=[drawn])


def _rising(
    asked: Asked,
    before: Period,
    came: Mapping[str, int],
    was: Mapping[str, int],
    told: Mapping[str, Words],
    fewest: int,
) -> Plain:
    """Kinds whose count a day rose, by the lower end of the interval of the ratio; those that cannot be told apart from chance say so."""
    found = []
    for key in {*came, *was}:
        now, then = came.get(key, 0), was.get(key, 0)
        ratio = rules.ratio(now, then, asked.period.days, before.days, fewest)
        found.append((key, now, then, ratio))
    clear = [one for one in found if one[3] is not None]
    clear.sort(key=lambda one: (-(one[3] or (0, 0, 0))[1], one[0]))
    few = len(found) - len(clear)
    rows = [
        [told[key], now, then, _times(ratio and ratio[0]), _span(ratio), _TREND[rules.trend_of(ratio)]]
        for key, now, then, ratio in clear[:TOP]
    ]
    note = (
        f"按日均件数之比的 95% 区间下限排列；两期合计少于 {fewest} 件的 {few} 类件数太少，不比较。同时看多类时，平均每二十类会有一类仅因偶然落在区间外。",
        f"By the lower end of the 95 % interval of the ratio of daily counts; {few} kinds with fewer than {fewest} in both periods are too few to "
        "compare. Of twenty kinds one lies outside its interval by chance alone.",
    )
    columns = [
        ("类别", "Kind"),
        RECEIVED,
        ("上期", "Before"),
        ("为上期的倍数", "Times as many"),
        ("95% 区间", "95 % interval"),
        ("判断", "Finding"),
    ]
    return shape.table("rising", ("上升最快的类别", "Fastest rising kinds"), columns, rows, note)


def _times(value: float | None) -> str | None:
    return None if value is None else "∞" if value == float("inf") else f"{value:.2f}"


def _span(ratio: tuple[float, float, float] | None) -> str | None:
    return None if ratio is None else f"{_times(ratio[1])} – {_times(ratio[2])}"


@section("overdue", 40)
def overdue(asked: Asked) -> Plain:
    """What was overdue at the end of the period, the longest first: numbers, kinds and units, no words of anybody."""
    lines, total = queries_tally.overdue(asked.viewer, asked.period.end, most=LISTED)
    numbers = {case.pk: case.number for case in case_list(asked.viewer, [line.case_id for line in lines])}
    day = asked.period.last
    kinds_ = names.both("kind", [line.kind for line in lines], day)
    places = names.both("community", [line.territory[:12] for line in lines], day)
    units = names.both("unit", ["" if line.unit_id is None else str(line.unit_id) for line in lines], day)
    rows = [
        [
            numbers.get(line.case_id, str(line.case_id)), kinds_[line.kind], places[line.territory[:12]],
            units["" if line.unit_id is None else str(line.unit_id)], f"{timezone.localtime(line.due):%Y-%m-%d %H:%M}",
            round((asked.period.end - line.due).total_seconds() / 86400, 1),
        ]
        for line in lines
    ]  # fmt: skip
    columns = [
        ("编号", "Number"),
        ("类别", "Kind"),
        ("社区", "Community"),
        ("承办单位", "Unit"),
        ("处置时限", "Due"),
        ("已超（天）", "Days over"),
    ]
    note = (
        f"共 {total} 件次，列出最久的 {len(rows)} 件次",
        f"{total} in all, the longest {len(rows)} are listed",
    )
    return shape.part(
        "overdue",
        ("期末超期清单", "Overdue at the end"),
        said=STANDING_TOLD,
        tables=[shape.table("overdue", STANDING, columns, rows, note)],
    )
