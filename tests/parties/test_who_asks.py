"""From an account or a key to a viewer; from a place to the unit that answers for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from gongbi.kernel.errors import Forbidden, Refused
from gongbi.parties import actions, directory, queries
from gongbi.parties.models import Account, Edition, Post, Unit

from .conftest import GUARD, KEEPER

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
PASSWORD = "Lotus-lake-610104"


@dataclass(frozen=True)
class Place:
    grid: str | None = None
    community: str | None = None
    street: str | None = None


@pytest.fixture
def account(now: datetime) -> Callable[[Post, str], Account]:
    return lambda post, login: actions.create_account(
        person_id=post.person_id, login=login, password=PASSWORD, at=now, viewer=GUARD
    )


def test_the_viewer_of_a_post(
    appoint: Callable[..., Post], account: Any, units: dict[str, Unit], now: datetime
) -> None:
    post = appoint("610104001", "handler", work_name="街道办")
    viewer = queries.viewer_of(account(post, "street"), at=now)
    assert (viewer.actor, viewer.role, viewer.name) == (f"post:{post.pk}", "handler", "街道办")
    below = {"610104001", "610104001001", "610104001002"}
    assert viewer.units == {units[code].pk for code in below}
    assert viewer.territories == ("610104001",)
    assert viewer.covers("610104001002")
    assert not viewer.covers("610104002")


def test_a_post_counts_from_its_first_moment_to_before_its_last(
    appoint: Callable[..., Post], account: Any, now: datetime
) -> None:
    post = appoint("firm", "handler", valid_from=now + DAY, valid_to=now + 2 * DAY)
    who = account(post, "firm")
    for moment, role in (
        (now + DAY - SECOND, ""),
        (now + DAY, "handler"),
        (now + 2 * DAY - SECOND, "handler"),
        (now + 2 * DAY, ""),
    ):
        viewer = queries.viewer_of(who, at=moment)
        assert (viewer.role, viewer.account_id) == (role, who.pk), moment
        assert bool(viewer.units) is bool(role)


def test_one_acts_in_one_post_at_a_time_and_only_in_ones_own(
    appoint: Callable[..., Post], account: Any, now: datetime
) -> None:
    first = appoint("610104001", "handler")
    second = appoint("610104001", "manager", person_id=first.person_id)
    foreign = appoint("firm", "handler")
    who = account(first, "two")
    assert [post.id for post in queries.posts_of(who, now)] == [first.pk, second.pk]
    assert queries.viewer_of(who, at=now).post_id == first.pk
    assert queries.viewer_of(who, post_id=second.pk, at=now).role == "manager"
    for post_id in (foreign.pk, 10**9):
        with pytest.raises(Forbidden):
            queries.viewer_of(who, post_id=post_id, at=now)
    actions.end_post(first.pk, at=now + DAY, viewer=KEEPER)
    assert queries.viewer_of(who, at=now + DAY).post_id == second.pk


def test_a_closed_account_acts_nowhere(appoint: Callable[..., Post], account: Any, now: datetime) -> None:
    who = account(appoint("firm", "handler"), "gone")
    closed = actions.close_account(who.pk, at=now, viewer=GUARD)
    assert queries.posts_of(closed, now) == []
    assert queries.viewer_of(closed, at=now).role == ""


def test_a_warm_answer_costs_one_read(
    appoint: Callable[..., Post], account: Any, now: datetime, django_assert_num_queries: Any
) -> None:
    post = appoint("610104001001", "grid_worker", territories=["610104001001001"])
    who = account(post, "grid")
    place = Place(grid="610104001001001")

    def ask() -> None:
        queries.viewer_of(who, at=now)

    ask()
    with django_assert_num_queries(1):
        ask()
    queries.unit_for("grid_worker", place, at=now)
    with django_assert_num_queries(1):
        queries.unit_for("grid_worker", place, at=now)


def test_another_process_change_is_noticed(units: dict[str, Unit], now: datetime) -> None:
    """Another process writes rows and a new token; nothing in this process is told."""
    assert queries.unit_for("unit:firm", None, at=now) is not None
    before = directory.current()
    Unit.objects.filter(code="firm").update(valid_to=now + SECOND)
    assert queries.unit_for("unit:firm", None, at=now + DAY) is not None  # no token: still the old state
    Edition.objects.filter(pk=1).update(token=12345)
    assert queries.unit_for("unit:firm", None, at=now + DAY) is None
    assert directory.current() is not before


INSIDE = Place("610104001001001", "610104001001", "610104001")


@pytest.mark.parametrize(
    ("selector", "place", "expected"),
    [
        ("street", INSIDE, "610104001"),
        ("street", Place(grid="610104001001001"), "610104001"),
        ("street", Place(street="610104002"), "610104002"),
        ("street", Place(street="610104003"), None),
        ("street", None, None),
        ("street", Place(), None),
        ("community", INSIDE, "610104001001"),
        ("community", Place(grid="610104001002009"), "610104001002"),
        ("community", Place(street="610104001"), None),
        ("community", Place(community="610104002001"), None),
        ("department:urban_management", None, "urban_management"),
        ("department:urban_management", INSIDE, "urban_management"),
        ("department:firm", INSIDE, None),
        ("department:nobody", INSIDE, None),
        ("unit:firm", None, "firm"),
        ("unit:nobody", None, None),
        ("grid_worker", INSIDE, "610104001001"),
        ("grid_worker", Place(grid="610104001002001"), "610104001002"),  # no worker: the community
        ("grid_worker", Place(community="610104002001", street="610104002"), "610104002"),
        ("grid_worker", None, None),
    ],
)
def test_the_unit_that_a_selector_means(
    selector: str, place: Place | None, expected: str | None, appoint: Callable[..., Post], now: datetime
) -> None:
    appoint("610104001001", "grid_worker", territories=["610104001001001"])
    unit = queries.unit_for(selector, place, at=now)
    assert (unit.code if unit else None) == expected


@pytest.mark.parametrize("selector", ["", "department", "unit", "street:610104001", "king", "department:"])
def test_a_selector_that_names_nothing_is_refused(
    selector: str, units: dict[str, Unit], now: datetime
) -> None:
    with pytest.raises(Refused) as refused:
        queries.unit_for(selector, INSIDE, at=now)
    assert refused.value.code == "parties.selector"


def test_a_unit_answers_only_while_it_exists(units: dict[str, Unit], now: datetime) -> None:
    actions.close_unit(units["610104002"].pk, at=now + DAY, viewer=KEEPER)
    place = Place(street="610104002")
    for moment, there in (
        (now - SECOND, False),
        (now, True),
        (now + DAY - SECOND, True),
        (now + DAY, False),
    ):
        assert (queries.unit_for("street", place, at=moment) is not None) is there, moment


def test_the_public_card_of_a_grid(
    appoint: Callable[..., Post], units: dict[str, Unit], now: datetime
) -> None:
    grid = "610104001001001"
    assert queries.grid_worker_of(grid, now) is None
    actions.change_unit(units["610104001"].pk, at=now, viewer=KEEPER, supervision_phone="029-55512345")
    whole = appoint(
        "610104001001", "grid_worker", territories=["610104001001"], work_name="李和", valid_from=now
    )
    card = queries.grid_worker_of(grid, now)
    assert card is not None
    assert (card.name, card.supervision_phone, card.unit_id) == (
        "李和",
        "029-55512345",
        units["610104001001"].pk,
    )
    own = appoint(
        "610104001001", "grid_worker", territories=[grid], work_name="王安", valid_from=now + SECOND
    )
    before, after = queries.grid_worker_of(grid, now), queries.grid_worker_of(grid, now + SECOND)
    assert before is not None
    assert after is not None
    assert (before.post_id, after.post_id) == (whole.pk, own.pk)
    actions.end_post(own.pk, at=now + DAY, viewer=KEEPER)
    later = queries.grid_worker_of(grid, now + DAY)
    assert later is not None
    assert later.name == "李和"


# ---- keys --------------------------------------------------------------------------------------------------


def test_a_key_opens_until_it_is_withdrawn_or_runs_out(units: dict[str, Unit], now: datetime) -> None:
    key, secret = actions.make_key(
        name="视频平台",
        unit_id=units["610104001"].pk,
        channel="video",
        territories=["610104001"],
        valid_to=now + DAY,
        at=now,
        viewer=GUARD,
    )
    found = queries.viewer_of_key(secret, at=now)
    assert found is not None
    viewer, same = found
    assert (viewer.actor, viewer.role, viewer.territories) == (f"key:{key.pk}", "integrator", ("610104001",))
    assert units["610104001001"].pk in viewer.units
    assert same.channel == "video"
    assert queries.viewer_of_key(secret, at=now + DAY - SECOND) is not None
    assert queries.viewer_of_key(secret, at=now + DAY) is None
    assert queries.viewer_of_key(secret, at=now - SECOND) is None
    actions.withdraw_key(key.pk, at=now, viewer=GUARD)
    assert queries.viewer_of_key(secret, at=now) is None


def test_only_the_very_secret_opens_and_it_is_not_kept(units: dict[str, Unit], now: datetime) -> None:
    key, secret = actions.make_key(name="k", unit_id=units["firm"].pk, channel="x", at=now, viewer=GUARD)
    body = secret.split("_", 2)[2]
    assert body.encode() not in bytes(key.digest)
    assert len(bytes(key.digest)) == 32
    wrong = [
        "",
        "gb",
        "gb__",
        secret[:-1],
        secret + "x",
        secret.upper(),
        f"xx_{key.prefix}_{body}",
        f"gb_{key.prefix}_",
    ]
    assert [queries.viewer_of_key(text, at=now) for text in wrong] == [None] * len(wrong)


@pytest.mark.parametrize("values", [{"channel": "a b"}, {"channel": ""}, {"territories": ["61010"]}])
def test_a_key_with_a_wrong_channel_or_territory_is_refused(
    values: dict[str, Any], units: dict[str, Unit], now: datetime
) -> None:
    given: dict[str, Any] = {
        "name": "k",
        "unit_id": units["firm"].pk,
        "channel": "x",
        "at": now,
        "viewer": GUARD,
    }
    with pytest.raises(Refused):
        actions.make_key(**(given | values))


# ---- accounts ----------------------------------------------------------------------------------------------


def test_one_account_for_one_person_and_one_login(appoint: Callable[..., Post], account: Any) -> None:
    first, second = appoint("firm", "handler"), appoint("firm", "handler")
    account(first, "zhang.san")
    for post, login, code in (
        (first, "other", "parties.person_taken"),
        (second, "Zhang.San", "parties.login_taken"),
        (second, "a b", "parties.login_shape"),
        (second, "xy", "parties.login_shape"),
    ):
        with pytest.raises(Refused) as refused:
            account(post, login)
        assert refused.value.code == code


def test_a_weak_password_is_refused_wherever_it_is_set(
    appoint: Callable[..., Post], account: Any, now: datetime
) -> None:
    who = account(appoint("firm", "handler"), "zhang.san")
    own = queries.no_post(who)
    for password in ("short", "zhang.san-2026-X", "abcdefghijkl"):
        with pytest.raises(Refused):
            actions.set_password(who.pk, password, at=now, viewer=own)
    who.refresh_from_db()
    assert who.check_password(PASSWORD)


def test_a_password_given_by_another_must_be_changed(
    appoint: Callable[..., Post], account: Any, now: datetime
) -> None:
    who = account(appoint("firm", "handler"), "zhang.san")
    assert who.must_change_password
    mine = actions.set_password(who.pk, "River-bank-610104", at=now, viewer=queries.no_post(who))
    assert not mine.must_change_password
    theirs = actions.set_password(who.pk, "Other-bank-610104", at=now, viewer=GUARD)
    assert theirs.must_change_password
    with pytest.raises(Forbidden):
        actions.set_password(who.pk, "Third-bank-610104", at=now, viewer=KEEPER)


def test_an_account_holds_nothing_about_the_person() -> None:
    names = {field.name for field in Account._meta.get_fields() if hasattr(field, "attname")}
    assert not names & {"first_name", "last_name", "email", "phone", "name"}
