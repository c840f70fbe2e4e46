"""Rotas, their shifts and members, and the district's settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from django.conf import settings as django_settings
from django.db import transaction

from gongbi.kernel.errors import Forbidden
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer
from gongbi.parties import directory
from gongbi.parties.models import Post
from gongbi.parties.rules import in_force, territory_code
from gongbi.roster import queries, refusals, rules, settings
from gongbi.roster.actions.common import locked, said
from gongbi.roster.models import RosterSetting, Rota, RotaMember, RotaShift
from gongbi.roster.scope import keeps

NEW, CHANGED, SAME = "new", "changed", "same"


@transaction.atomic
def save_rota(
    *,
    code: str,
    name: str,
    kind: str,
    unit_id: int,
    viewer: Viewer,
    at: datetime,
    name_en: str = "",
    territory: str | None = None,
    zone: str = "",
    valid_from: date,
    valid_to: date | None = None,
    synthetic: bool = False,
) -> tuple[Rota, str]:
    """Add or change a rota by its code; what became of it. Errors: Forbidden (another unit's), Refused (a value that cannot be)."""
    unit = directory.current().by_id.get(unit_id)
    if unit is None or not in_force(unit.valid_from, unit.valid_to, at):
        raise refusals.wrong(
            "unit", ("没有这个单位，或它已撤销。", "There is no such unit, or it is closed.")
        )
    known = Rota.objects.select_for_update().filter(code=code).first()
    if not keeps(viewer, unit_id) or (known is not None and not keeps(viewer, known.unit_id)):
        raise refusals.not_leader()
    if kind not in rules.KINDS:
        raise refusals.wrong("kind", ("没有这种值班。", "There is no duty of that kind."))
    if not (code.isascii() and code.replace("-", "").replace("_", "").isalnum() and len(code) <= 32):
        raise refusals.wrong(
            "code", ("代码用字母、数字和短横，最多 32 个。", "Use letters, digits and dashes, 32 at most.")
        )
    where = unit.territory if territory is None else territory
    if where and territory_code(where) is not None:
        raise refusals.wrong("territory", ("没有这样的区划代码。", "That is no code of a division."))
    zone = zone or django_settings.TIME_ZONE
    if rules.zone_of(zone) is None or len(zone) > 40:
        raise refusals.wrong(
            "zone",
            (
                "没有这个时区，例如 Asia/Shanghai。",
                "There is no such time zone; write for example Asia/Shanghai.",
            ),
        )
    if valid_to is not None and valid_to <= valid_from:
        raise refusals.period("valid_to")
    values = {
        "name": said(name, "name", most=60, needed=("名称", "Name")), "name_en": said(name_en, "name_en", most=80), "kind": kind,
        "unit_id": unit_id, "territory": where, "zone": zone, "valid_from": valid_from, "valid_to": valid_to, "synthetic": synthetic,
    }  # fmt: skip
    rota = known or Rota(code=code)
    became = NEW if known is None else CHANGED
    if known is not None and all(getattr(known, key) == value for key, value in values.items()):
        return known, SAME
    for key, value in values.items():
        setattr(rota, key, value)
    rota.save()
    return rota, became


@transaction.atomic
def save_shift(
    *,
    rota_id: int,
    name: str,
    starts: time,
    ends: time,
    viewer: Viewer,
    name_en: str = "",
    days: str = rules.DAILY,
    needed: int = 1,
    sort: str = rules.WATCH,
    valid_to: date | None = None,
) -> tuple[RotaShift, str]:
    """Add or change a shift of a rota by its name. Turns that exist stay as they are. Errors: Forbidden, NotThere, Refused."""
    rota = locked(rota_id, viewer)
    if not keeps(viewer, rota.unit_id):
        raise refusals.not_leader()
    if rules.days_fault(days) or len(days) > 16:
        raise refusals.wrong("days", (
            "日期写 daily（每天）、workdays（工作日）、offdays（休息日），或星期几如 1,3,5。",
            "Write daily, workdays, offdays, or weekdays such as 1,3,5.",
        ))  # fmt: skip
    if not 1 <= needed <= 50:
        raise refusals.wrong("needed", ("每班人数应为 1 到 50。", "Between 1 and 50 people stand a shift."))
    if sort not in rules.SORTS:
        raise refusals.wrong("sort", ("班别为 watch（值守）或 lead（带班）。", "Write watch or lead."))
    name = said(name, "name", most=30, needed=("班次名称", "Name of the shift"))
    values = {
        "name_en": said(name_en, "name_en", most=40), "starts": starts, "ends": ends, "days": days, "needed": needed, "sort": sort,
        "valid_to": valid_to,
    }  # fmt: skip
    known = RotaShift.objects.filter(rota=rota, name=name).first()
    if known is not None and all(getattr(known, key) == value for key, value in values.items()):
        return known, SAME
    shift = known or RotaShift(rota=rota, name=name)
    for key, value in values.items():
        setattr(shift, key, value)
    shift.save()
    return shift, NEW if known is None else CHANGED


@transaction.atomic
def save_member(
    *,
    rota_id: int,
    post_id: int,
    place: int,
    since: date,
    viewer: Viewer,
    sort: str = "",
    until: date | None = None,
) -> tuple[RotaMember, str]:
    """Put a post into the rotation, or change its place or period. Errors: Forbidden, NotThere, Refused."""
    rota = locked(rota_id, viewer)
    if not keeps(viewer, rota.unit_id):
        raise refusals.not_leader()
    post = Post.objects.filter(pk=post_id).first()
    ours = directory.current().below(rota.unit_id)
    if post is None or post.role not in queries.STANDING_ROLES or post.unit_id not in ours:
        raise refusals.post_unfit()
    if sort and sort not in rules.SORTS:
        raise refusals.wrong(
            "sort", ("班别为 watch（值守）或 lead（带班），或不填。", "Write watch or lead, or nothing.")
        )
    if until is not None and until <= since:
        raise refusals.period("until")
    if not 0 <= place <= 9999:
        raise refusals.wrong("place", ("顺序应为 0 到 9999。", "The place is between 0 and 9999."))
    values = {"place": place, "sort": sort, "since": since, "until": until}
    known = RotaMember.objects.filter(rota=rota, post=post).first()
    if known is not None and all(getattr(known, key) == value for key, value in values.items()):
        return known, SAME
    member = known or RotaMember(rota=rota, post=post)
    for key, value in values.items():
        setattr(member, key, value)
    member.save()
    return member, NEW if known is None else CHANGED


@transaction.atomic
def change_settings(values: Mapping[str, tuple[str, str]], *, viewer: Viewer, at: datetime) -> int:
    """Set ``key: (value, source)``; returns how many changed. Errors: Forbidden, Refused naming the field."""
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "roster.settings",
            ("只有系统管理员可以改这些设置。", "Only the administrator may change these settings."),
        )
    changed = 0
    for key, (text, source) in values.items():
        try:
            value = settings.check(key, text.strip())
        except ValueError:
            default = settings.DEFAULTS[key]
            raise refusals.wrong(key, (
                f"应为 {default.least} 到 {default.most} 的整数。", f"A whole number from {default.least} to {default.most} is needed.",
            )) from None  # fmt: skip
        row = RosterSetting.objects.filter(pk=key).first() or RosterSetting(key=key)
        kept = said(source, f"{key}_source", most=160)
        if row.value == str(value) and row.source == kept:
            continue
        row.value, row.source, row.set_at, row.actor = str(value), kept, at, viewer.actor
        row.save()
        changed += 1
    return changed
