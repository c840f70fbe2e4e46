"""110, 119, 120 and 122 are told at once; talk about fire, past accidents and facilities is not an emergency call."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from gongbi.duties.catalogue import split
from gongbi.duties.exchange import shipped
from gongbi.duties.rules import SPECIAL_ROUTES, WordRule, emergency, safety, special_route, special_routes

RULES = [
    WordRule(r["group"], r["key"], split(r["patterns"]), split(r["negatives"]), (r["reply_zh"], r["reply_en"]), r["article"])
    for r in csv.DictReader(io.StringIO(shipped("words").decode()))
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("着火了", "119"),
        ("三号楼五层着火了，快来", "119"),
        ("家里闻到煤气味，很浓", "119"),
        ("老人困在电梯里出不来", "119"),
        ("有人要跳楼", "119"),
        ("楼下有人持刀追人", "110"),
        ("隔壁正在打架，有人拿刀砍人", "110"),
        ("我妈昏倒了叫不醒", "120"),
        ("路边有人晕倒", "120"),
        ("十字路口刚发生车祸，有人受伤", "122"),
        ("电动车被车撞了，人在地上", "122"),
        ("路口两车相撞有人受伤", "122"),
        ("门口出了车祸，快来人", "122"),
        ("发生车祸了", "122"),
        ("我被撞了，走不了路", "122"),
        ("楼下有人打架，打起来了", "110"),
        ("家里进贼了", "110"),
        ("孩子走丢了，找不到", "110"),
        ("老人摔倒起不来了", "120"),
        ("公交站有人倒在地上不动", "120"),
        ("１１９着火了", "119"),
        ("护栏被撞坏很久没人修", ""),
        ("垃圾桶倒在地上没人管", ""),
        ("小区经常有人打架", ""),
        ("这条路是救命通道，不能停车", ""),
        ("电瓶车和汽车相撞的事故处理结果怎么查", ""),
        ("119 消防通道被占", ""),
        ("消防通道停满了车，万一着火怎么办", ""),
        ("去年这里着火了，线路到现在没改", ""),
        ("担心电动车在楼道充电着火", ""),
        ("建议在社区做一次防着火演练", ""),
        ("这个路口经常出车祸，建议装红绿灯", ""),
        ("上次晕倒的老人想申请补贴", ""),
        ("120急救站建设什么时候完工", ""),
        ("110报警后派出所没有处理", ""),
        ("咨询122事故处理中心地址", ""),
        ("电梯坏了一周没人修", ""),
        ("路灯不亮", ""),
        ("菜价大出血甩卖，喇叭太吵", ""),
        ("公园里有人落水管漏水", ""),
        ("", ""),
    ],
)
def test_only_what_happens_now_is_an_emergency(text: str, number: str) -> None:
    alarm = emergency(text, RULES)
    assert (alarm.number if alarm else "") == number
    if alarm:
        assert alarm.words
        assert number in alarm.reply[0]
        assert number in alarm.reply[1]
        assert "§11" in alarm.article


def test_a_past_accident_in_one_sentence_does_not_hide_a_fire_in_the_next() -> None:
    alarm = emergency("去年这里出过事。现在楼上着火了！", RULES)
    assert alarm is not None
    assert alarm.number == "119"


def test_each_of_the_six_special_routes_has_a_reply_in_both_languages() -> None:
    assert len(SPECIAL_ROUTES) == 6
    for key in SPECIAL_ROUTES:
        found = special_route(key, RULES)
        assert found is not None
        assert len(found.reply[0]) > 15
        assert len(found.reply[1]) > 40
        assert "§11" in found.article
    assert special_route("none", RULES) is None


@pytest.mark.parametrize(
    ("text", "same", "keys"),
    [
        ("着火了快来", False, ["emergency"]),
        ("这件事法院已立案，我想再反映一下", False, ["legal_channel"]),
        ("物业欠我钱，我准备起诉", False, []),
        ("路灯还是不亮", True, ["repeated"]),
        ("路灯不亮", False, []),
        ("帮我查别人的电话", False, ["secret"]),
        ("有人泄露我的隐私", False, []),
        ("我老家外省的房子漏水", False, ["outside"]),
        ("外省车牌的车堵住门口", False, []),
    ],
)
def test_special_routes_are_suggested_never_taken(text: str, same: bool, keys: list[str]) -> None:
    assert [r.key for r in special_routes(text, RULES, same_open_matter=same)] == keys


@pytest.mark.parametrize(
    ("text", "danger"), [("电箱漏电了", True), ("井盖不见了", True), ("建议多种树", False)]
)
def test_words_of_danger_are_seen(text: str, danger: bool) -> None:
    assert bool(safety(text, RULES)) is danger


@pytest.mark.data
def test_few_of_thousands_of_ordinary_messages_are_taken_for_emergencies(
    real_data: Callable[[str], Path],
) -> None:
    with open(real_data("messages/places_and_times.csv"), encoding="utf-8-sig") as file:
        texts = [row["title"] + "。" + row["body"] for row in csv.DictReader(file)]
    alarms = [a for text in texts if (a := emergency(text, RULES))]
    assert len(texts) > 4000
    # Written complaints, not calls: whatever is stopped here would have been stopped wrongly.
    assert len(alarms) / len(texts) < 0.004
