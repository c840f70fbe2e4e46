"""The desk in the demo district: its accounts signed in, cases in every state, a clock that stands."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from gongbi.cases import actions, links, queries
from gongbi.cases.actions.statement import Statement
from gongbi.cases.triage import Said
from gongbi.kernel.scope.viewer import PUBLIC, Viewer
from gongbi.look.i18n import compile_messages
from gongbi.parties import queries as parties
from gongbi.parties.models import Account, Unit
from tests.support.district import district, district_database, own_database

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import SettingsWrapper

__all__ = ["district", "district_database", "own_database"]
LAMP = "劳动路路口的路灯不亮了，晚上很黑"
HERE = {"lon": 108.913, "lat": 34.265}
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    compile_messages()


@pytest.fixture(autouse=True)
def _own_files(settings: SettingsWrapper, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@dataclass
class Clock:
    """What the pages take for now."""

    now: datetime

    def on(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Tuesday, 10 March 2026, 10:00, until ``clock.on(minutes=5)``."""
    standing = Clock(now)
    monkeypatch.setattr("django.utils.timezone.now", lambda: standing.now)
    return standing


def jpeg(shade: int = 120) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (shade, 90, 60)).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def photo() -> Callable[..., SimpleUploadedFile]:
    """``photo()``: a small picture as a browser sends it."""
    return lambda shade=120, name="a.jpg": SimpleUploadedFile(name, jpeg(shade), "image/jpeg")


class Desk:
    """One account of the demo at its browser."""

    def __init__(self, login: str, clock: Clock) -> None:
        self.account, self.clock = Account.objects.get(username=login), clock
        self.client = Client()
        self.client.force_login(self.account)

    @property
    def viewer(self) -> Viewer:
        return parties.viewer_of(self.account, at=self.clock.now)

    def get(self, path: str, data: dict[str, Any] | None = None, **headers: Any) -> HttpResponse:
        return self.client.get(path, data or {}, headers=headers)  # type: ignore[return-value]

    def post(self, path: str, data: dict[str, Any] | None = None, **headers: Any) -> HttpResponse:
        return self.client.post(path, data or {}, headers=headers)  # type: ignore[return-value]

    def do(self, case: Any, step: str, **data: Any) -> HttpResponse:
        """Send the form of one step, with the version that the case has now."""
        data.setdefault("version", queries.case_for(case.pk, system_eye()).version)
        return self.post(f"/desk/case/{case.number}/do/{step}", data)


def system_eye() -> Viewer:
    from gongbi.kernel.scope.viewer import system

    return system("test")


@pytest.fixture
def at_desk(db: None, clock: Clock) -> Callable[[str], Desk]:
    """``at_desk("dispatcher")``: that account of the demo, signed in."""
    return lambda login: Desk(login, clock)


@pytest.fixture
def unit(db: None) -> Callable[[str], int]:
    return lambda code: Unit.objects.get(code=code).pk


class World:
    """Cases in every state, made through the actions by the people of the demo."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.said = 0

    def who(self, login: str) -> Viewer:
        return parties.viewer_of(Account.objects.get(username=login), at=self.clock.now)

    def unit(self, code: str) -> int:
        return Unit.objects.get(code=code).pk

    def say(self, text: str = LAMP, **more: Any) -> Any:
        said = {"channel": "web", "kind": "C0137", **HERE} | {
            key: more.pop(key) for key in list(more) if key in Said.__dataclass_fields__
        }
        viewer = more.pop("viewer", PUBLIC)
        statement = Statement(said=Said(text=text, said_at=self.clock.now, **said), **more)
        return actions.receive(statement, viewer=viewer, at=self.clock.now).report.case

    def photo(self, shade: int) -> int:
        from gongbi.kernel.files import actions as files

        return files.store(jpeg(shade), purpose="report", viewer=PUBLIC, at=self.clock.now).pk

    def holder(self, case: Any) -> Viewer:
        return queries.report_by_link(links.token(case.reports.order_by("id").first()))[1]

    def case(self, state: str, **more: Any) -> Any:
        """A case in that state; ``channel="hotline"`` owes a call-back."""
        if more.get("channel") == "hotline":
            more |= {"viewer": self.who("clerk"), "phone": f"029-5555{1000 + self.said}"}
            self.said += 1
        made = self.say(**more)
        return self.bring(made, state)

    def bring(self, made: Any, state: str) -> Any:
        step = getattr(self, f"_{state}", None)
        if step is not None:
            self.clock.on(minutes=1)
            step(made.pk)
        return queries.case_for(made.pk, system_eye())

    def _clarifying(self, key: int) -> None:
        actions.clarify(
            case_id=key, viewer=self.who("dispatcher"), at=self.clock.now, question="在路口哪一侧？"
        )

    def _accepted(self, key: int) -> None:
        actions.accept(case_id=key, viewer=self.who("dispatcher"), at=self.clock.now, kind="C0137")

    def _dispatched(self, key: int) -> None:
        self._accepted(key)
        self._send(key)

    def _send(self, key: int, co: tuple[str, ...] = ()) -> None:
        actions.dispatch(
            case_id=key, viewer=self.who("dispatcher"), at=self.clock.on(minutes=1),
            unit_id=self.unit("urban_management"), co_units=[self.unit(code) for code in co],
        )  # fmt: skip

    def _disputed(self, key: int) -> None:
        self._dispatched(key)
        for _round in range(2):
            actions.contest(
                case_id=key, viewer=self.who("urban"), at=self.clock.on(minutes=1), reason="不是我们的灯"
            )
            if queries.case_for(key, system_eye()).state == "accepted":
                self._send(key)

    def _handling(self, key: int) -> None:
        self._dispatched(key)
        actions.sign(case_id=key, viewer=self.who("urban"), at=self.clock.on(minutes=1))

    def _shared(self, key: int) -> None:
        self._accepted(key)
        self._send(
            key, co=("street",) if Unit.objects.filter(code="street").exists() else (self.first_street(),)
        )
        actions.sign(case_id=key, viewer=self.who("urban"), at=self.clock.on(minutes=1))

    def first_street(self) -> str:
        return Unit.objects.get(pk=self.who("street").unit_id).code

    def _asking(self, key: int) -> None:
        self._handling(key)
        actions.ask(case_id=key, viewer=self.who("urban"), at=self.clock.on(minutes=1), question="几号灯杆？")

    def _extending(self, key: int) -> None:
        self._handling(key)
        actions.ask_for(
            case_id=key,
            kind="extension",
            viewer=self.who("urban"),
            at=self.clock.on(minutes=1),
            reason="要换灯杆",
        )

    def _suspended(self, key: int) -> None:
        self._handling(key)
        until = self.clock.now + timedelta(days=30)
        actions.ask_for(
            case_id=key, kind="suspension", viewer=self.who("urban"), at=self.clock.on(minutes=1), reason="等管线改造",
            until=until,
        )  # fmt: skip
        actions.decide(case_id=key, granted=True, viewer=self.who("dispatcher"), at=self.clock.on(minutes=1))

    def _handled(self, key: int) -> None:
        self._handling(key)
        actions.finish(
            case_id=key, viewer=self.who("urban"), at=self.clock.on(hours=1), result="已换灯泡", photos=[self.photo(200 + key % 50)]
        )  # fmt: skip

    def _checked(self, key: int) -> None:
        self._handled(key)
        actions.confirm(
            case_id=key, viewer=self.who("checker"), at=self.clock.on(minutes=5), finding="灯已亮"
        )

    _closed = _checked

    def _merged(self, key: int) -> None:
        target = self.say("劳动路路口路灯坏了")
        actions.merge(
            case_id=key, into_id=target.pk, viewer=self.who("dispatcher"), at=self.clock.on(minutes=1)
        )


@pytest.fixture
def world(db: None, clock: Clock) -> World:
    return World(clock)


@pytest.fixture
def fresh() -> Callable[[Any], Any]:
    """The case as it stands in the database now."""
    return lambda case: queries.case_for(case.pk, system_eye())


@pytest.fixture(params=["zh-hans", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    from django.utils import translation

    with translation.override(request.param):
        yield request.param
