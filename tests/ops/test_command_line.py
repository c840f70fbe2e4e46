"""The command ``gongbi``: every command exists, starts quickly, and says in words what is wrong."""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from gongbi.kernel.errors import Refused
from gongbi.ops import cli
from gongbi.ops.parts import load
from gongbi.ops.processes import CannotStart


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_can_be_asked_what_it_does(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: gongbi {name}")
    module = load(f"gongbi.ops.commands.{cli.COMMANDS[name][0]}")
    assert module.__doc__
    assert f"example: {module.EXAMPLE}" in " ".join(shown.split())
    assert f"gongbi {name}" in module.EXAMPLE
    assert callable(module.run)


def test_the_overview_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in cli.COMMANDS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "usage: gongbi COMMAND"),
        (["runn"], "Did you mean 'run'?"),
        (["zzz"], "there is no command 'zzz'. 'gongbi --help' lists them."),
        (["ledger"], "usage: gongbi ledger"),
        (["ledger", "burn"], "invalid choice"),
        (["web", "--port", "eighty"], "invalid int value"),
    ],
)
def test_wrong_usage_is_status_2_with_words(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_the_example_of_a_command_is_understood_by_it(name: str) -> None:
    module = load(f"gongbi.ops.commands.{cli.COMMANDS[name][0]}")
    parser = argparse.ArgumentParser()
    module.arguments(parser)
    words = module.EXAMPLE.split(f"gongbi {name}")[1].split()
    assert parser.parse_args(words)


def test_the_overview_imports_no_django() -> None:
    code = "import sys; from gongbi.ops import cli; cli.main(['--help']); sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Refused("x", ("不行", "Not so."), article="GB/T 30428"), "（GB/T 30428）"),
        (CannotStart("Port 80 is used."), "Port 80 is used."),
        (FileNotFoundError(2, "No such file", "a.csv"), "there is no file a.csv."),
        (IsADirectoryError(21, "Is a directory", "folder"), "folder is a folder, not a file."),
        (PermissionError(13, "Permission denied", "a.csv"), "may not read or write a.csv."),
        (OperationalError("no such table: flow_matter"), "run 'gongbi migrate' first"),
        (OperationalError("connection refused\nmore"), "the database does not answer: connection refused. Check DATABASE_URL."),
        (ImproperlyConfigured("SECRET"), "SECRET"),
    ],
)  # fmt: skip
def test_what_a_person_can_mend_is_said_in_one_sentence(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_args: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr("gongbi.ops.commands.check.run", fail)
    assert cli.main(["check"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("gongbi check: ")
    assert words in err
    assert "Traceback" not in err
    assert err.count("\n") == 1


def test_our_own_mistake_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_args: argparse.Namespace) -> int:
        raise KeyError("ours")

    monkeypatch.setattr("gongbi.ops.commands.check.run", fail)
    with pytest.raises(KeyError):
        cli.main(["check"])


@pytest.mark.process
def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom gongbi.ops import cli\nimport gongbi.ops.commands.check as c\n"
        "def run(_args):\n    for _ in range(20000): sys.stdout.write('a line of output\\n')\n    return 0\n"
        "c.run = run\nsys.exit(cli.main(['check']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )
    assert isinstance(process.stdout, io.BufferedReader)
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read().decode()
    assert process.wait(10) == 0
    assert said == ""
