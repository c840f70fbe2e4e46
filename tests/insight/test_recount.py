"""The recount: other code, the same figures; and what is wrong with either is seen by the other."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gongbi.insight import actions, drawing, fold, plain, queries, reading, recount, steps
from gongbi.insight.counting import BY, Filters
from gongbi.insight.facts import Entry
from gongbi.insight.lines import What
from gongbi.insight.models import FactLine
from gongbi.insight.period import Period
from gongbi.insight.rates import Config
from gongbi.kernel.scope.viewer import system
from gongbi.ops import cli
from tests.insight.folding import board_of
from tests.insight.histories import histories
from tests.insight.ledgers import write

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
PERIODS = (MARCH, Period(date(2026, 3, 9), date(2026, 3, 9)), Period(date(2026, 3, 20), date(2026, 5, 20)))
CONFIG = Config()
OF_THE_BOARD = {"fold", "steps", "drawing", "lines", "facts", "counting", "catalogue", "rates", "queries", "models", "actions"}  # fmt: skip


def found(
    stories: Sequence[Sequence[Entry]], period: Period = MARCH, config: Config = CONFIG, **more: Any
) -> list[str]:
    """Where the board's fold and the recount differ."""
    told = board_of(stories, period, config=config, by=BY, **more)
    return recount.differences(told, recount.count_histories(stories, period, config=config, by=BY, **more))


@pytest.mark.parametrize("period", PERIODS, ids=str)
@pytest.mark.parametrize("seed", range(8))
def test_two_ways_of_counting_agree_on_any_history(seed: int, period: Period) -> None:
    assert found(histories(seed, 250), period) == []


@pytest.mark.parametrize(
    "filters",
    [Filters(territory="610104001"), Filters(unit=12, kind="1"), Filters(channel="hotline"), Filters(net="12345")],
)  # fmt: skip
def test_so_they_do_under_a_filter(filters: Filters) -> None:
    assert found(histories(21, 400), filters=filters) == []


def test_so_they_do_with_the_citys_own_weights() -> None:
    config = Config(fairly_counts=False, weights=(0.2, 0.3, 0.5))
    assert found(histories(22, 400), config=config) == []


def test_the_recount_shares_no_code_with_the_board() -> None:
    for module in (plain, reading, recount):
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        used = {
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("gongbi.insight")
            for name in (str(node.module).rsplit(".", 1)[-1], *(alias.name for alias in node.names))
        }
        assert not used & OF_THE_BOARD


def _no_minute(module: Any) -> tuple[Any, str, Any]:
    return module, "is_late", lambda done, due: done > due


FAULTS: dict[str, Callable[[], tuple[Any, str, Any]]] = {
    "the minute of the deadline is late": lambda: _no_minute(drawing),
    "a pause does not stop the clock": lambda: (drawing.Drawing, "stand_still", lambda self, what: None),
    "a rework is no second round": lambda: (steps.Handling, "again", lambda self: None),
    "a verdict survives the reopening": lambda: (steps.Handling, "on_reopen", lambda self, given: self.owe(What.HANDLING)),
    "a merged report is a case of its own": lambda: (fold._Fold, "on_merge", lambda self, given: None),
    "an appeal is not heard": lambda: (fold._Fold, "on_exempt", lambda self, given: None),
    "a contact is never late": lambda: (steps, "is_late", lambda done, due: False),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_fold_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stories = histories(3, 600)
    assert found(stories) == []
    where, name, wrong = FAULTS[fault]()
    monkeypatch.setattr(where, name, wrong)
    assert found(stories) != []


@pytest.fixture
def board_in_store(db: None) -> list[int]:
    keys = write(histories(4, 120))
    actions.refresh(keys)
    return keys


def test_a_stored_line_that_was_lost_is_named_with_its_rate(board_in_store: list[int]) -> None:
    told = queries.board_json(system("test"), MARCH, by=BY, config=CONFIG)
    again = recount.recount(MARCH, config=CONFIG, by=BY)
    assert recount.differences(told, again) == []
    lost = FactLine.objects.filter(
        what=int(What.VERDICT), until=None, at__gte=MARCH.start, at__lt=MARCH.end, excluded_at=None
    ).first()
    assert lost is not None
    lost.delete()
    wrong = recount.differences(queries.board_json(system("test"), MARCH, by=BY, config=CONFIG), again)
    assert {line.split(": ")[0] for line in wrong if ": board" in line} >= {"satisfied", "solved"}
    below = again["rates"]["solved"]["denominator"]
    (line,) = [line for line in wrong if line.startswith("solved: ")]
    assert f"/{below - 1}" in line.split(", recount")[0]
    assert f"/{below}" in line.split(", recount")[1]


def test_the_command_names_what_differs(
    board_in_store: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["board", "--recount", "--from", "2026-03-01", "--to", "2026-03-31", "--by", "unit"]
    assert cli.main(words) == 0
    assert "equals a plain recount" in capsys.readouterr().err
    FactLine.objects.filter(what=int(What.HANDLING)).delete()
    assert cli.main(words) == 1
    told = capsys.readouterr().err
    assert "handled: board 0/0, recount" in told
    assert "unit 11: handled" in told or "… and" in told
