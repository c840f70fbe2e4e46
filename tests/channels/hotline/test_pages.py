"""The hotline desk: orders with both limits, returns, reconciliations with their mends, files; whose pages they are."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from gongbi.channels.hotline import actions, messages, queries
from gongbi.channels.hotline.models import Order
from gongbi.channels.models import Source
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.tables import read_table, write_csv
from gongbi.parties.models import Account
from tests.channels.hotline.conftest import Make, Say, case_of, happened, taken_in

pytestmark = pytest.mark.django_db
ME = system("test")


def at_desk(login: str, language: str = "zh-CN") -> Client:
    client = Client(headers={"Accept-Language": language})
    client.force_login(Account.objects.get(username=login))
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def some(hotline: Make, order: Say, now: datetime) -> Source:
    """Two orders that became cases, one outside the district, one just come; a report with two differences."""
    source = hotline(base_url="http://127.0.0.1:9/api", timeout_seconds=1)
    for number in ("XA-1", "XA-2"):
        actions.take(source, messages.read(order(number)), at=now)
    actions.take(source, messages.read(order("XA-3", lon=120.0, lat=30.0)), at=now)
    taken_in(source, now)
    actions.take(source, messages.read(order("XA-4", urgency="urgent")), at=now)
    ours = queries.beliefs(source, ME)
    theirs = [replace(ours[0], due=now + timedelta(days=30)), *ours[2:]]
    actions.reconcile(source, theirs, through="pull", viewer=ME, at=now)
    return source


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_is_shown_in_both_languages(some: Source, language: str) -> None:
    desk = at_desk("dispatcher", language)
    report = queries.reports(ME)[0].pk
    first = Order.objects.get(number="XA-1")
    zh = language == "zh-CN"
    for path, seen in (
        ("", ("XA-1", "XA-4", "对方时限" if zh else "Their limit", case_of("XA-1").number)),
        ("?tab=refused", ("XA-3",)),
        ("?q=XA-2", ("XA-2",)),
        ("terms", ("5 个法定工作日" if zh else "5 legal working days",)),
        ("files", ("热线工单" if zh else "Hotline orders",)),
        ("reconciliation", ("西安12345" if zh else "12345",)),
        (
            f"reconciliation/{report}",
            ("XA-1", "时限不同" if zh else "The limit differs", "采用对方的时限" if zh else "Take over"),
        ),
        (f"order/{first.pk}", ("XA-1", first.arrival.receipt, "退单" if zh else "Return")),
    ):
        answer = desk.get(f"/desk/hotline/{path}")
        assert answer.status_code == 200, path
        for words in seen:
            assert words in text_of(answer), (path, words)


def test_a_list_of_orders_costs_the_same_for_one_as_for_many(some: Source, order: Say, now: datetime) -> None:
    desk = at_desk("dispatcher")

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert desk.get("/desk/hotline/").status_code == 200
        return len(found)

    cost()
    before = cost()
    for place in range(10, 16):
        actions.take(some, messages.read(order(f"XA-{place}")), at=now)
    taken_in(some, now)
    assert cost() == before


def test_an_order_that_is_no_case_is_returned_with_a_reason(some: Source) -> None:
    desk, order = at_desk("dispatcher"), Order.objects.get(number="XA-3")
    page = reverse("hotline:give_back", args=[order.pk])
    assert desk.post(page, {"ground": "outside_duties", "reason": " "}).status_code == 422
    assert desk.post(page, {"ground": "outside_duties", "reason": "不在本区"}).status_code == 302
    order.refresh_from_db()
    assert order.standing == "returned"
    again = desk.post(page, {"ground": "outside_duties", "reason": "不在本区"})
    assert again.status_code == 422


def test_a_case_is_returned_from_the_page_and_the_hotline_hears_once(some: Source) -> None:
    order = Order.objects.get(number="XA-1")
    page = reverse("hotline:give_back", args=[order.pk])
    assert (
        at_desk("dispatcher").post(page, {"ground": "outside_duties", "reason": "不属本区"}).status_code
        == 302
    )
    happened()
    order.refresh_from_db()
    assert (order.standing, case_of("XA-1").state) == ("returned", "rejected")


def test_a_mend_is_one_click_and_one_that_fails_says_why(some: Source) -> None:
    desk, report = at_desk("clerk"), queries.reports(ME)[0]
    limit, missing = queries.differences(report, ME)
    page = desk.post(reverse("hotline:mend", args=[limit.pk]), follow=True)
    assert "已采用对方的时限" in text_of(page)
    assert "须由对方核对" not in text_of(page)
    refused = desk.post(reverse("hotline:mend", args=[missing.pk]), follow=True)
    assert "由对方核对" in text_of(refused)
    unreachable = desk.post(reverse("hotline:now", args=[some.code]), follow=True)
    assert "对方没有应答" in text_of(unreachable)


def test_a_report_and_the_answers_go_out_as_sheets(some: Source) -> None:
    desk, report = at_desk("auditor"), queries.reports(ME)[0].pk
    from gongbi.channels.hotline.columns import BELIEFS

    for path in (f"reconciliation/{report}.xlsx", "answers.xlsx"):
        answer = desk.get(f"/desk/hotline/{path}")
        assert answer.status_code == 200
        assert answer.content.startswith(b"PK")
    rows = list(read_table(answer.content, "answers.xlsx", BELIEFS))
    assert [row.values["number"] for row in rows] == ["XA-1", "XA-2", "XA-3", "XA-4"]


def test_a_file_is_handed_in_on_the_page(some: Source, now: datetime) -> None:
    from gongbi.kernel import keeping

    rows = [dict(row) for row in keeping.known("hotline-answers").rows(ME, on=now.date() + timedelta(days=1))]  # type: ignore[misc]
    upload = io.BytesIO(b"".join(write_csv(keeping.known("hotline-answers").columns, rows)))
    upload.name = "theirs.csv"
    answer = at_desk("clerk").post("/desk/hotline/files", {"list": "hotline-answers", "file": upload})
    assert "双方一致" in text_of(answer)
    assert at_desk("clerk").post("/desk/hotline/files", {"list": "hotline-answers"}).status_code == 422


@pytest.mark.parametrize("login", ["handler", "manager", "grid_worker"])
def test_who_has_no_business_here_is_turned_away(
    some: Source, login: str, post: Callable[..., Viewer]
) -> None:
    account = Account.objects.filter(username__startswith=login).first()
    client = Client()
    if account is not None:
        client.force_login(account)
    for path in ("", "reconciliation", "files", f"order/{Order.objects.all()[0].pk}"):
        assert client.get(f"/desk/hotline/{path}").status_code in (302, 403)
