"""Knowledge is written by one and reviewed by another; answers that were used are counted; both knowledge and calls come from files too."""

from __future__ import annotations

from datetime import date, datetime
from typing import IO

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import ADMIN, CLERK, DISPATCHER, SYSTEM, Viewer
from gongbi.kernel.tables import read_table
from gongbi.seat import exchange, queries, rules
from gongbi.seat.models import Article, CallDay, Threshold, Use, Version

WRITERS = frozenset({CLERK, DISPATCHER, ADMIN, SYSTEM})
REVIEWERS = frozenset({DISPATCHER, ADMIN, SYSTEM})


def _writer(viewer: Viewer) -> None:
    if viewer.role not in WRITERS:
        raise Forbidden(
            "seat.write",
            (
                "只有受理员、派遣员和管理员可以写知识。",
                "Clerks, dispatchers and administrators write knowledge.",
            ),
        )


def _text(field: str, text: str, most: int, *, needed: bool = True) -> str:
    made = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if (needed and not made) or len(made) > most:
        raise Refused(
            "seat.text",
            ("请填写，最多 %(most)s 个字。", "Write something, %(most)s characters at most."),
            values={"most": most},
            field=field,
        )
    return made


@transaction.atomic
def write(
    *, viewer: Viewer, at: datetime, today: date, title: str, answer: str, body: str = "", words: str = "", kind: str = "", basis: str = "",
    valid_until: date | None = None, article_id: int | None = None, expected: int | None = None,
) -> Version:  # fmt: skip
    """A new article, or a new version of one; a draft until somebody else reviews it, and meanwhile the old one counts.

    ``expected``: the newest version's number on the screen; Refused when another one was written since, or the last day is over already.
    """
    _writer(viewer)
    if valid_until is not None and valid_until < today:
        raise Refused(
            "seat.past", ("有效期的最后一天已经过去。", "Its last day is over already."), field="valid_until"
        )
    if article_id is None:
        article = Article.objects.create(created_at=at)
    else:
        queries.article_of(viewer, article_id)
        article = Article.objects.select_for_update().get(pk=article_id)
    last = Version.objects.filter(article=article).aggregate(n=Max("number"))["n"] or 0
    if expected is not None and expected != last:
        raise Refused(
            "seat.version",
            ("这条知识刚被别人改过，请重新打开。", "Somebody has just changed this article; open it again."),
        )
    row = Version(
        article=article, number=last + 1, title=_text("title", title, rules.MOST_TITLE), answer=_text("answer", answer, rules.MOST_ANSWER),
        body=_text("body", body, rules.MOST_BODY, needed=False), words=_text("words", words, 200, needed=False), kind=kind[:8],
        basis=_text("basis", basis, 160, needed=False), valid_until=valid_until, author=viewer.actor, written_at=at,
    )  # fmt: skip
    row.save(force_insert=True)
    return row


@transaction.atomic
def review(*, version_id: int, viewer: Viewer, at: datetime) -> Version:
    """Put a draft in force. Refused for its author: four eyes; Forbidden for whoever does not review."""
    if viewer.role not in REVIEWERS:
        raise Forbidden(
            "seat.review",
            ("只有派遣员和管理员可以审核知识。", "Dispatchers and administrators review knowledge."),
        )
    row = Version.objects.select_for_update().select_related("article").filter(pk=version_id).first()
    if row is None or row.reviewed_at is not None or row.article.withdrawn_at is not None:
        raise Refused("seat.no_draft", ("没有待审核的这一版。", "No such draft waits for review."))
    if row.author == viewer.actor:
        raise Refused(
            "seat.four_eyes",
            ("自己写的要由别人审核。", "What you wrote yourself is reviewed by somebody else."),
        )
    row.reviewer, row.reviewed_at = viewer.actor, at
    row.save(update_fields=["reviewer", "reviewed_at"])
    return row


@transaction.atomic
def withdraw(*, article_id: int, viewer: Viewer, at: datetime) -> None:
    """Take an article out of use; it stays to be read, with its uses."""
    if viewer.role not in REVIEWERS:
        raise Forbidden(
            "seat.withdraw",
            ("只有派遣员和管理员可以撤下知识。", "Dispatchers and administrators withdraw knowledge."),
        )
    queries.article_of(viewer, article_id)
    Article.objects.filter(pk=article_id, withdrawn_at__isnull=True).update(
        withdrawn_at=at, withdrawn_by=viewer.actor
    )


@transaction.atomic
def use(*, version_id: int, viewer: Viewer, at: datetime, today: date) -> Version:
    """A standard answer is taken over; counted. NotThere for one that may no longer be told."""
    row = queries.version_to_use(viewer, version_id, on=today)
    Use.objects.create(version=row, at=at, by=viewer.actor)
    return row


@transaction.atomic
def set_threshold(key: str, value: float, *, viewer: Viewer, at: datetime) -> None:
    """The district's own limit, a share between 0 and 1. Forbidden unless an administrator."""
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "seat.threshold", ("只有系统管理员可以修改下限。", "Only an administrator changes limits.")
        )
    if key not in rules.THRESHOLDS or not 0 < value <= 1:
        raise Refused(
            "seat.threshold_value",
            ("请填写 0 到 100% 之间的比例。", "Give a share between 0 and 100 %."),
            field=key,
        )
    Threshold.objects.update_or_create(key=key, defaults={"value": value, "at": at, "by": viewer.actor})


def import_calls(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """A day's calls a row; good rows are kept whatever their neighbours are, a known day is corrected. In one transaction.

    Forbidden unless an administrator. Refused for a file that cannot be read as a whole.
    """
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "seat.calls",
            ("只有系统管理员可以导入话务统计。", "Only an administrator imports call statistics."),
        )
    table = read_table(file, filename, exchange.CALLS)
    result = Result()
    with transaction.atomic():
        known = {row.day: row.calls for row in CallDay.objects.all()}
        for row in table:
            day, counted = exchange.read_calls(row, at.date())
            if day is None or counted is None:
                result.faults += row.errors
                continue
            if known.get(day) == counted:
                result.same += 1
                continue
            result.changed, result.new = result.changed + (day in known), result.new + (day not in known)
            CallDay.objects.update_or_create(
                day=day,
                defaults={
                    "offered": counted.offered, "connected": counted.connected, "answered_15": counted.answered_15, "at": at, "by": viewer.actor,
                },
            )  # fmt: skip
            known[day] = counted
    return result


def import_knowledge(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """An article a row: new or changed, it is a draft until somebody else reviews it; unchanged, nothing. Good rows are kept whatever
    their neighbours are. Forbidden for whoever does not write. Refused for a file that cannot be read as a whole.
    """
    _writer(viewer)
    result, today = Result(), timezone.localdate(at)
    newest = queries.newest(viewer)
    titles = {row.title: key for key, row in newest.items()}
    for row in read_table(file, filename, exchange.KNOWLEDGE):
        if row.good:
            try:
                key, said = exchange.read_article(row.values)
                key = titles.get(said["title"]) if key is None else key
                before = newest.get(key) if key is not None else None
                if before is not None and all(getattr(before, name) == value for name, value in said.items()):
                    result.same += 1
                    continue
                made = write(viewer=viewer, at=at, today=today, article_id=key, **said)
            except Refused as refusal:
                row.refuse(refusal, "number")
            else:
                result.changed, result.new = result.changed + (key is not None), result.new + (key is None)
                newest[made.article.pk] = made
                titles[made.title] = made.article.pk
        result.faults += row.errors
    return result
