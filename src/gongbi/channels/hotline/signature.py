"""The signature of a message between two hotline systems: HMAC over method, path, time, nonce and the body's digest. Pure.

The form is written down with worked examples in docs/hotline.md. SHA-256 after FIPS 180-4, SM3 after GB/T 32905-2016, HMAC after
RFC 2104; the same hash serves for the body and for the HMAC.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

from gongbi.kernel.errors import Refused, Stale

SHA256, SM3 = "HMAC-SHA256", "HMAC-SM3"
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {SHA256: hashes.SHA256, SM3: hashes.SM3}
ALGORITHMS = tuple(_HASHES)
WINDOW = 300  # s that two clocks may differ
SHORTEST_KEY = 16  # characters
HEADERS = ("X-Hotline-Algorithm", "X-Hotline-Time", "X-Hotline-Nonce", "X-Hotline-Signature")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{1,12}")


class Unsigned(Refused):
    """The message is not provably theirs."""

    status = 401


class Replayed(Stale):
    """The nonce was used before."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The four headers of one message; ``time`` in seconds since 1970-01-01 UTC."""

    algorithm: str
    time: int
    nonce: str
    signature: str

    @property
    def headers(self) -> dict[str, str]:
        """As they are sent."""
        return dict(zip(HEADERS, (self.algorithm, str(self.time), self.nonce, self.signature), strict=True))


def digest(body: bytes, algorithm: str) -> str:
    """The hash of ``body``, 64 small hexadecimal digits."""
    made = hashes.Hash(_HASHES[algorithm]())
    made.update(body)
    return made.finalize().hex()


def text_to_sign(method: str, path: str, time: int, nonce: str, body: bytes, algorithm: str) -> str:
    """Five lines: method, path with its query, time, nonce, digest of the body; no line end after the last."""
    return "\n".join((method.upper(), path, str(time), nonce, digest(body, algorithm)))


def sign(
    key: str, method: str, path: str, body: bytes, *, time: int, nonce: str, algorithm: str = SHA256
) -> Signed:
    """Sign a message. ``key``: the shared secret as UTF-8; ``path`` as it stands in the request line, query included."""
    made = HMAC(key.encode(), _HASHES[algorithm]())
    made.update(text_to_sign(method, path, time, nonce, body, algorithm).encode())
    return Signed(algorithm, time, nonce, made.finalize().hex())


def read(headers: Mapping[str, str]) -> Signed:
    """The four headers (names in any case); Unsigned, naming the header, for one that is missing or misshapen."""
    given = {name.lower(): value.strip() for name, value in headers.items()}
    values = [given.get(name.lower(), "") for name in HEADERS]
    for name, value, form in zip(HEADERS, values, (None, _TIME, _NONCE, _SIGNATURE), strict=True):
        if not value:
            raise Unsigned(
                "hotline.header",
                ("请求缺少签名头 %(name)s。", "The request lacks the signature header %(name)s."),
                values={"name": name},
                field=name,
            )
        if form is not None and not form.fullmatch(value):
            raise Unsigned(
                "hotline.header",
                (
                    "签名头 %(name)s 的格式不对：时间为 Unix 秒，随机串为 16 至 64 个字母、数字、连字符或下划线，签名为 64 位小写十六进制。",
                    "The signature header %(name)s is misshapen: the time is Unix seconds, the nonce 16 to 64 letters, digits, "
                    "hyphens or underscores, the signature 64 small hexadecimal digits.",
                ),
                values={"name": name},
                field=name,
            )
    return Signed(values[0], int(values[1]), values[2], values[3])


def check(
    signed: Signed,
    method: str,
    path: str,
    body: bytes,
    *,
    keys: Sequence[str],
    algorithm: str,
    now: datetime,
    window: int = WINDOW,
) -> None:
    """Whether the message is theirs, whole and of now. Unsigned with what is wrong; whether the nonce is new is asked elsewhere.

    Every key is tried (two are valid while one follows the other), each compared in constant time. ``window`` s, both ends included.
    """
    if signed.algorithm != algorithm:
        raise Unsigned(
            "hotline.algorithm",
            (
                "本渠道约定的签名算法是 %(wanted)s，收到的是 %(given)s。",
                "This channel signs with %(wanted)s; the message says %(given)s.",
            ),
            values={"wanted": algorithm, "given": signed.algorithm[:20]},
            field=HEADERS[0],
        )
    apart = signed.time - int(now.timestamp())
    if abs(apart) > window:
        raise Unsigned(
            "hotline.time",
            (
                "签名时间与本平台相差 %(apart)s 秒，最多 %(window)s 秒。请校准时钟后重新签名。",
                "The signature's time is %(apart)s s away from ours, at most %(window)s s are allowed. Set the clock and sign again.",
            ),
            values={"apart": f"{apart:+d}", "window": window},
            field=HEADERS[1],
        )
    # Every key, whichever fits: the time that it takes tells nothing.
    fits = [_matches(signed, key, method, path, body) for key in keys if len(key) >= SHORTEST_KEY]
    if not any(fits):
        raise Unsigned(
            "hotline.signature",
            (
                "签名不符：请核对密钥、请求方法、路径（含查询串）和正文是否与签名时逐字节相同。",
                "The signature does not fit: compare the key, the method, the path with its query and the body, byte by byte, "
                "with what was signed.",
            ),
            field=HEADERS[3],
        )


def _matches(signed: Signed, key: str, method: str, path: str, body: bytes) -> bool:
    made = sign(
        key, method, path, body, time=signed.time, nonce=signed.nonce, algorithm=signed.algorithm
    ).signature
    return hmac.compare_digest(made, signed.signature)


def replayed() -> Replayed:
    """What a used nonce is answered."""
    return Replayed(
        "hotline.replay",
        (
            "随机串已用过，按重放拒绝。重发请换新的随机串和时间重新签名；工单按编号和版本识别，不会重复。",
            "The nonce was used before, so this is refused as a replay. To send again, sign with a new nonce and time: orders are "
            "recognised by number and version and never doubled.",
        ),
        field=HEADERS[2],
    )
