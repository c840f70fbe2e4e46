"""Open data: prepared for a month that is over, published by a person, corrected only by another edition."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from gongbi.bulletin import composing, opendata, queries, queries_open, rules, shape
from gongbi.bulletin.models import Release
from gongbi.bulletin.settings import DEFAULTS
from gongbi.kernel.errors import Forbidden, Refused, Stale
from gongbi.kernel.flow.advance import advance, begin
from gongbi.kernel.scope import by_key
from gongbi.kernel.scope.viewer import MANAGER, SYSTEM, Viewer, sees_unplaced

LONGEST_WHY = 500


def _may(viewer: Viewer) -> None:
    if viewer.role != SYSTEM and not (viewer.role == MANAGER and sees_unplaced(viewer.territories)):
        raise Forbidden(
            "bulletin.open_not_yours",
            (
                "开放数据由全区的领导准备和发布。",
                "Open data is prepared and published by a manager of the whole district.",
            ),
        )


def prepare(*, month: str, viewer: Viewer, at: datetime, reason: str = "") -> Release:
    """The next edition of a month's open data, waiting to be published; the one that waits already, where there is one.

    After a published edition a ``reason`` is needed; what that one hid stays hidden, so that two editions do not give away together what
    each hides. Errors: Forbidden; Refused (no month, not over, nothing on record, no reason, nothing changed).
    """
    _may(viewer)
    sort, period = rules.period_of(month)
    if sort != rules.MONTH:
        raise Refused(
            "bulletin.open_month",
            ("开放数据按月发布，请写成 2026-10。", "Open data is published by month; write it as 2026-10."),
            field="month",
        )
    if period.end > at:
        raise Refused(
            "bulletin.not_over",
            ("%(last)s 还没有过完，过后才能出这一期。", "%(last)s is not over; this can be made after it."),
            values={"last": period.last.isoformat()},
            field="month",
        )
    known = list(Release.objects.filter(month=period.first, slot=0).order_by("edition"))
    if known and known[-1].state == "draft":
        return known[-1]
    why = " ".join(reason.split())
    if known and not 0 < len(why) <= LONGEST_WHY:
        raise Refused(
            "bulletin.why",
            (
                "请写明为什么更正（不超过 %(most)s 字）。",
                "Say why it is corrected (at most %(most)s characters).",
            ),
            values={"most": LONGEST_WHY},
            field="reason",
        )
    found = queries_open.month_of(period, settings.DISTRICT_CODE, viewer)
    if not any(table.keys and any(table.values) for table in found.tables):
        raise Refused(
            "bulletin.no_record",
            (
                "%(month)s 没有任何记录，没有可公布的数据。",
                "There is no record of %(month)s: nothing to publish.",
            ),
            values={"month": month},
            field="month",
        )
    threshold = int(queries.setting("open_threshold", viewer))
    before = {table: set[str]() for table in (one.told.code for one in found.tables)}
    for old in known:
        for table, names in old.hidden.items():
            before.setdefault(table, set()).update(names)
    hidden = [(table, table.hide(threshold, before[table.told.code])) for table in found.tables]
    edition = known[-1].edition + 1 if known else 1
    plain = opendata.document(
        hidden,
        month=rules.name_of(rules.MONTH, period.first),
        edition=edition,
        names=found.names,
        publisher=found.publisher,
        threshold=threshold,
        threshold_source=DEFAULTS["open_threshold"].source,
        licence=queries.setting("open_licence", viewer),
        definitions=found.definitions,
        synthetic=composing.invented(),
        why=why,
    )
    body = shape.canonical(plain)
    made = Release(
        territory=settings.DISTRICT_CODE,
        unit_id=viewer.unit_id,
        month=period.first,
        edition=edition,
        plain=body.decode(),
        digest=shape.digest(body),
        hidden={table.told.code: sorted(table.keys[at].name for at in one.hidden) for table, one in hidden},
        cells=sum(len(table.keys) for table, _one in hidden),
        hidden_cells=sum(len(one.hidden) for _table, one in hidden),
        why=why,
        synthetic=bool(plain["synthetic"]),
    )
    facts = {
        "month": plain["month"],
        "edition": edition,
        "digest": made.digest,
        "threshold": threshold,
        "reason": why,
    }
    try:
        with transaction.atomic():
            begin(made, viewer, at=at, transition="prepare", facts=facts)
    except IntegrityError as error:
        raise Stale(
            "bulletin.busy",
            ("这一期正有人在准备，请刷新后查看。", "Somebody is preparing it just now. Reload the page."),
        ) from error
    return made


def _load(key: int, viewer: Viewer) -> Release:
    found = by_key(Release, viewer, key, "act", lock=True)
    if found is None:
        queries_open.release_by_key(0, viewer)
        raise AssertionError("key 0 is nobody's")
    return found


@transaction.atomic
def publish_release(
    *, key: int, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Release:
    """Everybody may have it from now on; its bytes never change."""
    _may(viewer)
    one = _load(key, viewer)
    facts = {"digest": one.digest, "edition": one.edition}
    advance(one, "publish", viewer, at=at, expected_version=expected_version, facts=facts)
    one.published_at = at
    one.save(update_fields=["published_at"])
    return one


@transaction.atomic
def drop_release(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Release:
    """It will not be published; the month can be prepared again under the same edition."""
    _may(viewer)
    one = _load(key, viewer)
    facts = {"reason": " ".join(reason.split())[:LONGEST_WHY]}
    advance(one, "drop", viewer, at=at, expected_version=expected_version, facts=facts)
    one.slot = one.pk
    one.save(update_fields=["slot"])
    return one
