"""What every channel shares, as plain values: what came in, what goes out, when to try again. Knows no database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

Words = tuple[str, str]
KINDS: dict[str, Words] = {
    "open311": ("Open311 系统", "Open311 system"),
    "hotline": ("12345 热线平台", "12345 hotline platform"),
    "net": ("并入网络", "Merged network"),
    "field": ("外勤应用", "Field app"),
    "device": ("物联设备", "Devices"),
    "mail": ("电子邮件", "E-mail"),
    "notice": ("通知网关", "Notice gateway"),
}
OWN_KINDS = frozenset({"field"})  # the house's own doors: one source each, made by the house
DIRECTIONS: dict[str, Words] = {
    "in": ("对方向我方报送", "They report to us"),
    "out": ("我方向对方报送", "We report to them"),
    "both": ("双向", "Both ways"),
}
# How cases call what comes through a kind of channel, "api" where nothing else is said. What a hotline sends is owed a call-back.
CHANNEL_OF = {"device": "device", "hotline": "hotline", "mail": "mail"}
WAITING, DONE, REFUSED = "waiting", "done", "refused"
STANDINGS: dict[str, Words] = {
    WAITING: ("待处理", "Waiting"),
    DONE: ("已成诉求", "Taken in"),
    REFUSED: ("已拒收", "Refused"),
}
MAX_ATTEMPTS = 16  # with the rests below: a person is asked after about eight hours
LONGEST_REST = timedelta(hours=1)
LEASE = timedelta(seconds=60)
KEPT_OF_A_REJECTION = 2_000  # characters


@dataclass(frozen=True, slots=True)
class Incoming:
    """One report as every adapter hands it over. ``code``: the category in the sender's own words; coordinates in ``crs`` degrees.

    ``sent_at``: when they sent it, by their clock; ``version_at``: which of two versions of one report is the later one.
    ``photos``: ids of files stored beforehand; ``media``: addresses of theirs, kept as text. ``extra``: what only the adapter
    understands and wants back (never shown to anybody).
    """

    external: str
    text: str
    said_at: datetime
    code: str = ""
    place_words: str = ""
    lon: float | None = None
    lat: float | None = None
    crs: str = "CGCS2000"
    division: str = ""
    name: str = ""
    phone: str = ""
    anonymous: bool = False
    confidential: bool = False
    language: str = "zh-hans"
    answers: Mapping[str, str] = field(default_factory=dict)
    photos: tuple[int, ...] = ()
    media: tuple[str, ...] = ()
    sent_at: datetime | None = None
    version_at: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


_NAMES = tuple(one.name for one in fields(Incoming))
_TIMES = ("said_at", "sent_at", "version_at")
# A repetition is the same though it is sent later, and though its pictures were stored anew.
_NOT_THE_WORDS = frozenset({"sent_at", "version_at", "said_at", "photos"})


def write(incoming: Incoming) -> str:
    """As JSON, to be sealed."""
    values = _plain(incoming)
    for name in _TIMES:
        values[name] = values[name].isoformat() if values[name] is not None else None
    return json.dumps(values, sort_keys=True)  # in ASCII: half a character that somebody sent can be kept too


def _plain(incoming: Incoming) -> dict[str, Any]:
    """Its values by their names, nothing copied: they are read and let go."""
    values = {name: getattr(incoming, name) for name in _NAMES}
    for name in ("answers", "extra"):
        values[name] = dict(values[name])
    return values


def read(text: str) -> Incoming:
    """What :func:`write` wrote; fields that a later version added have their defaults, fields that it dropped are left out."""
    values = json.loads(text)
    values = {name: value for name, value in values.items() if name in _NAMES}
    for name in _TIMES:
        if values.get(name):
            values[name] = datetime.fromisoformat(values[name])
    for name in ("photos", "media"):
        values[name] = tuple(values.get(name, ()))
    return Incoming(**values)


def digest(incoming: Incoming) -> bytes:
    """SHA-256 of the words: the same report sent again has the same one."""
    values = {name: value for name, value in _plain(incoming).items() if name not in _NOT_THE_WORDS}
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Happening:
    """One step of a case as one of its reporters may know it: what adapters make messages of.

    ``number`` our receipt number, ``external`` theirs; ``step`` the name of the transition; ``state`` after it; ``words`` the state
    (zh, en), ``hint`` what it means for the reporter; ``said`` the reason or result in the words of the office ("" for none; the
    last step says once more what was done);
    ``notifies`` whom the flow tells of this step. ``event`` names this happening for good: a key against telling it twice.
    """

    event: str
    step: str
    state: str
    closed: bool
    words: Words
    hint: Words
    at: datetime
    number: str
    external: str
    report_id: int
    matter_id: int
    said: str = ""
    due_at: datetime | None = None
    notifies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt to tell a counterpart. ``again``: a later attempt may succeed (else a person is asked at once)."""

    done: bool
    answer: str = ""
    error: str = ""
    again: bool = True
    after: int = 0  # s that they asked us to wait


def rest_after(attempts: int) -> timedelta:
    """How long a message rests after its ``attempts``-th failure: 1 s, 2 s, 4 s … at most an hour."""
    return min(LONGEST_REST, timedelta(seconds=2 ** min(max(attempts, 1) - 1, 20)))


def gives_up(attempts: int, outcome: Outcome) -> bool:
    """Whether a person has to look: they refuse it for good, or it failed too often."""
    return not outcome.again or attempts >= MAX_ATTEMPTS


def later(old: datetime | None, new: datetime | None) -> bool:
    """Whether ``new`` was said after ``old``; without both times the one that came last was."""
    return old is None or new is None or new >= old


def pair(reason: Sequence[str]) -> Words:
    """A stored reason as (zh, en); two dashes where there is none."""
    return (reason[0], reason[1]) if len(reason) == 2 else ("—", "—")
