"""Who may do what: people, posts and handovers, units, logins and keys, by the administrators who keep them and nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from gongbi.cases import queries as cases
from gongbi.kernel.scope.viewer import system
from gongbi.parties import queries as parties
from gongbi.parties.models import Account, ApiKey, Change, Handover, Person, Post, Unit
from tests.desk.conftest import Clock, Desk, World

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]
KEEPING = ("/desk/people", "/desk/posts", "/desk/units")
GUARDING = ("/desk/accounts", "/desk/keys")


def body(answer: Any) -> str:
    return str(answer.content.decode())


def post_of(login: str) -> Post:
    person = Account.objects.get(username=login).person
    assert person is not None
    return Post.objects.get(person=person)


def somebody(number: str = "E4-1", name: str = "王小明") -> Person:
    from gongbi.parties import actions

    return actions.add_person(
        number=number, name=name, phone="029-55507777", at=post_of("admin").valid_from, viewer=system("test")
    )


def appointed(desk: Desk, person: Person, unit: str, role: str, **more: str) -> Any:
    sent = {"unit": Unit.objects.get(code=unit).pk, "role": role, "valid_from": "2026-03-10"} | more
    return desk.post(reverse("desk:appoint", args=[person.pk]), sent)


# --- Who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["admin", "security", "auditor", "dispatcher", "manager"])
@pytest.mark.parametrize("page", KEEPING + GUARDING)
def test_lists_are_for_those_who_keep_guard_or_audit_them(page: str, login: str, at_desk: At) -> None:
    allowed = {"security", "auditor"} | ({"admin"} if page in KEEPING else set())
    assert at_desk(login).get(page).status_code == (200 if login in allowed else 403)


def write_doors() -> dict[str, str]:
    """Every address that changes something → who may."""
    person, post, unit = Person.objects.first(), post_of("urban"), Unit.objects.first()
    account = Account.objects.get(username="urban")
    assert person is not None
    assert unit is not None
    return {
        reverse("desk:person_new"): "admin",
        reverse("desk:person", args=[person.pk]): "admin",
        reverse("desk:person_open", args=[person.pk, "name"]): "admin",
        reverse("desk:appoint", args=[person.pk]): "admin",
        reverse("desk:post", args=[post.pk]): "admin",
        reverse("desk:post_end", args=[post.pk]): "admin",
        reverse("desk:unit_new"): "admin",
        reverse("desk:unit", args=[unit.pk]): "admin",
        reverse("desk:login_new", args=[person.pk]): "security",
        reverse("desk:account_password", args=[account.pk]): "security",
        reverse("desk:account_close", args=[account.pk]): "security",
        reverse("desk:account_open", args=[account.pk]): "security",
        reverse("desk:key_new"): "security",
        reverse("desk:key_withdraw", args=[1]): "security",
    }


@pytest.mark.parametrize("login", ["admin", "security", "auditor", "dispatcher", "urban"])
def test_the_one_administrator_never_does_the_others_work(login: str, at_desk: At) -> None:
    desk, before = at_desk(login), Change.objects.count()
    for address, keeper in write_doors().items():
        if keeper != login:
            assert desk.post(address, {"do": "close", "shown": "0"}).status_code == 403, address
    assert Change.objects.count() == before


@pytest.mark.parametrize("login", ["admin", "security"])
def test_nothing_is_changed_without_the_pages_token(login: str, at_desk: At) -> None:
    at_desk(login)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(Account.objects.get(username=login))
    before = Change.objects.count()
    for address, keeper in write_doors().items():
        if keeper == login:
            assert strict.post(address, {"number": "X", "name": "x"}).status_code == 403, address
    assert Change.objects.count() == before


@pytest.mark.parametrize("page", ["people/99999999", "posts/99999999", "posts/99999999/end", "units/99999999", "handovers/99999999"])  # fmt: skip
def test_what_is_not_there_is_said_so(page: str, at_desk: At) -> None:
    assert at_desk("admin").get(f"/desk/{page}").status_code == 404


def test_the_pages_speak_english_too(at_desk: At) -> None:
    for page in (*KEEPING, *GUARDING):
        text = body(at_desk("auditor").get(page, **{"Accept-Language": "en"}))
        main = text[text.index("<main") :]
        assert re.search(r"<h1>[A-Z][a-z]", main)
        assert "角色" not in main


def test_a_page_of_posts_leaves_the_switch_of_posts_alone(at_desk: At) -> None:
    """What the page lists must not stand where the head of every page finds the account's own posts."""
    admin, post = at_desk("admin"), post_of("urban")
    for page in ("/desk/posts", f"/desk/people/{post.person_id}", f"/desk/units/{post.unit_id}"):
        head = body(admin.get(page)).split("<main")[0].split("<body")[1]
        assert "系统管理员" in head
        assert "城市管理和综合执法局 ·" not in head


# --- People ---------------------------------------------------------------------------------------------------------


def test_a_person_comes_on_the_list_and_is_found_by_number_card_and_unit(at_desk: At) -> None:
    admin = at_desk("admin")
    made = admin.post("/desk/people/new", {"number": "E4-7", "name": "王小明", "phone": "029-55507777"})
    person = Person.objects.get(number="E4-7")
    assert made["Location"] == f"/desk/people/{person.pk}/appoint"
    assert appointed(admin, person, "urban_management", "handler", work_name="示范七号").status_code == 302
    for words in ("E4-7", "e4-7", "示范七号"):
        assert "E4-7" in body(admin.get("/desk/people", {"q": words}))
    assert "E4-7" not in body(admin.get("/desk/people", {"q": "无此人"}))
    assert "E4-7" not in body(admin.get("/desk/people", {"q": "王小明"}))  # a sealed name is not searched
    page = body(admin.get(f"/desk/people/{person.pk}"))
    assert "王＊" in page or "王*" in page
    assert "王小明" not in page
    assert "登记人员" in page
    assert "任职" in page


def test_a_number_is_given_once_and_what_was_typed_stays(at_desk: At) -> None:
    somebody("E4-8")
    answer = at_desk("admin").post("/desk/people/new", {"number": "E4-8", "name": "李示范"})
    assert answer.status_code == 422
    assert "E4-8" in body(answer)
    assert 'id="id_number_wrong"' in body(answer)
    assert "李示范" in body(answer)


def test_a_name_is_opened_with_a_reason_that_is_kept(at_desk: At) -> None:
    from gongbi.kernel.vault.models import AccessLog

    person, admin = somebody(), at_desk("admin")
    refused = admin.post(f"/desk/people/{person.pk}/open/name", {"reason": ""})
    assert refused.status_code == 422
    assert "王小明" not in body(refused)
    opened = admin.post(f"/desk/people/{person.pk}/open/name", {"reason": "核对任命文件"})
    assert "王小明" in body(opened)
    assert opened["Cache-Control"] == "no-store"
    assert AccessLog.objects.get(reason="核对任命文件").field == "name"
    assert admin.post(f"/desk/people/{person.pk}/open/number", {"reason": "x"}).status_code == 404


def test_a_name_is_corrected_and_the_record_says_so_without_it(at_desk: At) -> None:
    person = somebody()
    assert at_desk("admin").post(f"/desk/people/{person.pk}", {"name": "王大明"}).status_code == 302
    change = Change.objects.filter(act="person_changed").get()
    assert "明" not in str(change.facts)


@pytest.mark.parametrize(
    ("unit", "role", "more", "field"),
    [
        ("urban_management", "checker", {}, "role"),  # a department has no checker
        ("centre", "checker", {"valid_to": "2026-03-09"}, "valid_to"),
        ("centre", "checker", {"territories": "61x"}, "territories"),
        ("610104001", "grid_worker", {"territories": "x"}, "territories"),
        ("urban_management", "", {}, "role"),
    ],
)
def test_an_appointment_that_a_rule_refuses_says_so_beside_its_field(
    unit: str, role: str, more: dict[str, str], field: str, at_desk: At, world: World
) -> None:
    code = world.first_street() if unit == "610104001" else unit
    answer = appointed(at_desk("admin"), somebody(), code, role, **more)
    assert answer.status_code == 422
    assert f'id="id_{field}_wrong"' in body(answer)


def test_who_judges_does_not_handle(at_desk: At) -> None:
    person, admin = somebody(), at_desk("admin")
    assert appointed(admin, person, "centre", "checker").status_code == 302
    refused = appointed(admin, person, "urban_management", "handler")
    assert refused.status_code == 422
    assert "GB/T 30428.8" in body(refused)
    assert Post.objects.filter(person=person).count() == 1


def test_a_post_of_today_in_a_unit_of_today(at_desk: At) -> None:
    admin = at_desk("admin")
    made = admin.post("/desk/units/new", {"code": "firm_44", "name": "四四物业", "kind": "property_firm"})
    unit = Unit.objects.get(code="firm_44")
    assert made["Location"] == f"/desk/units/{unit.pk}"
    assert appointed(admin, somebody(), "firm_44", "handler").status_code == 302


def test_who_has_which_role_where(at_desk: At, world: World) -> None:
    admin, street = at_desk("admin"), world.first_street()
    page = body(admin.get("/desk/posts", {"role": "checker"}))
    assert page.count("核查员") >= 1
    assert "网格员</a>" not in page
    inside = body(admin.get("/desk/posts", {"territory": street, "role": "handler"}))
    assert f"/desk/posts/{post_of('street').pk}" in inside
    other = body(admin.get("/desk/posts", {"territory": "610199", "role": "handler"}))
    assert f"/desk/posts/{post_of('street').pk}" not in other
    assert admin.get("/desk/posts", {"page": "99999999999", "territory": "'"}).status_code == 200


def test_a_list_of_posts_costs_the_same_however_long_it_is(
    at_desk: At, django_assert_max_num_queries: Any
) -> None:
    admin = at_desk("admin")
    admin.get("/desk/posts")
    with django_assert_max_num_queries(14):
        admin.get("/desk/posts")
    with django_assert_max_num_queries(14):
        admin.get("/desk/people")


def test_the_card_of_a_post_is_changed(at_desk: At) -> None:
    post, admin = post_of("grid"), at_desk("admin")
    areas = " ".join(post.areas.values_list("code", flat=True))
    sent = {"work_name": "新网格员", "work_phone": "029-55501111", "territories": areas}
    assert admin.post(f"/desk/posts/{post.pk}", sent).status_code == 302
    assert Post.objects.get(pk=post.pk).work_name == "新网格员"
    refused = admin.post(f"/desk/posts/{post.pk}", sent | {"territories": ""})
    assert refused.status_code == 422
    assert 'id="id_territories_wrong"' in body(refused)


# --- Handover -------------------------------------------------------------------------------------------------------


def test_a_post_that_holds_matters_ends_with_a_handover_and_nothing_stays_with_nobody(
    at_desk: At, world: World
) -> None:
    case, admin, post = world.case("handling"), at_desk("admin"), post_of("urban")
    page = body(admin.get(f"/desk/posts/{post.pk}/end"))
    assert case.number in page
    assert case.title not in page  # the administrator of the lists sees no matter of residents
    others = list(parties.successors(admin.viewer, post, at=admin.clock.now))
    assert all(one.role == "handler" for one in others)
    nobody = admin.post(f"/desk/posts/{post.pk}/end", {"successor": "", "shown": "1"})
    assert nobody.status_code == 422
    assert "1 件" in body(nobody)
    heir = others[0] if others else None
    if heir is None:
        assert appointed(admin, somebody(), "urban_management", "handler").status_code == 302
        heir = parties.successors(admin.viewer, post, at=admin.clock.now)[0]
    done = admin.post(
        f"/desk/posts/{post.pk}/end", {"successor": str(heir.pk), "shown": "1", "reason": "调离"}
    )
    record = Handover.objects.get(post_from=post)
    assert done["Location"] == f"/desk/handovers/{record.pk}"
    assert cases.case_for(case.pk, system("test")).post_id == heir.pk
    assert Change.objects.filter(act="post_ended", key=str(post.pk)).count() == 1
    for login in ("admin", "auditor"):
        shown = body(at_desk(login).get(f"/desk/handovers/{record.pk}"))
        assert case.number in shown
        assert "调离" in shown
        assert "签名一致" in shown
    record.items.all().delete()
    assert "签名不符" in body(at_desk("auditor").get(f"/desk/handovers/{record.pk}"))


def test_a_handover_that_changed_meanwhile_is_shown_anew(at_desk: At, world: World) -> None:
    admin, post = at_desk("admin"), post_of("urban")
    world.case("handling")
    stale = admin.post(f"/desk/posts/{post.pk}/end", {"successor": "", "shown": "0", "reason": "调离"})
    assert stale.status_code == 409
    page = body(stale)
    assert 'name="shown" value="1"' in page
    assert "调离" in page
    assert Post.objects.get(pk=post.pk).valid_to is None


def test_an_ended_post_sent_again_is_a_stale_page(at_desk: At) -> None:
    admin, post = at_desk("admin"), post_of("property")
    sent = {"successor": "", "shown": "0"}
    assert admin.post(f"/desk/posts/{post.pk}/end", sent).status_code == 302
    again = admin.post(f"/desk/posts/{post.pk}/end", sent)
    assert again.status_code == 409
    assert "已经结束" in body(again)
    assert Handover.objects.filter(post_from=post).count() == 1
    assert f"/desk/posts/{post.pk}/end" not in body(admin.get(f"/desk/posts/{post.pk}"))


@pytest.mark.parametrize("login", ["admin", "security"])
def test_the_last_administrator_stays_until_there_is_another(login: str, at_desk: At) -> None:
    admin, post = at_desk("admin"), post_of(login)
    answer = admin.post(f"/desk/posts/{post.pk}/end", {"successor": "", "shown": "0"})
    assert answer.status_code == 422
    assert "最后一名" in body(answer)
    assert appointed(admin, somebody(), "centre", login).status_code == 302
    assert admin.post(f"/desk/posts/{post.pk}/end", {"successor": "", "shown": "0"}).status_code == 302


def test_a_post_that_ran_out_stands_on_the_first_page_until_it_is_handed_over(
    at_desk: At, world: World, clock: Clock
) -> None:
    world.case("handling")
    post = post_of("urban")
    Post.objects.filter(pk=post.pk).update(valid_to=clock.now + timedelta(hours=1))
    clock.on(hours=2)
    page = body(at_desk("admin").get("/desk/people"))
    assert "已到期" in page
    assert f"/desk/posts/{post.pk}/end" in page


# --- Units ----------------------------------------------------------------------------------------------------------


def test_a_unit_is_made_changed_and_closed_and_its_code_never_comes_back(at_desk: At) -> None:
    admin = at_desk("admin")
    sent = {"code": "firm_45", "name": "四五物业", "kind": "property_firm"}
    where = admin.post("/desk/units/new", sent)["Location"]
    admin.clock.on(minutes=1)
    assert admin.post(where, {"name": "四五新物业", "phone": "029-55504545"}).status_code == 302
    assert Unit.objects.get(code="firm_45").name == "四五新物业"
    assert "四五新物业" in body(admin.get("/desk/units", {"q": "firm_45"}))
    assert admin.post(where, {"do": "close"}).status_code == 302
    again = admin.post("/desk/units/new", sent)
    assert again.status_code == 422
    assert 'id="id_code_wrong"' in body(again)
    assert [one.act for one in Change.objects.filter(key="firm_45").order_by("pk")] == ["unit_created", "unit_changed", "unit_closed"]  # fmt: skip


def test_a_unit_with_posts_is_not_closed(at_desk: At) -> None:
    unit = Unit.objects.get(code="urban_management")
    answer = at_desk("admin").post(f"/desk/units/{unit.pk}", {"do": "close"})
    assert answer.status_code == 422
    assert "岗位" in body(answer)
    assert Unit.objects.get(pk=unit.pk).valid_to is None


# --- Logins ---------------------------------------------------------------------------------------------------------


def once(answer: Any) -> str:
    found = re.search(r'<code class="plain-value">([^<]+)</code>', body(answer))
    assert found is not None, body(answer)
    return found[1]


def test_a_login_is_made_its_password_shown_once_and_changed_at_the_first_sign_in(at_desk: At) -> None:
    person, guard = somebody(), at_desk("security")
    assert appointed(at_desk("admin"), person, "urban_management", "handler").status_code == 302
    answer = guard.post(f"/desk/people/{person.pk}/login", {"login": "wang-e4"})
    password = once(answer)
    assert answer["Cache-Control"] == "no-store"
    account = Account.objects.get(username="wang-e4")
    assert account.check_password(password)
    assert account.must_change_password
    assert password not in body(guard.get(f"/desk/people/{person.pk}"))
    assert password not in str(list(Change.objects.values_list("facts", flat=True)))
    client = Client()
    client.force_login(account)
    page = client.get("/account/posts", headers={"Accept": "text/html"})
    assert "密码" in body(page)
    assert client.get("/desk/queue/sign").status_code == 403
    again = guard.post(f"/desk/people/{person.pk}/login", {"login": "wang-e5"})  # the page loaded anew
    assert again.status_code == 422
    assert Account.objects.filter(person=person).count() == 1


@pytest.mark.parametrize(
    ("login", "status"), [("ab", 422), ("abc", 200), ("admin", 422), ("ADMIN", 422), ("a b c", 422)]
)
def test_a_login_name_is_checked(login: str, status: int, at_desk: At) -> None:
    answer = at_desk("security").post(f"/desk/people/{somebody().pk}/login", {"login": login})
    assert answer.status_code == status
    assert ('id="id_login_wrong"' in body(answer)) is (status == 422)


def test_an_account_that_is_switched_off_opens_nothing_at_once(at_desk: At) -> None:
    urban, guard = at_desk("urban"), at_desk("security")
    assert urban.get("/desk/queue/sign").status_code == 200
    account = urban.account
    assert guard.post(f"/desk/accounts/{account.pk}/close").status_code == 302
    assert urban.get("/desk/queue/sign").status_code != 200
    twice = guard.post(f"/desk/accounts/{account.pk}/close")
    assert twice.status_code == 409
    back = guard.post(f"/desk/accounts/{account.pk}/open")
    account.refresh_from_db()
    assert account.is_active
    assert account.check_password(once(back))
    assert guard.post(f"/desk/accounts/{account.pk}/open").status_code == 409


def test_a_lost_password_is_replaced_and_open_sessions_end(at_desk: At) -> None:
    urban, guard = at_desk("urban"), at_desk("security")
    assert urban.get("/desk/queue/sign").status_code == 200
    answer = guard.post(f"/desk/accounts/{urban.account.pk}/password")
    urban.account.refresh_from_db()
    assert urban.account.check_password(once(answer))
    assert urban.get("/desk/queue/sign").status_code != 200


def test_nobody_switches_the_own_account_off(at_desk: At) -> None:
    guard = at_desk("security")
    answer = guard.post(f"/desk/accounts/{guard.account.pk}/close")
    assert answer.status_code == 422
    assert Account.objects.get(pk=guard.account.pk).is_active


def test_accounts_are_found_by_login_and_number(at_desk: At) -> None:
    guard = at_desk("security")
    page = body(guard.get("/desk/accounts", {"q": "street-"}))
    assert "street-dispatcher" in page
    assert ">urban<" not in page


# --- Keys -----------------------------------------------------------------------------------------------------------


def key_form(desk: Desk, **more: str) -> dict[str, str]:
    page = body(desk.get("/desk/keys/new"))
    word = re.search(r'name="once" value="([^"]+)"', page)
    assert word is not None
    unit = str(Unit.objects.get(code="centre").pk)
    return {"name": "市级热线平台", "unit": unit, "channel": "hotline12345", "once": word[1]} | more


def test_a_key_is_made_shown_once_opens_its_scope_and_is_withdrawn(at_desk: At, clock: Clock) -> None:
    guard = at_desk("security")
    sent = key_form(guard, territories="610104001 610104002", valid_to="2026-12-31")
    answer = guard.post("/desk/keys/new", sent)
    secret = once(answer)
    key = ApiKey.objects.get(channel="hotline12345")
    assert (key.territories, key.unit.code) == (["610104001", "610104002"], "centre")
    found = parties.viewer_of_key(secret, at=clock.now)
    assert found is not None
    assert found[0].territories == ("610104001", "610104002")
    listed = body(guard.get("/desk/keys"))
    assert secret not in listed
    assert f"gb_{key.prefix}_…" in listed
    assert secret not in body(at_desk("auditor").get("/desk/keys"))
    assert guard.post(f"/desk/keys/{key.pk}/withdraw").status_code == 302
    assert parties.viewer_of_key(secret, at=clock.now) is None
    assert guard.post(f"/desk/keys/{key.pk}/withdraw").status_code == 409
    assert {"key_made", "key_withdrawn"} <= set(
        Change.objects.filter(kind="key").values_list("act", flat=True)
    )


def test_the_same_form_makes_one_key(at_desk: At) -> None:
    guard = at_desk("security")
    sent = key_form(guard)
    once(guard.post("/desk/keys/new", sent))
    again = guard.post("/desk/keys/new", sent)
    assert again.status_code == 409
    assert '<code class="plain-value">' not in body(again)
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [({"name": " "}, "name"), ({"channel": "两个字"}, "channel"), ({"territories": "61x"}, "territories"), ({"unit": "999999"}, "unit"),
     ({"valid_to": "2026-03-09"}, "valid_to")],
)  # fmt: skip
def test_a_key_that_makes_no_sense_is_refused_beside_its_field(
    more: dict[str, str], field: str, at_desk: At
) -> None:
    guard = at_desk("security")
    answer = guard.post("/desk/keys/new", key_form(guard, **more))
    assert answer.status_code == 422
    assert f'id="id_{field}_wrong"' in body(answer)
    assert not ApiKey.objects.exists()
