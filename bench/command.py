"""Orders signed, a whistle to ten departments, an alert and the public feed of alerts: one process, the demo district, PostgreSQL.

A database of its own is made on the server and dropped at the end: what command writes names matters of other rooms, and none of it
depends on how many cases there are. The floor of what writes is one durable INSERT, asked in turns with it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bench.ground import ROOT
from bench.load import FOUNDED
from bench.rows import Row, ms

UNITS, FEED = 10, 30


def run(quick: bool = False) -> list[Row]:
    """Measure in a database of its own, in a process of its own (settings are read once)."""
    import json

    from tests.support.house import fresh_database

    with fresh_database(os.environ["DATABASE_URL"]) as url, tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "GONGBI_VAR": folder,
            "DJANGO_SETTINGS_MODULE": "gongbi.ops.settings",
        }
        command = [sys.executable, "-m", "bench.command", "20" if quick else "150"]
        done = subprocess.run(
            command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        )
    return [Row(**one) for one in json.loads(done.stdout.strip().splitlines()[-1])]


def measure(count: int) -> list[Row]:
    """In the database of the environment, which is empty."""
    import django

    django.setup()
    from django.core.management import call_command

    from gongbi.ops import demo

    call_command("migrate", verbosity=0)
    for step in (demo.territory, demo.parties, demo.duties):
        step(at=FOUNDED)
    return [*_orders(count), *_alerts()]


def _taken(work: Callable[[int], Any], count: int) -> list[float]:
    times = []
    for number in range(count):
        began = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - began)
    return times


def _orders(count: int) -> list[Row]:
    from django.db import connection

    from gongbi.command import actions
    from gongbi.kernel.outbox import tasks
    from gongbi.parties.models import Unit

    boss, at = _as("manager", "district_centre"), tasks.now()
    units = [
        unit
        for unit in Unit.objects.filter(kind="department").order_by("pk")
        if _handler(unit.pk) is not None
    ][:UNITS]
    hands = {unit.pk: _handler(unit.pk) for unit in units}
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_bare (id bigserial PRIMARY KEY, words text)")

    def bare(_number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_bare (words) VALUES ('x')")

    given = []

    def give(number: int) -> None:
        unit = units[number % len(units)].pk
        given.append(
            (
                actions.give(
                    actions.Given(unit_id=unit, title="路灯熄灭", text="请立即查明"), viewer=boss, at=at
                ).pk,
                unit,
            )
        )

    def sign(number: int) -> None:
        key, unit = given[number]
        actions.sign(key=key, viewer=hands[unit], at=at + timedelta(minutes=1))

    street = _as("manager", "street")

    def whistle(_number: int) -> None:
        wanted = [actions.Wanted(unit.pk, lead=place == 0) for place, unit in enumerate(units)]
        blown = actions.Blown(
            units=wanted,
            title="路面塌陷",
            text="请到场会商",
            place_words="路口",
            come_by=at + timedelta(hours=1),
        )
        actions.sound(blown, viewer=street, at=at)

    give(0)
    floor = statistics.median(_taken(bare, count))
    giving, signing = _taken(give, count), _taken(sign, count)
    whistling = _taken(whistle, max(5, count // 10))
    rows = []
    for words, times, each in (
        ("command: orders given", giving, 1),
        ("command: orders signed", signing, 1),
        (f"command: whistles sounded to {len(units)} departments", whistling, len(units)),
    ):
        p50 = statistics.median(times)
        rows.append(
            Row(words, "—", f"{1 / p50:.0f}/s", None, floor=f"{1 / floor:.0f}/s (a durable insert)", ratio=f"{floor / p50:.2f} ×",
                note=f"p50 {ms(p50)}, p99 {ms(sorted(times)[int(len(times) * 0.99)])}; {len(times)} one after another"
                + (f", {ms(p50 / each)} for each order" if each > 1 else ""))
        )  # fmt: skip
    return rows


def _alerts() -> list[Row]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, setup_test_environment

    from gongbi.incidents import actions
    from gongbi.kernel.outbox import tasks
    from gongbi.territory import queries as territory

    setup_test_environment()
    leader, at = _as("dispatcher", "district_centre"), tasks.now()
    community = territory.divisions(level="community", on=at)[0].code
    opened = []

    def begin(number: int) -> None:
        told = actions.Opened(
            key=f"bench-{number}",
            title="供水主管爆裂",
            sort="accident",
            kind="water_main",
            level=3,
            territory=community,
            happened_at=at,
        )
        one = actions.open_incident(told, viewer=leader, at=at)
        opened.append(actions.respond(key=one.pk, level=3, viewer=leader, at=at).pk)

    def issue(number: int) -> None:
        actions.issue(
            key=opened[number], wording=actions.Wording("劳动路停水", "主管爆裂，抢修中"), areas=[community], level=3,
            expires_at=at + timedelta(hours=6), viewer=leader, at=at,
        )  # fmt: skip

    client, asked = Client(), []

    def feed(_number: int) -> None:
        with CaptureQueriesContext(connection) as questions:
            answer = client.get("/alerts.atom")
        if answer.status_code != 200:
            raise RuntimeError(f"the feed answered {answer.status_code}")
        asked.append((answer.content.count(b"<entry>"), len(questions)))

    _taken(begin, FEED)
    issuing = _taken(issue, 1)
    _taken(feed, 3)
    few = asked[-1]
    issuing = [*issuing, *(_taken(lambda number: issue(number + 1), FEED - 1))]
    reading = statistics.median(_taken(feed, 15)[3:])
    many = asked[-1]
    p50 = statistics.median(issuing)
    return [
        Row("incidents: alerts issued (CAP 1.2, both languages, with outlines)", "—", f"{1 / p50:.0f}/s", None, note=f"p50 {ms(p50)}, {FEED} one after another"),
        Row("incidents: the public feed of alerts", "as many questions for 30 as for 1", f"{many[1]} questions, {ms(reading)}", few[1] == many[1],
            note=f"{few[1]} questions with {few[0]} alert, {many[1]} with {many[0]}; without the network"),
    ]  # fmt: skip


def _as(role: str, kind: str) -> Any:
    """Who holds a post of that role in a unit of that kind."""
    from gongbi.parties.models import Post

    return _viewer(Post.objects.filter(role=role, unit__kind=kind).order_by("pk")[0])


def _viewer(post: Any) -> Any:
    from gongbi.kernel.scope.viewer import Viewer

    return Viewer(
        actor=post.actor, role=post.role, post_id=post.pk, person_id=post.person_id, unit_id=post.unit_id, units=frozenset({post.unit_id}),
        territories=tuple(post.areas.values_list("code", flat=True)),
    )  # fmt: skip


def _handler(unit: int) -> Any:
    from gongbi.parties.models import Post

    post = Post.objects.filter(unit_id=unit, role="handler").order_by("pk").first()
    return None if post is None else _viewer(post)


if __name__ == "__main__":
    import json

    print(json.dumps([row.as_json() for row in measure(int(sys.argv[1]))], ensure_ascii=False))
