"""The proof: every figure counted a second time from the bare ledger, by code of its own (``plain``), and compared with the board.

``gongbi board --recount`` and the tests use it. It reads every entry, one case after another, and asks none of insight's tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple, Protocol

import orjson

from gongbi.insight.period import Period
from gongbi.insight.plain import EntryLike, items_of
from gongbi.insight.reading import Item
from gongbi.kernel.ledger.models import LedgerEntry

FLOW = "cases"
KEYS: dict[str, Callable[[Item], str]] = {
    "street": lambda item: item.territory[:9],
    "community": lambda item: item.territory[:12],
    "unit": lambda item: "" if item.unit is None else str(item.unit),
    "kind": lambda item: item.kind,
    "channel": lambda item: item.channel,
    "net": lambda item: item.net,
}


class Entry(NamedTuple):
    """One row of the ledger, as far as it is read."""

    at: Any
    transition: str
    to_state: str
    facts: Mapping[str, Any]
    unit_id: int | None


class Wish(Protocol):
    """What a board is narrowed to; empty means all."""

    @property
    def territory(self) -> str: ...
    @property
    def unit(self) -> int | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def net(self) -> str: ...


class City(Protocol):
    """What the city sets."""

    @property
    def fairly_counts(self) -> bool: ...
    @property
    def weights(self) -> tuple[float, float, float]: ...


@dataclass(slots=True)
class Count:
    """Above and below the line, and what left the rating, by its ground."""

    above: int = 0
    below: int = 0
    excluded: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As the board's JSON says it."""
        share = round(self.above / self.below, 6) if self.below else None
        return {"numerator": self.above, "denominator": self.below, "rate": share, "excluded": self.excluded}


def in_time(item: Item) -> bool:
    """Done within the limit, the very minute included, or excused by an appeal."""
    return item.exempt or (item.done and not item.late)


def always(item: Item) -> bool:
    return True


def satisfied(city: City) -> Callable[[Item], bool]:
    lowest = 3 if city.fairly_counts else 4
    return lambda item: item.sort[1] >= lowest


# rate → (what it counts, what of that, what is good, whether excluded cases leave it)
Rule = tuple[str, Callable[[Item], bool], Callable[[Item], bool], bool]


def rules(city: City) -> dict[str, Rule]:
    """The rates of docs/rates.md, written down once more."""
    return {
        "filed": ("reported", lambda i: i.sort == "new", lambda i: i.done, False),
        "filed_on_time": ("filing", always, in_time, False),
        "public": ("filed", always, lambda i: i.sort == "public", False),
        "valid": (
            "reported",
            lambda i: i.sort in ("answered", "nothing new") or (i.sort == "new" and (i.done or i.spoiled)),
            lambda i: not i.spoiled,
            False,
        ),
        "repeated": ("reported", always, lambda i: i.sort in ("joined", "merged", "nothing new"), False),
        "dispatch_right": ("dispatch", lambda i: i.sort == "chosen", lambda i: not i.spoiled, False),
        "returned": ("dispatch", always, lambda i: i.spoiled, True),
        "handled": ("handling", always, lambda i: i.done, True),
        "handled_on_time": ("handling", always, in_time, True),
        "settled_on_time": ("handling", always, lambda i: in_time(i) and not i.spoiled, True),
        "reworked": ("handling", always, lambda i: i.spoiled, True),
        "check_passed": ("checked", always, lambda i: not i.spoiled, False),
        "checked_on_time": ("check", always, in_time, False),
        "closed": ("closing", always, lambda i: i.done, True),
        "closed_on_time": ("closing", always, lambda i: i.done and (i.exempt or not i.late), True),
        "first_time": ("closed", always, lambda i: i.sort == "clean" and not i.spoiled, True),
        "responded": ("response", always, lambda i: i.done and not i.late, True),
        "solved": ("verdict", always, lambda i: i.sort[0], True),
        "satisfied": ("verdict", always, satisfied(city), True),
    }


def count(items: Sequence[Item], city: City) -> dict[str, Any]:
    """Every rate of these items, as the board's JSON says it."""
    found = {}
    for code, (what, below, above, excludable) in rules(city).items():
        counted = Count()
        for item in items:
            if item.what != what or not below(item):
                continue
            if excludable and item.ground:
                counted.excluded[item.ground] = counted.excluded.get(item.ground, 0) + 1
                continue
            counted.below += 1
            counted.above += above(item)
        found[code] = counted.as_json()
    return found


def score(found: Mapping[str, Any], city: City) -> float | None:
    """The weighted score of the three rates, six digits; None where one has nothing below the line."""
    three = [found[code] for code in ("responded", "solved", "satisfied")]
    if any(one["denominator"] == 0 for one in three):
        return None
    shares = [one["numerator"] / one["denominator"] for one in three]
    return round(math.fsum(weight * share for weight, share in zip(city.weights, shares, strict=True)), 6)


def inside(item: Item, period: Period, wish: Wish | None) -> bool:
    """Whether the item falls into the period and into what was asked for."""
    if not period.start <= item.at < period.end:
        return False
    return wish is None or (
        item.territory.startswith(wish.territory)
        and (wish.unit is None or wish.unit == item.unit)
        and item.kind.startswith(wish.kind)
        and wish.channel in ("", item.channel)
        and wish.net in ("", item.net)
    )


def count_histories(
    histories: Iterable[Iterable[EntryLike]],
    period: Period,
    *,
    config: City,
    by: Sequence[str] = (),
    filters: Wish | None = None,
) -> dict[str, Any]:
    """The figures of ``period`` from bare histories, one ledger each in order: ``rates``, ``score`` and ``by``."""
    items = [item for one in histories for item in items_of(one, period.end) if inside(item, period, filters)]
    whole = count(items, config)
    divided: dict[str, dict[str, Any]] = {}
    for name in by:
        groups: dict[str, list[Item]] = {}
        for item in items:
            groups.setdefault(KEYS[name](item), []).append(item)
        divided[name] = {key: count(group, config) for key, group in groups.items()}
    return {"rates": whole, "score": score(whole, config), "by": divided}


def whole_ledger() -> Iterator[list[Entry]]:
    """The history of every case, one after another, streamed."""
    rows = LedgerEntry.objects.filter(matter__flow=FLOW).order_by("matter_id", "seq")
    columns = rows.values_list("matter_id", "at", "transition", "to_state", "facts", "unit_id")
    for _key, group in groupby(columns.iterator(chunk_size=5000), key=lambda row: row[0]):
        yield [Entry(*row[1:]) for row in group]


def recount(
    period: Period, *, config: City, by: Sequence[str] = (), filters: Wish | None = None
) -> dict[str, Any]:
    """The figures of ``period`` from the whole ledger."""
    return count_histories(whole_ledger(), period, config=config, by=by, filters=filters)


def differences(told: bytes, counted: Mapping[str, Any]) -> list[str]:
    """Where the board's canonical JSON says anything else than a recount: one line each, "" left out; none when they agree."""
    board = orjson.loads(told)
    said: dict[str, Any] = {"rates": {rate["code"]: _bare(rate) for rate in board["rates"]}}
    wrong = _compare("", said["rates"], counted["rates"])
    if board["three_rates"]["value"] != counted["score"]:
        wrong.append(f"three_rates: board {board['three_rates']['value']}, recount {counted['score']}")
    for name in sorted({*board["by"], *counted["by"]}):
        groups = {group["key"]: group["rates"] for group in board["by"].get(name, [])}
        again = counted["by"].get(name, {})
        for key in sorted({*groups, *again}):
            wrong += _compare(f"{name} {key or '-'}: ", groups.get(key, {}), again.get(key, {}))
    return wrong


def _bare(rate: Mapping[str, Any]) -> dict[str, Any]:
    return {key: rate[key] for key in ("numerator", "denominator", "rate", "excluded")}


def _compare(where: str, board: Mapping[str, Any], again: Mapping[str, Any]) -> list[str]:
    return [
        f"{where}{code}: board {_words(board.get(code))}, recount {_words(again.get(code))}"
        for code in sorted({*board, *again})
        if board.get(code) != again.get(code)
    ]


def _words(figure: Mapping[str, Any] | None) -> str:
    if figure is None:
        return "nothing"
    out = sum(figure["excluded"].values())
    return f"{figure['numerator']}/{figure['denominator']}" + (f", {out} left out" if out else "")
