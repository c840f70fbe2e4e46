"""What must always hold. Rooms register checks; ``gongbi check`` and the nightly job run them all."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that does not hold: which invariant, where (a number or key), and what is wrong."""

    invariant: str
    where: str
    what: str


Check = Callable[[], Iterator[Breach]]
_checks: dict[str, Check] = {}


def register(name: str) -> Callable[[Check], Check]:
    """Register a check under ``name``; it yields breaches and writes nothing."""

    def keep(function: Check) -> Check:
        _checks[name] = function
        return function

    return keep


def run_all(*, rooms: Iterable[str] = ()) -> Iterator[Breach]:
    """Every breach of every registered invariant, or only of those whose name begins with one of ``rooms``."""
    wanted = tuple(f"{room}." for room in rooms)
    for name in sorted(_checks):
        if not wanted or name.startswith(wanted):
            yield from _checks[name]()


def names() -> list[str]:
    return sorted(_checks)
