"""The keys of the vault: where they come from, what is derived from them, and the two ciphers.

``GONGBI_KEYS="blind:<base64>,k1:<base64>,k2:<base64>"`` (32 bytes each; the last one seals, all of them open), else the file
``vault_keys`` in the data folder, made at the first start with mode 600. ``blind`` keys the look-up digests and never changes.
``GONGBI_CIPHER``: ``aes`` (AES-256-GCM, default) or ``sm4`` (SM4-GCM, GM/T 0002-2012 in the mode of GB/T 36624); what was sealed
with the one is opened whatever the setting.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

AES, SM4 = 1, 2
CIPHERS = {"aes": AES, "sm4": SM4}
BLIND = "blind"
KEY_BYTES, NONCE_BYTES, TAG_BYTES, VERSION = 32, 12, 16, 1
_ID = re.compile(r"[a-z0-9]{1,16}")


class KeysWrong(RuntimeError):
    """The keys cannot be read; the message says what to do. Never holds a key."""


class CannotOpen(Exception):
    """The bytes are not what was sealed here: changed, cut, of another column, or their key is gone."""


@dataclass(frozen=True)
class Ring:
    """All keys. ``current`` is the id of the one that seals."""

    keys: dict[str, bytes] = field(repr=False)
    current: str
    blind: bytes = field(repr=False)

    @lru_cache(maxsize=64)  # noqa: B019 – a ring lives as long as the process
    def derived(self, key_id: str, purpose: str, length: int) -> bytes:
        """HKDF-Expand (RFC 5869) with SHA-256: one key for each purpose."""
        master = self.blind if key_id == BLIND else self.keys[key_id]
        return hmac.new(master, f"gongbi vault {purpose}\x01".encode(), hashlib.sha256).digest()[:length]

    def __hash__(self) -> int:
        return id(self)


def parse(text: str) -> Ring:
    """Read ``id:base64`` pairs separated by commas or line ends. Errors: KeysWrong."""
    keys: dict[str, bytes] = {}
    for number, part in enumerate(filter(None, (p.strip() for p in re.split(r"[,\n]", text))), 1):
        name, _, value = part.partition(":")
        try:
            key = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not _ID.fullmatch(name) or len(key) != KEY_BYTES or name in keys:
            raise KeysWrong(
                f"vault key {number} must be 'id:base64 of 32 bytes', each id once (small letters and digits)"
            )
        keys[name] = key
    blind = keys.pop(BLIND, None)
    if blind is None or not keys:
        raise KeysWrong("the vault needs a key called 'blind' and at least one other: blind:…,k1:…")
    return Ring(keys, list(keys)[-1], blind)


def fresh(*names: str) -> str:
    """Lines with new random keys of these ids."""
    return "".join(f"{name}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n" for name in names)


def key_file() -> Path:
    """Where the kept keys are."""
    return Path(settings.VAR) / "vault_keys"


@lru_cache(maxsize=1)
def ring() -> Ring:
    """The keys of this process, read once. Errors: KeysWrong."""
    given = os.environ.get("GONGBI_KEYS")
    return parse(given if given else _kept())


def _kept() -> str:
    path = key_file()
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(fresh(BLIND, "k1"))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(
                draft, path
            )  # whole or not at all, and never over keys that another process has just made
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if path.stat().st_mode & 0o077:
        raise KeysWrong(f"others may read the vault's keys: chmod 600 {path.name} in the data folder")
    return path.read_text()


def add_key() -> str:
    """Append a new key to the kept file and return its id; from now on it seals (restart every process, then rotate).

    Errors: KeysWrong when the keys come from the environment: add it there.
    """
    if os.environ.get("GONGBI_KEYS"):
        raise KeysWrong("the keys come from GONGBI_KEYS: append a new one there")
    known = ring()
    numbers = [int(key[1:]) for key in known.keys if re.fullmatch(r"k\d+", key)]
    name = f"k{max(numbers, default=0) + 1}"
    handle = os.open(key_file(), os.O_WRONLY | os.O_APPEND)
    with os.fdopen(handle, "a") as file:
        file.write(fresh(name))
        file.flush()
        os.fsync(file.fileno())
    ring.cache_clear()
    return name


def cipher_in_use() -> int:
    """The cipher that seals now. Errors: KeysWrong for an unknown name."""
    name = os.environ.get("GONGBI_CIPHER", "aes").lower()
    if name not in CIPHERS:
        raise KeysWrong(f"GONGBI_CIPHER must be one of {', '.join(CIPHERS)}")
    return CIPHERS[name]


def seal(plain: bytes, bound_to: bytes) -> bytes:
    """version ‖ cipher ‖ length and id of the key ‖ nonce ‖ ciphertext ‖ tag; the header and ``bound_to`` are authenticated."""
    keys, cipher = ring(), cipher_in_use()
    name = keys.current.encode()
    head = bytes([VERSION, cipher, len(name)]) + name
    nonce = secrets.token_bytes(NONCE_BYTES)
    return head + nonce + _encrypt(cipher, keys.current, nonce, plain, head + bound_to)


def open_sealed(sealed: bytes, bound_to: bytes) -> bytes:
    """The plain bytes. Errors: CannotOpen."""
    key_id, cipher = header(sealed)
    start = 3 + len(key_id)
    nonce, body = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
    if key_id not in ring().keys:
        raise CannotOpen(f"key {key_id} is not in the ring")
    if len(nonce) < NONCE_BYTES or len(body) < TAG_BYTES:
        raise CannotOpen("cut short")
    try:
        return _decrypt(cipher, key_id, nonce, body, sealed[:start] + bound_to)
    except InvalidTag:
        raise CannotOpen("changed, or of another column") from None


def header(sealed: bytes) -> tuple[str, int]:
    """``(id of the key, cipher)``. Errors: CannotOpen."""
    if len(sealed) < 3 or sealed[0] != VERSION or sealed[1] not in (AES, SM4):
        raise CannotOpen("no sealed value")
    try:
        return sealed[3 : 3 + sealed[2]].decode("ascii"), sealed[1]
    except UnicodeDecodeError:
        raise CannotOpen("no sealed value") from None


def _encrypt(cipher: int, key_id: str, nonce: bytes, plain: bytes, bound_to: bytes) -> bytes:
    if cipher == AES:
        return _aes(key_id, ring()).encrypt(nonce, plain, bound_to)
    machine = Cipher(algorithms.SM4(ring().derived(key_id, "sm4-gcm", 16)), modes.GCM(nonce)).encryptor()
    machine.authenticate_additional_data(bound_to)
    return machine.update(plain) + machine.finalize() + machine.tag


def _decrypt(cipher: int, key_id: str, nonce: bytes, body: bytes, bound_to: bytes) -> bytes:
    if cipher == AES:
        return _aes(key_id, ring()).decrypt(nonce, body, bound_to)
    key, tag = ring().derived(key_id, "sm4-gcm", 16), body[-TAG_BYTES:]
    machine = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    machine.authenticate_additional_data(bound_to)
    return machine.update(body[:-TAG_BYTES]) + machine.finalize()


@lru_cache(maxsize=32)
def _aes(key_id: str, keys: Ring) -> AESGCM:
    return AESGCM(keys.derived(key_id, "aes-256-gcm", 32))
