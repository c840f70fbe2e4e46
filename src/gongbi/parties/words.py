"""What a refusing rule says to a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from gongbi.kernel.errors import Forbidden, Refused, Stale, in_language
from gongbi.parties import rules
from gongbi.parties.rules import No

ROLES: dict[str, Any] = {
    "clerk": _("hotline or hall clerk"),
    "dispatcher": _("dispatcher"),
    "handler": _("handler"),
    "grid_worker": _("grid worker"),
    "checker": _("checker"),
    "adjudicator": _("adjudicator"),
    "manager": _("manager"),
    "auditor": _("auditor"),
    "admin": _("system administrator"),
    "security": _("security administrator"),
    "integrator": _("connected system"),
    "resident": _("resident"),
    "system": _("the system"),
    "": _("visitor"),
}

SENTENCES: dict[str, Any] = {
    "parties.territory_code": _(
        "“%(code)s” is not a division or grid code. Give 6 digits (district), 9 (street), "
        "12 (community) or 15 (grid)."
    ),
    "parties.unit_kind": _("There is no kind of unit called “%(kind)s”. Use one of: %(known)s."),
    "parties.unit_code": _(
        "“%(code)s” cannot be a unit's code. Use at most 32 letters, digits, hyphens, points or underscores."
    ),
    "parties.unit_division": _(
        "The code of this unit must be its division code of %(digits)s digits, and its territory the same; "
        "“%(code)s” is not."
    ),
    "parties.unit_parent_needed": _("A community belongs to a street. Give the street's code as the parent."),
    "parties.unit_parent": _(
        "A unit of the kind “%(kind)s” cannot stand under one of the kind “%(parent)s”."
    ),
    "parties.unit_twice": _(
        "The code “%(code)s” is taken already. Codes are never used again; choose another."
    ),
    "parties.unit_unknown": _("There is no unit with the code “%(code)s” at that time. Create it first."),
    "parties.unit_closed": _("This unit is closed already."),
    "parties.unit_has_posts": _(
        "%(count)s posts of this unit are still in office. End them, with a handover, "
        "before you close the unit."
    ),
    "parties.unit_has_matters": _(
        "%(count)s open matters belong to this unit. Dispatch them elsewhere first."
    ),
    "parties.unit_has_units": _("%(count)s units still stand under this one. Close or move them first."),
    "parties.unit_has_keys": _(
        "%(count)s keys of other systems still belong to this unit. Withdraw them first."
    ),
    "parties.time_zone": _("The time has no time zone. Add one, for example +08:00."),
    "parties.period": _("The end must lie after the beginning."),
    "parties.role_of_kind": _("A unit of the kind “%(kind)s” has no post “%(role)s”."),
    "parties.role_unknown": _("There is no role called “%(role)s”. Use one of: %(known)s."),
    "parties.outside_unit_period": _(
        "The unit does not exist during the whole period of the post. Shorten the period."
    ),
    "parties.grid_needed": _("A grid worker needs a grid or a community: give its code."),
    "parties.post_twice": _(
        "This person holds the same post in this unit already. End it first, or change its period."
    ),
    "parties.three_administrators": _(
        "System, security and audit administrators are separate people, and do nothing else: "
        "“%(a)s” and “%(b)s” cannot be the same person at the same time."
    ),
    "parties.judge_and_doer": _(
        "Who judges cannot be who handles: “%(a)s” and “%(b)s” cannot be the same person at the same time."
    ),
    "parties.successor_self": _("A post cannot hand over to itself. Choose another post."),
    "parties.successor_not_in_office": _(
        "The successor's post is not in office at that time. Appoint somebody first."
    ),
    "parties.successor_role": _(
        "“%(other)s” cannot take over from “%(role)s”. Choose a post of the same role."
    ),
    "parties.successor_unit": _(
        "The successor belongs to another unit. Choose a post of the same unit or one above it."
    ),
    "parties.away_past": _("That time is over. Choose an end that is ahead."),
    "parties.away_long": _("At most %(days)s days. Who is away for longer hands the post over."),
    "parties.away_twice": _("Somebody stands in for this post at that time already. End that first."),
    "parties.away_own": _("You may say this only of your own post, not of one you stand in for."),
    "parties.away_deputy_away": _("The colleague is away at that time, too. Choose another."),
    "parties.away_over": _("This absence is over already. Reload the page."),
    "parties.successor_needed": _(
        "This post still holds %(count)s open matters. Name a successor who takes them over; "
        "nothing open stays with nobody."
    ),
    "parties.transfer_left": _(
        "%(count)s matters could not be handed over, so nothing was changed. Try again."
    ),
    "parties.post_ended": _("This post has ended already. Reload the page."),
    "parties.post_holds_otherwise": _(
        "This post now holds %(count)s open matters, not %(shown)s. Look at the list again, then confirm."
    ),
    "parties.last_administrator": _(
        "This is the last “%(role)s” in office. Appoint another one first: nobody else could do it afterwards."
    ),
    "parties.own_account": _("You cannot switch off the account you are signed in with."),
    "parties.account_closed": _("This account is switched off already. Reload the page."),
    "parties.account_open": _("This account is in use already. Reload the page."),
    "parties.key_name": _("Give the key a name: which system holds it."),
    "parties.key_made": _(
        "This form made a key already; its secret was shown once. Withdraw that key if the secret is lost, and make another."
    ),
    "parties.key_withdrawn": _("This key is withdrawn already. Reload the page."),
    "parties.post_not_in_office": _("This post is not in office at that time. Choose one that is."),
    "parties.post_unknown": _("There is no such post."),
    "parties.may_lists": _("Only the system administrator changes units, people and posts."),
    "parties.may_access": _("Only the security administrator changes accounts, passwords and keys."),
    "parties.password_length": _("Take %(min)s to %(max)s characters."),
    "parties.password_login": _("The password must not contain the login name."),
    "parties.password_kinds": _(
        "Mix at least three of: small letters, capital letters, digits, other signs – "
        "or take %(phrase)s characters or more."
    ),
    "parties.password_repeats": _("Too much of it is the same sign repeated."),
    "parties.login_taken": _("The login name “%(login)s” is taken. Choose another."),
    "parties.login_shape": _("A login name has 3 to 60 letters, digits or . _ - @ +."),
    "parties.person_taken": _("This person has an account already."),
    "parties.person_unknown": _("There is no person with the number “%(number)s”. Import the people first."),
    "parties.person_twice": _("The staff number “%(number)s” is taken already."),
    "parties.channel": _(
        "A key needs the code of its channel: 1 to 24 letters, digits, hyphens or underscores."
    ),
    "parties.selector": _(
        "“%(selector)s” names no unit. Use street, community, grid_worker, department:CODE or unit:CODE."
    ),
    "parties.date": _("“%(value)s” is not a date. Write it as 2026-11-23."),
    "parties.masked": _("“%(value)s” is hidden in part. Write it out, or leave the cell as it was exported."),
    "parties.sign_in": _("Sign in first; you come back to this page afterwards."),
    "parties.locked": _(
        "Too many failed attempts. Try again after %(time)s, or ask the security administrator."
    ),
}


def refusal(no: No) -> Refused:
    """The error that a person reads; Forbidden when the rule is about who may."""
    kind = Forbidden if no.code.startswith("parties.may_") else Refused
    return kind(no.code, SENTENCES[no.code], article=no.article, field=no.field, values=_readable(no.facts))


def refuse(code: str, field: str = "", /, **facts: object) -> Refused:
    """An error that no rule but the record itself gives: taken, unknown, ended."""
    return refusal(No(code, facts, field=field))


def stale(code: str, **facts: object) -> Stale:
    """Somebody was quicker: the page that was sent no longer fits."""
    found = refuse(code, **facts)
    return Stale(found.code, found.words, values=found.values)


def demand(no: No | None) -> None:
    """Raise what the rule refuses; do nothing when it does not."""
    if no is not None:
        raise refusal(no)


def _readable(facts: Mapping[str, object]) -> dict[str, object]:
    """Role and kind codes as words; which language is chosen when the sentence is read."""
    said: dict[str, object] = {}
    for key, value in facts.items():
        if key in ("a", "b", "role", "other") and value in ROLES:
            value = ROLES[str(value)]
        elif key in ("kind", "parent") and value in rules.UNIT_KINDS:
            value = rules.UNIT_KINDS[str(value)]
        said[key] = value
    return said


def kind_name(kind: str) -> str:
    """The name of a kind of unit in the reader's language."""
    return in_language(rules.UNIT_KINDS[kind])


def role_name(role: str) -> str:
    """The name of a role in the reader's language."""
    return in_language(ROLES[role])
