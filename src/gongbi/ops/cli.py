"""The command ``gongbi``. Only the module of the chosen command is imported, so that each starts quickly.

Exit status: 0 done, 1 refused or failed (a sentence on stderr says why), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Sequence

from gongbi.ops.parts import load

# name → (module in gongbi.ops.commands, what it does). A module has ``EXAMPLE``, ``arguments(parser)``, ``run(args)``.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": (
        "run",
        "start everything: migrate, make the demo district on an empty database, web, worker, live",
    ),
    "web": ("web", "the web process alone (pages and API)"),
    "worker": ("worker", "the worker process alone (outbox, timers, jobs)"),
    "live": ("live", "the live process alone (server-sent events)"),
    "devices": ("devices", "the process of the devices alone (listen: MQTT broker, rules, alarms)"),
    "migrate": ("migrate", "bring the database's tables up to date"),
    "demo": ("demo", "make the demo district (only on an empty database)"),
    "import": ("imports", "read a list or a file of reports, answered row by row"),
    "template": ("template", "write the Excel template of a list"),
    "board": ("board", "the rates of the board over a period, as a table or as JSON"),
    "ledger": ("ledger", "verify: check every chain and every daily root"),
    "check": ("check", "check the invariants of the whole house"),
    "warn": ("warn", "look at a day for warnings: clusters, rises, repeats, lateness"),
    "evaluate": ("evaluate", "the results of a period: places, scores; --recompute proves the kept ones"),
    "simulate": (
        "simulate",
        "a district that lives, in a house of its own; compare: rehearse what a change would change",
    ),
    "train": ("train", "learn kinds from labelled history"),
    "export": ("export", "write cases, divisions or places as CSV or Excel"),
}


def overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {words}" for name, (_module, words) in COMMANDS.items()]
    return "\n".join(["usage: gongbi COMMAND [...]", "", *lines, "", "gongbi COMMAND --help tells more.", ""])


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help", "help"):
        (sys.stdout if words else sys.stderr).write(overview())
        return 0 if words else 2
    name = words[0]
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        sys.stderr.write(f"gongbi: there is no command '{name}'.{hint} 'gongbi --help' lists them.\n")
        return 2
    module_name, help_words = COMMANDS[name]
    module = load(f"gongbi.ops.commands.{module_name}")
    parser = argparse.ArgumentParser(
        prog=f"gongbi {name}",
        description=help_words[0].upper() + help_words[1:] + ".",
        epilog=f"example: {module.EXAMPLE}",
    )
    module.arguments(parser)
    try:
        args = parser.parse_args(words[1:])
    except SystemExit as stop:
        return int(stop.code or 0)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    try:
        return int(module.run(args))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has left: no error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        sentence = in_words(error)
        if sentence is None:
            raise
        sys.stderr.write(f"gongbi {name}: {sentence}\n")
        return 1


def in_words(error: Exception) -> str | None:
    """A sentence for an error that a person can do something about; None for what is our own fault."""
    from gongbi.ops.processes import CannotStart

    if isinstance(error, CannotStart):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return f"there is no file {error.filename}."
    if isinstance(error, IsADirectoryError):
        return f"{error.filename} is a folder, not a file."
    if isinstance(error, PermissionError):
        return f"this user may not read or write {error.filename}."
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError, ProgrammingError

    from gongbi.kernel.errors import Refused

    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, OperationalError | ProgrammingError):
        text = str(error).strip().splitlines()[0]
        if "no such table" in text or "does not exist" in text:
            return f"the database has not all the tables yet: run 'gongbi migrate' first. ({text})"
        return f"the database does not answer: {text}. Check DATABASE_URL."
    if isinstance(error, ImproperlyConfigured):
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
