"""The headline rates of one wall: today's, and each of the two weeks before, as a leader of the place reads them off the board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from gongbi.insight import queries as insight
from gongbi.insight.period import Period
from gongbi.insight.rates import Figure
from gongbi.wall.rules import DAYS, RATES
from gongbi.wall.scope import as_leader

_ANEW = timedelta(minutes=10)  # yesterday's last events may be folded after midnight


class Course:
    """Figures by day, filled one day a look: two questions each time, whatever the size of the past."""

    def __init__(self, scope: Sequence[str]) -> None:
        self.viewer = as_leader(scope)
        self.days: dict[date, tuple[datetime, Mapping[str, Figure]]] = {}
        self._told: dict[str, Any] = {}
        self._today: date | None = None

    def look(self, at: datetime, *, every: timedelta) -> bool:
        """Work out the one day that waits longest; whether that changed what is shown."""
        today = timezone.localdate(at)
        self._today = today
        wanted = [today - timedelta(days=back) for back in range(DAYS)]
        self.days = {day: self.days[day] for day in wanted if day in self.days}
        for day in wanted:
            kept = self.days.get(day)
            fresh_for = every if day == today else _ANEW if day == wanted[1] else None
            if kept is None or (fresh_for is not None and at - kept[0] >= fresh_for):
                self.days[day] = (at, insight.figures(self.viewer, Period(day, day)))
                break
        else:
            return False
        told = self._plain()
        changed, self._told = told != self._told, told
        return changed

    def plain(self) -> dict[str, Any]:
        """Rate → [above, below] of each day, the oldest first; null where a day is not worked out yet."""
        return self._told

    def _plain(self) -> dict[str, Any]:
        assert self._today is not None
        days = [self._today - timedelta(days=back) for back in reversed(range(DAYS))]
        known = [self.days.get(day) for day in days]
        return {
            "days": [day.isoformat() for day in days],
            "of": {
                code: [None if one is None else [one[1][code].above, one[1][code].below] for one in known]
                for code in RATES
            },
        }
