"""One state of all lists on one day, in memory: what every report needs and nobody changes by the hour.

The database is asked for one number, the token, at most once a second; only when it has changed is anything read again, so a
change made by any process holds for all of them a second later. A process that changes a list asks at every use from then on
until the change is over, so it sees its own change at once.
"""

from __future__ import annotations

import io
import logging
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from time import monotonic
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.signals import post_migrate

from gongbi.duties import routing
from gongbi.duties.models import (
    DutyItem,
    Kind,
    KindModel,
    Precedent,
    Question,
    RoutingRule,
    Standard,
    Token,
    Versioned,
    WordRule,
)
from gongbi.duties.rules import Alarm, Filing, Item, KindFacts, Words
from gongbi.duties.rules import WordRule as WordingRule
from gongbi.science import text as science
from gongbi.science.text_words import Catalogue as WordModel
from gongbi.science.text_words import Entry

RECHECK = 1.0  # seconds
_KEPT_DAYS = 6  # states kept: today's, and those of the months that an import of old reports walks through
CATCH_ALL = -0.6  # what "other matter" must be better by


def split(text: str) -> tuple[str, ...]:
    """``"a；b;c"`` → ("a", "b", "c")."""
    return tuple(part for part in (piece.strip() for piece in text.replace("；", ";").split(";")) if part)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for the reporter. ``choices``: (value, (zh, en))."""

    name: str
    words: Words
    type: str
    choices: tuple[tuple[str, Words], ...]
    required: bool
    kinds: tuple[str, ...]


def choices_of(text: str) -> tuple[tuple[str, Words], ...]:
    """``"yes=是/yes|no=否/no"``. Raises ``ValueError`` for anything else."""
    out = []
    for part in filter(None, text.split("|")):
        value, equals, words = part.partition("=")
        zh, slash, en = words.partition("/")
        if not (equals and value.strip() and zh.strip()):
            raise ValueError(f"not a choice: {part!r} (write value=Chinese/English)")
        out.append((value.strip(), (zh.strip(), en.strip() if slash else zh.strip())))
    return tuple(out)


@dataclass(frozen=True)
class Trained:
    """The active classifier."""

    id: int
    model: science.Model
    mixing: float


@dataclass
class State:
    """All lists on one day."""

    kinds: dict[str, KindFacts]
    filings: dict[str, list[Filing]]
    items: list[Item]
    questions: list[Asked]
    rules: list[routing.Rule]
    words: list[WordingRule]
    rulings: list[routing.Ruling]
    trained: Trained | None = None
    alarm: tuple[str, Alarm | None] | None = None  # the text that was looked at last, and the emergency in it
    _named: dict[str, Filing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._named = {f.code: f for filings in self.filings.values() for f in filings}

    def filing(self, code: str) -> Filing | None:
        return self._named.get(code)

    @cached_property
    def cold(self) -> WordModel:
        """The catalogue as a classifier; compiled when first asked."""
        return WordModel(
            Entry(
                code,
                kind.name[0].partition("（")[0],
                kind.words,
                " ".join(f.filing[0] for f in self.filings.get(code, ())) if code[0] != "H" else "",
                CATCH_ALL if code.startswith("H99") else 0.0,
            )
            for code, kind in self.kinds.items()
        )


class _Memory:
    """What this process remembers. Replaced as a whole when the token changes."""

    def __init__(self, token: int) -> None:
        self.token = token
        bounds: set[date] = set()
        for model in (Kind, Standard, DutyItem, Question, RoutingRule, WordRule):
            for first, last in model.objects.values_list("valid_from", "valid_to").distinct():
                bounds.update(day for day in (first, last) if day is not None)
        self.bounds = sorted(bounds)
        self.states: OrderedDict[int, State] = OrderedDict()
        self.rulings = _rulings()
        self.trained = _trained()

    def state(self, on: date | None) -> State:
        place = -1 if on is None else bisect_right(self.bounds, on)
        found = self.states.get(place)
        if found is None:
            found = self.states[place] = _read(on, self.rulings, self.trained)
            while len(self.states) > _KEPT_DAYS:
                self.states.popitem(last=False)
        else:
            self.states.move_to_end(place)
        return found


_memory: _Memory | None = None
_asked = float("-inf")  # monotonic seconds
_suspect = True


def suspect(**_signal: Any) -> None:
    """This process is about to change a list: ask the database again at the next use."""
    global _suspect  # noqa: PLW0603
    _suspect = True


post_migrate.connect(suspect, dispatch_uid="duties.suspect")


def token() -> int:
    """The number that changes with every change of a list, a ruling or the active classifier."""
    return Token.objects.filter(pk=1).values_list("value", flat=True).first() or 0


def state(on: date | None) -> State:
    """The lists as valid on that local day; ``None``: the newest version of everything."""
    global _memory, _asked, _suspect  # noqa: PLW0603 – one memory for each process
    moment = monotonic()
    if _memory is not None and not _suspect and moment - _asked < RECHECK:
        return _memory.state(on)
    now = token()
    if _memory is None or _memory.token != now:
        _memory = _Memory(now)
    # What this process changed may still be rolled back: it keeps asking until its transaction is over.
    _asked, _suspect = moment, _suspect and connection.in_atomic_block
    return _memory.state(on)


def _valid(on: date | None) -> Q:
    if on is None:
        return Q(valid_to__isnull=True)
    return Q(valid_from__lte=on) & (Q(valid_to__isnull=True) | Q(valid_to__gt=on))


def _rulings() -> list[routing.Ruling]:
    return [
        routing.Ruling(p.kind, p.territory, p.unit, p.since, p.case_number, p.pk)
        for p in Precedent.objects.filter(until__isnull=True).order_by("pk")
    ]


def _trained() -> Trained | None:
    row = KindModel.objects.filter(active=True).first()
    if row is None:
        return None
    try:
        model = science.load(io.BytesIO(bytes(row.data)))
    except (
        ValueError
    ) as problem:  # of an earlier edition: the catalogue's words serve until the next training
        logging.getLogger("gongbi.duties").warning(
            "the trained classifier %s is not used: %s", row.pk, problem
        )
        return None
    return Trained(row.pk, model, row.mixing)


def kind_of(row: Kind) -> KindFacts:
    return KindFacts(
        code=row.code,
        name=(row.name_zh, row.name_en),
        major=(row.major_zh, row.major_en),
        handler=row.handler,
        anonymous=row.anonymous,
        informer=row.informer,
        on_spot=row.on_spot,
        reply=row.reply,
        words=split(row.words),
        national=row.national,
        verified=row.verified,
        source=row.source,
        id=row.pk,
    )


def rule_of(row: RoutingRule | Any) -> routing.Rule:
    return routing.Rule(
        code=row.code,
        position=row.position,
        kinds=split(row.kinds),
        lead=row.lead,
        co=split(row.co),
        territories=split(row.territories),
        place_types=split(row.place_types),
        sources=split(row.sources),
        hours=row.hours,
        words=split(row.words),
        limit=row.limit,
        reason=(row.reason_zh, row.reason_en),
        article=row.article,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        id=row.pk or 0,
    )


def _filing_of(row: Standard) -> Filing:
    return Filing(
        kind=row.kind,
        number=row.number,
        filing=(row.filing_zh, row.filing_en),
        closing=(row.closing_zh, row.closing_en),
        evidence=split(row.evidence),
        limit=row.limit,
        words=split(row.words),
        season=row.season,
        basis=row.basis,
        source=row.source,
        verified=row.verified,
        id=row.pk,
    )


def _rows(model: type[Versioned], on: date | None, *order: str) -> Sequence[Any]:
    return list(model._default_manager.filter(_valid(on)).order_by(*order, "key"))


def _read(on: date | None, rulings: list[routing.Ruling], trained: Trained | None) -> State:
    filings: dict[str, list[Filing]] = {}
    for row in _rows(Standard, on, "kind", "number"):
        filings.setdefault(row.kind, []).append(_filing_of(row))
    return State(
        kinds={row.code: kind_of(row) for row in _rows(Kind, on, "code")},
        filings=filings,
        items=[
            Item(
                row.code,
                row.list,
                (row.name_zh, row.name_en),
                split(row.kinds),
                row.territory,
                row.basis,
                (row.description_zh, row.description_en),
                row.verified,
            )
            for row in _rows(DutyItem, on, "code")
        ],
        questions=[
            Asked(
                row.name, (row.zh, row.en), row.type, choices_of(row.choices), row.required, split(row.kinds)
            )
            for row in _rows(Question, on)
        ],
        rules=[rule_of(row) for row in _rows(RoutingRule, on, "position", "code")],
        words=[
            WordingRule(
                row.group,
                row.name,
                split(row.patterns),
                split(row.negatives),
                (row.reply_zh, row.reply_en),
                row.article,
            )
            for row in _rows(WordRule, on)
        ],
        rulings=rulings,
        trained=trained,
    )
