"""A kept bulletin as people read it, in one language: figures and cells as text. Word, PDF and the page all show these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from gongbi.bulletin import shape
from gongbi.bulletin.models import Bulletin
from gongbi.bulletin.shape import Plain, said
from gongbi.bulletin.words import DROPPED, NOT_ISSUED, SORTS, SYNTHETIC, TEXTS
from gongbi.kernel.errors import in_language

Row = tuple[str, ...]
T = TEXTS


def is_english() -> bool:
    """Whether the reader reads English."""
    return bool(in_language(("", "en")))


@dataclass(frozen=True, slots=True)
class Shown:
    """One table of text; ``numbers``: which columns are numbers."""

    caption: str
    columns: Row
    rows: Sequence[Row]
    note: str = ""
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Drawn:
    """One chart: what it shows (its text for those who cannot see it), and the numbers."""

    caption: str
    kind: str
    labels: Row
    series: Sequence[tuple[str, Sequence[float | None]]]
    note: str

    @property
    def alt(self) -> str:
        """The whole chart in words."""
        told = [
            f"{name}："
            + "，".join(f"{label} {_number(value)}" for label, value in zip(self.labels, values, strict=True))
            for name, values in self.series
        ]
        return f"{self.caption}。" + "；".join(told)


@dataclass(frozen=True, slots=True)
class Part:
    """One part in the reader's language. ``figures``: the table of figures, or None."""

    name: str
    heading: str
    said: str
    figures: Shown | None
    tables: Sequence[Shown]
    charts: Sequence[Drawn]


def _number(value: float | None) -> str:
    if value is None:
        return in_language(shape.NO_DATA)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def amount(value: Mapping[str, Any] | None, unit: str) -> str:
    """One value of a figure: no data where nothing is on record, "—" where nothing is below the line."""
    if value is None:
        return in_language(shape.NO_DATA)
    one = value["value"]
    if one is None:
        return "—"
    if unit == "share":
        return f"{100 * one:.1f}%"
    return f"{one:.3f}" if unit == "points" else _number(one)


def change(figure: Plain) -> str:
    """The difference to the period before: a count with its share, a rate in points; "—" where one of the two is missing."""
    now, before = figure["now"], figure["before"]
    if now is None or before is None or now["value"] is None or before["value"] is None:
        return "—"
    by = now["value"] - before["value"]
    if figure["unit"] == "share":
        return f"{_arrow(by)}{abs(100 * by):.1f} {in_language(T['points'])}"
    if figure["unit"] == "points":
        return f"{_arrow(by)}{abs(by):.3f}"
    share = f" ({100 * by / before['value']:+.0f}%)" if before["value"] else ""
    return f"{_arrow(by)}{_number(abs(round(by, 1) if isinstance(by, float) else by))}{share}"


def _arrow(by: float) -> str:
    return "↑ " if by > 0 else "↓ " if by < 0 else "= "


def made_of(figure: Plain) -> str:
    """Numerator and denominator with the interval; that it is too few to rank."""
    now = figure["now"]
    if now is None or "below" not in now:
        return ""
    told = f"{now['above']:,} / {now['below']:,}"
    if now["interval"]:
        low, high = now["interval"]
        told += f" [{100 * low:.1f}–{100 * high:.1f}%]"
    return told + (f" · {in_language(shape.FEW)}" if figure["few"] else "")


def figures(plain: Sequence[Plain], english: bool) -> Shown:
    """The figures of a part as a table."""
    rows = [
        (
            said(one["words"], english), amount(one["now"], one["unit"]), amount(one["before"], one["unit"]), change(one),
            amount(one["year"], one["unit"]), made_of(one),
        )
        for one in plain
    ]  # fmt: skip
    columns = tuple(in_language(T[name]) for name in ("figure", "now", "before", "change", "year", "made_of"))
    return Shown("", columns, rows, numbers=frozenset({1, 2, 3, 4}))


def cell(value: Any, heading: Any, english: bool) -> str:
    """One cell of a table: shares stand in columns whose Chinese heading ends in 率 or is 占比."""
    if value is None:
        return in_language(shape.NO_DATA)
    name = said(heading)
    if isinstance(value, float) and (name.endswith("率") or name == "占比"):
        return f"{100 * value:.1f}%"
    return said(value, english) if isinstance(value, list | str) else _number(value)


def table(plain: Plain, english: bool) -> Shown:
    """One kept table as text."""
    columns = plain["columns"]
    rows = [tuple(cell(value, columns[at], english) for at, value in enumerate(row)) for row in plain["rows"]]
    numbers = frozenset(
        at
        for at in range(1, len(columns))
        if plain["rows"]
        and all(
            row[at] is None or row[at] == "—" or isinstance(row[at], int | float) for row in plain["rows"]
        )
    )
    return Shown(
        said(plain["words"], english),
        tuple(said(one, english) for one in columns),
        rows,
        said(plain["note"], english),
        numbers,
    )


def drawn(plain: Plain, english: bool) -> Drawn:
    """One kept chart with its words in one language."""
    return Drawn(
        said(plain["words"], english), plain["kind"], tuple(said(one, english) for one in plain["labels"]),
        [(said(one["words"], english), one["values"]) for one in plain["series"]], said(plain["note"], english),
    )  # fmt: skip


def parts(plain: Plain) -> list[Part]:
    """Every part, in the reader's language."""
    english = is_english()
    return [
        Part(
            one["name"], said(one["words"], english), said(one["said"], english),
            figures(one["figures"], english) if one["figures"] else None,
            [table(each, english) for each in one["tables"] if each["rows"] or not one["figures"]],
            [drawn(each, english) for each in one["charts"] if any(any(v for v in line["values"] if v) for line in each["series"])],
        )
        for one in plain["parts"]
    ]  # fmt: skip


def definitions(plain: Plain) -> list[tuple[str, str]]:
    """What each figure counts, with its source: (name, sentence), each once."""
    english = is_english()
    found: dict[str, str] = {}
    for one in plain["parts"]:
        for figure in one["figures"]:
            source = f"（{in_language(T['source'])}：{figure['source']}）" if figure["source"] else ""
            found.setdefault(said(figure["words"], english), said(figure["definition"], english) + source)
    return list(found.items())


def changes(bulletin: Bulletin) -> Shown:
    """What differs from the edition before."""
    english = is_english()
    rows = [
        (said(one["words"], english), value_words(one["was"], english), value_words(one["is"], english))
        for one in bulletin.changes
    ]
    return Shown(
        in_language(T["changes"]), tuple(in_language(T[name]) for name in ("what", "was", "is")), rows
    )


def value_words(value: Any, english: bool) -> str:
    """One value of a difference: of a figure, or the cells of a row."""
    if value is None:
        return in_language(T["gone"])
    if isinstance(value, dict):
        one = value["value"]
        if "below" in value:
            return f"{amount(value, 'share')} ({value['above']:,} / {value['below']:,})"
        return "—" if one is None else f"{one:,}"
    return " · ".join(
        _number(one) if isinstance(one, int | float) else said(one, english) or in_language(shape.NO_DATA)
        for one in value
    )


def title(bulletin: Bulletin) -> str:
    """“莲湖区社会治理月报”."""
    from gongbi.bulletin.composing import place_words
    from gongbi.insight.period import Period

    place = in_language(place_words(bulletin.place, Period(bulletin.first, bulletin.last)))
    kind = in_language(SORTS[bulletin.sort])
    return f"{place} · {kind}" if is_english() else f"{place}社会治理{kind}"


def span(bulletin: Bulletin) -> str:
    """The days of a bulletin."""
    first, last = bulletin.first, bulletin.last
    if is_english():
        return f"{first}" if first == last else f"{first} – {last}"
    told = f"{first.year}年{first.month}月{first.day}日"
    return told if first == last else f"{told}至{last.year}年{last.month}月{last.day}日"


def marks(bulletin: Bulletin) -> list[str]:
    """What nobody may overlook: not issued, dropped, made up."""
    found = []
    if bulletin.state in ("draft", "checked"):
        found.append(in_language(NOT_ISSUED))
    if bulletin.state == "dropped":
        found.append(in_language(DROPPED))
    if bulletin.synthetic:
        found.append(in_language(SYNTHETIC))
    return found


def head(bulletin: Bulletin) -> Iterator[tuple[str, str]]:
    """Number, period, edition and times: the lines under the title."""
    yield in_language(T["number"]), bulletin.number
    yield in_language(T["period"]), span(bulletin)
    yield in_language(T["edition"]), in_language(T["bulletin_no"]) % {"edition": bulletin.edition}
    if bulletin.why:
        yield in_language(T["why"]), bulletin.why
    if bulletin.issued_at:
        yield in_language(T["issued_at"]), f"{timezone.localtime(bulletin.issued_at):%Y-%m-%d %H:%M}"
    yield in_language(T["taken_at"]), f"{timezone.localtime(bulletin.taken_at):%Y-%m-%d %H:%M}"
    yield in_language(T["digest"]), bulletin.digest


def issuer() -> str:
    """Whose bulletins these are."""
    return in_language(settings.DISTRICT_NAME)
