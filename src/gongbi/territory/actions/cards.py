"""The public card of a grid: who serves it and how to reach and to supervise them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from gongbi.kernel.scope.viewer import Viewer
from gongbi.territory.actions.common import announce, current, may_change
from gongbi.territory.events import CARD_CHANGED, CardChanged
from gongbi.territory.models import Division, GridCard, on_day
from gongbi.territory.words import refused

CARD_ARTICLE = "社会治理网格化服务管理条例（滨州 2021）§6：向社会公布，变动时及时更新"
_PHONE = re.compile(r"\+?\d[\d -]{1,18}\d")


@dataclass(frozen=True, slots=True)
class CardRow:
    """What a card shows. ``worker``: what the caller knows the worker by, e.g. ``"post:12"``; "" when unknown."""

    grid: str
    worker_name: str
    phone: str
    supervision_phone: str
    worker: str = ""


def _clean(row: CardRow) -> CardRow:
    name = row.worker_name.strip()[:40]
    if not (name and row.phone.strip() and row.supervision_phone.strip()):
        raise refused("card_field", article=CARD_ARTICLE, field="worker_name")
    phones = []
    for key, phone in (("phone", row.phone), ("supervision_phone", row.supervision_phone)):
        plain = unicodedata.normalize("NFKC", phone).strip()
        if not _PHONE.fullmatch(plain):
            raise refused("card_phone", field=key, phone=plain[:30])
        phones.append(plain)
    return CardRow(row.grid, name, phones[0], phones[1], row.worker)


@transaction.atomic
def set_card(
    *,
    grid: str,
    worker_name: str,
    phone: str,
    supervision_phone: str,
    worker: str = "",
    viewer: Viewer,
    at: datetime,
) -> GridCard:
    """Post or change the card of a grid. The one before keeps its period and who had set it; setting the same again writes nothing."""
    may_change(viewer)
    row = _clean(CardRow(grid, worker_name, phone, supervision_phone, worker))
    if len(grid) != 15:
        raise refused("not_grid", field="grid", code=grid[:30])
    current(grid, timezone.localdate(at))  # locks the grid: two changes at once come one after the other
    old = GridCard.objects.filter(grid=grid, ended_at__isnull=True).first()
    if old is not None:
        if _same(old, row):
            return old
        old.ended_at = at
        old.save(update_fields=["ended_at"])
    card = _card(row, viewer, at)
    card.save()
    announce(CARD_CHANGED, CardChanged(grid, viewer.actor), at)
    return card


@transaction.atomic
def set_cards(rows: Iterable[CardRow], *, viewer: Viewer, at: datetime) -> int:
    """:func:`set_card` for many grids at once, for a roster; all or nothing. Returns how many cards changed."""
    may_change(viewer)
    wanted = {row.grid: _clean(row) for row in rows}
    grids = Division.objects.filter(on_day(timezone.localdate(at)), level="grid")
    known = set(grids.values_list("code", flat=True))
    for code in wanted:
        if code not in known:
            raise refused("no_division", field="grid", code=code[:30], day=timezone.localdate(at))
    old = {card.grid: card for card in GridCard.objects.select_for_update().filter(ended_at__isnull=True)}
    fresh = [row for code, row in wanted.items() if code not in old or not _same(old[code], row)]
    ended = [old[row.grid].pk for row in fresh if row.grid in old]
    GridCard.objects.filter(pk__in=ended).update(ended_at=at)
    GridCard.objects.bulk_create([_card(row, viewer, at) for row in fresh], batch_size=500)
    for row in fresh:
        if row.grid in old:  # a first posting is no change that anybody waits for
            announce(CARD_CHANGED, CardChanged(row.grid, viewer.actor), at)
    return len(fresh)


def _same(old: GridCard, row: CardRow) -> bool:
    return (old.worker, old.worker_name, old.phone, old.supervision_phone) == (
        row.worker,
        row.worker_name,
        row.phone,
        row.supervision_phone,
    )


def _card(row: CardRow, viewer: Viewer, at: datetime) -> GridCard:
    return GridCard(
        grid=row.grid,
        worker=row.worker,
        worker_name=row.worker_name,
        phone=row.phone,
        supervision_phone=row.supervision_phone,
        set_at=at,
        set_by=viewer.actor,
    )
