"""What the desk does with a case: accept, reject, ask, send back, dispatch; and the adjudicator's ruling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from gongbi.cases import rules
from gongbi.cases.actions.informers import hide_reporters, informs
from gongbi.cases.actions.receive import check_point, outside
from gongbi.cases.actions.step import load, take
from gongbi.cases.models import Case, Contest, Part, Question
from gongbi.cases.queries.settings import setting
from gongbi.cases.wording import clean_text
from gongbi.duties import actions as duty_actions
from gongbi.duties import queries as duties
from gongbi.duties import rules as duty_rules
from gongbi.kernel.clock.limits import parse
from gongbi.kernel.errors import Refused
from gongbi.kernel.rows import ask
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import queries as parties
from gongbi.science.twins import cell
from gongbi.territory import queries as territory

if TYPE_CHECKING:
    from gongbi.parties.models import Unit


@transaction.atomic
def accept(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    kind: str,
    standard: str = "",
    division: str = "",
    lon: float | None = None,
    lat: float | None = None,
    expected_version: int | None = None,
) -> Case:
    """File the case under a kind and its filing condition, at a place. Nothing is filed without a condition (guard 1).

    Under a kind that informers report, who reported is hidden from the units from now on. What the person chose against the
    machine's proposal is remembered for the classifier. ``division``: a community or grid code.
    """
    case = load(case_id, viewer)
    entry = duties.kind(kind)
    if entry is None:
        raise Refused(
            "cases.kind",
            ("没有代码为 %(code)s 的类别。", "There is no kind with the code %(code)s."),
            values={"code": kind},
            field="kind",
        )
    chosen = (
        duties.standard(standard, kind, on=at)
        if standard
        else duties.default_standard(kind, case.title, on=at)
    )
    if chosen is None:
        raise Refused(
            "cases.standard",
            ("请选择这个类别的一条立案条件。", "Choose one of the filing conditions of this kind."),
            field="standard",
        )
    move = {}
    columns: dict[str, object] = {}
    check_point(lon, lat)
    if lon is not None and lat is not None:
        placed = territory.locate(lon, lat, on=at)
        if placed is None:
            raise outside()
        columns |= {"lon": lon, "lat": lat, "cell": cell(lon, lat)}
        division = division or placed.code
    if division:
        if territory.division(division, on=at) is None:
            raise Refused(
                "cases.division",
                (
                    "没有代码为 %(code)s 的社区或网格。",
                    "There is no community or grid with the code %(code)s.",
                ),
                values={"code": division},
                field="division",
            )
        move["territory"] = division
    elif not case.territory:
        raise Refused(
            "cases.no_place",
            (
                "立案前请先确定地点：在地图上选点，或选择社区。",
                "Settle the place first: choose a point on the map or a community.",
            ),
            field="division",
        )
    proposed = [option["code"] for option in case.proposal.get("kinds", [])[:1]]
    take(
        case,
        "accept",
        viewer,
        at=at,
        expected_version=expected_version,
        move=move,
        facts={
            "kind": kind,
            "standard": chosen.code,
            "proposed_kind": proposed[0] if proposed else "",
            "territory": division or case.territory,
            **({"reporters_hidden": True} if informs(kind) else {}),
        },
        kind=kind,
        standard=chosen.code,
        limit=chosen.limit,
        on_spot=entry.on_spot,
        **columns,
    )
    hide_reporters(case)
    duty_actions.learn(
        text=_text(case),
        kind=kind,
        proposed=proposed[0] if proposed else "",
        source=f"case:{case.pk}",
        viewer=viewer,
        at=at,
    )
    return case


def _text(case: Case) -> str:
    first = ask("SELECT text FROM cases_report WHERE case_id = %s ORDER BY id LIMIT 1", [case.pk])
    return str(first[0][0]) if first and first[0][0] else case.title


@transaction.atomic
def reject(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    ground: str,
    reason: str,
    expected_version: int | None = None,
) -> Case:
    """Not accept it, for one of the lawful grounds; the reporter is told the reason."""
    case = load(case_id, viewer)
    article = rules.check_reject_ground(ground)
    take(
        case,
        "reject",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"ground": ground, "reason": clean_text(reason), "article": article},
    )
    return case


@transaction.atomic
def clarify(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    question: str,
    report_id: int | None = None,
    expected_version: int | None = None,
) -> Case:
    """Ask a reporter for what is missing; the accept clock pauses until the answer or the term."""
    return ask_reporter(
        case_id=case_id,
        viewer=viewer,
        at=at,
        question=question,
        report_id=report_id,
        expected_version=expected_version,
        transition="clarify",
    )


def ask_reporter(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    question: str,
    report_id: int | None,
    expected_version: int | None,
    transition: str,
) -> Case:
    """Put a question to one reporter (the first unless named), in the caller's transaction."""
    case = load(case_id, viewer)
    text = clean_text(question)
    if not text:
        raise Refused("cases.no_question", ("请写下要问的问题。", "Write the question."), field="question")
    reports = case.reports.order_by("id")
    report = reports.filter(pk=report_id).first() if report_id else reports.first()
    if report is None:
        raise Refused(
            "cases.no_report", ("这个案件没有这条诉求。", "This case has no such report."), field="report"
        )
    asked = Question.objects.create(case=case, report=report, asked_at=at, asked_by=viewer.actor, text=text)
    take(
        case,
        transition,
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"question": asked.pk, "report": report.pk},
    )
    return case


@transaction.atomic
def send_back(
    *, case_id: int, viewer: Viewer, at: datetime, reason: str, expected_version: int | None = None
) -> Case:
    """Return an accepted case to acceptance; all process data is kept."""
    case = load(case_id, viewer)
    take(
        case,
        "send_back",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"reason": clean_text(reason)},
    )
    return case


@transaction.atomic
def dispatch(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    unit_id: int,
    co_units: Sequence[int] = (),
    duty_item: str = "",
    limit: str = "",
    expected_version: int | None = None,
) -> Case:
    """Send it to one lead and any number of co-handlers, with the duty item, the article and the limit.

    A community is refused what is not on its three lists, and never leads on an *assist* item (duties.rules, with the article).
    """
    case = load(case_id, viewer)
    item = _item(case, duty_item, at)
    _unit, basis = _check_unit(unit_id, item, lead=True)
    others = [unit for unit in dict.fromkeys(co_units) if unit != unit_id]
    for other in others:
        _check_unit(other, item, lead=False)
    proposed = case.proposal.get("route") or {}
    article = basis or str(proposed.get("article", "")) or _kind_article(case, at)
    limit = limit or case.limit or setting("handle_limit")
    parse(limit)
    old = {part.unit_id: part for part in case.parts.all()}
    for unit in others:
        if unit not in old:
            Part.objects.create(case=case, unit_id=unit, given_at=at)
    gone = [part.pk for part in old.values() if part.done_at is None and part.unit_id not in others]
    if gone:
        Part.objects.filter(pk__in=gone).delete()
    take(
        case,
        "dispatch",
        viewer,
        at=at,
        expected_version=expected_version,
        move={"unit_id": unit_id},
        facts={
            "unit": unit_id,
            "co_units": others,
            "item": item.code if item else "",
            "list": item.list_type if item else "",
            "article": article,
            "limit": limit,
            "response_limit": setting("response_limit"),
            "basis": article,
            "proposed_unit": proposed.get("unit_code", ""),
        },
        duty_item=item.code if item else "",
        list_type=item.list_type if item else "",
        article=article[:160],
        limit=limit,
    )
    return case


def _check_unit(unit_id: int, item: duties.Item | None, *, lead: bool) -> tuple[Unit, str]:
    """That the unit exists and the three lists allow it; the unit and the article that makes it theirs. Else Refused."""
    unit = parties.unit_by_id(unit_id)
    if unit is None:
        raise Refused(
            "cases.unit",
            (
                "没有这个单位，或它已撤销。请另选。",
                "There is no such unit, or it was dissolved. Choose another.",
            ),
            field="unit",
        )
    return unit, duty_rules.check_community_lists(item, unit.kind, lead)


def _item(case: Case, code: str, at: datetime) -> duties.Item | None:
    """The item of the three lists that covers this kind here; a named one must cover it."""
    if not code:
        return duties.item_for_kind(case.kind, case.territory[:12], on=at)
    item = duties.duty_item(code, on=at)
    if item is None or not item.covers(case.kind, case.territory[:12]):
        raise Refused(
            "cases.duty_item",
            (
                "清单事项 %(code)s 不存在，或不包含这类案件。",
                "There is no list item %(code)s, or it does not cover this kind.",
            ),
            values={"code": code},
            field="duty_item",
        )
    return item


def _kind_article(case: Case, at: datetime) -> str:
    """The basis of the filing condition; without one, the catalogue itself says whose it is."""
    filing = duties.standard(case.standard, on=at)
    return filing.basis if filing and filing.basis else "类别目录"


@transaction.atomic
def rule(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    unit_id: int,
    reason: str,
    article: str,
    precedent: bool = True,
    expected_version: int | None = None,
) -> Case:
    """Decide a twice-contested dispatch. It binds: the designated unit may not return it. It becomes a precedent for the router."""
    case = load(case_id, viewer)
    unit, _basis = _check_unit(unit_id, _item(case, "", at), lead=True)
    text, article = clean_text(reason), clean_text(article)
    loser = case.unit_id
    move = {"unit_id": unit_id}
    take(
        case,
        "rule",
        viewer,
        at=at,
        expected_version=expected_version,
        move=move,
        facts={
            "unit": unit_id,
            "reason": text,
            "article": article,
            "contested_by": loser,
            "upheld": unit_id != loser,
        },
        ruled=True,
        article=article[:160],
    )
    case.parts.filter(unit_id=unit_id, done_at__isnull=True).delete()  # it leads now
    Contest.objects.filter(case=case, ruled_at__isnull=True).update(
        ruled_at=at, ruled_by=viewer.actor, ruled_unit_id=unit_id, ruling=text
    )
    if precedent:
        duty_actions.add_precedent(
            kind=case.kind,
            territory=case.territory[:9],
            unit_code=unit.code,
            case_number=case.number,
            reason=text,
            article=article,
            viewer=viewer,
            at=at,
        )
    return case
