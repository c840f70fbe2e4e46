"""Whose figures a viewer counts: lines of the own territory, a handler those of the own units; nobody a matter outside."""

from __future__ import annotations

from django.db.models import Q

from gongbi.insight.models import CaseFacts, FactLine, HotMember
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope import EVERYTHING, NOTHING, condition, rows
from gongbi.kernel.scope.matters import by_post
from gongbi.kernel.scope.viewer import Viewer


@rows(FactLine)
def _lines(viewer: Viewer, purpose: str) -> Q | None:
    """A line is where its case was, and whose it was, at its time: who lost a case to another unit still counts its own part."""
    seen = by_post(viewer)
    return NOTHING if seen is None and viewer.is_staff else seen


@rows(CaseFacts)
def _cases(viewer: Viewer, purpose: str) -> Q | None:
    return _lines(viewer, purpose)


@rows(HotMember)
def _members(viewer: Viewer, purpose: str) -> Q | None:
    """A report in a hot issue is seen with its matter."""
    matters = condition(Matter, viewer, purpose)
    if matters in (EVERYTHING, NOTHING):
        return matters
    return Q(case_id__in=Matter.objects.filter(matters).values("pk"))
