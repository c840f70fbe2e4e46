"""How a lifecycle is declared: states and transitions as data that a clerk can read. No Django here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Words = tuple[str, str]  # (Chinese, English)
StateKind = Literal["open", "waiting", "closed"]
# A guard gets the matter, the viewer and the facts; it raises Refused or returns None. It reads, never writes.
Guard = Callable[[Any, Any, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class State:
    name: str
    words: Words
    kind: StateKind = "open"
    hint: Words = ("", "")  # what happens next, for the one who spoke


@dataclass(frozen=True, slots=True)
class ClockEffect:
    """What a transition does to one clock of the matter: start, stop, pause or resume.

    ``limit`` of a start: a limit string such as ``"15分钟"``, ``"5工作日"`` (see kernel.clock.limits), or ``"fact:NAME"``
    when the action passes the limit in the facts.
    """

    clock: str
    do: Literal["start", "stop", "pause", "resume", "cancel"]
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow. ``who``: roles or relations (see kernel.flow.who); ``needs``: names of facts that must be given and not empty."""

    name: str
    words: Words
    from_: tuple[str, ...]
    to: str  # a state, or "=" to stay where it is
    who: tuple[str, ...]
    needs: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    clocks: tuple[ClockEffect, ...] = ()
    notifies: tuple[str, ...] = ()
    article: str = ""  # the rule it rests on
    automatic: bool = False  # done by the machine or inside another action; never a button


DEADLINE_MOVED = "deadline_moved"


@dataclass(frozen=True)
class Flow:
    """A lifecycle. Every flow has one arrow that it need not declare: ``deadline_moved``, the kernel's own, taken when a new
    holiday notice or new office hours move the deadlines of a matter at work (``clock.actions.recompute_open``).
    """

    name: str
    words: Words
    initial: str
    states: Sequence[State]
    transitions: Sequence[Transition]
    by_state: Mapping[str, State] = field(init=False)
    by_name: Mapping[str, Transition] = field(init=False)

    def __post_init__(self) -> None:
        states = {state.name: state for state in self.states}
        if not any(arrow.name == DEADLINE_MOVED for arrow in self.transitions):
            object.__setattr__(self, "transitions", (*self.transitions, _deadline_moved(self.states)))
        arrows = {arrow.name: arrow for arrow in self.transitions}
        if len(states) != len(self.states) or len(arrows) != len(self.transitions):
            raise ValueError(f"flow {self.name}: a state or transition is declared twice")
        if self.initial not in states:
            raise ValueError(f"flow {self.name}: initial state {self.initial} is not declared")
        for arrow in self.transitions:
            unknown = [s for s in (*arrow.from_, arrow.to) if s != "=" and s not in states]
            if unknown:
                raise ValueError(f"flow {self.name}: transition {arrow.name} names unknown states {unknown}")
        object.__setattr__(self, "by_state", states)
        object.__setattr__(self, "by_name", arrows)

    def leaving(self, state: str) -> list[Transition]:
        """The transitions that may leave ``state``, in declared order."""
        return [arrow for arrow in self.transitions if state in arrow.from_]

    def closed_states(self) -> frozenset[str]:
        return frozenset(s.name for s in self.states if s.kind == "closed")


def _deadline_moved(states: Sequence[State]) -> Transition:
    at_work = tuple(state.name for state in states if state.kind != "closed")
    words = ("期限随日历调整", "Deadline moved with the calendar")
    return Transition(
        DEADLINE_MOVED,
        words,
        at_work,
        "=",
        ("system",),
        needs=("due",),
        notifies=("unit", "reporter"),
        automatic=True,
    )


# What the needed facts are called in front of people.
FACT_WORDS: dict[str, Words] = {
    "reason": ("理由", "the reason"),
    "ground": ("法定理由", "the lawful ground"),
    "kind": ("类别", "the kind"),
    "standard": ("立案条件", "the filing condition"),
    "question": ("问题", "the question"),
    "into": ("并入的案件", "the matter to merge into"),
    "reports": ("要拆出的诉求", "the reports to split off"),
    "report": ("诉求", "the report"),
    "unit": ("单位", "the unit"),
    "limit": ("时限", "the limit"),
    "article": ("依据", "the article"),
    "until": ("截止时间", "until when"),
    "due": ("新的期限", "the new deadline"),
    "result": ("处置结果", "the result"),
    "evidence": ("处置后照片", "a photo of the result"),
    "finding": ("核查或研判意见", "the finding"),
    "verdict": ("对还是错", "whether it was right"),
    "observed": ("件数", "the count"),
    "outcome": ("回访结果", "the outcome of the call"),
    "solved": ("是否解决", "whether it is solved"),
    "grade": ("满意度", "the grade"),
}

_registry: dict[str, Flow] = {}


def register(flow: Flow) -> Flow:
    """Make a flow known to the kernel by its name; called once, where the flow is declared."""
    _registry[flow.name] = flow
    return flow


def flow_named(name: str) -> Flow:
    return _registry[name]


def all_flows() -> list[Flow]:
    return [_registry[name] for name in sorted(_registry)]
