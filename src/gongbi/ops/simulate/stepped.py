"""A stepped run: the whole house in this process, its clock set by hand from one turn to the next, as fast as it goes.

Between two turns the house does what its worker and the process of its devices would have done by then, at those simulated moments:
events are delivered, timers ring, periodic jobs run, readings are worked through. One thread, one order: the same seed gives the same
matters, the same steps at the same minutes (:func:`outcome`). Receipts, private links, seeds of chains and tokens stay random, as they must.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from gongbi.ops.simulate.cast import Cast
from gongbi.ops.simulate.clock import Stepped, going_by
from gongbi.ops.simulate.doors import Answer, InProcess, Wire
from gongbi.ops.simulate.house import House
from gongbi.ops.simulate.plan import ZONE
from gongbi.ops.simulate.staging import Run, cast_actors, lay_out

__all__ = ["Run", "Stage", "outcome"]

TICK = timedelta(minutes=15)  # between two rounds of the house's own work
# What says nothing about the day and takes long: learning, files, cards of grids whose workers do not change. All else runs when it is due.
LEFT_OUT = frozenset(
    {"duties.train", "files.sweep", "insight.hot", "flow.invariants", "ops.grid_cards", "channels.work"}
)


class Stage:
    """One house in this process. ``step`` does the next turn; ``play`` goes on to a moment; ``tell`` hears once a simulated day."""

    def __init__(self, cast: Cast, run: Run, *, wire: Wire | None = None, tick: timedelta = TICK) -> None:
        begins = datetime.combine(run.first, time(), ZONE)
        if wire is None:
            wire = in_this_process()
        self.run, self.clock, self.house = run, Stepped(begins), House(wire, cast)
        self.begins, self.ends = begins, begins + timedelta(days=run.days)
        self.next_day, self.next_tick = run.first, begins + tick
        self.tick = tick
        self.turns = 0
        self._jobs: dict[str, datetime] = {}  # when each periodic job is due again
        self._lane: Any = None
        cast_actors(self.house, run, begins)

    def play(
        self, until: datetime | None = None, tell: Callable[[date, House], object] = lambda *_: None
    ) -> House:
        """Go on until ``until`` (aware; the end of the run when None)."""
        from gongbi.kernel.outbox import subscribers

        until = min(until or self.ends, self.ends)
        with going_by(self.clock.now):
            subscribers.load()
            while True:
                midnight = datetime.combine(self.next_day, time(), ZONE)
                due = self.house.next_at() or until
                at = min(due, self.next_tick, midnight)
                if at >= until:
                    break
                self.clock.set(at)
                if at == midnight:
                    if self.next_day > self.run.first:
                        tell(self.next_day - timedelta(days=1), self.house)
                    lay_out(self.house, self.run, self.next_day)
                    self.next_day += timedelta(days=1)
                elif at == self.next_tick:
                    self._rounds(at)
                    self.next_tick += self.tick
                else:
                    taken = self.house.take()
                    if taken is not None:
                        self.turns += 1
                        self.house.act(taken[1], at)
            self.clock.set(until)
            self._rounds(until)
            if until == self.ends:
                tell(self.next_day - timedelta(days=1), self.house)
        return self.house

    def close(self) -> None:
        """Give the lane of the devices away."""
        if self._lane is not None:
            with going_by(self.clock.now):
                self._lane.close()
            self._lane = None

    # --- What the house's own processes do ------------------------------------------------------------------------------

    def _rounds(self, at: datetime) -> None:
        """The devices' lane, periodic jobs that are due, and whatever is to be delivered by then."""
        from gongbi.kernel.outbox.periodic import all_jobs

        self._devices(at)
        self._deliver(at)
        for job in all_jobs():
            if job.name in LEFT_OUT or self._jobs.get(job.name, at) > at:
                continue
            self._jobs[job.name] = at + job.every
            job.run(at)
        self._channels(at)
        self._deliver(at)

    def _deliver(self, at: datetime) -> None:
        from gongbi.kernel.outbox import actions

        for _round in range(1000):
            _published, claimed = actions.relay(at=at, limit=200)
            if not claimed:
                if not actions.give_positions(at=at):
                    return
                continue
            actions.deliver_many(claimed, at=at)

    def _devices(self, at: datetime) -> None:
        if not self.house.cast.devices:
            return
        from gongbi.channels.devices.actions.lane import Lane

        if self._lane is None:
            self._lane = Lane("simulated", self.clock.now)
        while self._lane.tick():
            pass

    def _channels(self, at: datetime) -> None:
        """In-going lanes of the channels, in this thread: in the worker each has a hand of its own."""
        from gongbi.channels import queries
        from gongbi.channels.actions import draining
        from gongbi.kernel.scope.viewer import system

        for source in queries.at_work(system("channels"), at=at).get("in", ()):
            while draining.drain(source, at=at):
                pass


def in_this_process() -> Wire:
    """A wire into the house of this process. Requests leave the connection to the database as it is: there is one, and the run's own work
    goes over it too."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    carry = InProcess(WSGIHandler())

    def wire(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        try:
            return carry(method, path, headers, body)
        finally:
            for signal in (request_started, request_finished):
                signal.connect(close_old_connections)

    return wire


def outcome() -> tuple[str, int, int]:
    """Digest of what happened: (SHA-256, matters, steps). The same seed on a fresh database gives the same, on SQLite and PostgreSQL.

    In it: each matter's flow, beginning, place, unit and state, and every step with its minute, who did it and where it led. Not in it,
    because it must be random or is drawn from what is: receipts, private links, seeds and hashes of chains, tickets of photos. Keys of the
    database stand for themselves no longer: whoever comes first is 1.
    """
    from gongbi.kernel.flow.models import Matter
    from gongbi.kernel.ledger.models import LedgerEntry

    told = hashlib.sha256()
    ranks: dict[tuple[str, object], int] = {}
    matters = steps = 0
    for key, unit, *row in Matter.objects.order_by("pk").values_list(
        "pk", "unit_id", "flow", "opened_at", "territory", "state"
    ):
        told.update(
            json.dumps([_rank(ranks, "matter", key), _rank(ranks, "unit", unit), *row], default=_utc).encode()
        )
        matters += 1
    entries = LedgerEntry.objects.order_by("matter_id", "seq")
    for key, actor, *row in entries.values_list("matter_id", "actor", "seq", "at", "transition", "to_state"):
        told.update(
            json.dumps(
                [_rank(ranks, "matter", key), _rank(ranks, "actor", actor), *row], default=_utc
            ).encode()
        )
        steps += 1
    return told.hexdigest(), matters, steps


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _rank(ranks: dict[tuple[str, object], int], what: str, key: object) -> int:
    return ranks.setdefault((what, key), len(ranks) + 1)
