"""Who may hold which post, and how one signs in. Pure: plain values in, plain values out.

A rule that refuses returns a :class:`No`; ``words.refusal`` says it to people.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

MLPS = "GB/T 22239-2019 第8章"  # third level of protection: separation of administrators, sign-in
LOOP = "GB/T 30428.8-2020"  # the closed loop: who judges is not who handles
GRID = "社会治理网格化服务管理: 网格公示"


@dataclass(frozen=True, slots=True)
class No:
    """A rule said no: a stable code, the values its sentence names, the article, the input."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    article: str = ""
    field: str = ""


# ---- units -------------------------------------------------------------------------------------------------

# kind → (Chinese, English); the order is the order of lists.
UNIT_KINDS: dict[str, tuple[str, str]] = {
    "district_centre": ("区级中心", "District centre"),
    "department": ("部门", "Department"),
    "street": ("街道", "Street"),
    "community": ("社区", "Community"),
    "hotline": ("热线", "Hotline"),
    "hall": ("政务大厅", "Service hall"),
    "property_firm": ("物业企业", "Property firm"),
    "company": ("公用企业", "Utility company"),
    "court": ("法院", "Court"),
    "police_station": ("派出所", "Police station"),
    "institution": ("事业单位", "Public institution"),
    "association": ("社会组织", "Association"),
}

POST_ROLES: tuple[str, ...] = (
    "clerk",
    "dispatcher",
    "handler",
    "grid_worker",
    "checker",
    "adjudicator",
    "manager",
    "auditor",
    "admin",
    "security",
)

# The centre judges and therefore does not handle; who handles does not judge (supervision and command axis).
_OUTSIDE = frozenset({"handler", "manager"})
ROLES_OF_KIND: dict[str, frozenset[str]] = {
    "district_centre": frozenset(
        {"clerk", "dispatcher", "checker", "adjudicator", "manager", "auditor", "admin", "security"}
    ),
    "department": _OUTSIDE,
    "street": frozenset({"clerk", "dispatcher", "handler", "grid_worker", "manager"}),
    "community": frozenset({"clerk", "handler", "grid_worker", "manager"}),
    "hotline": frozenset({"clerk", "manager"}),
    "hall": frozenset({"clerk", "handler", "manager"}),
    "property_firm": _OUTSIDE,
    "company": _OUTSIDE,
    "court": _OUTSIDE,
    "police_station": _OUTSIDE,
    "institution": _OUTSIDE,
    "association": _OUTSIDE,
}

# Under which kinds a unit may stand; every kind may stand alone except those in MUST_HAVE_PARENT.
PARENTS: dict[str, frozenset[str]] = {
    "district_centre": frozenset(),
    "department": frozenset({"department"}),
    "street": frozenset(),
    "community": frozenset({"street"}),
    "hotline": frozenset({"district_centre"}),
    "hall": frozenset({"district_centre", "department", "street", "community"}),
    "property_firm": frozenset({"property_firm"}),
    "company": frozenset({"department", "company"}),
    "court": frozenset({"court"}),
    "police_station": frozenset({"department"}),
    "institution": frozenset({"department", "street"}),
    "association": frozenset({"street", "community", "association"}),
}
MUST_HAVE_PARENT = frozenset({"community"})
# Digits of the division that a unit of this kind is: its code is then the division's own code.
DIVISION_DIGITS: dict[str, int] = {"street": 9, "community": 12}
TERRITORY_DIGITS = frozenset({2, 4, 6, 9, 12, 15})  # province, city, district, street, community, grid

_CODE = re.compile(r"^[A-Za-z0-9_.-]{1,32}$")
_DIGITS = re.compile(r"^[0-9]+$")


def territory_code(code: str) -> No | None:
    """A division or grid code: 2, 4, 6, 9, 12 or 15 digits (domain: 统计用区划代码; 15 = 单元网格)."""
    if _DIGITS.match(code) and len(code) in TERRITORY_DIGITS:
        return None
    return No("parties.territory_code", {"code": code}, "统计用区划代码", "territory")


def unit(kind: str, code: str, territory: str, parent_kind: str | None) -> No | None:
    """Whether a unit may be written so. ``parent_kind`` is None when it stands alone."""
    if kind not in UNIT_KINDS:
        return No("parties.unit_kind", {"kind": kind, "known": "、".join(UNIT_KINDS)}, field="kind")
    if not _CODE.match(code):
        return No("parties.unit_code", {"code": code}, field="code")
    digits = DIVISION_DIGITS.get(kind)
    if digits is not None and not (_DIGITS.match(code) and len(code) == digits and territory == code):
        return No(
            "parties.unit_division", {"code": code, "digits": digits}, article="统计用区划代码", field="code"
        )
    if territory and (no := territory_code(territory)):
        return no
    if parent_kind is None:
        return No("parties.unit_parent_needed", {}, field="parent") if kind in MUST_HAVE_PARENT else None
    if parent_kind not in PARENTS[kind]:
        return No("parties.unit_parent", {"kind": kind, "parent": parent_kind}, field="parent")
    return None


# ---- posts -------------------------------------------------------------------------------------------------


def overlap(a_from: datetime, a_to: datetime | None, b_from: datetime, b_to: datetime | None) -> bool:
    """Whether two half-open periods share a moment; None is open-ended."""
    return (a_to is None or b_from < a_to) and (b_to is None or a_from < b_to)


def in_force(valid_from: datetime, valid_to: datetime | None, at: datetime) -> bool:
    """``valid_from <= at < valid_to``."""
    return valid_from <= at and (valid_to is None or at < valid_to)


def period(valid_from: datetime, valid_to: datetime | None) -> No | None:
    """A period ends after it begins, and both ends carry a time zone."""
    if valid_from.tzinfo is None or (valid_to is not None and valid_to.tzinfo is None):
        return No("parties.time_zone", {}, field="valid_from")
    if valid_to is not None and valid_to <= valid_from:
        return No("parties.period", {}, field="valid_to")
    return None


ADMINISTRATORS = frozenset({"admin", "security", "auditor"})  # 三员
JUDGES = frozenset({"dispatcher", "checker", "adjudicator"})
DOERS = frozenset({"handler", "grid_worker"})


def together(a: str, b: str) -> No | None:
    """Whether one person may hold posts with roles ``a`` and ``b`` at the same time, in whatever units."""
    if a == b:
        return None
    if a in ADMINISTRATORS or b in ADMINISTRATORS:
        return No("parties.three_administrators", {"a": a, "b": b}, MLPS, "role")
    if (a in JUDGES and b in DOERS) or (b in JUDGES and a in DOERS):
        return No("parties.judge_and_doer", {"a": a, "b": b}, LOOP, "role")
    return None


@dataclass(frozen=True, slots=True)
class Held:
    """A post that the person holds already."""

    unit_id: int
    role: str
    valid_from: datetime
    valid_to: datetime | None


def post(
    *,
    role: str,
    unit_id: int,
    unit_kind: str,
    unit_from: datetime,
    unit_to: datetime | None,
    territories: Iterable[str],
    valid_from: datetime,
    valid_to: datetime | None,
    held: Iterable[Held],
) -> No | None:
    """Whether a person who holds ``held`` may get this post."""
    if role not in ROLES_OF_KIND[unit_kind]:
        return No("parties.role_of_kind", {"role": role, "kind": unit_kind}, LOOP, "role")
    if no := period(valid_from, valid_to):
        return no
    if valid_from < unit_from or (unit_to is not None and (valid_to is None or valid_to > unit_to)):
        return No("parties.outside_unit_period", {}, field="valid_from")
    codes = list(territories)
    for code in codes:
        if no := territory_code(code):
            return no
    if role == "grid_worker" and not codes:
        return No("parties.grid_needed", {}, GRID, "territories")
    for other in held:
        if not overlap(valid_from, valid_to, other.valid_from, other.valid_to):
            continue
        if other.role == role and other.unit_id == unit_id:
            return No("parties.post_twice", {"role": role}, field="role")
        if no := together(role, other.role):
            return no
    return None


def successor(
    *,
    role: str,
    unit_id: int,
    ancestors: frozenset[int],
    to_role: str,
    to_unit: int,
    in_office: bool,
    same: bool,
) -> No | None:
    """Who may take over: another post, in office, of the same role, in the same unit or one above it."""
    if same:
        return No("parties.successor_self", {}, field="successor")
    if not in_office:
        return No("parties.successor_not_in_office", {}, field="successor")
    if to_role != role:
        return No("parties.successor_role", {"role": role, "other": to_role}, field="successor")
    if to_unit != unit_id and to_unit not in ancestors:
        return No("parties.successor_unit", {}, field="successor")
    return None


# ---- away ----------------------------------------------------------------------------------------------------

# Own default, not law: who is away for longer hands the post over (``end_post``).
LONGEST_AWAY = timedelta(days=183)


def away(*, since: datetime, until: datetime, at: datetime) -> No | None:
    """Whether somebody may be away so: from some moment to a later one that is ahead, half a year at most."""
    if no := period(since, until):
        return No(no.code, no.facts, field="until" if no.code == "parties.period" else "since")
    if until <= at:
        return No("parties.away_past", {}, field="until")
    return (
        No("parties.away_long", {"days": LONGEST_AWAY.days}, field="until")
        if until - since > LONGEST_AWAY or since - at > LONGEST_AWAY
        else None
    )


def posts_of_actor(actor: str) -> tuple[int, int | None] | None:
    """``(12, None)`` of ``post:12``; ``(12, 7)`` of ``post:12:for:7``, where post 12 acted for post 7; None for whoever is no post."""
    kind, _, rest = actor.partition(":")
    own, _, whose = rest.partition(":for:")
    if kind != "post" or not own.isdecimal() or (whose and not whose.isdecimal()):
        return None
    return int(own), int(whose) if whose else None


# ---- who may change the lists ------------------------------------------------------------------------------

MAY = {
    "lists": frozenset({"admin", "system"}),  # units, people, posts
    "access": frozenset({"security", "system"}),  # accounts, passwords, keys
}


# Without one of each nobody could appoint, or let anybody in: the last one stays until there is another.
KEEPERS = frozenset({"admin", "security"})


def may_change(what: str, role: str) -> No | None:
    """The system administrator keeps the lists, the security administrator the access, never each other's."""
    return None if role in MAY[what] else No(f"parties.may_{what}", {}, MLPS)


# ---- signing in --------------------------------------------------------------------------------------------

PASSWORD_MIN, PASSWORD_MAX, PASSPHRASE = 10, 128, 20
PASSWORD_DAYS = 90
_CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")

FAILURES, WINDOW = 5, timedelta(minutes=15)
ADDRESS_FAILURES = 50  # a whole office may share one address


def password_faults(password: str, login: str) -> list[No]:
    """Why a password is too weak: length, the login inside it, kinds of characters (a long phrase: none)."""
    faults = []
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        faults.append(
            No("parties.password_length", {"min": PASSWORD_MIN, "max": PASSWORD_MAX}, MLPS, "password")
        )
    if len(login) >= 3 and login.casefold() in password.casefold():
        faults.append(No("parties.password_login", {}, MLPS, "password"))
    if len(password) < PASSPHRASE and sum(bool(re.search(c, password)) for c in _CLASSES) < 3:
        faults.append(No("parties.password_kinds", {"phrase": PASSPHRASE}, MLPS, "password"))
    if password and max(len(list(run)) for _char, run in groupby(password)) > len(password) // 2:
        faults.append(No("parties.password_repeats", {}, MLPS, "password"))
    return faults


def password_due(set_at: datetime | None, must_change: bool, at: datetime) -> bool:
    """Whether the password must be changed now: told so, or ``PASSWORD_DAYS`` old to the moment."""
    return must_change or (set_at is not None and at - set_at >= timedelta(days=PASSWORD_DAYS))


def locked_until(failures: Iterable[datetime], at: datetime, limit: int = FAILURES) -> datetime | None:
    """When signing in is possible again, or None when it is now.

    ``failures``: failed attempts since the last success, oldest first. The ``limit``-th within ``WINDOW``
    locks until the oldest of those is ``WINDOW`` ago.
    """
    recent = [moment for moment in failures if at - WINDOW < moment <= at]
    return recent[-limit] + WINDOW if len(recent) >= limit else None


def second_factor_needed(role: str, synthetic: bool) -> bool:
    """The three administrators sign in with two factors; the demo's invented people need none."""
    return role in ADMINISTRATORS and not synthetic


def folded(login: str) -> str:
    """A login as attempts are counted under: case and outer blanks do not make another one."""
    return login.strip().casefold()[:60]


def digest_of(secret: str) -> bytes:
    """SHA-256: enough for 256 random bits, which nobody can guess; a slow hash would cost every request."""
    return hashlib.sha256(secret.encode()).digest()
