"""A small district that is really there: the demo's divisions, units, posts and duties, once a session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings

from gongbi.cases import actions
from gongbi.cases.actions.statement import Statement
from gongbi.cases.models import Case
from gongbi.cases.triage import Said
from gongbi.kernel.scope.viewer import PUBLIC, Viewer
from tests.support.district import build_district, district, district_database, own_database

__all__ = ["build_district", "district", "district_database", "own_database"]


@pytest.fixture
def post() -> Callable[..., Viewer]:
    """``post("dispatcher")``, ``post("handler", unit="urban_management")``: the viewer of a real post."""

    def find(role: str, *, unit: str = "", skip: int = 0) -> Viewer:
        from gongbi.parties.models import Post, PostTerritory

        found = Post.objects.filter(role=role).select_related("unit").order_by("pk")
        if unit:
            found = found.filter(unit__code=unit)
        one = found[skip]
        territories = tuple(PostTerritory.objects.filter(post=one).values_list("code", flat=True))
        return Viewer(
            actor=f"post:{one.pk}", role=role, post_id=one.pk, person_id=one.person_id, unit_id=one.unit_id,
            units=frozenset({one.unit_id}), territories=territories or (settings.DISTRICT_CODE,),
        )  # fmt: skip

    return find


@pytest.fixture
def unit() -> Callable[[str], int]:
    """The key of a unit by its code."""

    def find(code: str) -> int:
        from gongbi.parties.models import Unit

        return Unit.objects.get(code=code).pk

    return find


@pytest.fixture
def say(now: datetime) -> Callable[..., Case]:
    """``say("路灯不亮")``: a resident's report; gives the case."""

    def report(text: str = "劳动路路口的路灯不亮了，晚上很黑", **more: Any) -> Case:
        at = more.pop("at", now)
        viewer = more.pop("viewer", PUBLIC)
        said = {"channel": "web", "lon": 108.913, "lat": 34.265, "kind": "C0137"}
        said |= {key: more.pop(key) for key in list(more) if key in Said.__dataclass_fields__}
        got = actions.receive(
            Statement(said=Said(text=text, said_at=at, **said), **more), viewer=viewer, at=at
        )
        return got.report.case

    return report


def _picture(shade: int) -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 90, 60)).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def photo(db: None, now: datetime) -> int:
    """A stored photo."""
    from gongbi.kernel.files import actions as files

    return files.store(_picture(200), purpose="report", viewer=PUBLIC, at=now).pk


@pytest.fixture
def photo2(db: None, now: datetime) -> int:
    """Another one."""
    from gongbi.kernel.files import actions as files

    return files.store(_picture(90), purpose="report", viewer=PUBLIC, at=now).pk
