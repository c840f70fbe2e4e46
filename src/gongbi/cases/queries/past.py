"""Past matters as the router needs them: what a draft of the routing rules is tried on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gongbi.cases.models import Case
from gongbi.cases.queries import lists
from gongbi.duties.routing import Past, Place
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory

PAST = 2000  # matters that a draft is tried on, the newest first
PAGE = 200


def past_matters(viewer: Viewer, *, now: datetime, most: int = PAST) -> Iterator[Past]:
    """Kind, place, time and unit of at most ``most`` matters: closed ones, newest first, then those that are open.

    Only matters that a unit had and whose kind is known. The viewer is a job of the house: no words of anybody are shown.
    """
    units = directory.current().by_id
    seen = 0
    for tab in ("closed", "open"):
        after: tuple[datetime | None, int] | None = None
        while seen < most:
            page = lists.queue(viewer, lists.QueueFilter(tab=tab, after=after), now=now, size=PAGE)
            for case in page.cases:
                unit = units.get(case.unit_id) if case.unit_id else None
                if unit is None or not case.kind:
                    continue
                selector = f"department:{unit.code}" if unit.kind == "department" else unit.code
                yield _past(case, selector)
                seen += 1
                if seen >= most:
                    return
            if not page.more:
                break
            last = page.cases[-1]
            after = (last.due_at, last.pk)


def _past(case: Case, selector: str) -> Past:
    code = case.territory
    where = Place(
        community=code[:12] if len(code) >= 12 else "",
        street=code[:9],
        grid=code if len(code) == 15 else "",
    )
    return Past(case.kind, where, case.opened_at, selector, case.title, case.net, case.number)
