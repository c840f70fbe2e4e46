"""Reports of other systems, accepted for processing over HTTP: durable, the receipt sent; the worker drains them later.

Two doors: Open311's form, one report a request, and a network's list, fifty a request. Served by granian with two single-threaded
workers on the cores that the clients run on, PostgreSQL with a million cases.
"""

from __future__ import annotations

import json
import os
import random
import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from bench import sentences, serve
from bench.drive import Client, Measured, together
from bench.rows import Row, ms

TARGET = 500.0
USERS = 8
LIST = 50


def _keys() -> tuple[str, str]:
    """A key for an Open311 source that answers with tokens, and one for a network; both are new each time."""
    from gongbi.channels import actions
    from gongbi.kernel.scope.viewer import system
    from gongbi.parties import actions as parties
    from gongbi.parties.models import Unit

    me, now, mark = system("bench"), datetime.now(UTC), os.urandom(3).hex()
    unit = Unit.objects.order_by("pk")[0]
    made = []
    for kind, settings in (("open311", {"at_once": 0}), ("net", {"strict": False})):
        code = f"bench-{kind}-{mark}"
        actions.save_source(
            code=code, name=code, kind=kind, settings=settings, viewer=me, at=now, synthetic=True
        )
        since = now - timedelta(minutes=1)
        made.append(parties.make_key(name=code, unit_id=unit.pk, channel=code, at=since, viewer=me)[1])
    return made[0], made[1]


def _forms(port: int, key: str) -> Callable[[int], Callable[[], None]]:
    def make(user: int) -> Callable[[], None]:
        client, dice = Client(port), random.Random(user + int.from_bytes(os.urandom(4), "big"))

        def work() -> None:
            lon, lat = dice.choice(sentences.points())
            fields = {
                "api_key": key, "service_code": "C0137", "description": sentences.words(dice), "lat": lat, "long": lon,
                "external_id": f"{dice.getrandbits(96):x}",
            }  # fmt: skip
            status, told = client.ask(
                "POST",
                "/open311/v2/requests.json",
                urlencode(fields).encode(),
                "application/x-www-form-urlencoded",
            )
            if status != 200 or b"token" not in told:
                raise RuntimeError(f"{status}: {told[:200]!r}")

        return work

    return make


def _lists(port: int, key: str) -> Callable[[int], Callable[[], None]]:
    def make(user: int) -> Callable[[], None]:
        client, dice = (
            Client(port, {"X-API-Key": key}),
            random.Random(user + int.from_bytes(os.urandom(4), "big")),
        )

        def work() -> None:
            reports = []
            for _ in range(LIST):
                lon, lat = dice.choice(sentences.points())
                reports.append(
                    {
                        "external": f"{dice.getrandbits(96):x}",
                        "text": sentences.words(dice),
                        "lon": lon,
                        "lat": lat,
                    }
                )
            status, told = client.ask(
                "POST", "/api/channels/reports", json.dumps({"reports": reports}).encode()
            )
            if status != 202 or json.loads(told)["taken"] != LIST:
                raise RuntimeError(f"{status}: {told[:200]!r}")

        return work

    return make


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded."""
    rounds, seconds = (2, 2.0) if quick else (3, 5.0)
    form_key, list_key = _keys()
    sentences.points()
    forms: list[Measured] = []
    lists: list[Measured] = []
    with serve.product(dict(os.environ)) as (port, _pid):
        for _ in range(rounds):
            forms.append(together(USERS, seconds, _forms(port, form_key)))
            lists.append(together(USERS, seconds, _lists(port, list_key)))
    for measured in (*forms, *lists):
        measured.check()
    return [
        _row("reports of another system accepted, one a request (Open311)", forms, 1),
        _row(f"reports of another system accepted, {LIST} a request", lists, LIST),
    ]


def _row(words: str, rounds: list[Measured], each: int) -> Row:
    rate = statistics.median(one.rate for one in rounds) * each
    middle, late = (statistics.median(one.quantile(share) for one in rounds) for share in (0.5, 0.99))
    return Row(
        words, f"{TARGET:.0f}/s", f"{rate:.0f}/s", rate >= TARGET,
        note=f"{USERS} users, durable before the answer; p50 {ms(middle)}, p99 {ms(late)} a request",
    )  # fmt: skip
