"""From what was said to what is done about it: case, warning, incident, whistle, order – tied in the kernel, shown as one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse

from gongbi.cases import queries as cases
from gongbi.cases.flow import CASE
from gongbi.command import queries as command
from gongbi.command import rules as commanding
from gongbi.command.flow import ORDER, WHISTLE
from gongbi.incidents import queries as incidents
from gongbi.incidents.flow import INCIDENT
from gongbi.kernel.flow.models import Link, Matter
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.warning import queries as warnings
from gongbi.warning.flow import WARNING

# Which ties make a chain. Twins and reworks of a case stand on the case's own page.
KINDS = (
    incidents.ABOUT, warnings.ACTED, commanding.WHISTLE, commanding.JOINT, commanding.ORDER, commanding.URGE,
    commanding.SUPERVISE,
)  # fmt: skip
STEPS, MOST = 3, 40  # ties from one end to the other, and matters of one chain
_ORDER = (CASE.name, WARNING.name, INCIDENT.name, WHISTLE.name, ORDER.name)
_PAGES = {
    CASE.name: "desk:case", WARNING.name: "warnings:warning", INCIDENT.name: "incidents:incident", WHISTLE.name: "command:whistle",
    ORDER.name: "command:order",
}  # fmt: skip
_COMMAND = frozenset(
    {roles.DISPATCHER, roles.MANAGER, roles.HANDLER, roles.ADJUDICATOR, roles.CHECKER, roles.AUDITOR}
)
# Who may open the page of each sort; a case is opened by whoever sees it.
OPENS = {
    WARNING.name: _COMMAND | {roles.CLERK},
    INCIDENT.name: frozenset({roles.DISPATCHER, roles.MANAGER, roles.HANDLER, roles.CHECKER, roles.AUDITOR}),
    WHISTLE.name: _COMMAND,
    ORDER.name: _COMMAND,
}
_WORDS = {flow.name: flow.words for flow in (CASE, WARNING, INCIDENT, WHISTLE, ORDER)}


@dataclass(frozen=True, slots=True)
class One:
    """One matter of a chain: its number and page, its state; ``here``: the page that is open."""

    matter: Any
    number: str
    href: str
    drill: bool
    here: bool


@dataclass(frozen=True, slots=True)
class Joint:
    """The matters of one sort, in the order of the stair: what is it called, which are they."""

    words: Any
    ones: Sequence[One]


def _walked(key: int, more: Iterable[int]) -> dict[int, str]:
    """Key → flow of every matter that ties lead to from ``key``, at most three ties away. At most four questions."""
    known = {key, *more}
    edge = known
    for _step in range(STEPS):
        ties = Link.objects.filter(kind__in=KINDS).filter(Q(source_id__in=edge) | Q(target_id__in=edge))
        ends = {
            end for pair in ties.order_by("pk").values_list("source_id", "target_id")[:MOST] for end in pair
        }
        edge = ends - known
        if not edge or len(known) >= MOST:
            break
        known |= edge
    if len(known) == 1:
        return {}
    return dict(Matter.objects.filter(pk__in=known).values_list("pk", "flow"))


def chain(key: int, viewer: Viewer, *, more: Iterable[int] = ()) -> list[Joint]:
    """What the matter of that key is tied to, as far as this viewer sees it, and itself; empty where it stands alone.

    ``more``: matters known to belong to it without a tie. A constant number of questions.
    """
    flows = _walked(key, more)
    by_flow: dict[str, list[int]] = {}
    for one, flow in flows.items():
        if viewer.role in OPENS.get(flow, frozenset({viewer.role})):
            by_flow.setdefault(flow, []).append(one)
    whistles, orders = command.of_keys([*by_flow.get(WHISTLE.name, ()), *by_flow.get(ORDER.name, ())], viewer)
    told: dict[str, Sequence[Any]] = {
        CASE.name: cases.case_list(viewer, by_flow[CASE.name])[::-1] if CASE.name in by_flow else (),
        WARNING.name: warnings.of_keys(by_flow.get(WARNING.name, ()), viewer),
        INCIDENT.name: incidents.of_keys(by_flow.get(INCIDENT.name, ()), viewer),
        WHISTLE.name: whistles,
        ORDER.name: orders,
    }
    found = [
        Joint(_WORDS[flow], [_one(one, flow, key) for one in told[flow]]) for flow in _ORDER if told[flow]
    ]
    return found if sum(len(joint.ones) for joint in found) > 1 else []


def _one(matter: Any, flow: str, key: int) -> One:
    number = matter.number
    return One(
        matter,
        number,
        reverse(_PAGES[flow], args=[number]),
        bool(getattr(matter, "drill", False)),
        matter.pk == key,
    )
