"""What a step of a warning needs beside state and role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gongbi.kernel.errors import Refused


def not_the_assessor(warning: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """Whoever assessed a warning does not say whether it was right."""
    same_person = warning.assessed_person is not None and warning.assessed_person == viewer.person_id
    if same_person or warning.assessed_by == viewer.actor:
        raise Refused(
            "warning.own_review",
            (
                "研判的人不能复核自己的研判，请由另一位同事复核。",
                "Whoever assessed a warning does not review it. Ask a colleague.",
            ),
        )
