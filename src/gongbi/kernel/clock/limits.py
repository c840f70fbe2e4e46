"""Time limits as people write them (``4工作时``, ``种植季节15工作日``, ``20个法定工作日``), read into
values.

Source of the vocabulary: domain dossier §4.4 and Annex A.3 (a real city's standards), §15.2 (the two ways
to count).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal

from gongbi.kernel.clock import refusals

Words = tuple[str, str]  # (Chinese, English)
Measure = Literal["continuous", "office", "legal", "calendar"]
Kind = Literal["minutes", "hours", "days", "office_hours", "office_days", "legal_days", "calendar_days"]

OFFICE_DAY: Final = (
    480  # minutes: in city standards 1工作日 is 8 office hours, however long the office is open
)
LONGEST: Final = 40  # characters of a limit text, as the column holds them
MOST_YEARS: Final = 10

# kind -> (what kind of time it is counted in, how many minutes or days one unit is)
KINDS: Final[dict[Kind, tuple[Measure, int]]] = {
    "minutes": ("continuous", 1),
    "hours": ("continuous", 60),
    "days": ("continuous", 1440),
    "office_hours": ("office", 60),
    "office_days": ("office", OFFICE_DAY),
    "legal_days": ("legal", 1),
    "calendar_days": ("calendar", 1),
}
_MOST: Final[dict[Measure, int]] = {
    "continuous": MOST_YEARS * 366 * 1440,
    "office": MOST_YEARS * 250 * OFFICE_DAY,
    "legal": MOST_YEARS * 250,
    "calendar": MOST_YEARS * 366,
}
_NAMES: Final[dict[Kind, tuple[str, str, str]]] = {  # Chinese, English singular, English plural
    "minutes": ("分钟", "minute", "minutes"),
    "hours": ("小时（昼夜连续）", "hour around the clock", "hours around the clock"),
    "days": ("天（每天24小时）", "day of 24 hours", "days of 24 hours each"),
    "office_hours": ("个工作时", "office hour", "office hours"),
    "office_days": ("个工作日（每日8工作时）", "office day of 8 hours", "office days of 8 hours each"),
    "legal_days": ("个法定工作日", "legal working day", "legal working days"),
    "calendar_days": (
        "个日历日（末日遇休假日顺延）",
        "calendar day, rolled over days off",
        "calendar days, rolled over days off",
    ),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit. ``amount`` counts units of ``kind``; ``condition`` and ``remainder`` are the words
    around it.

    Refused when the amount is not above zero, or not a whole number of minutes (of days, for day counts).
    """

    kind: Kind
    amount: Fraction
    raw: str = field(default="", compare=False)
    condition: str = ""
    remainder: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", Fraction(self.amount))
        units = self.amount * KINDS[self.kind][1]
        if units <= 0 or units.denominator != 1:
            raise refusals.limit_number(self.raw or self.kind, str(self.amount))
        if units > _MOST[self.measure]:
            raise refusals.limit_far(self.raw or f"{self.amount} {self.kind}", MOST_YEARS)

    @property
    def measure(self) -> Measure:
        """The kind of time it is counted in."""
        return KINDS[self.kind][0]

    @property
    def units(self) -> int:
        """Whole minutes (continuous, office) or whole days (legal, calendar)."""
        return int(self.amount * KINDS[self.kind][1])


def _chinese(n: int) -> str:
    """``n`` (1–999) in plain Chinese numerals: 15 is 十五, 110 is 一百一十."""
    digits = "零一二三四五六七八九"
    hundreds, rest = divmod(n, 100)
    tens, ones = divmod(rest, 10)
    text = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (digits[ones] if ones else "")


_NUMERALS: Final = {_chinese(n): Fraction(n) for n in range(1, 1000)} | {
    "半": Fraction(1, 2),
    "两": Fraction(2),
}
_UNITS: Final[dict[str, Kind]] = {
    "紧急工作小时": "hours",
    "紧急工作时": "hours",
    "紧急工作日": "days",
    "工作小时": "office_hours",
    "工作时": "office_hours",
    "工作日": "office_days",
    "小时": "office_hours",
    "分钟": "minutes",
    "日历日": "calendar_days",
    "自然日": "days",
    "天": "office_days",
}
_AROUND_THE_CLOCK: Final[dict[str, Kind]] = {
    "小时": "hours",
    "天": "days",
    "自然日": "days",
    "分钟": "minutes",
}
_NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?|[半两零一二三四五六七八九十百]+"
_LIMIT: Final = re.compile(
    rf"(?P<number>{_NUMBER})(?P<half>个半|个)?(?P<legal>法定)?(?P<unit>{'|'.join(_UNITS)})"
)
_RANGE: Final = re.compile(
    r"[至到~+\-–—−.]$|[半两零一二三四五六七八九十百][、或/]$"
)  # 三至五天, 三、五天, -3天
_WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3007: "零"}
_CONTINUOUS: Final = re.compile(r"^\(?连续\)?")
_ROLLED: Final = re.compile(r"^\(?(?:节假日|遇节假日)?顺延\)?")
_WITHIN: Final = re.compile(r"^(?:以内|之内|内)")


@lru_cache(maxsize=4096)
def parse(text: str) -> Limit:
    """Read a limit. Full-width digits, blanks and Chinese numerals are accepted; words around it are
    kept.

    ``N分钟``, ``N紧急工作时``, ``N小时连续`` and ``N紧急工作日`` run day and night; ``N工作时``,
    ``N小时`` count office hours, ``N工作日`` and ``N天`` 8 office hours each; ``N个法定工作日`` counts
    working days (only the word 法定 makes it so); ``N日历日`` and ``N自然日(顺延)`` count days of the
    calendar and roll over days off, a plain ``N自然日`` does not. Refused: no number with a known unit (a
    bare 日, 月 or 周 is ambiguous), two numbers, an amount that is not whole minutes.
    """
    if not text or not text.strip():
        raise refusals.limit_empty()
    if len(text) > LONGEST:
        raise refusals.limit_too_long(len(text), LONGEST)
    plain = "".join(text.translate(_WIDE).split())
    found = list(_LIMIT.finditer(plain))
    if not found:
        raise refusals.limit_unknown(text)
    match = found[0]
    before, after = plain[: match.start()], plain[match.end() :]
    if len(found) > 1 or _more_numbers(before, after):
        raise refusals.limit_several(text)
    amount = _amount(text, match["number"], match["half"] or "")
    unit = match["unit"]
    kind = _UNITS[unit]
    if unit == "工作日" and (match["legal"] or before.endswith("法定")):
        kind, before = "legal_days", before.removesuffix("法定")
    elif match["legal"]:
        raise refusals.limit_unknown(text)
    if unit == "自然日" and _ROLLED.match(after):
        kind = "calendar_days"
    if kind == "calendar_days":
        after = _ROLLED.sub("", after)
    if unit in _AROUND_THE_CLOCK and (_CONTINUOUS.match(after) or before.endswith("连续")):
        kind = _AROUND_THE_CLOCK[unit]
        before, after = before.removesuffix("连续"), _CONTINUOUS.sub("", after)
    return Limit(kind, amount, raw=text, condition=before, remainder=_WITHIN.sub("", after))


def _more_numbers(before: str, after: str) -> bool:
    return any(c.isdecimal() for c in before + after) or _RANGE.search(before) is not None


def _amount(raw: str, number: str, half: str) -> Fraction:
    try:
        amount = Fraction(number) if number[0].isdecimal() else _NUMERALS[number]
    except KeyError:
        raise refusals.limit_number(raw, number) from None
    return amount + Fraction(1, 2) if half == "个半" else amount


def total(limit: Limit, extensions: Iterable[Limit] = ()) -> int:
    """Minutes or days of the limit with its extensions. Refused when an extension counts another kind of
    time.
    """
    units = limit.units
    for extra in extensions:
        if extra.measure != limit.measure:
            raise refusals.extension_differs(limit.raw or write(limit)[0], extra.raw or write(extra)[0])
        units += extra.units
    return units


def number_words(amount: Fraction) -> str:
    """``4``, ``1.5``, or ``1/3`` where no short decimal exists."""
    if amount.denominator == 1:
        return str(amount.numerator)
    decimal = f"{float(amount):.4f}".rstrip("0")
    return decimal if Fraction(decimal) == amount else str(amount)


def write(limit: Limit) -> Words:
    """The limit in words for people: ``("4 个工作时", "4 office hours")``, with its condition."""
    zh, one, many = _NAMES[limit.kind]
    number = number_words(limit.amount)
    around = ";".join(part for part in (limit.condition, limit.remainder) if part)
    chinese = f"{number} {zh}" + (f"（{around}）" if around else "")
    english = f"{number} {one if limit.amount == 1 else many}" + (f" ({around})" if around else "")
    return chinese, english
