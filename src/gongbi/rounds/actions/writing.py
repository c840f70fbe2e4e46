"""One entry, typed once. Every ledger that asks for it is read off it afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.scope.viewer import Viewer
from gongbi.rounds import catalogue, rules
from gongbi.rounds.models import Care, Entry, FieldPhoto, Shift

_MOST_NOTE, _MOST_PLACE = 2000, 200


@dataclass(frozen=True, slots=True)
class Written:
    """What the phone sends of one entry. ``territory``: the grid; ``floor``: stairs count; ``seconds``: how long typing took."""

    sort: str
    at: datetime
    form: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    place_words: str = ""
    floor: int | None = None
    territory: str = ""
    place: rules.Point | None = None
    care_id: int | None = None
    report: str = ""
    kind: str = ""
    solved: bool = False
    seconds: int = 0


def record(
    *, key: str, written: Written, photos: Sequence[FieldPhoto] = (), viewer: Viewer, at: datetime
) -> Entry:
    """Write an entry; the same key again gives the first one. Any hour of the day counts, with or without a shift.

    Photos that belong to no matter are kept with the entry. Errors: Refused (key, clock, form), NotThere (somebody on no list of
    this viewer).
    """
    rules.check_key(key)
    known = _known(key, viewer)
    if known is not None:
        return known
    rules.check_when(written.at, at)
    answers = _answers(written)
    if written.care_id is not None and not scope.visible(Care, viewer).filter(pk=written.care_id).exists():
        raise NotThere(
            "rounds.care",
            (
                "这位对象不在您的名单里，可能已调整给别的网格。记录没有提交，请改为普通走访。",
                "This person is not on your list; the list may have changed. Nothing was sent: make it an ordinary visit.",
            ),
            field="care",
        )
    try:
        with transaction.atomic():
            entry = _write(key, written, answers, photos, viewer, at)
    except IntegrityError:
        known = _known(key, viewer)
        if known is None:
            raise
        return known
    return entry


def _known(key: str, viewer: Viewer) -> Entry | None:
    return Entry.objects.filter(actor=viewer.actor, key=key).first()


def _answers(written: Written) -> dict[str, str]:
    if written.sort not in rules.SORTS:
        raise Refused("rounds.sort", ("没有这种记录。", "There is no such sort of entry."), field="sort")
    if not written.form:
        return {}
    form = catalogue.form(written.form)
    if form is None or form["sort"] != written.sort:
        raise Refused(
            "rounds.form",
            (
                "没有这张表单，请更新应用后再填。",
                "There is no such form. Update the app and fill it in again.",
            ),
            field="form",
        )
    return rules.check_answers(form, written.answers)


def _write(
    key: str,
    written: Written,
    answers: Mapping[str, str],
    photos: Sequence[FieldPhoto],
    viewer: Viewer,
    at: datetime,
) -> Entry:
    lon, lat = written.place or (None, None)
    during = Q(started_at__lte=written.at) & (Q(ended_at__isnull=True) | Q(ended_at__gte=written.at))
    entry = Entry.objects.create(
        key=key, actor=viewer.actor, post_id=viewer.post_id, unit_id=viewer.unit_id,
        shift=Shift.objects.filter(during, actor=viewer.actor).order_by("-started_at").first(),
        sort=written.sort, form=written.form, answers=dict(answers), note=written.note[:_MOST_NOTE], at=written.at, received_at=at,
        place_words=written.place_words[:_MOST_PLACE], floor=written.floor,
        territory=written.territory or next(iter(viewer.territories), ""), lon=lon, lat=lat, care_id=written.care_id,
        photos=[photo.digest for photo in photos], report=written.report, kind=written.kind, solved=written.solved,
        seconds=min(max(written.seconds, 0), rules.MOST_SECONDS),
    )  # fmt: skip
    if photos and not written.report:
        stored = [photo.file_id for photo in photos if photo.file_id is not None]
        files.attach(stored, matter_id=None, owner=f"entry:{entry.pk}", purpose="other")
    if written.care_id is not None:
        earlier = Q(visited_at__isnull=True) | Q(visited_at__lt=written.at)
        Care.objects.filter(earlier, pk=written.care_id).update(visited_at=written.at)
    return entry
