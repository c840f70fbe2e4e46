"""``gongbi simulate``: a district that lives, in a house of its own; ``gongbi simulate compare``: what a change would change."""

import argparse
import os
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gongbi.ops.console import day, django_ready, say
from gongbi.ops.processes import CannotStart

if TYPE_CHECKING:
    from gongbi.ops.simulate.house import House
    from gongbi.ops.simulate.staging import Run

EXAMPLE = "gongbi simulate --days 30 --speed 600"
FOLDER = "simulated"  # in the usual data folder, where nobody names another
BEFORE = timedelta(hours=1)  # of the first day, when the house is set up
START = 8.0  # seconds for the processes to start, while the simulated clock stands


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", nargs="?", choices=("run", "compare"), default="run",
        help="run: let it live (as without a word); compare: rehearse with and without a change, on the same chances",
    )  # fmt: skip
    parser.add_argument(
        "--days", type=int, default=None, metavar="N", help="simulated days (run: 1, compare: 28)"
    )
    parser.add_argument(
        "--speed", default="600", metavar="X",
        help="run: simulated seconds a second (600), 3600 at most; max: step by step in this process, as fast as it goes",
    )  # fmt: skip
    parser.add_argument(
        "--first", type=day, default=None, metavar="DATE", help="the first simulated day (2026-07-01)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="another seed is another district (1)"
    )
    parser.add_argument(
        "--matters", type=float, default=250.0, metavar="N", help="said on an average dry day (250)"
    )
    parser.add_argument(
        "--grid-workers", type=int, default=None, metavar="N", help="at work (run: 24, compare: 60)"
    )
    parser.add_argument(
        "--devices", type=int, default=6, metavar="N", help="run: devices that measure water (6)"
    )
    parser.add_argument(
        "--factor",
        action="append",
        default=[],
        metavar="KIND=X",
        help="so many times as much of a kind, e.g. H2099=3 (repeatable)",
    )
    parser.add_argument(
        "--burst",
        default="",
        metavar="TIME",
        help="run: a water main bursts at the first device, e.g. 2026-07-01T09:00",
    )
    parser.add_argument(
        "--host", default=os.environ.get("HOST") or "127.0.0.1", help="run: address to listen on (HOST)"
    )
    parser.add_argument("--port", type=int, default=None, help="run: port (PORT, 8000)")
    parser.add_argument(
        "--again", action="store_true", help="run: delete the simulated house that is there, and no other"
    )
    parser.add_argument(
        "--change", action="append", default=[], metavar="WORDS",
        help="compare: 'grid workers +2 in 610104001002', 'crews +1 in water', 'limit of E0301 = 2 working days' (repeatable, also in Chinese)",
    )  # fmt: skip
    parser.add_argument("--seeds", type=int, default=8, metavar="N", help="compare: pairs of runs (8)")
    parser.add_argument(
        "--json", type=Path, default=None, metavar="FILE", help="compare: figures as JSON ('-' to stdout)"
    )
    parser.add_argument(
        "--page",
        type=Path,
        default=None,
        metavar="FILE",
        help="compare: a page for people (HTML, both languages)",
    )


def run(args: argparse.Namespace) -> int:
    _check(args)
    return compare(args) if args.what == "compare" else live(args)


def _check(args: argparse.Namespace) -> None:
    """Numbers that make no run. Raises CannotStart."""
    days = args.days if args.days is not None else (28 if args.what == "compare" else 1)
    args.days, args.first = days, args.first or date(2026, 7, 1)
    if not 1 <= days <= 366:
        raise CannotStart(f"--days {days}: between 1 and 366 are possible.")
    if not 0 < args.matters <= 20_000:
        raise CannotStart(f"--matters {args.matters:g}: above 0 and at most 20000 are possible.")
    if not 2007 <= args.first.year <= 2035:
        raise CannotStart(f"--first {args.first}: between 2007 and 2035 are possible.")
    if not 1 <= args.seeds <= 1000:
        raise CannotStart(f"--seeds {args.seeds}: between 1 and 1000 are possible.")
    if args.grid_workers is None:
        args.grid_workers = 60 if args.what == "compare" else 24
    if not 0 <= args.grid_workers <= 1500 or not 0 <= args.devices <= 200:
        raise CannotStart("--grid-workers: 0 to 1500, --devices: 0 to 200 are possible.")
    args.factor = dict(_factor(text) for text in args.factor)


def _factor(text: str) -> tuple[str, float]:
    from gongbi.ops.simulate.plan import rhythms

    kind, _, number = text.partition("=")
    known = sorted(one["code"] for one in rhythms()["kinds"])
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if kind not in known or not 0 <= value <= 100:
        raise CannotStart(
            f"--factor {text}: write KIND=NUMBER with a number up to 100 and one of {', '.join(known)}."
        )
    return kind, value


# --- Rehearsal ------------------------------------------------------------------------------------------------------------


def compare(args: argparse.Namespace) -> int:
    """No database: the shipped district."""
    django_ready()
    from django.utils.translation import get_language

    from gongbi.ops.simulate import compare as comparing
    from gongbi.ops.simulate.plan import Settings
    from gongbi.ops.simulate.world import shipped_world

    if not args.change:
        raise CannotStart(
            "--change says what is to be compared, e.g. --change 'grid workers +2 in 610104001002'."
        )
    settings = Settings(matters=args.matters, factors=args.factor)
    world = shipped_world(grid_workers=args.grid_workers, settings=settings)
    changes = [comparing.read_change(text, world) for text in args.change]
    seeds = range(args.seed, args.seed + args.seeds)
    found = comparing.compare(
        world, changes, seeds=seeds, first=args.first, days=args.days, settings=settings, tell=_counting
    )
    if args.json is not None and str(args.json) == "-":
        sys.stdout.write(comparing.dumped(found))
    else:
        _table(found, 0 if (get_language() or "").startswith("zh") else 1)
        if args.json is not None:
            args.json.write_text(comparing.dumped(found), encoding="utf-8")
    if args.page is not None:
        args.page.write_text(comparing.page(found), encoding="utf-8")
    return 0


def _counting(done: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{of}" + ("\n" if done == of else ""))


def _table(found: Any, language: int) -> None:
    from gongbi.ops.simulate import compare as comparing

    say(comparing.heading(found, language))
    for place, table in comparing.rows(found, language):
        whole = [list(comparing.HEADINGS[language]), *table]
        widths = [max(_width(row[column]) for row in whole) for column in range(len(whole[0]))]
        say(f"\n{place}")
        for row in whole:
            cells = [
                text + " " * (width - _width(text))
                if number in (0, 5)
                else " " * (width - _width(text)) + text
                for number, (text, width) in enumerate(zip(row, widths, strict=True))
            ]
            say("  " + "  ".join(cells).rstrip())


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


# --- A house that lives ---------------------------------------------------------------------------------------------------


def live(args: argparse.Namespace) -> int:
    """A house of its own: another folder, another database, a clock of its own."""
    from gongbi.ops.simulate.clock import BY_HAND, FASTEST, VARIABLE

    stepped = args.speed == "max"
    try:
        speed = 1.0 if stepped else float(args.speed)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= FASTEST:
        raise CannotStart(f"--speed {args.speed}: a number up to {FASTEST:g}, or max.")
    if not os.environ.get("GONGBI_VAR"):
        os.environ["GONGBI_VAR"] = str(Path.cwd() / "var" / FOLDER)
    os.environ[VARIABLE] = BY_HAND
    os.environ.setdefault("GONGBI_LOG", "console")
    django_ready()
    from gongbi.ops.commands.migrate import migrate
    from gongbi.ops.simulate import actions
    from gongbi.ops.simulate.clock import Stepped, going_by
    from gongbi.ops.simulate.plan import ZONE

    begins = datetime.combine(args.first, datetime.min.time(), ZONE)
    if args.again:
        actions.clear()
    with going_by(Stepped(begins - BEFORE).now):
        migrate(begins - BEFORE)
        for words in actions.set_up(
            seed=args.seed, grid_workers=args.grid_workers, devices=args.devices, at=begins - BEFORE
        ):
            say(f"· {words}")
        cast = actions.cast(seed=args.seed, at=begins - BEFORE)
    return play(args, cast) if stepped else serve(args, cast, begins, speed)


def _run_of(args: argparse.Namespace, cast: Any) -> "Run":
    from gongbi.ops.simulate import actions
    from gongbi.ops.simulate.plan import ZONE, Burst, Settings
    from gongbi.ops.simulate.staging import Run
    from gongbi.ops.simulate.world import day_off, shipped_world

    settings = Settings(matters=args.matters, factors=args.factor)
    bursts: tuple[Burst, ...] = ()
    if args.burst:
        try:
            at = datetime.fromisoformat(args.burst)
        except ValueError:
            raise CannotStart(f"--burst {args.burst}: write it like 2026-07-01T09:00.") from None
        at = at if at.tzinfo else at.replace(tzinfo=ZONE)
        device, grid = actions.first_device(cast) if cast.devices else ("", cast.shape.grids[0].code)
        bursts = (Burst(at, grid, device),)
    staffing = shipped_world(grid_workers=0, settings=settings).staffing
    return Run(args.first, args.days, settings, staffing, bursts, day_off)


def play(args: argparse.Namespace, cast: Any) -> int:
    """Step by step, in this process; at the end the digest that the same seed gives again."""
    from gongbi.ops.simulate.stepped import Stage, outcome

    began = time.monotonic()
    stage = Stage(cast, _run_of(args, cast))
    stage.play(tell=lambda one, house: say(f"{one}  {tally(house)}"))
    stage.close()
    took = time.monotonic() - began
    digest, matters, steps = outcome()
    say(
        f"\n{matters} matters, {steps} steps, {stage.turns} turns in {took:.1f} s ({args.days / took * 60:.1f} simulated days a minute)"
    )
    say(f"seed {args.seed}: {digest}")
    say(f"See it: GONGBI_VAR={os.environ['GONGBI_VAR']} gongbi run, then /wall/ as manager")
    return 0


def tally(house: "House") -> str:
    """What was done and refused so far, in one line."""
    did = house.did
    said = sum(number for what, number in did.items() if what.startswith(("report.", "field.")))
    refused = sum(house.refused.values())
    return (
        f"said {said}, accepted {did['accept']}, dispatched {did['dispatch']}, handled {did['finish'] + did['field.solved']}, "
        f"closed {did['confirm']}, judged {did['judge']}, refused {refused}"
    )


def serve(args: argparse.Namespace, cast: Any, begins: datetime, speed: float) -> int:
    """The processes of ``gongbi run`` and one for the district, all by one simulated clock."""
    from django.conf import settings
    from django.db import connections

    from gongbi.ops.commands import run as running
    from gongbi.ops.commands.web import metrics_folder, port_from, single_threaded
    from gongbi.ops.processes import Child, Supervisor, require_port
    from gongbi.ops.simulate.clock import VARIABLE, Running, install

    port = args.port or port_from("PORT", 8000)
    beside = port_from("GONGBI_LIVE_PORT", port + 1)
    require_port(args.host, port, "PORT")
    require_port(args.host, beside, "GONGBI_LIVE_PORT")
    os.environ.update(PORT=str(port), GONGBI_LIVE_PORT=str(beside))
    settings.LIVE_PORT = beside
    single_threaded()
    metrics_folder()
    plan = _run_of(args, cast)
    running.warm_up()
    clock = Running(begins, round(time.time() + START, 1), speed)
    os.environ[VARIABLE], settings.SIMULATED_CLOCK = str(clock), clock.as_numbers()
    install(clock.now)
    connections.close_all()
    listen = ("--supervised", "--host", args.host, "--port")
    children = [
        Child("web", running.command, ("web", *listen, str(port))),
        Child("worker", running.command, ("worker", "--supervised")),
        Child("live", running.command, ("live", *listen, str(beside))),
        Child("devices", running.command, ("devices", "listen", "--supervised")),
        Child("district", district, (cast, plan, clock, args.host, port)),
    ]
    shown = "127.0.0.1" if args.host in ("0.0.0.0", "::", "") else args.host  # noqa: S104

    def ready() -> bool:
        if not running.healthy(shown, port):
            return False
        say(
            f"\nThe simulated district lives: {begins:%Y-%m-%d %H:%M}, {speed:g} times as fast. Everything in it is invented."
        )
        say(f"  The wall: http://{shown}:{port}/wall/  (manager, password {cast.password})")
        say("  Ctrl-C stops everything.\n")
        return True

    return Supervisor(children, say).run(ready)


def district(cast: Any, plan: "Run", clock: Any, host: str, port: int) -> int:
    """The process of the actors; it stays when the days are over, so that the house stays open to be looked at."""
    from gongbi.ops.processes import die_with_parent
    from gongbi.ops.simulate.live import Live

    die_with_parent()
    stop = threading.Event()
    here = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104

    def told(at: datetime, house: "House", behind: timedelta) -> None:
        late = f", {behind.total_seconds() / 60:.0f} min behind" if behind > timedelta(minutes=15) else ""
        say(f"{at:%m-%d %H:%M}  {tally(house)}{late}")

    from gongbi.ops.commands.run import healthy

    while not healthy(here, port):
        time.sleep(0.2)
    Live(cast, plan, clock, host=here, port=port, tell=told).run(stop)
    say(
        f"The simulated days are over ({datetime.now(UTC).astimezone():%H:%M}). The house stays open; Ctrl-C stops it."
    )
    stop.wait()
    return 0
