"""What lies behind the day, written into a house that is about to open: who acts for three departments, a water-level device and the key of
its gateway, and a main that burst before. Run in the house's own environment: ``python -m tests.story.planted``; prints JSON.

All of it is made up and goes through the same actions as everything else.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta
from typing import Any

SPOT_WORDS = "劳动路口"
BURSTS, EVERY = (
    9,
    3,
)  # how often, and days between; before the month that is ranked, which nobody writes into any more
DEPARTMENTS = ("water", "transport_police", "emergency")
DEVICE = "STORY-water-1"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    import django

    django.setup()
    from django.utils import timezone

    at = timezone.now()
    lon, lat, community, street = _spot(at)
    told: dict[str, Any] = {"lon": lon, "lat": lat, "community": community, "street": street}
    told["units"] = {code: _account(code, at) for code in DEPARTMENTS}
    told["key"] = _device(lon, lat, community, at)
    bursts(lon, lat, at)
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
    return grid.lon, grid.lat, grid.code[:12], street


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
