"""How often a visitor may: by browser, by address, by link; in all processes together; never those who are known."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory

from gongbi.kernel import turnstile
from gongbi.kernel.errors import NotThere, TooMany
from gongbi.kernel.scope.viewer import CLERK, INTEGRATOR, PUBLIC, Viewer
from gongbi.kernel.turnstile import Rate, Tally, read_networks, read_rates

AT = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
TEN = Rate(10, 600)  # one a minute


@pytest.fixture
def tally(tmp_path: Path) -> Iterator[Tally]:
    one = Tally(tmp_path / "turnstile")
    yield one
    one.close()


@pytest.fixture
def counted(tmp_path: Path, settings: Any) -> Any:
    """The turnstile with an empty tally and small measures."""
    settings.VAR = tmp_path
    settings.LIMITS = (
        "report.browser=3/600,report.address=6/600,report.bare=2/600,miss.address=4/600,act.link=2/600"
    )
    settings.LIMITS_FREE = ""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    return settings


def asked(browser: str = "", address: str = "203.0.113.7", viewer: Viewer = PUBLIC, **meta: str) -> Any:
    request = RequestFactory().post("/ask", REMOTE_ADDR=address, **meta)
    if browser:
        request.COOKIES["csrftoken"] = browser
    request.viewer = viewer  # type: ignore[attr-defined]
    return request


def passed(times: int, **given: Any) -> int:
    """How many of so many reports at one moment pass."""
    good = 0
    for _turn in range(times):
        try:
            turnstile.enter(asked(**given), "report", at=AT)
            good += 1
        except TooMany:
            pass
    return good


def test_a_measure_at_once_then_one_for_each_share_of_the_time(tally: Tally) -> None:
    assert [tally.take([("a", TEN)], at=AT) for _turn in range(10)] == [0.0] * 10
    assert tally.take([("a", TEN)], at=AT) == pytest.approx(60)
    assert tally.take([("a", TEN)], at=AT + timedelta(seconds=59)) == pytest.approx(1)
    assert tally.take([("a", TEN)], at=AT + timedelta(seconds=60)) == 0.0
    assert tally.take([("b", TEN)], at=AT) == 0.0, "another key is another tally"
    assert tally.take([("a", TEN)], at=AT + timedelta(minutes=12), n=10) == 0.0, "all is paid back"


def test_many_at_once_pass_when_nothing_is_owed(tally: Tally) -> None:
    assert tally.take([("a", TEN)], at=AT, n=12) == 0.0
    assert tally.take([("a", TEN)], at=AT) > 0
    assert tally.take([("a", TEN)], at=AT, n=12) > 0


def test_of_two_measures_both_must_pass_or_neither_counts(tally: Tally) -> None:
    narrow, wide = ("one", Rate(2, 600)), ("all", Rate(3, 600))
    assert [tally.take([narrow, wide], at=AT) for _turn in range(3)] == [0.0, 0.0, pytest.approx(300)]
    assert tally.take([wide], at=AT) == 0.0, (
        "what was refused by the narrow one was not counted in the wide one"
    )
    assert tally.take([wide], at=AT) > 0


def test_asking_counts_nothing(tally: Tally) -> None:
    assert [tally.take([("a", Rate(1, 60))], at=AT, n=0) for _turn in range(5)] == [0.0] * 5
    assert tally.take([("a", Rate(1, 60))], at=AT) == 0.0
    assert tally.take([("a", Rate(1, 60))], at=AT, n=0) == pytest.approx(60)


def test_a_clock_set_back_locks_nobody_out(tally: Tally) -> None:
    tally.take([("a", TEN)], at=AT, n=10)
    assert tally.take([("a", TEN)], at=AT - timedelta(days=400)) <= 60


def _take_in_a_process(path: str, times: int, answers: Any) -> None:
    one = Tally(Path(path))
    answers.put(sum(one.take([("a", Rate(100, 3600))], at=AT) == 0.0 for _turn in range(times)))


def test_processes_count_together_and_a_restart_forgets_nothing(tmp_path: Path) -> None:
    path = tmp_path / "turnstile"
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    both = [fork.Process(target=_take_in_a_process, args=(str(path), 80, answers)) for _one in range(2)]
    for process in both:
        process.start()
    assert sum(answers.get(timeout=30) for _one in both) == 100
    for process in both:
        process.join()
    again = Tally(path)
    assert again.take([("a", Rate(100, 3600))], at=AT) > 0
    again.close()


def test_no_address_is_kept(tally: Tally, tmp_path: Path) -> None:
    tally.take([("report.address:203.0.113.7", TEN)], at=AT)
    assert b"203.0.113" not in (tmp_path / "turnstile").read_bytes()


def test_a_hall_of_browsers_behind_one_address_is_counted_loosely(counted: Any) -> None:
    assert passed(5, browser="anna") == 3
    assert passed(5, browser="bai") == 3
    assert passed(5, browser="chen") == 0, "the address has had its six"
    assert passed(5, browser="dong", address="203.0.113.8") == 3
    assert passed(5, address="203.0.113.9") == 2, "who shows no browser is counted by the address alone"


@pytest.mark.parametrize(
    ("viewer", "most"),
    [
        (PUBLIC, 2),
        (Viewer("post:1", role=CLERK, account_id=1), 9),
        (Viewer("key:1", role=INTEGRATOR), 9),
        (Viewer("account:1", account_id=1), 9),
    ],
)
def test_who_is_known_passes_uncounted(counted: Any, viewer: Viewer, most: int) -> None:
    assert passed(9, viewer=viewer) == most


def test_networks_that_are_named_pass_uncounted(counted: Any) -> None:
    counted.LIMITS_FREE = "203.0.113.0/28, 2001:db8::/32"
    assert passed(9) == 9
    assert passed(9, address="2001:db8::5") == 9
    assert passed(9, address="203.0.113.16") == 2


def test_limits_can_be_lifted(counted: Any) -> None:
    counted.LIMITS = "off"
    assert passed(99) == 99


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address"),
    [
        (0, "203.0.113.7", "", "203.0.113.7"),
        (0, "39.105.1.7", "198.51.100.1", "39.105.1.7"),  # anybody can send this header
        (0, "10.0.0.2", "198.51.100.1", None),  # a proxy nobody declared: everybody would be one
        (0, "127.0.0.1", "", "127.0.0.1"),
        (1, "10.0.0.2", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (2, "10.0.0.2", "198.51.100.1, 10.0.0.9", "198.51.100.1"),
        (1, "10.0.0.2", "nonsense", None),
        (0, "::ffff:203.0.113.7", "", "203.0.113.7"),
        (0, "", "", None),
    ],
)
def test_the_address_is_what_the_declared_proxies_say(
    settings: Any, proxies: int, remote: str, forwarded: str, address: str | None
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    more = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    found = turnstile.address_of(asked(address=remote, **more))
    assert (str(found) if found else None) == address


def test_one_household_has_one_ipv6_network(counted: Any) -> None:
    assert passed(9, address="2001:db8:1:1::1") == 2
    assert passed(9, address="2001:db8:1:1:ffff::2") == 0
    assert passed(9, address="2001:db8:1:2::1") == 2


def test_who_guesses_waits_and_who_has_the_link_does_not(counted: Any) -> None:
    @turnstile.guessing
    def door(request: Any, link: str) -> str:
        if link != "right":
            raise NotThere("cases.link", "")
        return "open"

    assert [door(asked(), "right") for _turn in range(20)] == ["open"] * 20
    for _turn in range(4):
        with pytest.raises(NotThere):
            door(asked(), "wrong")
    with pytest.raises(TooMany) as held:
        door(asked(), "right")
    assert 0 < held.value.after <= 150
    assert door(asked(address="203.0.113.99"), "right") == "open"


def test_a_link_has_its_own_measure(counted: Any) -> None:
    for link, good in (("mine", 2), ("yours", 2)):
        for turn in range(4):
            try:
                turnstile.enter(asked(), "act", at=AT, link=link)
            except TooMany:
                assert turn >= good


def test_the_refusal_says_when_to_come_back(counted: Any) -> None:
    assert passed(2) == 2
    with pytest.raises(TooMany) as held:
        turnstile.enter(asked(), "report", at=AT)
    assert held.value.after == 300
    assert "今天 10:05以后" in held.value.message


@pytest.mark.parametrize(
    "text",
    [
        "report=3/60",
        "report.browser=3",
        "report.browser=0/60",
        "report.browser=3/0",
        "x",
        "report.browser=-1/5",
    ],
)
def test_a_limit_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="GONGBI_LIMITS"):
        read_rates(text)


def test_what_is_said_goes_over_what_is_shipped() -> None:
    assert read_rates("") == turnstile.DEFAULTS
    assert read_rates("report.browser=1/9 , ")["report.browser"] == Rate(1, 9)
    assert read_rates("report.browser=1/9")["report.address"] == turnstile.DEFAULTS["report.address"]
    assert read_rates("off") == {}
    with pytest.raises(ValueError, match="10"):
        read_networks("10.0.0")


def test_a_file_that_cannot_be_opened_holds_nobody_up(counted: Any, tmp_path: Path) -> None:
    counted.VAR = tmp_path / "nowhere"
    assert passed(9) == 9
