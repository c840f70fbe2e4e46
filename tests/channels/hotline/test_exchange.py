"""The signed interface: what is let in, what is refused and counted, and that one wrong message holds up no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gongbi.channels import actions as channels
from gongbi.channels.hotline import actions, signature
from gongbi.channels.hotline.models import Nonce, Order
from gongbi.channels.models import Rejection, Source
from gongbi.kernel.scope.viewer import system
from tests.channels.hotline.conftest import KEY, NEXT, Make, Say, Send

pytestmark = pytest.mark.django_db


def codes() -> list[str]:
    return list(Rejection.objects.order_by("pk").values_list("code", flat=True))


@pytest.mark.parametrize("algorithm", signature.ALGORITHMS)
def test_a_signed_batch_is_answered_message_by_message(
    hotline: Make, order: Say, send: Send, algorithm: str
) -> None:
    source = hotline(algorithm=algorithm)
    answer = send(
        [order("A"), order("B", text=""), {"type": "gossip"}, 7, order("C"), order("A")], algorithm=algorithm
    )
    assert answer.status_code == 200
    told = json.loads(answer.content)["results"]
    assert [one.get("fate") or one["refused"]["code"] for one in told] == [
        "new", "hotline.message", "hotline.message", "hotline.message", "new", "again",
    ]  # fmt: skip
    assert told[1]["number"] == "B"
    assert told[1]["refused"]["field"] == "text"
    assert told[0]["receipt"] == told[5]["receipt"]
    assert "+" in told[0]["due"]
    assert set(Order.objects.filter(source=source).values_list("number", flat=True)) == {"A", "C"}
    assert codes() == ["hotline.message"] * 3
    assert list(Rejection.objects.values_list("external", flat=True)) == ["B", "", ""]


def test_other_words_under_one_version_are_taken_and_shown_with_the_channel(
    hotline: Make, order: Say, send: Send
) -> None:
    source = hotline()
    answers = [send([order("A", version=2)]), send([order("A", version=2, text="又说"), order("A")])]
    assert [one["fate"] for told in answers for one in json.loads(told.content)["results"]] == [
        "new", "conflict", "late",
    ]  # fmt: skip
    assert list(Rejection.objects.order_by("pk").values_list("source", "code", "external")) == [
        (source.pk, "hotline.conflict", "A"),
        (source.pk, "hotline.late", "A"),
    ]


def spoilt(field: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def spoil(given: dict[str, Any]) -> None:
        given[field] = change(given[field])

    return spoil


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"key": "a key that nobody agreed on here"}, 401, "hotline.signature"),
        ({"spoil": spoilt("data", lambda body: body + b"\n")}, 401, "hotline.signature"),
        ({"spoil": spoilt("path", lambda path: path + "?a=1")}, 401, "hotline.signature"),
        ({"apart": -305}, 401, "hotline.time"),
        ({"apart": 305}, 401, "hotline.time"),
        ({"algorithm": signature.SM3}, 401, "hotline.algorithm"),
        ({"spoil": spoilt("headers", lambda headers: {})}, 401, "hotline.header"),
        ({"code": "nobody"}, 404, "channels.not_there"),
    ],
)
def test_what_does_not_hold_is_refused_precisely_and_counted(
    hotline: Make, order: Say, send: Send, more: dict[str, Any], status: int, code: str
) -> None:
    hotline()
    answer = send([order()], **more)
    told = json.loads(answer.content)["refused"]
    assert (answer.status_code, told["code"]) == (status, code)
    assert len(told["message"]) > 5
    assert codes() == [code]
    assert not Order.objects.exists()
    assert not Nonce.objects.exists()  # what was not theirs uses nothing up


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"<order/>", "hotline.message"), (b"\xff\xfe", "hotline.message"), (b"[]", "hotline.message"), (b'{"messages":[]}', "hotline.message"),
     (b"[" * 100_000, "hotline.message")],
)  # fmt: skip
def test_a_body_that_is_no_batch_is_refused(hotline: Make, send: Send, body: bytes, code: str) -> None:
    hotline()
    answer = send(body)
    assert answer.status_code == 422
    assert codes() == [code]


def test_a_replay_is_refused_and_a_nonce_is_forgotten_after_its_time(
    hotline: Make, order: Say, send: Send
) -> None:
    hotline()
    nonce = "n" * 20
    assert send([order()], nonce=nonce).status_code == 200
    again = send([order("XA-2")], nonce=nonce)
    assert again.status_code == 409
    assert codes() == ["hotline.replay"]
    assert Order.objects.count() == 1
    later = timezone.now() + timedelta(hours=2)
    assert actions.prune(at=later, after=timedelta(hours=1)) == 1


def test_two_keys_hold_while_they_change(hotline: Make, order: Say, send: Send) -> None:
    hotline(key_next=NEXT)
    assert send([order("A")], key=KEY).status_code == 200
    assert send([order("B")], key=NEXT).status_code == 200
    hotline(key="", key_next=NEXT)
    assert send([order("C")], key=KEY).status_code == 401


def test_a_channel_without_a_key_or_with_a_short_one_lets_nobody_in(
    hotline: Make, order: Say, send: Send
) -> None:
    hotline(key="short")
    answer = send([order()], key="short")
    assert json.loads(answer.content)["refused"]["code"] == "hotline.no_key"


def test_two_hundred_megabytes_are_refused_unread(hotline: Make, client: Client) -> None:
    hotline()
    answer = client.generic(
        "POST", "/exchange/hotline/xa12345/messages", b"", content_type="application/json", CONTENT_LENGTH=str(200_000_000)
    )  # fmt: skip
    assert answer.status_code == 413
    assert codes() == ["hotline.large"]


def test_another_method_is_told_which(hotline: Make, client: Client) -> None:
    hotline()
    answer = client.get("/exchange/hotline/xa12345/messages")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_channel_that_is_switched_off_says_so(hotline: Make, order: Say, send: Send) -> None:
    source = hotline()
    Source.objects.filter(pk=source.pk).update(enabled=False)
    answer = send([order()])
    assert json.loads(answer.content)["refused"]["code"] == "channels.switched_off"


def test_they_read_what_we_believe(hotline: Make, order: Say, send: Send, client: Client) -> None:
    hotline()
    send([order("A"), order("B")])

    def ask(query: str) -> Any:
        path = f"/exchange/hotline/xa12345/orders{query}"
        signed = signature.sign(
            KEY, "GET", path, b"", time=int(timezone.now().timestamp()), nonce=f"nonce{len(query):015d}"
        )
        return client.get(path, headers=dict(signed.headers))

    told = ask("?since=2026-01-01T00:00:00%2B08:00").json()
    assert [(one["number"], one["standing"], one["version"]) for one in told["orders"]] == [
        ("A", "received", 1), ("B", "received", 1)
    ]  # fmt: skip
    assert ask("?after=A").json()["orders"][0]["number"] == "B"
    wrong = ask("?since=yesterday")
    assert (wrong.status_code, wrong.json()["refused"]["code"]) == (422, "hotline.since")


def test_settings_that_cannot_be_are_refused_with_their_field(hotline: Make) -> None:
    from gongbi.kernel.errors import Refused

    for field, value in (
        ("base_url", "ftp://there"), ("algorithm", "MD5"), ("window_seconds", 5), ("timeout_seconds", 99), ("poll_seconds", 1),
        ("reconcile_at", "25:00"), ("reconcile_days", 0), ("signs_with", "mine"),
    ):  # fmt: skip
        with pytest.raises(Refused) as found:
            channels.save_source(
                code="x",
                name="x",
                kind="hotline",
                viewer=system("t"),
                at=timezone.now(),
                settings={field: value},
            )
        assert found.value.field == field
