"""Rotas with their shifts, who goes round, and the turns as lists: in, and out in the same columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from django.utils import timezone

from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, Row, read_table
from gongbi.parties import directory
from gongbi.parties import queries as parties
from gongbi.parties.models import Post
from gongbi.roster import actions, queries, rules, words
from gongbi.roster.models import Rota


def _listed(known: Mapping[str, rules.Words], language: int) -> str:
    return "；".join(f"{code} {pair[language]}" for code, pair in known.items())


def _note(known: Mapping[str, rules.Words]) -> tuple[str, str]:
    return _listed(known, 0), _listed(known, 1)


_CODE = Column("rota", "值班表代码", "Roster code", required=True, example="street-watch")
_NUMBER = Column("number", "工号", "Staff number", required=True, example="LH0001")
ROTAS = (
    _CODE,
    Column("name", "值班表名称", "Name", required=True, example="街道值班"),
    Column("name_en", "英文名称", "English name"),
    Column("kind", "类型", "Kind", required=True, note=_note(words.KINDS), example="street"),
    Column("unit", "单位代码", "Unit code", required=True, example="610104001"),
    Column("territory", "辖区代码", "Territory code", note=("不填为单位辖区", "The unit's when left out")),
    Column("zone", "时区", "Time zone", note=("不填为本区时区", "The district's when left out"), example="Asia/Shanghai"),
    Column("valid_to", "值班表止", "Until", note=("年-月-日，不填为长期", "Year-month-day; open-ended when left out")),
    Column("shift", "班次", "Shift", required=True, example="夜班"),
    Column("shift_en", "班次英文", "Shift in English"),
    Column("starts", "开始", "From", required=True, note=("时:分", "hour:minute"), example="20:00"),
    Column("ends", "结束", "To", required=True, note=("不晚于开始即为次日", "Not after the beginning: the next day"), example="08:00"),
    Column("days", "哪些天", "Days", required=True, note=(f"{_listed(words.DAYS, 0)}；或 1,3,5", f"{_listed(words.DAYS, 1)}; or 1,3,5"), example="daily"),
    Column("needed", "每班人数", "People", required=True, example="1"),
    Column("sort", "班别", "Watch or lead", required=True, note=_note(words.SORTS), example="watch"),
)  # fmt: skip
MEMBERS = (
    _CODE,
    _NUMBER,
    Column("place", "顺序", "Order", required=True, example="1"),
    Column("sort", "班别", "Watch or lead", note=("不填为都可", "Both when left out"), example=""),
    Column("until", "止", "Until", note=("当日起不再轮值", "The first day out of the rotation")),
)  # fmt: skip
TURNS = (
    _CODE,
    _NUMBER,
    Column("starts", "开始时间", "From", required=True, note=("年-月-日 时:分，按值班表时区", "In the roster's zone"), example="2026-03-10 20:00"),
    Column("ends", "结束时间", "To", required=True, example="2026-03-11 08:00"),
    Column("sort", "班别", "Watch or lead", note=_note(words.SORTS), example="watch"),
    Column("despite", "仍要安排的理由", "Nevertheless, because"),
    Column("name", "值班人", "Who", note=("只导出", "Goes out only")),
    Column("shift", "班次", "Shift", note=("只导出", "Goes out only")),
)  # fmt: skip


def import_rotas(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read rotas with their shifts, one shift a row; what the file does not name stays. A wrong row is a fault."""

    def save(row: Row) -> str:
        given = row.values
        unit = parties.unit_by_code(given["unit"])
        if unit is None:
            raise Refused(
                "roster.unit", ("没有这个单位代码。", "There is no unit of that code."), field="unit"
            )
        known = queries.rotas(viewer, on=valid_from).filter(code=given["rota"]).first()
        rota, one = actions.save_rota(
            code=given["rota"], name=given["name"], name_en=given.get("name_en", ""), kind=given["kind"], unit_id=unit.pk,
            territory=given.get("territory") or None, zone=given.get("zone", ""),
            valid_from=known.valid_from if known is not None else valid_from, valid_to=_day(given.get("valid_to", ""), "valid_to"),
            synthetic=bool(known and known.synthetic), viewer=viewer, at=at,
        )  # fmt: skip
        _shift, other = actions.save_shift(
            rota_id=rota.pk, name=given["shift"], name_en=given.get("shift_en", ""), starts=_clock(given["starts"], "starts"),
            ends=_clock(given["ends"], "ends"), days=given["days"], needed=_whole(given["needed"], "needed"), sort=given["sort"],
            viewer=viewer,
        )  # fmt: skip
        return other if one == "same" or other == "new" else one

    return _read(file, filename, ROTAS, save)


def import_members(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read who goes round, in force from ``valid_from``; who is not in the file stays."""

    def save(row: Row) -> str:
        given = row.values
        rota = _rota(given["rota"], viewer)
        post = _post(given["number"], rota, viewer, at)
        known = next((one for one in queries.members(rota, viewer) if one.post_id == post.pk), None)
        return actions.save_member(
            rota_id=rota.pk, post_id=post.pk, place=_whole(given["place"], "place"), sort=given.get("sort", ""),
            since=known.since if known is not None else valid_from, until=_day(given.get("until", ""), "until"), viewer=viewer,
        )[1]  # fmt: skip

    return _read(file, filename, MEMBERS, save)


def import_turns(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read turns; a turn that is there already stays as it is, nothing is taken back. A wrong row is a fault."""

    def save(row: Row) -> str:
        given = row.values
        rota = _rota(given["rota"], viewer)
        starts, ends = (_moment(given[name], rota, name) for name in ("starts", "ends"))
        post = _post(given["number"], rota, viewer, at)
        rows = queries.turns(viewer, first=starts, last=starts + timedelta(minutes=1), rota_id=rota.pk)
        if any((one.post_id, one.starts_at, one.ends_at) == (post.pk, starts, ends) for one in rows):
            return "same"
        actions.add_turn(
            rota_id=rota.pk, post_id=post.pk, starts=starts, ends=ends, sort=given.get("sort") or rules.WATCH,
            despite=given.get("despite", ""), source=rules.SHEET, viewer=viewer, at=at,
        )  # fmt: skip
        return "new"

    return _read(file, filename, TURNS, save)


def _read(file: IO[bytes], filename: str, columns: tuple[Column, ...], save: Callable[[Row], str]) -> Result:
    result = Result()
    for row in read_table(file, filename, columns):
        if row.good:
            try:
                became = save(row)
            except Refused as refusal:
                row.refuse(refusal)
            else:
                setattr(result, became, getattr(result, became) + 1)
        result.faults += row.errors
    return result


def _rota(code: str, viewer: Viewer) -> Rota:
    try:
        return queries.rota_by_code(code, viewer)
    except Refused as refusal:
        raise Refused(refusal.code, refusal.words, field="rota") from None


def _post(number: str, rota: Rota, viewer: Viewer, at: datetime) -> Post:
    """The post of a staff number in the rota's unit or below, that may stand. Refused: none."""
    ours = directory.current().below(rota.unit_id)
    found = parties.posts(viewer, at=at).filter(
        person__number=number, unit_id__in=ours, role__in=queries.STANDING_ROLES
    )
    post = found.first()
    if post is None:
        raise Refused(
            "roster.number",
            (
                "该工号在这个单位没有可值班的岗位。",
                "That staff number has no post in this unit that stands duty.",
            ),
            field="number",
        )
    return post


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise Refused("roster.whole", ("应填整数。", "A whole number is needed."), field=field)
    return int(text)


def _clock(text: str, field: str) -> time:
    hour, _, minute = text[:5].partition(":")
    if hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60:
        return time(int(hour), int(minute))
    raise Refused("roster.clock", ("时间写成 20:00。", "Write the time like 20:00."), field=field)


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text[:10].replace("/", "-")) if text else None
    except ValueError:
        raise Refused(
            "roster.day", ("日期写成 2026-12-31。", "Write the day like 2026-12-31."), field=field
        ) from None


def _moment(text: str, rota: Rota, field: str) -> datetime:
    zone = rules.zone_of(rota.zone)
    assert zone is not None
    day, _, clock = text.replace("T", " ").partition(" ")
    found = _day(day, field)
    if found is None or not clock:
        raise Refused(
            "roster.moment", ("时间写成 2026-03-10 20:00。", "Write it like 2026-03-10 20:00."), field=field
        )
    return rules.instant(found, _clock(clock.strip(), field), zone)


def rota_rows(viewer: Viewer, /, *, on: date) -> Iterable[Mapping[str, Any]]:
    """Rotas in force on a day, one shift a row."""
    units = directory.current().by_id
    for rota in queries.rotas(viewer, on=on):
        for shift in rota.shifts.all():
            yield {
                "rota": rota.code, "name": rota.name, "name_en": rota.name_en, "kind": rota.kind, "unit": units[rota.unit_id].code,
                "territory": rota.territory, "zone": rota.zone, "valid_to": rota.valid_to or "", "shift": shift.name,
                "shift_en": shift.name_en, "starts": f"{shift.starts:%H:%M}", "ends": f"{shift.ends:%H:%M}", "days": shift.days,
                "needed": shift.needed, "sort": shift.sort,
            }  # fmt: skip


def member_rows(viewer: Viewer, /, *, on: date) -> Iterable[Mapping[str, Any]]:
    """Who goes round on a day."""
    for rota in queries.rotas(viewer, on=on):
        for one in queries.members(rota, viewer):
            if one.since <= on and (one.until is None or on < one.until):
                yield {
                    "rota": rota.code, "number": one.post.person.number, "place": one.place, "sort": one.sort,
                    "until": one.until or "",
                }  # fmt: skip


def turn_rows(viewer: Viewer, /, *, on: date, rota_id: int | None = None) -> Iterable[Mapping[str, Any]]:
    """The turns of four weeks from a day on, in each rota's own time."""
    first = rules.instant(on, time(), timezone.get_default_timezone())
    for one in queries.turns(
        viewer, first=first, last=first + timedelta(days=28), rota_id=rota_id, most=20_000
    ):
        zone = rules.zone_of(one.rota.zone)
        yield {
            "rota": one.rota.code, "number": one.post.person.number, "starts": f"{one.starts_at.astimezone(zone):%Y-%m-%d %H:%M}",
            "ends": f"{one.ends_at.astimezone(zone):%Y-%m-%d %H:%M}", "sort": one.sort, "despite": one.despite,
            "name": one.post.work_name, "shift": one.shift.name if one.shift is not None else "",
        }  # fmt: skip
