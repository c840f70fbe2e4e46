"""The open data of one month: tables of counts, small cells hidden, and the document that is published. Pure.

Three tables, each counted from the lines of the board as known at the end of the month:

* ``reports``: reports by street and class of kinds with their margins, and by community within its street;
* ``handling``: rounds of handling owed, by street and by class: on time or not;
* ``verdicts``: reporters who judged, by street and by class: satisfied or not. Here a nought is hidden like a small count: that nobody of four
  was satisfied says what each of the four said.

A cell is (street, community, class, outcome); "" is all of them together. The relations of each table form a network (science.disclosure).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gongbi.bulletin.shape import Words
from gongbi.insight.counting import Counted
from gongbi.insight.rates import Rate
from gongbi.science.disclosure import Relation, Suppressed, suppress

FORMAT = 1
UNPLACED, UNKNOWN = "unplaced", "unknown"  # what could be put into no street, community or class
STREET, COMMUNITY, CLASS = 9, 12, 3  # digits of a code, first letters of a kind
SHOWN, HIDDEN = "published", "suppressed"


class Key(NamedTuple):
    """What a cell counts; "" is the total over that dimension."""

    street: str = ""
    community: str = ""
    group: str = ""
    outcome: str = ""

    @property
    def name(self) -> str:
        return "|".join(self)


@dataclass(frozen=True, slots=True)
class Told:
    """A published table: what it is of, its two outcomes ("" for a plain count), whether a nought is hidden too."""

    code: str
    words: Words
    rate: str  # of the board, whose lines it counts
    outcomes: tuple[str, ...] = ()
    noughts: bool = False


TABLES: tuple[Told, ...] = (
    Told("reports", ("诉求", "Reports that came in"), "repeated"),
    Told("handling", ("按期处置", "Handling on time"), "handled_on_time", ("on_time", "not_on_time")),
    Told(
        "verdicts",
        ("评价", "Verdicts of reporters"),
        "satisfied",
        ("satisfied", "not_satisfied"),
        noughts=True,
    ),
)
OUTCOMES: Mapping[str, Words] = {
    "": ("合计", "total"), "on_time": ("按期", "on time"), "not_on_time": ("未按期", "not on time"),
    "satisfied": ("满意", "satisfied"), "not_satisfied": ("不满意", "not satisfied"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of one table with their relations; cell ``i`` is ``keys[i]``."""

    told: Told
    keys: tuple[Key, ...]
    values: tuple[int, ...]
    relations: tuple[Relation, ...]

    def hide(self, threshold: int, also: Iterable[str] = ()) -> Suppressed:
        """What must not be published. ``also``: names of cells that an earlier edition hid."""
        place = {key.name: at for at, key in enumerate(self.keys)}
        return suppress(
            self.values, self.relations, threshold=threshold, noughts=self.told.noughts,
            also=[place[name] for name in also if name in place],
        )  # fmt: skip


def street_of(place: str) -> str:
    """The street of a place, or that it has none."""
    return place[:STREET] if len(place) >= STREET else UNPLACED


def community_of(place: str) -> str:
    """The community of a place, or that only the street is known."""
    return place[:COMMUNITY] if len(place) >= COMMUNITY else UNPLACED


def class_of(kind: str) -> str:
    """The major class of a kind."""
    return kind[:CLASS] or UNKNOWN


def count(lines: Mapping[Counted, int], rate: Rate, told: Told) -> dict[Key, int]:
    """The smallest cells of a table: lines of the rate, by street, community, class and outcome, as the board counts them."""
    found: dict[Key, int] = {}
    for one, n in lines.items():
        if one.what != rate.what or not rate.below.holds(one.flags) or (rate.excludable and one.excluded):
            continue
        outcome = ""
        if told.outcomes:
            outcome = told.outcomes[0 if rate.above.holds(one.flags) else 1]
        key = Key(street_of(one.place), community_of(one.place), class_of(one.kind), outcome)
        found[key] = found.get(key, 0) + n
    return found


def build(cells: Mapping[Key, int], told: Told) -> Table:
    """A table with every margin that is published, and the relations between them. Streets and classes without any line are left out."""
    streets = sorted({key.street for key in cells})
    groups = sorted({key.group for key in cells})
    places: dict[str, list[str]] = {
        street: sorted({k.community for k in cells if k.street == street}) for street in streets
    }
    keys: list[Key] = []
    relations: list[tuple[Key, list[Key]]] = []
    if told.outcomes:
        for outcome in ("", *told.outcomes):
            keys += [Key(street, "", "", outcome) for street in streets] + [
                Key("", "", group, outcome) for group in groups
            ]
            keys.append(Key("", "", "", outcome))
            relations.append((Key("", "", "", outcome), [Key(street, "", "", outcome) for street in streets]))
            relations.append((Key("", "", "", outcome), [Key("", "", group, outcome) for group in groups]))
        rows = [Key(street) for street in streets] + [Key("", "", group) for group in groups] + [Key()]
        relations += [(row, [row._replace(outcome=outcome) for outcome in told.outcomes]) for row in rows]
    else:
        for street in ("", *streets):
            keys += [Key(street, "", group) for group in ("", *groups)]
            relations.append((Key(street), [Key(street, "", group) for group in groups]))
        relations += [
            (Key("", "", group), [Key(street, "", group) for street in streets]) for group in ("", *groups)
        ]
        for street in streets:
            below = [Key(street, community) for community in places[street]]
            keys += below
            relations.append((Key(street), below))
    sums = dict.fromkeys(keys, 0)
    for key, n in cells.items():
        for where in _margins(key, bool(told.outcomes)):
            sums[where] += n
    place = {key: at for at, key in enumerate(keys)}
    return Table(
        told, tuple(keys), tuple(sums[key] for key in keys),
        tuple((place[total], tuple(place[part] for part in parts)) for total, parts in relations if parts),
    )  # fmt: skip


def _margins(key: Key, by_outcome: bool) -> Iterator[Key]:
    """The published cells that a smallest cell counts in."""
    if by_outcome:
        for outcome in ("", key.outcome):
            yield Key(key.street, "", "", outcome)
            yield Key("", "", key.group, outcome)
            yield Key("", "", "", outcome)
        return
    for street in ("", key.street):
        for group in ("", key.group):
            yield Key(street, "", group)
    yield Key(key.street, key.community)


def rows(table: Table, hidden: frozenset[int]) -> list[dict[str, Any]]:
    """The published rows of a table, in the order of its cells; a hidden one has no count."""
    return [
        {
            "table": table.told.code, "street": key.street, "community": key.community, "class": key.group, "outcome": key.outcome,
            "count": None if at in hidden else table.values[at], "status": HIDDEN if at in hidden else SHOWN,
        }
        for at, key in enumerate(table.keys)
    ]  # fmt: skip


FIELDS: tuple[tuple[str, str, Words], ...] = (
    ("month", "YYYY-MM", ("月份（按各表的口径日期计）", "the month, decided by the date named at each table")),
    ("edition", "integer", ("版本号；更正另出新版，旧版保留", "edition; a correction is another edition, the old one stays")),
    ("table", "code", ("表：reports、handling、verdicts", "the table: reports, handling, verdicts")),
    ("street", "9 digits", ("街道代码；空为全区，unplaced 为未定位", "code of the street; empty: the whole district, unplaced: not placed")),
    ("street_name", "text", ("街道名称", "name of the street")),
    ("community", "12 digits", ("社区代码（仅 reports 表）；空为合计，unplaced 为只知街道", "community (reports only); empty: all, unplaced: only the street is known")),
    ("community_name", "text", ("社区名称", "name of the community")),
    ("class", "3 letters", ("问题大类代码；空为全部大类", "major class of kinds; empty: all")),
    ("class_name", "text", ("大类名称", "name of the class")),
    ("outcome", "code", ("结果；空为合计", "outcome; empty: the total")),
    ("count", "integer or empty", ("件数；不公布的为空，不是 0", "the count; empty where it is not told, which is not nought")),
    ("status", "published | suppressed", ("published 公布；suppressed 为保护隐私不公布", "published, or suppressed to protect people")),
)  # fmt: skip
COLUMNS = tuple(name for name, _kind, _words in FIELDS)


def document(
    tables: Sequence[tuple[Table, Suppressed]],
    *,
    month: str,
    edition: int,
    names: Mapping[str, Words],
    publisher: Words,
    threshold: int,
    threshold_source: Words,
    licence: str,
    definitions: Mapping[str, Words],
    synthetic: bool,
    why: str = "",
) -> dict[str, Any]:
    """What is published, as plain values. ``names``: of streets, communities and classes by their codes."""
    found: list[dict[str, Any]] = []
    for table, hidden in tables:
        for row in rows(table, hidden.hidden):
            told = {
                f"{name}_name": list(names.get(row[name], ("", "")))
                for name in ("street", "community", "class")
            }
            found.append({"month": month, "edition": edition, **row, **told})
    return {
        "format": FORMAT,
        "dataset": "gongbi-open-counts",
        "title": [f"{publisher[0]}社会治理案件统计 {month}", f"{publisher[1]}: counts of matters, {month}"],
        "month": month,
        "edition": edition,
        "why": why,
        "synthetic": synthetic,
        "publisher": list(publisher),
        "licence": licence,
        "provenance": [
            "由本区工笔平台的办理流水折算，按月末所知计，与内部看板同一口径；不含个人信息、文字内容和门牌地址，最细到社区。",
            "Folded from the record of the district's Gongbi platform, as known at the end of the month, by the definitions of its own board; "
            "no personal data, no texts, no addresses: nothing finer than a community.",
        ],
        "suppression": {
            "threshold": threshold,
            "law": False,
            "source": list(threshold_source),
            "rule": [
                f"小于 {threshold} 的数不公布（评价表连 0 也不公布）；为防止用合计相减推出，另有一些较大的数也不公布。两种不作区分。",
                f"Counts below {threshold} are not told (in the table of verdicts noughts neither); some larger ones are not told either, so that "
                "they cannot be had by subtraction. Which is which is not said.",
            ],
        },
        "tables": [
            {
                "code": table.told.code,
                "words": list(table.told.words),
                "definition": list(definitions.get(table.told.code, ("", ""))),
            }
            for table, _hidden in tables
        ],
        "dictionary": [{"name": name, "type": kind, "words": list(words)} for name, kind, words in FIELDS],
        "outcomes": {code: list(words) for code, words in OUTCOMES.items()},
        "rows": found,
    }


def as_csv(plain: Mapping[str, Any], english: bool = False) -> bytes:
    """The rows as CSV: UTF-8 with its mark, the columns of the dictionary by their names, lines ended by CR LF (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in plain["rows"]:
        told = [row[name] for name in COLUMNS]
        writer.writerow(
            ["" if one is None else one[int(english)] if isinstance(one, list) else one for one in told]
        )
    return b"\xef\xbb\xbf" + out.getvalue().encode()
