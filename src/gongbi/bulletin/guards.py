"""What a step of a bulletin needs beside state and role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gongbi.kernel.errors import Refused


def not_the_writer(bulletin: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """Who checks is not the one who wrote it: neither the same post nor the same person in another."""
    same = bulletin.edited_person is not None and bulletin.edited_person == viewer.person_id
    if bulletin.edited_by == viewer.actor or same:
        raise Refused(
            "bulletin.own_words",
            (
                "编写人不能审核自己写的稿子，请交给另一位审核。",
                "Whoever wrote it does not check it. Pass it to somebody else.",
            ),
        )
