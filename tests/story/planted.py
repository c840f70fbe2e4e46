"""What lies behind the day, written into a house that is about to open: who acts for three departments, a water-level device and the key of
its gateway, and a main that burst before; and what happens on the day itself, from the simulated district.
Run in the house's own environment: ``python -m tests.story.planted``; prints JSON.

All of it is made up and goes through the same actions as everything else.
"""

from __future__ import annotations

import json
import math
import os
import sys
from datetime import datetime, timedelta
from itertools import combinations, count
from typing import Any

SPOT_WORDS = "劳动路口"
BURSTS, EVERY = (
    9,
    3,
)  # how often, and days between; before the month that is ranked, which nobody writes into any more
DEPARTMENTS = ("water", "transport_police", "emergency")
DEVICE = "STORY-water-1"
SEED, MATTERS = 7, 40  # of the simulated day: from which district on, and how much is said
METRES, SIDE_BY_SIDE = 111_320.0, 30.0  # a degree of latitude; metres
RISING = timedelta(minutes=75)  # how long the water has been rising when the first person looks


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    import django

    django.setup()
    from django.utils import timezone

    at = timezone.now()
    lon, lat, grid, street = _spot(at)
    community = grid[:12]
    told: dict[str, Any] = {"lon": lon, "lat": lat, "community": community, "street": street}
    told |= _simulated(grid, at)
    told["units"] = {code: _account(code, at) for code in DEPARTMENTS}
    told["key"] = _device(lon, lat, community, at)
    spot = told["residents"][0]
    bursts(spot["lon"], spot["lat"], at)
    json.dump(told, sys.stdout, ensure_ascii=False)
    return 0


def _spot(at: datetime) -> tuple[float, float, str, str]:
    """The middle of a grid of the street whose leader has an account."""
    from gongbi.parties.models import Account
    from gongbi.territory import queries as territory

    post = Account.objects.get(username="street-manager").person.posts.get()
    (street,) = post.areas.values_list("code", flat=True)
    grid = next(
        one
        for one in territory.divisions(level="grid", on=at)
        if one.code.startswith(street) and one.lon is not None
    )
    assert grid.lon is not None
    assert grid.lat is not None
    return grid.lon, grid.lat, grid.code, street


def _simulated(grid: str, at: datetime) -> dict[str, Any]:
    """A day of the simulated district on which a main bursts in that grid: what else is said, what the device measures, who tells of it."""
    from gongbi.ops.simulate import actions
    from gongbi.ops.simulate.plan import ZONE, Burst, Day, Saying, Settings, plan_day

    def named_in(day: Day) -> tuple[Saying, ...]:
        """Two who stand side by side and name the burst; () where there are none."""
        named = [said for said in day.sayings if said.planted and "爆裂" in said.text]
        near = (pair for pair in combinations(named, 2) if distance(*pair) < SIDE_BY_SIDE)
        return next(near, ())

    def distance(one: Saying, other: Saying) -> float:
        east = (one.lon - other.lon) * math.cos(math.radians(one.lat))
        return math.hypot(east, one.lat - other.lat) * METRES

    def words(said: Saying) -> dict[str, Any]:
        return {"text": said.text, "lon": said.lon, "lat": said.lat}

    burst = Burst((at - RISING).astimezone(ZONE), grid=grid, device=DEVICE)
    shape, settings = actions.shape(at), Settings(matters=MATTERS)
    days = (plan_day(seed, burst.at.date(), shape, settings=settings, burst=burst) for seed in count(SEED))
    # The first district in which two name the burst; in others they see but the water.
    day, named = next((day, said) for day in days if (said := named_in(day)))
    others = [said for said in day.sayings if not said.planted and said.channel == "web"]
    return {
        "others": [words(said) for said in others],
        "readings": [[one.at.isoformat(), one.value] for one in day.readings],
        "residents": [words(said) for said in named],
    }


def _account(code: str, at: datetime) -> str:
    """An account for whoever acts for that department, called like it; the department's name."""
    from gongbi.parties.models import Account, Post

    post = Post.objects.filter(unit__code=code, role="handler").order_by("pk")[0]
    secret = Account.objects.get(username="urban").password
    Account.objects.create(
        username=code.replace("_", "-"),
        password=secret,
        person=post.person,
        password_set_at=at,
        created_at=at,
    )
    return post.unit.name


def _device(lon: float, lat: float, community: str, at: datetime) -> str:
    """A device that measures the water on the road, and the key of its gateway."""
    from gongbi.channels.devices import actions
    from gongbi.channels.devices.actions import telling
    from gongbi.kernel.scope.viewer import system
    from gongbi.parties.actions.access import make_key
    from gongbi.parties.models import Unit

    telling.source(at=at)
    values = {
        "kind": "water_level", "place": f"{SPOT_WORDS}示范点（合成）", "division": community, "lon": lon, "lat": lat, "owner": "示范（合成）",
        "purpose": "低洼路段积水报警", "sign_number": "GS-STORY-1", "sign_text": "本处安装积水探测设备，只测水深，读数保存7天。", "keep_days": 7,
        "gateway": "", "key": "", "limit": None, "clear": None, "period": 300,
    }  # fmt: skip
    actions.keep(DEVICE, values, viewer=system("demo"), at=at, synthetic=True)
    unit = Unit.objects.get(code="water")
    key, secret = make_key(
        name="积水网关",
        unit_id=unit.pk,
        channel="devices",
        at=at,
        viewer=system("demo"),
        territories=(community[:6],),
    )
    assert key.pk
    return secret


def bursts(lon: float, lat: float, at: datetime) -> None:
    """The same main burst here before, and was mended each time."""
    from gongbi.cases import actions
    from gongbi.cases.actions.statement import Statement
    from gongbi.cases.demo import Maker
    from gongbi.cases.triage import Said
    from gongbi.kernel.scope.viewer import PUBLIC

    maker = Maker(at)
    last = (at.replace(day=1) - timedelta(days=1)).replace(day=1)  # the first day of the month before
    for back in range(BURSTS):
        then = last - timedelta(days=2 + EVERY * back)
        said = Said(
            "（合成）水管爆裂，路面往外冒水",
            then,
            "web",
            lon=lon,
            lat=lat,
            kind="E0501",
            place_words=SPOT_WORDS,
        )
        got = actions.receive(Statement(said), viewer=PUBLIC, at=then)
        maker.closed(got.report.case, then)


if __name__ == "__main__":
    sys.exit(main())
