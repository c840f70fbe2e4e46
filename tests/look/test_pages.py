"""Keeping wishes, saying what was refused, and pages that come even when much is broken."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils.translation import override

from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.look import pages
from gongbi.look.middleware import RefusalPages


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def test_a_wish_is_kept_for_a_year_and_drawn_into_the_first_byte(client: Client) -> None:
    answer = client.post("/look/wish", {"theme": "dark", "size": "elder", "next": "/look/gallery"})
    assert answer.status_code == 302
    assert answer["Location"] == "/look/gallery"
    assert answer.cookies["gongbi_theme"]["max-age"] == 31_536_000
    html = client.get("/look/gallery").content.decode()
    assert 'data-theme="dark" data-size="elder"' in html.split("<head>")[0]


@pytest.mark.parametrize("theme", ["", "black", '"><script>'])
def test_an_unknown_wish_is_not_kept(client: Client, theme: str) -> None:
    answer = client.post("/look/wish", {"theme": theme})
    assert "gongbi_theme" not in answer.cookies
    client.cookies["gongbi_theme"] = theme
    assert "data-theme" not in client.get("/look/gallery").content.decode().split("<head>")[0]


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_a_wish_never_leads_elsewhere(client: Client, elsewhere: str) -> None:
    assert client.post("/look/wish", {"theme": "dark", "next": elsewhere})["Location"] == "/"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/look/wish", "POST"),
        ("HEAD", "/look/wish", "POST"),
        ("PUT", "/look/wish", ""),
        ("BREW", "/look/wish", ""),
    ],
)
def test_an_address_opened_the_wrong_way_says_so(method: str, path: str, allowed: str) -> None:
    """Reloading what a button had sent gave an empty page; an unknown method was told that its page had been open too long."""
    for language, word in (("zh-CN", "请返回"), ("en", "Go back")):
        answer = Client(enforce_csrf_checks=True).generic(method, path, headers={"Accept-Language": language})
        assert answer.status_code == 405
        assert method == "HEAD" or word in answer.content.decode()
        assert answer.headers.get("Allow", "") == allowed


def test_the_page_speaks_the_readers_language(client: Client) -> None:
    chinese = client.get("/look/gallery", headers={"accept-language": "zh-CN"}).content.decode()
    assert '<html lang="zh-Hans"' in chinese
    assert "组件陈列" in chinese
    english = client.get("/look/gallery", headers={"accept-language": "en-GB"}).content.decode()
    assert '<html lang="en"' in english
    assert "Every component in every state." in english


def test_an_unknown_language_gets_chinese(client: Client) -> None:
    assert (
        '<html lang="zh-Hans"'
        in client.get("/look/gallery", headers={"accept-language": "fr"}).content.decode()
    )


@pytest.mark.parametrize(
    ("refusal", "status", "template"),
    [
        (Refused("x.no", "社区协办的事项不能由社区主办。", article="履职清单 第 34 项"), 422, "400.html"),
        (Forbidden("x.not", "这一页属于别的岗位。"), 403, "403.html"),
        (NotThere("x.gone", "没有这件事。"), 404, "404.html"),
        (Stale("x.old", "张三刚刚改过。"), 409, "409.html"),
    ],
)
def test_a_refusal_is_said_in_its_own_words(refusal: Refused, status: int, template: str) -> None:
    request = RequestFactory().get("/desk/1")
    middleware = RefusalPages(lambda _request: pages.bad_request(_request, ValueError()))
    answer = middleware.process_exception(request, refusal)
    assert answer is not None
    html = answer.content.decode()
    assert answer.status_code == status
    assert str(refusal.message) in html
    assert refusal.article in html
    assert "<h1>" in html


def test_for_a_piece_of_a_page_the_refusal_is_a_notice() -> None:
    request = RequestFactory().get("/desk/1", headers={"hx-request": "true"})
    html = pages.refused(request, Refused("x", "不行。", article="第 3 条")).content.decode()
    assert 'role="alert"' in html
    assert "第 3 条" in html
    assert "<html" not in html


def test_other_mistakes_are_left_to_those_who_log_them() -> None:
    middleware = RefusalPages(lambda request: pages.bad_request(request, ValueError()))
    assert middleware.process_exception(RequestFactory().get("/"), ValueError()) is None


def test_what_was_refused_is_never_markup() -> None:
    html = pages.refused(
        RequestFactory().get("/"), Refused("x", "<script>alert(1)</script>")
    ).content.decode()
    assert "<script>alert" not in html


def test_the_page_of_a_breakdown_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("no session, no account, no database")

    monkeypatch.setattr("django.contrib.auth.context_processors.auth", broken)
    with override("zh-hans"):
        answer = pages.broken(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "系统出了问题" in answer.content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("status", [400, 403, 404, 409, 500])
def test_every_error_page_says_what_to_do(client: Client, status: int, language: str) -> None:
    client.cookies["django_language"] = language
    answer = client.get(f"/look/gallery/error/{status}")
    html = answer.content.decode()
    assert answer.status_code == status
    assert html.count("<h1>") == 1
    assert 'href="/"' in html


def test_there_is_no_gallery_in_production(client: Client, settings: Any) -> None:
    settings.LOOK_GALLERY = False
    settings.DEBUG = False
    for page in ("gallery", "gallery/queue", "gallery/locate.json", "gallery/error/500"):
        assert client.get(f"/look/{page}").status_code == 404


def test_an_expired_form_is_explained(client: Client) -> None:
    html = pages.csrf_failed(RequestFactory().post("/")).content.decode()
    assert "打开太久" in html
