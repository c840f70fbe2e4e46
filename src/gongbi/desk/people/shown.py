"""What the pages of people show: posts in words, states as chips, what was changed and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils.translation import gettext as _

from gongbi.desk.names import Names
from gongbi.look.templatetags.look import chip
from gongbi.parties import queries as parties
from gongbi.parties import rules
from gongbi.parties.models import Account, ApiKey, Change, Person, Post
from gongbi.parties.words import role_name

PAGE = 50
HISTORY = 30
Words = tuple[str, str]
ACTS: dict[str, Words] = {
    "demo_built": ("建立演示区", "Demo district made"),
    "unit_created": ("新建单位", "Unit created"),
    "unit_changed": ("修改单位", "Unit changed"),
    "unit_closed": ("撤销单位", "Unit closed"),
    "person_added": ("登记人员", "Person added"),
    "person_changed": ("更正姓名或电话", "Name or telephone corrected"),
    "appointed": ("任职", "Appointed"),
    "post_changed": ("修改岗位", "Post changed"),
    "post_ended": ("免职并交接", "Post ended, handed over"),
    "account_created": ("开通账号", "Login made"),
    "account_closed": ("停用账号", "Account switched off"),
    "sessions_ended": ("退出所有登录", "Signed out everywhere"),
    "account_opened": ("恢复账号", "Account switched on again"),
    "password_set": ("设置密码", "Password set"),
    "key_made": ("发放密钥", "Key made"),
    "key_withdrawn": ("收回密钥", "Key withdrawn"),
    "exported": ("导出", "Exported"),
}
SUBJECTS: dict[str, Words] = {
    "unit": ("单位", "unit"),
    "person": ("人员", "person"),
    "post": ("岗位", "post"),
    "account": ("账号", "account"),
    "key": ("密钥", "key"),
    "demo": ("演示区", "demo"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One person in the list."""

    person: Person
    name: str
    posts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Held:
    """One post in words."""

    post: Post
    role: str
    unit: str
    places: Sequence[str]
    state: Any
    in_office: bool
    handover: int | None
    may_end: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of what was changed about who."""

    at: datetime
    words: Any
    of: str
    by: Any
    facts: str


def page_of(request: HttpRequest, rows: Any, size: int = PAGE) -> Page[Any]:
    """The asked page of a query; a number that is none is the first, one too large the last."""
    return Paginator(rows, size).get_page(request.GET.get("page", "1")[:9])


def people(found: Iterable[Person], viewer: Any, now: datetime) -> list[Line]:
    """People with their posts in office: two queries for the page."""
    rows = list(found)
    held = parties.posts_held(viewer, [one.pk for one in rows])
    return [
        Line(
            one,
            parties.masked(one, "name", viewer),
            [
                f"{post.unit.label} · {role_name(post.role)}"
                for post in held.get(one.pk, ())
                if rules.in_force(post.valid_from, post.valid_to, now)
            ],
        )
        for one in rows
    ]


def posts(found: Iterable[Post], names: Names) -> list[Held]:
    """Posts with unit, role, places and state in words. ``areas`` and ``handed_over`` must be prefetched."""
    rows = list(found)
    places = names.places(area.code for post in rows for area in post.areas.all())
    return [_held(post, places, names.now) for post in rows]


def _held(post: Post, places: dict[str, str], now: datetime) -> Held:
    handed = list(post.handed_over.all())
    in_office = rules.in_force(post.valid_from, post.valid_to, now)
    if in_office:
        state = chip(_("in office"), "ok")
    elif post.valid_from > now:
        state = chip(_("from later on"), "info")
    elif handed:
        state = chip(_("ended, handed over"), "quiet")
    else:
        state = chip(_("ran out"), "soon")
    codes = sorted(area.code for area in post.areas.all())
    return Held(
        post=post,
        role=role_name(post.role),
        unit=post.unit.label,
        places=[places.get(code, code) for code in codes],
        state=state,
        in_office=in_office,
        handover=handed[0].pk if handed else None,
        may_end=not handed and post.valid_from <= now,
    )


def account_state(account: Account, now: datetime) -> Any:
    """Whether somebody can sign in with it."""
    if not account.is_active:
        return chip(_("switched off"), "late")
    if account.must_change_password:
        return chip(_("one-time password, not used yet"), "soon")
    return chip(_("in use"), "ok")


def key_state(key: ApiKey, now: datetime) -> Any:
    """Whether a key opens anything."""
    if not key.active:
        return chip(_("withdrawn"), "quiet")
    if key.valid_to is not None and key.valid_to <= now:
        return chip(_("expired"), "soon")
    return chip(_("in use"), "ok")


def history(changes: Iterable[Change], names: Names) -> list[Happened]:
    """What was changed, in words: the office that did it, never a private name."""
    rows = list(changes)
    names.remember(one.actor for one in rows)
    return [
        Happened(one.at, ACTS.get(one.act, one.act), one.key, names.actor(one.actor), facts_of(one, names))
        for one in rows
    ]


def facts_of(change: Change, names: Names) -> str:
    """The few facts that say more than the act: role, unit, days, numbers."""
    facts, told = change.facts, []
    if "role" in facts:
        told.append(role_name(str(facts["role"])))
    if facts.get("unit"):
        unit = names.unit_of_code(str(facts["unit"]))
        told.append(unit.label if unit else str(facts["unit"]))
    if facts.get("channel"):
        told.append(str(facts["channel"]))
    if facts.get("matters"):
        told.append(_("%(n)s open matters") % {"n": facts["matters"]})
    days = [str(facts.get(key) or "")[:10] for key in ("valid_from", "valid_to")]
    if any(days):
        told.append(" → ".join(days).strip())
    return " · ".join(told)
