"""Starting, mending and stopping processes; a child never outlives its parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gongbi.ops.commands import web
from gongbi.ops.processes import RESTARTS, CannotStart, Child, Supervisor, require_port


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


# --- Ports ----------------------------------------------------------------------------------------------------------


def test_a_port_in_use_is_named_with_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            CannotStart, match=rf"Port {port} is used by another program.*PORT={port + 10} make run"
        ):
            require_port("127.0.0.1", port, "PORT")
    require_port("127.0.0.1", port, "PORT")


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_a_number_that_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(CannotStart, match="choose one from 1 to 65535"):
        require_port("127.0.0.1", port, "PORT")


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(CannotStart, match="HOST="):
        require_port("no-such-host.invalid", 8000, "PORT")


@pytest.mark.parametrize(("given", "port"), [("", 8000), ("9001", 9001)])
def test_the_port_comes_from_the_environment(given: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", given)
    assert web.port_from("PORT", 8000) == port


@pytest.mark.parametrize("given", ["http", "80 80", "-5"])
def test_a_port_that_is_no_number_is_refused_in_words(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", given)
    with pytest.raises(CannotStart, match="is no port number"):
        web.port_from("PORT", 8000)


@pytest.mark.parametrize("given", ["0", "-1", "many"])
def test_a_number_of_processes_that_makes_no_sense_is_refused(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGBI_WORKERS", given)
    with pytest.raises(CannotStart, match="GONGBI_WORKERS"):
        web.default_workers()


def test_one_slow_page_never_stops_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GONGBI_WORKERS", raising=False)
    monkeypatch.setattr(web, "cpu_share", lambda: 1)
    assert web.default_workers() == 2


# --- The supervisor -------------------------------------------------------------------------------------------------


@pytest.fixture
def handlers() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def forever() -> int:
    time.sleep(600)
    return 0


def ends_with(status: int) -> int:
    return status


def polite(mark: str) -> int:
    def end(*_: object) -> None:
        Path(mark).touch()
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    Path(mark + ".up").touch()
    return forever()


@pytest.mark.process
@pytest.mark.usefixtures("handlers")
def test_all_are_stopped_gracefully_when_told_to(tmp_path: Path) -> None:
    mark = tmp_path / "finished"
    children = [Child("polite", polite, (str(mark),)), Child("plain", forever)]

    def ready() -> bool:
        if not Path(f"{mark}.up").exists():
            return False
        os.kill(os.getpid(), signal.SIGTERM)
        return True

    assert Supervisor(children, lambda _text: None).run(ready) == 0
    assert mark.exists()
    assert not any(child.running() for child in children)


@pytest.mark.process
@pytest.mark.usefixtures("handlers")
def test_one_that_does_not_stop_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gongbi.ops.processes.STOP_SECONDS", 0.3)
    note = tmp_path / "pid"
    said: list[str] = []

    def stubborn() -> int:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        (tmp_path / "new").write_text(str(grandchild.pid))
        (tmp_path / "new").rename(note)
        return forever()

    def ready() -> bool:
        if note.exists():
            os.kill(os.getpid(), signal.SIGTERM)
        return note.exists()

    assert Supervisor([Child("web", stubborn)], said.append).run(ready) == 0
    assert any("'web' did not finish" in text for text in said)
    assert until(lambda: gone(int(note.read_text())))


@pytest.mark.process
@pytest.mark.usefixtures("handlers")
def test_one_that_ends_by_itself_is_started_again_and_said_so() -> None:
    said: list[str] = []
    child = Child("web", forever)
    supervisor = Supervisor([child], said.append)

    def ready() -> bool:
        child.signal(signal.SIGKILL)
        return True

    original = child.start

    def start() -> None:
        original()
        if len(child.started) > 1:
            supervisor.stopping.set()

    child.start = start  # type: ignore[method-assign]
    assert supervisor.run(ready) == 0
    assert len(child.started) == 2
    assert any("'web' ended by itself (status -9) and is started again" in text for text in said)


@pytest.mark.process
@pytest.mark.usefixtures("handlers")
def test_one_that_cannot_start_stops_the_rest_with_status_1() -> None:
    said: list[str] = []
    good = Child("live", forever)
    supervisor = Supervisor([good, Child("web", ends_with, (3,))], said.append)
    assert supervisor.run(lambda: False) == 1
    assert not good.running()
    assert any("'web' ended by itself (status 3)" in text for text in said)


@pytest.mark.process
@pytest.mark.usefixtures("handlers")
def test_one_that_keeps_ending_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    supervisor = Supervisor([Child("worker", ends_with, (4,))], said.append)
    monkeypatch.setattr(supervisor.stopping, "wait", lambda _seconds: bool(time.sleep(0.05)))
    assert supervisor.run(lambda: True) == 1
    assert sum("started again" in text for text in said) == RESTARTS


@pytest.mark.process
@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_dies_with_its_parent_however_the_parent_went(number: int, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    child = (
        "import os, time; from gongbi.ops.processes import die_with_parent; die_with_parent();"
        f"open({str(note)!r} + '.new', 'w').write(str(os.getpid())); os.rename({str(note)!r} + '.new', {str(note)!r});"
        "time.sleep(600)"
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}]).wait()",
        ]
    )
    try:
        assert until(note.exists)
        pid = int(note.read_text())
        assert not gone(pid)
        parent.send_signal(number)
        parent.wait(10)
        assert until(lambda: gone(pid), 5)
    finally:
        parent.kill()
