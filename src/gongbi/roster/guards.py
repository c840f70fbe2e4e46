"""What a step of a swap needs beside state and role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gongbi.kernel.errors import Refused


def not_own(swap: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """Nobody approves a swap of their own."""
    own = viewer.person_id is not None and viewer.person_id in (swap.asker_person, swap.to_person)
    if own or (viewer.post_id is not None and viewer.post_id in (swap.asker_post, swap.to_post)):
        raise Refused(
            "roster.own_swap",
            (
                "这次换班涉及您本人，请由其他带班负责人审批。",
                "This swap is your own: another shift leader has to decide on it.",
            ),
        )


def not_begun(swap: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """A turn that has begun changes hands by a stand-in at once, not by a swap that is agreed afterwards."""
    begun = [turn for turn in (swap.turn, swap.other) if turn is not None and turn.starts_at <= facts["at"]]
    if begun:
        raise Refused(
            "roster.begun",
            (
                "班次已经开始，不能再换。需要有人顶班时，请带班负责人在该班次上“安排顶班”。",
                "The turn has begun and cannot be swapped any more. If somebody must take over, the shift leader puts a stand-in on it.",
            ),
        )
