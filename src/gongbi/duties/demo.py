"""The lists of a fresh house: the shipped catalogue, standards, three lists, questions, routes and words."""

from __future__ import annotations

from datetime import datetime

from gongbi.duties.actions import load_defaults
from gongbi.kernel.scope.viewer import system


def build_demo(*, at: datetime) -> str:
    """Load every shipped list that is still empty; says what was loaded."""
    done = load_defaults(at=at, viewer=system("demo"))
    return ", ".join(f"{outcome.new} {outcome.name}" for outcome in done)
