"""The board in a browser's eyes: every figure is a link, every link opens as many matters as it says, in both languages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import translation

from gongbi.insight import actions, queries
from gongbi.insight.catalogue import rates
from gongbi.insight.rates import Config
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.scope import all_endpoints
from gongbi.kernel.scope.viewer import CLERK, GRID_WORKER, HANDLER, MANAGER, PUBLIC, Viewer
from gongbi.look import i18n
from gongbi.parties.models import touch
from tests.insight.histories import History, histories
from tests.insight.ledgers import write

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.insight.urls")]
MARCH = "from=2026-03-01&to=2026-03-31"
Get = Callable[..., HttpResponse]


@pytest.fixture
def get(viewer: Callable[..., Viewer]) -> Get:
    """``get("/desk/board/?…", who)``: the answer to a viewer (a manager of the district unless named)."""

    def ask(address: str, who: Viewer | None = None) -> HttpResponse:
        request = RequestFactory().get(address)
        request.viewer = who or viewer(MANAGER)  # type: ignore[attr-defined]
        match = resolve(urlsplit(address).path)
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer

    return ask


@pytest.fixture(autouse=True)
def compiled() -> None:
    i18n.compile_messages()


@pytest.fixture(params=["zh-hans", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with translation.override(request.param):
        yield request.param


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def filled(count: int = 120) -> None:
    actions.refresh(write(histories(1, count)))


def test_every_rate_stands_on_the_board_in_the_readers_language(get: Get, language: str) -> None:
    filled()
    page = text(get(f"/desk/board/?{MARCH}"))
    place = 0 if language == "zh-hans" else 1
    for rate in rates(Config()):
        assert rate.words[place] in page
    assert ("看板" if place == 0 else "Board") in page
    assert ("三率综合得分", "Score of the three rates")[place] in page
    assert "2026-03-01 – 2026-03-31" in page
    if place:
        outside_names = re.sub(
            r"<gb-chart.*?</gb-chart>|<select.*?</select>|来源|<dd>[^<]*</dd>", "", page, flags=re.S
        )
        assert "指标" not in outside_names


def test_an_empty_board_shows_a_dash_and_no_nought(get: Get) -> None:
    page = text(get(f"/desk/board/?{MARCH}"))
    assert page.count("—</span>") >= len(rates(Config()))
    assert "0%" not in re.sub(r"<style.*?</style>", "", page)


def test_every_figure_on_the_board_opens_as_many_matters_as_it_says(get: Get) -> None:
    filled()
    page = text(get(f"/desk/board/?{MARCH}&by=unit&rate=handled"))
    links = set(re.findall(r'href="(/desk/board/rows\?[^"]+)"[^>]*>([^<]+)<', page))
    assert len(links) > 25
    checked = 0
    for href, shown in sorted(links)[::4]:
        address = unescape(href)
        number = re.fullmatch(r"[\d,]+", shown.strip())
        if number is None:
            continue
        listed = text(get(address))
        query = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        assert query["from"] <= query["to"]
        found = len(re.findall(r'<tr role="row"><th scope="row"', listed))
        assert found == min(int(shown.replace(",", "")), queries.PAGE), address
        checked += 1
    assert checked > 5


def test_the_rows_name_the_excluded_with_their_ground(get: Get, language: str) -> None:
    left = History().to_closed().step("exclude", "03-06 09:00", ground="unreasonable", reason="x")
    actions.refresh(write([left.entries, History().to_closed().entries]))
    page = text(get(f"/desk/board/rows?{MARCH}&rate=handled&part=excluded"))
    assert ("不合理诉求", "Unreasonable demand")[language == "en"] in page
    assert len(re.findall(r'<th scope="row"', page)) == 1


def test_long_lists_are_turned_page_by_page(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(90)
    monkeypatch.setattr(
        queries.rows_behind, "__kwdefaults__", {**queries.rows_behind.__kwdefaults__, "size": 20}
    )
    address: str | None = f"/desk/board/rows?{MARCH}&rate=filed&part=denominator"
    total = turned = 0
    while address:
        page = text(get(address))
        total += len(re.findall(r'<th scope="row"', page))
        turned += 1
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = unescape(following[1]) if following else None
    assert turned > 1
    expected = orjson.loads(get(f"/desk/board/export?{MARCH}&format=json").content)["rates"][0]["denominator"]
    assert total == expected


def test_the_downloads_say_the_same_as_the_board(get: Get, viewer: Callable[..., Viewer]) -> None:
    filled()
    plain = orjson.loads(get(f"/desk/board/export?{MARCH}&format=json&by=unit").content)
    answer: Any = get(f"/desk/board/export?{MARCH}&format=csv&by=unit")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    whole = {row["指标代码"]: row for row in rows if not row["分组"]}
    for rate in plain["rates"]:
        assert whole[rate["code"]]["分子"] == str(rate["numerator"])
        assert whole[rate["code"]]["分母"] == str(rate["denominator"])
    groups = {row["分组代码"] for row in rows if row["分组"]}
    assert groups == {group["key"] for group in plain["by"]["unit"]}
    book = get(f"/desk/board/export?{MARCH}&format=xlsx")
    assert book.content.startswith(b"PK")
    assert "board-2026-03-01-2026-03-31.xlsx" in book["Content-Disposition"]
    with pytest.raises(NotThere):
        get(f"/desk/board/export?{MARCH}&format=exe")


def test_a_handler_sees_its_own_unit_and_the_page_costs_the_same_for_much_and_little(
    get: Get, viewer: Callable[..., Viewer]
) -> None:
    costs = []
    touch()  # as in every house that has units: the directory is kept
    for count in (20, 150):
        filled(count)
        who = viewer(HANDLER, unit_id=12)
        get(f"/desk/board/?{MARCH}", who)  # what the process keeps is read once
        with CaptureQueriesContext(connection) as asked:
            get(f"/desk/board/?{MARCH}", who)
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 15  # six of them the board's own


@pytest.mark.parametrize(
    "question",
    [
        "period=never",
        "from=yesterday",
        "from=2026-03-02&to=2026-03-01",
        "by=person",
        "territory=abc",
        "unit=x",
        "kind=1'",
        "territory=6101040010010019",
    ],
)
def test_an_address_that_makes_no_sense_is_refused_in_words(get: Get, question: str) -> None:
    with pytest.raises(Refused) as refused:
        get(f"/desk/board/?{question}")
    assert refused.value.field
    assert refused.value.message


@pytest.mark.parametrize("question", ["rate=luck", "part=all&rate=handled"])
def test_what_is_not_there_is_not_there(get: Get, question: str) -> None:
    with pytest.raises(NotThere):
        get(f"/desk/board/rows?{MARCH}&{question}")


@pytest.mark.parametrize("after", ["x", "1-2", "20260301T000000.000000-", "99999999T000000.000000-1"])
def test_a_mangled_page_mark_begins_anew(get: Get, after: str) -> None:
    filled(30)
    assert get(f"/desk/board/rows?{MARCH}&rate=filed&after={after}").status_code == 200


@pytest.mark.parametrize("role", [CLERK, GRID_WORKER])
def test_roles_without_a_board_are_turned_away(get: Get, viewer: Callable[..., Viewer], role: str) -> None:
    for page in ("", "rows", "export"):
        with pytest.raises(Forbidden):
            get(f"/desk/board/{page}", viewer(role))
    with pytest.raises(Forbidden):
        get("/desk/board/", PUBLIC)


def test_every_page_of_the_board_is_declared() -> None:
    assert {"board.read", "board.rows", "board.export"} <= {entry.name for entry in all_endpoints()}


def test_nothing_the_board_says_is_left_in_english() -> None:
    room = i18n.GONGBI / "insight"
    assert [str(found) for found in i18n.untranslated(room)] == []
    own = [str(found) for found in i18n.untranslated(i18n.GONGBI / "desk") if "desk/board/" in found.where]
    assert own == []


@pytest.mark.parametrize(
    ("story", "rate", "said", "not_said"),
    [
        (History().to_handling().finish("03-04 09:21", due="03-05 09:00"), "handled", "超时", "按时</span>"),
        (History().to_handling().finish("03-04 09:20:59", due="03-05 09:00"), "handled", "按时", "超时"),
        (
            History().to_handling().finish("03-04 09:21", due="03-05 09:00").step("exempt", "03-05 10:00", reason="x"),
            "handled", "超期申诉成立", "超时",
        ),
        (History().to_handling().finish().step("rework", "03-03 16:00", reason="x"), "reworked", "退回返工", "退回</span>"),
        (History().open().accept().dispatch().step("contest", "03-02 15:00", reason="x", unit=11), "returned", "退回", "未退回"),
        (History().open().accept().dispatch(), "returned", "未退回", "退回返工"),
        (History().open().step("reject", "03-02 10:00", ground="untrue", reason="x"), "valid", "不予受理</span>", "立案"),
        (History().to_closed().judge("03-05 08:00", solved="no", grade=3), "solved", "未解决", "非常满意"),
        (History().to_closed().judge("03-05 08:00", grade=3), "satisfied", "基本满意</span>", "未解决</span>"),
    ],
)  # fmt: skip
def test_each_row_says_what_became_of_it(
    get: Get, story: History, rate: str, said: str, not_said: str
) -> None:
    actions.refresh(write([story.entries]))
    page = text(get(f"/desk/board/rows?{MARCH}&rate={rate}&part=denominator"))
    (table,) = re.findall(r"<tbody.*?</tbody>", page, flags=re.S)
    assert said in table
    assert not_said not in table
