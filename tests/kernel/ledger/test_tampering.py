"""P1: the database refuses to change the record; where somebody gets round it, ``verify`` tells where. And an outsider can check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from gongbi.cases.models import Case
from gongbi.kernel.errors import NotThere
from gongbi.kernel.flow.advance import begin
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger import actions as ledger
from gongbi.kernel.ledger.actions import last_written
from gongbi.kernel.ledger.chain import merkle_check
from gongbi.kernel.ledger.models import DailyRoot, LedgerEntry
from gongbi.kernel.ledger.queries import chain_of, proof, verify
from gongbi.kernel.scope.viewer import system

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def matters(now: datetime) -> list[Matter]:
    """Three matters with three entries each, on three days."""
    from gongbi.cases.actions.step import take

    made = []
    with transaction.atomic():
        for number in range(3):
            case = Case(title=f"第{number}件", channel="web", territory="610104005001")
            at = now + number * DAY
            begin(
                case,
                system("test"),
                at=at,
                facts={"accept_limit": "15分钟", "text": f"内容{number}", "number": number},
            )
            for step in ("join", "join"):
                take(case, step, system("test"), at=at + timedelta(hours=1), facts={"report": number + 1})
            made.append(case)
    assert list(verify()) == []
    return list(made)


@contextmanager
def unlocked() -> Iterator[Any]:
    """As somebody with the keys to the database: its triggers are off inside."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield cursor
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
            return
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'ledger_%%'"
        )
        kept = cursor.fetchall()
        assert len(kept) >= 2
        for name, _sql in kept:
            cursor.execute(f"DROP TRIGGER {name}")
        yield cursor
        for _name, statement in kept:
            cursor.execute(statement)


def problems() -> list[tuple[int | None, int]]:
    return [(problem.matter_id, problem.seq) for problem in verify()]


@pytest.mark.parametrize(
    "change",
    [
        lambda: LedgerEntry.objects.update(actor="post:1"),
        lambda: LedgerEntry.objects.filter(seq=2).update(facts={}),
        lambda: LedgerEntry.objects.order_by("pk")[0].delete(),
        lambda: LedgerEntry.objects.filter(seq=3).delete(),
        lambda: LedgerEntry.objects.all()._raw_delete("default"),
    ],
)
def test_the_database_itself_refuses_to_change_or_delete_an_entry(
    matters: list[Matter], change: Callable[[], object]
) -> None:
    before = list(LedgerEntry.objects.order_by("pk").values())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change()
    assert list(LedgerEntry.objects.order_by("pk").values()) == before
    assert problems() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2026-03-11 03:00:00.000001+00:00"),
        ("actor", "post:1"),
        ("unit_id", 7),
        ("transition", "accept"),
        ("from_state", "accepted"),
        ("to_state", "closed"),
        ("facts", '{"report": 9}'),
        ("facts", '{"report": 2, "more": null}'),
        ("prev", b"\x01" * 32),
        ("hash", b"\x01" * 32),
        ("seq", 9),
    ],
)
def test_any_column_changed_behind_our_back_is_found(
    matters: list[Matter], column: str, value: object
) -> None:
    hit = matters[1]
    with unlocked() as cursor:
        cursor.execute(
            f"UPDATE ledger_ledgerentry SET {column} = %s WHERE matter_id = %s AND seq = 2", [value, hit.pk]
        )
    found = problems()
    assert found
    assert {matter for matter, _ in found} == {hit.pk}
    if column not in ("hash", "seq"):
        assert found[0] == (hit.pk, 2)
    assert [chain_of(matter).whole for matter in matters] == [True, False, True]
    if column not in ("hash", "seq"):
        assert [holds for _entry, holds in chain_of(hit).entries][:2] == [True, False]


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_an_entry_that_is_gone_is_missed(matters: list[Matter], seq: int) -> None:
    with unlocked() as cursor:
        cursor.execute(
            "DELETE FROM ledger_ledgerentry WHERE matter_id = %s AND seq = %s", [matters[1].pk, seq]
        )
    assert {matter for matter, _ in problems()} == {matters[1].pk}
    assert [chain_of(matter).whole for matter in matters] == [True, False, True]


def test_a_matter_without_any_entry_is_missed(matters: list[Matter]) -> None:
    with unlocked() as cursor:
        cursor.execute("DELETE FROM ledger_ledgerentry WHERE matter_id = %s", [matters[2].pk])
    assert problems() == [(matters[2].pk, 3)]
    assert not chain_of(matters[2]).whole


def test_an_entry_moved_to_another_matter_is_found_in_both(matters: list[Matter]) -> None:
    with unlocked() as cursor:
        cursor.execute(
            "UPDATE ledger_ledgerentry SET matter_id = %s, seq = 4 WHERE matter_id = %s AND seq = 3",
            [matters[0].pk, matters[1].pk],
        )
    assert {matter for matter, _ in problems()} == {matters[0].pk, matters[1].pk}


def test_two_matters_whose_histories_were_swapped_are_found(matters: list[Matter]) -> None:
    one, two = matters[0].pk, matters[1].pk
    with unlocked() as cursor:
        for old, new in ((one, -1), (two, one), (-1, two)):
            cursor.execute("UPDATE ledger_ledgerentry SET matter_id = %s WHERE matter_id = %s", [new, old])
    assert {matter for matter, _ in problems()} == {one, two}


def test_a_history_written_anew_with_good_hashes_is_found_by_the_sealed_day(
    matters: list[Matter], now: datetime
) -> None:
    """Who can recompute the chain and the matter's end still cannot recompute a root that was published."""
    from gongbi.kernel.ledger.chain import entry_hash
    from gongbi.kernel.ledger.queries import fields_of

    hit = matters[0]
    for number in range(3):
        ledger.seal_day((now + number * DAY).date(), at=now + 5 * DAY, up_to=last_written())
    assert problems() == []
    prev = bytes(Matter.objects.get(pk=hit.pk).seed)
    with unlocked() as cursor:
        for entry in LedgerEntry.objects.filter(matter_id=hit.pk).order_by("seq"):
            entry.actor = "post:666"
            digest = entry_hash(prev, fields_of(entry))
            cursor.execute(
                "UPDATE ledger_ledgerentry SET actor = %s, prev = %s, hash = %s WHERE id = %s",
                [entry.actor, prev, digest, entry.pk],
            )
            prev = digest
        Matter.objects.filter(pk=hit.pk).update(last_hash=prev)
    found = list(verify())
    assert [problem.matter_id for problem in found] == [None]
    assert str(now.date()) in found[0].what


def test_an_entry_slipped_into_a_sealed_day_is_found(matters: list[Matter], now: datetime) -> None:
    ledger.seal_day(now.date(), at=now + DAY, up_to=last_written())
    LedgerEntry.objects.create(
        pk=-1, matter=matters[0], seq=4, at=now + timedelta(hours=3), actor="post:1", transition="join", to_state="received",
        facts={}, prev=b"\x02" * 32, hash=b"\x03" * 32,
    )  # fmt: skip
    found = problems()
    assert (None, 0) in found
    assert (matters[0].pk, 4) in found


# --- Days ------------------------------------------------------------------------------------------------------------


def test_daily_roots_chain_and_a_sealed_day_stays(matters: list[Matter], now: datetime) -> None:
    days = [(now + number * DAY).date() for number in range(3)]
    sealed = [ledger.seal_day(day, at=now + 5 * DAY, up_to=last_written()) for day in days]
    assert bytes(sealed[0].prev_root) == bytes(32)
    assert bytes(sealed[1].prev_root) == bytes(sealed[0].root)
    assert bytes(sealed[2].prev_root) == bytes(sealed[1].root)
    assert [day.entries for day in sealed] == [3, 3, 3]
    again = ledger.seal_day(days[1], at=now + 9 * DAY, up_to=last_written())
    assert (again.pk, again.made_at) == (sealed[1].pk, sealed[1].made_at)
    assert DailyRoot.objects.count() == 3
    DailyRoot.objects.filter(day=days[1]).update(prev_root=b"\x01" * 32)
    assert [str(days[1]) in problem.what for problem in verify()] == [True]


def test_a_day_ends_at_local_midnight(matters: list[Matter], now: datetime) -> None:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    with transaction.atomic():
        for moment in (midnight - timedelta(microseconds=1), midnight):
            begin(
                Case(title="夜里", channel="web"), system("test"), at=moment, facts={"accept_limit": "15分钟"}
            )
    assert ledger.seal_day(now.date(), at=now + 5 * DAY, up_to=last_written()).entries == 4
    assert ledger.seal_day(midnight.date(), at=now + 5 * DAY, up_to=last_written()).entries == 4


def test_what_is_written_late_breaks_no_sealed_day_and_the_next_root_covers_it(
    matters: list[Matter], now: datetime
) -> None:
    """A message worked off after midnight speaks of the day before."""
    from gongbi.cases.actions.step import take

    days = [(now + number * DAY).date() for number in range(3)]
    ledger.seal_day(days[0], at=now + DAY, up_to=last_written())
    with transaction.atomic():
        case = Case.objects.get(pk=matters[0].pk)
        take(case, "join", system("test"), at=now + timedelta(hours=2), facts={"report": 9})
    late = LedgerEntry.objects.get(matter_id=case.pk, seq=4)
    assert problems() == []
    with pytest.raises(NotThere):
        proof(late)
    assert ledger.seal_day(days[1], at=now + 2 * DAY, up_to=last_written()).entries == 4
    assert ledger.seal_day(days[2], at=now + 3 * DAY, up_to=last_written()).entries == 3
    assert problems() == []
    got = proof(late)
    assert got.day == str(days[1])
    path = [(side, bytes.fromhex(value)) for side, value in got.path]
    assert merkle_check(bytes(late.hash), path, bytes(DailyRoot.objects.get(day=days[1]).root))
    assert {proof(entry).day for entry in LedgerEntry.objects.exclude(pk=late.pk)} == {
        str(day) for day in days
    }


@pytest.mark.django_db(transaction=True)
def test_a_day_is_not_sealed_over_an_entry_that_is_still_being_written(now: datetime) -> None:
    """Keys are given out before transactions end: a root made meanwhile would not know the entry, and break when it appears."""
    written, go_on, said = Event(), Event(), list[int]()

    def slow() -> None:
        with transaction.atomic():
            begin(Case(title="慢", channel="web"), system("test"), at=now, facts={"accept_limit": "15分钟"})
            written.set()
            go_on.wait(10)
        connection.close()

    def seals() -> None:
        said.append(last_written())
        connection.close()

    writer, sealer = Thread(target=slow), Thread(target=seals)
    writer.start()
    assert written.wait(10)
    sealer.start()
    sealer.join(0.3)
    go_on.set()
    writer.join(10)
    sealer.join(10)
    assert said == [LedgerEntry.objects.latest("pk").pk]


def test_an_outsider_checks_a_receipt_with_the_published_root_alone(
    matters: list[Matter], now: datetime
) -> None:
    for number in range(3):
        ledger.seal_day((now + number * DAY).date(), at=now + 5 * DAY, up_to=last_written())
    for entry in LedgerEntry.objects.all():
        got = proof(entry)
        path = [(side, bytes.fromhex(value)) for side, value in got.path]
        root = bytes(DailyRoot.objects.get(day=date.fromisoformat(got.day)).root)
        assert bytes.fromhex(got.root) == root
        assert merkle_check(bytes.fromhex(got.entry), path, root)
        other = bytearray(bytes.fromhex(got.entry))
        other[0] ^= 1
        assert not merkle_check(bytes(other), path, root)


def test_a_day_that_is_not_sealed_has_no_proof_yet(matters: list[Matter]) -> None:
    entry = LedgerEntry.objects.order_by("pk").last()
    assert entry is not None
    with pytest.raises(NotThere) as caught:
        proof(entry)
    assert caught.value.code == "ledger.day_open"
