"""What a board page was asked for: read from the address, checked, and written back into links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from gongbi.insight import period as periods
from gongbi.insight.counting import BY, Filters
from gongbi.insight.period import Period
from gongbi.kernel.errors import Refused

_CODE = 15  # digits of the finest division
_KEY = 18  # digits of a key that every database can hold


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to the board. ``name`` is the named period, "" for two dates; ``by`` and ``rate`` may be empty."""

    name: str
    period: Period
    filters: Filters
    by: str
    rate: str

    def query(self, **more: Any) -> str:
        """The address's question part; ``more`` overrides, empty values are left out."""
        values: dict[str, Any] = {"from": self.period.first, "to": self.period.last}
        if self.name:
            values = {"period": self.name}
        values |= {"by": self.by, "rate": self.rate, **self.filters.plain(), **more}
        return urlencode({key: value for key, value in values.items() if value not in ("", None)})

    def link(self, page: str, **more: Any) -> str:
        """The address of a page of the board (``board``, ``board_rows``, ``board_export``) with this question."""
        return f"{reverse(f'board:{page}')}?{self.query(**more)}"

    def fixed(self, page: str, **more: Any) -> str:
        """As :meth:`link`, with the dates written out: a link that means the same tomorrow."""
        return self.link(page, **{"period": "", "from": self.period.first, "to": self.period.last, **more})


def read(given: Mapping[str, str], today: date) -> Asked:
    """The question in an address. Without any period it is this month. Refused, with the field, for what makes no sense."""
    first, last = given.get("from", "").strip(), given.get("to", "").strip()
    name = given.get("period", "")
    if first or last:
        name, period = "", periods.read(first or last, last or first)
    else:
        name = name or "month"
        found = periods.named(name, today)
        if found is None:
            raise _unknown("period", name)
        period = found
    by = given.get("by", "")
    if by and by not in BY:
        raise _unknown("by", by)
    filters = Filters(
        territory=_digits(given, "territory", _CODE),
        unit=int(_digits(given, "unit", _KEY)) if given.get("unit") else None,
        kind=_word(given, "kind", 8),
        channel=_word(given, "channel", 12),
        net=given.get("net", "")[:24],
    )
    return Asked(name, period, filters, by, given.get("rate", "")[:24])


def key_of(given: Mapping[str, str], by: str) -> str:
    """The group that an address names, checked against what it is divided by."""
    return _digits(given, "key", _KEY) if by in ("street", "community", "unit") else given.get("key", "")[:24]


def _digits(given: Mapping[str, str], name: str, most: int) -> str:
    text = given.get(name, "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) <= most):
        raise _unknown(name, text)
    return text


def _word(given: Mapping[str, str], name: str, most: int) -> str:
    text = given.get(name, "").strip()
    if text and not (text.isascii() and text.isalnum() and len(text) <= most):
        raise _unknown(name, text)
    return text


def _unknown(field: str, text: str) -> Refused:
    return Refused(
        "insight.asked",
        (
            "地址中的“%(field)s=%(text)s”无法识别，请从页面上重新选择。",
            "“%(field)s=%(text)s” in the address means nothing here. Choose again on the page.",
        ),
        values={"field": field, "text": text[:30]},
        field=field,
    )
