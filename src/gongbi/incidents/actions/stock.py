"""Stock of shelters and depots: what there is, and moving it for an incident. Never below zero, whoever else moves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gongbi.incidents import catalogue, rules
from gongbi.incidents.actions.common import facts, load
from gongbi.incidents.models import Hold, Movement, Stock, Store
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.flow.advance import advance
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer


@transaction.atomic
def move(
    *, key: int, stock_id: int, sort: str, amount: int, request: str, viewer: Viewer, at: datetime
) -> Hold:
    """Reserve, hand out, return, release or write off for an incident. The same ``request`` again changes nothing.

    A drill plays: it is checked against what is free and takes nothing from it. Errors: NotThere, Forbidden, Refused (not enough).
    Locks the incident, then the stock.
    """
    rules.check_key(request)
    incident = load(key, viewer)
    known = (
        Movement.objects.filter(actor=viewer.actor, key=request, hold__incident_id=incident.pk)
        .select_related("hold")
        .first()
    )
    if known is not None:
        return known.hold
    stock = Stock.objects.select_for_update().filter(pk=stock_id).first()
    if stock is None:
        raise NotThere("incidents.stock", ("没有这项物资。", "There is no such stock."), field="stock")
    if sort in ("reserve", "hand_out") and not Store.objects.filter(pk=stock.store_id, open=True).exists():
        raise Refused(
            "incidents.store_closed", ("这个场所没有开放。", "This place is not open."), field="stock"
        )
    hold, _made = Hold.objects.get_or_create(stock=stock, incident=incident)
    free = stock.free - (hold.reserved + hold.out if incident.drill else 0)
    change = rules.moved(sort, amount, rules.Held(free, hold.reserved, hold.out))
    advance(
        incident, "move_stock", viewer, at=at,
        facts=facts(incident, stock=stock.pk, item=stock.item, move=sort, amount=amount),
    )  # fmt: skip
    hold.reserved += change.reserved
    hold.out += change.out
    hold.used += change.used
    hold.save(update_fields=["reserved", "out", "used"])
    if not incident.drill:
        stock.reserved += change.reserved
        stock.out += change.out
        stock.total -= change.used
        stock.save(update_fields=["reserved", "out", "total"])
    Movement.objects.create(hold=hold, sort=sort, amount=amount, at=at, actor=viewer.actor, key=request)
    return hold


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list of stores: the store and how much of one item it has in all."""

    code: str
    sort: str
    name: tuple[str, str]
    territory: str
    item: str
    total: int
    place_words: str = ""
    place: tuple[float, float] | None = None
    accessible: bool = False
    open: bool = True
    synthetic: bool = False


@transaction.atomic
def save_stock(line: Listed, *, viewer: Viewer, at: datetime) -> str:
    """Keep a line of the list; ``new``, ``changed`` or ``same``. A count below what is reserved and out is refused.

    Errors: Forbidden (administrators only), Refused with the field.
    """
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "incidents.stores",
            ("只有系统管理员可以修改物资清单。", "Only an administrator changes the list of stock."),
        )
    if line.sort not in catalogue.STORES or line.item not in catalogue.ITEMS:
        raise Refused(
            "incidents.stock_line",
            ("请填目录中的场所类型和品名。", "Give a sort of place and an item of the catalogue."),
            field="item" if line.sort in catalogue.STORES else "sort",
        )
    if not 0 <= line.total <= rules.MOST_AMOUNT:
        raise Refused(
            "incidents.total", ("数量须为零或正整数。", "The amount is zero or more."), field="total"
        )
    lon, lat = line.place or (None, None)
    values = {
        "sort": line.sort, "name_zh": line.name[0], "name_en": line.name[1] or line.name[0], "territory": line.territory,
        "place_words": line.place_words, "lon": lon, "lat": lat, "accessible": line.accessible, "open": line.open,
        "synthetic": line.synthetic,
    }  # fmt: skip
    store, made = Store.objects.get_or_create(code=line.code, defaults=values)
    changed = False
    if not made and any(getattr(store, name) != value for name, value in values.items()):
        Store.objects.filter(pk=store.pk).update(**values)
        changed = True
    stock = Stock.objects.select_for_update().filter(store=store, item=line.item).first()
    if stock is None:
        Stock.objects.create(store=store, item=line.item, total=line.total)
        return "new"
    if stock.total != line.total:
        if line.total < stock.reserved + stock.out:
            raise Refused(
                "incidents.total_held",
                (
                    "已预留和发放 %(held)s，总数不能更少。请先归还或核销。",
                    "%(held)s are reserved or out; the total cannot be less. Return or write off first.",
                ),
                values={"held": stock.reserved + stock.out},
                field="total",
            )
        stock.total = line.total
        stock.save(update_fields=["total"])
        changed = True
    return "changed" if changed else "same"
