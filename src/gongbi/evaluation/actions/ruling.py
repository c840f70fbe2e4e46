"""Changing a rule: proposed, tried out on the year before, decided by somebody else, in force from a day to come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from gongbi.evaluation import queries_rules, reading, trying
from gongbi.evaluation.models import Rule
from gongbi.evaluation.queries_rules import INDICATOR, KINDS, rules_on
from gongbi.evaluation.rules import Indicator, Scheme
from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.kernel.outbox.actions import publish
from gongbi.kernel.scope.viewer import ADMIN, MANAGER, SYSTEM, Viewer, sees_unplaced

LONGEST_NOTE = 500


def _may(viewer: Viewer) -> None:
    if viewer.role not in (SYSTEM, ADMIN) and not (
        viewer.role == MANAGER and sees_unplaced(viewer.territories)
    ):
        raise Forbidden(
            "evaluation.change_rules",
            (
                "只有全区的领导或系统管理员可以修改考评口径。",
                "Only a manager of the whole district or an administrator changes the rules of evaluation.",
            ),
        )


def read(kind: str, plain: Mapping[str, Any]) -> Indicator | Scheme:
    """The rule that ``plain`` says. Refused with what is wrong, where, and what to do."""
    if kind not in KINDS:
        raise NotThere(
            "evaluation.kind",
            ("没有这种规则，只有指标和方案。", "There is no such rule: indicators and schemes only."),
        )
    return reading.indicator(plain) if kind == INDICATOR else reading.scheme(plain)


def propose(*, kind: str, plain: Mapping[str, Any], note: str, viewer: Viewer, at: datetime) -> Rule:
    """A draft of a new version. Refused where it cannot be read or does not fit the other rules. It is tried out by the worker."""
    _may(viewer)
    one = read(kind, plain)
    rules_on(viewer, timezone.localdate(at)).with_rule(kind, one)
    said = " ".join(note.split())
    if not said or len(said) > LONGEST_NOTE:
        raise Refused(
            "evaluation.note",
            (
                "请说明为什么修改，不超过 %(most)s 个字。",
                "Say why the rule is changed, in at most %(most)s characters.",
            ),
            values={"most": LONGEST_NOTE},
            field="note",
        )
    try:
        with transaction.atomic():
            last = Rule.objects.filter(kind=kind, code=one.code).aggregate(n=Max("number"))["n"] or 0
            row = Rule.objects.create(
                kind=kind,
                code=one.code,
                number=last + 1,
                plain=reading.canonical(one.plain()).decode(),
                note=said,
                proposed_at=at,
                proposed_by=viewer.actor,
                proposed_person=viewer.person_id,
            )
            publish("evaluation.proposed", at=at, payload={"rule": row.pk, "code": row.code})
    except IntegrityError as error:
        raise Stale(
            "evaluation.two_at_once",
            ("另一个人刚刚提出了同一规则的新版本，您的没有保存，请刷新后再看。",
             "Somebody else has just proposed a version of this rule. Yours was not kept; reload and look."),
        ) from error  # fmt: skip
    return row


def try_out(*, key: int, viewer: Viewer, at: datetime) -> Rule:
    """What the draft would have changed in the year before, computed and kept with it. Idempotent; reads before it writes."""
    row = queries_rules.rule(key, viewer)
    one = queries_rules.held(key, viewer)
    told = trying.compare(row.kind, one, viewer=viewer, today=timezone.localdate(at))
    with transaction.atomic():
        fresh = Rule.objects.select_for_update().get(pk=row.pk)
        if fresh.enacted_at is None and fresh.withdrawn_at is None:
            fresh.tried, fresh.tried_at = told, at
            fresh.save(update_fields=["tried", "tried_at"])
    return fresh


@transaction.atomic
def enact(*, key: int, valid_from: date, viewer: Viewer, at: datetime) -> Rule:
    """Let a draft hold from a day to come; it counts for the periods that begin then or later. Not by the one who proposed it.

    Refused before it was tried out, for a day that is not ahead, and where it no longer fits the other rules.
    """
    _may(viewer)
    row = _waiting(key)
    same_person = row.proposed_person is not None and row.proposed_person == viewer.person_id
    if row.proposed_by == viewer.actor or same_person:
        raise Refused(
            "evaluation.own_rule",
            (
                "提出修改的人不能自己批准，请由另一位批准。",
                "Whoever proposed a change does not decide on it. Ask somebody else.",
            ),
        )
    if row.tried_at is None:
        raise Refused(
            "evaluation.not_tried",
            (
                "还没有用去年的数据试算，看过试算结果才能批准；请稍候刷新。",
                "It has not been tried out on last year yet. Look at what changes first; reload in a moment.",
            ),
        )
    today = timezone.localdate(at)
    if valid_from <= today:
        raise Refused(
            "evaluation.backwards",
            (
                "生效日期须晚于今天（%(today)s）：已开始的周期不改规则。",
                "It takes effect after today (%(today)s): a period that has begun keeps its rules.",
            ),
            values={"today": today.isoformat()},
            field="valid_from",
        )
    rules_on(viewer, valid_from).with_rule(row.kind, queries_rules.held(key, viewer))
    row.valid_from, row.enacted_at, row.enacted_by = valid_from, at, viewer.actor
    row.save(update_fields=["valid_from", "enacted_at", "enacted_by"])
    publish(
        "evaluation.enacted",
        at=at,
        payload={"rule": row.pk, "code": row.code, "from": valid_from.isoformat()},
    )
    return row


@transaction.atomic
def drop(*, key: int, viewer: Viewer, at: datetime) -> Rule:
    """Withdraw a draft. What was decided stays; a new version replaces it."""
    _may(viewer)
    row = _waiting(key)
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_at"])
    return row


def _waiting(key: int) -> Rule:
    row = Rule.objects.select_for_update().filter(pk=key).first() if 0 < key < 2**63 else None
    if row is None or row.enacted_at is not None or row.withdrawn_at is not None:
        raise Stale(
            "evaluation.decided",
            (
                "这个版本已经批准或撤回，不能再改；请提出新的版本。",
                "This version has been decided on or withdrawn already. Propose a new one.",
            ),
        )
    return row
