"""What a page, an API or triage asks of the lists. Lists are public: no query here depends on who asks.

``on``: a local day, or an aware moment (its local day counts); ``None`` is the newest version of everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from django.utils import timezone

from gongbi.duties import catalogue as _catalogue
from gongbi.duties import routing, rules
from gongbi.duties.catalogue import Asked, State
from gongbi.duties.models import DutyItem, Edition, KindModel, LearnedExample, Precedent, RuleDraft
from gongbi.duties.routing import Placed, Resolver, Route
from gongbi.duties.rules import Alarm, Filing, Item, KindFacts, SpecialRoute, Words
from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, PUBLIC, SYSTEM, Viewer
from gongbi.science.text import blend, softmax
from gongbi.science.text_words import TEMPERATURE, THRESHOLD

__all__ = [
    "Alarm",
    "Asked",
    "Filing",
    "Item",
    "KindFacts",
    "KindGuess",
    "Route",
    "SpecialRoute",
    "classify",
    "route",
]

On = date | datetime | None


def _state(on: On) -> State:
    if isinstance(on, datetime):
        on = timezone.localdate(on)
    return _catalogue.state(on)


def _keeper(viewer: Viewer) -> None:
    if viewer.role not in (ADMIN, AUDITOR, SYSTEM):
        raise Forbidden(
            "duties.keepers_only",
            ("只有系统管理员和审计员可以查看。", "Only administrators and auditors may see this."),
        )


def warm(*, viewer: Viewer = PUBLIC) -> None:
    """Read and compile everything before the first request."""
    assert _state(None).cold is not None


# -- the catalogue
# ------------------------------------------------------------------------------------------------------------


def kind(code: str, *, on: On = None, viewer: Viewer = PUBLIC) -> KindFacts | None:
    """The kind with that code, or ``None``."""
    return _state(on).kinds.get(code)


def kinds(*, on: On = None, prefix: str = "", viewer: Viewer = PUBLIC) -> list[KindFacts]:
    """All kinds in the order of their codes."""
    return [facts for code, facts in _state(on).kinds.items() if code.startswith(prefix)]


def standards(kind_code: str, *, on: On = None, viewer: Viewer = PUBLIC) -> list[Filing]:
    """The filing standards of a kind, grave before slight."""
    return list(_state(on).filings.get(kind_code, ()))


def standard(code: str, kind_code: str = "", *, on: On = None, viewer: Viewer = PUBLIC) -> Filing | None:
    """The standard ``C0137-2``; ``None`` when there is none or it belongs to another kind."""
    found = _state(on).filing(code)
    return found if found is not None and kind_code in ("", found.kind) else None


def default_standard(kind_code: str, text: str, *, on: On = None, viewer: Viewer = PUBLIC) -> Filing | None:
    """The standard that triage proposes for a text. Without ``on`` every season counts as the first of
    January's.
    """
    day = timezone.localdate(on) if isinstance(on, datetime) else on or date(2000, 1, 1)
    chosen = rules.choose_filing(_state(on).filings.get(kind_code, []), text, day)
    return chosen.filing if chosen else None


def needs_photo(standard_code: str, *, on: On = None, viewer: Viewer = PUBLIC) -> bool:
    """Whether the result must be shown in a photo; an unknown standard asks for one."""
    found = _state(on).filing(standard_code)
    return found is None or "after" in found.evidence


def questions(kind_code: str, *, on: On = None, viewer: Viewer = PUBLIC) -> list[Asked]:
    """What to ask the reporter of a kind; the particular before the general."""
    found = [q for q in _state(on).questions if any(kind_code.startswith(prefix) for prefix in q.kinds)]
    return sorted(
        found, key=lambda q: (not q.required, max(q.kinds, key=len) == min(q.kinds, key=len) == "H")
    )


def catalogue(*, on: On = None, viewer: Viewer = PUBLIC) -> list[dict[str, Any]]:
    """All kinds with their standards and questions as plain values, for the API and the import of other
    systems.
    """
    whole = _state(on)
    return [
        {
            "code": facts.code,
            "name": list(facts.name),
            "major": list(facts.major),
            "handler": facts.handler,
            "anonymous": facts.anonymous,
            "on_spot": facts.on_spot,
            "reply": facts.reply,
            "national": facts.national,
            "source": facts.source,
            "verified": facts.verified,
            "standards": [
                {
                    "code": f.code,
                    "filing": list(f.filing),
                    "closing": list(f.closing),
                    "evidence": list(f.evidence),
                    "limit": f.limit,
                    "season": f.season,
                    "basis": f.basis,
                    "verified": f.verified,
                }
                for f in whole.filings.get(code, ())
            ],
            "questions": [
                {
                    "name": q.name,
                    "words": list(q.words),
                    "type": q.type,
                    "required": q.required,
                    "choices": [{"value": value, "words": list(words)} for value, words in q.choices],
                }
                for q in questions(code, on=on)
            ],
        }
        for code, facts in whole.kinds.items()
    ]


# -- the three lists
# ----------------------------------------------------------------------------------------------------------


def duty_items(*, on: On = None, list_type: str = "", viewer: Viewer = PUBLIC) -> list[Item]:
    """The items of the three lists (``perform``, ``actfor``, ``assist``), in the order of their codes."""
    return [item for item in _state(on).items if list_type in ("", item.list_type)]


def duty_item(code: str, *, on: On = None, viewer: Viewer = PUBLIC) -> Item | None:
    return next((item for item in _state(on).items if item.code == code), None)


def item_for_kind(
    kind_code: str, community: str = "", *, on: On = None, viewer: Viewer = PUBLIC
) -> Item | None:
    """The item that covers a kind: perform before act-for before assist. ``None`` when it is on no list."""
    return rules.best_item(_state(on).items, kind_code, community)


def item_history(code: str, *, viewer: Viewer = PUBLIC) -> list[DutyItem]:
    """Every version of an item, oldest first."""
    return list(DutyItem.objects.filter(code=code).select_related("edition").order_by("valid_from", "pk"))


def editions(list_name: str = "", *, viewer: Viewer = PUBLIC) -> list[Edition]:
    """Who changed which list when, newest first."""
    found = Edition.objects.order_by("-pk")
    return list(found.filter(list=list_name) if list_name else found)


# -- words
#
#
# ----------------------------------------------------------------------------------------------------------------------


def emergency(text: str, *, on: On = None, viewer: Viewer = PUBLIC) -> Alarm | None:
    """The emergency a text describes with the number to call, or ``None``."""
    whole = _state(on)
    known = (
        whole.alarm
    )  # the door asks, then triage asks the same; another thread may put its own there meanwhile
    if known is None or known[0] != text:
        known = whole.alarm = (text, rules.emergency(text, whole.words))
    return known[1]


def alarms(
    *, on: On = None, viewer: Viewer = PUBLIC
) -> list[tuple[str, tuple[str, ...], tuple[str, ...], Words]]:
    """What a phone without signal needs to know an emergency: number to call, words, words that speak against it, what to say."""
    found = [rule for rule in _state(on).words if rule.group == "emergency"]
    return [(rule.key, rule.patterns, rule.negatives, rule.reply) for rule in found]


def urgent(text: str, *, on: On = None, viewer: Viewer = PUBLIC) -> bool:
    """Whether a text speaks of danger: the matter goes to the head of the queue."""
    return bool(rules.safety(text, _state(on).words))


def special_routes(
    text: str, *, same_open_matter: bool = False, on: On = None, viewer: Viewer = PUBLIC
) -> list[SpecialRoute]:
    """The special routes that a text suggests to the clerk."""
    return rules.special_routes(text, _state(on).words, same_open_matter=same_open_matter)


def special_reply(number: int, language: str, *, on: On = None, viewer: Viewer = PUBLIC) -> str:
    """What the caller is told on special route 1–6 (in the order of ``rules.SPECIAL_ROUTES``). Raises
    ``NotThere``.
    """
    keys = list(rules.SPECIAL_ROUTES)
    found = rules.special_route(keys[number - 1], _state(on).words) if 1 <= number <= len(keys) else None
    if found is None:
        raise NotThere(
            "duties.special_route",
            (
                "没有第%(number)s种特殊情形，请选1至6。",
                "There is no special route %(number)s; choose 1 to 6.",
            ),
            values={"number": number},
            field="route",
        )
    return found.reply[1] if language.startswith("en") else found.reply[0]


# -- which kind
#
#
# -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KindGuess:
    """One proposed kind. ``words`` of the text that decided; ``reasons`` as sentences (zh, en)."""

    code: str
    name: Words
    probability: float
    words: tuple[str, ...]
    reasons: tuple[Words, ...]
    abstained: bool


def classify(text: str, *, top: int = 3, on: On = None, viewer: Viewer = PUBLIC) -> list[KindGuess]:
    """The likeliest kinds, best first: the catalogue's own words, mixed with what has been learned from past
    matters.

    All guesses abstain when the best is below the threshold or when no word of the catalogue occurs and
    nothing was learned.
    """
    whole = _state(on)
    if not whole.kinds:
        return []
    scores, told = whole.cold.scores(text)
    chances = softmax(scores / TEMPERATURE)
    learned: dict[str, tuple[float, tuple[str, ...]]] = {}
    trained = whole.trained
    if trained is not None:
        guesses = trained.model.predict(text, top=len(trained.model.labels))
        learned = {g.label: (g.probability, g.words) for g in guesses if g.label in whole.kinds}
        row = np.array([learned.get(code, (0.0, ()))[0] for code in whole.cold.labels])
        chances = blend(chances, row, trained.mixing, trained.model.coverage(text))
    order = np.argsort(-chances, kind="stable")[:top]
    nothing = not told and not learned
    unsure = nothing or bool(chances[order[0]] < THRESHOLD)
    out: list[KindGuess] = []
    for place in order:
        code = whole.cold.labels[place]
        cold_words = tuple(told.get(int(place), ()))
        share, own_words = learned.get(code, (0.0, ()))
        words = tuple(dict.fromkeys((*cold_words, *(own_words if share >= 0.2 else ()))))
        out.append(
            KindGuess(
                code,
                whole.kinds[code].name,
                float(chances[place]),
                words,
                _why(cold_words, share, own_words),
                unsure,
            )
        )
    return out


def _why(cold: tuple[str, ...], share: float, learned: tuple[str, ...]) -> tuple[Words, ...]:
    reasons: list[Words] = []
    if cold:
        said = "、".join(cold)
        reasons.append((f"文中有类别目录的词：{said}", f"words of the catalogue in the text: {said}"))
    if share >= 0.2:
        said = "、".join(learned)
        reasons.append((f"与以往同类案件相似：{said}", f"like past matters of this kind: {said}"))
    return tuple(reasons) or (("没有明显的依据", "nothing clear speaks for it"),)


def named_guess(code: str, *, on: On = None, viewer: Viewer = PUBLIC) -> KindGuess | None:
    """A kind that a person has named, in the shape of a guess."""
    facts = _state(on).kinds.get(code)
    if facts is None:
        return None
    return KindGuess(code, facts.name, 1.0, (), (("由人选定", "chosen by a person"),), False)


# -- who gets it
#
#
# ----------------------------------------------------------------------------------------------------------------


def route(
    kind_code: str,
    placed: Placed,
    *,
    at: datetime,
    text: str = "",
    source: str = "",
    resolve: Resolver | None = None,
    viewer: Viewer = PUBLIC,
) -> Route | None:
    """The route of a matter by the lists valid at ``at``: lead, co-handlers, duty item, article, reasons and
    limit.

    Selectors are left to the caller unless ``resolve`` is given. ``None`` when the kind is not in force then.
    """
    whole = _state(at)
    facts = whole.kinds.get(kind_code)
    if facts is None:
        return None
    return routing.decide(
        facts,
        placed,
        at=at,
        rules=whole.rules,
        items=whole.items,
        filings=whole.filings.get(kind_code, []),
        rulings=whole.rulings,
        text=text,
        source=source,
        resolve=resolve,
    )


def routing_rules(*, on: On = None, viewer: Viewer = PUBLIC) -> list[routing.Rule]:
    """The rules in force, in order."""
    return list(_state(on).rules)


def rule_drafts(viewer: Viewer) -> list[RuleDraft]:
    """Drafts of the routing rules, newest first."""
    _keeper(viewer)
    return list(RuleDraft.objects.order_by("-pk"))


def precedents(*, kind_code: str = "", viewer: Viewer = PUBLIC) -> list[Precedent]:
    """Rulings in force, newest first."""
    found = Precedent.objects.filter(until__isnull=True).order_by("-since", "-pk")
    return list(found.filter(kind=kind_code) if kind_code else found)


# -- classifiers
#
#
# ------------------------------------------------------------------------------------------------------------------


def classifiers(viewer: Viewer) -> list[KindModel]:
    """Every trained classifier without its data, newest first."""
    _keeper(viewer)
    return list(KindModel.objects.defer("data").order_by("-pk"))


def learned(
    viewer: Viewer, *, since: datetime | None = None, until: datetime | None = None
) -> list[tuple[str, str]]:
    """(text, kind) of what people decided in the half-open window, oldest first."""
    _keeper(viewer)
    found = LearnedExample.objects.order_by("at", "pk")
    if since is not None:
        found = found.filter(at__gte=since)
    if until is not None:
        found = found.filter(at__lt=until)
    return list(found.values_list("text", "kind"))
