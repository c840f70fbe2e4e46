"""Routes and standards for thousands of matters of one moment."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from django.utils import timezone

from gongbi.duties import catalogue, queries
from gongbi.duties.catalogue import State
from gongbi.duties.routing import Placed, Route
from gongbi.duties.rules import Filing

_REMEMBERED = 50_000  # routes


class Decider:
    """:func:`queries.route` and :func:`queries.default_standard` of one moment for thousands of matters, remembered.

    Of a text they look only for the words that rules and standards name, so texts with the same of them are decided alike.
    """

    def __init__(self, at: datetime) -> None:
        self.at, self.day = at, timezone.localdate(at)
        self._lists: State | None = None
        self._words: dict[str, tuple[str, ...]] = {}
        self._routes: dict[tuple[str, ...], Route | None] = {}
        self._standards: dict[tuple[str, ...], Filing | None] = {}

    def _named(self, kind_code: str, text: str) -> tuple[str, ...]:
        whole = catalogue.state(self.day)
        if whole is not self._lists:  # a list was changed meanwhile
            self._lists = whole
            for kept in (self._words, self._routes, self._standards):
                kept.clear()
        words = self._words.get(kind_code)
        if words is None:
            rules_of = [rule for rule in whole.rules if kind_code.startswith(rule.kinds)]
            named = (*rules_of, *whole.filings.get(kind_code, ()))
            words = self._words[kind_code] = tuple({word: None for one in named for word in one.words})
        if not words:
            return ()
        plain = unicodedata.normalize("NFKC", text)
        return tuple(word for word in words if word in plain)

    def route(self, kind_code: str, placed: Placed, text: str, source: str) -> Route | None:
        """As :func:`queries.route`."""
        named = self._named(kind_code, text)
        sort = str(getattr(placed, "kind", ""))
        key = (kind_code, placed.street, placed.community, placed.grid, sort, source, *named)
        if key not in self._routes:
            if len(self._routes) >= _REMEMBERED:
                self._routes.clear()
            self._routes[key] = queries.route(kind_code, placed, at=self.at, text=text, source=source)
        return self._routes[key]

    def standard(self, kind_code: str, text: str) -> Filing | None:
        """As :func:`queries.default_standard`."""
        key = (kind_code, *self._named(kind_code, text))
        if key not in self._standards:
            self._standards[key] = queries.default_standard(kind_code, text, on=self.day)
        return self._standards[key]
