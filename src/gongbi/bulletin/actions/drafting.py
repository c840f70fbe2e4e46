"""Drafts: by the night, by hand for any period that is over, and as the correction of an edition that was issued.

The figures are taken before the transaction begins: nothing is locked while a district is counted.
"""

from __future__ import annotations

from datetime import datetime

import orjson
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from gongbi.bulletin import composing, queries, rules, shape
from gongbi.bulletin.models import Bulletin
from gongbi.bulletin.scope import LONGEST, WRITERS
from gongbi.insight import actions_hot, queries_tally
from gongbi.insight.period import Period
from gongbi.kernel.errors import Forbidden, Refused, Stale
from gongbi.kernel.flow.advance import begin
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import SYSTEM, Viewer

NIGHT = 2  # local hour from which the day before is drafted
LONGEST_WHY = 500
HOT_MOST = 31  # days; hot issues are looked for in no longer period


def _may(viewer: Viewer, territory: str) -> None:
    if viewer.role == SYSTEM:
        return
    if viewer.role not in WRITERS or not viewer.covers(territory):
        raise Forbidden(
            "bulletin.not_yours",
            ("只有管辖这个区域的领导或派遣员可以编写它的简报。", "Only managers and dispatchers of the place write its bulletins."),
        )  # fmt: skip


def _known_place(territory: str, period: Period) -> None:
    words = composing.place_words(territory, period)
    if len(territory) > LONGEST or not territory.startswith(settings.DISTRICT_CODE) or words[0] == territory:
        raise Refused(
            "bulletin.place",
            (
                "没有这个区或街道，请从列表中选择。",
                "There is no such district or street; choose one from the list.",
            ),
            field="territory",
        )


def _over(period: Period, at: datetime) -> None:
    if period.end > at:
        raise Refused(
            "bulletin.not_over",
            (
                "%(last)s 还没有过完，过后才能出这一期。",
                "%(last)s is not over; this bulletin can be made after it.",
            ),
            values={"last": period.last.isoformat()},
            field="period",
        )


def draft(*, period: str, territory: str, viewer: Viewer, at: datetime) -> Bulletin:
    """The draft of the first edition of a period and place, or the newest edition where there is one already.

    ``period``: 2026-10-31, 2026-W44 or 2026-10. Errors: Forbidden; Refused (no such place or period, not over, nothing on record).
    """
    sort, span = rules.period_of(period)
    _may(viewer, territory)
    _known_place(territory, span)
    _over(span, at)
    known = queries.standing(sort, territory, span, viewer)
    if known is not None:
        return known
    if not _begun(span, territory):
        raise Refused(
            "bulletin.no_record",
            (
                "%(last)s 以前没有任何诉求记录，没有可写的内容。",
                "There is no report on record up to %(last)s: nothing to tell.",
            ),
            values={"last": span.last.isoformat()},
            field="period",
        )
    try:
        return _insert(sort, span, territory, viewer, at, edition=1)
    except IntegrityError as error:  # somebody else drafted it at the same moment
        found = queries.standing(sort, territory, span, viewer)
        if found is None:
            raise _busy() from error
        return found


def _begun(period: Period, territory: str) -> bool:
    first = queries_tally.begun(composing.reader(territory))
    return first is not None and first < period.end


def _busy() -> Stale:
    return Stale(
        "bulletin.busy",
        (
            "这一期正有人在编写，请刷新后查看。",
            "Somebody is writing this bulletin just now. Reload the page.",
        ),
    )


def compose(sort: str, period: Period, territory: str, *, at: datetime) -> tuple[shape.Plain, bytes]:
    """The figures and their bytes; hot issues of the period are worked out first where nobody has yet."""
    if period.days <= HOT_MOST:
        actions_hot.fresh(period, at=at)
    plain = composing.compose(sort, period, territory, at=at)
    return plain, shape.canonical(plain)


def _insert(
    sort: str,
    period: Period,
    territory: str,
    viewer: Viewer,
    at: datetime,
    *,
    edition: int,
    corrects: Bulletin | None = None,
    why: str = "",
) -> Bulletin:
    plain, body = compose(sort, period, territory, at=at)
    made = Bulletin(
        territory=territory,
        place=territory,
        unit_id=viewer.unit_id,
        sort=sort,
        first=period.first,
        last=period.last,
        edition=edition,
        plain=body.decode(),
        digest=shape.digest(body),
        taken_at=at,
        text=corrects.text if corrects is not None else "",
        edited_by="" if viewer.role == SYSTEM else viewer.actor,
        edited_person=viewer.person_id,
        corrects=corrects,
        why=why,
        changes=[] if corrects is None else shape.differences(orjson.loads(corrects.plain), plain),
        synthetic=bool(plain["synthetic"]),
    )
    facts = {
        "period": rules.name_of(sort, period.first), "edition": edition, "digest": made.digest, "reason": why,
        "corrects": None if corrects is None else corrects.number,
    }  # fmt: skip
    with transaction.atomic():
        begin(made, viewer, at=at, transition="draft", facts=facts)
    return made


def correct(*, key: int, reason: str, viewer: Viewer, at: datetime) -> Bulletin:
    """Another edition of a bulletin that was issued: its figures taken anew, its words copied, what changed listed. The old one stays.

    Errors: NotThere; Forbidden; Refused where it was not issued, has a later edition, or no reason is given.
    """
    old = visible(Bulletin, viewer).filter(pk=key).first()
    if old is None:
        queries.bulletin_by_number("", viewer)
        raise AssertionError("an empty number is nobody's")
    _may(viewer, old.place)
    why = " ".join(reason.split())[: LONGEST_WHY + 1]
    if not why or len(why) > LONGEST_WHY:
        raise Refused(
            "bulletin.why",
            (
                "请写明为什么更正（不超过 %(most)s 字）。",
                "Say why it is corrected (at most %(most)s characters).",
            ),
            values={"most": LONGEST_WHY},
            field="reason",
        )
    newest = queries.standing(old.sort, old.place, Period(old.first, old.last), viewer)
    if old.state != "issued" or (newest is not None and newest.pk != old.pk):
        raise Refused(
            "bulletin.not_newest",
            (
                "只能更正已印发的最新一版；%(newest)s 已在它之后，请到那一版去改。",
                "Only the newest issued edition is corrected; %(newest)s follows it. Change that one.",
            ),
            values={"newest": newest.number if newest is not None else old.number},
        )
    try:
        return _insert(
            old.sort,
            Period(old.first, old.last),
            old.place,
            viewer,
            at,
            edition=old.edition + 1,
            corrects=old,
            why=why,
        )
    except IntegrityError as error:
        raise _busy() from error


def nightly(*, viewer: Viewer, at: datetime) -> list[Bulletin]:
    """Draft what the night owes: yesterday, on Mondays last week, on the first last month. Once each; nothing before two o'clock, nothing
    that the district switched off, nothing before there is a record."""
    local = timezone.localtime(at)
    if local.hour < NIGHT:
        return []
    made = []
    for sort, period in rules.due(local.date()):
        wanted = queries.setting(f"night_{sort}", viewer) == "yes"
        name, place = rules.name_of(sort, period.first), settings.DISTRICT_CODE
        dropped = Bulletin.objects.filter(sort=sort, place=place, first=period.first).exists()
        if wanted and not dropped and _begun(period, place):
            made.append(draft(period=name, territory=place, viewer=viewer, at=at))
    return made
