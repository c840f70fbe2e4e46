"""The command line of the library: ``python -m gongbi.science COMMAND …``.

Every command takes ``--json OUT`` (the whole result; ``-`` for standard output) and ``--seed``, ends with 0, or with 2 and one
sentence on standard error that names the argument. Names, options and columns are fixed: outsiders script them.

A command is a module of this package with ``HELP``, ``arguments(parser)``, ``run(options) -> result`` (plain values that JSON can
hold) and ``say(result) -> lines`` for people. Only the module that is asked for is loaded.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn, Protocol, cast

COMMANDS = {
    "classify": "which of many labels a message belongs to",
    "hot": "which places and matters many people write about",
    "twins": "which reports are of the same matter",
    "scan": "clusters of cases in space and time",
    "surveil": "weeks with more cases than the weeks before let expect",
    "forecast": "how many cases will come, by place, kind and day",
    "power": "which planted outbreaks a detector finds, how soon, and how often it is wrong",
    "locate": "which polygon each point lies in",
    "addresses": "the parts of Chinese addresses",
}
SEED = 1


class Command(Protocol):
    """What a module of this package offers."""

    @staticmethod
    def arguments(parser: argparse.ArgumentParser) -> None:
        """Add the command's own options."""

    @staticmethod
    def run(options: argparse.Namespace) -> Mapping[str, Any]:
        """Do it. Raises ValueError or OSError with a sentence that names the argument."""

    @staticmethod
    def say(result: Mapping[str, Any]) -> Iterable[str]:
        """The lines that a person reads."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence, without the usage in front of it."""
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m gongbi.science", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help=", ".join(COMMANDS))
    return parser


def _usage() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {words}" for name, words in COMMANDS.items()]
    return "\n".join(
        ["python -m gongbi.science COMMAND [options]   (COMMAND --help for its options)", *lines]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command; its exit status: 0, or 2 when something that was given cannot be used."""
    given = list(sys.argv[1:] if argv is None else argv)
    if not given or given[0] in ("-h", "--help"):
        sys.stdout.write(_usage() + "\n")
        return 0 if given else 2
    name = _parser().parse_args(given[:1]).command
    command = cast(Command, import_module(f"{__name__}.{name}"))
    parser = _Parser(prog=f"python -m gongbi.science {name}", description=COMMANDS[name])
    parser.add_argument(
        "--json", metavar="OUT", help="write the whole result there as JSON (- for standard output)"
    )
    parser.add_argument(
        "--seed", type=int, default=SEED, help="of everything that is drawn (default %(default)s)"
    )
    command.arguments(parser)
    options = parser.parse_args(given[1:])
    try:
        result = command.run(options)
        if options.json:
            _write(options.json, result)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{parser.prog}: {_sentence(error)}\n")
        return 2
    if options.json != "-":
        sys.stdout.writelines(f"{line}\n" for line in command.say(result))
    return 0


def _write(out: str, result: Mapping[str, Any]) -> None:
    text = json.dumps(result, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    if out == "-":
        sys.stdout.write(text)
        return
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__
