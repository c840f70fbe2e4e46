"""The after-action review, drafted from the record: what happened when, which clocks were kept, what was used and decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from gongbi.incidents import catalogue, queries, rules, words
from gongbi.incidents.models import Incident
from gongbi.kernel.errors import in_language
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory
from gongbi.territory import queries as territory

T = words.TEXTS
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part: heading, a sentence, columns and rows; ``empty``: what stands there without rows."""

    heading: str
    said: str = ""
    columns: Row = ()
    rows: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """The whole review in the reader's language, ready for a page, Word or PDF."""

    title: str
    number: str
    drill: bool
    mark: str  # says that it is a drill; "" when it is none
    facts: Sequence[tuple[str, str]]
    parts: Sequence[Part]
    lessons: str  # heading of what people write
    finding: str


def draft(incident: Incident, viewer: Viewer, *, at: datetime) -> Draft:
    """The review as the record stands at ``at``. Raises NotThere for an incident that is not theirs."""
    found = queries.incident_for(incident.pk, viewer)
    parts = [
        _timeline(found, viewer),
        _clocks(found, viewer, found.over_at or at),
        _resources(found, viewer),
        _decisions(found, viewer),
        _alerts(found, viewer),
        _data(found, viewer),
    ]
    mark = ""
    if found.drill:
        mark = f"{in_language(T['drill_banner'])} · {in_language(T['drill_hint'])}"
    return Draft(
        title=found.title,
        number=found.number,
        drill=found.drill,
        mark=mark,
        facts=_facts(found),
        parts=parts,
        lessons=in_language(T["lessons"]),
        finding=found.finding,
    )


def moment(at: datetime | None) -> str:
    """A local time to the minute; "—" for none."""
    return "—" if at is None else f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def unit_name(unit_id: int | None) -> str:
    """What a unit is called; "—" for none."""
    found = directory.current().by_id.get(unit_id) if unit_id is not None else None
    return found.label if found is not None else "—"


def _said(name: str, **values: Any) -> str:
    text = in_language(T[name])
    return text % values if values else text


def _facts(one: Incident) -> list[tuple[str, str]]:
    names = territory.names([one.territory[:9], one.territory[:12], one.territory], on=one.opened_at)
    place = " ".join(dict.fromkeys(names.values()))
    pairs = [
        ("kind", f"{in_language(catalogue.CLASSES[one.sort])} · {in_language(catalogue.EVENTS[one.kind].words)}"),
        ("level", in_language(words.LEVELS[one.level])),
        ("place", " ".join(part for part in (place, one.place_words) if part) or "—"),
        ("happened", moment(one.happened_at)),
        ("opened", moment(one.opened_at)),
        ("responded", moment(one.responded_at)),
        ("ended", moment(one.over_at)),
        ("lead", unit_name(one.unit_id)),
        ("summary", one.summary or "—"),
    ]  # fmt: skip
    return [(_said(name), value) for name, value in pairs]


def _timeline(one: Incident, viewer: Viewer) -> Part:
    lines: list[tuple[datetime, Row]] = []
    tasks = {task.pk: in_language(task.words) for task in queries.tasks(one, viewer)}
    plans = {run.code: in_language(run.plan.words) for run in queries.runs(one, viewer)}
    for event in queries.timeline(one, viewer):
        if event.arrow.name == "note":
            continue  # the log's own words say more
        row = (
            moment(event.at),
            in_language(event.arrow.words),
            told(event.facts, tasks, plans),
            unit_name(event.unit_id),
        )
        lines.append((event.at, row))
    for line in queries.log(one, viewer):
        heading = f"{in_language(T['log'])} {line.seq} · {in_language(catalogue.ENTRIES[line.sort])}"
        if line.corrects is not None:
            heading += f"（{_said('corrects', seq=line.corrects.seq)}）"
        lines.append(
            (line.happened_at, (moment(line.happened_at), heading, line.text, unit_name(line.unit_id)))
        )
    rows = [row for _at, row in sorted(lines, key=lambda pair: pair[0])]
    columns = (_said("when"), _said("event"), _said("summary"), _said("who"))
    return Part(_said("timeline"), "", columns, rows)


def told(facts: Mapping[str, Any], tasks: Mapping[int, str], plans: Mapping[str, str]) -> str:
    """What a line of the ledger says besides its name, in the reader's language. ``tasks``, ``plans``: what they are called."""
    said: list[str] = []
    if isinstance(facts.get("level"), int) and not facts.get("alert"):
        said.append(in_language(catalogue.RESPONSES[facts["level"]]))
    if facts.get("plan"):
        said.append(f"{plans.get(facts['plan'], facts['plan'])} v{facts.get('version')}")
    if isinstance(facts.get("task"), int):
        said.append(tasks.get(facts["task"], ""))
        if facts.get("dropped"):
            said.append(in_language(words.CLOCKS["dropped"]))
        elif facts.get("late"):
            said.append(in_language(words.CLOCKS["late"]))
    if facts.get("alert"):
        said += [in_language(words.MESSAGES[facts["type"]]), facts["alert"]]
    if facts.get("move"):
        item = in_language(catalogue.ITEMS.get(facts["item"], ("", "")))
        said.append(f"{in_language(catalogue.MOVES[facts['move']])} {item} {facts['amount']}")
    if "count" in facts and "left" in facts:
        said.append(_said("destroyed", count=facts["count"], left=facts["left"]))
    said += [str(facts[name]) for name in ("reason", "necessity", "finding") if facts.get(name)]
    return " · ".join(part for part in said if part)


def _clocks(one: Incident, viewer: Viewer, at: datetime) -> Part:
    found = sorted(queries.tasks(one, viewer), key=lambda task: (task.due_at, task.pk))
    rows, sums = [], Counter[str]()
    for task in found:
        how: str = rules.kept_in_time(task.due_at, task.settled_at, dropped=task.dropped, at=at)
        if how == "running" and one.over_at is not None:
            how = "open"  # nothing runs any more
        sums[how] += 1
        rows.append(
            (in_language(task.words), unit_name(task.unit_id), moment(task.due_at), moment(task.settled_at),
             in_language(words.CLOCKS[how]))
        )  # fmt: skip
    columns = (_said("task"), _said("unit"), _said("due"), _said("settled"), _said("state"))
    values = {name: sums[name] for name in words.CLOCKS}
    return Part(_said("clocks"), _said("clocks_sum", all=len(found), **values), columns, rows)


def _resources(one: Incident, viewer: Viewer) -> Part:
    rows = []
    for hold in queries.holds(one, viewer):
        handed = sum(move.amount for move in hold.movements.all() if move.sort == "hand_out")
        rows.append(
            (in_language(hold.stock.store.words), in_language(catalogue.ITEMS[hold.stock.item]), str(handed), str(hold.used),
             str(hold.out), str(hold.reserved))
        )  # fmt: skip
    columns = tuple(_said(name) for name in ("store", "item", "handed", "used", "out", "reserved"))
    return Part(_said("resources"), _said("played") if one.drill and rows else "", columns, rows)


def _decisions(one: Incident, viewer: Viewer) -> Part:
    lines: list[tuple[datetime, Row]] = []
    for event in queries.timeline(one, viewer):
        if event.arrow.name in ("respond", "set_level", "end", "resume", "void"):
            row = (
                moment(event.at),
                in_language(event.arrow.words),
                told(event.facts, {}, {}),
                unit_name(event.unit_id),
            )
            lines.append((event.at, row))
    for line in queries.log(one, viewer):
        if line.sort == "decided":
            heading = in_language(catalogue.ENTRIES["decided"])
            lines.append(
                (line.happened_at, (moment(line.happened_at), heading, line.text, unit_name(line.unit_id)))
            )
    rows = [row for _at, row in sorted(lines, key=lambda pair: pair[0])]
    return Part(_said("decisions"), "", (_said("when"), _said("event"), _said("summary"), _said("who")), rows)


def _alerts(one: Incident, viewer: Viewer) -> Part:
    rows = [
        (moment(alert.sent_at), in_language(words.MESSAGES[alert.msg_type]), in_language(catalogue.COLOURS[alert.level]),
         in_language(alert.words), alert.identifier)
        for alert in reversed(queries.alerts(one, viewer))
    ]  # fmt: skip
    columns = (_said("sent"), _said("type"), _said("alert_level"), _said("title"), _said("number"))
    return Part(_said("alerts"), "", columns, rows)


def _data(one: Incident, viewer: Viewer) -> Part:
    rows = [
        (moment(proof.at), _said("destroyed", count=proof.count, left=proof.left), proof.digest)
        for proof in queries.destructions(one, viewer)
    ]
    rows += [
        (moment(kept.at), f"{_said('keep')}：{kept.necessity}", _said("kept_until", day=kept.until))
        for kept in queries.keepings(one, viewer)
    ]
    return Part(_said("data"), "", (_said("when"), _said("event"), _said("proof")), rows)
