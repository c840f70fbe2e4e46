"""Care lists: who is to be looked in on. Kept by the community's or street's manager; names are sealed."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.scope.viewer import MANAGER, SYSTEM, Viewer
from gongbi.rounds import rules
from gongbi.rounds.models import Care


def _keeper(viewer: Viewer, grid: str) -> None:
    if viewer.role == SYSTEM or (viewer.role == MANAGER and viewer.covers(grid)):
        return
    raise Forbidden(
        "rounds.care_keeper",
        (
            "关爱名单由社区或街道负责人维护。",
            "Care lists are kept by the manager of the community or street.",
        ),
    )


@transaction.atomic
def add_care(
    *,
    kind: str,
    name: str,
    door: str,
    grid: str,
    since: date,
    viewer: Viewer,
    at: datetime,
    phone: str = "",
    every_days: int = 30,
    synthetic: bool = False,
) -> Care:
    """Put somebody on the list of a grid. Errors: Forbidden, Refused (kind, grid, how often)."""
    _keeper(viewer, grid)
    if kind not in rules.CARE_KINDS or len(grid) != 15 or not 1 <= every_days <= 366 or not name or not door:
        raise Refused(
            "rounds.care_line",
            (
                "名单须有类别、姓名、门牌、15 位网格编号和 1–366 天的走访间隔。",
                "A line needs a kind, a name, a door, the 15 digits of the grid and 1 to 366 days between visits.",
            ),
        )
    return Care.objects.create(
        kind=kind, name=name, phone=phone, door=door, territory=grid, every_days=every_days, since=since, synthetic=synthetic
    )  # fmt: skip


@transaction.atomic
def end_care(*, care_id: int, until: date, viewer: Viewer, at: datetime) -> None:
    """Take somebody off the list from that day on. Errors: NotThere, Forbidden."""
    care = Care.objects.filter(pk=care_id).first()
    if care is None:
        raise NotThere("rounds.care", ("名单上没有这一条。", "There is no such line on the list."))
    _keeper(viewer, care.territory)
    care.until = until
    care.save(update_fields=["until"])
