"""Every door × everybody whose business a case is not: nothing of it is read, nothing of it is changed, and names stay masked.

The doors come from the product itself (``endpoints.doors``), so that a new one is tried without anybody thinking of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from gongbi.cases.flow import CASE
from gongbi.cases.models import Case, Part, Report
from gongbi.kernel.files import queries as files
from gongbi.kernel.files.models import StoredFile
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope import endpoints
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties.actions import close_account, make_key, withdraw_key
from gongbi.parties.models import Account, Person, Post, PostTerritory, Unit

from .conftest import Api, Stock, operations, path_of

pytestmark = [pytest.mark.django_db, pytest.mark.either]
NAME, PHONE = "欧阳若谷", "13900139000"
HINTS = ("欧阳若谷", "13900139000", "9001 3900", "139 0013", "139-0013", "ouyangruogu")
ROLES_OF_STREETS = ("clerk", "dispatcher", "checker", "adjudicator", "manager", "auditor")
STRANGERS = (
    "visitor",
    "another unit's handler",
    "a handler elsewhere",
    "a grid worker elsewhere",
    *(f"another street's {role}" for role in ROLES_OF_STREETS),
    "admin",
    "security",
    "whose post has ended",
    "whose post has not begun",
    "whose account is closed",
    "who names somebody else's post",
    "another street's key",
    "a withdrawn key",
)
READERS = ("clerk", "dispatcher", "urban", "checker", "adjudicator", "manager", "auditor")


@pytest.fixture
def secret(stock: Stock) -> Stock:
    """The stock with a name and a number on every report."""
    for report in Report.objects.all():
        report.name, report.phone = NAME, PHONE
        report.save()
    return stock


@pytest.fixture
def elsewhere(secret: Stock) -> str:
    """A street in which none of the cases lies."""
    taken = set(Case.objects.exclude(territory="").values_list("territory", flat=True))
    assert taken
    streets = Unit.objects.filter(kind="street").order_by("code").values_list("code", flat=True)
    return next(code for code in streets if not any(place.startswith(code) for place in taken))


def signed_in(account: Account, post_id: int | None = None) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(account)
    if post_id is not None:
        session = client.session
        session["post"] = post_id
        session.save()
    return client


def account_of(person: Person, login: str) -> Account:
    account = Account.objects.filter(person=person).first()
    return account or Account.objects.create(
        username=login, person=person, password_set_at=timezone.now(), must_change_password=False
    )


def newcomer(role: str, unit: Unit, code: str, now: datetime, **when: Any) -> tuple[Account, Post]:
    """Somebody who holds that one post."""
    count = Person.objects.count()
    person = Person.objects.create(
        name=f"某{role}{count}", number=f"X{count}", synthetic=True, created_at=now
    )
    post = Post.objects.create(
        person=person,
        unit=unit,
        role=role,
        **{"valid_from": now - timedelta(days=9)} | when,
    )
    PostTerritory.objects.create(post=post, code=code)
    return account_of(person, f"new-{person.pk}"), post


@pytest.fixture
def stranger(elsewhere: str, post: Callable[..., Viewer]) -> Callable[[str], Client]:
    """A client for one of STRANGERS."""
    now = timezone.now()
    centre = Unit.objects.get(code="centre")
    street = Unit.objects.get(code=elsewhere)

    def key(territory: str) -> tuple[int, str]:
        made, secret = make_key(
            name="x",
            unit_id=centre.pk,
            channel="city_12345",
            at=now,
            viewer=post("security"),
            territories=[territory],
        )
        return made.pk, secret

    def make(who: str) -> Client:
        if who == "visitor":
            return Client(raise_request_exception=False)
        if who in ("admin", "security"):
            return signed_in(Account.objects.get(username=who))
        if who == "another unit's handler":
            held = Post.objects.filter(role="handler", unit__code="market").latest("pk")
            return signed_in(account_of(held.person, "market"), held.pk)
        if who == "a handler elsewhere":
            held = Post.objects.filter(role="handler", unit__code__startswith=elsewhere).latest("pk")
            return signed_in(account_of(held.person, "far"), held.pk)
        if who == "a grid worker elsewhere":
            held = (
                PostTerritory.objects.filter(post__role="grid_worker", code__startswith=elsewhere)
                .latest("pk")
                .post
            )
            return signed_in(account_of(held.person, "far-grid"), held.pk)
        if who.startswith("another street's ") and who != "another street's key":
            account, _held = newcomer(who.rsplit(" ", 1)[1], street, elsewhere, now)
            return signed_in(account)
        if who == "whose post has ended":
            account, held = newcomer("dispatcher", centre, "610104", now, valid_to=now - timedelta(seconds=1))
            return signed_in(account, held.pk)
        if who == "whose post has not begun":
            account, held = newcomer("dispatcher", centre, "610104", now, valid_from=now + timedelta(hours=1))
            return signed_in(account, held.pk)
        if who == "whose account is closed":
            account, held = newcomer("dispatcher", centre, "610104", now)
            client = signed_in(account, held.pk)
            close_account(account.pk, at=now, viewer=post("security"))
            return client
        if who == "who names somebody else's post":
            account, _own = newcomer("dispatcher", street, elsewhere, now)
            return signed_in(account, post("dispatcher").post_id)
        number, token = key(elsewhere if who == "another street's key" else "610104")
        if who == "a withdrawn key":
            withdraw_key(number, at=now, viewer=post("security"))
        return Client(raise_request_exception=False, headers={"X-API-Key": token})

    return make


# --- Doors ------------------------------------------------------------------------------------------------------------


# Signing in and reference data: they know nothing of any matter.
REFERENCE = (
    "^", "api/^", "api/docs", "api/openapi.json", "api/kinds", "api/divisions", "look/", "login", "logout", "account/", "i18n/", "metrics", "healthz",
    "map/outlines", "desk/lists", "grids", "about", "desk/calendar",
)  # fmt: skip
# Upkeep of the house itself: tried by one stranger and one reader for all.
UPKEEP = (
    "/desk/people", "/desk/posts", "/desk/units", "/desk/accounts", "/desk/keys", "/desk/handovers", "/desk/rules", "/desk/settings", "/desk/letters",
    "/grid", "/map/locate", "/ask", "/field", "/desk/kinds", "/desk/standards", "/desk/access", "/desk/classifiers", "/desk/warnings/settings",
    "/desk/bulletins/settings",
    "/desk/channels/new", "/desk/seat/knowledge", "/desk/notices/templates", "/desk/hotline/terms", "/desk/hotline/files", "/desk/care", "/api/units",
    "/api/devices/kinds", "/open311/test", "/open311/v2/discovery", "/open311/v2/services",
)  # fmt: skip
STEPS = tuple(arrow.name for arrow in CASE.transitions if not arrow.automatic)


def places(stock: Stock, number: str) -> dict[str, str]:
    """What the places in an address are filled with: whatever leads to the secret case."""
    case = Case.objects.get(pk=stock.ids["handling"])
    report = case.reports.latest("pk")
    picture = StoredFile.objects.latest("pk")
    return {
        "number": number, "key": str(case.pk), "report": str(report.pk), "field": "phone", "tab": "open", "rate": "response",
        "token": files.sign(picture, at=timezone.now() - timedelta(days=1)), "ticket": files.ticket(picture, at=timezone.now() - timedelta(days=9)),
        "file_id": str(picture.pk), "name": "people", "code": "610104005001001", "step": "accept", "link": "abcdefgh",
        "draft": "1", "person": "1", "post": "1", "unit": "1", "account": "1", "handover_id": "1", "status": "404", "pk": "1",
        "form": "json", "rest": "nowhere", "given": "abcdefgh", "external": "abcdefgh", "audience": "reporter", "language": "en", "version": "1",
        "edition": "1", "case": str(case.pk), "indicator": "solved", "kind": "scheme", "what": "drop",
        "identifier": "610104-X-1", "part": "tasks", "task": "1", "ending": "pdf", "sort": "order", "day": "2026-03-02", "screen": "1", "secret": "abcdefgh",
        "turn": "1", "note": "1", "note_id": "1", "feed": "1", "absence": "1", "month": "2026-10",
    }  # fmt: skip


def every_address(stock: Stock, number: str, steps: Sequence[str] = ("accept",)) -> list[str]:
    values = places(stock, number)
    found: list[str] = []
    for url, method, _entry in endpoints.doors():
        # Where only something may be sent there is nothing to read; what is sent is tried with good bodies.
        if url.startswith(REFERENCE) or method not in ("*", "GET"):
            continue
        for step in steps if "step>" in url else ("",):
            here = values | {"step": step}
            found.append("/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda place, here=here: here[place[1]], url))
    more = [
        f"/desk/search?q={number}", "/desk/search?q=路灯", "/desk/queue/open?words=路灯", f"/desk/queue/open?words={number}", "/desk/queue/closed",
        "/api/cases?words=路灯", f"/api/cases?words={number}", "/api/cases?tab=closed&size=200", "/api/cases/map?west=108&east=110&south=33&north=35",
        "/desk/map/points.json?west=108&east=110&south=33&north=35", "/api/board?from=2026-01-01&to=2027-01-01", "/desk/board/export?from=2026-01-01&to=2027-01-01",
        "/desk/board/rows?rate=response&from=2026-01-01&to=2027-01-01", "/api/board/response/rows?from=2026-01-01&to=2027-01-01",
        f"/desk/intake/earlier?phone={PHONE}", f"/?number={number}", "/sensorthings/v1.1/Things", "/sensorthings/v1.1/Observations",
    ]  # fmt: skip
    return sorted({*found, *more})


def words(answer: HttpResponse) -> str:
    if answer.streaming:
        return b"".join(answer.streaming_content).decode(errors="replace")  # type: ignore[arg-type]
    return answer.content.decode(errors="replace")


def state_of_everything() -> tuple[Any, ...]:
    """What a stranger could change."""
    return (
        list(
            Case.objects.order_by("pk").values_list("pk", "state", "version", "unit_id", "kind", "last_seq")
        ),
        list(
            Report.objects.order_by("pk").values_list(
                "pk", "case_id", "reply", "judged_at", "grade", "contacted_at"
            )
        ),
        list(Part.objects.order_by("pk").values_list("pk", "unit_id")),
        LedgerEntry.objects.count(),
        OutboxRow.objects.filter(topic__startswith="cases.").count(),
    )


def tried_by_a_stranger(who: str, client: Client, secret: Stock) -> list[str]:
    """What went wrong when ``who`` opened every door and pushed every button."""
    number = secret.numbers["handling"]
    own = {*secret.numbers.values()}
    wrong: list[str] = []
    for address in every_address(secret, number):
        if address.startswith(UPKEEP) and who not in ("visitor", "admin", "security"):
            continue
        page = client.get(address, headers={"Accept": "text/html"})
        told = words(page)
        if page.status_code >= 500:
            wrong.append(f"{page.status_code} {address}")
        if any(hint in told for hint in HINTS if not (hint == PHONE and PHONE in address)):
            wrong.append(f"names the reporter: {address}")
        # The start page tells everybody the bare state of a receipt; an address repeated in a refusal tells nothing.
        if address.startswith("/?number") or page.status_code >= 400:
            continue
        if any(one in told.replace(address, "") for one in own if one not in address):
            wrong.append(f"shows a case: {page.status_code} {address}")
        if f"/{number}" in address and page.status_code == 200:
            wrong.append(f"opens the case: {address}")
    for operation in operations():
        if operation.path.startswith("/cases/"):
            path = path_of(operation, secret)
            answer = client.post(f"/api{path}", operation.body(secret), content_type="application/json")
            if answer.status_code not in (401, 403, 404):
                wrong.append(f"{answer.status_code} POST {path}")
            wrong += [f"names the reporter: POST {path}"] * any(hint in words(answer) for hint in HINTS)
    sent = {"reason": "现场复核", "question": "哪里", "kind": "C0137", "unit": secret.unit, "result": "好", "finding": "好", "version": "",
            "grade": 5, "solved": "1", "outcome": "reached", "ground": "untrue", "report": secret.reports["handling"], "into": number}  # fmt: skip
    for address in every_address(secret, number, STEPS):
        if address.startswith("/api/"):
            continue  # tried above, with bodies that are good ones
        if number in address or f"/{secret.ids['handling']}" in address:
            answer = client.post(address, sent)
            if answer.status_code not in (302, 401, 403, 404, 405):
                wrong.append(f"{answer.status_code} POST {address}")
    return [f"{who}: {one}" for one in wrong]


@pytest.mark.parametrize("group", [STRANGERS[n::2] for n in range(2)], ids=["some", "others"])
def test_a_stranger_reads_nothing_and_changes_nothing(
    group: Sequence[str], secret: Stock, stranger: Callable[[str], Client]
) -> None:
    for who in group:
        client = stranger(who)
        before = state_of_everything()
        assert tried_by_a_stranger(who, client, secret) == []
        assert state_of_everything() == before, who


def test_whoever_may_read_a_case_reads_names_masked_everywhere(
    secret: Stock, enter: Callable[..., Api]
) -> None:
    for who in READERS:
        client = enter(who).client
        client.raise_request_exception = False
        seen = 0
        wrong: list[str] = []
        number = secret.numbers["handling"]
        for address in every_address(secret, number):
            if "/report/" in address or PHONE in address or (address.startswith(UPKEEP) and who != "auditor"):
                continue  # the page that opens a sealed value, with a reason; a clerk's search by a number
            page = client.get(address, headers={"Accept": "text/html"})
            told = words(page)
            seen += page.status_code == 200 and number in told
            if page.status_code >= 500:
                wrong.append(f"{page.status_code} {address}")
            if any(hint in told for hint in HINTS):
                wrong.append(f"names the reporter: {address}")
        assert wrong == [], who
        assert seen >= 5, who


def test_who_holds_one_link_holds_no_other_report(secret: Stock) -> None:
    """The photo of another report, the question asked of another one, the receipt's link with another's signature."""
    client = Client()
    other = Case.objects.get(pk=secret.ids["closed"])
    picture = StoredFile.objects.filter(matter_id=other.pk).latest("pk")
    assert client.get(f"/r/{secret.link}").status_code == 200
    assert client.get(f"/r/{secret.link}/photo/{picture.pk}").status_code == 404
    sent = {"question": secret.question, "text": "我来答"}
    before = state_of_everything()
    answer = client.post(f"/api/reports/{secret.link}/answer", sent, content_type="application/json")
    assert answer.status_code in (404, 422)
    for spot in (0, 8, len(secret.link) - 1):
        forged = secret.link[:spot] + ("A" if secret.link[spot] != "A" else "B") + secret.link[spot + 1 :]
        told = client.get(f"/api/reports/{forged}")
        assert (told.status_code, told.json()["code"]) == (404, "cases.link"), forged
    mixed = secret.link[:8] + secret.closed_link[8:]
    assert client.get(f"/api/reports/{mixed}").status_code == 404
    assert state_of_everything() == before
