"""Appeals: a unit asks with evidence, somebody of another unit decides, and what was upheld counts from the next computation on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from gongbi.cases.rules import EXCLUSION_GROUNDS
from gongbi.evaluation import computing, queries, reading
from gongbi.evaluation.computing import EXCLUDE, EXEMPT, EXEMPTED
from gongbi.evaluation.models import Appeal, Edition
from gongbi.evaluation.queries_appeals import appeal_for
from gongbi.insight import queries_tally as tally
from gongbi.insight.drawing import EXCLUDABLE
from gongbi.insight.queries_tally import Told
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.flow.advance import advance, begin
from gongbi.kernel.flow.models import Link
from gongbi.kernel.scope import by_key
from gongbi.kernel.scope.viewer import HANDLER, MANAGER, Viewer

LONGEST = 500
LONGEST_EVIDENCE = 4000
ABOUT = "appeals"  # the kind of link from an appeal to its case


@dataclass(frozen=True, slots=True)
class Asked:
    """What a unit asks. ``sort``: exempt (it was not late) or exclude (it should leave the rating, on ``ground``)."""

    edition: int
    unit: int
    case: int
    sort: str
    reason: str
    evidence: str
    ground: str = ""


def said(text: str, field: str, most: int = LONGEST) -> str:
    """A text that somebody typed, its blanks tidied; refused when empty or too long."""
    kept = (
        "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
        if most > LONGEST
        else " ".join(text.split())
    )
    if not kept:
        raise Refused("evaluation.empty", ("请填写这一项。", "Please fill this in."), field=field)
    if len(kept) > most:
        raise Refused(
            "evaluation.long",
            ("文字最多 %(most)s 个字，请缩短。", "At most %(most)s characters; shorten the text."),
            values={"most": most},
            field=field,
        )
    return kept


def ask(asked: Asked, *, viewer: Viewer, at: datetime) -> Appeal:
    """Appeal about one case of the own unit in a period that has results, within the term; one for each case and period.

    Errors: Forbidden (not the own unit), NotThere (no such results, or the case is not among the unit's matters of the period), Refused
    (too late, nothing there to appeal against, appealed already).
    """
    edition = queries.edition_by_key(asked.edition, viewer)
    found = queries.results(viewer, edition)
    unit = found.rated(asked.unit)
    if viewer.role not in (HANDLER, MANAGER) or unit.id not in viewer.units:
        raise Forbidden(
            "evaluation.own_unit_only",
            (
                "只能由本单位的承办人或领导为本单位申诉。",
                "Only a handler or manager of the unit itself appeals for it.",
            ),
        )
    reason, evidence = said(asked.reason, "reason"), said(asked.evidence, "evidence", LONGEST_EVIDENCE)
    _in_time(edition, at)
    _arguable(found, unit, asked)
    appeal = Appeal(
        unit_id=unit.id,
        territory=unit.place,
        edition=edition,
        period=edition.period,
        case_id=asked.case,
        asked_unit=unit.id,
        units=sorted(unit.below),
        sort=asked.sort,
        ground=asked.ground if asked.sort == EXCLUDE else "",
        reason=reason,
        evidence=evidence,
        asked_by=viewer.actor,
        asked_person=viewer.person_id,
    )
    facts = {
        "reason": reason, "evidence": evidence, "sort": asked.sort, "ground": appeal.ground, "period": edition.period, "case": asked.case,
        "edition": edition.pk, "limit": found.inputs.scheme.review_within,
    }  # fmt: skip
    try:
        with transaction.atomic():
            begin(appeal, viewer, at=at, transition="ask", facts=facts)
            Link.objects.create(
                source_id=appeal.pk, target_id=asked.case, kind=ABOUT, at=at, actor=viewer.actor
            )
    except IntegrityError as error:
        raise Refused(
            "evaluation.twice",
            ("此件在 %(period)s 已经申诉过，每件每期只能申诉一次；要补充材料，请到那件申诉里补充证据。",
             "This case was appealed in %(period)s already: once for each case and period. To say more, add evidence to that appeal."),
            values={"period": edition.period},
        ) from error  # fmt: skip
    return appeal


def _in_time(edition: Edition, at: datetime) -> None:
    if at > edition.appeal_until:
        raise Refused(
            "evaluation.too_late",
            ("申诉期已于 %(until)s 截止，不能再申诉。", "The term for appeals ended at %(until)s."),
            values={
                "until": f"{edition.appeal_until.astimezone(reading.period(edition.period).start.tzinfo):%Y-%m-%d %H:%M}"
            },
        )


def _arguable(found: queries.Results, unit: computing.Rated, asked: Asked) -> None:
    """The case is among the unit's matters of the period, and there is something to excuse or to take out."""
    span = reading.period(found.inputs.period)
    lines = [
        line
        for line in tally.lines_of_cases(queries.COUNTER, span, [asked.case])
        if line.counted.unit in unit.below
    ]
    if not lines:
        raise NotThere(
            "evaluation.not_counted",
            ("这一期没有把此件计入贵单位，无须申诉；请核对案件编号和周期。",
             "This case is not counted for your unit in this period: there is nothing to appeal. Check its number and the period."),
            field="case",
        )  # fmt: skip
    if asked.sort == EXCLUDE:
        if asked.ground not in EXCLUSION_GROUNDS:
            raise Refused(
                "evaluation.ground",
                ("请选择剔除的理由。", "Choose the ground for leaving the rating."),
                field="ground",
            )
        good = any(line.counted.what in EXCLUDABLE and not line.counted.excluded for line in lines)
    elif asked.sort == EXEMPT:
        good = _late(lines)
    else:
        raise Refused(
            "evaluation.sort",
            ("请选择申诉“未超期”还是“应剔除”。", "Say whether it was not late or should be left out."),
            field="sort",
        )
    if not good:
        raise Refused(
            "evaluation.nothing",
            ("此件在这一期没有超期，也没有未剔除的计分项，申诉不会改变成绩。",
             "This case was neither late nor counted in a way that could be left out: an appeal would change nothing."),
            field="sort",
        )  # fmt: skip


def _late(lines: Iterable[Told]) -> bool:
    """Whether something was handled or closed late, or not at all by the end of the period, and not excused yet."""
    flags = [line.counted.flags for line in lines if line.counted.what in EXEMPTED]
    return any((one.late or not one.done) and not one.exempt for one in flags)


def _load(key: int, viewer: Viewer) -> Appeal:
    """The appeal, locked until the transaction ends; NotThere when it is not this viewer's to see."""
    found = by_key(Appeal, viewer, key, "act", lock=True)
    if found is None:
        appeal_for(0, viewer)
        raise AssertionError("appeal_for() refuses key 0")
    return found


@transaction.atomic
def supplement(
    *, key: int, evidence: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Appeal:
    """More evidence, by the unit that asked, while it is under review."""
    appeal = _load(key, viewer)
    text = said(evidence, "evidence", LONGEST_EVIDENCE)
    advance(appeal, "supplement", viewer, at=at, expected_version=expected_version, facts={"evidence": text})
    return appeal


@transaction.atomic
def uphold(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Appeal:
    """The unit is right. Its results are computed again by the worker: a new edition beside the old one."""
    return _decide("uphold", key, reason, viewer, at, expected_version)


@transaction.atomic
def refuse(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Appeal:
    """The results stand."""
    return _decide("refuse", key, reason, viewer, at, expected_version)


def _decide(step: str, key: int, reason: str, viewer: Viewer, at: datetime, version: int | None) -> Appeal:
    appeal = _load(key, viewer)
    text = said(reason, "reason")
    facts = {"reason": text, "period": appeal.period, "case": appeal.case_id}
    advance(appeal, step, viewer, at=at, expected_version=version, facts=facts)
    appeal.answer = text
    appeal.save(update_fields=["answer"])
    return appeal


@transaction.atomic
def withdraw(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Appeal:
    """The unit takes it back; within the term it may appeal again."""
    appeal = _load(key, viewer)
    advance(
        appeal,
        "withdraw",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"reason": said(reason, "reason")},
    )
    appeal.slot = appeal.pk
    appeal.save(update_fields=["slot"])
    return appeal
