"""What a definition may speak of: kinds of lines and their fields, a closed list. None of them is about a person. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gongbi.cases.rules import EXCLUSION_GROUNDS
from gongbi.insight.counting import Counted
from gongbi.insight.lines import VERDICTS, Result, What

Words = tuple[str, str]
Kind = Literal["flag", "word", "code", "number"]

LINES: dict[str, tuple[What, Words]] = {
    "reported": (What.REPORTED, ("上报", "reports that came in")),
    "filing": (What.FILING, ("应立案", "cases to be filed")),
    "filed": (What.FILED, ("立案", "cases filed")),
    "dispatch": (What.DISPATCH, ("派遣", "dispatches to a unit")),
    "handling": (What.HANDLING, ("应处置", "rounds of handling owed")),
    "check": (What.CHECK, ("应核查", "checks owed")),
    "checked": (What.CHECKED, ("已核查", "checks made")),
    "closing": (What.CLOSING, ("应结案", "cases to be closed")),
    "closed": (What.CLOSED, ("结案", "cases closed")),
    "response": (What.RESPONSE, ("应联系", "reporters to be contacted")),
    "verdict": (What.VERDICT, ("评价", "verdicts of reporters")),
}
# What no unit holds yet: it can be counted by place only.
UNHELD = frozenset({"reported", "filing", "filed"})
BELOW = "below"  # in a numerator: the lines of the denominator

SORTS: dict[str, Result] = {
    "new": Result.NEW,
    "joined": Result.JOINED,
    "merged": Result.MERGED,
    "answered": Result.ANSWERED,
    "answered_repeat": Result.ANSWERED_REPEAT,
    "public": Result.PUBLIC,
    "own": Result.OWN,
    "chosen": Result.CHOSEN,
    "ruled": Result.RULED,
    "clean": Result.CLEAN,
    "tainted": Result.TAINTED,
}
CHANNELS = ("web", "hotline", "hall", "field", "mail", "api", "import", "device")


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``values``: the words that a field of words takes."""

    kind: Kind
    words: Words
    values: tuple[str, ...] = ()


FIELDS: dict[str, Field] = {
    "done": Field("flag", ("已完成", "it was done")),
    "late": Field("flag", ("完成时已超期", "it was done after the deadline")),
    "on_time": Field("flag", ("按期（到期的那一分钟仍算按期）或超期申诉成立", "on time, the very minute of the deadline included, or exempt")),
    "spoiled": Field("flag", ("被退回、返工、不予受理或评价不好", "it came to nothing: returned, sent back, rejected, judged bad")),
    "exempt": Field("flag", ("超期申诉成立", "an appeal against “late” was upheld")),
    "excluded": Field("flag", ("已剔除", "it left the rating on a listed ground")),
    "solved": Field("flag", ("评价“已解决”", "judged solved")),
    "grade": Field("number", ("满意度 1–5", "the grade, 1 to 5")),
    "sort": Field("word", ("这一条的种类", "what kind of line it is"), tuple(SORTS)),
    "ground": Field("word", ("剔除理由", "the ground of the exclusion"), tuple(EXCLUSION_GROUNDS)),
    "channel": Field("word", ("渠道", "the channel"), CHANNELS),
    "kind": Field("code", ("类别代码或其开头", "the kind's code or its beginning")),
}  # fmt: skip
FINE = frozenset({"kind", "channel"})  # not in the index: a definition that needs them takes longer

# What people may try to reach for, in both languages: refused with a sentence of its own.
PERSONAL = frozenset(
    {
        "person", "people", "name", "phone", "telephone", "mobile", "age", "gender", "sex", "address", "identity", "id_card", "reporter",
        "resident", "caller", "worker", "actor", "staff", "handler", "report_id", "case_id", "text",
        "姓名", "电话", "手机", "年龄", "性别", "住址", "身份证", "诉求人", "报告人", "网格员", "承办人", "居民",
    }
)  # fmt: skip


def flag(name: str, counted: Counted) -> bool:
    """The value of a flag for lines of that sort."""
    flags = counted.flags
    if name == "on_time":
        return flags.exempt or (flags.done and not flags.late)
    if name == "excluded":
        return counted.excluded
    if name == "solved":
        return flags.result >= VERDICTS and (flags.result - VERDICTS) // 10 == 1
    return bool(getattr(flags, name))


def number(name: str, counted: Counted) -> int:
    """The value of a number: a grade, 0 where nobody graded."""
    assert name == "grade"
    return (counted.flags.result - VERDICTS) % 10 if counted.flags.result >= VERDICTS else 0


def word(name: str, counted: Counted) -> str:
    """The value of a word or a code."""
    if name == "sort":
        return next((word for word, result in SORTS.items() if result == counted.flags.result), "")
    return str({"ground": counted.ground, "channel": counted.channel, "kind": counted.kind}[name])
