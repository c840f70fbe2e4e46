"""The lists that forms choose from: communities, units, kinds."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from gongbi.desk.names import Names
from gongbi.duties import queries as duties
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.templatetags.look import said
from gongbi.parties import queries as parties
from gongbi.parties.words import kind_name
from gongbi.territory import queries as territory

FOUND = 8  # kinds shown for what was typed


def communities(viewer: Viewer, now: datetime) -> list[Any]:
    """Communities of the viewer's field by street, for a select; two queries at most."""
    below: dict[str, list[tuple[str, str]]] = {}
    for one in territory.divisions(on=now, level="community"):
        if viewer.covers(one.code) or any(own.startswith(one.code) for own in viewer.territories):
            below.setdefault(one.code[:9], []).append((one.code, one.name))
    names = territory.names(list(below), on=now)
    return [(names.get(street, street), rows) for street, rows in below.items()]


def units(names: Names, *, first: Iterable[str] = (), only: Sequence[str] = ()) -> list[Any]:
    """Units in force by kind, for a select; those whose codes are ``first`` stand on top. One query."""
    found = list(parties.units(names.viewer, at=names.now, kinds=only))
    by_code = {unit.code: unit for unit in found}
    groups: dict[str, list[tuple[str, str]]] = {}
    top = [by_code[code] for code in dict.fromkeys(first) if code in by_code]
    for unit in found:
        groups.setdefault(kind_name(unit.kind), []).append((str(unit.pk), unit.label))
    shown: list[Any] = [(_("Likely"), [(str(unit.pk), unit.label) for unit in top])] if top else []
    return shown + list(groups.items())


def selector_code(selector: str) -> str:
    """The code inside ``department:water`` or ``unit:x``; a bare code is itself."""
    return selector.partition(":")[2] or selector


def find_kinds(words: str, *, now: datetime, most: int = FOUND) -> list[Any]:
    """Kinds whose code, name or own words contain what was typed, the closest first; else what the classifier says."""
    text = _folded(words)
    if not text:
        return []
    ranked = []
    for kind in duties.kinds(on=now):
        names = [_folded(kind.code), *(_folded(name) for name in kind.name)]
        if text in names:
            rank = 0
        elif any(name.startswith(text) for name in names):
            rank = 1
        elif any(text in name for name in names):
            rank = 2
        elif any(text in _folded(word) or _folded(word) in text for word in kind.words if len(word) > 1):
            rank = 3
        else:
            continue
        ranked.append((rank, kind.code, kind))
    ranked.sort(key=lambda one: one[:2])
    if ranked:
        return [kind for _rank, _code, kind in ranked[:most]]
    by_code = {kind.code: kind for kind in duties.kinds(on=now)}
    return [by_code[guess.code] for guess in duties.classify(words, top=3, on=now) if guess.words]


def exact_kind(words: str, *, now: datetime) -> Any:
    """The one kind that what was typed names by its code or whole name, or None."""
    text = _folded(words.split(" ", 1)[0] if words[:1].isalpha() and words[1:5].isdigit() else words)
    for kind in duties.kinds(on=now):
        if text == _folded(kind.code) or text in (_folded(name) for name in kind.name):
            return kind
    return None


def standard_choices(kind_code: str, now: datetime) -> list[tuple[str, str]]:
    """The filing conditions of a kind with their limits."""
    return [
        (filing.code, f"{said(filing.filing)} · {filing.limit}")
        for filing in duties.standards(kind_code, on=now)
    ]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")
