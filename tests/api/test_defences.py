"""What a hostile page, link or neighbour tries: forged forms, ways out of the house, guessed links, what caches and frames keep."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from gongbi.kernel.files import uploads
from gongbi.kernel.scope import endpoints
from gongbi.kernel.scope.viewer import INTEGRATOR

from .conftest import Api, Stock

pytestmark = [pytest.mark.django_db, pytest.mark.either]
ELSEWHERE = (
    "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "data:text/html,x", "https:evil.example",
    "http:///evil.example", " //evil.example", "/\t/evil.example", "//evil.example\\@testserver", "https://testserver@evil.example/", "\x00//evil.example",
)  # fmt: skip


# Doors of other systems: no session opens them, only a key or a signature; so no other site's form can use one.
MACHINES = ("open311/", "exchange/")


def pages() -> list[str]:
    """Every address that is a page, its places filled with anything."""
    found = [
        url for url, _method, _entry in endpoints.doors() if not url.startswith(("api/", "^", *MACHINES))
    ]
    dated = [re.sub(r"<wall_day:\w+>", "2026-03-10", url) for url in found]
    return ["/" + re.sub(r"<int:\w+>", "1", re.sub(r"<(?!int:)[^>]+>", "x", url)) for url in dated]


def test_no_form_of_another_site_is_taken(enter: Callable[..., Api]) -> None:
    """Every page, posted to with the session of a post but without the page's own token."""
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = enter("dispatcher").client.cookies
    taken = {
        page: answer for page in pages() if (answer := strict.post(page, {"next": "/"}).status_code) != 403
    }
    assert taken == {}
    assert len(pages()) >= 80


def test_a_session_opens_no_door_of_other_systems(enter: Callable[..., Api]) -> None:
    """Posted to with the session of a post and without a key or signature: nothing is taken in."""
    from gongbi.cases.models import Report

    strict = Client(enforce_csrf_checks=True)
    strict.cookies = enter("dispatcher").client.cookies
    reports, tried = Report.objects.count(), 0
    for url, _method, _entry in endpoints.doors():
        if url.startswith(MACHINES):
            page = "/" + re.sub(r"<[^>]+>", "x", re.sub(r"<open311form:\w+>", "json", url))
            sent = {"service_code": "C0137", "lat": 34.265, "long": 108.913, "description": "路灯不亮"}
            assert 400 <= strict.post(page, sent).status_code < 500, page
            tried += 1
    assert tried >= 16
    assert Report.objects.count() == reports


@pytest.mark.parametrize("next_", ELSEWHERE)
def test_no_way_leads_out_of_the_house(next_: str, enter: Callable[..., Api]) -> None:
    visitor, inside = Client(), enter("dispatcher").client
    from gongbi.parties.demo import PASSWORD
    from gongbi.parties.models import Account, Post

    Account.objects.filter(username="clerk").update(must_change_password=False)
    person = Account.objects.get(username="dispatcher").person_id
    own = Post.objects.filter(person_id=person).values_list("pk", flat=True)[0]
    answers: list[HttpResponse] = [
        visitor.post("/login", {"login": "clerk", "password": PASSWORD, "next": next_}),
        visitor.post("/look/wish", {"theme": "dark", "next": next_}),
        visitor.post("/i18n/setlang/", {"language": "en", "next": next_}),
        inside.post("/account/post", {"post": own, "next": next_}),
        inside.get("/login", {"next": next_}),
        inside.post("/logout", {"next": next_}),
    ]
    for answer in answers:
        where = answer.headers.get("Location", "/")
        assert re.fullmatch(r"/(?![/\\\s]).*", where), where
        assert "evil" not in where.split("?")[0], where


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PRIVATE = ("/ask", "/login", "/r/{link}", "/receipt/{link}", "/api/reports/{link}", "/api/cases", "/api/cases/{number}", "/desk/map", "/desk/case/{number}",
           "/desk/queue/open", "/desk/search?q=灯")  # fmt: skip
SHARED = (
    "/",
    "/near",
    "/grids",
    "/about",
    "/api/kinds",
    "/api/divisions",
    "/nowhere",
    "/api/nowhere",
    "/r/abcdefgh",
    "/api/docs",
)


@pytest.mark.parametrize("path", PRIVATE + SHARED)
def test_every_answer_keeps_browsers_and_caches_from_misusing_it(
    path: str, stock: Stock, enter: Callable[..., Api]
) -> None:
    client = enter("dispatcher").client if path.startswith(("/desk", "/api/cases")) else Client()
    answer = client.get(path.format(link=stock.link, number=stock.numbers["received"]))
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    if answer["Content-Type"].startswith("text/html"):
        assert "script-src 'self';" in answer["Content-Security-Policy"]
    if path in PRIVATE:
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
    for cookie in answer.cookies.values():
        assert cookie["samesite"] == "Lax", cookie
        assert cookie["httponly"] or cookie.key in ("csrftoken", "gongbi_theme", "gongbi_size"), cookie


def test_a_guessed_link_learns_nothing_of_what_there_is(stock: Stock) -> None:
    """The same answer for a report that is there and one that is not: to the letter, on the page and for programs."""
    there, nowhere = stock.link[:8] + "A" * 24, "7" * 7 + "a" + "A" * 24
    client = Client()
    for address in ("/r/{}", "/receipt/{}", "/api/reports/{}", "/r/{}/now", "/r/{}/photo/1"):
        one, two = (client.get(address.format(link)) for link in (there, nowhere))
        assert one.status_code == two.status_code == 404
        token = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"|name="csrf-token" content="[^"]*"')
        plain = [
            token.sub(b"", answer.content.replace(link.encode(), b""))
            for answer, link in ((one, there), (two, nowhere))
        ]
        assert plain[0] == plain[1], address


def test_a_receipt_number_opens_no_more_than_its_state(stock: Stock) -> None:
    """Numbers can be counted through; the link cannot."""
    from gongbi.cases.models import Report

    report = Report.objects.get(pk=stock.reports["handling"])
    told = Client().get("/", {"number": report.number}).content.decode()
    assert report.text not in told
    assert (
        "/r/" not in re.sub(r'href="/r/"', "", told).replace(stock.link, "/r/link") or stock.link not in told
    )
    assert Client().get(f"/api/reports/{report.number}").status_code == 404
    assert Client().get(f"/r/{report.number}").status_code == 404


@pytest.mark.parametrize("path", ["/api/cases", "/api/reports/{link}", "/r/{link}", "/api/files"])
def test_another_site_may_not_read_an_answer(path: str, stock: Stock) -> None:
    """No header of ours lets pages of other origins read (CORS): programs with a key are no browsers."""
    sent: Any = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        answer = Client().generic(method, path.format(link=stock.link), headers=sent)
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(("path", "html"), [("/ask", True), ("/api/files", False), ("/login", True)])
def test_more_than_a_request_may_bring_is_refused_before_it_is_read(path: str, html: bool) -> None:
    """The announced length is enough: nothing of it reaches memory or a disk."""
    announced = str(uploads.MAX_REQUEST + 1)
    body = b"--b\r\nContent-Disposition: form-data; name=file; filename=a.jpg\r\n\r\nx\r\n--b--\r\n"
    for language, word in (("zh-CN", "太"), ("en", "too")):
        client = Client(enforce_csrf_checks=html)
        client.cookies["csrftoken"] = "a" * 32
        answer = client.generic(
            "POST", path, body, content_type="multipart/form-data; boundary=b", CONTENT_LENGTH=announced,
            headers={"Accept-Language": language},
        )  # fmt: skip
        assert answer.status_code == 413
        assert answer["Content-Type"].startswith("text/html" if html else "application/json")
        assert word in answer.content.decode()


@pytest.mark.parametrize("number", ["0", "9" * 20, "9" * 400])
def test_a_number_that_no_row_can_have_is_not_there(number: str, enter: Callable[..., Api]) -> None:
    """Addresses with a key in them, each opened by somebody who may: no database is asked for more than it can count."""
    logins = {"handler": "urban", "grid_worker": "grid"}
    wrong: list[str] = []
    tried = 0
    for url, _method, entry in endpoints.doors():
        if "<int:" not in url or entry is None or url.startswith(("^", "look/gallery", "account/")):
            continue
        role = next(
            role
            for role in ("dispatcher", "admin", "security", "grid_worker", "manager", "clerk")
            if role in entry.roles
        )
        client = enter(logins.get(role, role)).client
        client.raise_request_exception = False
        address = "/" + re.sub(r"<(?!int:)[^>]+>", "x", re.sub(r"<int:\w+>", number, url))
        for call in (client.get, client.post):
            status = call(address).status_code
            wrong += [f"{status} {address[:60]}"] * (status >= 500)
        tried += 1
    assert wrong == []
    assert tried >= 8


QUERY = (
    "q", "words", "kind", "territory", "community", "unit", "channel", "after", "from", "to", "rate", "by", "phone", "number", "lon", "lat", "west", "role",
    "state", "page", "tab", "code", "parent", "level", "part", "person", "post", "join", "next", "overdue", "size", "day", "at", "name", "actor", "topic",
)  # fmt: skip


@pytest.mark.parametrize("evil", ["\x00", "😀'\"--", "9" * 30])
def test_no_letter_in_an_address_is_our_mistake(evil: str, enter: Callable[..., Api]) -> None:
    """Every page and address of the interface, in its places and in its questions, opened by somebody who may."""
    logins = {"handler": "urban", "grid_worker": "grid"}
    wrong: list[str] = []
    written = "".join(f"%{byte:02X}" for byte in evil.encode())
    query = "&".join(f"{name}={written}" for name in QUERY)
    clients: dict[str, Client] = {}
    for url, method, entry in endpoints.doors():
        if (
            entry is None
            or method == "POST"
            or url.startswith(("^", "api/^", "look/gallery", "account/", "logout", "api/divisions/map"))
            or entry.roles == {INTEGRATOR}  # whoever has no key meets the door only
        ):
            continue
        role = next(
            role
            for role in (
                "dispatcher",
                "admin",
                "security",
                "clerk",
                "auditor",
                "grid_worker",
                "manager",
                "checker",
            )
            if role in entry.roles
        )
        if role not in clients:
            clients[role] = enter(logins.get(role, role)).client
            clients[role].raise_request_exception = False
        address = "/" + re.sub(r"<(?!int:)[^>]+>", written, re.sub(r"<int:\w+>", "1", url))
        status = clients[role].get(f"{address}?{query}").status_code
        wrong += [f"{status} {address[:70]}"] * (status >= 500)
    assert wrong == []
