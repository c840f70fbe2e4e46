"""Two houses as real processes speak Open311 over a line that is cut and restored: nothing is lost, nothing doubled."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.process.test_sigkill import asked
from tests.support.furnished import furnish
from tests.support.house import House

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.either]
CASES = 5
PATIENCE = 180.0  # s


class Line(threading.Thread):
    """A line of bytes between two ports. ``cut``: whoever speaks now is hung up on, and nobody new gets through.

    ``deaf``: what is asked arrives, but no answer comes back.
    """

    def __init__(self, to: int) -> None:
        super().__init__(daemon=True)
        self.to, self.cut, self.deaf, self.carried = to, False, False, 0
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.door.getsockname()[1])

    def run(self) -> None:
        while True:
            try:
                caller, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(caller,), daemon=True).start()

    def _carry(self, caller: socket.socket) -> None:
        with caller:
            if self.cut:
                return
            with socket.create_connection(("127.0.0.1", self.to)) as called:
                back = threading.Thread(target=self._copy, args=(called, caller, True), daemon=True)
                back.start()
                self._copy(caller, called, False)
                back.join(15)

    def _copy(self, source: socket.socket, target: socket.socket, answer: bool) -> None:
        try:
            while data := source.recv(65536):
                self.carried += 1
                if self.cut or (answer and self.deaf):
                    break
                target.sendall(data)
        except OSError:
            pass
        finally:
            for one in (source, target):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        self.door.close()


@pytest.fixture
def houses(district_database: str, tmp_path: Path) -> Iterator[tuple[House, House]]:
    with (
        furnish(district_database, tmp_path / "here") as here,
        furnish(district_database, tmp_path / "there") as there,
    ):
        yield here, there


def does(house: House, code: str) -> Any:
    """Run a piece of Python inside a house, beside its processes; what it prints last, as JSON."""
    lines = ["import django, json; django.setup()", "from django.utils import timezone; now = timezone.now()",
             "from gongbi.kernel.scope.viewer import PUBLIC, system; me = system('test')", code]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=house.root, capture_output=True, text=True, check=False, timeout=300,
        env=house.environment({"DJANGO_SETTINGS_MODULE": "gongbi.ops.settings"}),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


HOST = """
from gongbi.channels import actions
from gongbi.parties import actions as parties
from gongbi.parties.models import Unit
unit = Unit.objects.filter(kind="department").order_by("pk")[0]
_row, secret = parties.make_key(name="here", unit_id=unit.pk, channel="here", at=now, viewer=me)
actions.save_source(code="here", name="邻区", kind="open311", settings={"at_once": 1}, viewer=me, at=now)
print(json.dumps(secret))
"""
GUEST = """
from gongbi.channels import actions
from gongbi.parties.models import Unit
unit = Unit.objects.get(code="water")
made = actions.save_source(code="there", name="邻区", kind="open311", direction="both", unit_id=unit.pk, viewer=me, at=now,
    settings={{"endpoint": "http://127.0.0.1:{port}/open311/v2", "sends": True, "poll": 1, "service": "C0137"}})
actions.save_secret(made.pk, {{"api_key": "{key}"}}, viewer=me, at=now)
print(json.dumps(made.pk))
"""
GIVE = """
from gongbi.cases import actions as cases
from gongbi.cases.actions.statement import Statement
from gongbi.cases.triage import Said
from gongbi.kernel.scope.viewer import DISPATCHER, Viewer
from gongbi.parties.models import Post, Unit
post = Post.objects.filter(role="dispatcher").order_by("pk")[0]
desk = Viewer(actor=f"post:{{post.pk}}", role=DISPATCHER, post_id=post.pk, person_id=post.person_id, unit_id=post.unit_id,
    units=frozenset({{post.unit_id}}), territories=("610104",))
numbers = []
for n in range({first}, {last}):
    said = Said(text=f"劳动路{{n}}号门口的路灯不亮了", said_at=now, channel="web", lon=108.913, lat=34.265, kind="C0137")
    case = cases.receive(Statement(said=said), viewer=PUBLIC, at=timezone.now()).report.case
    cases.accept(case_id=case.pk, viewer=desk, at=timezone.now(), kind="C0137")
    cases.dispatch(case_id=case.pk, viewer=desk, at=timezone.now(), unit_id=Unit.objects.get(code="water").pk)
    numbers.append(case.number)
print(json.dumps(numbers))
"""
END = """
from gongbi.cases import actions as cases
from gongbi.cases.models import Report
from gongbi.kernel.scope.viewer import DISPATCHER, Viewer
from gongbi.parties.models import Post
post = Post.objects.filter(role="dispatcher").order_by("pk")[0]
desk = Viewer(actor=f"post:{post.pk}", role=DISPATCHER, post_id=post.pk, person_id=post.person_id, unit_id=post.unit_id,
    units=frozenset({post.unit_id}), territories=("610104",))
done = [cases.reject(case_id=one.case_id, viewer=desk, at=timezone.now(), ground="untrue", reason="灯亮着").number
        for one in Report.objects.filter(net="here")]
print(json.dumps(done))
"""


def until(true: Any, what: str) -> None:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < PATIENCE, what
        time.sleep(0.25)


def test_a_line_that_is_cut_twice_loses_no_case_and_doubles_none(houses: tuple[House, House]) -> None:
    here, there = houses
    key = does(there, HOST)
    there.start()
    line = Line(there.port)
    line.start()
    does(here, GUEST.format(port=line.port, key=key))
    here.start()

    def over() -> list[str]:
        return sorted(
            external for (external,) in asked(there, "SELECT external FROM cases_report WHERE net = 'here'")
        )

    def states() -> set[str]:
        return {
            state
            for (state,) in asked(
                here, "SELECT m.state FROM flow_matter m JOIN cases_case c ON c.matter_ptr_id = m.id"
            )
        }

    def failed() -> int:
        return int(
            asked(here, "SELECT count(*) FROM channels_outgoing WHERE attempts > 0 AND done_at IS NULL")[0][0]
        )

    numbers = does(here, GIVE.format(first=1, last=3))
    until(lambda: over() == sorted(numbers), "the whole line carries nothing")
    line.deaf = True  # they hear us, we do not hear them: each case goes over, and we must not know
    numbers += does(here, GIVE.format(first=3, last=5))
    until(lambda: len(over()) > 2 and failed(), "nothing went over a line that is deaf")
    line.deaf, line.cut = False, True
    numbers += does(here, GIVE.format(first=5, last=CASES + 1))
    until(lambda: failed() > 0, "a cut line was not noticed")
    line.cut = False
    until(lambda: over() == sorted(numbers), f"lost or doubled: {over()} of {sorted(numbers)}")
    until(lambda: states() == {"handling"}, f"their word did not come back: {states()}")
    assert len(does(there, END)) == CASES
    told = "SELECT count(*) FROM cases_question"
    ended = "SELECT count(*) FROM flow_matter WHERE state = 'handled'"
    until(
        lambda: asked(here, told)[0][0] + asked(here, ended)[0][0] == CASES,
        "their end did not come back once for each",
    )
    assert over() == sorted(numbers)
    line.end()
