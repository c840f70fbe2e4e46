"""What has happened, line by line, as people of the desk read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gongbi.cases import queries, rules
from gongbi.cases.queries.reading import Event
from gongbi.desk.names import CHANNELS, CLOCKS, LISTS, Names, grade_words
from gongbi.duties import queries as duties
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.deadlines import limit_words
from gongbi.look.furniture import Happened, Picture
from gongbi.look.templatetags.look import said

GOOD = frozenset({"confirm", "confirm_for_callback", "call_back", "settle"})
BAD = frozenset({"rework", "call_back_unsolved", "reopen", "contest", "contest_again", "reject"})


_MOVED_BY = {
    "hours": ("办公时间变更", "the office hours changed"),
    "calendar": ("工作日历变更", "the working calendar changed"),
    "nightly": ("按现行日历核对", "checked against the calendar in force"),
}


def _minute(moment: str) -> str:
    """A moment of the ledger as local time, ``2027-01-05 10:00``."""
    return f"{timezone.localtime(datetime.fromisoformat(moment)):%Y-%m-%d %H:%M}"


class History:
    """Turns events of one case into lines. Numbers of other cases and the questions are looked up once for all."""

    def __init__(self, case: Any, viewer: Viewer, names: Names, events: Sequence[Event]) -> None:
        self.case, self.viewer, self.names, self.events = case, viewer, names, events
        names.remember(event.actor for event in events)
        keys = {
            event.facts[key]
            for event in events
            for key in ("into", "split_from")
            if isinstance(event.facts.get(key), int)
        }
        keys |= {event.facts["from"] for event in events if event.arrow.name == "take_in"}
        self.numbers = {one.pk: one.number for one in queries.case_list(viewer, sorted(keys))} if keys else {}
        asked = any("question" in event.facts for event in events)
        self.questions = {one.pk: one for one in case.questions.all()} if asked else {}

    def lines(self, pictures: Mapping[str, Picture]) -> list[Happened]:
        """Oldest first; ``pictures`` by digest stand beside the step that brought them."""
        return [self._line(event, pictures) for event in self.events]

    def _line(self, event: Event, pictures: Mapping[str, Picture]) -> Happened:
        name, facts = event.arrow.name, event.facts
        tell = getattr(self, f"_{name}", None)
        more: list[Any] = tell(facts) if tell else []
        more += [facts[key] for key in ("result", "finding", "reason") if facts.get(key)]
        tone: Any = "ok" if name in GOOD else "soon" if name in BAD else "quiet"
        evidence = facts.get("evidence")
        digests = evidence if isinstance(evidence, list) else []
        return Happened(
            words=event.arrow.words,
            at=event.at,
            by=self.names.actor(event.actor, event.unit_id),
            said=" · ".join(str(said(part)) for part in more if part),
            article=str(facts.get("article", "")) if name in ("reject", "dispatch", "rule") else "",
            tone=tone,
            shape="ok" if name in GOOD else "soon" if name in BAD else "ring",
            pictures=[pictures[digest] for digest in digests if digest in pictures],
        )

    def _number(self, key: Any) -> str:
        return self.numbers.get(key, "") if isinstance(key, int) else ""

    def _open(self, facts: Mapping[str, Any]) -> list[Any]:
        split = self._number(facts.get("split_from"))
        return [
            CHANNELS.get(facts.get("channel", ""), ""),
            _("split from %(number)s") % {"number": split} if split else "",
        ]

    def _join(self, facts: Mapping[str, Any]) -> list[Any]:
        told: list[Any] = [CHANNELS.get(facts.get("channel", ""), "")]
        if twin := facts.get("by_itself"):
            chance, (zh, en) = round(100 * float(twin["score"])), twin["why"]
            told.append((f"自动并入，可能性{chance}%：{zh}", f"Joined by itself, {chance} % likely: {en}"))
        return told

    def _accept(self, facts: Mapping[str, Any]) -> list[Any]:
        kind = facts.get("kind", "")
        filing = duties.standard(facts.get("standard", ""), on=self.names.now)
        proposed = facts.get("proposed_kind")
        changed = ""
        if proposed and proposed != kind:
            changed = _("proposed was %(kind)s") % {"kind": said(self.names.kind(proposed))}
        place = self.names.place(facts.get("territory", ""))
        return [self.names.kind(kind), filing.filing if filing else "", place, changed]

    def _reject(self, facts: Mapping[str, Any]) -> list[Any]:
        ground = rules.REJECTION_GROUNDS.get(facts.get("ground", ""))
        return [ground[:2]] if ground else []

    def _asked(self, facts: Mapping[str, Any]) -> list[Any]:
        found = self.questions.get(facts.get("question"))
        return [found.text] if found else []

    _clarify = _ask = _asked

    def _given(self, facts: Mapping[str, Any]) -> list[Any]:
        if facts.get("lapsed"):
            return [_("nobody answered within the term")]
        found = self.questions.get(facts.get("question"))
        return [found.answer] if found else []

    _clarified = _answered_back = _given

    def _merge(self, facts: Mapping[str, Any]) -> list[Any]:
        number = self._number(facts.get("into"))
        return [_("into %(number)s") % {"number": number}] if number else []

    _split = _taken_out = _merge

    def _take_in(self, facts: Mapping[str, Any]) -> list[Any]:
        number = self._number(facts.get("from"))
        return [_("from %(number)s") % {"number": number}] if number else []

    def _dispatch(self, facts: Mapping[str, Any]) -> list[Any]:
        lead = self.names.unit(facts.get("unit"))
        helpers = [self.names.unit(unit) for unit in facts.get("co_units", [])]
        item = duties.duty_item(facts["item"], on=self.names.now) if facts.get("item") else None
        return [
            _("lead: %(unit)s") % {"unit": lead},
            _("with %(units)s") % {"units": "、".join(helpers)} if helpers else "",
            f"{said(LISTS.get(facts.get('list', ''), ''))} {item.code} {said(item.name)}" if item else "",
            _("limit %(limit)s") % {"limit": said(limit_words(facts.get("limit", "")))},
        ]

    def _contest(self, facts: Mapping[str, Any]) -> list[Any]:
        proposed = self.names.unit(facts.get("proposed_unit"))
        return [_("names %(unit)s instead") % {"unit": proposed}] if proposed else []

    _contest_again = _contest

    def _rule(self, facts: Mapping[str, Any]) -> list[Any]:
        return [self.names.unit(facts.get("unit"))]

    def _reassign(self, facts: Mapping[str, Any]) -> list[Any]:
        return [self.names.unit(facts.get("unit"))]

    def _rework(self, facts: Mapping[str, Any]) -> list[Any]:
        return [_("round %(number)s") % {"number": facts["round"]}] if facts.get("round") else []

    def _called(self, facts: Mapping[str, Any]) -> list[Any]:
        told = {"reached": _("reached"), "unreachable": _("could not be reached")}
        return [told.get(facts.get("outcome", ""), "")]

    _call_back = _called

    def _judge(self, facts: Mapping[str, Any]) -> list[Any]:
        solved = _("solved") if facts.get("solved") == "yes" else _("not solved")
        return [solved, grade_words(facts.get("grade"))]

    def _until(self, facts: Mapping[str, Any]) -> list[Any]:
        return [_("until %(day)s") % {"day": str(facts["until"])[:10]}] if facts.get("until") else []

    _ask_suspension = _grant_suspension = _until

    def _deadline_moved(self, facts: Mapping[str, Any]) -> list[Any]:
        was, due = facts.get("was", {}), facts.get("due", {})
        told: list[Any] = [
            tuple(
                f"{word} {_minute(was[name])} → {_minute(due[name])}"
                for word in CLOCKS.get(name, (name, name))
            )
            for name in due
            if name in was
        ]
        notice = facts.get("notice")
        if notice:
            return [*told, (f"{notice} 年放假安排公布", f"the holiday notice for {notice} came out")]
        return [*told, _MOVED_BY.get(facts.get("why", ""), "")]

    def _exclude(self, facts: Mapping[str, Any]) -> list[Any]:
        return [rules.EXCLUSION_GROUNDS.get(facts.get("ground", ""), "")]
