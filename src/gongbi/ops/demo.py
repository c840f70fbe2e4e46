"""The demo district, made by the rooms in this order. A room adds itself with one line in ``GROUND`` or ``SAMPLES``.

Each step is a callable ``(*, at: datetime) -> str`` that writes through its room's actions, may rely on the steps before it,
and says what it made. All of it is marked as synthetic wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from gongbi.kernel.scope.viewer import system
from gongbi.ops.parts import load

# In one transaction: half a district is none, and is tried again.
GROUND: tuple[str, ...] = (
    "gongbi.ops.demo:territory",
    "gongbi.ops.demo:parties",
    "gongbi.ops.demo:duties",
    "gongbi.ops.demo:cards",
)
# Through the actions of everyday, each in its own transaction.
SAMPLES: tuple[str, ...] = (
    "gongbi.channels.notices.demo:build_demo",
    "gongbi.seat.demo:build_demo",
    "gongbi.cases.demo:build_demo",
    "gongbi.channels.devices.demo:build_demo",
    "gongbi.channels.nets.demo:build_demo",
    "gongbi.channels.hotline.demo:build_demo",
    "gongbi.ops.demo:rounds",
    "gongbi.incidents.demo:build_demo",
    "gongbi.evaluation.demo:build_demo",
    "gongbi.ops.demo:command",
    "gongbi.ops.demo:roster",
    "gongbi.bulletin.demo:build_demo",
)
VIEWER = system("demo")


def is_empty() -> bool:
    """Whether nobody has set this database up yet: no account in it."""
    from django.contrib.auth import get_user_model

    return not get_user_model()._default_manager.exists()


def make(*, at: datetime) -> Iterator[str]:
    """Make the whole demo district on an empty database; yields what was made, in words, step by step."""
    from django.db import transaction

    with transaction.atomic():
        for path in GROUND:
            yield load(path)(at=at)
    for path in SAMPLES:
        yield load(path)(at=at)


def logins() -> list[tuple[str, str, str]]:
    """The demo accounts, when this database holds the demo: user name, password, who it is (zh, en)."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import check_password

    from gongbi.parties.demo import LOGINS, PASSWORD

    there = get_user_model()._default_manager.filter(username__in=[login for login, *_rest in LOGINS])
    stored = dict(there.filter(is_active=True).values_list("username", "password"))
    # The demo's accounts share one hash, so this is one slow comparison, not sixteen.
    unchanged = {encoded for encoded in set(stored.values()) if check_password(PASSWORD, encoded)}
    return [
        (login, PASSWORD, f"{zh} {en}")
        for login, _role, _unit, (zh, en) in LOGINS
        if stored.get(login) in unchanged
    ]


# --- Steps that tie two rooms together ---------------------------------------------------------------------------------


def territory(*, at: datetime) -> str:
    """Streets, communities, grids and places."""
    from gongbi.territory.demo import build_demo

    made = build_demo(at=at)
    return f"{made.streets} streets, {made.communities} communities, {made.grids} synthetic grids, {made.places} places"


def parties(*, at: datetime) -> str:
    """Units, people, posts and one account for each role; the streets and communities are the territory's."""
    from django.conf import settings

    from gongbi.duties.exchange import departments
    from gongbi.parties.demo import build_demo
    from gongbi.territory import queries

    below: dict[str, list[tuple[str, str]]] = {level: [] for level in ("street", "community", "grid")}
    for division in queries.divisions(on=at, viewer=VIEWER):
        if division.level in below:
            below[division.level].append((division.code, division.name))
    made = build_demo(
        departments={row["code"]: (row["name_zh"], row["name_en"]) for row in departments()},
        district=settings.DISTRICT_CODE,
        streets=below["street"],
        communities=below["community"],
        grids=[code for code, _name in below["grid"]],
        at=at - timedelta(days=180),  # the sample cases of the past weeks need units that were there
        viewer=VIEWER,
    )
    return f"{made.units} units, {made.posts} posts, {len(made.logins)} accounts (all people are invented)"


def duties(*, at: datetime) -> str:
    """Kinds, standards, limits, duty lists: also what the measured databases are loaded on."""
    from gongbi.duties.demo import build_demo

    return build_demo(at=at)


def cards(*, at: datetime) -> str:
    """The public card of every grid, with its worker."""
    from gongbi.ops import tasks

    return f"{tasks.cards(at)} public grid cards"


def rounds(*, at: datetime) -> str:
    """The grid worker of the demo on a shift, with people to look in on and two tasks at hand."""
    from django.contrib.auth import get_user_model

    from gongbi.cases import actions
    from gongbi.cases.actions.statement import Statement
    from gongbi.cases.triage import Said
    from gongbi.field.doing import ask
    from gongbi.kernel.scope.viewer import DISPATCHER, PUBLIC
    from gongbi.parties import queries as parties
    from gongbi.parties.demo import stand_in
    from gongbi.rounds.demo import build_demo
    from gongbi.territory import queries as territory

    account = get_user_model()._default_manager.filter(username="grid").first()
    worker = parties.viewer_of(account, at=at) if account is not None else None
    if worker is None or not worker.territories:
        return "no grid worker to send round"
    grid = worker.territories[0]
    shapes = territory.map_geojson("grid", grid[:12], on=at)["features"]
    lon, lat = next(one["properties"]["label"] for one in shapes if one["properties"]["code"] == grid)
    told = build_demo(worker, centre=(lon, lat), at=at)
    if not told.endswith("already"):
        for text, question in (
            ("2号楼东侧的井盖缺了一角", "缺口有多大，能不能先围起来"),
            ("3号楼前的健身器材松动", "是哪一件"),
        ):
            said = Said(text=text, said_at=at, channel="web", lon=lon, lat=lat, place_words="社区院内")
            case = actions.receive(Statement(said=said), viewer=PUBLIC, at=at).report.case
            ask(case.number, question, stand_in(DISPATCHER), at=at)
    return f"{told}, two tasks"


def command(*, at: datetime) -> str:
    """An order, a whistle and a supervision, by the people of the demo and about one of its cases."""
    from django.conf import settings

    from gongbi.command.demo import build_demo
    from gongbi.kernel.flow.models import Matter
    from gongbi.kernel.scope.viewer import HANDLER, MANAGER
    from gongbi.parties import directory
    from gongbi.parties.demo import stand_in

    units = sorted(
        directory.current().by_id.values(), key=lambda unit: (unit.code != "urban_management", unit.code)
    )
    called = [unit.pk for unit in units if unit.kind == "department"][:3]
    streets = [unit.pk for unit in units if unit.kind == "street"]
    if not called or not streets:
        return "nobody to command"
    case = Matter.objects.filter(flow="cases", state="handling").order_by("pk").first()
    centre = next(unit.pk for unit in units if unit.kind == "district_centre")
    return build_demo(
        mark=settings.DISTRICT_NAME[0][:1], centre=stand_in(MANAGER, unit_id=centre), street=stand_in(MANAGER, unit_id=streets[0]),
        handlers=[stand_in(HANDLER, unit_id=key) for key in called], about=case.pk if case is not None else None, at=at,
    )  # fmt: skip


def roster(*, at: datetime) -> str:
    """A month of duty for the centre, a street and a community, by the people of the demo."""
    from gongbi.kernel.scope.viewer import GRID_WORKER
    from gongbi.parties import directory
    from gongbi.parties.models import Post
    from gongbi.roster import queries
    from gongbi.roster.demo import Watch, build_demo

    known = directory.current()
    watches = []
    for kind, code, name, name_en, workers in (
        ("district_centre", "command", "指挥中心值班", "Command centre watch", False),
        ("street", "street", "街道值班", "Street watch", False),
        ("community", "community", "社区值班", "Community watch", True),
    ):
        unit = min(
            (one for one in known.by_id.values() if one.kind == kind), key=lambda one: one.code, default=None
        )
        if unit is None:
            continue
        found = Post.objects.filter(unit_id__in=known.below(unit.pk), role__in=queries.STANDING_ROLES)
        found = found.filter(role=GRID_WORKER) if workers else found.exclude(role=GRID_WORKER)
        posts = list(found.order_by("unit_id", "pk").values_list("pk", flat=True)[:6])
        watches.append(Watch(f"{code}-watch", name, name_en, code, unit.pk, posts))
    return build_demo(watches, at=at)
