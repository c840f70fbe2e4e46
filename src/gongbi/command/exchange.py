"""The ladder and the rules of scores as lists that the administrator keeps: in, and out in the same columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import IO, Any

from gongbi.command import actions, queries, words
from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, Row, read_table

_YES = {
    "是": True,
    "yes": True,
    "1": True,
    "true": True,
    "": False,
    "否": False,
    "no": False,
    "0": False,
    "false": False,
}


def _listed(language: int) -> str:
    """The marks with their words, for whoever fills the form in."""
    return "；".join(f"{code} {pair[language]}" for code, pair in words.MARKS.items())


RUNGS = (
    Column("flow", "事项", "Matter", required=True, note=("order、cases、whistle 等流程名", "A flow's name: order, cases, whistle …"), example="order"),
    Column("clock", "计时", "Clock", required=True, note=("sign 签收、arrive 到场、report 反馈、handle 处置等", "sign, arrive, report, handle …"), example="sign"),
    Column("minutes", "过时分钟", "Minutes after its end", required=True, example="30"),
    Column("to", "升级到", "Reaches", required=True, note=("head 负责人、street 街道、district 区级，或单位代码", "head, street, district, a code"), example="head"),
    Column("transfer", "移交", "Transfer", note=("是：由其接手（只限指令）", "yes: it takes the order over (orders only)"), example="否"),
    Column("notice", "通知", "Notice", note=("urge 催办、supervise1–3 督办级别，可空", "urge, supervise1 to supervise3, or empty"), example=""),
    Column("source", "依据", "Source", required=True, example="本区指挥调度办法（示例）"),
    Column("verified", "已核实", "Verified", example="否"),
    Column("valid_to", "止", "Until", note=("年-月-日，不填为长期", "Year-month-day; open-ended when left out"), example=""),
)  # fmt: skip
SCORES = (
    Column("code", "情形", "Mark", required=True, note=(_listed(0), _listed(1)), example="signed_late"),
    Column("points", "扣分", "Points", required=True, example="10"),
    Column("source", "依据", "Source", required=True, example="本区吹哨报到考核办法（示例）"),
    Column("verified", "已核实", "Verified", example="否"),
    Column("valid_to", "止", "Until", note=("年-月-日，不填为长期", "Year-month-day; open-ended when left out"), example=""),
)  # fmt: skip


def import_rungs(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read rungs, row by row, in force from ``valid_from``; what the file does not name stays. A wrong row is a fault."""

    def save(row: Row) -> str:
        given = row.values
        return actions.save_rung(
            flow=given["flow"], clock=given["clock"], minutes=_whole(given["minutes"], "minutes"), to=given["to"],
            transfer=_yes(given.get("transfer", ""), "transfer"), notice=given.get("notice", ""), viewer=viewer, **_common(given, valid_from),
        )[1]  # fmt: skip

    return _read(file, filename, RUNGS, save)


def import_scores(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read rules of scores, row by row, in force from ``valid_from``. A wrong row is a fault."""

    def save(row: Row) -> str:
        given = row.values
        return actions.save_score_rule(
            code=given["code"],
            points=_whole(given["points"], "points"),
            viewer=viewer,
            **_common(given, valid_from),
        )[1]

    return _read(file, filename, SCORES, save)


def _read(file: IO[bytes], filename: str, columns: tuple[Column, ...], save: Callable[[Row], str]) -> Result:
    result = Result()
    for row in read_table(file, filename, columns):
        if row.good:
            try:
                became = save(row)
            except Refused as refusal:
                row.refuse(refusal)
            else:
                setattr(result, became, getattr(result, became) + 1)
        result.faults += row.errors
    return result


def _common(given: Mapping[str, Any], valid_from: date) -> dict[str, Any]:
    text = given.get("valid_to", "")
    try:
        until = date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused("command.day", ("日期写成 2026-12-31。", "Write the day like 2026-12-31."), field="valid_to") from None  # fmt: skip
    return {
        "source": given["source"],
        "verified": _yes(given.get("verified", ""), "verified"),
        "valid_from": valid_from,
        "valid_to": until,
    }


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 8):
        raise Refused("command.whole", ("应填整数。", "A whole number is needed."), field=field)
    return int(text)


def _yes(text: str, field: str) -> bool:
    found = _YES.get(text.strip().lower())
    if found is None:
        raise Refused("command.yes", ("请填“是”或“否”。", "Write yes or no."), field=field)
    return found


def rung_rows(viewer: Viewer, /, *, on: date) -> Iterable[Mapping[str, Any]]:
    """The ladder in force on a day."""
    for one in queries.rungs(viewer, day=on):
        yield {
            "flow": one.flow, "clock": one.clock, "minutes": one.minutes, "to": one.to, "transfer": _no(one.transfer),
            "notice": one.notice, "source": one.source, "verified": _no(one.verified), "valid_to": one.valid_to or "",
        }  # fmt: skip


def score_rows(viewer: Viewer, /, *, on: date) -> Iterable[Mapping[str, Any]]:
    """The rules of scores in force on a day."""
    for one in queries.score_rules(viewer):
        if one.valid_from <= on and (one.valid_to is None or on < one.valid_to):
            yield {
                "code": one.code,
                "points": one.points,
                "source": one.source,
                "verified": _no(one.verified),
                "valid_to": one.valid_to or "",
            }


def _no(value: bool) -> str:
    return "是" if value else "否"
