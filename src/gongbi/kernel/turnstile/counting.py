"""How often somebody without an account may do a thing: by browser, by address, by private link.

The generic cell rate algorithm: for each key one number is kept, the moment until which what it took is paid back. The numbers of
all processes of a machine stand in one small file that they map into memory: a check takes microseconds and no database, and a
restart forgets nothing. Addresses are personal data: a key is a keyed digest, an address is written nowhere.

Many people may sit behind one address (a service hall, a mobile network), so a browser is counted strictly and an address loosely;
``GONGBI_LIMITS_FREE`` names networks that are not counted at all. Staff and programs with a key pass uncounted.
"""

from __future__ import annotations

import fcntl
import functools
import ipaddress
import logging
import math
import mmap
import os
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest

from gongbi.kernel.clock.words import when
from gongbi.kernel.errors import TooMany

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
log = logging.getLogger("gongbi.turnstile")

_CELL = struct.Struct("<8sd")  # digest of the key; seconds since 1970 until which it is paid back
_SLOTS = 1 << 16
_TRIES = 8  # neighbouring slots that a key may stand in; the stalest gives way
_HEADERS_OF_PROXIES = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


@dataclass(frozen=True, slots=True)
class Rate:
    """``most`` at once, and as many again in each ``seconds``, evenly."""

    most: int
    seconds: int


# what.whom: the browser that filled in a form of ours; the address behind a browser; an address without one; a private link.
DEFAULTS: Mapping[str, Rate] = {
    "report.browser": Rate(20, 3600),
    "report.address": Rate(300, 3600),
    "report.bare": Rate(60, 3600),
    "photo.browser": Rate(240, 3600),
    "photo.address": Rate(3000, 3600),
    "photo.bare": Rate(240, 3600),
    "look.browser": Rate(300, 600),
    "look.address": Rate(6000, 600),
    "look.bare": Rate(300, 600),
    "act.link": Rate(30, 3600),
    "act.address": Rate(300, 3600),
    "miss.address": Rate(60, 600),
}


@functools.lru_cache(maxsize=8)
def read_rates(text: str) -> Mapping[str, Rate]:
    """``GONGBI_LIMITS``: nothing for the shipped rates, ``off`` for none, or ``report.browser=20/3600,…`` over the shipped ones.

    Raises ValueError for a name that is none, and for a rate that is not two positive whole numbers.
    """
    if text.strip() == "off":
        return {}
    rates = dict(DEFAULTS)
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, rate = (word.strip() for word in part.partition("="))
        most, _, seconds = rate.partition("/")
        if name not in DEFAULTS or not (
            most.isdecimal() and seconds.isdecimal() and int(most) and int(seconds)
        ):
            raise ValueError(
                f"GONGBI_LIMITS: {part!r} is not NAME=MOST/SECONDS with a NAME of {', '.join(DEFAULTS)}"
            )
        rates[name] = Rate(int(most), int(seconds))
    return rates


class Tally:
    """The numbers, in a file that processes share. Thread-safe and, between processes, locked for the length of one check."""

    def __init__(self, path: Path) -> None:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if os.fstat(handle).st_size < _SLOTS * _CELL.size:
            os.ftruncate(handle, _SLOTS * _CELL.size)
        self._file = handle
        self._page = mmap.mmap(handle, _SLOTS * _CELL.size)
        self._mutex = threading.Lock()

    def close(self) -> None:
        self._page.close()
        os.close(self._file)

    def take(
        self, wanted: Sequence[tuple[str, Rate]], *, at: datetime, n: int = 1, force: bool = False
    ) -> float:
        """Count ``n`` for every key, or nothing for any: 0.0, else the seconds after which all would pass.

        ``force`` counts whatever stands there, up to a full measure. ``n`` 0 asks whether one more would pass, and counts nothing.
        """
        now = at.timestamp()
        with self._mutex:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                return self._take(wanted, now, n, force)
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _take(self, wanted: Sequence[tuple[str, Rate]], now: float, n: int, force: bool) -> float:
        wait = 0.0
        writes = []
        for key, rate in wanted:
            digest = blake2b(key.encode(), digest_size=8, key=settings.SECRET_KEY.encode()[:64]).digest()
            slot, paid = self._find(digest, now)
            each = rate.seconds / rate.most
            # A clock that was set back, or a rate that was lowered, must not lock anybody out for longer than one measure.
            paid = min(max(paid, now), now + rate.seconds)
            after = paid + each * max(n, 1)
            # More at once than the measure holds passes when nothing is owed.
            wait = max(wait, after - max(now + rate.seconds, now + each * n))
            writes.append((slot, digest, min(after, now + rate.seconds)))
        if wait > 1e-6 and not force:
            return wait
        if n:
            for slot, digest, after in writes:
                _CELL.pack_into(self._page, slot, digest, after)
        return 0.0

    def _find(self, digest: bytes, now: float) -> tuple[int, float]:
        """The slot of a key and until when it is paid back: its own, else the stalest of its neighbourhood."""
        first = int.from_bytes(digest, "little")
        stalest, stale = 0, math.inf
        for step in range(_TRIES):
            slot = (first + step) % _SLOTS * _CELL.size
            held, paid = _CELL.unpack_from(self._page, slot)
            if held == digest:
                return slot, paid
            if paid < stale:
                stalest, stale = slot, paid
        return stalest, now


_open: dict[Path, Tally | None] = {}
_opening = threading.Lock()


def tally() -> Tally | None:
    """The tally of this machine; None where its file cannot be opened (then nobody is held up)."""
    path = Path(settings.VAR) / "turnstile"
    if path not in _open:
        with _opening:
            if path not in _open:
                try:
                    _open[path] = Tally(path)
                except OSError as error:
                    log.warning("the turnstile stands open: %s", error)
                    _open[path] = None
    return _open[path]


def enter(request: HttpRequest, what: str, *, at: datetime, n: int = 1, link: str = "") -> None:
    """Let a visitor do ``what`` (``report``, ``photo``, ``look``, ``act``) ``n`` times, or raise TooMany with the time to come back."""
    count(keys_of(request, what, link), at=at, n=n)


def count(keys: Sequence[tuple[str, Rate]], *, at: datetime, n: int = 1, force: bool = False) -> None:
    shared = tally() if keys else None
    if shared is None:
        return
    wait = shared.take(keys, at=at, n=n, force=force)
    if wait:
        seconds = math.ceil(wait)
        # To the next full minute: what is read is true to the second.
        back = (at + timedelta(seconds=seconds + 59)).replace(second=0, microsecond=0)
        raise TooMany(
            "kernel.too_many",
            (
                "短时间内次数太多了，请在%(when)s以后再试。事情急，请打 12345。",
                "That was too often in a short time. Please try again after %(when)s. If it cannot wait, call 12345.",
            ),
            values={"when": when(back, at)},
            after=seconds,
        )


def keys_of(request: HttpRequest, what: str, link: str) -> list[tuple[str, Rate]]:
    rates = read_rates(settings.LIMITS)
    viewer = getattr(request, "viewer", None)
    if not rates or (viewer is not None and (viewer.is_staff or viewer.account_id is not None)):
        return []
    address = address_of(request)
    if address is not None and any(address in network for network in read_networks(settings.LIMITS_FREE)):
        return []
    # The cookie that every form of ours carries tells browsers apart; it says nothing about who uses them.
    browser = request.COOKIES.get(settings.CSRF_COOKIE_NAME, "") if request.method != "GET" else ""
    whose = {"link": link, "browser": browser}
    if address is not None:
        place = _place(address)
        bare = f"{what}.bare" in rates and not browser
        whose["bare" if bare else "address"] = place
    return [
        (f"{what}.{whom}:{who}", rates[name])
        for whom, who in whose.items()
        if who and (name := f"{what}.{whom}") in rates
    ]


def _place(address: Address) -> str:
    """What is counted as one address: of IPv6 the network that one household gets."""
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def address_of(request: HttpRequest) -> Address | None:
    """Where a request comes from, by the proxies that ``GONGBI_PROXIES`` says stand before us; None where that cannot be known.

    Behind a proxy that was not declared everybody would have the proxy's address, and a whole city would be counted as one.
    """
    text = request.META.get("REMOTE_ADDR", "")
    proxies = int(getattr(settings, "ALLAUTH_TRUSTED_PROXY_COUNT", 0))
    if proxies:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        text = hops[-proxies] if len(hops) >= proxies else text
    try:
        address = ipaddress.ip_address(text.partition("%")[0].strip("[]"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not proxies and address.is_private and any(name in request.META for name in _HEADERS_OF_PROXIES):
        return None
    return address


@functools.lru_cache(maxsize=8)
def read_networks(text: str) -> tuple[Network, ...]:
    """``GONGBI_LIMITS_FREE``: addresses and networks (``10.2.0.0/16,203.0.113.7``). Raises ValueError for what is none."""
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
