"""The resident's pages on a small district with the shipped catalogue: one street, two communities of four and two grids."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from django.test import Client
from django.utils import timezone
from PIL import Image

from gongbi.cases import actions, queries
from gongbi.duties.actions import load_defaults
from gongbi.kernel.scope.viewer import ADMIN, CHECKER, DISPATCHER, HANDLER, Viewer, system
from gongbi.look.i18n import compile_messages
from gongbi.parties.actions import create_unit
from gongbi.territory import actions as territory
from tests.support.district import built, standing_in

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

KEEPER = Viewer(actor="post:1", role=ADMIN)
DISTRICT, STREET = "610104", "610104001"
ONE, TWO = "610104001001", "610104001002"
STEP = 0.002
INSIDE = (108.901, 34.269)  # in grid 001 of ONE
LAMP = "环城西路公交站旁的路灯不亮，晚上看不见台阶"


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    compile_messages()


@pytest.fixture(autouse=True)
def _own_addresses(settings: SettingsWrapper) -> None:
    settings.ROOT_URLCONF = "tests.resident.urls"


def _square(column: float, row: float, width: float = 1, height: float = 1) -> shapely.Polygon:
    west, north = 108.9 + column * STEP, 34.27 - row * STEP
    box = shapely.box(west, north - height * STEP, west + width * STEP, north)
    return shapely.transform(box, lambda xy: xy.round(7))


GRIDS = {
    ONE + "001": _square(0, 0),
    ONE + "002": _square(1, 0),
    ONE + "003": _square(0, 1),
    ONE + "004": _square(1, 1),
    TWO + "001": _square(2, 0, 1, 2),
    TWO + "002": _square(3, 0, 1, 2),
}


def build_district() -> None:
    """Divisions, boundaries, a place in words, and every shipped list."""
    import json
    from datetime import date

    at = timezone.now()
    rows = [
        (DISTRICT, "莲湖区"),
        (STREET, "青年路街道"),
        (ONE, "糖坊街社区居委会"),
        (TWO, "习武园社区居委会"),
    ]
    territory.import_divisions(
        [territory.DivisionRow(code, name) for code, name in rows],
        valid_from=date(2020, 1, 1),
        viewer=KEEPER,
        at=at,
    )
    shapes = {
        code: shapely.union_all([s for grid, s in GRIDS.items() if grid.startswith(code)])
        for code, _name in rows
    } | GRIDS
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": json.loads(shapely.to_geojson(shape))}
        for code, shape in shapes.items()
    ]
    done = territory.import_boundaries(
        {"type": "FeatureCollection", "features": features}, effective=date(2020, 1, 1), viewer=KEEPER, at=at
    )
    assert done.problems == []
    load_defaults(at=at, viewer=system("demo"))


@pytest.fixture(scope="session")
def small_district(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database with it."""
    with built(django_db_blocker, build_district) as name:
        yield name


@pytest.fixture(scope="module", autouse=True)
def district(small_district: str, django_db_blocker: Any) -> Iterator[None]:
    """The module's tests stand in it."""
    with standing_in(django_db_blocker, small_district):
        yield


@pytest.fixture
def visitor(db: None) -> Client:
    """Somebody without an account, reading Chinese, without JavaScript."""
    return Client()


def jpeg(colour: str = "grey", size: tuple[int, int] = (640, 480)) -> bytes:
    """A photo."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


class Desk:
    """What the staff do between two looks of a resident, through the actions that their pages call."""

    def __init__(self) -> None:
        now = timezone.now()
        self.unit = create_unit(
            code="lamps", name="城市管理局", name_en="Urban Management", kind="department", at=now, viewer=system("demo"), synthetic=True
        )  # fmt: skip
        everywhere = {"territories": (DISTRICT,)}
        self.dispatcher = Viewer(actor="post:2", role=DISPATCHER, person_id=2, unit_id=900, **everywhere)
        self.handler = Viewer(
            actor="post:3", role=HANDLER, person_id=3, unit_id=self.unit.pk, units=frozenset({self.unit.pk})
        )
        self.checker = Viewer(
            actor="post:4", role=CHECKER, person_id=4, unit_id=901, units=frozenset({901}), **everywhere
        )

    @staticmethod
    def case(link: str) -> int:
        report, _viewer = queries.report_by_link(link)
        return report.case_id

    def accept(self, link: str, kind: str = "C0137") -> None:
        actions.accept(
            case_id=self.case(link), viewer=self.dispatcher, at=timezone.now(), kind=kind, division=ONE
        )

    def dispatch(self, link: str) -> None:
        actions.dispatch(
            case_id=self.case(link), viewer=self.dispatcher, at=timezone.now(), unit_id=self.unit.pk
        )

    def handle(self, link: str) -> None:
        """Accepted, dispatched, signed for."""
        self.accept(link)
        self.dispatch(link)
        actions.sign(case_id=self.case(link), viewer=self.handler, at=timezone.now())

    def ask(self, link: str, question: str) -> None:
        report, _viewer = queries.report_by_link(link)
        actions.ask(
            case_id=report.case_id,
            viewer=self.handler,
            at=timezone.now(),
            question=question,
            report_id=report.pk,
        )

    def finish(self, link: str, result: str = "换了灯泡，已亮") -> None:
        from gongbi.kernel.files import actions as files

        photo = files.store(
            jpeg("white"), purpose="after", viewer=self.handler, at=timezone.now(), visibility="public"
        )
        actions.finish(
            case_id=self.case(link), viewer=self.handler, at=timezone.now(), result=result, photos=[photo.pk]
        )

    def close(self, link: str, *, at: datetime | None = None) -> None:
        """Handled, checked, closed."""
        self.handle(link)
        self.finish(link)
        actions.confirm(
            case_id=self.case(link), viewer=self.checker, at=at or timezone.now(), finding="现场已亮"
        )


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


Say = Callable[..., str]


@pytest.fixture
def say(visitor: Client) -> Say:
    """``say("路灯不亮", community=ONE)``: sends the form as a browser without JavaScript does; returns the private link."""

    def send(text: str = LAMP, **fields: Any) -> str:
        answer = visitor.post("/ask", {"text": text, "community": ONE, "who": "open", **fields})
        assert answer.status_code == 302, answer.content.decode()[:3000]
        return str(answer["Location"]).rsplit("/", 1)[1]

    return send
