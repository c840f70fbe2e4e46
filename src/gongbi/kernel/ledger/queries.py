"""Reading the ledger: histories, proofs and the check that nothing was touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from gongbi.kernel.errors import NotThere
from gongbi.kernel.flow.invariants import Breach
from gongbi.kernel.ledger.chain import Fields, entry_hash, merkle_path, merkle_root
from gongbi.kernel.ledger.days import covered, hashes_of, root_of
from gongbi.kernel.ledger.models import DailyRoot, LedgerEntry

if TYPE_CHECKING:
    from gongbi.kernel.flow.models import Matter


@dataclass(frozen=True, slots=True)
class Problem:
    """One break: which matter (None for a daily root), at which sequence number, and what is wrong."""

    matter_id: int | None
    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Proof:
    """That an entry stands in a sealed day: anyone can check it with :func:`chain.merkle_check`."""

    day: str
    entry: str
    root: str
    path: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Chain:
    """The entries of one matter in order, each with whether it holds; ``whole``: all do, and the last is the one the matter names."""

    entries: list[tuple[LedgerEntry, bool]]
    whole: bool


@dataclass(frozen=True, slots=True)
class Sealed:
    """``days`` sealed, the ``last`` of them, and whether the roots ``follow`` one another."""

    days: int
    last: DailyRoot | None
    follow: bool


def fields_of(entry: LedgerEntry) -> Fields:
    return Fields(
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor,
        unit_id=entry.unit_id,
        transition=entry.transition,
        from_state=entry.from_state,
        to_state=entry.to_state,
        facts=entry.facts,
    )


def verify(*, first_matter: int = 0) -> Iterator[Problem]:
    """Walk every chain and every daily root; yields what does not hold. Memory stays flat whatever the size."""
    from gongbi.kernel.flow.models import Matter

    matters: dict[int, tuple[bytes, int, bytes]] = {}
    current, prev, expected = -1, b"", 1

    def ended(matter_id: int, last: bytes, count: int) -> Iterator[Problem]:
        known = matters.pop(matter_id, None)
        if known is None:
            yield Problem(matter_id, count, "entries of a matter that does not exist")
        elif known[1] != count or bytes(known[2]) != last:
            yield Problem(matter_id, count, "the chain ends elsewhere than the matter says")

    # Ends are needed by key while entries stream by; 40 bytes a matter.
    for pk, seed, seq, last in Matter.objects.filter(pk__gte=first_matter).values_list(
        "pk", "seed", "last_seq", "last_hash"
    ):
        matters[pk] = (bytes(seed), seq, bytes(last))
    entries = LedgerEntry.objects.filter(matter_id__gte=first_matter).order_by("matter_id", "seq")
    for entry in entries.iterator(chunk_size=5000):
        if entry.matter_id != current:
            if current != -1:
                yield from ended(current, prev, expected - 1)
            current, expected = entry.matter_id, 1
            prev = matters[current][0] if current in matters else b""
        if entry.seq != expected:
            yield Problem(current, entry.seq, f"entry {expected} is missing")
            expected = entry.seq
        if wrong := _wrong(entry, prev):
            yield Problem(current, entry.seq, wrong)
        prev, expected = bytes(entry.hash), expected + 1
    if current != -1:
        yield from ended(current, prev, expected - 1)
    for pk, (_, seq, _last) in matters.items():
        if seq:
            yield Problem(pk, seq, "has lost its entries")
    yield from _verify_days()


def _wrong(entry: LedgerEntry, prev: bytes) -> str:
    """What is wrong with an entry behind one whose hash is ``prev``; "" when it holds."""
    if bytes(entry.prev) != prev:
        return "does not follow the entry before it"
    return (
        "was changed after it was written" if entry_hash(prev, fields_of(entry)) != bytes(entry.hash) else ""
    )


def chain_of(matter: Matter) -> Chain:
    """The chain of one matter, recomputed here and now."""
    entries: list[tuple[LedgerEntry, bool]] = []
    prev = bytes(matter.seed)
    for place, entry in enumerate(LedgerEntry.objects.filter(matter_id=matter.pk).order_by("seq"), start=1):
        entries.append((entry, entry.seq == place and not _wrong(entry, prev)))
        prev = bytes(entry.hash)
    return Chain(entries, all(holds for _entry, holds in entries) and bytes(matter.last_hash) == prev)


def _verify_days(*, walked: int | None = None) -> Iterator[Problem]:
    """Every root follows the one before it, and the entries of the last ``walked`` days (None: of all) still give theirs."""
    before, known, days = bytes(32), 0, list(DailyRoot.objects.order_by("day"))
    for place, sealed in enumerate(days):
        due = walked is None or place >= len(days) - walked
        if due and merkle_root(covered(sealed.day, after=known, up_to=sealed.last_id)) != bytes(sealed.root):
            yield Problem(None, 0, f"the entries of {sealed.day} no longer give the published root")
        if bytes(sealed.prev_root) != before:
            yield Problem(None, 0, f"the root of {sealed.day} does not follow the day before it")
        before, known = bytes(sealed.root), sealed.last_id


def breaches() -> Iterator[Breach]:
    """What the nightly check sees of the ledger: the chain of the days and the entries of the last two; :func:`verify` walks all."""
    for problem in _verify_days(walked=2):
        yield Breach(
            "ledger.days", f"entry {problem.seq}" if problem.matter_id else "daily roots", problem.what
        )


def sealed_days() -> Sealed:
    """How far the ledger is sealed, and whether each day's root follows the one before. The entries are not walked."""
    last = DailyRoot.objects.order_by("-day").first()
    return Sealed(DailyRoot.objects.count(), last, not list(_verify_days(walked=0)))


def proof(entry: LedgerEntry) -> Proof:
    """The audit path of ``entry`` in the sealed day that covers it; NotThere while there is none yet."""
    sealed = root_of(entry)
    if sealed is None:
        raise NotThere(
            "ledger.day_open",
            ("%(day)s 尚未封存，请明天再来。", "%(day)s is not sealed yet; come back tomorrow."),
            values={"day": timezone.localdate(entry.at)},
        )
    hashes = hashes_of(sealed)
    path = merkle_path(hashes, hashes.index(bytes(entry.hash)))
    return Proof(
        str(sealed.day),
        bytes(entry.hash).hex(),
        bytes(sealed.root).hex(),
        [(side, value.hex()) for side, value in path],
    )
