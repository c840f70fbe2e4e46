"""Rules as JSON keeps them, read back; periods by their names. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import orjson

from gongbi.evaluation.rules import MONTH, QUARTER, YEAR, Indicator, Item, Minus, Scheme, Words, wrong
from gongbi.insight.period import Period
from gongbi.kernel.errors import Refused

_MONTHS = 12
_NAME = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")
FIRST_YEAR, LAST_YEAR = 2000, 2100


def canonical(plain: Any) -> bytes:
    """The one form in which everything is kept and compared: sorted keys, no blanks, a line feed at the end."""
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _words(given: Any) -> Words:
    pair = given if isinstance(given, list | tuple) else ()
    return (str(pair[0]), str(pair[1])) if len(pair) == 2 else ("", "")


def indicator(plain: Mapping[str, Any]) -> Indicator:
    """An indicator from its plain form. Refused with a sentence for anything that is not one."""
    known = {
        name: str(plain.get(name) or "")
        for name in ("code", "numerator", "denominator", "exclusions", "source")
    }
    return Indicator(
        **known,
        words=_words(plain.get("words")),
        basis=plain.get("basis") or "unit",
        classes=_texts(plain.get("classes"), "classes"),
        periods=_texts(plain.get("periods") or [MONTH, QUARTER, YEAR], "periods"),
        better=plain.get("better") or "high",
        verified=plain.get("verified") is True,
    )


def scheme(plain: Mapping[str, Any]) -> Scheme:
    """A scheme from its plain form. Refused with a sentence for anything that is not one."""
    return Scheme(
        code=str(plain.get("code") or ""),
        words=_words(plain.get("words")),
        classes=_texts(plain.get("classes"), "classes"),
        items=tuple(
            Item(
                str(one.get("indicator") or ""),
                str(one.get("weight") or ""),
                tuple((str(a), str(b)) for a, b in _pairs(one.get("bands") or [])),
            )
            for one in _rows(plain.get("items"), "items")
        ),
        minus=tuple(
            Minus(_words(one.get("words")), str(one.get("count") or ""), str(one.get("each") or ""), str(one.get("most") or ""))
            for one in _rows(plain.get("minus"), "minus")
        ),
        period=str(plain.get("period") or MONTH),
        missing=plain.get("missing") or "none",
        fewest=_whole(plain.get("fewest", 30), "fewest"),
        source=str(plain.get("source") or ""),
        **{name: str(plain[name]) for name in ("appeal_within", "review_within") if plain.get(name)},
    )  # fmt: skip


def _whole(given: Any, field: str) -> int:
    if type(given) is not int:
        wrong("whole", field, ("“%(field)s”应是整数。", "“%(field)s” should be a whole number."), field=field)
    return given


def _texts(given: Any, field: str) -> tuple[str, ...]:
    if not isinstance(given or [], list | tuple) or any(not isinstance(one, str) for one in given or []):
        wrong(
            "list",
            field,
            (
                '“%(field)s”应是一列文字，如 ["street"]。',
                '“%(field)s” should be a list of texts such as ["street"].',
            ),
            field=field,
        )
    return tuple(given or ())


def _rows(given: Any, field: str) -> list[Mapping[str, Any]]:
    rows = given or []
    if not isinstance(rows, list | tuple) or any(not isinstance(one, Mapping) for one in rows):
        wrong(
            "list",
            field,
            ("“%(field)s”应是一列对象。", "“%(field)s” should be a list of objects."),
            field=field,
        )
    return list(rows)


def _pairs(given: Any) -> list[tuple[Any, Any]]:
    if not isinstance(given, list | tuple) or any(
        not isinstance(one, list | tuple) or len(one) != 2 for one in given
    ):
        wrong("bands", "items", ("指标“%(code)s”的分档应写成“起点 得分”，最多 %(most)s 档。",
                                 "The bands of “%(code)s” are written “from points”, at most %(most)s of them."), code="…", most=20)  # fmt: skip
    return [(one[0], one[1]) for one in given]


# --- Periods --------------------------------------------------------------------------------------------------------


def period(name: str) -> Period:
    """``2026-10`` (a month), ``2026-Q4``, ``2026``. Refused for anything else."""
    read = _NAME.fullmatch(name.strip())
    year = int(read.group(1)) if read else 0
    if read is None or not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused(
            "evaluation.period_name",
            ("“%(text)s”不是考评周期，请写成 2026-10、2026-Q4 或 2026。",
             "“%(text)s” is no period of evaluation. Write it like 2026-10, 2026-Q4 or 2026."),
            values={"text": name[:20]}, field="period",
        )  # fmt: skip
    first, length = (
        (3 * int(read.group(2)) - 2, 3)
        if read.group(2)
        else (int(read.group(3)), 1)
        if read.group(3)
        else (1, _MONTHS)
    )
    after = date(year + (first + length > _MONTHS), (first + length - 1) % _MONTHS + 1, 1)
    return Period(date(year, first, 1), after - timedelta(days=1))


def sort_of(name: str) -> str:
    """``month``, ``quarter`` or ``year``."""
    return QUARTER if "Q" in name else MONTH if "-" in name else YEAR


def name_of(sort: str, day: date) -> str:
    """The name of the period of that sort which a day lies in."""
    if sort == MONTH:
        return f"{day:%Y-%m}"
    return f"{day.year}-Q{(day.month + 2) // 3}" if sort == QUARTER else f"{day.year}"


def before(name: str) -> str:
    """The period of the same sort just before."""
    return name_of(sort_of(name), period(name).first - timedelta(days=1))


def last_year(sort: str, today: date) -> list[str]:
    """The periods of that sort that ended within the year before ``today``, oldest first."""
    name = before(name_of(sort, today))
    found: list[str] = []
    while (
        period(name).first >= today - timedelta(days=400)
        and len(found) < {MONTH: 12, QUARTER: 4, YEAR: 1}[sort]
    ):
        found.append(name)
        name = before(name)
    return found[::-1] or [before(name_of(sort, today))]
