"""``gongbi run`` as a person uses it: real processes on a database of the column under test."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.house import House

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.either]
WEB_LIMIT = 300 * 1024 * 1024  # bytes resident, with the whole district loaded


def until(condition: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def of_command(house: House, name: str) -> list[int]:
    """The processes of one command, the granian master and its workers alike."""
    return [
        pid for pid in house.processes() if Path(f"/proc/{pid}/comm").read_text().strip() == f"gongbi-{name}"
    ]


def test_one_command_serves_the_demo_stops_in_order_and_starts_again_quickly(house: House) -> None:
    early = house.gongbi("ledger", "verify")
    assert early.returncode == 1
    assert "run 'gongbi migrate' first" in early.stderr
    assert house.gongbi("migrate", "--check").returncode == 1
    assert house.gongbi("migrate").returncode == 0
    assert house.gongbi("migrate", "--check").returncode == 0

    first = house.start()
    shown = house.output
    assert f"http://127.0.0.1:{house.port}/" in shown
    assert "making the demo district" in shown
    for login in ("clerk", "dispatcher", "checker", "manager", "grid"):
        assert f"\n  {login} " in shown
    status, _text, headers = house.get("/")
    assert status == 200
    assert "content-security-policy" in headers
    for pid in of_command(house, "web"):
        assert resident(pid) < WEB_LIMIT
    assert house.stop(signal.SIGINT) == 0
    assert until(lambda: house.processes() == [])

    seconds = house.start()
    assert "making the demo district" not in house.output
    # On a machine that is busy with others: no longer than the start that made the district.
    assert seconds < max(5 * float(os.environ.get("GONGBI_TEST_PATIENCE", "2")), first)
    assert house.stop() == 0
    assert house.gongbi("check").returncode == 0
    assert house.gongbi("ledger", "verify").returncode == 0
    once_more = house.gongbi("demo")
    assert once_more.returncode == 1
    assert "not empty" in once_more.stderr


def test_a_killed_supervisor_leaves_nothing_behind_and_a_killed_process_comes_back(bare: House) -> None:
    house = bare
    house.start("--empty")
    for name in ("worker", "live", "devices", "web"):
        before = of_command(house, name)
        assert before, name
        os.kill(min(before), signal.SIGKILL)
        assert until(lambda name=name, before=before: bool(set(of_command(house, name)) - set(before))), name
        assert until(house.healthy)
    assert "is started again" in house.output
    assert house.process is not None
    house.process.kill()
    house.process.wait(5)
    assert until(lambda: house.processes() == [])


def test_an_empty_house_has_no_demo_and_no_logins_until_it_is_asked_for(house: House) -> None:
    house.start("--empty")
    assert "demo district" not in house.output
    assert "Demo accounts" not in house.output
    assert house.stop() == 0
    assert house.gongbi("ledger", "verify").stdout.startswith("Every chain holds: 0 entries")


@pytest.mark.parametrize("step", [0, 1])
def test_a_port_in_use_stops_before_anything_is_made(house: House, step: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", house.port + step))
        taken.listen()
        done = house.gongbi("run")
    assert done.returncode == 1
    assert done.stderr.startswith(f"gongbi run: Port {house.port + step} is used by another program.")
    assert not list(house.var.glob("*.sqlite3"))


def test_a_database_that_does_not_answer_is_said_in_a_sentence(house: House) -> None:
    nowhere = {"DATABASE_URL": "postgres://nobody:x@127.0.0.1:9/none"}
    done = house.gongbi("run", more=nowhere)
    assert done.returncode == 1
    assert "the database does not answer" in done.stderr
    assert "Traceback" not in done.stderr
