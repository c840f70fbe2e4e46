"""Every time limit that a real city writes is read, and what cannot be meant is refused in words."""

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from gongbi.kernel.clock import limits
from gongbi.kernel.clock.limits import Limit, parse, write
from gongbi.kernel.errors import Refused

STANDARDS = Path(__file__).resolve().parents[4] / "shared" / "data" / "city_standards"

# Domain dossier, Annex A.3: every distinct string, with its kind, its units (minutes) and the words around it.
ANNEX = [
    ("1工作日", "office_days", 480, "", ""),
    ("3工作日", "office_days", 1440, "", ""),
    ("2工作日", "office_days", 960, "", ""),
    ("5工作日", "office_days", 2400, "", ""),
    ("2紧急工作时", "hours", 120, "", ""),
    ("1天", "office_days", 480, "", ""),
    ("4工作时", "office_hours", 240, "", ""),
    ("2天", "office_days", 960, "", ""),
    ("5天", "office_days", 2400, "", ""),
    ("4小时", "office_hours", 240, "", ""),
    ("2小时", "office_hours", 120, "", ""),
    ("3天", "office_days", 1440, "", ""),
    ("7工作日", "office_days", 3360, "", ""),
    ("4紧急工作时", "hours", 240, "", ""),
    ("15天", "office_days", 7200, "", ""),
    ("1紧急工作时", "hours", 60, "", ""),
    ("2工作时", "office_hours", 120, "", ""),
    ("2紧急工作日", "days", 2880, "", ""),
    ("4工作日", "office_days", 1920, "", ""),
    ("10工作日", "office_days", 4800, "", ""),
    ("种植季节15工作日", "office_days", 7200, "种植季节", ""),
    ("1紧急工作日", "days", 1440, "", ""),
    ("1紧急工作时制止", "hours", 60, "", "制止"),
]
OTHERS = [
    ("15分钟", "minutes", 15, "", ""),
    ("24小时连续", "hours", 1440, "", ""),
    ("连续24小时", "hours", 1440, "", ""),
    ("24小时(连续)", "hours", 1440, "", ""),
    ("连续3天", "days", 4320, "", ""),
    ("20个法定工作日", "legal_days", 20, "", ""),
    ("法定5个工作日", "legal_days", 5, "", ""),
    ("5个工作日", "office_days", 2400, "", ""),
    ("30日历日", "calendar_days", 30, "", ""),
    ("30自然日(顺延)", "calendar_days", 30, "", ""),
    ("30自然日(顺延)", "calendar_days", 30, "", ""),
    ("30日历日(节假日顺延)", "calendar_days", 30, "", ""),
    ("3自然日", "days", 4320, "", ""),
    ("４工作时", "office_hours", 240, "", ""),
    (" 5 工作日 ", "office_days", 2400, "", ""),
    ("1　5　天", "office_days", 7200, "", ""),
    ("十五天", "office_days", 7200, "", ""),
    ("两个工作日", "office_days", 960, "", ""),
    ("二十四小时连续", "hours", 1440, "", ""),
    ("一百二十个法定工作日", "legal_days", 120, "", ""),
    ("一百零五个法定工作日", "legal_days", 105, "", ""),
    ("半天", "office_days", 240, "", ""),
    ("半小时连续", "hours", 30, "", ""),
    ("一个半小时", "office_hours", 90, "", ""),
    ("1.5小时", "office_hours", 90, "", ""),
    ("0.5工作日", "office_days", 240, "", ""),
    ("一般5工作日", "office_days", 2400, "一般", ""),
    ("5工作日内", "office_days", 2400, "", ""),
    ("不超过3工作小时", "office_hours", 180, "不超过", ""),
]


@pytest.mark.parametrize(("text", "kind", "units", "condition", "remainder"), ANNEX + OTHERS)
def test_a_limit_is_read(text: str, kind: str, units: int, condition: str, remainder: str) -> None:
    limit = parse(text)
    assert (limit.kind, limit.units, limit.condition, limit.remainder) == (kind, units, condition, remainder)
    assert limit.raw == text


@pytest.mark.data
@pytest.mark.skipif(not STANDARDS.is_dir(), reason="../shared/data/city_standards is not here")
@pytest.mark.parametrize(
    ("name", "column", "rows"),
    [
        ("yuncheng_components_standards.csv", "time_limit", 375),
        ("yuncheng_components_standards_with_law.csv", "处置时限", 279),
        ("yuncheng_events_standards.csv", "time_limit", 144),
    ],
)
def test_every_limit_in_a_real_citys_standards_is_read(name: str, column: str, rows: int) -> None:
    with (STANDARDS / name).open(encoding="utf-8-sig", newline="") as file:
        texts = [row[column] for row in csv.DictReader(file)]
    assert len(texts) == rows
    strange = {text for text in texts if (parse(text).condition, parse(text).remainder) != ("", "")}
    assert strange <= {"种植季节15工作日", "1紧急工作时制止"}
    assert {parse(text).measure for text in texts} == (
        {"office", "continuous"} if "工作" in "".join(texts) else {"office"}
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "clock.limit_empty"),
        (" 　", "clock.limit_empty"),
        ("尽快", "clock.limit_unknown"),
        ("5", "clock.limit_unknown"),
        ("30日", "clock.limit_unknown"),  # of which calendar? 30日历日 says it
        ("1个月", "clock.limit_unknown"),
        ("1周", "clock.limit_unknown"),
        ("5法定天", "clock.limit_unknown"),
        ("<script>", "clock.limit_unknown"),
        ("٣工作日", "clock.limit_unknown"),  # digits of another script
        ("3至5天", "clock.limit_several"),
        ("三至五天", "clock.limit_several"),
        ("三、五天", "clock.limit_several"),
        ("1天2小时", "clock.limit_several"),
        ("-3天", "clock.limit_several"),
        ("5天(第2次)", "clock.limit_several"),
        ("1.5.3天", "clock.limit_several"),
        ("0天", "clock.limit_number"),
        ("0.001工作时", "clock.limit_number"),
        ("1.5个法定工作日", "clock.limit_number"),
        ("一五天", "clock.limit_number"),
        ("十十天", "clock.limit_number"),
        ("99999天", "clock.limit_far"),
        ("9" * 30 + "小时", "clock.limit_far"),
        ("5工作日" + "很" * 40, "clock.limit_long"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text)
    assert (refused.value.code, refused.value.field) == (code, "limit")
    if text.strip() and code not in ("clock.limit_long",):
        assert text in str(refused.value)


@pytest.mark.parametrize("amount", [9, 10, 11, 19, 20, 21, 99, 100, 101, 110, 111, 120, 999])
def test_chinese_numerals_say_the_same_as_digits(amount: int) -> None:
    assert parse(f"{limits._chinese(amount)}小时") == parse(f"{amount}小时")


def test_the_longest_limit_is_ten_years_and_not_an_hour_more() -> None:
    assert parse(f"{10 * 250 * 8}工作时").units == 10 * 250 * 480
    with pytest.raises(Refused, match="20001"):
        parse(f"{10 * 250 * 8 + 1}工作时")


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("15分钟", "15 分钟", "15 minutes"),
        ("1工作时", "1 个工作时", "1 office hour"),
        ("5工作日", "5 个工作日（每日8工作时）", "5 office days of 8 hours each"),
        ("2紧急工作时", "2 小时（昼夜连续）", "2 hours around the clock"),
        ("20个法定工作日", "20 个法定工作日", "20 legal working days"),
        ("30日历日", "30 个日历日（末日遇休假日顺延）", "30 calendar days, rolled over days off"),
        (
            "种植季节15工作日",
            "15 个工作日（每日8工作时）（种植季节）",
            "15 office days of 8 hours each (种植季节)",
        ),
        ("1.5小时", "1.5 个工作时", "1.5 office hours"),
    ],
)
def test_a_limit_is_written_for_people(text: str, zh: str, en: str) -> None:
    assert write(parse(text)) == (zh, en)


def test_limits_are_equal_by_what_they_mean() -> None:
    assert parse("4小时") == parse("4工作时") == Limit("office_hours", Fraction(4))
    assert parse("4小时") != parse("4小时连续")


def test_an_extension_must_be_counted_in_the_limits_own_time() -> None:
    assert limits.total(parse("1工作日"), [parse("4工作时"), parse("4小时")]) == 960
    with pytest.raises(Refused) as refused:
        limits.total(parse("5工作日"), [parse("24小时连续")])
    assert refused.value.code == "clock.extension_kind"
    assert "5工作日" in str(refused.value)
    assert "24小时连续" in str(refused.value)
