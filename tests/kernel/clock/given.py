"""What the clock's tests start from: Beijing moments, the calendar of the notices, a matter."""

from datetime import datetime
from functools import cache

from gongbi.kernel.clock.calendar import ZONE, Calendar, from_chinesecalendar, known_years
from gongbi.kernel.flow.declare import Flow, State, Transition, register
from gongbi.kernel.flow.models import Matter

# A flow of nobody's, so that the clock is tried without a brush.
register(
    Flow(
        "test",
        ("试", "Trial"),
        "open",
        (State("open", ("办理中", "Open")), State("closed", ("办结", "Closed"), "closed")),
        (Transition("close", ("办结", "Close"), ("open",), "closed", ("*",)),),
    )
)


def bj(text: str) -> datetime:
    """``2026-09-30 17:00`` in Beijing."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@cache
def notices() -> Calendar:
    return Calendar(from_chinesecalendar(known_years()))


def matter(opened: str = "2026-09-30 17:00") -> Matter:
    return Matter.objects.create(
        flow="test", state="open", opened_at=bj(opened), seed=b"s" * 32, last_hash=b"h" * 32
    )
