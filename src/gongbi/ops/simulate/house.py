"""A house as its actors meet it: one wire, the clock, who acts next. Knows no table of the house and imports none of its rooms."""

from __future__ import annotations

import heapq
import io
import itertools
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from gongbi.ops.simulate.cast import Cast
from gongbi.ops.simulate.doors import Caller, TurnedAway, Wire, signed_in
from gongbi.science.rhythm import stream

AGAIN = timedelta(minutes=30)  # simulated


class Actor(Protocol):
    """Somebody who acts. ``name`` is unique; ``turn`` does what there is to do and says when to come back (None: when called)."""

    name: str
    lasting: bool  # comes back after a turn that was refused

    def turn(self, at: datetime) -> datetime | None: ...


class House:
    """What actors share: the wire, their logins' sessions, the list of who acts next, a tally of what they did and were refused."""

    def __init__(self, wire: Wire, cast: Cast) -> None:
        self.wire, self.cast = wire, cast
        self.did: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.actors: dict[str, Actor] = {}
        self._sessions: dict[str, Caller] = {}
        self._due: dict[str, datetime] = {}
        self._heap: list[tuple[datetime, int, str]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    # --- Who acts next --------------------------------------------------------------------------------------------------

    def enter(self, actor: Actor, at: datetime) -> None:
        """Somebody begins to act at ``at``."""
        with self._lock:
            self.actors[actor.name] = actor
        self.knock(actor.name, at)

    def leave(self, name: str) -> None:
        """Somebody is done for good."""
        with self._lock:
            self.actors.pop(name, None)
            self._due.pop(name, None)

    def knock(self, name: str, at: datetime) -> None:
        """Let somebody look at ``at``, unless they look before anyhow: what a live screen does when a list has changed."""
        with self._lock:
            due = self._due.get(name)
            if name not in self.actors or (due is not None and due <= at):
                return
            self._due[name] = at
            heapq.heappush(self._heap, (at, next(self._order), name))

    def next_at(self) -> datetime | None:
        """When the next turn is; None when nobody waits for anything."""
        with self._lock:
            while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
                heapq.heappop(self._heap)
            return self._heap[0][0] if self._heap else None

    def take(self) -> tuple[datetime, Actor] | None:
        """The next turn, taken off the list. Whoever takes it calls :meth:`act`."""
        with self._lock:
            while self._heap:
                at, _order, name = heapq.heappop(self._heap)
                if self._due.get(name) == at:
                    del self._due[name]
                    return at, self.actors[name]
        return None

    def act(self, actor: Actor, at: datetime) -> None:
        """One turn. A refusal that the actor did not expect is tallied and ends the turn: people go on with the next thing."""
        try:
            again = actor.turn(at)
        except TurnedAway as away:
            self.tally_refusal(away)
            if away.status in (401, 403):
                self._sessions.clear()  # sessions that are over: sign in anew
            again = at + AGAIN if actor.lasting else None
            if not actor.lasting:
                self.leave(actor.name)
        if again is not None and actor.name in self.actors:
            self.knock(actor.name, again)

    # --- Doors ----------------------------------------------------------------------------------------------------------

    def visitor(self) -> Caller:
        """Somebody whom the house does not know."""
        return Caller(self.wire)

    def program(self, channel: str) -> Caller:
        """A system with the key that an administrator made for this channel."""
        return Caller(self.wire, key=self.cast.keys[channel])

    def session(self, login: str) -> Caller:
        """The session of a login; signs in where there is none. Raises TurnedAway."""
        caller = self._sessions.get(login)
        if caller is None:
            caller = self._sessions[login] = signed_in(self.wire, login, self.cast.password)
            self.did["sign_in"] += 1
        return caller

    def post(self, what: str, caller: Caller, path: str, body: object, *, once: str = "") -> Any:
        """Send JSON as ``caller`` and count it as ``what``; what the house refuses is counted with its code and answered with None.

        Anything but a refusal (a server error) is raised: TurnedAway.
        """
        return self._counted(what, lambda: caller.post(path, body, once=once))

    def form(self, what: str, caller: Caller, path: str, fields: dict[str, str]) -> Any:
        """The same with a form."""
        return self._counted(what, lambda: caller.form(path, fields))

    def _counted(self, what: str, work: Callable[[], Any]) -> Any:
        try:
            answer = work()
        except TurnedAway as away:
            self.tally_refusal(away, what)
            return None
        with self._lock:
            self.did[what] += 1
        return answer

    def tally_refusal(self, away: TurnedAway, what: str = "") -> None:
        """Count a refusal; a server error is no refusal and is raised."""
        if away.status >= 500:
            raise away
        with self._lock:
            self.refused[f"{what} {away.code or away.status}".strip()] += 1


def picture(seed: int, *names: object) -> bytes:
    """A small JPEG drawn from its names: the same names, the same bytes; other names, another picture."""
    from PIL import Image

    dice = stream(seed, "picture", *names)
    small = Image.frombytes("RGB", (8, 6), dice.bytes(8 * 6 * 3))
    out = io.BytesIO()
    small.resize((96, 72), Image.Resampling.NEAREST).save(out, "JPEG", quality=70)
    return out.getvalue()
