"""What the declaration says about one matter and one asker: buttons, and the words behind a disabled one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.flow.advance import check
from gongbi.kernel.flow.declare import DEADLINE_MOVED, Flow, Transition, flow_named
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.flow.who import may
from gongbi.kernel.scope.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Step:
    """One transition offered to one asker. ``reason`` says why it is disabled (empty when it is not)."""

    arrow: Transition
    enabled: bool
    reason: str = ""
    article: str = ""


def steps(matter: Matter, viewer: Viewer, *, at: datetime) -> list[Step]:
    """The transitions that leave the matter's state and are this asker's to do; a guarded one comes disabled with its reason."""
    offered: list[Step] = []
    for arrow in flow_named(matter.flow).leaving(matter.state):
        if arrow.automatic or not may(arrow.who, matter, viewer):
            continue
        try:
            check(matter, arrow, viewer, at, {})
        except Forbidden:
            continue
        except Refused as refusal:
            offered.append(Step(arrow, False, refusal.message, refusal.article))
        else:
            offered.append(Step(arrow, True))
    return offered


def allowed(matter: Matter, viewer: Viewer, *, at: datetime) -> list[str]:
    """Names of the transitions that this asker may take now."""
    return [step.arrow.name for step in steps(matter, viewer, at=at) if step.enabled]


def mermaid(flow: Flow) -> str:
    """The flow as a Mermaid state diagram, for the documents."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {state.name}: {state.words[0]} {state.words[1]}" for state in flow.states]
    lines.append(f"    [*] --> {flow.initial}")
    for arrow in flow.transitions:
        if arrow.name == DEADLINE_MOVED:
            continue  # the same in every flow and every state
        for source in arrow.from_:
            target = source if arrow.to == "=" else arrow.to
            lines.append(f"    {source} --> {target}: {arrow.words[0]}")
    lines += [f"    {state.name} --> [*]" for state in flow.states if state.kind == "closed"]
    return "\n".join(lines)
