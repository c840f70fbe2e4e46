"""Two people do the same thing at the same moment, in real threads with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, connections

from gongbi.incidents import actions, queries
from gongbi.incidents.models import AlertMessage, Incident, LogEntry, Movement, PlanRun, Stock, Task
from gongbi.kernel.errors import Refused, Stale
from gongbi.kernel.ledger.queries import chain_of
from gongbi.kernel.scope.viewer import Viewer
from gongbi.territory import queries as territory
from tests.incidents.conftest import save_examples, save_pumps
from tests.incidents.test_flow import breaches

HANDS = 8


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at one moment; each answer is its result or the Refused it raised."""
    gate = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait(30)
            answers[place] = call()
        except Refused as refusal:
            answers[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    return answers


def test_plans_stock_alerts_and_the_log_under_many_hands(
    own_database: str, post: Callable[..., Viewer], now: datetime
) -> None:
    """One database for all of it: making one costs more than what is tried in it."""
    leader = post("dispatcher")
    code = territory.divisions(level="community", on=now)[0].code
    save_examples(now)
    pumps = save_pumps(now, code, total=10)

    def opened(key: str) -> Incident:
        one = actions.Opened(
            key, "劳动路供水主管爆裂", "accident", "water_main", 3, code, now, unit_id=leader.unit_id
        )
        return actions.open_incident(one, viewer=leader, at=now)

    # The same click twice is one incident.
    made = together(*[lambda: opened("one") for _ in range(HANDS)])
    assert {one.pk for one in made} == {Incident.objects.get().pk}
    one = made[0]

    # Two (here eight) start the same plan: one run, one checklist.
    runs = together(
        *[lambda: actions.start_plan(key=one.pk, code="gas", viewer=leader, at=now) for _ in range(HANDS)]
    )
    run = PlanRun.objects.get()
    assert {found.pk for found in runs} == {run.pk}
    assert Task.objects.count() == len(run.plan.steps)

    # Eight hands reach for three pumps each, of ten, from two incidents: three get them, nothing falls below zero.
    other = opened("other")

    def reach(turn: int) -> Callable[[], Any]:
        whose = one if turn % 2 else other
        return lambda: actions.move(
            key=whose.pk,
            stock_id=pumps.pk,
            sort="hand_out",
            amount=3,
            request=f"m{turn}",
            viewer=leader,
            at=now,
        )

    answers = together(*[reach(turn) for turn in range(HANDS)])
    refused = [answer.code for answer in answers if isinstance(answer, Refused)]
    assert refused == ["incidents.not_enough"] * (HANDS - 3)
    stock = Stock.objects.get(pk=pumps.pk)
    assert (stock.out, stock.free, Movement.objects.count()) == (9, 1, 3)

    # Everybody notes something: every line is there, numbered without a gap.
    lines = together(
        *[
            lambda turn=turn: actions.note(
                key=one.pk, text=f"第{turn}条", sort="seen", request=f"n{turn}", viewer=leader, at=now
            )
            for turn in range(HANDS)
        ]
    )
    assert sorted(line.seq for line in lines) == list(range(1, HANDS + 1))
    assert LogEntry.objects.filter(incident=one).count() == HANDS

    # An alert is updated by two at once: it is followed by one message, the other is told.
    def issue(turn: int, previous: str = "") -> AlertMessage:
        return actions.issue(
            key=one.pk, wording=actions.Wording("停水", f"第{turn}次"), areas=[code], level=3,
            expires_at=now.replace(hour=20), viewer=leader, at=now.replace(minute=turn), previous=previous,
        )  # fmt: skip

    first = issue(1)
    answers = together(lambda: issue(2, first.identifier), lambda: issue(3, first.identifier))
    assert sorted(isinstance(answer, Stale) for answer in answers) == [False, True]
    assert queries.alerts(one, leader)[0].previous_id == first.pk

    assert chain_of(Incident.objects.get(pk=one.pk)).whole
    assert breaches() == []
    connections.close_all()
