"""Signing in with a browser: landing, lockout, idle sessions, the second factor, switching posts, keys of programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter as second_factor
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import timezone
from ninja import NinjaAPI

from gongbi.parties import actions, middleware, rules
from gongbi.parties.auth import WAYS_IN
from gongbi.parties.models import Account, Person, Post, SignIn, Unit

from .conftest import GUARD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.parties.urls")]
PASSWORD = "Lotus-lake-610104"
HTML = {"HTTP_ACCEPT": "text/html"}


@pytest.fixture
def now() -> datetime:
    """The pages read the real clock."""
    return timezone.now() - timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def account(appoint: Callable[..., Post], now: datetime) -> Callable[..., Account]:
    def make(login: str, unit: str = "firm", role: str = "handler", must_change: bool = False) -> Account:
        post = appoint(unit, role)
        return actions.create_account(
            person_id=post.person_id,
            login=login,
            password=PASSWORD,
            at=now,
            viewer=GUARD,
            must_change=must_change,
        )

    return make


def sign_in(client: Client, login: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/login", {"login": login, "password": password}, **(HTML | more))


def who(client: Client) -> str:
    return client.get("/who").content.decode()


def test_a_visitor_is_public_and_costs_no_query(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert who(client) == "public "


def test_a_role_lands_where_its_work_is(client: Client, account: Any) -> None:
    made = account("handler")
    answer = sign_in(client, "handler")
    assert (answer.status_code, answer.url) == (302, "/desk/")
    assert who(client) == f"post:{made.person.posts.get().pk} handler"
    client.logout()
    account("grid", "610104001001", "grid_worker")
    assert sign_in(client, "grid").url == "/field/"


def test_a_signed_in_request_asks_three_things(
    client: Client, account: Any, django_assert_num_queries: Any
) -> None:
    account("handler")
    sign_in(client, "handler")
    who(client)
    with django_assert_num_queries(3):  # session, account, the directory's token
        who(client)


def test_a_page_for_staff_sends_a_visitor_to_sign_in_and_back(client: Client, account: Any) -> None:
    account("handler")
    answer = client.get("/handlers?a=1", **HTML)
    assert (answer.status_code, answer.url) == (302, "/login?next=%2Fhandlers%3Fa%3D1")
    back = client.post(answer.url, {"login": "handler", "password": PASSWORD, "next": "/handlers?a=1"})
    assert back.url == "/handlers?a=1"
    assert client.get("/handlers").status_code == 200


def test_another_role_is_told_so_and_a_program_gets_no_redirect(client: Client, account: Any) -> None:
    assert client.get("/handlers", HTTP_ACCEPT="application/json").status_code == 403
    account("manager", role="manager")
    sign_in(client, "manager")
    assert client.get("/handlers", **HTML).status_code == 403


def test_the_sign_in_page_names_no_account(client: Client, account: Any) -> None:
    account("handler")
    known = sign_in(client, "handler", "wrong-password-1").content.decode()
    unknown = sign_in(client, "nobody", "wrong-password-1").content.decode()

    def errors(html: str) -> list[str]:
        return re.findall(r"<li>(.*?)</li>", html, re.S)

    assert errors(known)
    assert errors(known) == errors(unknown)
    assert 'value="wrong-password-1"' not in known


def test_five_failures_lock_the_login_and_no_other(client: Client, account: Any) -> None:
    account("handler")
    account("other")
    for _ in range(rules.FAILURES - 1):
        sign_in(client, "handler", "wrong-password-1")
    sign_in(client, "HANDLER ", "wrong-password-1")  # case and blanks make no other login
    locked = sign_in(client, "handler")
    assert locked.status_code == 200
    assert who(client) == "public "
    assert SignIn.objects.count() == rules.FAILURES  # what a lock refuses is not one more failure
    assert sign_in(client, "other").status_code == 302
    SignIn.objects.update(at=timezone.now() - rules.WINDOW)
    client.logout()
    assert sign_in(client, "handler").status_code == 302


def test_a_success_ends_the_row_of_failures(client: Client, account: Any) -> None:
    account("handler")
    for _ in range(3):
        for _ in range(rules.FAILURES - 1):
            sign_in(client, "handler", "wrong-password-1")
        assert sign_in(client, "handler").status_code == 302
        client.logout()


def test_an_idle_session_ends_and_an_active_one_goes_on(
    client: Client, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("handler")
    sign_in(client, "handler")
    start = timezone.now()

    def clock(minutes: float) -> None:
        monkeypatch.setattr(middleware.timezone, "now", lambda: start + timedelta(minutes=minutes))

    for minutes in (0, 29, 58, 87):
        clock(minutes)
        assert "handler" in who(client), minutes
    clock(87 + 30.1)
    assert who(client) == "public "


def test_a_grid_workers_phone_may_be_without_signal_for_a_shift(
    client: Client, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("grid", "610104001001", "grid_worker")
    sign_in(client, "grid")
    start = timezone.now()
    assert "grid_worker" in who(client)
    assert int(client.cookies["sessionid"]["max-age"]) > 9 * 3600  # closing the app is no signing out
    monkeypatch.setattr(middleware.timezone, "now", lambda: start + timedelta(minutes=599))
    assert "grid_worker" in who(client)
    monkeypatch.setattr(middleware.timezone, "now", lambda: start + timedelta(minutes=599 + 601))
    assert who(client) == "public "


def test_an_idle_session_is_written_at_most_once_a_minute(
    client: Client, account: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    account("handler")
    sign_in(client, "handler")
    who(client)
    start = timezone.now()
    monkeypatch.setattr(middleware.timezone, "now", lambda: start + timedelta(seconds=50))
    with django_assert_num_queries(3):
        who(client)


def test_switching_the_post_changes_who_acts(
    client: Client, account: Any, appoint: Callable[..., Post], now: datetime
) -> None:
    made = account("two")
    manager = appoint("firm", "manager", person_id=made.person_id)
    foreign = appoint("firm", "manager")
    sign_in(client, "two")
    page = client.get("/account/posts", **HTML).content.decode()
    assert page.count('name="post"') == 2
    answer = client.post("/account/post", {"post": manager.pk, "next": "/who"})
    assert answer.url == "/who"
    assert who(client) == f"post:{manager.pk} manager"
    for post, status in ((foreign.pk, 403), ("x", 422), ("", 422)):
        assert client.post("/account/post", {"post": post}, **HTML).status_code == status
    assert client.post("/account/post", {"post": manager.pk, "next": "https://elsewhere/"}).url == "/"
    Post.objects.filter(pk=manager.pk).delete()  # the chosen post is gone: back to the other one
    actions.change_unit(manager.unit_id, at=now, viewer=_keeper(), phone="029-55510009")
    assert who(client).endswith(" handler")


def _keeper() -> Any:
    from .conftest import KEEPER

    return KEEPER


def test_without_a_post_one_sees_only_the_account(
    client: Client, person: Callable[[], Person], now: datetime
) -> None:
    account = actions.create_account(
        person_id=person().pk, login="nobody", password=PASSWORD, at=now, viewer=GUARD, must_change=False
    )
    assert sign_in(client, "nobody").url == "/account/posts"
    assert who(client) == f"account:{account.pk} "
    assert client.get("/handlers", **HTML).url == "/account/posts"


def test_a_given_password_is_changed_before_anything_else(client: Client, account: Any) -> None:
    made = account("new", must_change=True)
    assert sign_in(client, "new").url == "/account/posts"
    assert who(client) == f"account:{made.pk} "
    assert "/account/password" in client.get("/account/posts", **HTML).content.decode()
    fresh = {"oldpassword": PASSWORD, "password1": "River-bank-610104", "password2": "River-bank-610104"}
    weak = fresh | {"password1": "new-new-new", "password2": "new-new-new"}
    assert client.post("/account/password", weak, **HTML).status_code == 200
    assert client.post("/account/password", fresh, **HTML).status_code == 302
    assert who(client).endswith(" handler")  # this session goes on
    other = Client()
    assert sign_in(other, "new").status_code == 200
    assert sign_in(other, "new", "River-bank-610104").status_code == 302


def test_a_new_password_ends_the_other_sessions(client: Client, account: Any, now: datetime) -> None:
    made = account("handler")
    sign_in(client, "handler")
    actions.set_password(made.pk, "River-bank-610104", at=now, viewer=GUARD)
    assert who(client) == "public "


def test_an_administrator_needs_a_second_factor(client: Client, account: Any) -> None:
    made = account("admin", "centre", "admin")
    assert sign_in(client, "admin").url == "/account/posts"
    assert who(client) == f"account:{made.pk} "
    assert "/account/second-factor/" in client.get("/account/posts", **HTML).content.decode()

    secret = generate_totp_secret()
    Authenticator.objects.create(
        user=made, type=Authenticator.Type.TOTP, data={"secret": second_factor().encrypt(secret)}
    )
    assert secret not in str(Authenticator.objects.values_list("data", flat=True))
    client.logout()
    stage = sign_in(client, "admin")
    assert "second-factor" in stage.url
    assert who(client) == "public "
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(secret, counter))
    assert client.post(stage.url, {"code": code}, **HTML).url == "/desk/"
    assert who(client).endswith(" admin")


def test_the_pages_of_the_account_are_drawn_in_the_house_style(client: Client, account: Any) -> None:
    account("handler")
    assert 'id="main"' in client.get("/login", **HTML).content.decode()
    sign_in(client, "handler")
    for path in ("/account/posts", "/account/password", "/account/second-factor/", "/logout"):
        answer = client.get(path, follow=True, **HTML)
        html = answer.content.decode()
        assert answer.status_code == 200, path
        assert 'class="masthead"' in html, path
        assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))", html), path
        assert " style=" not in html, path


def test_the_code_for_the_authenticator_lies_on_white_whatever_the_page() -> None:
    drawn = second_factor().build_totp_svg("otpauth://totp/Gongbi:a?secret=ABC")
    assert drawn.count("<rect") == 1
    assert (
        drawn.index("<svg")
        < drawn.index('<rect width="100%" height="100%" fill="#fff"/>')
        < drawn.index("<path")
    )


@pytest.mark.parametrize("path", ["/signup", "/account/signup", "/account/password/reset", "/account/email"])
def test_nobody_signs_up_and_nothing_goes_by_mail(path: str, client: Client) -> None:
    assert client.get(path).status_code == 404


def test_the_account_speaks_its_own_language(client: Client, account: Any) -> None:
    made = account("handler")
    sign_in(client, "handler")
    Account.objects.filter(pk=made.pk).update(language="en")
    assert 'lang="en"' in client.get("/account/posts", **HTML).content.decode()
    Account.objects.filter(pk=made.pk).update(language="zh-hans")
    html = client.get("/account/posts", HTTP_ACCEPT_LANGUAGE="en", **HTML).content.decode()
    assert 'lang="zh-Hans"' in html


# ---- programs ----------------------------------------------------------------------------------------------


@pytest.fixture
def ask() -> Callable[..., tuple[int, str]]:
    """Call a small API: ``ask(HTTP_X_API_KEY=…)`` → (status, who it takes the caller for)."""
    api = NinjaAPI(urls_namespace="parties-test", auth=WAYS_IN, openapi_url=None, docs_url=None)

    @api.get("/who")
    def whoever(request: Any) -> dict[str, str]:
        return {"who": request.viewer.actor, "channel": getattr(request, "channel", "")}

    view = next(url for url in api.urls[0] if str(url.pattern) == "who").callback

    def call(**headers: str) -> tuple[int, str]:
        answer = view(RequestFactory().get("/who", **headers))
        return answer.status_code, answer.content.decode()

    return call


def test_a_program_shows_its_key_in_either_header(
    ask: Callable[..., tuple[int, str]], units: dict[str, Unit], now: datetime
) -> None:
    key, secret = actions.make_key(name="k", unit_id=units["firm"].pk, channel="video", at=now, viewer=GUARD)
    for headers in ({"HTTP_X_API_KEY": secret}, {"HTTP_AUTHORIZATION": f"Bearer {secret}"}):
        status, body = ask(**headers)
        assert (status, f"key:{key.pk}" in body, "video" in body) == (200, True, True)
    for headers in ({}, {"HTTP_X_API_KEY": secret[:-1]}, {"HTTP_AUTHORIZATION": f"Basic {secret}"}):
        assert ask(**headers)[0] == 401
