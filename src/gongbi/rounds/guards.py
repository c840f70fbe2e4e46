"""What a step of a task needs beside state and role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gongbi.kernel.errors import Refused


def may_go(task: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """Who handled the matter, or whose unit did, looks neither at it nor sends it to themselves (GB/T 30428: 管办分离)."""
    to_person, to_unit = facts.get("person", viewer.person_id), facts.get("unit", viewer.unit_id)
    if to_person in task.barred_persons or to_unit in task.barred_units:
        raise Refused(
            "rounds.own_work",
            (
                "这件事由本人或本单位处置，须由别人到场核查。请选“不能去”，系统会派给下一位。",
                "This matter was handled by the same person or unit, so somebody else must look. Decline it; it goes to the next.",
            ),
            article="GB/T 30428 管办分离",
        )
