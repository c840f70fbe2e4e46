"""Results of a period: computed, and kept beside those that were there."""

from __future__ import annotations

from datetime import datetime

import orjson
from django.db import IntegrityError, transaction
from django.utils import timezone

from gongbi.evaluation import computing, queries, queries_rules, reading
from gongbi.evaluation.actions.ruling import try_out
from gongbi.evaluation.computing import Inputs
from gongbi.evaluation.models import Appeal, Edition
from gongbi.evaluation.queries_rules import RuleSet, rules_on
from gongbi.kernel.clock.batch import plan
from gongbi.kernel.errors import Forbidden, Refused, Stale
from gongbi.kernel.outbox.actions import publish
from gongbi.kernel.scope.viewer import ADMIN, MANAGER, SYSTEM, Viewer, sees_unplaced

NIGHT = 2  # local hour from which the month before is evaluated
_TRIES = 5
FIRST, APPEAL, FACTS = "first", "appeal", "facts"


def evaluate(
    *,
    scheme: str,
    period: str,
    viewer: Viewer,
    at: datetime,
    held: RuleSet | None = None,
    counting: queries.Counting | None = None,
) -> Edition:
    """The results of a scheme's period: the edition that holds them already, or a new one beside those that were there.

    The first edition fixes rules and units for good: later ones differ only by appeals and, should a ledger have been folded anew, by what
    was counted. ``counting``: shared by schemes evaluated together.

    Errors: Forbidden; Refused for a period that is not over or not the scheme's; Stale when others kept changing what counts.
    """
    _may(viewer)
    span = reading.period(period)
    if span.end > at:
        raise Refused(
            "evaluation.not_over",
            (
                "%(period)s 还没有结束，%(day)s 之后才能考评。",
                "%(period)s is not over; it can be evaluated after %(day)s.",
            ),
            values={"period": period, "day": span.last.isoformat()},
            field="period",
        )
    for _try in range(_TRIES):
        inputs = _inputs(scheme, period, viewer, held)
        if reading.sort_of(period) != inputs.scheme.period:
            raise Refused(
                "evaluation.other_period",
                (
                    "方案“%(scheme)s”按 %(sort)s 考评，不能考评 %(period)s。",
                    "The scheme “%(scheme)s” is evaluated by %(sort)s, not for %(period)s.",
                ),
                values={"scheme": inputs.scheme.words, "sort": inputs.scheme.period, "period": period},
                field="period",
            )
        if not inputs.units:
            raise Refused(
                "evaluation.nobody",
                (
                    "%(period)s 结束时还没有方案“%(scheme)s”适用的单位，无从考评；请核对周期和单位的考核类别。",
                    "At the end of %(period)s there was no unit of the classes of “%(scheme)s”. Check the period and the ranking classes of units.",
                ),
                values={"period": period, "scheme": inputs.scheme.words},
                field="period",
            )
        lines, facts = queries.lines_for(viewer, inputs, counting)
        body = computing.body(inputs, lines, facts)
        try:
            kept = _keep(inputs, body, facts, viewer, at)
        except IntegrityError:  # another kept an edition of this number in the meantime
            continue
        if kept is not None:
            return kept
    raise Stale(
        "evaluation.busy",
        (
            "这一期的申诉正在变动，成绩没有保存，请稍后再算。",
            "Appeals of this period keep changing; nothing was kept. Try again in a moment.",
        ),
    )


def _may(viewer: Viewer) -> None:
    whole = sees_unplaced(viewer.territories)
    if viewer.role not in (SYSTEM, ADMIN) and not (viewer.role == MANAGER and whole):
        raise Forbidden(
            "evaluation.compute",
            (
                "只有全区的领导或系统管理员可以计算成绩。",
                "Only a manager of the whole district or an administrator has results computed.",
            ),
        )


def _inputs(scheme: str, period: str, viewer: Viewer, held: RuleSet | None) -> Inputs:
    first = Edition.objects.filter(scheme=scheme, period=period).order_by("number").first()
    if first is None:
        return queries.inputs_for(viewer, scheme, period, held=held)
    kept = computing.inputs_of(orjson.loads(first.inputs))
    appeals = queries.upheld(viewer, period, kept.units, kept.indicators)
    return Inputs(kept.period, kept.scheme, kept.indicators, kept.units, appeals, kept.versions)


def _keep(inputs: Inputs, body: bytes, facts: str, viewer: Viewer, at: datetime) -> Edition | None:
    """Keep an edition unless the newest one is the same; None when an appeal was upheld meanwhile. IntegrityError when two keep at once."""
    plain = reading.canonical(inputs.plain())
    span = reading.period(inputs.period)
    with transaction.atomic():
        before = (
            Edition.objects.select_for_update()
            .filter(scheme=inputs.scheme.code, period=inputs.period)
            .order_by("-number")
            .first()
        )
        if queries.upheld(viewer, inputs.period, inputs.units, inputs.indicators) != list(inputs.appeals):
            return None
        if before is not None and before.digest == reading.digest(body):
            return before
        why = FIRST
        if before is not None:
            why = FACTS if before.inputs_digest == reading.digest(plain) else APPEAL
        limit = plan([("appeal", inputs.scheme.appeal_within)], at=at)[0].due_at
        edition = Edition(
            scheme=inputs.scheme.code,
            period=inputs.period,
            first=span.first,
            last=span.last,
            number=before.number + 1 if before is not None else 1,
            why=why,
            inputs=plain.decode(),
            body=body.decode(),
            inputs_digest=reading.digest(plain),
            facts_digest=facts,
            digest=reading.digest(body),
            made_at=at,
            actor=viewer.actor,
            appeal_until=before.appeal_until if before is not None else limit,
        )
        edition.save(force_insert=True)
        payload = {
            "edition": edition.pk,
            "scheme": edition.scheme,
            "period": edition.period,
            "number": edition.number,
        }
        publish("evaluation.kept", at=at, payload=payload)
        return edition


def evaluate_again(*, period: str, viewer: Viewer, at: datetime) -> list[Edition]:
    """Compute every scheme of a period that has results already: after an appeal was upheld. Idempotent."""
    schemes = list(
        Edition.objects.filter(period=period).order_by("scheme").values_list("scheme", flat=True).distinct()
    )
    decided = [
        one.pk for one in Appeal.objects.filter(period=period, state="upheld", entered_at__isnull=True)
    ]
    counting = queries.Counting()
    made = [
        evaluate(scheme=scheme, period=period, viewer=viewer, at=at, counting=counting) for scheme in schemes
    ]
    Appeal.objects.filter(pk__in=decided).update(entered_at=at)
    return made


def catch_up(*, viewer: Viewer, at: datetime) -> int:
    """Compute what decisions have made necessary: periods with upheld appeals that their results do not hold yet, and changes of rule that
    wait to be tried out. Returns how many of both."""
    waiting = queries.behind(viewer)
    for period in waiting:
        evaluate_again(period=period, viewer=viewer, at=at)
    drafts = [row for row in queries_rules.drafts(viewer) if row.tried_at is None]
    for row in drafts:
        try_out(key=row.pk, viewer=viewer, at=at)
    return len(waiting) + len(drafts)


def nightly(*, viewer: Viewer, at: datetime) -> list[Edition]:
    """Evaluate, once, every scheme whose last period has no results yet. Nothing before two o'clock, or while there is no unit to rate."""
    local = timezone.localtime(at)
    if local.hour < NIGHT:
        return []
    made = []
    for sort in ("month", "quarter", "year"):
        period = reading.before(reading.name_of(sort, local.date()))
        held = rules_on(viewer, reading.period(period).first)
        there = set(Edition.objects.filter(period=period).values_list("scheme", flat=True))
        wanted = [
            scheme.code
            for scheme in held.schemes.values()
            if scheme.period == sort and scheme.code not in there and _begun(scheme.code, period, viewer)
        ]
        counting = queries.Counting()
        made += [
            evaluate(scheme=code, period=period, viewer=viewer, at=at, held=held, counting=counting)
            for code in wanted
        ]
    return made


def _begun(scheme: str, period: str, viewer: Viewer) -> bool:
    """Whether there was anybody to rate then."""
    return bool(queries.inputs_for(viewer, scheme, period).units)
