"""A running house whose time runs fast: actors wait for their simulated moment and knock over HTTP, several at a time.

In a process of its own beside the house's. What is late is done as soon as hands are free; how far behind the clock they are is told. The
order of turns that fall together is the scheduler's, so a live run shows rhythms, not digests: those are stepped runs' (``stepped``).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from datetime import time as time_of_day

from gongbi.ops.simulate.cast import Cast
from gongbi.ops.simulate.clock import Running
from gongbi.ops.simulate.doors import OverHttp, TurnedAway
from gongbi.ops.simulate.house import Actor, House
from gongbi.ops.simulate.plan import ZONE
from gongbi.ops.simulate.staging import Run, cast_actors, lay_out

log = logging.getLogger("gongbi.simulate")
HANDS = 6
LOOK = 0.05  # s of the system clock between two looks at who is next, at most
AGAIN = timedelta(minutes=30)  # simulated: who met a broken connection tries again


class Live:
    """``run`` plays until the days are over or ``stop`` is set. ``tell`` hears (simulated moment, house, behind) every few seconds."""

    def __init__(
        self, cast: Cast, run: Run, clock: Running, *, host: str, port: int, hands: int = HANDS, every: float = 10.0,
        tell: Callable[[datetime, House, timedelta], object] = lambda *_: None,
    ) -> None:  # fmt: skip
        self.run_, self.clock, self.tell, self.every = run, clock, tell, every
        self.house = House(OverHttp(host, port), cast)
        self.behind = timedelta(0)
        self.errors = 0
        self.turns = 0
        self._free = threading.Semaphore(hands)
        self._hands = ThreadPoolExecutor(hands, thread_name_prefix="actor")

    def run(self, stop: threading.Event | None = None) -> House:
        """Until the last simulated midnight. A house that goes away is waited for, turn by turn."""
        stop = stop or threading.Event()
        begins = datetime.combine(self.run_.first, time_of_day(), ZONE)
        ends = begins + timedelta(days=self.run_.days)
        day = self.run_.first
        cast_actors(self.house, self.run_, max(begins, self.clock.now()))
        told = time.monotonic()
        try:
            while not stop.is_set() and self.clock.now() < ends:
                day = self._days(day)
                if time.monotonic() - told >= self.every:
                    told = time.monotonic()
                    self.tell(self.clock.now().astimezone(ZONE), self.house, self.behind)
                due = self.house.next_at()
                rest = LOOK if due is None else min(LOOK, self.clock.until(due))
                if rest > 0:
                    stop.wait(rest)
                    continue
                self._free.acquire()
                taken = self.house.take()
                if taken is None:
                    self._free.release()
                    continue
                self.turns += 1
                self._hands.submit(self._turn, taken[1], taken[0])
        finally:
            self._hands.shutdown(wait=True, cancel_futures=True)
        self.tell(self.clock.now().astimezone(ZONE), self.house, self.behind)
        return self.house

    def _days(self, day: date) -> date:
        """Lay out each day that has begun and is not over."""
        while (
            day <= self.clock.now().astimezone(ZONE).date() and (day - self.run_.first).days < self.run_.days
        ):
            lay_out(self.house, self.run_, day)
            day += timedelta(days=1)
        return day

    def _turn(self, actor: Actor, due: datetime) -> None:
        try:
            now = self.clock.now()
            self.behind = max(timedelta(0), now - due)
            self.house.act(actor, max(due, now).replace(second=0, microsecond=0))
        except (OSError, TurnedAway, ValueError) as error:  # a connection that broke, a page of status 500
            self.errors += 1
            log.warning(
                "a turn failed",
                extra={"actor": actor.name, "error": f"{type(error).__name__}: {error}"[:300]},
            )
            self.house.knock(actor.name, self.clock.now() + AGAIN)
        finally:
            self._free.release()
