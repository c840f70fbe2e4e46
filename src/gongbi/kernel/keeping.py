"""The lists that people keep and send as files: one registry, from which the desk's pages and the commands both read.

A room declares its lists in a module ``lists`` (found in every installed app, like ``tasks``):

    keep("units", Kept(("单位", "Units"), ("部门、街道…", "Departments…"), read_units, COLUMNS, rank=40))

A :class:`Reader` returns a :class:`Result`, or a room's own kind of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any, Protocol

from django.utils.module_loading import autodiscover_modules

from gongbi.kernel.errors import NotThere, Refused, in_language
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, Fault, write_template

Words = tuple[str, str]


@dataclass(slots=True)
class Result:
    """What became of a file: how many rows are new, changed, as they were; what is wrong with the others; what else must be said.

    ``closed``: things that ended because a whole list came without them.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    closed: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[Words] = field(default_factory=list)

    @property
    def words(self) -> Words:
        """The counts in one sentence."""
        ended = (f"结束 {self.closed}，", f"{self.closed} ended, ") if self.closed else ("", "")
        wrong = len(self.faults)
        return (
            f"新增 {self.new}，改动 {self.changed}，{ended[0]}未变 {self.same}，有误 {wrong}。",
            f"{self.new} new, {self.changed} changed, {ended[1]}{self.same} as they were, {wrong} wrong.",
        )


class Reader(Protocol):
    """Takes an open file in. Refused when the file as a whole cannot be read; wrong rows are faults of the result."""

    def __call__(
        self, file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
    ) -> Result: ...


class Rows(Protocol):
    """What is kept, as of a local day, in the columns of the list: what a file that goes out holds."""

    def __call__(self, viewer: Viewer, /, *, on: date) -> Iterable[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """One list: what it is and what it holds (zh, en), who reads it, its columns (none: no spreadsheet), its place in order.

    ``rows``: what goes out in the same columns; a file that went out comes in again and changes nothing.
    ``dated``: a file says from which day it holds. ``tried``: a new version is tried on the past before it takes effect, so it
    is never read straight in. ``desk``: the desk offers it; what is no list but a stream (reports) only the commands take.
    """

    words: Words
    hint: Words
    read: Reader
    columns: Sequence[Column] = ()
    rows: Rows | None = None
    rank: int = 0
    ends: str = ".xlsx,.csv"
    dated: bool = True
    tried: bool = False
    desk: bool = True


_kept: dict[str, Kept] = {}


def keep(name: str, kept: Kept) -> None:
    """Declare a list; called when the room's module ``lists`` is imported."""
    _kept[name] = kept


def lists(*, desk: bool = False) -> dict[str, Kept]:
    """Every list by name, in order; ``desk``: only those that the desk offers."""
    autodiscover_modules("lists")
    found = sorted(_kept.items(), key=lambda one: one[1].rank)
    return {name: kept for name, kept in found if kept.desk or not desk}


def known(name: str) -> Kept:
    """The list called ``name``; NotThere, naming all of them, when there is none."""
    found = lists()
    if name not in found:
        raise NotThere(
            "import.unknown_list",
            (
                "没有名为“%(name)s”的清单。可用：%(names)s。",
                "There is no list “%(name)s”. There are: %(names)s.",
            ),
            values={"name": name, "names": ", ".join(found)},
        )
    return found[name]


def template(name: str, *, lang: str = "zh") -> bytes:
    """The empty Excel form of a list. NotThere for a list that is no spreadsheet."""
    kept = known(name)
    if not kept.columns:
        raise NotThere(
            "import.no_template",
            ("“%(name)s”不是表格，没有模板。", "“%(name)s” is no spreadsheet, so it has no template."),
            values={"name": in_language(kept.words)},
        )
    return write_template(kept.columns, kept.words[0 if lang == "zh" else 1], lang=lang)


def read(
    name: str, file: IO[bytes], filename: str, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read ``file`` as the list ``name``. Good rows are kept whatever their neighbours are.

    Refused: the file is unreadable, or the list must be tried on the past first.
    """
    kept = known(name)
    if kept.tried:
        raise Refused(
            "import.tried_first",
            (
                "“%(name)s”须先试算再生效：请在相应页面建立草稿，或用 gongbi import 命令查看试算结果。",
                "“%(name)s” takes effect only after a trial on past matters: make a draft on its page, or see the trial with "
                "the command gongbi import.",
            ),
            values={"name": in_language(kept.words)},
            field="file",
        )
    return kept.read(file, filename, valid_from=valid_from, viewer=viewer, at=at)
