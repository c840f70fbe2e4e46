"""Clients of the HTTP interface in the demo district: visitors, signed-in posts, keys; and a case in every state."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from gongbi.cases import actions, links
from gongbi.cases.actions.statement import Statement
from gongbi.cases.models import Case
from gongbi.cases.triage import Said
from gongbi.kernel.scope.viewer import PUBLIC, Viewer
from tests.cases.conftest import _picture, post, unit
from tests.support.district import district, district_database, own_database

__all__ = ["district", "district_database", "own_database", "post", "unit"]
Post = Callable[..., Viewer]
Unit = Callable[[str], int]


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@dataclass
class Api:
    """One client. Every call gives (status, what was said)."""

    client: Client = field(default_factory=Client)
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return said(self.client.get(f"/api{path}", query, headers=self.headers))

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        sent = body if isinstance(body, (str, bytes)) else json.dumps({} if body is None else body)
        return said(
            self.client.post(
                f"/api{path}", sent, content_type="application/json", headers=self.headers | headers
            )
        )

    def upload(self, name: str, content: bytes) -> tuple[int, Any]:
        from django.core.files.uploadedfile import SimpleUploadedFile

        return said(
            self.client.post("/api/files", {"file": SimpleUploadedFile(name, content)}, headers=self.headers)
        )


def said(answer: HttpResponse) -> tuple[int, Any]:
    try:
        return answer.status_code, json.loads(answer.content)
    except ValueError:
        return answer.status_code, answer.content.decode(errors="replace")


@pytest.fixture
def visitor() -> Api:
    """Somebody without an account."""
    return Api()


@pytest.fixture
def enter() -> Callable[..., Api]:
    """``enter("dispatcher")``: signed in with that login of the demo; ``language`` as the browser asks for it."""

    def sign_in(login: str, language: str = "zh-CN") -> Api:
        from gongbi.parties.models import Account

        api = Api(headers={"Accept-Language": language})
        account = Account.objects.get(username=login)
        api.client.force_login(account)
        return api

    return sign_in


@pytest.fixture
def shot() -> Callable[[int], bytes]:
    return _picture


@dataclass
class Stock:
    """Case numbers by state, a report's link, and keys that bodies need."""

    numbers: dict[str, str]
    ids: dict[str, int]
    link: str
    closed_link: str
    asked_link: str
    question: int
    reports: dict[str, int]
    unit: int
    photo: Callable[[], str]


@pytest.fixture
def stock(post: Post, unit: Unit) -> Stock:
    """A case in every state, made now."""
    from gongbi.kernel.files import actions as files
    from gongbi.kernel.files import queries as file_queries

    now = timezone.now()
    desk, urban = post("dispatcher"), post("handler", unit="urban_management")
    bureau = unit("urban_management")
    shades = iter(range(1, 250))

    def picture() -> Any:
        return files.store(_picture(next(shades)), purpose="report", viewer=PUBLIC, at=timezone.now())

    def say(at: datetime, channel: str = "web", **more: Any) -> Case:
        told = Said(
            text="劳动路路口的路灯不亮了", said_at=at, channel=channel, lon=108.913, lat=34.265, kind="C0137"
        )
        return actions.receive(Statement(said=told, **more), viewer=PUBLIC, at=at).report.case

    def go(to: str) -> Case:
        at = now - timedelta(minutes=30)
        hotline = {"channel": "hotline", "phone": "02955501234"} if to == "checked" else {}
        case = say(at, **hotline)
        given = {"case_id": case.pk, "at": at}
        if to == "received":
            return case
        if to == "clarifying":
            return actions.clarify(**given, viewer=desk, question="哪里？")
        actions.accept(**given, viewer=desk, kind="C0137")
        if to == "merged":
            actions.merge(**given, viewer=desk, into_id=say(at).pk)
            return case
        if to == "accepted":
            return case
        actions.dispatch(**given, viewer=desk, unit_id=bureau, co_units=[unit("water")] if to == "co" else [])
        if to == "disputed":
            actions.contest(**given, viewer=urban, reason="不是")
            actions.dispatch(**given, viewer=desk, unit_id=bureau)
            return actions.contest(**given, viewer=urban, reason="不是")
        if to == "dispatched":
            return case
        actions.sign(**given, viewer=urban)
        if to == "asking":
            return actions.ask(**given, viewer=urban, question="哪盏？")
        if to in ("pending", "suspended"):
            actions.ask_for(
                **given, viewer=urban, kind="suspension", reason="等", until=now + timedelta(days=9)
            )
            return case if to == "pending" else actions.decide(**given, viewer=desk, granted=True)
        if to in ("handling", "co"):
            return case
        actions.finish(**given, viewer=urban, result="修好", photos=[picture().pk])
        if to == "handled":
            return case
        return actions.confirm(**given, viewer=post("checker"), finding="好")

    states = ("received", "clarifying", "accepted", "merged", "dispatched", "disputed", "handling", "co", "asking", "pending", "suspended",
              "handled", "checked", "closed")  # fmt: skip
    made = {state: go(state) for state in states}
    first = {state: case.reports.order_by("id").first() for state, case in made.items()}
    return Stock(
        numbers={state: case.number for state, case in made.items()},
        ids={state: case.pk for state, case in made.items()},
        link=links.token(first["received"]),
        closed_link=links.token(first["closed"]),
        asked_link=links.token(first["asking"]),
        question=made["asking"].questions.get().pk,
        reports={state: report.pk for state, report in first.items() if report is not None},
        unit=bureau,
        photo=lambda: file_queries.ticket(picture(), at=timezone.now()),
    )


@dataclass(frozen=True)
class Operation:
    """One way in: who takes it, in which state, and a body that is accepted."""

    path: str
    login: str
    state: str
    body: Callable[[Stock], dict[str, Any]]


def on_spot_kind() -> str:
    """A kind that a grid worker may settle at once."""
    from gongbi.duties import queries as duties

    return next(kind.code for kind in duties.kinds() if kind.on_spot)


def own_place(login: str) -> str:
    """Where the post of that login works in."""
    from gongbi.parties.models import Account, PostTerritory

    person = Account.objects.get(username=login).person_id
    return str(PostTerritory.objects.filter(post__person_id=person).values_list("code", flat=True)[0])


def operations() -> list[Operation]:
    """Every operation that changes something, with all of its fields filled."""
    report = {
        "text": "劳动路路口的路灯不亮了", "place_words": "劳动路", "lon": 108.913, "lat": 34.265, "crs": "CGCS2000", "kind": "C0137",
        "answers": {"几盏": "一盏"}, "name": "王小明", "phone": "02955501234", "anonymous": False, "confidential": False, "photos": [],
        "external": "X-1", "net": "12345", "language": "zh-hans", "division": "",
    }  # fmt: skip
    case = "/cases/{number}"
    rows: list[tuple[str, str, str, Callable[[Stock], dict[str, Any]]]] = [
        ("/reports", "", "received", lambda s: report | {"photos": [s.photo()]}),
        ("/reports/near", "", "received", lambda s: report),
        ("/reports/{link}/answer", "", "asking", lambda s: {"question": s.question, "text": "这盏", "photos": [s.photo()]}),
        ("/reports/{link}/judge", "", "closed", lambda s: {"solved": True, "grade": 5, "comment": "好"}),
        ("/reports/{link}/reopen", "", "closed", lambda s: {"reason": "还黑", "photos": [s.photo()]}),
        ("/on-spot", "grid", "received", lambda s: report | {
            "kind": on_spot_kind(), "lon": None, "lat": None, "division": own_place("grid"), "after": [s.photo()]}),
        (f"{case}/accept", "dispatcher", "received", lambda s: {"kind": "C0137", "standard": "", "division": "", "lon": 108.913, "lat": 34.265}),
        (f"{case}/reject", "dispatcher", "received", lambda s: {"ground": "untrue", "reason": "亮着"}),
        (f"{case}/clarify", "dispatcher", "received", lambda s: {"question": "哪里？", "report": s.reports["received"]}),
        (f"{case}/split", "dispatcher", "received", lambda s: {"reports": [], "text": "第二件"}),
        (f"{case}/merge", "dispatcher", "received", lambda s: {"into": s.numbers["accepted"]}),
        (f"{case}/unmerge", "dispatcher", "merged", lambda s: {"reason": "不是"}),
        (f"{case}/send-back", "dispatcher", "accepted", lambda s: {"reason": "再看"}),
        (f"{case}/dispatch", "dispatcher", "accepted", lambda s: {"unit": s.unit, "co_units": [], "duty_item": "", "limit": "2工作日"}),
        (f"{case}/sign", "urban", "dispatched", lambda s: {}),
        (f"{case}/contest", "urban", "dispatched", lambda s: {"reason": "不是", "proposed_unit": s.unit}),
        (f"{case}/rule", "adjudicator", "disputed", lambda s: {"unit": s.unit, "reason": "是", "article": "清单", "precedent": True}),
        (f"{case}/ask", "urban", "handling", lambda s: {"question": "哪盏？", "report": s.reports["handling"]}),
        (f"{case}/contacted", "urban", "handling", lambda s: {"report": s.reports["handling"]}),
        (f"{case}/part-done", "water", "co", lambda s: {"result": "完成", "photos": []}),
        (f"{case}/finish", "urban", "handling", lambda s: {"result": "修好", "photos": [s.photo()]}),
        (f"{case}/ask-for", "urban", "handling", lambda s: {
            "kind": "suspension", "reason": "等", "until": (timezone.now() + timedelta(days=3)).isoformat()}),
        (f"{case}/decide", "dispatcher", "pending", lambda s: {"granted": True, "reason": "可以"}),
        (f"{case}/resume", "dispatcher", "suspended", lambda s: {}),
        (f"{case}/confirm", "checker", "handled", lambda s: {"finding": "亮了"}),
        (f"{case}/rework", "checker", "handled", lambda s: {"reason": "没亮"}),
        (f"{case}/call-back", "clerk", "checked", lambda s: {
            "report": s.reports["checked"], "outcome": "reached", "reason": "", "solved": True, "grade": 4, "comment": ""}),
        (f"{case}/exempt", "adjudicator", "handling", lambda s: {"reason": "暴雨"}),
        (f"{case}/exclude", "adjudicator", "closed", lambda s: {"ground": "force_majeure", "reason": "暴雨"}),
    ]  # fmt: skip
    return [Operation(*row) for row in rows]


def path_of(operation: Operation, stock: Stock) -> str:
    link = stock.asked_link if operation.state == "asking" else stock.closed_link
    return operation.path.replace("{number}", stock.numbers[operation.state]).replace("{link}", link)


@pytest.fixture
def as_login(enter: Callable[..., Api], visitor: Api, post: Post) -> Callable[..., Api]:
    """A client for an operation's login: "" a visitor, "water" the handler of that bureau (the demo has no login for it)."""

    def client(login: str, language: str = "zh-CN") -> Api:
        if login == "":
            visitor.headers = {"Accept-Language": language}
            return visitor
        if login != "water":
            return enter(login, language)
        from gongbi.parties.models import Account, Person, Post

        holder = Person.objects.get(pk=post("handler", unit="water").person_id)
        account = Account.objects.filter(person=holder).first()
        if account is None:
            account = Account.objects.create(
                username="water", person=holder, password_set_at=timezone.now(), must_change_password=False
            )
        api = Api(headers={"Accept-Language": language})
        api.client.force_login(account)
        chosen = (
            Post.objects.filter(person=holder, role="handler", unit__code="water")
            .values_list("pk", flat=True)
            .first()
        )
        session = api.client.session
        session["post"] = chosen
        session.save()
        return api

    return client
