"""What is sealed stays sealed: in the database, in print, in JSON, against tampering and across keys."""

from __future__ import annotations

import base64
import json
import os
import pickle
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import connection, models
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import DISPATCHER, SECURITY, Viewer
from gongbi.kernel.vault import actions, blind, keys
from gongbi.kernel.vault.fields import Sealed, SealedTextField, open_value

PHONE = "138" + "1234" + "5678"


class Card(models.Model):
    """A table of the test, with one column of each kind that matters."""

    name = SealedTextField(kind="name", blank=True)
    phone = SealedTextField(kind="phone", blank=True)
    note = SealedTextField(kind="text", null=True)

    class Meta:
        app_label = "vault"
        db_table = "test_vault_card"
        managed = True


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    def use(*names: str) -> None:
        lines = [
            f"{name}:{base64.b64encode(name.encode().ljust(32, b'.')).decode()}" for name in ("blind", *names)
        ]
        monkeypatch.setenv("GONGBI_KEYS", ",".join(lines))
        keys.ring.cache_clear()

    use("k1")
    monkeypatch.use = use  # type: ignore[attr-defined]
    yield monkeypatch
    monkeypatch.undo()
    keys.ring.cache_clear()


@pytest.fixture(scope="module")
def table(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Card)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Card)


def stored(card: Card, column: str = "phone") -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM test_vault_card WHERE id = %s", [card.pk])
        return bytes(cursor.fetchone()[0])


def write(card: Card, column: str, value: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE test_vault_card SET {column} = %s WHERE id = %s", [value, card.pk])


@pytest.mark.django_db
@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_the_database_holds_no_plain_text_and_every_way_of_printing_shows_the_mask(
    table: None, ring: pytest.MonkeyPatch, cipher: str
) -> None:
    ring.setenv("GONGBI_CIPHER", cipher)
    card = Card.objects.create(name="张三丰", phone=PHONE)
    assert keys.header(stored(card)) == ("k1", keys.CIPHERS[cipher])
    assert PHONE.encode() not in stored(card)
    for read in (card, Card.objects.get(pk=card.pk), Card.objects.defer("phone").get(pk=card.pk)):
        shown = [
            str(read.phone),
            f"{read.phone}",
            repr(read.phone),
            json.dumps([read.phone]),
            read.phone.masked,
        ]
        assert all("138****5678" in text and PHONE not in text for text in shown)
        assert read.name.masked == "张**"
        assert open_value(read.phone) == PHONE
    assert Card.objects.values_list("phone", flat=True).get(pk=card.pk) == "138****5678"


@pytest.mark.django_db
def test_an_empty_value_is_falsy_and_null_stays_null(table: None, ring: pytest.MonkeyPatch) -> None:
    card = Card.objects.get(pk=Card.objects.create(name="", note=None).pk)
    assert not card.name
    assert not card.phone
    assert card.note is None
    assert stored(card, "name") == b""
    assert Card.objects.filter(note__isnull=True, pk=card.pk).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["version", "cipher", "key", "nonce", "body", "tag", "cut"])
def test_a_changed_byte_anywhere_does_not_open(table: None, ring: pytest.MonkeyPatch, place: str) -> None:
    card = Card.objects.create(phone=PHONE)
    good = stored(card)
    at = {"version": 0, "cipher": 1, "key": 3, "nonce": 6, "body": 18, "tag": len(good) - 1, "cut": 0}[place]
    bad = good[:-20] if place == "cut" else good[:at] + bytes([good[at] ^ 3]) + good[at + 1 :]
    write(card, "phone", bad)
    read = Card.objects.get(pk=card.pk)
    assert read.phone.broken
    assert read.phone.masked == "****"
    with pytest.raises(keys.CannotOpen):
        open_value(read.phone)


@pytest.mark.django_db
def test_a_ciphertext_moved_to_another_column_does_not_open(table: None, ring: pytest.MonkeyPatch) -> None:
    card = Card.objects.create(phone=PHONE, name="李四")
    write(card, "name", stored(card, "phone"))
    assert Card.objects.get(pk=card.pk).name.broken


@pytest.mark.django_db
def test_the_same_value_is_sealed_differently_each_time_but_found_by_its_blind_index(
    table: None, ring: pytest.MonkeyPatch
) -> None:
    first, second = (Card.objects.create(phone=PHONE) for _ in range(2))
    assert stored(first) != stored(second)
    with pytest.raises(FieldError, match="blind"):
        Card.objects.filter(phone=PHONE).exists()


@pytest.mark.django_db
def test_a_mask_sent_back_by_a_form_is_refused_and_the_value_itself_can_be_handed_on(
    table: None, ring: pytest.MonkeyPatch
) -> None:
    card = Card.objects.create(phone=PHONE)
    with pytest.raises(Refused) as refused:
        card.phone = "138****5678"
    assert refused.value.code == "vault.masked_value"
    other = Card(phone=card.phone, note=card.phone)
    assert open_value(other.phone) == open_value(other.note) == PHONE
    assert pickle.loads(pickle.dumps(card.phone)).masked == "138****5678"
    card.note = "two ** stars are fine in a text"
    assert open_value(card.note) == "two ** stars are fine in a text"


@pytest.mark.django_db
def test_turning_the_keys_over_reseals_everything_and_leaves_what_does_not_open(
    table: None, ring: pytest.MonkeyPatch, viewer: object, settings: object
) -> None:
    cards = [Card.objects.create(phone=PHONE, name=f"王{n}") for n in range(7)]
    write(cards[0], "phone", stored(cards[0])[:-1])
    ring.use("k1", "k2")  # type: ignore[attr-defined]
    Card.objects.create(phone=PHONE)  # sealed with the new key already
    ring.setattr(
        actions,
        "_sealed_columns",
        lambda: [(Card, f) for f in Card._meta.local_fields if isinstance(f, SealedTextField)],
    )
    done = actions.rotate_keys(viewer=Viewer(actor="post:1", role=SECURITY), batch=3)
    assert done == actions.Rotation(renewed=13, current=1, broken=1)
    ring.use("k2")  # type: ignore[attr-defined]
    assert [open_value(c.name) for c in Card.objects.order_by("pk")[:7]] == [f"王{n}" for n in range(7)]
    assert keys.header(stored(cards[3])) == ("k2", keys.AES)
    assert actions.rotate_keys(viewer=Viewer(actor="post:1", role=SECURITY)).renewed == 0
    with pytest.raises(Refused):
        actions.rotate_keys(viewer=Viewer(actor="post:2", role=DISPATCHER))


@pytest.mark.django_db
def test_every_sealed_column_of_the_house_is_found_for_rotation() -> None:
    found = {f"{model._meta.label}.{field.name}" for model, field in actions._sealed_columns()}
    assert "vault.Card.phone" in found
    assert len(found) >= 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "k1:AAAA",
        "blind:" + "A" * 43 + "=",
        "k1:" + "A" * 43 + "=",
        "blind:x,k1:y",
        "BLIND:" + "A" * 43 + "=",
    ],
)
def test_keys_that_cannot_be_used_are_refused_without_being_shown(text: str) -> None:
    if not text:
        with pytest.raises(keys.KeysWrong):
            keys.parse(text)
        return
    with pytest.raises(keys.KeysWrong) as refused:
        keys.parse(text)
    assert "AAAA" not in str(refused.value)


def test_the_kept_keys_are_made_once_with_mode_600_and_others_may_not_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GONGBI_KEYS", raising=False)
    monkeypatch.setattr(settings, "VAR", tmp_path)
    keys.ring.cache_clear()
    first = keys.ring()
    path = tmp_path / "vault_keys"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keys.ring.cache_clear()
    assert keys.ring().keys == first.keys
    assert keys.add_key() == "k2"
    assert keys.ring().current == "k2"
    assert keys.ring().blind == first.blind
    assert str(first.keys["k1"]) not in repr(first)
    os.chmod(path, 0o640)
    keys.ring.cache_clear()
    with pytest.raises(keys.KeysWrong, match="600"):
        keys.ring()
    keys.ring.cache_clear()


@pytest.mark.parametrize(
    "written",
    [
        PHONE,
        "138 1234 5678",
        "138-1234-5678",
        "+86 13812345678",
        "0086-13812345678",
        "１３８１２３４５６７８",
    ],
)
def test_one_telephone_has_one_blind_index_however_it_is_written(
    ring: pytest.MonkeyPatch, written: str
) -> None:
    assert blind.index(written, "phone") == blind.index(PHONE, "phone")
    assert blind.index(written, "phone") != blind.index(PHONE[:-1] + "9", "phone")


def test_a_blind_index_differs_by_kind_and_by_key_and_is_empty_for_nothing(ring: pytest.MonkeyPatch) -> None:
    before = blind.index(PHONE, "phone")
    assert len(before) == 32
    assert blind.index(PHONE, "id") != before
    assert blind.index(" - ", "phone") == b""
    ring.use("k1", "k2")  # type: ignore[attr-defined]
    assert blind.index(PHONE, "phone") == before  # turning the keys over does not change look-ups


@given(st.binary(max_size=200), st.binary(max_size=40), st.binary(min_size=1, max_size=20))
def test_what_is_sealed_opens_where_it_belongs_and_nowhere_else(
    plain: bytes, label: bytes, other: bytes
) -> None:
    sealed = keys.seal(plain, label)
    assert keys.open_sealed(sealed, label) == plain
    with pytest.raises(keys.CannotOpen):
        keys.open_sealed(sealed, label + other)


@given(st.binary(max_size=60))
def test_arbitrary_bytes_never_open_and_never_crash(junk: bytes) -> None:
    with pytest.raises(keys.CannotOpen):
        keys.open_sealed(junk, b"x")
    assert Sealed(junk, "x", "name").broken is bool(junk)
