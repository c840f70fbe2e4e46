"""What a step of an appeal needs beside state and role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gongbi.kernel.errors import Refused
from gongbi.parties import directory

_CENTRE = "district_centre"  # stands over all and is scored by none of their matters


def of_another_unit(appeal: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """Who reviews is not of the unit, of one below it, or of one above that is scored by the same matters; nor the one who asked."""
    known = directory.current()
    family = {appeal.asked_unit}
    if appeal.asked_unit in known.by_id:
        family |= known.below(appeal.asked_unit)
        family |= {unit.pk for unit in known.above(appeal.asked_unit) if unit.kind != _CENTRE}
    same = appeal.asked_person is not None and appeal.asked_person == viewer.person_id
    if viewer.unit_id is None or viewer.unit_id in family or same or appeal.asked_by == viewer.actor:
        raise Refused(
            "evaluation.own_review",
            (
                "申诉须由与此成绩无关的其他单位复核，本单位及其上下级不能自己复核，请转给其他单位的裁定员。",
                "An appeal is reviewed by a unit that has no part in this score: not the unit itself, nor those above and below it. Pass it to an "
                "adjudicator elsewhere.",
            ),
        )
