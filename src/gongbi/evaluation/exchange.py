"""A ranking as a spreadsheet: one line a unit and indicator, the numbers it is made of beside each; or the canonical JSON itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gongbi.evaluation import words
from gongbi.evaluation.queries import Results
from gongbi.kernel.errors import in_language
from gongbi.kernel.tables import Column, write_csv, write_xlsx

FORMS = ("xlsx", "csv", "json")
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
COLUMNS = (
    Column("period", "周期", "Period"),
    Column("scheme", "方案", "Scheme"),
    Column("edition", "版本", "Edition"),
    Column("class", "类别", "Class"),
    Column("unit", "单位", "Unit"),
    Column("code", "单位代码", "Unit code"),
    Column("place", "名次", "Place"),
    Column("best", "最好名次", "Best place"),
    Column("worst", "最差名次", "Worst place"),
    Column("score", "得分", "Score"),
    Column("low", "得分下限", "Lower end"),
    Column("high", "得分上限", "Upper end"),
    Column("why", "不排名的原因", "Why not ranked"),
    Column("indicator", "指标", "Indicator"),
    Column("above", "分子", "Numerator"),
    Column("below", "分母", "Denominator"),
    Column("value", "数值", "Value"),
    Column("points", "指标得分", "Points"),
    Column("weight", "权重", "Weight"),
    Column("left_out", "剔除数", "Left out"),
    Column("digest", "摘要", "Digest"),
)


def rows(found: Results) -> Iterator[dict[str, Any]]:
    """One row a unit and indicator, by class and place. An indicator that does not apply leaves its value empty."""
    edition = found.edition
    for one in found.units():
        places, ends = one["places"] or (None, None), one["between"] or (None, None)
        head = {
            "period": edition.period, "scheme": in_language(found.inputs.scheme.words), "edition": edition.number,
            "class": in_language(words.class_words(one["class"])), "unit": in_language((one["words"][0], one["words"][1])), "code": one["code"],
            "place": one["place"], "best": places[0], "worst": places[1], "score": one["score"], "low": ends[0], "high": ends[1],
            "why": in_language(words.WHY[one["why"]]) if one["why"] else "", "digest": edition.digest,
        }  # fmt: skip
        for item in one["items"]:
            figure = one["indicators"][item["indicator"]]
            yield {
                **head, "indicator": in_language(found.inputs.indicators[item["indicator"]].words), "above": figure["above"], "below": figure["below"],
                "value": figure["value"], "points": item["points"], "weight": item["weight"], "left_out": sum(figure["left_out"].values()),
            }  # fmt: skip


def written(found: Results, form: str) -> tuple[bytes, str]:
    """The file and its content type. ``form`` is one of :data:`FORMS`."""
    if form == "json":
        return found.edition.body.encode(), _TYPES[form]
    lang = in_language(("zh", "en"))
    if form == "csv":
        return b"".join(write_csv(COLUMNS, rows(found), lang=lang)), _TYPES[form]
    return write_xlsx(COLUMNS, rows(found), sheet="ranking", lang=lang), _TYPES[form]
