"""A hotline of the demo district, its orders, signed requests, and a case that goes its way."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from gongbi.cases import actions as cases
from gongbi.cases.models import Case
from gongbi.channels import actions, tasks
from gongbi.channels.actions import draining
from gongbi.channels.hotline import signature
from gongbi.channels.hotline.models import Order
from gongbi.channels.models import Source
from gongbi.kernel.files import actions as files
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.outbox.subscribers import Event
from gongbi.kernel.scope.viewer import PUBLIC, Viewer, system
from tests.cases.conftest import _picture
from tests.channels.conftest import _own_files, now, post, unit
from tests.support.district import district, district_database, own_database

__all__ = ["_own_files", "district", "district_database", "now", "own_database", "post", "unit"]

KEY, NEXT = "a key of thirty-two characters ok", "another key for when that one ends"
Say = Callable[..., dict[str, Any]]
Make = Callable[..., Source]
Send = Callable[..., HttpResponse]


@pytest.fixture
def hotline(now: datetime) -> Make:
    """``hotline()``: a configured counterpart without an interface; settings by name."""

    def make(code: str = "xa12345", *, key: str = KEY, key_next: str = "", **settings: Any) -> Source:
        me, at = system("test"), now - timedelta(days=1)
        source = actions.save_source(
            code=code, name="西安12345", name_en="Xi'an 12345", kind="hotline", direction="both", viewer=me, at=at,
            settings=settings,
        )  # fmt: skip
        return actions.save_secret(source.pk, {"key": key, "key_next": key_next}, viewer=me, at=at)

    return make


@pytest.fixture
def order(now: datetime) -> Say:
    """``order("XA-1", version=2, text="…")``: the message, as it stands in docs/hotline.md."""

    def make(number: str = "XA-1", version: int = 1, **more: Any) -> dict[str, Any]:
        said = {
            "type": "order", "number": number, "version": version, "kind": "complain", "urgency": "ordinary", "title": "路灯不亮",
            "text": "劳动路路口的路灯不亮，晚上很黑", "place": "劳动路", "lon": 108.913, "lat": 34.265, "anonymous": True,
            "said_at": now.isoformat(),
        }  # fmt: skip
        return said | more

    return make


@pytest.fixture
def send(client: Client) -> Send:
    """``send([message, …])``: the signed request, as a supplier's program would make it; ``spoil`` changes it after signing."""

    def request(
        messages: Any,
        *,
        code: str = "xa12345",
        key: str = KEY,
        algorithm: str = signature.SHA256,
        apart: int = 0,
        nonce: str = "",
        spoil: Callable[[dict[str, Any]], None] | None = None,
        at: datetime | None = None,
    ) -> HttpResponse:
        body = messages if isinstance(messages, bytes) else json.dumps({"messages": messages}).encode()
        path = f"/exchange/hotline/{code}/messages"
        when = int((at or timezone.now()).timestamp()) + apart
        signed = signature.sign(
            key, "POST", path, body, time=when, nonce=nonce or secrets.token_urlsafe(18), algorithm=algorithm
        )
        given: dict[str, Any] = {"path": path, "data": body, "headers": dict(signed.headers)}
        if spoil is not None:
            spoil(given)
        return client.generic(  # type: ignore[return-value]
            "POST", given["path"], given["data"], content_type="application/json", headers=given["headers"]
        )

    return request


def happened() -> None:
    """Tell the channels of everything that was announced, as the relay would."""
    events = [
        Event(row.pk, row.topic, row.matter_id, row.payload, row.created_at)
        for row in OutboxRow.objects.filter(topic__startswith="cases.").order_by("pk")
    ]
    with transaction.atomic():  # the subscriber's
        actions.tell(events)


def taken_in(source: Source, at: datetime) -> None:
    draining.drain(source.pk, at=at)
    happened()


def worked(source: Source, way: str, at: datetime) -> int:
    return tasks.work_lane(source.pk, way, lambda: at)


def case_of(number: str) -> Case:
    report = Order.objects.get(number=number).arrival.report
    assert report is not None
    return Case.objects.get(pk=report.case_id)


def handled(
    number: str, post: Callable[..., Viewer], unit: Callable[[str], int], at: datetime, result: str = "已修好"
) -> None:
    """Accept, dispatch, sign, finish."""
    key, desk, urban = case_of(number).pk, post("dispatcher"), post("handler", unit="urban_management")
    cases.accept(case_id=key, viewer=desk, at=at, kind="C0137")
    cases.dispatch(case_id=key, viewer=desk, at=at, unit_id=unit("urban_management"))
    cases.sign(case_id=key, viewer=urban, at=at)
    photo = files.store(_picture(120), purpose="report", viewer=PUBLIC, at=at).pk
    cases.finish(case_id=key, viewer=urban, at=at, result=result, photos=[photo])


def checked(number: str, post: Callable[..., Viewer], unit: Callable[[str], int], at: datetime) -> None:
    """Handled and found good: what is left is the call-back."""
    handled(number, post, unit, at)
    cases.confirm(case_id=case_of(number).pk, viewer=post("checker"), at=at, finding="亮了")
